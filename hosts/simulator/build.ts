// Compiles the simulator's engine (engine/*.c, what it has in common with the chip in ../native, and the sources of XS) when it is first asked for, and keeps it by the hash of all that goes into it.
//
// The program runs ES modules on XS as a chip does. Its arguments:
//   --version            says, as JSON, which XS it is: {"xs":"13.3.0","slot":16,"bits":32}
//   --heap BYTES         of the one static block that holds stack, slots and chunks (default 65536)
//   --stack SLOTS        of the JavaScript stack, in the block too (default 768)
//   --rom NAME=PATH      a module burnt into ROM: parsed, run once, frozen, shared; imports resolve by NAME ("src/xml/parser")
//   --main NAME=PATH     the module that runs in the heap; its code is in ROM too
//   --frames             frames on descriptors 3 and 4 (frames.ts); without it the program ends when nothing is left to happen
//   --collect            collects garbage after every frame
//   --sizes              says, in a line of JSON for each module, what it takes in ROM, and runs nothing
// Any JavaScript that is one ES module (a bundle, say) runs by `--main main=PATH`; `simulator.report(line)` writes a line to standard output,
// `simulator.exit(code)` ends, `simulator.figures()` tells the heap (device/native.ts lists all). Exit codes: 0, or that of exit(); 2 misuse, a
// module that cannot be read or is no JavaScript; 3 the other side is gone; 10 + XS's own: 11 memory full, 12 stack overflow, 14 dead strip, 15 unhandled
// exception, 18 unhandled rejection. Those from 10 leave one line of JSON on standard error: {abort, code, detail, heap, figures, stack}.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { basename, join, relative } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { Held, lockFolder } from "../node/lock.js";
import { root } from "./root.js";

const run = promisify(execFile);

export interface Engine {
	/** Path of the program. */
	readonly program: string;
	/** Of XS, such as "13.3.0". */
	readonly version: string;
	/** 32: a slot has 16 bytes, as on the chip. 64: it has 32. */
	readonly bits: 32 | 64;
}

export interface EngineOptions {
	/** Folder of XS with includes/, platforms/ and sources/; default is $XS, or the sources that come with the npm packages. */
	readonly xs?: string;
	/** Counts instructions: slower. */
	readonly metering?: boolean;
	/** Default is 32 where the compiler can. */
	readonly bits?: 32 | 64;
	/** Told when it has to be compiled, and when slots cannot be a chip's. */
	readonly log?: (text: string) => void;
}

/** Of XS and of ours. What an ESP32 has is on, what it lacks (mxCESU8, mxMinusZero, mxStringNormalize, …) is off. */
const flags = [
	"-O2",
	"-fno-common",
	"-fno-strict-aliasing",
	"-DINCLUDE_XSPLATFORM",
	'-DXSPLATFORM="platform.h"',
	"-DmxBoundsCheck=1",
	"-DmxFallThrough=(void)0",
	"-DmxInstrument=1",
	"-DmxNoConsole=1",
	"-DmxParse=1",
	"-DmxRun=1",
	// XS 13.3 sweeps past the end of an array that is being filled when its chunk has room to spare, and crashes: give it none.
	"-DmxNoArrayOverallocation=1"
];
/** A clock that counts beyond 2038 where the C library has one. */
const narrow = ["-m32", "-D_FILE_OFFSET_BITS=64", "-D_TIME_BITS=64"];
const theirs = ["-w", "-D__has_builtin(x)=1"];
const ours = ["-Wall", "-Wextra", "-g"];
/** engine/trace.c has the engine's table of optional parts instead. */
const renamed: Readonly<Record<string, string>> = Object.freeze({ "xsDefaults.c": "-DgxDefaults=gxEngineDefaults" });

/** Compiles it if there is no build yet (half a minute on two cores). Throws one sentence when that is not possible. */
export async function buildEngine(options: EngineOptions = {}): Promise<Engine> {
	const xs = options.xs ?? (process.env.XS || join(root, "node_modules/@agoric/xsnap/moddable/xs"));
	if (!(await exists(join(xs, "sources/xsAll.h"))))
		throw new Error(`There is no XS in ${xs}: npm ci brings one, or XS=FOLDER names another.`);
	const compiler = await findCompiler();
	const bits = options.bits ?? ((await compilesFor32(compiler.name)) ? 32 : 64);
	if (bits === 64 && options.bits === undefined)
		options.log?.("Programs of 32 bits cannot be made here (on Debian: apt-get install gcc-multilib): slots and heap are twice a chip's.");
	const machine = [...flags, ...(bits === 32 ? narrow : []), ...(options.metering ? ["-DmxMetering=1"] : [])];
	const engine = join(root, "hosts/simulator/engine");
	const native = join(root, "hosts/native");
	const [sources, own] = [await filesIn(join(xs, "sources")), [...(await filesIn(engine)), ...(await filesIn(native))]];

	const hash = createHash("sha256").update([compiler.version, process.arch, ...machine, ...theirs, ...ours].join("\n"));
	for (const path of [...sources, ...own]) hash.update(basename(path)).update(await readFile(path));
	const home = join(root, "build/simulator", hash.digest("hex").slice(0, 16));
	const program = join(home, "simulator");
	await mkdir(home, { recursive: true });
	const unlock = await lock(home, program);
	try {
		if (!(await exists(program))) {
			options.log?.("Compiling the XS engine, once: half a minute.");
			await compile(compiler.name, machine, { xs, folders: [engine, native], sources, own }, home, program);
		}
	} finally {
		unlock();
	}
	const { xs: version } = JSON.parse((await run(program, ["--version"])).stdout);
	return { program, version, bits };
}

interface Sources {
	readonly xs: string;
	/** Of `own`. */
	readonly folders: readonly string[];
	readonly sources: readonly string[];
	readonly own: readonly string[];
}

async function compile(
	compiler: string,
	machine: readonly string[],
	{ xs, folders, sources, own }: Sources,
	home: string,
	program: string
) {
	const folder = await mkdtemp(join(home, "making-"));
	const include = [
		...folders.map((name) => `-I${name}`),
		...["includes", "platforms", "sources"].map((name) => `-isystem${join(xs, name)}`)
	];
	// xsMath.c includes xsum.c itself. The longest first, so that the cores end together.
	const units = [
		...sources.filter((path) => path.endsWith(".c") && basename(path) !== "xsum.c"),
		...own.filter((path) => path.endsWith(".c"))
	];
	const sizes = new Map<string, number>();
	for (const path of units) sizes.set(path, (await stat(path)).size);
	const queue = units.toSorted((a, b) => sizes.get(b)! - sizes.get(a)!);
	const objects = units.map((_, index) => join(folder, `${index}.o`));
	try {
		const work = async (): Promise<void> => {
			for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
				const more = own.includes(path) ? ours : [...theirs, ...(renamed[basename(path)] === undefined ? [] : [renamed[basename(path)]!])];
				await call(compiler, [...machine, ...more, ...include, "-c", path, "-o", objects[units.indexOf(path)]!]);
			}
		};
		await Promise.all(Array.from({ length: availableParallelism() }, work));
		await call(compiler, [...machine, "-rdynamic", ...objects, "-o", join(folder, "simulator"), "-lm", "-ldl", "-lpthread"]);
		await rename(join(folder, "simulator"), program);
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}

async function call(compiler: string, words: readonly string[]): Promise<void> {
	try {
		const { stderr } = await run(compiler, words, { maxBuffer: 1 << 24 });
		if (stderr !== "") process.stderr.write(stderr);
	} catch (error) {
		const { stderr = "" } = error as { stderr?: string };
		throw new Error(`The XS engine does not compile (${relative(root, words.at(-3) ?? "")}): ${stderr.split("\n").slice(0, 8).join("\n")}`);
	}
}

async function findCompiler(): Promise<{ readonly name: string; readonly version: string }> {
	for (const name of process.env.CC ? [process.env.CC] : ["gcc", "cc"]) {
		try {
			return { name, version: (await run(name, ["--version"])).stdout };
		} catch {
			// The next one.
		}
	}
	throw new Error("The simulator needs a C compiler, gcc or cc (on Debian: apt-get install gcc libc6-dev); --host node does without.");
}

/** Whether programs of 32 bits can be made here and run: needs the C library for them too. */
async function compilesFor32(compiler: string): Promise<boolean> {
	const folder = await mkdtemp(join(await buildFolder(), "trying-"));
	const program = join(folder, "try");
	try {
		const child = run(compiler, ["-m32", "-xc", "-", "-o", program, "-lm"]);
		child.child.stdin?.end(
			"#include <stdio.h>\n#include <math.h>\nint main(int c, char** v) { return sizeof(v) != 4 || printf(v[0]) < 0 || sqrt(c) > 1; }\n"
		);
		await child;
		await run(program, []);
		return true;
	} catch {
		return false;
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}

async function buildFolder(): Promise<string> {
	const folder = join(root, "build/simulator");
	await mkdir(folder, { recursive: true });
	return folder;
}

/** Waits for the process that is building the same, and for nothing else: a disk that is full stays so. */
async function lock(home: string, program: string): Promise<() => void> {
	for (;;) {
		if (await exists(program)) return () => {};
		try {
			return lockFolder(home);
		} catch (error) {
			if (!(error instanceof Held)) throw new Error(`The XS engine cannot be built in ${home}: ${(error as Error).message}`);
			await pause(100);
		}
	}
}

async function filesIn(folder: string): Promise<string[]> {
	const names = (await readdir(folder)).filter((name) => /\.[ch]$/.test(name)).sort();
	return names.map((name) => join(folder, name));
}

function exists(path: string): Promise<boolean> {
	return stat(path).then(
		() => true,
		() => false
	);
}
