// What is done with one parser in one process, on either engine; each result is a line of JSON.
import type { Simulator } from "../../../hosts/simulator/device/native.js";
import { encodeUTF8 } from "../../../src/text/utf8.js";
import { header, inputs, longText, readout, roster } from "./inputs.js";

export type Create = (count: () => void) => (bytes: Uint8Array) => void;
export type Task = "speed" | "growth" | "memory";

export interface Speed {
	readonly input: string;
	/** Bytes of a piece; 0 is all at once. */
	readonly cut: number;
	readonly bytes: number;
	readonly milliseconds: number;
	readonly instructions: number;
	/** Bytes of memory taken while nothing was collected, per stanza or document; undefined when something was. */
	readonly garbage: number | undefined;
}

export interface Memory {
	readonly what: string;
	readonly wire: number;
	/** Bytes of what is alive, at its most while the stanza comes in 64-byte pieces, above what there was before. */
	readonly most: number;
}

declare const simulator: Simulator | undefined;
declare const gc: (() => void) | undefined;

interface Reading {
	readonly milliseconds: number;
	readonly instructions: number;
	readonly used: number;
	readonly collections: number;
}

/** Milliseconds of the processor since the last reading. */
function reading(): Reading {
	if (typeof simulator !== "undefined") {
		const { milliseconds, instructions, slots, chunks, collections } = JSON.parse(simulator.figures());
		return { milliseconds, instructions, used: slots + chunks, collections };
	}
	const { user, system } = process.cpuUsage();
	const total = (user + system) / 1000;
	const milliseconds = total - last;
	last = total;
	return { milliseconds, instructions: 0, used: process.memoryUsage().heapUsed, collections: 0 };
}
let last = 0;

const collect = (): void => (typeof simulator !== "undefined" ? simulator.collect() : gc?.());
const report = (line: object): void => {
	const text = JSON.stringify(line);
	if (typeof simulator !== "undefined") simulator.report(text);
	else console.log(text);
};

/** Each value of a byte, as a piece of its own. */
const single = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte));

function pieces(bytes: Uint8Array, cut: number): Uint8Array[] {
	if (cut === 0) return [bytes];
	if (cut === 1) return Array.from(bytes, (byte) => single[byte]!);
	const list: Uint8Array[] = [];
	for (let at = 0; at < bytes.length; at += cut) list.push(bytes.slice(at, at + cut));
	return list;
}

let counted = 0;
const count = (): void => {
	counted++;
};

function feed(write: (bytes: Uint8Array) => void, list: readonly Uint8Array[], times: number): void {
	for (let n = 0; n < times; n++) {
		for (let at = 0; at < list.length; at++) write(list[at]!);
	}
}

/**
 * XS gives a heap no more room than it needs, and collects whenever that is full. So that no parser pays for collections that come
 * with every few objects, there is room for all of them from the start.
 */
function makeRoom(): void {
	if (typeof simulator === "undefined") return;
	let list: object[] | undefined = [];
	for (let n = 0; n < 50_000; n++) list.push({});
	list = undefined;
	new Uint8Array(2 << 20).fill(1);
	collect();
}

/** Milliseconds of the processor that one reading covers, and that come before it. */
const span = 60;
const warmUp = typeof simulator !== "undefined" ? 0 : 400;

function speed(create: Create): void {
	makeRoom();
	for (const { name, text } of inputs) {
		const bytes = encodeUTF8(text);
		for (const cut of [0, 64, 1]) {
			if (cut === 1 && bytes.length > 8192) continue;
			const list = pieces(bytes, cut);
			const write = create(count);
			write(encodeUTF8(header));
			counted = 0;
			// V8's compilers first, which forget much when garbage is collected; then how many fill the span: by the processor's time, which others cannot take
			collect();
			reading();
			for (let warm = 0; warm < warmUp; warm += reading().milliseconds) feed(write, list, 8);
			let times = 1;
			for (;;) {
				feed(write, list, times);
				const took = reading().milliseconds;
				if (took >= span / 2) {
					times = Math.max(1, Math.round((times * span) / took));
					break;
				}
				times *= 2;
			}
			if (counted === 0) throw new Error(`nothing came of ${name}`);
			if (warmUp === 0) collect();
			reading();
			feed(write, list, times);
			const { milliseconds, instructions } = reading();
			collect();
			const before = reading();
			feed(write, list, 1);
			const after = reading();
			const garbage = after.collections > 0 ? undefined : after.used - before.used;
			report({ input: name, cut, bytes: bytes.length, milliseconds: milliseconds / times, instructions: instructions / times, garbage });
		}
	}
}

/** Text of half a MiB, then of one, in pieces of 64 bytes. */
function growth(create: Create): void {
	makeRoom();
	for (const size of [524_288, 1_048_576]) {
		let best = Infinity;
		for (let round = 0; round < 3; round++) {
			const bytes = encodeUTF8(longText(size));
			const write = create(count);
			write(encodeUTF8(header));
			reading();
			for (let at = 0; at < size; at += 64) write(bytes.subarray(at, at + 64));
			best = Math.min(best, reading().milliseconds);
		}
		report({ size, milliseconds: best });
	}
}

function memory(create: Create): void {
	const documents: [string, string][] = [
		["fields of 4 KiB", readout],
		["text of 4 KiB", longText(4000)],
		["text of 64 KiB", longText(65_536)],
		["roster of 640", roster]
	];
	for (const [what, text] of documents) {
		const list = pieces(encodeUTF8(text), 64);
		let kept: unknown;
		const write = create((...values: unknown[]) => {
			kept = values[0];
		});
		write(encodeUTF8(header));
		// what every stanza needs, such as buffers, is there from now on
		write(encodeUTF8("<presence/>"));
		kept = undefined;
		collect();
		const before = reading().used;
		let most = 0;
		for (const piece of list) {
			write(piece);
			collect();
			most = Math.max(most, reading().used - before);
		}
		report({ what, wire: encodeUTF8(text).length, most, kept: kept !== undefined });
	}
}

export function measure(create: Create, task: Task): void {
	({ speed, growth, memory })[task](create);
}
