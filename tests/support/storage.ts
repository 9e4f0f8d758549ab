// Storage in memory, whose power can go at any write, before it or just after.
import type { Storage } from "../../src/host.js";

export class PowerCut {
	readonly message = "the power went";
}

export class FakeStorage implements Storage {
	readonly valueLimit = 4000;
	readonly records: Map<string, Uint8Array>;
	/** Writes and deletes so far. */
	writes = 0;
	/** The change at which power goes; it is made first where `after` is set. */
	cut: number | undefined;
	after = false;

	/** `records` of an earlier life are still there. */
	constructor(records?: Map<string, Uint8Array>) {
		this.records = new Map(records ?? []);
	}

	read(key: string): Uint8Array | undefined {
		return this.records.get(key)?.slice();
	}

	write(key: string, bytes: Uint8Array): void {
		if (key.length > 15 || key === "" || !/^[a-z0-9._-]+$/.test(key)) throw new Error(`no key: ${key}`);
		if (bytes.length > this.valueLimit) throw new Error("the value is too large");
		this.#change(() => this.records.set(key, bytes.slice()));
	}

	delete(key: string): void {
		this.#change(() => this.records.delete(key));
	}

	list(prefix: string): string[] {
		return [...this.records.keys()].filter((key) => key.startsWith(prefix)).sort();
	}

	#change(make: () => void): void {
		const dies = this.cut !== undefined && this.writes >= this.cut;
		if (dies && !(this.after && this.writes === this.cut)) throw new PowerCut();
		make();
		this.writes++;
		if (dies) throw new PowerCut();
	}
}

/** Random bytes that a test can repeat; every call gives others. */
export function fakeRandom(seed = 1): (count: number) => Uint8Array {
	let state = seed;
	return (count) => {
		const bytes = new Uint8Array(count);
		for (let i = 0; i < count; i++) {
			state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
			bytes[i] = state >>> 24;
		}
		return bytes;
	};
}
