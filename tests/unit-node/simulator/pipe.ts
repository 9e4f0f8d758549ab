// A program on the simulator's engine with both its pipes in hand: any byte can be sent, every frame is seen.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { transform } from "esbuild";
import { Op } from "../../../hosts/simulator/device/native.js";
import { FrameWriter, readFrames } from "../../../hosts/simulator/frames.js";
import { engineHere } from "./program.js";

export interface Frame {
	readonly op: Op;
	readonly id: number;
	readonly body: Buffer;
}

export interface Ended {
	readonly code: number | null;
	readonly signal: NodeJS.Signals | null;
	readonly stderr: string;
}

export class Pipe {
	readonly child: ChildProcess;
	/** To the program. */
	readonly input: Writable;
	readonly writer: FrameWriter;
	/** All but figures. */
	readonly frames: Frame[] = [];
	readonly ended: Promise<Ended>;
	/** Called with each frame that wants an answer. */
	onAsk: (frame: Frame) => void = () => {};
	#waiting: (() => void)[] = [];

	private constructor(program: string, words: readonly string[], folder: string) {
		const child = spawn(program, words, { stdio: ["ignore", "ignore", "pipe", "pipe", "pipe"] });
		this.child = child;
		this.input = child.stdio[3] as Writable;
		this.writer = new FrameWriter(this.input);
		let stderr = "";
		child.stderr!.setEncoding("utf8").on("data", (text: string) => {
			stderr += text;
		});
		readFrames(
			child.stdio[4] as Readable,
			(op, id, body) => {
				if (op === Op.figures) return;
				const frame = { op, id, body: Buffer.from(body) };
				this.frames.push(frame);
				if (op >= Op.read && op < Op.readable) this.onAsk(frame);
				for (const wake of this.#waiting.splice(0)) wake();
			},
			() => this.kill()
		);
		this.ended = new Promise((resolve) => {
			child.once("close", (code, signal) => {
				rmSync(folder, { recursive: true, force: true });
				resolve({ code, signal, stderr });
			});
		});
	}

	/** Runs `main`, TypeScript, with a heap large enough for any test. */
	static async run(main: string): Promise<Pipe> {
		const { program } = await engineHere();
		const folder = mkdtempSync(join(tmpdir(), "extasis-pipe-"));
		const path = join(folder, "main.js");
		const { code } = await transform(main, { loader: "ts", format: "esm", target: "es2022", charset: "utf8" });
		await writeFile(path, code);
		return new Pipe(program, ["--frames", "--heap", String(4 << 20), "--main", `main=${path}`], folder);
	}

	/** Waits until so many frames have come. */
	async until(count: number): Promise<readonly Frame[]> {
		while (this.frames.length < count) {
			await new Promise<void>((resolve, reject) => {
				this.#waiting.push(resolve);
				this.ended.then((ended) => reject(new Error(`it ended: ${JSON.stringify(ended)}`)));
			});
		}
		return this.frames;
	}

	kill(): void {
		this.child.kill("SIGKILL");
	}
}
