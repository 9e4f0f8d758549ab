// Frames to and from the engine: u32 length | u8 op | u32 id | bytes, little-endian. What goes to the device begins with a byte that tells its kind.
import type { Readable, Writable } from "node:stream";
import { Op } from "./device/native.js";

const headLength = 9;
/** Bytes of one frame; the device writes none that is near it. */
const longest = 1 << 20;

const enum Kind {
	nothing = 0,
	bytes = 1,
	text = 2,
	error = 3
}

export type Value = Uint8Array | string | Error | undefined;

export class FrameWriter {
	readonly #stream: Writable;

	constructor(stream: Writable) {
		this.#stream = stream;
		// The engine has gone: its end is told elsewhere.
		stream.on("error", () => {});
	}

	send(op: Op, id: number, value?: Value): void {
		const kind =
			value === undefined ? Kind.nothing : typeof value === "string" ? Kind.text : value instanceof Error ? Kind.error : Kind.bytes;
		const bytes = value === undefined ? "" : value instanceof Error ? value.message : value;
		const body = typeof bytes === "string" ? Buffer.from(bytes) : bytes;
		// The options are the one frame that is no value.
		const head = Buffer.alloc(op === Op.options ? headLength : headLength + 1, kind);
		head.writeUInt32LE(head.length - 4 + body.length, 0);
		head[4] = op;
		head.writeUInt32LE(id, 5);
		if (this.#stream.writable) this.#stream.write(Buffer.concat([head, body]));
	}

	end(): void {
		this.#stream.end();
	}
}

/** Calls back for each frame that comes; onBroken once when what comes is no frame. */
export function readFrames(stream: Readable, onFrame: (op: Op, id: number, body: Buffer) => void, onBroken: () => void): void {
	let rest: Buffer = Buffer.alloc(0);
	stream.on("error", () => {});
	stream.on("data", (chunk: Buffer) => {
		rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
		while (rest.length >= headLength) {
			const length = rest.readUInt32LE(0);
			if (length < headLength - 4 || length > longest) {
				stream.destroy();
				onBroken();
				return;
			}
			if (rest.length < length + 4) return;
			const frame = rest.subarray(0, length + 4);
			rest = rest.subarray(length + 4);
			onFrame(frame[4] as Op, frame.readUInt32LE(5), frame.subarray(headLength));
		}
	});
}

/** What ask() sends: a number, then parts, each with its length before it. */
export function readParts(body: Buffer): { number: number; parts: Buffer[] } {
	const parts: Buffer[] = [];
	for (let at = 4; at < body.length; ) {
		const end = at + 4 + body.readUInt32LE(at);
		parts.push(body.subarray(at + 4, end));
		at = end;
	}
	return { number: body.readUInt32LE(0), parts };
}
