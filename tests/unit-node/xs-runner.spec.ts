// The runner for XS is believed only if it sees what goes wrong: wrong answers, aborts, hangs, files that never get to a test.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll } from "@jest/globals";
import XSRunner, { type SpecResult } from "../xs/runner.js";

let folder: string;

beforeAll(async () => {
	// As deep as a suite of src/ lies.
	folder = await mkdtemp(fileURLToPath(new URL("../../build/xs-runner-", import.meta.url)));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function run(code: string, pattern?: string): Promise<{ result?: SpecResult; failure?: string }> {
	const path = join(folder, "a.spec.ts");
	await writeFile(path, code);
	let outcome: { result?: SpecResult; failure?: string } = {};
	const spec = { path, context: { config: { displayName: { name: "xs", color: "white" } } } };
	await new XSRunner({ maxWorkers: 1, testNamePattern: pattern }).runTests(
		[spec],
		{ isInterrupted: () => false },
		async () => {},
		async (_, result) => {
			outcome = { result };
		},
		async (_, { message }) => {
			outcome = { failure: message };
		}
	);
	return outcome;
}

function summary(result: SpecResult | undefined): string[] {
	return (result?.testResults ?? []).map(({ fullName, status }) => `${fullName}: ${status}`);
}

// The program is compiled when nobody has needed it yet.
const patience = 180_000;

test(
	"what is right passes, what is wrong fails with its reason",
	async () => {
		const { result } = await run(`
			describe("group", () => {
				let count = 0;
				beforeEach(() => { count++; });
				test.each([[1, 2], [2, 4]])("%d doubled", (a, b) => { expect(a * 2).toBe(b); });
				test("wrong", () => { expect({ a: [1, 2] }).toEqual({ a: [1, 3] }); });
				test("throws", () => { throw new TypeError("no such thing"); });
				test("counted", () => { expect(count).toBe(5); });
			});
		`);
		expect(summary(result)).toEqual([
			"group 1 doubled: passed",
			"group 2 doubled: passed",
			"group wrong: failed",
			"group throws: failed",
			"group counted: passed"
		]);
		expect(result?.failureMessage).toContain("expected {a: [1, 2]} to equal {a: [1, 3]}");
		expect(result?.failureMessage).toContain("TypeError: no such thing");
	},
	patience
);

test.each([
	["endless recursion", "const f = (): number => f() + 1; test('a', () => {}); test('b', () => { f(); });", "stack overflow"],
	[
		"no memory left",
		"test('a', () => {}); const all: unknown[] = []; test('b', () => { for (;;) all.push(new Uint8Array(4096)); });",
		"memory full"
	],
	[
		"a frame that nobody can mean",
		"test('a', () => {}); test('b', () => { const { simulator } = globalThis as any; simulator.send(23, 1, 'x'); simulator.ask(40, 1); });",
		"SIGKILL"
	],
	["a promise that never settles", "test('a', () => {}); test('b', () => new Promise(() => {}));", "ended before its last test"]
])("%s is charged to its test", async (_, code, reason) => {
	const { result } = await run(code);
	expect(summary(result)).toEqual(["a: passed", "b: failed"]);
	expect(result?.failureMessage).toContain(reason);
});

test.each([
	["a file that throws", "test('a', () => {}); throw new Error('too early');", "too early"],
	["a file that is no program", "const = 1;", "Expected identifier"],
	["an import that is not there", 'import "./nowhere.js";', "nowhere"]
])("%s fails as a whole", async (_, code, reason) => {
	expect((await run(code)).failure).toContain(reason);
});

test("the engine is the chip's: built-ins frozen, strings of code points, no Node", async () => {
	const { result } = await run(`
		test("frozen", () => { expect(() => { (Array.prototype as unknown as { x: number }).x = 1; }).toThrow(); });
		test("code points", () => { expect("a😀b").toHaveLength(3); });
		test("bare", () => { expect([typeof TextEncoder, typeof setTimeout, typeof console]).toEqual(["undefined", "undefined", "undefined"]); });
	`);
	expect(result?.failureMessage).toBeNull();
	expect(result?.testResults).toHaveLength(3);
});

test("src/ is ROM: its tables and classes are frozen, and an error there is told with file and line of the TypeScript", async () => {
	const { result } = await run(`
		import { xmlLimits } from "../../src/limits.js";
		import { XMLParser } from "../../src/xml/parser.js";
		test("table", () => { expect(() => { (xmlLimits as { depth: number }).depth = 1; }).toThrow(); });
		test("class", () => { expect(() => { (XMLParser.prototype as { write: unknown }).write = 1; }).toThrow(); });
		test("place", () => { new XMLParser({ onOpen() {}, onElement() {}, onClose() {} } as never, xmlLimits).write(undefined as never); });
	`);
	expect(summary(result)).toEqual(["table: passed", "class: passed", "place: failed"]);
	expect(result?.failureMessage).toMatch(/src\/xml\/\w+\.ts:\d+/);
	expect(result?.failureMessage).toMatch(/a\.spec\.ts:6/);
});

test("a suite gets a chip's memory unless the table says more", async () => {
	const { result } = await run(`
		test("heap", () => { const all: unknown[] = []; for (let i = 0; i < 8; i++) all.push(new Uint8Array(4096)); expect(all).toHaveLength(8); });
		test("more", () => { const all: unknown[] = []; for (let i = 0; i < 13; i++) all.push(new Uint8Array(4096)); });
	`);
	expect(summary(result)).toEqual(["heap: passed", "more: failed"]);
	expect(result?.failureMessage).toContain("memory full");
});

test("tests run in order, also behind one that waits, and groups have tables", async () => {
	const { result } = await run(`
		const seen: string[] = [];
		describe.each(["a", "b"])("%s", (name) => {
			test("waits", async () => { await undefined; await undefined; seen.push(name); });
			test("sees", () => { expect(seen).toContain(name); });
		});
		test("all", () => { expect(seen).toEqual(["a", "b"]); });
		test("late", async () => { await undefined; throw new Error("too late"); });
	`);
	expect(summary(result)).toEqual([
		"a waits: passed",
		"a sees: passed",
		"b waits: passed",
		"b sees: passed",
		"all: passed",
		"late: failed"
	]);
	expect(result?.failureMessage).toContain("too late");
});

test("a suite's own words are not taken for results", async () => {
	const { result } = await run(
		"test('a', () => { for (const line of ['hello', '1', 'null', '{']) (globalThis as any).simulator.report(line); });"
	);
	expect(summary(result)).toEqual(["a: passed"]);
});

test("rows that Array.from made are told apart", async () => {
	const { result } = await run(`
		const row = (factor: number) => Array.from({ length: 3 }, (_, index) => index * factor);
		test("same", () => { expect(row(1)).toEqual([0, 1, 2]); });
		test("other", () => { expect(row(1)).toEqual(row(2)); });
	`);
	expect(summary(result)).toEqual(["same: passed", "other: failed"]);
});

test("--testNamePattern leaves the others out", async () => {
	const { result } = await run("test('one', () => {}); test('two', () => { throw new Error(); });", "one");
	expect(summary(result)).toEqual(["one: passed", "two: pending"]);
});
