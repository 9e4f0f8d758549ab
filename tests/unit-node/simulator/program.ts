// Runs JavaScript or TypeScript on the simulator's engine, in a process of its own, and tells how it ended.
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { type Abort, readAbort } from "../../../hosts/simulator/abort.js";
import { buildEngine, type Engine } from "../../../hosts/simulator/build.js";

export interface Run {
	readonly code: number | null;
	readonly signal: NodeJS.Signals | null;
	/** What it reported. */
	readonly lines: readonly string[];
	readonly stderr: string;
	readonly abort: Abort | undefined;
}

export interface RunOptions {
	readonly engine?: Engine;
	/** Bytes where slots have 16. */
	readonly heap?: number;
	/** Further words for the program. */
	readonly words?: readonly string[];
	/** Put in front of it. */
	readonly wrapper?: readonly string[];
	/** Modules of ROM by name: TypeScript. */
	readonly rom?: Readonly<Record<string, string>>;
}

let built: Promise<Engine> | undefined;

/** The engine of most tests, compiled at most once: XS=FOLDER names another XS, BITS=64 tries larger slots than the compiler's least. */
export function engineHere(): Promise<Engine> {
	built ??= buildEngine(process.env.BITS === "64" ? { bits: 64 } : {});
	return built;
}

/** Calls back with the folder of one run, then removes it. */
export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
	const folder = await mkdtemp(join(tmpdir(), "extasis-simulator-"));
	try {
		return await work(folder);
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}

/** Runs `main`, TypeScript of one module named "main". */
export async function run(main: string, options: RunOptions = {}): Promise<Run> {
	const engine = options.engine ?? (await engineHere());
	const heap = (options.heap ?? 65_536) * (engine.bits === 32 ? 1 : 2);
	return inFolder(async (folder) => {
		const modules = { ...options.rom, main };
		for (const [name, code] of Object.entries(modules)) await writeFile(join(folder, `${name}.ts`), code);
		const entryPoints = Object.keys(modules).map((name) => join(folder, `${name}.ts`));
		await build({ entryPoints, outdir: folder, sourcemap: true, format: "esm", target: "es2022", charset: "utf8", logLevel: "silent" });
		const words = ["--heap", String(heap), ...(options.words ?? [])];
		for (const name of Object.keys(modules)) words.push(name === "main" ? "--main" : "--rom", `${name}=${join(folder, name)}.js`);
		const ended = await execute([...(options.wrapper ?? []), engine.program, ...words]);
		return { ...ended, abort: readAbort(ended.stderr, (module) => join(folder, `${module}.js`)) };
	});
}

/** Runs the program with these words alone. */
export function execute([command = "", ...words]: readonly string[]): Promise<Omit<Run, "abort">> {
	return new Promise((resolve, reject) => {
		const child = spawn(command, words, { stdio: ["ignore", "pipe", "pipe"] });
		let stdout = "";
		let stderr = "";
		child.stdout.setEncoding("utf8").on("data", (text: string) => {
			stdout += text;
		});
		child.stderr.setEncoding("utf8").on("data", (text: string) => {
			stderr += text;
		});
		child.once("error", reject);
		child.once("close", (code, signal) => resolve({ code, signal, lines: stdout.split("\n").slice(0, -1), stderr }));
	});
}
