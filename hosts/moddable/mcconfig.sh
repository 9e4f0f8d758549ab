#!/bin/sh
# Runs the SDK's mcconfig, which never starts or ends anything here, and fails on every warning about a module of ours: mcconfig.sh ARGUMENTS…
# Needs MODDABLE; writes to build/moddable alone.
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

out="$here/build/moddable"
mkdir -p "$out"
log="$out/mcconfig.log"
PATH="$tools:$here/node_modules/.bin:$PATH" MODDABLE="$MODDABLE" mcconfig -t build -o "$out" "$@" >"$log" 2>&1
code=$?
grep -v '^# \|^Total resource\|^### [0-9]* instances' "$log" | grep -v "^$MODDABLE/.*warning" >&2
if [ $code -ne 0 ]; then
	tail -n 20 "$log" >&2
	exit 1
fi
# Of the compiler: its file is below this folder. Of the linker: its modules are ours.
if grep -q "^$here/.*warning\|^### warning: extasis/" "$log"; then
	# So that the next run warns again.
	rm -rf "$out/tmp"
	echo "The SDK warns about modules of ours: see above." >&2
	exit 1
fi
