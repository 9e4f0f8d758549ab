// Holds that valgrind finds nothing in the simulator's C, in 64 bits: sockets, storage, crypto, deaths and clean ends.
import { afterEach, beforeAll } from "@jest/globals";
import { buildEngine, type Engine } from "../../../hosts/simulator/build.js";
import { xmlLimits } from "../../../src/limits.js";
import { weatherStation } from "../../../src/things/weather-station.js";
import { Life } from "./life.js";
import { execute, type Run, type RunOptions, run } from "./program.js";
import { Stanzas } from "./stanzas.js";

/** What valgrind itself ends with when it found something; --quiet leaves standard error to that. */
const found = 99;
const wrapper = Object.freeze([
	"valgrind",
	"--quiet",
	`--error-exitcode=${found}`,
	"--leak-check=full",
	"--errors-for-leak-kinds=definite,indirect,possible"
]);

let engine: Engine;
beforeAll(async () => {
	engine = await buildEngine({ bits: 64 });
}, 300_000);

let life: Life;
afterEach(() => life?.kill());

async function checked(main: string, options: RunOptions = {}): Promise<Run> {
	const ended = await run(main, { ...options, engine, wrapper });
	expect(ended.stderr).not.toContain("==");
	return ended;
}

test("what valgrind finds does end a program with its code", async () => {
	const { code } = await execute([...wrapper, "--errors-for-leak-kinds=all", "--show-leak-kinds=all", "sh", "-c", ":"]);
	expect(code).toBe(found);
});

test("a whole life, a flood of every kind of stanza, a reconnection and a clean end", async () => {
	life = new Life();
	// What the thing says does not come to the broker: it could acknowledge nothing.
	life.world.broker.habits.streamManagement = false;
	const owner = await life.claimed({ engine, wrapper, collect: true });
	for (let i = 0; i < 3; i++) await life.read(owner, String(i));
	const stanzas = new Stanzas(1, { thing: life.jid, owner: owner.jid, domain: life.world.domain });
	life.divert = () => {};
	for (let i = 0; i < 20; i++) {
		const text = Array.from({ length: 10 }, () => stanzas.next()).join("");
		await new Promise<void>((resolve) => life.feed(Buffer.from(text), resolve));
	}
	await life.thing.measure();
	life.divert = undefined;
	const online = life.events.get("online");
	life.attachment.cut();
	await life.next("online", online);
	await life.read(owner, "after");
	expect(await life.thing.tell()).toMatchObject({ state: "claimed" });
	expect(await life.thing.stop()).toEqual({ code: 0, message: "" });
}, 300_000);

test("a definition that is too large", async () => {
	life = new Life();
	const definition = {
		...weatherStation,
		name: "x",
		fields: { Text: { type: "string", category: "identity", value: "x".repeat(150_000) } as const }
	};
	await expect(life.start({ engine, wrapper, definition })).rejects.toThrow("ended while it booted");
	const { code, abort } = await life.thing.ended;
	expect({ code, abort: abort?.abort }).toEqual({ code: 11, abort: "memory full" });
}, 120_000);

test.each<[string, string, number]>([
	[
		"every native",
		"simulator.listen(() => { simulator.timer(-1); simulator.exit(5); });\nsimulator.timer(1);\nsimulator.collect();\nsimulator.figures();\nsimulator.options();\nsimulator.now();\nsimulator.equal(new Uint8Array(3), new Uint8Array(3));",
		5
	],
	[
		"arrays that grow and go",
		"for (let round = 0; round < 20; round++) { const a: object[] = []; for (let i = 0; i < 100; i++) a.push({ i, s: 's' + i }); a.sort((x, y) => ('' + x).localeCompare('' + y)); JSON.parse(JSON.stringify(a)); }",
		0
	],
	[
		"scanners that nobody holds, in the middle of a tag, and one that is held to the end",
		`const bytes = new Uint8Array([0x3c, 0x61, 0x20, 0x62, 0x3d, 0x27, 0xc3]);
		const held = new simulator.Scanner(${JSON.stringify(xmlLimits)});
		for (let n = 0; n < 500; n++) new simulator.Scanner(${JSON.stringify(xmlLimits)}).scan(bytes, 0, true);
		held.scan(bytes, 0, true);
		simulator.collect();
		held.scan(bytes, 0, true);`,
		0
	],
	["memory full", "const a: object[] = [];\nfor (;;) a.push({ a: [] });", 11],
	["memory full of chunks", "let s = 'x';\nfor (;;) s += s;", 11],
	["stack overflow", "function f(n: number): number { return 1 + f(n); }\nf(0);", 12],
	["an exception", "function f(): never { throw new TypeError('é'); }\nf();", 15],
	["an exception whose text throws", "throw { toString(): string { throw this; } };", 15],
	["an exception whose text fills the memory", "throw { toString(): string { const a: object[] = []; for (;;) a.push({}); } };", 15],
	["a rejection", "Promise.reject(new Error('nobody'));", 18],
	["eval", "eval('1');", 14]
])(
	"%s",
	async (_, code, end) => {
		expect((await checked(code)).code).toBe(end);
	},
	120_000
);

test("misuse", async () => {
	expect((await checked("let x = {;", {}).catch(() => ({ code: 2 }))).code).toBe(2);
	expect((await checked("", { words: ["--stack", "100000"] })).code).toBe(2);
	expect((await checked("", { words: ["--rom", "a"] })).code).toBe(2);
}, 120_000);
