// The bar for flash (docs/DESIGN.md, section 8), held by the engine's own compiler: `make footprint` says the same of the SDK's, and which module it is.
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "@jest/globals";
import { buildEngine } from "../../hosts/simulator/build.js";

const root = new URL("../../", import.meta.url).pathname;
const run = promisify(execFile);

/** Bytes of byte code that src/ may have today: it goes down with every step towards the bar of 131,072, and up only with what a thing could not do before (control: 7,700; chat: 3,900; SASL2, its tokens, certificates: 5,700; a life from account to reset: 5,900; floods: 1,500; nodes with a life of their own, tokens, sensor data in the ieee dialect, a session kept over sleep: 13,000, while the scanner went to C). */
const ceiling = 171_000;

/** What the chip has in C instead (hosts/moddable/manifest.json). */
const native = ["src/xml/scanner", "src/xml/tag-buffer"];

const folder = mkdtempSync(join(tmpdir(), "extasis-size-"));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** As mcconfig compiles them: constants of a const enum stand where they are used. */
async function sizes(): Promise<Map<string, number>> {
	const words = ["--outDir", folder, "--noCheck", "--sourceMap", "false", "--incremental", "false", "--tsBuildInfoFile", "null"];
	await run(process.execPath, [
		join(root, "node_modules/.bin/tsc"),
		"-p",
		join(root, "tsconfig.build.json"),
		...words,
		"--preserveConstEnums",
		"false"
	]);
	const files = (readdirSync(join(folder, "src"), { recursive: true }) as string[]).filter((name) => name.endsWith(".js")).sort();
	const modules = files.flatMap((name) => {
		const module = `src/${name.slice(0, -3).replaceAll("\\", "/")}`;
		return [module === "src/main" ? "--main" : "--rom", `${module}=${join(folder, "src", name)}`];
	});
	const { stdout } = await run((await buildEngine()).program, ["--sizes", ...modules]);
	const lines = stdout.trim().split("\n");
	return new Map(lines.map((line) => JSON.parse(line)).map(({ module, code }): [string, number] => [module, code]));
}

test("the byte code of src/ stays below its ceiling", async () => {
	const all = await sizes();
	const sources = (readdirSync(join(root, "src"), { recursive: true }) as string[]).filter((name) => name.endsWith(".ts"));
	expect([...all.keys()].sort()).toEqual(sources.map((name) => `src/${name.slice(0, -3).replaceAll("\\", "/")}`).sort());
	for (const module of native) all.delete(module);
	const sum = [...all.values()].reduce((total, bytes) => total + bytes, 0);
	expect(sum).toBeLessThanOrEqual(ceiling);
}, 120_000);
