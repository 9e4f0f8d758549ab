// What `make sim-headless` built, run as a process of its own: the firmware in the Moddable simulator without a display.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { ThingEvent } from "../../src/host.js";
import type { StageThing } from "../world/stage.js";

const RUNNER = fileURLToPath(new URL("../../build/moddable/headless", import.meta.url));
const APPS = Object.freeze({ board: "extasis", small: "extasis-small" });

/** A thing whose power is on as long as its process lives. */
export class HeadlessThing implements Pick<StageThing, "events" | "said" | "jid" | "sticker"> {
	readonly events: ThingEvent[] = [];
	/** Nobody listens to its wire. */
	readonly said = [];
	readonly #environment: Readonly<Record<string, string>>;
	readonly #app: string;
	#child: ChildProcess | undefined;
	#ended: Promise<number | null> = Promise.resolve(null);
	#output = "";

	/** Of the EXTASIS_ variables, without that; with a heap as boards have it, or of what 64 KiB on a chip hold. */
	constructor(options: Readonly<Record<string, string>>, heap: keyof typeof APPS = "board") {
		this.#app = fileURLToPath(new URL(`../../build/moddable/bin/lin/mc/debug/${APPS[heap]}/mc.so`, import.meta.url));
		this.#environment = Object.fromEntries(Object.entries(options).map(([name, value]) => [`EXTASIS_${name}`, value]));
	}

	get jid(): string {
		return String(this.#last("online").jid);
	}

	/** All it printed but its events: what is looked at when a test fails. */
	get output(): string {
		return this.#output;
	}

	sticker(): string {
		return String(this.#last("registered").sticker);
	}

	start(): void {
		const child = spawn(RUNNER, [this.#app], { env: { PATH: process.env.PATH, ...this.#environment }, stdio: ["ignore", "pipe", "pipe"] });
		this.#child = child;
		this.#ended = once(child, "close").then(([code]) => code);
		createInterface({ input: child.stdout! }).on("line", (line) => {
			if (line.startsWith("{")) this.events.push(JSON.parse(line));
			else this.#output += `${line}\n`;
		});
		child.stderr!.on("data", (data) => {
			this.#output += data;
		});
	}

	/** The code it ends with by itself. */
	get end(): Promise<number | null> {
		return this.#ended;
	}

	/** As a person ends it: with a goodbye. */
	async stop(): Promise<number | null> {
		this.#child?.kill("SIGTERM");
		return this.#ended;
	}

	/** Its power goes. */
	async kill(): Promise<void> {
		this.#child?.kill("SIGKILL");
		await this.#ended;
	}

	#last(name: string): ThingEvent {
		const found = this.events.findLast(({ event }) => event === name);
		if (found === undefined) throw new Error(`no event ${name}`);
		return found;
	}
}
