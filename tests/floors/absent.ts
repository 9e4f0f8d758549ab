// What JavaScript has and the firmware does without: absent from XS 13.3, stripped or frozen on a chip, or against the rules of src/. rules.ts
// refuses every word of it; tests/xs/engine.spec.ts asks the engine whether what is said to be absent there is.

/** Names of the global object that XS 13.3 has not. */
export const absentGlobals: readonly string[] = Object.freeze(
	"TextEncoder TextDecoder setTimeout setInterval setImmediate clearTimeout queueMicrotask structuredClone console Intl Buffer URL URLSearchParams atob btoa performance fetch process require AbortController Event EventTarget MessageChannel Blob Worker Iterator Float16Array Temporal DisposableStack SuppressedError ShadowRealm".split(
		" "
	)
);

/** Names that are there, and not for us: promises are for hosts, there is no parser, what waits for the collector comes when it likes, threads. */
export const refusedGlobals: readonly string[] = Object.freeze(
	"Promise RegExp WeakRef FinalizationRegistry eval Function Proxy Compartment SharedArrayBuffer Atomics escape unescape global".split(" ")
);

/** Methods that XS 13.3 has not, by where they would be. */
export const absentMethods: readonly string[] = Object.freeze(
	[
		"Array.prototype: toSorted toReversed toSpliced with",
		"Array: fromAsync",
		"Object: groupBy",
		"Map: groupBy",
		"Map.prototype: getOrInsert getOrInsertComputed",
		"Promise: withResolvers try",
		"Set.prototype: union intersection difference symmetricDifference isSubsetOf isSupersetOf isDisjointFrom",
		"String.prototype: isWellFormed toWellFormed",
		"Uint8Array: fromBase64 fromHex",
		"Uint8Array.prototype: toBase64 setFromBase64 toHex setFromHex",
		"Error: isError captureStackTrace",
		"RegExp: escape",
		"Math: f16round sumPrecise",
		"JSON: rawJSON isRawJSON",
		"DataView.prototype: getFloat16 setFloat16",
		"Atomics: waitAsync"
	].flatMap((line) => {
		const [owner, names] = line.split(": ") as [string, string];
		return names.split(" ").map((name) => `${owner}.${name}`);
	})
);

/** Methods that are there and know no locale and no Unicode table: what they give differs from Node's. */
export const refusedMethods: readonly string[] = Object.freeze(
	"localeCompare toLocaleString toLocaleLowerCase toLocaleUpperCase toLocaleDateString toLocaleTimeString normalize".split(" ")
);

/** Of the helpers of iterators, those that no array and no map has too are words of their own; the others are seen by what they follow. */
export const iteratorHelpers: readonly string[] = Object.freeze(
	"take drop toArray map filter flatMap reduce some every find forEach".split(" ")
);

/** Regular expressions that XS does not parse. */
export const absentPatterns: readonly (readonly [source: string, flags: string])[] = Object.freeze([
	["\\p{L}", "u"],
	["\\P{Lu}", "u"],
	["[a--b]", "v"]
] as const);

/** Code that src/ must not have, and the rule that is broken by it: one line each for what no word of the above is. */
export const refusedCode: readonly (readonly [code: string, rule: string])[] = Object.freeze([
	["export async function f() {}", "no async"],
	["await 1;", "no async"],
	["export async function f(a: AsyncIterable<number>) { for await (const b of a) b; }", "no async"],
	["export function* f() { yield 1; }", "no generators"],
	["export const a = { *f() { yield 1; } };", "no generators"],
	["class A { *f() { yield 1; } }", "no generators"],
	["enum E { A }", "only const enum"],
	["export let state = 0;", "no let at module level"],
	["class A { static count = 0; }", "no mutable static"],
	["class A { static { A.name; } }", "no static block"],
	['const f = () => Symbol("x");', "no Symbol()"],
	['const f = () => Symbol.for("x");', "no Symbol()"],
	['const f = () => eval("1");', "no eval"],
	['const f = () => new Function("return 1");', "no Function"],
	["const f = (o: object) => o.constructor.name;", "no .constructor"],
	["const f = (a: number) => Object.is(a, -0);", "no -0"],
	["const f = (a: Map<number, number>) => a.values().map((b) => b);", "helpers of iterators"],
	["const f = (a: Set<number>) => a.entries().toArray();", "helpers of iterators"],
	["const f = (a: number[]) => a[Symbol.iterator]().take(1);", "helpers of iterators"],
	["const f = () => /\\p{L}/u;", "does not parse"],
	["const f = () => /[a--b]/v;", "does not parse"],
	["const f = () => { using a = null; };", "no using"],
	["const f = () => globalThis.setTimeout;", "no globalThis"]
] as const);
