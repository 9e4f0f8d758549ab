#!/bin/sh
# Installs Prosody by the system's package manager, if it is missing, without leaving a system daemon running: the box starts its own.
set -eu

command -v prosody >/dev/null 2>&1 && exit 0
[ -z "${PROSODY:-}" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
	case "$(uname -s)" in
		Darwin) hint='brew install prosody' ;;
		*)
			if command -v dnf >/dev/null 2>&1; then hint='sudo dnf install prosody'
			elif command -v pacman >/dev/null 2>&1; then hint='sudo pacman -S prosody'
			elif command -v apk >/dev/null 2>&1; then hint='sudo apk add prosody'
			elif command -v zypper >/dev/null 2>&1; then hint='sudo zypper install prosody'
			else hint=''
			fi ;;
	esac
	if [ -n "$hint" ]; then echo "The box needs Prosody, an XMPP server. Type: $hint" >&2
	else echo "The box needs Prosody, an XMPP server: see https://prosody.im/download" >&2
	fi
	exit 1
fi

sudo=
if [ "$(id -u)" != 0 ]; then
	if ! command -v sudo >/dev/null 2>&1; then
		echo "The box needs Prosody, an XMPP server. As root, type: apt-get install prosody" >&2
		exit 1
	fi
	sudo=sudo
fi

echo "Installing Prosody, the XMPP server of the box, by ${sudo:+sudo }apt-get. Its system service is not started."

# Debian starts a public server at once unless this file says no (invoke-rc.d(8), exit status 101); one that is there is put back.
policy=${POLICY_RC_D:-/usr/sbin/policy-rc.d}
kept=$policy.before-extasis
mark='# Of Extasis, while it installs Prosody.'
is_there() { [ -e "$1" ] || [ -L "$1" ]; }
restore() {
	trap - EXIT HUP INT TERM
	if is_there "$kept"; then $sudo mv -f "$kept" "$policy"
	else $sudo rm -f "$policy"
	fi
}
# One of ours is there when an earlier run was killed: it is not for keeping.
if is_there "$policy" && ! is_there "$kept" && ! grep -qF "$mark" "$policy" 2>/dev/null; then $sudo mv "$policy" "$kept"; fi
trap restore EXIT
trap 'exit 130' HUP INT TERM
printf '#!/bin/sh\n%s\nexit 101\n' "$mark" | $sudo tee "$policy" >/dev/null
$sudo chmod 755 "$policy"

$sudo apt-get update -qq || echo "The package lists could not be renewed; trying with those that are there." >&2
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends prosody >/dev/null

# Not now and not at the next start of this machine either.
if [ -d /run/systemd/system ]; then $sudo systemctl disable --now prosody.service >/dev/null 2>&1 || true
elif command -v update-rc.d >/dev/null 2>&1; then $sudo update-rc.d prosody disable >/dev/null 2>&1 || true
fi
restore
command -v prosody >/dev/null 2>&1 || { echo "apt-get ended, but there is no prosody on PATH." >&2; exit 1; }
echo "Prosody is installed; its system service is off (to have it: sudo systemctl enable --now prosody)."
