// The engine is what the rules of src/ say of it: what they call absent is absent, what they call frozen is frozen. Runs on XS alone.
import type { Simulator } from "../../hosts/simulator/device/native.js";
import { xmlLimits } from "../../src/limits.js";
import { Scanner } from "../../src/xml/scanner.js";
import { absentGlobals, absentMethods, absentPatterns } from "../floors/absent.js";

declare const simulator: Simulator;
/** Set by the runner. */
declare const XS_VERSION: string;

/** A newer XS, which XS= may name, has some of it. */
const is13 = XS_VERSION.startsWith("13.");

function at(path: string): unknown {
	let value: unknown = globalThis;
	for (const name of path.split(".")) value = (value as Record<string, unknown> | undefined)?.[name];
	return value;
}

test("what the table calls absent from XS 13.3 is", () => {
	expect([...absentGlobals, ...absentMethods].filter((path) => is13 && at(path) !== undefined)).toEqual([]);
	// It would find what is there.
	expect(["Map", "Array.prototype.slice", "Nothing.at.all"].filter((path) => at(path) !== undefined)).toEqual([
		"Map",
		"Array.prototype.slice"
	]);
});

test.each(absentPatterns)("/%s/%s does not parse", (source, flags) => {
	if (is13) expect(() => new RegExp(source, flags)).toThrow("invalid");
});

test("no parser, no names, no lengths", () => {
	const { eval: evaluate, Function: make } = globalThis;
	expect(() => evaluate("1")).toThrow("script");
	expect(() => make("return 1")).toThrow("script");
	const named = function named(a: number, b: number): number {
		return a + b;
	};
	class Named {}
	expect([named.name, named.length, Named.name, new Named().constructor.name]).toEqual([undefined, undefined, undefined, undefined]);
});

test("no locales and no Unicode tables", () => {
	expect(["ä", "b"].sort((a, b) => a.localeCompare(b))).toEqual(["b", "ä"]);
	expect(() => "\u00e9".normalize("NFD")).toThrow();
	expect((1234.5).toLocaleString()).toBe("1234.5");
});

test("strings are rows of code points, and surrogates no pairs", () => {
	expect(["a😀b".length, "a😀b".charCodeAt(1), "a😀b".slice(1, 2)]).toEqual([3, 0x1f600, "😀"]);
	const [high, low] = ["\ud83d", "\ude00"];
	expect(high + low === "😀").toBe(false);
});

test("built-ins are frozen, and what inherits from them cannot shadow them by assignment", () => {
	class Wrong extends Error {
		constructor() {
			super();
			this.name = "Wrong";
		}
	}
	expect(() => new Wrong()).toThrow("not writable");
	expect(() => {
		(Array.prototype as unknown as { more: number }).more = 1;
	}).toThrow();
	const object: { toString?: () => string } = {};
	expect(() => {
		object.toString = () => "";
	}).toThrow();
});

test("zero times minus one is zero", () => {
	const [a, b] = [0, -1];
	expect(Object.is(a * b, 0)).toBe(true);
});

test("symbols and names of properties are never collected: figures() shows it", () => {
	const keys = (): number => (JSON.parse(simulator.figures()) as { keys: number }).keys;
	// Its own answer has names too.
	keys();
	const before = keys();
	for (let n = 0; n < 20; n++) Symbol();
	simulator.collect();
	const after = keys();
	expect(after - before).toBeGreaterThan(19);
	const object: Record<string, number> = {};
	for (let n = 0; n < 20; n++) object[`a name like no other ${n}`] = n;
	simulator.collect();
	expect(keys() - after).toBeGreaterThan(19);
});

describe("the scanner of the suites", () => {
	test("is not the chip's", () => {
		expect(Scanner).toBe(simulator.Scanner);
		expect(new Scanner(xmlLimits) instanceof Scanner).toBe(true);
	});

	test("takes what is no scanner, no bytes or no place in them", () => {
		const scanner = new Scanner(xmlLimits);
		const bytes = Uint8Array.of(0x3c, 0x61, 0x3e);
		const { scan } = scanner;
		expect(() => scan.call({} as Scanner, bytes, 0, true)).toThrow();
		expect(() => scan.call(Scanner.prototype, bytes, 0, true)).toThrow();
		expect(() => scanner.scan("<a>" as unknown as Uint8Array, 0, true)).toThrow();
		expect(() => scanner.scan(bytes, -1, true)).toThrow("range");
		expect(() => scanner.scan(bytes, 4, true)).toThrow("range");
		expect(() => (scanner as unknown as { scan(): void }).scan()).toThrow();
		expect(() => new Scanner(undefined as never)).toThrow();
		expect(scanner.scan(bytes, 3, true)).toBe(0);
		expect([scanner.scan(bytes, 0, true), scanner.name, scanner.at]).toEqual([1, "a", 3]);
	});
});
