#!/bin/sh
# Runs the SDK's mcconfig, which never starts or ends anything here, and fails on every warning about a module of ours:
#   mcconfig.sh ARGUMENTS…             for the simulator, or for the chip with ESP-IDF
#   mcconfig.sh --check                nothing, where there is an SDK
#   mcconfig.sh --dry PLATFORM MANIFEST [NAME]   for the chip without ESP-IDF, as far as tsc, xsc and xsl go
# Needs MODDABLE. TARGET is the makefile's, "build" where it is not set.
set -u
here=$(cd "$(dirname "$0")/../.." && pwd)
wanted=8.2.3

fail() {
	echo "$1" >&2
	exit 2
}

[ -n "${MODDABLE:-}" ] || fail "This needs the Moddable SDK $wanted: get it from https://github.com/Moddable-OpenSource/moddable (tag $wanted), build its tools as its documentation says, and set MODDABLE to its folder."
[ -f "$MODDABLE/examples/manifest_base.json" ] || fail "MODDABLE is $MODDABLE, which holds no Moddable SDK: set it to the folder of SDK $wanted (https://github.com/Moddable-OpenSource/moddable)."
tools="$MODDABLE/build/bin/lin/release"
[ -x "$tools/mcconfig" ] || tools="$MODDABLE/build/bin/lin/debug"
[ -x "$tools/mcconfig" ] || fail "The tools of the Moddable SDK are not built: type make in $MODDABLE/build/makefiles/lin (it needs libgtk-3-dev)."
PATH="$tools:$here/node_modules/.bin:$PATH"
export PATH MODDABLE
# What was typed for our Makefile is not for the SDK's.
unset MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL
out="$here/build/moddable"

build() {
	mcconfig -t "${TARGET:-build}" -o "$out" "$@"
}

# mcconfig asks ESP-IDF for its version and for sdkconfig.h, and tsc, xsc and xsl for nothing more.
dry() {
	idf="$out/idf"
	if [ ! -x "$idf/tools/idf.py" ]; then
		mkdir -p "$idf/tools"
		git -C "$idf" init -q &&
			git -C "$idf" -c user.name=dry -c user.email=dry@example.invalid commit -q --allow-empty -m "No ESP-IDF" &&
			git -C "$idf" tag v6.0
		printf '#!/bin/sh\nmkdir -p build/config && touch build/config/sdkconfig.h\n' >"$idf/tools/idf.py"
		chmod +x "$idf/tools/idf.py"
	fi
	IDF_PATH="$idf"
	PATH="$idf/tools:$PATH"
	export IDF_PATH
	made="$out/tmp/$1/release/${3:-extasis}"
	mcconfig -p "$1" -t build -o "$out" "$2" && make -s -f "$made/makefile" "$made/mc.xs.c" || return 1
	# The fifth number of xsCreation is the stack's slots: docs/moddable.md says how many it takes.
	stack=$(sed -n 's/^\t{ [0-9]*, [0-9]*, [0-9]*, [0-9]*, \([0-9]*\), .*},$/\1/p' "$made/mc.xs.c" | tail -n 1)
	[ "${stack:-0}" -ge 768 ] || { echo "The stack of $1 has ${stack:-no} slots: 768 are needed (creation, stack)." && return 1; }
}

[ "${1:-}" != --check ] || exit 0
work=build
if [ "${1:-}" = --dry ]; then
	shift
	work=dry
	out="$out/dry"
fi
mkdir -p "$out"
# Its numbers are compiled into whoever names them, and the SDK's makefiles do not know that.
if [ -e "$out/built" ] && [ "$here/src/limits.ts" -nt "$out/built" ]; then find "$out/tmp" -type d -name tsc -prune -exec rm -rf {} +; fi
touch "$out/built"
# Two boards may be built at once.
log="$out/mcconfig.$$.log"
trap 'rm -f "$log"' EXIT
# mcconfig makes anew the module that was changed, and a constant that it exports stands in others too.
constants="$out/constants"
if [ ! -e "$constants" ] || [ -n "$(find "$here/src" -name '*.ts' -newer "$constants" -exec grep -l '^export const enum' {} +)" ]; then
	[ ! -d "$out/tmp" ] || find "$out/tmp" -type d -name tsc -prune -exec rm -rf {} +
	touch "$constants"
fi
$work "$@" >"$log" 2>&1
code=$?
if [ $code -ne 0 ]; then
	grep -v '^# ' "$log" | tail -n 40 | cut -c 1-400 >&2
	exit 1
fi
# The compiler names a file below this folder, the linker a module of ours.
if grep "^$here/.*warning\|^### warning: extasis/" "$log" >&2; then
	# So that the next run warns again.
	rm -rf "$out/tmp"
	echo "The SDK warns about modules of ours: see above." >&2
	exit 1
fi
