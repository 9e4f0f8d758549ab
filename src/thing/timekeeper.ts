// What time it is on a thing without a clock of its own, so that certificates can be judged: never earlier than it knows, and as its broker says.
import type { Host } from "../host.js";
import type { IQRouter } from "../xmpp/iq.js";
import type { Scheduler, Task } from "../xmpp/scheduler.js";
import { requestTime } from "../xmpp/time.js";
import type { Vault } from "./vault.js";

const TIME = "time";
const DAY = 86_400_000;
/** What a broker says of a time further on than this is no time: it would make every certificate expired for good. */
const MOST = 3652 * DAY;

export interface TimekeeperOptions {
	readonly clock: Host["clock"];
	readonly vault: Vault;
	readonly scheduler: Scheduler;
	readonly router: IQRouter;
	readonly domain: string;
	/** When the firmware was built, milliseconds since 1970. */
	readonly built?: number;
}

export class Timekeeper {
	#options: TimekeeperOptions;
	/** It is not earlier than this: the firmware was built then, or the time was known. */
	#floor: number;
	#kept: number;
	#task: Task | undefined;

	/** Sets a clock that is not trusted to the latest time that is known to have been. */
	constructor(options: TimekeeperOptions) {
		const { clock, vault, built = 0 } = options;
		this.#options = options;
		const kept = vault.read(TIME)?.milliseconds;
		this.#kept = typeof kept === "number" && Number.isFinite(kept) ? kept : 0;
		this.#floor = Math.max(this.#kept, built);
		if (!clock.trusted && clock.now() < this.#floor) clock.set?.(this.#floor, false);
	}

	/** TLS stands and the broker knows us: it may be asked (XEP-0202). */
	online(): void {
		const options = this.#options;
		this.offline();
		if (options.clock.trusted || !options.clock.set) {
			this.keep();
			return;
		}
		requestTime(options.router, options.domain, (milliseconds) => {
			// Earlier than what has been is a replay or a broker whose own clock is wrong.
			if (milliseconds == null || milliseconds < this.#floor || milliseconds > this.#floor + MOST) return;
			// SNTP may have been faster.
			if (!options.clock.trusted) options.clock.set?.(milliseconds, true);
			this.keep();
		});
	}

	offline(): void {
		this.#options.scheduler.clear(this.#task);
		this.#task = undefined;
	}

	/** Once a day at most: flash wears. */
	private keep(): void {
		const options = this.#options;
		this.#task = options.scheduler.set(DAY, this.keep, this);
		const now = options.clock.now();
		if (!options.clock.trusted || now < this.#kept + DAY) return;
		try {
			options.vault.write(TIME, { milliseconds: now });
			this.#kept = now;
			this.#floor = Math.max(this.#floor, now);
		} catch {
			// The day after, perhaps.
		}
	}
}
