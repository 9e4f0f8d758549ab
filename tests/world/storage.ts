// Storage whose power goes at write n; what was stored stays for the next boot to find.
import type { Storage } from "../../src/host.js";

/** Thrown through the thing when its power goes: nothing runs after it. */
export class PowerCut extends Error {}

export class VirtualStorage implements Storage {
	readonly valueLimit = 4000;
	/** Writes and deletes so far. */
	changes = 0;
	/** The power goes at this change: `before` it stands or `after`. */
	dieAt: { readonly change: number; readonly when: "before" | "after" } | undefined;
	/** Tells the world that the power went. */
	onDeath: () => void = () => {};
	/** Says which keys were changed, in order. */
	readonly history: string[] = [];
	#records = new Map<string, Uint8Array>();
	#dead = false;

	read(key: string): Uint8Array | undefined {
		this.#check(key);
		return this.#records.get(key)?.slice();
	}

	write(key: string, bytes: Uint8Array): void {
		this.#check(key);
		if (bytes.length > this.valueLimit) throw new RangeError(`"${key}" would take ${bytes.length} bytes`);
		const copy = bytes.slice();
		this.#change(key, () => this.#records.set(key, copy));
	}

	delete(key: string): void {
		this.#check(key);
		this.#change(`-${key}`, () => this.#records.delete(key));
	}

	list(prefix: string): string[] {
		if (this.#dead) throw new PowerCut();
		return [...this.#records.keys()].filter((key) => key.startsWith(prefix)).sort();
	}

	/** The power is back: the same records, nothing pending. */
	revive(): void {
		this.#dead = false;
	}

	/** There is no power. */
	get dead(): boolean {
		return this.#dead;
	}

	#check(key: string): void {
		if (this.#dead) throw new PowerCut();
		if (!/^[a-z0-9._-]{1,15}$/.test(key)) throw new Error(`"${key}" is no key`);
	}

	#change(what: string, apply: () => void): void {
		this.changes++;
		const dies = this.changes === this.dieAt?.change;
		if (!dies || this.dieAt?.when === "after") {
			apply();
			this.history.push(what);
		}
		if (dies) {
			this.dieAt = undefined;
			this.#dead = true;
			this.onDeath();
			throw new PowerCut();
		}
	}

	/** The power goes between two writes. */
	die(): void {
		this.#dead = true;
	}
}
