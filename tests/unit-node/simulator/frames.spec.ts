// Holds the frames between Node and the engine: whole whatever they are cut into, refused when they are none, never without end.
import { PassThrough } from "node:stream";
import { afterEach, beforeAll } from "@jest/globals";
import { Op } from "../../../hosts/simulator/device/native.js";
import { FrameWriter, readFrames, readParts, type Value } from "../../../hosts/simulator/frames.js";
import { Pipe } from "./pipe.js";
import { engineHere } from "./program.js";

beforeAll(engineHere, 180_000);

let pipe: Pipe | undefined;
afterEach(async () => {
	pipe?.kill();
	await pipe?.ended;
});

/** A frame as it stands on the pipe. */
function frame(op: number, id: number, value?: Value): Buffer {
	const stream = new PassThrough();
	new FrameWriter(stream).send(op, id, value);
	return stream.read() as Buffer;
}

/** Sends back what it gets, in words. */
const echo = `
	const text = (value: unknown): string => value === undefined ? "nothing" : typeof value === "string" ? "text " + value : "bytes " + new Uint8Array(value as ArrayBuffer).join();
	simulator.send(26, 0, text(simulator.options()));
	simulator.listen((op, id, value) => {
		if (op === 71) simulator.exit(0);
		else simulator.send(op, id, text(value));
	});`;

describe("to the engine", () => {
	test.each<[string, Value, string]>([
		["nothing", undefined, "nothing"],
		["no bytes", new Uint8Array(0), "bytes "],
		["bytes, zero among them", Uint8Array.of(0, 255, 0, 1), "bytes 0,255,0,1"],
		["text of any planes", "aé日😀", "text aé日😀"],
		["empty text", "", "text "]
	])("%s arrives as it was", async (_, value, told) => {
		pipe = await Pipe.run(echo);
		pipe.writer.send(Op.options, 0, "options");
		pipe.writer.send(70, 4_294_967_295 >>> 1, value);
		const frames = await pipe.until(2);
		expect(frames.map(({ op, id, body }) => [op, id, body.toString()])).toEqual([
			[26, 0, "text options"],
			[70, 2_147_483_647, told]
		]);
		pipe.writer.send(Op.stop, 0);
		expect(await pipe.ended).toEqual({ code: 0, signal: null, stderr: "" });
	});

	test("a frame in pieces of one byte is one frame", async () => {
		pipe = await Pipe.run(echo);
		const bytes = Buffer.concat([frame(Op.options, 0, "o"), frame(70, 1, "één"), frame(70, 2, Uint8Array.of(7)), frame(Op.stop, 0)]);
		for (const byte of bytes) {
			pipe.input.write(Uint8Array.of(byte));
			await new Promise(setImmediate);
		}
		expect((await pipe.until(3)).map(({ body }) => body.toString())).toEqual(["text o", "text één", "bytes 7"]);
		expect((await pipe.ended).code).toBe(0);
	});

	test("a large frame in one piece", async () => {
		pipe = await Pipe.run(
			"simulator.options();\nsimulator.listen((op, id, value) => simulator.send(op, (value as ArrayBuffer).byteLength, value === undefined ? '' : new Uint8Array(value as ArrayBuffer).subarray(0, 500_000)));"
		);
		pipe.writer.send(Op.options, 0, "");
		const bytes = new Uint8Array(600_000).map((_, at) => at * 7);
		pipe.writer.send(70, 1, bytes);
		const [one] = await pipe.until(1);
		expect(one!.id).toBe(600_000);
		expect(one!.body.equals(bytes.subarray(0, 500_000))).toBe(true);
	});

	const head = (length: number): Buffer => {
		const bytes = Buffer.alloc(9);
		bytes.writeUInt32LE(length);
		return bytes;
	};
	test.each<[string, Buffer, string]>([
		["shorter than its own head", head(4), "a frame of 4 bytes came in"],
		["of no length", head(0), "a frame of 0 bytes came in"],
		["longer than any", head((1 << 20) + 1), "a frame of 1048577 bytes came in"],
		["longer than memory", head(0xffff_ffff), "a frame of 4294967295 bytes came in"]
	])("a frame %s ends the program: 3", async (_, bytes, sentence) => {
		pipe = await Pipe.run(echo);
		pipe.writer.send(Op.options, 0, "");
		await pipe.until(1);
		pipe.input.write(bytes);
		expect(await pipe.ended).toEqual({ code: 3, signal: null, stderr: `simulator: ${sentence}.\n` });
	});

	test("a first frame without options ends the program: 3", async () => {
		pipe = await Pipe.run(echo);
		pipe.writer.send(70, 0, "");
		expect(await pipe.ended).toEqual({ code: 3, signal: null, stderr: "simulator: the first frame brings no options.\n" });
	});

	test.each([0, 1, 8, 9, 10])("the other side goes after %d bytes of a frame: 3, silently", async (count) => {
		pipe = await Pipe.run(echo);
		pipe.writer.send(Op.options, 0, "");
		await pipe.until(1);
		pipe.input.write(frame(70, 1, "text").subarray(0, count));
		pipe.writer.end();
		expect(await pipe.ended).toEqual({ code: 3, signal: null, stderr: "" });
	});
});

describe("an answer that is waited for", () => {
	const asking = `
		simulator.options();
		const attempt = (work: () => unknown): void => { let text = ""; try { const value = work(); text = value instanceof ArrayBuffer ? "bytes " + new Uint8Array(value).join() : String(value); } catch (error) { text = String(error); } simulator.send(26, 0, text); };
		simulator.listen((op, id) => simulator.send(26, id, "notice " + op));
		attempt(() => simulator.ask(33, 5, "key", new Uint8Array([1, 2])));
		attempt(() => simulator.ask(34, 0xffff_ffff, ""));
		attempt(() => simulator.ask(35, 0));
		simulator.timer(0);`;

	test("brings bytes, text, nothing, and what could not be done is thrown", async () => {
		pipe = await Pipe.run(asking);
		const values: Value[] = [Uint8Array.of(9, 0), "täxt", new Error("the flash is worn: ü")];
		pipe.onAsk = ({ id }) => pipe!.writer.send(Op.answer, id, values.shift());
		pipe.writer.send(Op.options, 0, "");
		const frames = await pipe.until(7);
		const asked = frames.filter(({ op }) => op >= Op.read);
		expect(asked.map(({ op, body }) => ({ op, ...readParts(body) }))).toEqual([
			{ op: 33, number: 5, parts: [Buffer.from("key"), Buffer.from([1, 2])] },
			{ op: 34, number: 0xffff_ffff, parts: [Buffer.alloc(0)] },
			{ op: 35, number: 0, parts: [] }
		]);
		expect(frames.filter(({ op }) => op < Op.read).map(({ body }) => body.toString())).toEqual([
			"bytes 9,0",
			"täxt",
			"Error: the flash is worn: ü",
			"notice 3"
		]);
	});

	test("lets what comes meanwhile wait, in its order, and is not taken for another's", async () => {
		pipe = await Pipe.run(asking);
		pipe.onAsk = ({ op, id }) => {
			for (let count = 0; count < 3; count++) pipe!.writer.send(64, 100 * op + count, "readable");
			pipe!.writer.send(Op.answer, id + 1000, "another's");
			pipe!.writer.send(Op.answer, id, "mine");
		};
		pipe.writer.send(Op.options, 0, "");
		const frames = await pipe.until(3 + 3 + 12 + 1);
		const told = frames.filter(({ op }) => op === 26);
		expect(told.slice(0, 3).map(({ body }) => body.toString())).toEqual(["mine", "mine", "mine"]);
		const notices = told.slice(3).filter(({ body }) => body.toString() === "notice 64");
		expect(notices.map(({ id }) => id)).toEqual([33, 34, 35].flatMap((op) => [0, 1, 2].map((count) => 100 * op + count)));
	});

	test.each([
		["large frames", 10_000, 40],
		["small frames", 0, 20_000]
	])("does not let %s pile up without end: 3", async (_, bytes, count) => {
		pipe = await Pipe.run(asking);
		pipe.onAsk = () => {
			const one = frame(64, 1, new Uint8Array(bytes));
			pipe!.input.write(Buffer.concat(Array(count).fill(one)));
		};
		pipe.writer.send(Op.options, 0, "");
		expect(await pipe.ended).toEqual({ code: 3, signal: null, stderr: "simulator: more frames came in than were asked for.\n" });
	});

	test("ends with the program when the other side goes: 3", async () => {
		pipe = await Pipe.run(asking);
		pipe.onAsk = () => pipe!.writer.end();
		pipe.writer.send(Op.options, 0, "");
		expect(await pipe.ended).toEqual({ code: 3, signal: null, stderr: "" });
	});
});

test("writing to a side that has gone ends the program: 3, not a signal", async () => {
	pipe = await Pipe.run('simulator.options();\nsimulator.ask(33, 0);\nfor (;;) simulator.send(18, 0, "x".repeat(1000));');
	pipe.onAsk = ({ id }) => {
		pipe!.child.stdio[4]!.destroy();
		pipe!.writer.send(Op.answer, id);
	};
	pipe.writer.send(Op.options, 0, "");
	expect(await pipe.ended).toEqual({ code: 3, signal: null, stderr: "" });
});

describe("from the engine", () => {
	const collect = (chunks: readonly Uint8Array[]) => {
		const stream = new PassThrough();
		const seen: unknown[] = [];
		readFrames(
			stream,
			(op, id, body) => seen.push([op, id, body.toString()]),
			() => seen.push("broken")
		);
		for (const chunk of chunks) stream.emit("data", Buffer.from(chunk));
		return seen;
	};
	/** As the engine writes it: no kind before the bytes. */
	const plain = (op: number, id: number, text: string): Buffer => {
		const bytes = Buffer.alloc(9);
		bytes.writeUInt32LE(5 + Buffer.byteLength(text));
		bytes[4] = op;
		bytes.writeUInt32LE(id, 5);
		return Buffer.concat([bytes, Buffer.from(text)]);
	};

	test("frames are the same wherever they are cut", () => {
		const bytes = Buffer.concat([plain(17, 0, ""), plain(18, 4_000_000_000, "é"), plain(20, 2, "x".repeat(300))]);
		const whole = collect([bytes]);
		expect(whole).toEqual([
			[17, 0, ""],
			[18, 4_000_000_000, "é"],
			[20, 2, "x".repeat(300)]
		]);
		for (let at = 1; at < bytes.length; at++) expect(collect([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(whole);
		expect(collect([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(whole);
	});

	test.each([0, 4, (1 << 20) + 1, 0xffff_ffff])("a length of %d is no frame: said once, and nothing is read on", (length) => {
		const bytes = plain(17, 0, "");
		bytes.writeUInt32LE(length);
		expect(collect([plain(18, 1, "a"), bytes])).toEqual([[18, 1, "a"], "broken"]);
	});

	test("parts that do not add up are refused", () => {
		expect(() => readParts(Buffer.of(1, 0, 0, 0, 5, 0))).toThrow("out of range");
		expect(() => readParts(Buffer.of(1, 0))).toThrow("outside buffer bounds");
	});
});
