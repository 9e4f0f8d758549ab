// make bench-heap: what a thing's whole life takes of a chip's memory, and the least in which it can be lived; writes the part "heap" of docs/PERFORMANCE.md.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { buildEngine, type Engine } from "../../hosts/simulator/build.js";
import { defaultHeap, moduleWords } from "../../hosts/simulator/index.js";
import type { Report } from "../../hosts/simulator/report.js";
import { root } from "../../hosts/simulator/root.js";
import { Life } from "../unit-node/simulator/life.js";
import { table, writePart } from "./page.js";

const readouts = 100;
/** The search ends at so many bytes. */
const step = 256;
/** Below it the engine has no room for stack and first slots. */
const least = 24_576;
/** docs/DESIGN.md, section 8. */
const flashMost = 131_072;

/** Account, registration, claim, a hundred readouts, a broken connection that is resumed, one readout more; throws when it ends on the way. */
async function live(engine: Engine, heap: number): Promise<Report> {
	const life = new Life("bench");
	try {
		const owner = await life.claimed({ engine, heap });
		for (let i = 0; i < readouts; i++) await life.read(owner, String(i));
		life.attachment.cut();
		await life.next("resumed");
		await life.read(owner, "after");
		const { code } = await life.thing.stop();
		if (code !== 0) throw new Error(`it ended with ${code}`);
		return life.recorder.report(engine, heap)!;
	} finally {
		await life.kill();
	}
}

/** Only a full memory is an answer; whatever else goes wrong is not. */
async function fits(engine: Engine, heap: number): Promise<boolean> {
	try {
		await live(engine, heap);
		return true;
	} catch (error) {
		const { message } = error as Error;
		if (/"code":11|ended while it booted/.test(message)) return false;
		throw error;
	}
}

async function smallest(engine: Engine): Promise<number> {
	let [low, high] = [least, defaultHeap];
	while (high - low > step) {
		const middle = low + Math.ceil((high - low) / 2 / step) * step;
		if (middle === high) break;
		if (await fits(engine, middle)) high = middle;
		else low = middle;
		process.stderr.write(`${middle}: ${high === middle ? "fits" : "too small"}\n`);
	}
	return high;
}

interface Size {
	readonly module: string;
	readonly code: number;
	readonly names: number;
}

async function sizes(engine: Engine): Promise<Size[]> {
	const { stdout } = await promisify(execFile)(engine.program, ["--sizes", ...moduleWords(join(root, "build"))]);
	const all = stdout
		.trim()
		.split("\n")
		.map((line) => JSON.parse(line) as Size);
	return all.filter(({ module }) => module.startsWith("src/")).sort((a, b) => b.code - a.code);
}

const engine = await buildEngine({ log: (text) => process.stderr.write(`${text}\n`) });
const metering = await buildEngine({ metering: true, log: (text) => process.stderr.write(`${text}\n`) });
const report = await live(engine, defaultHeap);
const counted = await live(metering, defaultHeap);
const instructions = new Map(counted.phases.map(({ phase, instructions, count }) => [phase, Math.round(instructions / count)]));
const rows = report.phases.map((one) => [
	one.count === 1 ? one.phase : `${one.phase}, each of ${one.count}`,
	one.slotsPeak,
	one.chunksPeak,
	one.stackPeak,
	Math.round((one.collections / one.count) * 10) / 10,
	Math.round((one.milliseconds / one.count) * 100) / 100,
	instructions.get(one.phase) ?? 0
]);
const modules = await sizes(engine);
const sum = (of: "code" | "names"): number => modules.reduce((total, size) => total + size[of], 0);
const { total } = report;
const leastHeap = await smallest(engine);

await writePart(
	"heap",
	`## Memory

\`make bench-heap\` on the simulator, XS ${engine.version}, ${engine.bits} bits (a slot has ${engine.bits / 2} bytes, as on ${engine.bits === 32 ? "the chip" : "no chip"}), against the world's broker: account, registration, claim, ${readouts} readouts of three fields, a broken connection that is resumed, one readout more. TLS and what was received wait outside the heap, as on the chip. Peaks are of slots and chunks in use, garbage not yet collected included; the stack is a part of the heap too.

In a heap of ${defaultHeap} bytes the least that was ever free between slots and chunks is **${total.free}** bytes; ${total.keys} names were made while running. The smallest heap in which the whole story still completes is **${leastHeap}** bytes (to ${step}).

${table(["phase, in 64 KiB", "slots peak, B", "chunks peak, B", "stack peak, B", "collections", "processor, ms", "instructions"], rows)}

Byte code of src/: **${sum("code")}** bytes, and ${sum("names")} of names that the engine has not itself. The bar is ${flashMost} bytes of code: ${sum("code") > flashMost ? "**missed**" : "held"}. The largest modules:

${table(
	["module", "code, B", "names, B"],
	modules.slice(0, 12).map(({ module, code, names }) => [module, code, names])
)}
`
);
if (sum("code") > flashMost) {
	process.stderr.write(`The bar for flash is missed: src/ has ${sum("code")} bytes of code, ${flashMost} at most.\n`);
	process.exitCode = 1;
}
