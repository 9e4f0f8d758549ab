#!/bin/sh
# Installs what the tests need and we did not write, if it is missing: slixmpp for the system's Python, names for brokers that talk to each other,
# a C compiler for the simulator (of 32 bits too, where the machine can), valgrind.
set -eu

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
[ -n "$packages" ] || exit 0

if ! command -v apt-get >/dev/null; then
	echo "The tests need $names: install your system's packages of them (Debian:$packages), then run this again." >&2
	exit 1
fi
sudo=
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null || { echo "The tests need $names: as root, type: apt-get install$packages" >&2; exit 1; }
	sudo=sudo
fi
echo "Installing$packages by apt-get: the tests need $names."
$sudo apt-get update -qq
# shellcheck disable=SC2086 # words
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages
