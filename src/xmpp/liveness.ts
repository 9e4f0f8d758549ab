// Whether the server is still there: silence is asked about, and no answer ends the connection.
import type { Host } from "../host.js";
import { limits } from "../limits.js";
import type { Scheduler, Task } from "./scheduler.js";

const SILENCE = limits.silenceSeconds * 1000;
const ANSWER = limits.probeSeconds * 1000;

export interface LivenessOptions {
	readonly scheduler: Scheduler;
	readonly clock: Host["clock"];
	/** What came: host time of the last of it, and how much in all. */
	readonly received: { readonly receivedAt: number; readonly receivedBytes: number };
	readonly ask: () => void;
	readonly onDead: () => void;
}

export class Liveness {
	#options: LivenessOptions;
	#task: Task | undefined;

	constructor(options: LivenessOptions) {
		this.#options = options;
	}

	start(): void {
		this.stop();
		this.wait(SILENCE);
	}

	stop(): void {
		this.#options.scheduler.clear(this.#task);
		this.#task = undefined;
	}

	private wait(milliseconds: number): void {
		this.#task = this.#options.scheduler.set(milliseconds, this.look, this);
	}

	private look(): void {
		const options = this.#options;
		const silent = options.clock.now() - options.received.receivedAt;
		// A clock that was set meanwhile costs one question.
		if (silent >= 0 && silent < SILENCE) {
			this.wait(SILENCE - silent);
			return;
		}
		const bytes = options.received.receivedBytes;
		this.#task = options.scheduler.set(ANSWER, () => {
			if (options.received.receivedBytes === bytes) options.onDead();
			else this.look();
		});
		options.ask();
	}
}
