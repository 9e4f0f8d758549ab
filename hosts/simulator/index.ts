// A thing on the simulator: the firmware on the real engine with a chip's heap, in a process of its own, its sockets and storage those of a host here.
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Duplex, Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { Host, ThingEvent } from "../../src/host.js";
import type { ThingOptions } from "../../src/thing/thing-options.js";
import { type Abort, readAbort } from "./abort.js";
import type { Engine } from "./build.js";
import { Op } from "./device/native.js";
import { FrameWriter, readFrames } from "./frames.js";
import type { Figures } from "./report.js";
import { lookUpKinds, Service } from "./service.js";

/** Bytes of the heap, of slots of 16 bytes. */
export const defaultHeap = 65_536;
/** How long a thing may take to say goodbye. */
const stopMilliseconds = 5000;
const stderrMost = 65_536;

export interface SimulatedThingOptions extends Omit<ThingOptions, "host"> {
	readonly engine: Engine;
	/** What its frames reach. Clock and timer are the engine's own. */
	readonly host: Host;
	/** Bytes of its heap on the chip; twice that where slots are twice as large. */
	readonly heap?: number;
	/** Folder of the compiled JavaScript of src/ and hosts/; default is where this file's own is. */
	readonly code?: string;
	/** Collects garbage after every frame. */
	readonly collect?: boolean;
	/** Put in front of the program's own words, such as valgrind. */
	readonly wrapper?: readonly string[];
	/** After each event, and at boot and end, what the time since the last came to. */
	readonly onFigures?: (phase: string, figures: Figures) => void;
}

/** How it ended: by itself or asked to (code 0), by the engine's death, or as the system let a program end. */
export interface Ending {
	readonly code: number;
	readonly signal?: NodeJS.Signals;
	readonly abort?: Abort;
	/** What it left on standard error, if it was no abort. */
	readonly message?: string;
}

/** The firmware's own words on what is wrong with the options. */
export class OptionsRefused extends Error {}

export interface Told {
	readonly state: string;
	readonly owner?: string;
	readonly jid?: string;
}

export class SimulatedThing {
	/** What stands when the firmware does; rejects with OptionsRefused, or when the engine ends before. */
	readonly booted: Promise<Told>;
	readonly ended: Promise<Ending>;
	readonly #options: SimulatedThingOptions;
	readonly #child: ChildProcess;
	readonly #writer: FrameWriter;
	readonly #service: Service;
	readonly #asked = new Map<number, { resolve: (told: Told) => void; reject: (error: Error) => void }>();
	readonly #measuring = new Map<number, (figures: Figures) => void>();
	#stderr = "";
	#phase = "boot";
	#asking = 0;
	#over = false;
	#boot: { resolve: (told: Told) => void; reject: (error: Error) => void } = { resolve() {}, reject() {} };

	constructor(options: SimulatedThingOptions) {
		this.#options = options;
		const { engine, wrapper = [] } = options;
		const [command = "", ...words] = [...wrapper, engine.program, ...argumentsFor(options)];
		const child = spawn(command, words, { detached: true, stdio: ["ignore", "inherit", "pipe", "pipe", "pipe"] });
		this.#child = child;
		this.#writer = new FrameWriter(child.stdio[3] as Duplex);
		this.#service = new Service(options.host, this.#writer, options.anchors);
		this.booted = new Promise((resolve, reject) => {
			this.#boot = { resolve, reject };
		});
		this.booted.catch(() => {});
		this.ended = new Promise((resolve) => {
			child.once("error", (error) => resolve(this.#end({ code: 1, message: error.message })));
			child.once("close", (code, signal) => resolve(this.#end(this.#ending(code, signal))));
		});
		child.stderr?.setEncoding("utf8").on("data", (text: string) => {
			this.#stderr = (this.#stderr + text).slice(-stderrMost);
		});
		const onFrame = (op: Op, id: number, body: Buffer): void => this.#receive(op, id, body);
		readFrames(child.stdio[4] as Readable, onFrame, () => this.#giveUp("The engine sent what is no frame."));
		this.#writer.send(Op.options, 0, bootOptions(options));
	}

	get pid(): number | undefined {
		return this.#child.pid;
	}

	/** What stands about it; rejects when it has ended. Its sticker, KEY included, goes to the host's display and nowhere else. */
	tell(): Promise<Told> {
		return this.#ask(Op.tell);
	}

	/** The heap right now, after a collection; rejects when it has ended. */
	measure(): Promise<Figures> {
		return new Promise((resolve, reject) => {
			const id = ++this.#asking;
			this.#measuring.set(id, resolve);
			this.#writer.send(Op.figures, id);
			this.ended.then(() => reject(new Error("The thing has ended.")));
		});
	}

	/** Lets it fall asleep and waits for that; false where it should not yet: it lives on. Rejects when it has ended. */
	async sleep(): Promise<boolean> {
		const { slept } = await this.#ask(Op.sleep);
		if (slept === true) await this.ended;
		return slept === true;
	}

	/** Lets it say goodbye and waits for its end. */
	async stop(): Promise<Ending> {
		this.#writer.send(Op.stop, 0);
		const timer = setTimeout(() => this.kill(), stopMilliseconds);
		const ending = await this.ended;
		clearTimeout(timer);
		return ending;
	}

	kill(): void {
		this.#child.kill("SIGKILL");
	}

	#ask(op: Op.tell | Op.sleep): Promise<Told & { readonly slept?: boolean }> {
		return new Promise((resolve, reject) => {
			if (this.#over) reject(gone());
			this.#asked.set(++this.#asking, { resolve, reject });
			this.#writer.send(op, this.#asking);
		});
	}

	#receive(op: Op, id: number, body: Buffer): void {
		if (this.#over) return;
		try {
			if (op === Op.event) {
				const event = JSON.parse(body.toString()) as ThingEvent;
				this.#phase = event.event;
				this.#options.host.event(event);
			} else if (op === Op.figures && id > 0) {
				this.#measuring.get(id)?.(JSON.parse(body.toString()) as Figures);
				this.#measuring.delete(id);
			} else if (op === Op.figures) {
				this.#options.onFigures?.(this.#phase, JSON.parse(body.toString()) as Figures);
				this.#phase = "end";
			} else if (op === Op.told) this.#told(id, body.toString());
			else this.#service.receive(op, id, body);
		} catch (error) {
			this.#giveUp((error as Error).message);
		}
	}

	/** On a device that says what it cannot mean, or a host that throws where it must not. */
	#giveUp(why: string): void {
		this.#stderr += `${why}\n`;
		this.kill();
	}

	#told(id: number, text: string): void {
		if (id > 0) {
			this.#asked.get(id)?.resolve(JSON.parse(text) as Told);
			this.#asked.delete(id);
			return;
		}
		const { reason, ...told } = JSON.parse(text) as Told & { reason?: string };
		if (reason === undefined) this.#boot.resolve(told);
		else this.#boot.reject(new OptionsRefused(reason));
	}

	#ending(code: number | null, signal: NodeJS.Signals | null): Ending {
		const abort = readAbort(this.#stderr, (module) => moduleFiles(codeFolder(this.#options)).get(module));
		if (signal !== null) return { code: 1, signal, message: this.#stderr };
		return { code: code ?? 1, ...(abort === undefined ? { message: this.#stderr.trim() } : { abort }) };
	}

	#end(ending: Ending): Ending {
		this.#over = true;
		this.#service.close();
		this.#boot.reject(new Error("The thing ended while it booted."));
		for (const { reject } of this.#asked.values()) reject(gone());
		this.#asked.clear();
		this.#measuring.clear();
		return ending;
	}
}

function gone(): Error {
	return new Error("The thing has ended.");
}

/** What a heap of so many bytes on the chip takes here. */
export function heapBytes({ bits }: Engine, heap = defaultHeap): number {
	return bits === 32 ? heap : 2 * heap;
}

function bootOptions(options: SimulatedThingOptions): string {
	const { definition, domain, address, tls, provisioning, registry, apiKey, serial, key, nodeKeys, built, factoryReset, host } = options;
	const lookUps = lookUpKinds.filter((kind) => host.network[kind] !== undefined);
	const { storage, memory, network } = host;
	const limits = { valueLimit: storage.valueLimit, memoryLimit: memory?.valueLimit };
	const place = { ...limits, display: host.display !== undefined, account: network.account, lookUps };
	return JSON.stringify({
		definition,
		domain,
		address,
		tls,
		provisioning,
		registry,
		apiKey,
		serial,
		key,
		nodeKeys,
		built,
		factoryReset,
		...place
	});
}

function codeFolder({ code }: SimulatedThingOptions): string {
	return code ?? fileURLToPath(new URL("../../", import.meta.url));
}

function argumentsFor(options: SimulatedThingOptions): string[] {
	const words = ["--frames", "--heap", String(heapBytes(options.engine, options.heap))];
	if (options.collect) words.push("--collect");
	return [...words, ...moduleWords(codeFolder(options))];
}

/** The engine's words for all that is flash; `code` as in SimulatedThingOptions. */
export function moduleWords(code: string): string[] {
	const main = "hosts/simulator/device/main";
	return [...moduleFiles(code)].flatMap(([name, path]) => [name === main ? "--main" : "--rom", `${name}=${path}`]);
}

/** Everything that is flash on the chip: src/ but no examples, and the device's side of this host. */
function moduleFiles(code: string): Map<string, string> {
	const files = new Map<string, string>();
	for (const room of ["src", "hosts/simulator/device"]) {
		const names = readdirSync(join(code, room), { recursive: true, encoding: "utf8" }).sort();
		for (const name of names) {
			const module = `${room}/${name.slice(0, -".js".length)}`;
			if (name.endsWith(".js") && !module.startsWith("src/things/")) files.set(module, join(code, room, name));
		}
	}
	// In C, as on the chip.
	files.set("src/xml/scanner", join(code, "hosts/simulator/device/scanner.js"));
	for (const module of ["hosts/simulator/device/scanner", "src/xml/tag-buffer"]) files.delete(module);
	return files;
}
