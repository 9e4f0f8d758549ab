// The `extasis` command as a person runs it, in a process of its own: its events as they come, its end.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { ThingEvent } from "../../src/host.js";

const EXTASIS = fileURLToPath(new URL("../../build/hosts/cli/extasis.js", import.meta.url));

export interface Outcome {
	readonly code: number | null;
	readonly stdout: string;
	readonly stderr: string;
}

/** A command that ends by itself. */
export async function extasis(args: readonly string[], environment: Record<string, string> = {}): Promise<Outcome> {
	const child = spawn(process.execPath, [EXTASIS, ...args], {
		env: { ...process.env, NODE_OPTIONS: "", ...environment },
		stdio: ["ignore", "pipe", "pipe"]
	});
	return await outcome(child);
}

export async function outcome(child: ChildProcess): Promise<Outcome> {
	let stdout = "";
	let stderr = "";
	child.stdout?.on("data", (data) => {
		stdout += data;
	});
	child.stderr?.on("data", (data) => {
		stderr += data;
	});
	const [code] = await once(child, "close");
	return { code, stdout, stderr };
}

/** `extasis thing` on the simulator, which lives until it is ended. */
export class ThingProcess {
	readonly events: ThingEvent[] = [];
	readonly #child: ChildProcess;
	readonly #waiting = new Set<() => void>();
	#stderr = "";
	#ended = false;

	constructor(args: readonly string[]) {
		this.#child = spawn(process.execPath, [EXTASIS, "thing", "--host", "simulator", ...args], {
			env: { ...process.env, NODE_OPTIONS: "" },
			stdio: ["ignore", "pipe", "pipe"]
		});
		createInterface({ input: this.#child.stdout! }).on("line", (line) => {
			this.events.push(JSON.parse(line));
			this.#wake();
		});
		this.#child.stderr!.on("data", (data) => {
			this.#stderr += data;
		});
		this.#child.once("close", () => {
			this.#ended = true;
			this.#wake();
		});
	}

	get pid(): number {
		return this.#child.pid!;
	}

	get ended(): boolean {
		return this.#ended;
	}

	/** The first event of that name, past or to come. */
	async until(name: string, seconds = 30): Promise<ThingEvent> {
		await this.settle(() => this.events.some(({ event }) => event === name), seconds, `event "${name}"`);
		return this.events.find(({ event }) => event === name)!;
	}

	/** Waits until `met` holds; asks again at every event and at the end. */
	async settle(met: () => boolean, seconds: number, what: string): Promise<void> {
		const patience = AbortSignal.timeout(seconds * 1000);
		while (!met()) {
			if (this.#ended || patience.aborted) {
				throw new Error(
					`${what} did not come; the thing ${this.#ended ? `ended (${this.#child.exitCode ?? this.#child.signalCode})` : "lives"} and said:\n${JSON.stringify(this.events)}\n${this.#stderr}`
				);
			}
			await new Promise<void>((resolve) => {
				const wake = (): void => {
					this.#waiting.delete(wake);
					patience.removeEventListener("abort", wake);
					resolve();
				};
				this.#waiting.add(wake);
				patience.addEventListener("abort", wake);
			});
		}
	}

	/** As Ctrl-C or the system would end it. */
	async stop(): Promise<number | null> {
		return await this.#end("SIGTERM");
	}

	/** kill -9: no goodbye, no clean-up. */
	async kill(): Promise<number | null> {
		return await this.#end("SIGKILL");
	}

	async #end(signal: NodeJS.Signals): Promise<number | null> {
		if (!this.#ended) {
			const closed = once(this.#child, "close");
			this.#child.kill(signal);
			await closed;
		}
		return this.#child.exitCode;
	}

	#wake(): void {
		for (const wake of this.#waiting) wake();
	}
}
