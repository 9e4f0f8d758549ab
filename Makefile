# Every command a person types. `make` alone lists them.

NPX := node_modules/.bin
JEST := NODE_OPTIONS=--experimental-vm-modules $(NPX)/jest
SOURCES := $(shell find src hosts -name '*.ts' 2>/dev/null) tsconfig.json tsconfig.build.json

.DEFAULT_GOAL := help
.PHONY: help build start test unit world scenarios stress bench bench-heap bench-xml bench-wire fuzz soak oracle check format conformance peers prosody clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: build/.built ## install the npm packages and compile: then `npx extasis …` works here

start: build prosody ## the whole story on this machine: broker, thing, owner, stranger (ARGS="--no-demo")
	@node build/hosts/cli/extasis.js start $(ARGS)

test: peers check ## everything: types, lint, every suite on Node, on XS and against real Prosody
	$(JEST) --json --outputFile=build/test-results.json

unit: build ## the suites of src/ on Node and on XS (XS_BITS=64: the engine with slots of 32 bytes)
	$(JEST) --selectProjects node xs

scenarios: peers ## what runs against real Prosody and slixmpp
	$(JEST) --selectProjects scenarios

stress: build ## a million stanzas through the simulator in 64 KiB (STRESS=N for another number, SEED=N for others)
	STRESS=$(or $(STRESS),1000000) $(JEST) --selectProjects node --testPathPatterns tests/unit-node/simulator/stress

bench: build ## measure: memory, flash, the parser, the wire; rewrites docs/PERFORMANCE.md; fails at the end when a bar was missed
	@missed=0; for part in heap xml wire; do $(MAKE) bench-$$part || missed=1; done; exit $$missed

bench-heap: build ## what a thing's life takes of a chip's memory; rewrites that part of docs/PERFORMANCE.md
	$(NPX)/esbuild tests/bench/heap.ts --bundle --platform=node --format=esm --packages=external --outfile=build/bench/heap.mjs --log-level=warning
	node build/bench/heap.mjs

soak: peers ## a thousand seeded histories of faults on a real wire (SEED=2 for others): a long run
	HISTORIES=1000 SEED=$(or $(SEED),1) $(JEST) tests/faults/histories --selectProjects scenarios

oracle: build ## a hundred thousand random histories of rules, owners and outages, judged by an oracle (SEED=n for others)
	ORACLE=$(or $(ORACLE),100000) SEED=$(or $(SEED),1) $(JEST) tests/world/oracle --selectProjects node

check: build ## types, lint and format
	$(NPX)/tsc -p src/tsconfig.json
	$(NPX)/tsc -p tsconfig.json
	$(NPX)/tsc -p hosts/moddable/tsconfig.json
	$(NPX)/biome check --error-on-warnings .

format: node_modules/.stamp ## put the files into the one format
	$(NPX)/biome check --write .

conformance: node_modules/.stamp peers ## run everything and write docs/CONFORMANCE.md anew
	WRITE_CONFORMANCE=1 $(JEST)

prosody: ## install Prosody by the system's package manager, if it is missing
	@sh hosts/broker/install-prosody.sh

peers: build prosody ## install what the tests talk to, if it is missing: Prosody, ejabberd, slixmpp and what they need
	@sh tests/install-peers.sh

fuzz: node_modules/.stamp ## a million XML documents, judged by saxes (SEED=n repeats a run)
	EXTASIS_FUZZ=1000000 EXTASIS_SEED=$(SEED) $(JEST) tests/unit-node/xml-fuzz.spec.ts --selectProjects node --testTimeout=36000000

bench-xml: build ## our XML parser beside those that people use, on XS and Node; rewrites that part of docs/PERFORMANCE.md
	$(NPX)/esbuild tests/bench/xml.ts --bundle --platform=node --format=esm --packages=external --outfile=build/bench/xml.mjs --log-level=warning
	node build/bench/xml.mjs

bench-wire: build peers ## bytes and round trips of starts, an idle hour and a readout, beside other clients; rewrites that part of docs/PERFORMANCE.md
	$(NPX)/esbuild tests/bench/wire.ts --bundle --platform=node --format=esm --packages=external --outfile=build/bench/wire/wire.mjs --log-level=warning
	node build/bench/wire/wire.mjs

include hosts/moddable/sdk.mk

clean: ## remove what was built; the data of `make start` stays in data/
	rm -rf build

node_modules/.stamp: package.json package-lock.json .npmrc
	npm ci --no-progress
	@touch $@

build/.built: node_modules/.stamp $(SOURCES)
	@rm -rf build/src build/hosts build/.tsbuildinfo # what a file that is gone once made would still be preloaded
	$(NPX)/tsc -p tsconfig.build.json
	@chmod +x build/hosts/cli/extasis.js
	@touch $@
