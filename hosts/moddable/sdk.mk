# What needs the Moddable SDK, to which MODDABLE points: the weather station in its simulator. Nothing else does.

MCCONFIG := sh hosts/moddable/mcconfig.sh
SDK_BUILD := build/moddable
SIM_APP := $(SDK_BUILD)/bin/lin/mc/debug/extasis/mc.so

.PHONY: sim sim-headless sim-app

sim-headless: sim-app build peers ## the same build without a display, against Prosody: the whole story, and whom it refuses
	SDK_BUILT=1 $(JEST) --selectProjects sdk

# mcconfig knows what is out of date.
sim-app: node_modules/.stamp
	@pkg-config --exists glib-2.0 gio-2.0 && test -e /usr/include/mbedtls/ssl.h || \
		{ echo "The simulator's build needs the headers of GLib and mbedTLS 2.28: on Debian, sudo apt-get install libglib2.0-dev libmbedtls-dev." >&2; exit 2; }
	@$(MCCONFIG) -d -m -p lin
	@$(CC) -O2 -Wall -Wextra -Werror -DmxLinux=1 -I$(MODDABLE)/build/simulators/modules hosts/mcsim/headless.c -o $(SDK_BUILD)/headless \
		`pkg-config --cflags --libs glib-2.0` -ldl
