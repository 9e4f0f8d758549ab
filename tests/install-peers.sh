#!/bin/sh
# Installs what the tests need and we did not write, if it is missing: slixmpp for the system's Python, names for brokers that talk to each other,
# a C compiler for the simulator (of 32 bits too, where the machine can), valgrind. ejabberd, whose package would start a public daemon, is only
# unpacked, into build/peers, beside the system.
set -eu
cd "$(dirname "$0")/.."

# Where the system has one the tests start that, as their own process.
ejabberd=build/peers/ejabberd
has_ejabberd() { [ -x "$ejabberd/usr/sbin/ejabberdctl" ] || [ -x /usr/sbin/ejabberdctl ]; }
unpack_ejabberd() {
	echo "Unpacking ejabberd into $ejabberd: the tests need a second broker."
	# Package lists that are missing, or name what the mirror has no more, are renewed once.
	fetch_ejabberd || { update && fetch_ejabberd; } || {
		echo "ejabberd cannot be had ($(grep '^E: ' "$ejabberd.new/log" | tail -n 1)): as root, type apt-get update, then run this again." >&2
		rm -rf "$ejabberd.new"
		exit 1
	}
	for package in "$ejabberd.new"/packages/*.deb; do dpkg-deb -x "$package" "$ejabberd.new"; done
	rm -rf "$ejabberd" "$ejabberd.new/packages" "$ejabberd.new/plan" "$ejabberd.new/log"
	mv "$ejabberd.new" "$ejabberd"
}
# It, and what it needs and the system has not; needs no root.
fetch_ejabberd() {
	rm -rf "$ejabberd.new"
	mkdir -p "$ejabberd.new/packages"
	apt-get install -s --no-install-recommends ejabberd >"$ejabberd.new/plan" 2>"$ejabberd.new/log" || return 1
	# shellcheck disable=SC2046 # words
	(cd "$ejabberd.new/packages" && apt-get download -q $(sed -n 's/^Inst \([^ ]*\).*/\1/p' ../plan)) >"$ejabberd.new/log" 2>&1
}
# Not twice in a run.
updated=
update() {
	[ -z "$updated" ] || return 1
	updated=yes
	if [ "$(id -u)" = 0 ]; then apt-get update -qq; else sudo -n apt-get update -qq; fi >/dev/null 2>&1
}

amd64() { [ "$(uname -m)" = x86_64 ]; }
narrow() { printf '#include <stdio.h>\nint main(void) { return puts("") < 0; }\n' | cc -m32 -xc - -o /dev/null 2>/dev/null; }

packages=
names=
need() { # NAME PACKAGES
	names="${names:+$names, }$1"
	packages="$packages $2"
}
/usr/bin/python3 -c 'import slixmpp' 2>/dev/null || need "slixmpp for /usr/bin/python3" "python3-slixmpp python3-slixmpp-lib"
[ -x /usr/sbin/dnsmasq ] || need "a name server that only tests start" dnsmasq-base
# With it Prosody can be told which name server to ask.
if command -v dpkg >/dev/null; then dpkg -s lua-unbound >/dev/null 2>&1 || need "unbound for Prosody" lua-unbound; fi
command -v valgrind >/dev/null || need valgrind "valgrind libc6-dbg"
[ -f /usr/include/mbedtls/ssl.h ] || need "mbedTLS 2.28" libmbedtls-dev
command -v cc >/dev/null || command -v gcc >/dev/null || need "a C compiler" "gcc libc6-dev"
# Without it the simulator's slots have 32 bytes, and says so.
if amd64 && ! narrow; then need "gcc for 32 bits" gcc-multilib; fi
[ -n "$packages" ] || has_ejabberd || names="ejabberd"
[ -n "$names" ] || exit 0

if ! command -v apt-get >/dev/null; then
	echo "The tests need $names: install your system's packages of them (Debian:$packages ejabberd), then run this again." >&2
	exit 1
fi
sudo=
if [ -n "$packages" ] && [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null || { echo "The tests need $names: as root, type: apt-get install$packages" >&2; exit 1; }
	sudo=sudo
fi
if [ -n "$packages" ]; then
	echo "Installing$packages by apt-get: the tests need $names."
	$sudo apt-get update -qq
	updated=yes
	# shellcheck disable=SC2086 # words
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages
fi
has_ejabberd || unpack_ejabberd
