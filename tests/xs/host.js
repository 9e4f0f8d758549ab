// The program that runs JavaScript on XS: compiled from the engine's sources inside @agoric/xsnap when first asked for, kept by the hash of all that goes into it.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));
const here = join(root, "tests/xs");
const engine = process.env.XS ?? join(root, "node_modules/@agoric/xsnap/moddable/xs");

const flags = [
	"-O2",
	"-w",
	"-fno-common",
	"-fno-strict-aliasing",
	"-DINCLUDE_XSPLATFORM",
	'-DXSPLATFORM="xsdev.h"',
	"-DmxInstrument=1",
	"-DmxFallThrough=(void)0",
	"-DmxParse=1",
	"-DmxBoundsCheck=1",
	"-DmxRun=1",
	"-DmxNoConsole=1",
	"-D__has_builtin(x)=1",
	// XS 13.3 sweeps past the end of an array that is being filled when its chunk has room to spare, and crashes: give it none.
	"-DmxNoArrayOverallocation=1",
	`-I${here}`,
	`-I${engine}/includes`,
	`-I${engine}/platforms`,
	`-I${engine}/sources`
];

async function cSources() {
	const names = (await readdir(join(engine, "sources"))).sort();
	return names.map((name) => join(engine, "sources", name));
}

/** Path of the program; compiles it (half a minute on two cores) when no build of these sources and flags is kept. */
export async function buildHost() {
	const sources = await cSources();
	const hash = createHash("sha256");
	const { stdout: compiler } = await run("gcc", ["--version"]);
	hash.update(compiler).update(process.arch).update(flags.join("\n").replaceAll(root, ""));
	for (const path of [...sources, join(here, "xsdev.c"), join(here, "xsdev.h")]) hash.update(await readFile(path));

	const builds = join(root, "build/xs");
	const home = join(builds, hash.digest("hex").slice(0, 16));
	const program = join(home, "xsdev");
	if (await exists(program)) return program;

	await mkdir(builds, { recursive: true });
	// Two builds at once each fill a folder of their own; the first to rename it wins.
	const folder = await mkdtemp(join(builds, "making-"));
	try {
		// xsMath.c includes xsum.c itself.
		const units = [...sources.filter((path) => path.endsWith(".c") && !path.endsWith("/xsum.c")), join(here, "xsdev.c")];
		const objects = units.map((path) => join(folder, `${path.split("/").at(-1)}.o`));
		const queue = units.map((path, index) => [path, objects[index]]);
		const compile = async () => {
			for (let unit = queue.shift(); unit; unit = queue.shift()) await run("gcc", [...flags, "-c", unit[0], "-o", unit[1]]);
		};
		await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, compile));
		await run("gcc", ["-rdynamic", ...objects, "-o", join(folder, "xsdev"), "-lm", "-ldl", "-lpthread"]);
		for (const object of objects) await rm(object);
		await rename(folder, home).catch(async (error) => {
			if (!(await exists(program))) throw error;
		});
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
	return program;
}

function exists(path) {
	return stat(path).then(
		() => true,
		() => false
	);
}
