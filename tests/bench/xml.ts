// make bench-xml: our parser beside those that people use, on XS and on Node; writes the tables between the xml marks of docs/PERFORMANCE.md.
import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { build, type Plugin } from "esbuild";
import { buildEngine } from "../../hosts/simulator/build.js";
import { root } from "../../hosts/simulator/root.js";
import { codeSizes } from "./code-size.js";
import type { Task } from "./xml/measure.js";
import { bars, type Results, tables } from "./xml/tables.js";

const run = promisify(execFile);
/** On Node it is ours. */
const inTypeScript = "extasis-typescript";
const parsers = ["extasis", inTypeScript, "extasis-skipping", "ltx", "xmpp-xml", "saxes", "saxes-ns", "sax"];
const rounds = Number(process.env.ROUNDS ?? 5);
/** Of XS, in bytes: large, so that no parser pays for a heap that is nearly full. */
const heap = 16 << 20;
/** In slots: on XS 13.3 sax leaves one behind with every character of a piece. */
const stack = 100_000;
const folder = join(root, "build/bench");

/** On XS the scanner is in C, as on the chip. */
const native: Plugin = {
	name: "native",
	setup(pipeline) {
		pipeline.onResolve({ filter: /\/scanner\.js$/ }, ({ path, resolveDir }) =>
			resolveDir === join(root, "src/xml") && path === "./scanner.js" ? { path: join(root, "tests/bench/xml/scanner.ts") } : undefined
		);
	}
};

async function bundle(parser: string, task: Task, engine: "xs" | "node"): Promise<string> {
	const outfile = join(folder, `${parser}-${task}-${engine}.mjs`);
	const absent = join(root, "tests/bench/xml/parsers/absent.ts");
	await build({
		stdin: {
			contents: `import { create } from "./parsers/${parser}.js"; import { measure } from "./measure.js"; measure(create, "${task}");`,
			resolveDir: join(root, "tests/bench/xml")
		},
		bundle: true,
		format: "esm",
		target: "es2022",
		outfile,
		logLevel: "warning",
		...(engine === "node"
			? { platform: "node", banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' } }
			: {
					platform: "neutral",
					plugins: parser === inTypeScript ? [] : [native],
					mainFields: ["module", "main"],
					alias: {
						events: join(root, "node_modules/events/events.js"),
						"node:string_decoder": absent,
						string_decoder: absent,
						stream: absent
					}
				})
	});
	return outfile;
}

async function lines(program: string, words: readonly string[]): Promise<object[]> {
	const { stdout } = await run(program, words, { maxBuffer: 1 << 24 });
	return stdout
		.split("\n")
		.filter((line) => line !== "")
		.map((line) => JSON.parse(line));
}

/** In C on the chip and in the simulators. */
const reference = ["scanner.ts", "tag-buffer.ts"];

/** Lines that are neither empty nor comment, and what they come to on XS. */
async function code(names: readonly string[]): Promise<Results["code"]> {
	const files: string[] = [];
	let lines = 0;
	for (const name of names) {
		const text = await readFile(join(root, "src/xml", name), "utf8");
		lines += text.split("\n").filter((line) => !/^\s*(?:\/\/|\/?\*|$)/.test(line)).length;
		// as the compiler of the firmware makes it, with the constants where they are used
		files.push(join(root, "build/src/xml", name.replace(/ts$/, "js")));
	}
	const sizes = await codeSizes(engine, files, folder);
	return { lines, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}

await mkdir(folder, { recursive: true });
const log = (text: string): void => console.error(text);
const engine = await buildEngine({ log });
const counting = await buildEngine({ log, metering: true });
const results: Results = {
	speed: [],
	growth: [],
	memory: [],
	instructions: [],
	code: { lines: 0, bytes: 0 },
	reference: { lines: 0, bytes: 0 }
};

const onXS = (path: string, program = engine.program): Promise<object[]> =>
	lines(program, ["--heap", String(heap), "--stack", String(stack), "--main", `main=${path}`]);
const onNode = (path: string): Promise<object[]> => lines(process.execPath, ["--expose-gc", "--max-semi-space-size=64", path]);

// one after the other, round by round: what else the machine does hits all alike
for (let round = 0; round < rounds; round++) {
	for (const parser of parsers) {
		for (const place of ["xs", "node"] as const) {
			if (place === "node" && parser === inTypeScript) continue;
			const path = await bundle(parser, "speed", place);
			for (const line of await (place === "xs" ? onXS(path) : onNode(path))) results.speed.push({ parser, place, ...line } as never);
		}
	}
	log(`round ${round + 1} of ${rounds}`);
}
for (const place of ["xs", "node"] as const) {
	const path = await bundle("extasis-skipping", "growth", place);
	for (const line of await (place === "xs" ? onXS(path) : onNode(path))) results.growth.push({ place, ...line } as never);
}
for (const parser of [...parsers, "extasis-streaming"]) {
	for (const line of await onXS(await bundle(parser, "memory", "xs"))) results.memory.push({ parser, ...line } as never);
}
for (const line of await onXS(await bundle("extasis", "speed", "xs"), counting.program)) results.instructions.push(line as never);

const names = (await readdir(join(root, "src/xml"))).sort();
results.code = await code(names.filter((name) => !reference.includes(name)));
results.reference = await code(reference);

const machine = `${cpus()[0]?.model ?? "?"}, Node ${process.version}, XS ${engine.version} (${engine.bits} bits)`;
const text = `<!-- xml -->\n${tables(results, { machine, rounds })}<!-- /xml -->`;
const page = join(root, "docs/PERFORMANCE.md");
const old = await readFile(page, "utf8").catch(() => "# Performance: what was measured\n\n<!-- xml -->\n<!-- /xml -->\n");
const place = /<!-- xml -->[\s\S]*<!-- \/xml -->/;
await writeFile(page, place.test(old) ? old.replace(place, () => text) : `${old}\n${text}\n`);
console.log(text);
const missed = bars(results).filter(({ holds }) => !holds);
for (const { bar, value } of missed) log(`missed: ${bar}: ${value}`);
process.exitCode = missed.length === 0 ? 0 : 1;
