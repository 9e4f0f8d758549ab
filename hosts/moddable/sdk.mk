# What needs the Moddable SDK, to which MODDABLE points: the weather station in its simulator, and images for the chip. Nothing else does.

MCCONFIG := sh hosts/moddable/mcconfig.sh
SDK_BUILD := build/moddable
SIM_APP := $(SDK_BUILD)/bin/lin/mc/debug/extasis/mc.so

# A platform of the SDK, or a board of ours in hosts/esp32/boards.
BOARD ?= esp32
OUR_BOARD := $(wildcard hosts/esp32/boards/$(BOARD)/platform)
BOARD_PLATFORM := $(if $(OUR_BOARD),$(shell cat $(OUR_BOARD)),$(BOARD))
BOARD_MANIFEST := $(if $(OUR_BOARD),hosts/esp32/boards/$(BOARD)/manifest.json,manifest.json)
DRY_BOARDS := esp32 esp32/esp32c3 esp32/moddable_two
SITE := $(SDK_BUILD)/site/manifest.json
# 64 KiB for all of XS, of any board, and what holds as much in the simulator.
SMALL := hosts/moddable/small/manifest.json
SMALL_APP := $(SDK_BUILD)/small/manifest.json

.PHONY: sim sim-headless sim-app sdk esp32 flash flash-port esp32-dry footprint

# Its own folder and no session bus: a simulator of yours that runs already hears nothing of it.
sim: sim-app ## the weather station in the Moddable simulator: DOMAIN=… CA=… [ADDRESS=… TLS=direct REGISTRY=… SERIAL=… KEY=… API_KEY=… API_SECRET=… ACCOUNT=… CERTIFICATE=… CERTIFICATE_KEY=… NAME_SERVER=… STORE=…]
	@test -n "$(DOMAIN)" && test -n "$(CA)" || \
		{ echo "Say which broker: make sim DOMAIN=box.example CA=ca.pem ADDRESS=127.0.0.1:5222 (docs/moddable.md)." >&2; exit 2; }
	@mkdir -p $(SDK_BUILD)/config
	@EXTASIS_DOMAIN='$(DOMAIN)' EXTASIS_CA='$(abspath $(CA))' EXTASIS_ADDRESS='$(ADDRESS)' EXTASIS_TLS='$(TLS)' EXTASIS_REGISTRY='$(REGISTRY)' \
		EXTASIS_SERIAL='$(SERIAL)' EXTASIS_KEY='$(KEY)' EXTASIS_NAME_SERVER='$(NAME_SERVER)' EXTASIS_API_KEY='$(API_KEY)' EXTASIS_API_SECRET='$(API_SECRET)' \
		EXTASIS_ACCOUNT='$(ACCOUNT)' EXTASIS_CERTIFICATE='$(abspath $(CERTIFICATE))' EXTASIS_CERTIFICATE_KEY='$(abspath $(CERTIFICATE_KEY))' \
		EXTASIS_STORE='$(abspath $(or $(STORE),data/things/moddable-simulator))' \
		XDG_CONFIG_HOME=$(CURDIR)/$(SDK_BUILD)/config DBUS_SESSION_BUS_ADDRESS=disabled: \
		$(MODDABLE)/build/bin/lin/release/mcsim $(MODDABLE)/build/simulators $(CURDIR)/$(SIM_APP)

sim-headless: sim-app $(SMALL_APP) build peers ## the same build without a display of yours, against Prosody: the whole story, and whom it refuses
	@command -v Xvfb >/dev/null || { echo "The tests of the screen need Xvfb: on Debian, sudo apt-get install xvfb." >&2; exit 2; }
	@$(MCCONFIG) -d -m -p lin $(SMALL_APP)
	SDK_BUILT=1 $(JEST) --selectProjects sdk

# mcconfig knows what is out of date.
sim-app: node_modules/.stamp
	@pkg-config --exists glib-2.0 gio-2.0 && test -e /usr/include/mbedtls/ssl.h || \
		{ echo "The simulator's build needs the headers of GLib and mbedTLS 2.28: on Debian, sudo apt-get install libglib2.0-dev libmbedtls-dev." >&2; exit 2; }
	@$(MCCONFIG) -d -m -p lin
	@$(CC) -O2 -Wall -Wextra -Werror -DmxLinux=1 -I$(MODDABLE)/build/simulators/modules hosts/mcsim/headless.c -o $(SDK_BUILD)/headless \
		`pkg-config --cflags --libs glib-2.0` -ldl

# The name that mcconfig takes is that of the last manifest which has one.
$(SMALL_APP): hosts/moddable/sdk.mk
	@mkdir -p $(dir $@)
	@echo '{"build":{"NAME":"extasis-small"}}' >$(dir $@)name.json
	@echo '{"include":["../../../manifest.json","../../../$(SMALL)","./name.json"]}' >$@

# Said before anything is built.
sdk:
	@$(MCCONFIG) --check

esp32: sdk build ## the image of a board: BOARD=esp32 DOMAIN=… CA=… SSID=… PASSWORD=… [HEAP=64 …] (docs/esp32.md)
	@test -n "$(OUR_BOARD)" || test -n "$(filter esp32 esp32/%,$(BOARD))" -a -d "$(MODDABLE)/build/devices/esp32/targets/$(or $(BOARD:esp32%=%),/)" || \
		{ echo "There is no board $(BOARD): it is a platform of the SDK, such as esp32/esp32c3, or a folder of hosts/esp32/boards." >&2; exit 2; }
	@test -n "$(IDF_PATH)" || \
		{ echo "This needs ESP-IDF 6.0: install it as https://docs.espressif.com/projects/esp-idf says, and source its export.sh." >&2; exit 2; }
	@node build/hosts/factory/site.js $(BOARD_MANIFEST) $(SMALL) $(SITE)
	@$(MCCONFIG) -m -p $(BOARD_PLATFORM) $(SITE)

flash: flash-port esp32 ## the same, and onto the board at UPLOAD_PORT
	@TARGET=deploy $(MCCONFIG) -m -p $(BOARD_PLATFORM) $(SITE)

# As `sdk`.
flash-port:
	@for port in $(or $(UPLOAD_PORT),/dev/ttyUSB* /dev/ttyACM* /dev/cu.usb*); do test -c "$$port" && exit 0; done; \
		echo "There is no serial port $(or $(UPLOAD_PORT),of a board (/dev/ttyUSB0 or the like)): plug the board in, or name its port in UPLOAD_PORT." >&2; exit 2

esp32-dry: node_modules/.stamp $(SMALL_APP) ## what of the image needs no ESP-IDF: types, byte code and link, of several boards
	@for board in $(DRY_BOARDS); do echo "$$board"; $(MCCONFIG) --dry $$board manifest.json || exit 1; done
	@echo "esp32, HEAP=64"; $(MCCONFIG) --dry esp32 $(SMALL_APP) extasis-small && \
		grep -q '^	{.* 65536, 0},$$' $(SDK_BUILD)/dry/tmp/esp32/release/extasis-small/mc.xs.c || { echo "Its heap is not of 64 KiB." >&2; exit 1; }
	@for file in hosts/esp32/boards/*/platform; do \
		echo "$$file"; $(MCCONFIG) --dry `cat $$file` `dirname $$file`/manifest.json || exit 1; done

# The byte code of the dry build, which every machine with the SDK has, and what of it the linker keeps; sections where a board was linked.
MAP := $(wildcard $(SDK_BUILD)/bin/$(BOARD_PLATFORM)/release/extasis/xs_esp32.map)
footprint: build ## byte code of each module; ROM and RAM too, of a board that was linked (BOARD=…); rewrites that part of docs/PERFORMANCE.md
	@$(MCCONFIG) --dry esp32 manifest.json
	@node build/hosts/factory/footprint.js $(SDK_BUILD)/dry/tmp/esp32/release/extasis/modules/extasis $(MODDABLE) docs/PERFORMANCE.md \
		$(if $(MAP),$(BOARD) $(MAP))
