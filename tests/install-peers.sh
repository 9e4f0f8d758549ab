#!/bin/sh
# Installs the XMPP peer that the tests talk to and that we did not write: slixmpp for the system's Python.
set -eu
/usr/bin/python3 -c 'import slixmpp' 2>/dev/null && exit 0
if ! command -v apt-get >/dev/null; then
	echo "The tests need slixmpp for /usr/bin/python3: install your system's package of it (Debian: python3-slixmpp), then run this again." >&2
	exit 1
fi
sudo=
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null || { echo "The tests need slixmpp: as root, type: apt-get install python3-slixmpp" >&2; exit 1; }
	sudo=sudo
fi
echo "Installing python3-slixmpp (an XMPP client that the tests talk to) by apt-get."
$sudo apt-get update -qq
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-slixmpp python3-slixmpp-lib
