#!/bin/sh
# Unpacks Prosody 13 with the modules of SASL2 into a folder of its own: Debian 12 has them in its backports, 13 itself. Nothing is installed and no
# setting of the system changes; it is run by the Lua that the system's Prosody brings. Says on one line why it cannot be had, and ends with 3.
set -eu

folder=$1
program=$folder/prosody
[ -x "$program" ] && exit 0

cannot() { echo "Prosody 13 cannot be had here: $1." >&2; exit 3; }
for command in apt-get dpkg-deb lua5.4; do
	command -v $command >/dev/null || cannot "there is no $command"
done
release=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
case $release in
	bookworm) suite=bookworm-backports ;;
	trixie) suite=trixie ;;
	*) cannot "this system is neither Debian 12 nor 13" ;;
esac
# The mirror that this machine uses already.
mirror() { apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "$@" | head -n 1; }
mirror=$(mirror "Codename: $release" 'Origin: Debian')
# Where its package lists are missing, sources.list alone tells.
[ -n "$mirror" ] || mirror=$(mirror --no-release-info "Release: $release")
[ -n "$mirror" ] || cannot "apt knows no mirror of $release"

work=$folder.new.$$
trap 'rm -rf "$work"' EXIT
trap 'exit 130' HUP INT TERM
mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >"$work/sources.list"
private() {
	apt-get -qq -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=/dev/null -o Dir::State::Lists="$work/lists" \
		-o Dir::Cache="$work/cache" -o Debug::NoLocking=1 -o APT::Sandbox::User="$(id -un)" -o Acquire::http::Timeout=20 -o Acquire::Retries=2 "$@"
}
private -o APT::Update::Error-Mode=any update >"$work/log" 2>&1 || cannot "$mirror has no $suite that can be read ($(grep '^[EW]:' "$work/log" | head -n 1))"
(cd "$work" && private download "prosody/$suite" "prosody-modules/$suite") >"$work/log" 2>&1 || cannot "$(tail -n 1 "$work/log")"
for package in "$work"/*.deb; do dpkg-deb -x "$package" "$work/root"; done
[ -f "$work/root/usr/lib/prosody/modules/mod_sasl2_fast/mod_sasl2_fast.lua" ] || cannot "$suite has no mod_sasl2_fast"
lib=$folder/root/usr/lib/prosody
sed -e "s#^CFG_SOURCEDIR=.*#CFG_SOURCEDIR='$lib';#" -e "s#^CFG_PLUGINDIR=.*#CFG_PLUGINDIR='$lib/modules/';#" \
	"$work/root/usr/bin/prosody" >"$work/prosody"
chmod 755 "$work/prosody"
rm -rf "$work/lists" "$work/cache" "$work"/*.deb
# Somebody else may have been quicker.
mv -T "$work" "$folder" 2>/dev/null || [ -x "$program" ] || cannot "$folder is in the way"
