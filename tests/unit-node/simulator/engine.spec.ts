// Holds how a program ends on the simulator's engine, and what a chip lacks.
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll } from "@jest/globals";
import { describeAbort } from "../../../hosts/simulator/abort.js";
import { engineHere, execute, run } from "./program.js";

beforeAll(engineHere, 180_000);

/** What is caught where it is thrown, and said. */
const attempt = (code: string): string =>
	`const say = (work: () => unknown): void => { try { simulator.report(String(work())); } catch (error) { simulator.report(String(error)); } };\n${code}`;

describe("how a program ends", () => {
	test("with nothing left to happen: code 0", async () => {
		expect(await run('simulator.report("here")')).toMatchObject({ code: 0, lines: ["here"], stderr: "", abort: undefined });
	});

	test("with the code that it asks for, after the present callback", async () => {
		const ended = await run(
			'simulator.exit(7); simulator.report("still here"); simulator.timer(1); simulator.listen(() => simulator.exit(8));'
		);
		expect(ended).toMatchObject({ code: 7, lines: ["still here"], abort: undefined });
	});

	test("memory full by an array that grows: 11, and what the heap was", async () => {
		const { code, abort } = await run("const a: object[] = [];\nfor (;;) a.push({ a: 1 });");
		expect(code).toBe(11);
		expect(abort).toMatchObject({ abort: "memory full", code: 11, detail: "", heap: (await engineHere()).bits * 2048 });
		expect(abort!.figures.collections).toBeGreaterThan(1);
		// Nothing is held back: slots, the chunks of the array and its copy, and the stack fill the block.
		const { slots, chunksPeak, free } = abort!.figures;
		expect(free).toBeLessThan(2048 * ((await engineHere()).bits / 32));
		expect(slots + chunksPeak + 768 * ((await engineHere()).bits / 2)).toBeGreaterThan(abort!.heap * 0.95);
		expect(abort!.stack.map((place) => basename(place))).toEqual(["main.ts:2"]);
	});

	test("memory full cannot be caught", async () => {
		expect(await run('try { new ArrayBuffer(200_000); } catch { simulator.report("caught"); }')).toMatchObject({ code: 11, lines: [] });
	});

	test("memory that is given back can be taken again, a hundred times over", async () => {
		const { code, lines } = await run(
			'for (let i = 0; i < 2000; i++) { new ArrayBuffer(10_000); [..."abcdefgh"].map((c) => ({ c })); }\nsimulator.report("done");'
		);
		expect({ code, lines }).toEqual({ code: 0, lines: ["done"] });
	});

	test("endless recursion: 12, by its line, however deep it was", async () => {
		const { code, abort } = await run("function deeper(n: number): number {\n\treturn 1 + deeper(n + 1);\n}\ndeeper(0);");
		expect(code).toBe(12);
		expect(abort).toMatchObject({ abort: "stack overflow", code: 12 });
		expect(abort!.stack.length).toBe(32);
		expect(new Set(abort!.stack.map((place) => basename(place)))).toEqual(new Set(["main.ts:2"]));
		expect(abort!.figures.stackPeak).toBeGreaterThan(700 * ((await engineHere()).bits / 2));
	});

	test("JSON nested deeper than the stack: 12, no crash", async () => {
		expect((await run('JSON.parse("[".repeat(3000) + "]".repeat(3000));', { heap: 1 << 20 })).code).toBe(12);
	});

	test("an exception that nobody caught: 15, with its text and where it was made", async () => {
		const rom = {
			lib: '// a line\n\nexport type A = string;\nexport function fail(a: A): never {\n\tthrow new RangeError("no " + JSON.stringify(a) + "\\\\");\n}\n'
		};
		const main = 'import { fail } from "./lib.js";\n\nfunction work(): void {\n\tfail("ä");\n}\nwork();';
		const { code, abort } = await run(main, { rom });
		expect(code).toBe(15);
		expect(abort).toMatchObject({ abort: "unhandled exception", code: 15, detail: 'RangeError: no "ä"\\' });
		expect(abort!.stack.map((place) => basename(place))).toEqual(["lib.ts:5", "main.ts:4", "main.ts:6"]);
		expect(describeAbort(abort!)).toContain('unhandled exception: RangeError: no "ä"\\\nheap ');
	});

	test("an exception in a callback: 15, by its line", async () => {
		const { code, abort } = await run('simulator.listen(() => {\n\tthrow new Error("late");\n});\nsimulator.timer(0);');
		expect(code).toBe(15);
		expect(abort!.stack.map((place) => basename(place))).toEqual(["main.ts:2"]);
	});

	test.each([
		["throws", "throw { toString(): string { throw this; } };"],
		["recurses", "throw { toString(): string { return 1 + this.toString(); } };"],
		["fills the memory", "throw { toString(): string { const a: object[] = []; for (;;) a.push({}); } };"]
	])("an exception whose text %s: still 15, once, as JSON", async (_, code) => {
		const ended = await run(code);
		expect(ended).toMatchObject({ code: 15, abort: { abort: "unhandled exception", detail: "" } });
		expect(ended.stderr.match(/"abort"/g)).toHaveLength(1);
	});

	test("an exception with a text longer than anybody reads", async () => {
		const { abort } = await run('throw new Error("x".repeat(5000));');
		expect(abort!.detail).toBe(`Error: ${"x".repeat(993)}`);
	});

	test("a rejection that nobody handled: 18", async () => {
		const { code, abort } = await run(
			'Promise.reject(new Error("nobody"));\nsimulator.listen(() => simulator.report("late"));\nsimulator.collect();\nsimulator.timer(60_000);'
		);
		expect(code).toBe(18);
		expect(abort).toMatchObject({ abort: "unhandled rejection", detail: "Error: nobody" });
	});

	test.each<[string, readonly string[], string]>([
		["no main", [], "--main NAME=PATH is missing"],
		["a main without a path", ["--main", "main"], "--main needs NAME=PATH"],
		["a main that is not there", ["--main", "main=/nonexistent.js"], "cannot be read"],
		["a main that is no JavaScript", ["--main", `main=${fileURLToPath(import.meta.url)}`], /engine\.spec\.ts:\d+: missing/.source],
		["an option that there is not", ["--hep", "1"], "--hep is no option"],
		["a heap that is no number", ["--heap", "64k"], "--heap needs a whole number"],
		["a heap that is missing", ["--heap"], "--heap needs a whole number"],
		["a heap below any use", ["--heap", "1024"], "--heap needs a whole number"],
		["a heap beyond any number", ["--heap", "99999999999999999999"], "--main NAME=PATH is missing|--heap needs"]
	])("misuse, %s: 2 and one sentence", async (_, words, sentence) => {
		const ended = await execute([(await engineHere()).program, ...words]);
		expect(ended.code).toBe(2);
		expect(ended.stderr).toMatch(new RegExp(`^simulator: .*(${sentence}).*\\.\n$`));
	});

	test.each([
		["a heap smaller than its stack", ["--heap", "12000"]],
		["a stack larger than the heap", ["--stack", "100000"]],
		["a stack beyond what an address reaches", ["--stack", "2147483647"]]
	])("%s: 2, not a crash", async (_, words) => {
		expect(await run("", { words })).toMatchObject({ code: 2, stderr: expect.stringContaining("has no room for a stack") });
	});

	test("a heap of odd size is as large as its whole slots", async () => {
		const { lines } = await run("let a: object | undefined;\nfor (let i = 0; i < 9999; i++) a = { i };\nsimulator.report(typeof a);", {
			words: ["--heap", "65543"]
		});
		expect(lines).toEqual(["object"]);
	});
});

describe("what a chip has not", () => {
	test("eval and Function make nothing: there is no parser; eval of one's own scope is stripped", async () => {
		const { code, lines, abort } = await run(
			attempt(
				'say(() => (0, eval)("1"));\nsay(() => new Function("return 1")());\nsay(() => Object.getPrototypeOf(async () => {}).constructor("1"));\nsay(() => eval("1"));'
			)
		);
		expect(lines).toEqual(["SyntaxError: invalid script", "SyntaxError: invalid script", "SyntaxError: invalid script"]);
		expect({ code, abort: abort?.abort }).toEqual({ code: 14, abort: "dead strip" });
	});

	test("built-ins and what modules of ROM export are frozen", async () => {
		const rom = { lib: "export class Thing { f(): number { return 1; } }\nexport const table = Object.freeze({ a: 1 });" };
		const { lines } = await run(
			attempt(
				[
					'import { Thing, table } from "./lib.js";',
					"say(() => { (Array.prototype as any).x = 1; });",
					"say(() => { (Object as any).assign = 1; });",
					"say(() => { delete (Math as any).abs; });",
					"say(() => { (globalThis as any).JSON = 1; });",
					'say(() => { const e = new Error(); e.name = "E"; });',
					'say(() => { const o: any = {}; o.toString = () => "o"; });',
					"say(() => { Thing.prototype.f = () => 2; });",
					"say(() => { (table as any).a = 2; });",
					"say(() => { simulator.now = () => 0; });",
					"say(() => { (globalThis as any).mine = 5; return (globalThis as any).mine; });"
				].join("\n")
			),
			{ rom }
		);
		expect(lines.slice(0, 9).map((line) => line.split(":")[0])).toEqual(Array(9).fill("TypeError"));
		expect(lines.length).toBe(10);
	});

	test("functions have no names and no lengths", async () => {
		const { lines } = await run(
			"function named(a: number): number { return a; }\nclass Named {}\nsimulator.report(JSON.stringify([named.name, named.length, Named.name].map((x) => x ?? null)));"
		);
		expect(lines).toEqual(["[null,null,null]"]);
	});

	test("a string is a row of code points", async () => {
		const { lines } = await run(
			'const s = "a😀b";\nsimulator.report([s.length, s.charCodeAt(1), s.slice(1, 2), String.fromCharCode(0xd83d) + String.fromCharCode(0xde00) === "😀", /^.$/.test("😀")].join());'
		);
		expect(lines).toEqual(["3,128512,😀,false,true"]);
	});

	test("zero has no sign, text no normal form, and there is no await at the top of main", async () => {
		const { code, lines, abort } = await run("simulator.report(String(Object.is(0 * -1, 0)));\nawait 1;");
		expect({ code, lines, detail: abort?.detail }).toEqual({ code: 15, lines: [], detail: "TypeError: async module" });
		const more = await run(attempt('simulator.report(String(Object.is(0 * -1, 0)));\nsay(() => "ä".normalize("NFD"));'));
		expect(more.lines).toEqual(["true", expect.stringContaining("RangeError")]);
	});

	test("what Node has as globals is not there", async () => {
		const names = ["TextEncoder", "TextDecoder", "console", "URL", "setTimeout", "structuredClone", "queueMicrotask", "Intl", "crypto"];
		const { lines } = await run(`simulator.report(JSON.stringify(${JSON.stringify(names)}.filter((name) => name in globalThis)));`);
		expect(lines).toEqual(["[]"]);
	});

	test("a symbol made while running is never given back", async () => {
		const { lines } = await run(
			"JSON.parse(simulator.figures());\nconst before = JSON.parse(simulator.figures()).keys;\nfor (let i = 0; i < 50; i++) Symbol();\nsimulator.collect();\nsimulator.report(String(JSON.parse(simulator.figures()).keys - before));"
		);
		expect(lines).toEqual(["50"]);
	});
});

describe("what code can ask of the engine", () => {
	test("one timer: the last one set, once, and none when it is put off", async () => {
		const { code, lines } = await run(
			[
				"const start = simulator.now();",
				"let count = 0;",
				"simulator.listen((op) => {",
				"\tsimulator.report([op, ++count, simulator.now() - start >= 19].join());",
				"\tif (count === 1) { simulator.timer(1); simulator.timer(-1); }",
				"});",
				"simulator.timer(1);",
				"simulator.timer(20);"
			].join("\n")
		);
		expect({ code, lines }).toEqual({ code: 0, lines: ["3,1,true"] });
	});

	test.each(["Number.NaN", "-1", "-Infinity"])("a timer of %s is none", async (delay) => {
		expect(await run(`simulator.listen(() => simulator.report("called"));\nsimulator.timer(${delay});`)).toMatchObject({
			code: 0,
			lines: []
		});
	});

	test("the clock is that of the system", async () => {
		const before = Date.now();
		const { lines } = await run("simulator.report(String(simulator.now()));\nsimulator.report(String(Date.now()));");
		for (const line of lines) {
			expect(Number(line)).toBeGreaterThanOrEqual(before);
			expect(Number(line)).toBeLessThanOrEqual(Date.now());
		}
		expect(lines).toHaveLength(2);
	});

	test("equal() compares bytes and lengths, and nothing else than bytes", async () => {
		const { lines } = await run(
			attempt(
				[
					"const bytes = (...b: number[]): Uint8Array => new Uint8Array(b);",
					"say(() => simulator.equal(bytes(1, 2), bytes(1, 2)));",
					"say(() => simulator.equal(bytes(1, 2), bytes(1, 3)));",
					"say(() => simulator.equal(bytes(1, 2), bytes(1, 2, 0)));",
					"say(() => simulator.equal(bytes(), bytes()));",
					"say(() => simulator.equal(bytes(9, 1, 2).subarray(1), bytes(1, 2)));",
					"say(() => simulator.equal(new Uint16Array(2) as never, bytes(0, 0)));",
					"say(() => simulator.equal({} as never, bytes(0, 0)));",
					"say(() => simulator.equal(5 as never, bytes(0, 0)));"
				].join("\n")
			)
		);
		expect(lines.slice(0, 5)).toEqual(["true", "false", "false", "true", "true"]);
		expect(lines.slice(5)).toEqual(Array(3).fill(expect.stringMatching(/^TypeError: (this is no|invalid) buffer$/)));
	});

	test("a frame longer than the other side takes is refused before a byte of it is written", async () => {
		const { code, lines } = await run(
			attempt(
				'const long = "x".repeat(600_000);\nsay(() => simulator.send(18, 0, long));\nsay(() => simulator.ask(33, 0, long.slice(0, 300_000), long.slice(0, 300_000)));\nsay(() => simulator.ask(33, 0, "", "", "", "", ""));'
			),
			{ heap: 8 << 20 }
		);
		expect({ code, lines }).toEqual({
			code: 0,
			lines: [
				"RangeError: 600000 bytes are too many for a frame",
				"RangeError: 600000 bytes are too many for a frame",
				"Error: too many parts"
			]
		});
	});
});
