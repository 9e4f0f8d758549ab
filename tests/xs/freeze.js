// What the device's linker does: everything reachable from the global becomes read-only, except the global itself.
const seen = new Set([globalThis]);
(function walk(o) {
	if ((typeof o !== "object" && typeof o !== "function") || o === null || seen.has(o)) return;
	seen.add(o);
	for (const k of Reflect.ownKeys(o)) {
		const d = Reflect.getOwnPropertyDescriptor(o, k);
		if ("value" in d) walk(d.value);
		else {
			walk(d.get);
			walk(d.set);
		}
	}
	walk(Reflect.getPrototypeOf(o));
	try {
		Object.freeze(o);
	} catch {}
})(
	Object.fromEntries(
		Object.getOwnPropertyNames(globalThis)
			.filter((k) => k !== "globalThis" && k !== "global")
			.map((k) => [k, globalThis[k]])
	)
);
