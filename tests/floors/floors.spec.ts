// Holds the house rules: who imports whom, what src/ must not contain, no empty rooms, no test switched off.
import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { absentGlobals, absentMethods, refusedCode, refusedGlobals, refusedMethods } from "./absent.js";
import { checkFile } from "./rules.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

async function filesIn(folder: string, ending: string): Promise<string[]> {
	const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true });
	return entries
		.filter((entry) => entry.isFile() && entry.name.endsWith(ending))
		.map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"))
		.sort();
}

async function emptyFoldersIn(folder: string): Promise<string[]> {
	const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true });
	const full = new Set(entries.map((entry) => entry.parentPath));
	return entries
		.filter((entry) => entry.isDirectory() && !full.has(join(entry.parentPath, entry.name)))
		.map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

/** Where a test may be skipped, once, and why. */
const skipped: ReadonlyMap<string, string> = new Map([
	[
		"tests/scenarios/prosody-13.ts",
		"Prosody 13 is no package of Debian 12: where its mirror cannot be reached nothing of it can be shown, and the run says so."
	]
]);

describe("the house", () => {
	test.each(["src", "hosts", "tests"])("%s/ keeps the rules", async (folder) => {
		const findings: string[] = [];
		for (const file of await filesIn(folder, ".ts")) {
			for (const { line, rule } of checkFile(file, await readFile(join(root, file), "utf8"))) findings.push(`${file}:${line}: ${rule}`);
		}
		expect(findings).toEqual([]);
	});

	test("there are no empty folders", async () => {
		expect([...(await emptyFoldersIn("src")), ...(await emptyFoldersIn("hosts")), ...(await emptyFoldersIn("tests"))]).toEqual([]);
	});

	test("no test is switched off or left alone but for a reason", async () => {
		const findings: string[] = [];
		const off = /\b(describe|it|test)\.(only|skip|todo|failing)\b|\b(xit|xtest|xdescribe|fit|fdescribe)\(/;
		for (const file of await filesIn("tests", ".ts")) {
			if (file === "tests/floors/floors.spec.ts") continue;
			const lines = (await readFile(join(root, file), "utf8")).split("\n");
			for (const [index, line] of lines.entries())
				if (off.test(line)) findings.push(skipped.has(file) ? file : `${file}:${index + 1}: ${line.trim()}`);
		}
		expect(findings).toEqual([...skipped.keys()]);
	});
});

describe("the rules see what they forbid", () => {
	const cases: [file: string, code: string, rule: string][] = [
		["src/xml/a.ts", 'import { x } from "../xmpp/b.js";', "floor xml must not import floor xmpp"],
		["src/text/a.ts", 'export { x } from "../main.js";', "floor text must not import floor main"],
		["src/xmpp/a.ts", 'import type { X } from "../../hosts/node/index.js";', "src/ imports nothing but itself"],
		["src/xmpp/a.ts", 'import fs from "node:fs";', "src/ imports nothing but itself"],
		["src/xmpp/a.ts", 'import TCP from "embedded:io/socket/tcp";', "src/ imports nothing but itself"],
		["src/xmpp/a.ts", 'import { x } from "./b";', "relative imports end in .js"],
		["src/limits.ts", 'import { x } from "./text/utf8.js";', "src/limits.ts imports nothing"],
		["src/odd/a.ts", 'import { x } from "../text/utf8.js";', "no floor named odd"],
		["src/xmpp/a.ts", 'const x = () => import("./b.js");', "no import()"],
		["hosts/broker/a.ts", 'import { x } from "../../src/text/utf8.js";', "hosts/broker imports nothing from src/"],
		["hosts/broker/a.ts", 'import { x } from "../node/index.js";', "hosts/broker must not import hosts/node"],
		["hosts/node/a.ts", 'import { x } from "../../tests/support/time.js";', "hosts/ imports only hosts/ and src/"],
		["src/iot/a.ts", "export async function f() {}", "no async"],
		["src/iot/a.ts", "class A { async f() {} }", "no async"],
		["src/iot/a.ts", "export const f = async () => 1;", "no async"],
		["src/iot/a.ts", "export function f(): Promise<void> | undefined { return; }", "no Promise"],
		["src/xml/a.ts", "export const f = (x: string) => /a/.test(x);", "no regular expression in src/xml/"],
		["src/iot/a.ts", 'export const f = () => new RegExp("a");', "no RegExp"],
		["src/iot/a.ts", "export function f(x: any) {}", "no any"],
		["hosts/node/a.ts", "const x = 1 as any;", "no any"],
		["src/iot/a.ts", "export let state = 0;", "no let at module level"],
		["src/iot/a.ts", "var state = 0;", "no var at module level"],
		["src/iot/a.ts", "const table = { a: 1 };", "is frozen"],
		["src/iot/a.ts", "export const table = [1] as const;", "is frozen"],
		["src/iot/a.ts", "const seen = new Map();", "is frozen"],
		["src/iot/a.ts", "class A { static #count = 0; }", "no mutable static"],
		["src/iot/a.ts", "class A { static count = 0; }", "no mutable static"],
		["src/iot/a.ts", 'const x = Symbol("x");', "no Symbol()"],
		["src/iot/a.ts", "const f = () => new TextEncoder();", "no TextEncoder"],
		["src/iot/a.ts", "const f = () => setTimeout(() => {}, 1);", "no setTimeout"],
		["src/iot/a.ts", "const f = () => Date.now();", "no Date.now()"],
		["src/iot/a.ts", "const f = () => new Date();", "no new Date()"],
		["src/iot/a.ts", "const f = () => Math.random();", "no Math.random()"],
		["src/iot/a.ts", "const f = (a: number[]) => a.toSorted();", "no .toSorted()"],
		["src/iot/a.ts", "const f = (a?: number[]) => a?.toSorted();", "no .toSorted()"],
		["src/iot/a.ts", "const f = (a: number) => { for (;;) switch (a) { case 1: if (a) continue; } };", "no continue in a switch"],
		["src/iot/a.ts", "enum E { A }", "only const enum"],
		["src/iot/a.ts", "export namespace N { export const a = 1; }", "no namespaces"],
		["src/iot/a.ts", "class A { constructor(readonly a: number) {} }", "no parameter properties"],
		["src/iot/a.ts", "export default 1;", "named exports only"],
		["src/iot/a.ts", 'class E extends Error { constructor() { super(); this.name = "E"; } }', "throws on XS"],
		["src/iot/a.ts", "\n".repeat(400), "over 400 lines"]
	];
	test.each(cases)("%s: %s", (file, code, rule) => {
		const findings = checkFile(file, `// a\n// é\n${code}\n`);
		expect(findings.map((finding) => finding.rule).join()).toContain(rule);
		expect(findings.every((finding) => finding.line === 3 || finding.line === 401)).toBe(true);
	});

	const call = (path: string): string => {
		const [owner, ...rest] = path.split(".") as [string, ...string[]];
		return rest[0] === "prototype" ? `const f = (a: any) => a.${rest[1]}();` : `const f = () => ${owner}.${rest[0]}();`;
	};
	const words: [code: string, rule: string][] = [
		...[...absentGlobals, ...refusedGlobals].map((name): [string, string] => [`const f = () => ${name};`, `no ${name} on the chip`]),
		...absentMethods.map((path): [string, string] => [
			call(path),
			path === "RegExp.escape" ? "no RegExp" : `no .${path.split(".").at(-1)}()`
		]),
		...refusedMethods.map((name): [string, string] => [`const f = (a: string) => a.${name}();`, `no .${name}()`]),
		...refusedCode.map(([code, rule]): [string, string] => [code, rule])
	];
	test.each(words)("src/: %s", (code, rule) => {
		expect(
			checkFile("src/iot/a.ts", `// a\n${code}\n`)
				.map((finding) => finding.rule)
				.join()
		).toContain(rule);
	});

	test("what is allowed passes", () => {
		const code = `// a
import type { Host } from "../host.js";
import { limits } from "../limits.js";
import { encodeUTF8 } from "../text/utf8.js";
const enum State { A }
const table = Object.freeze({ a: /x/, Promise: 1 });
export class E extends Error { readonly at: number; constructor(at: number) { super("E"); this.at = at; } }
export class A { static readonly x = 1; #iterator = Symbol.iterator; f(h: Host) { return h.clock.now() + table.Promise + limits.depth + State.A; } date(ms: number) { return new Date(ms); } all(o: object, m: Map<string, number>) { return [Object.values(o).map(String), [...m.values()].map(String), m.get("-0"), this.#iterator === Symbol.iterator, /a/u]; } }
`;
		expect(checkFile("src/iot/a.ts", code)).toEqual([]);
	});

	test("a file says in its first line what it is", () => {
		expect(checkFile("src/iot/a.ts", "export const a = 1;\n").map((finding) => finding.rule)).toEqual([
			"the first line is a comment that says what the file is"
		]);
	});
});
