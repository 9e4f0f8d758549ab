// The chip's clock: SNTP's time, and before there is any the later of when the image was built and when TLS last proved the time.
import Time from "time";
import Timer from "timer";
import type { Clock, Storage } from "../../src/host.js";

const start = native("xs_extasis_sntp_start") as (server: string) => void;
const synced = native("xs_extasis_sntp_synced") as () => boolean;

/** Of the host itself; the thing's records have other names. */
const key = "host.clock";
/** How long a connection waits for the time. */
const patience = 15_000;
/** At most so often the time is written down: flash wears. */
const saveMilliseconds = 21_600_000;
/** 2^32 seconds, as they are stored. */
const recordBytes = 4;

export class ChipClock implements Clock {
	#storage: Storage;
	/** Milliseconds; time is never before it, so that an expired certificate stays expired. */
	#floor: number;
	#savedAt: number;
	#timer: Timer | undefined;

	/** builtSeconds: since 1970. */
	constructor(storage: Storage, builtSeconds: number) {
		this.#storage = storage;
		this.#savedAt = readSeconds(storage) * 1000;
		this.#floor = Math.max(builtSeconds * 1000, this.#savedAt);
		if (Date.now() < this.#floor) Time.set(Math.floor(this.#floor / 1000));
	}

	get trusted(): boolean {
		return synced();
	}

	now(): number {
		const now = Date.now();
		return now < this.#floor ? this.#floor : now;
	}

	/** Asks for the time; calls back when it came, or when it is time to go on without. */
	wait(server: string, callback: () => void): void {
		start(server);
		if (this.trusted) {
			callback();
			return;
		}
		let left = patience;
		Timer.clear(this.#timer);
		this.#timer = Timer.repeat(() => {
			left -= 250;
			if (left > 0 && !this.trusted) return;
			Timer.clear(this.#timer);
			this.#timer = undefined;
			callback();
		}, 250);
	}

	/** A verified certificate says that the time is right: it is written down now and then. SNTP alone says nothing, for anybody can answer it. */
	proved(): void {
		const now = this.now();
		if (!this.trusted || now - this.#savedAt < saveMilliseconds) return;
		const record = new Uint8Array(recordBytes);
		const seconds = Math.floor(now / 1000);
		for (let i = 0; i < recordBytes; i++) record[i] = seconds / 256 ** (recordBytes - 1 - i);
		this.#storage.write(key, record);
		this.#savedAt = now;
		this.#floor = Math.max(this.#floor, now);
	}
}

function readSeconds(storage: Storage): number {
	const record = storage.read(key);
	if (record === undefined || record.length !== recordBytes) return 0;
	let seconds = 0;
	for (const byte of record) seconds = seconds * 256 + byte;
	return seconds;
}
