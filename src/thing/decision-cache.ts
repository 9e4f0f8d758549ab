// Decisions that the provisioning service made, kept until it takes them back: a record each, bounded, the owner's (XEP-0324 3.8).
import type { Clock, Crypto } from "../host.js";
import { limits } from "../limits.js";
import { encodeBase32 } from "../text/base32.js";
import { encodeBase64 } from "../text/base64.js";
import { encodeUTF8 } from "../text/utf8.js";
import type { LifeCycle } from "./life-cycle.js";
import type { VaultRecord } from "./vault.js";

/** Begins the names of its records; 15 characters are all that a key may have, "o." included. */
const PREFIX = "d.";
const NAME_BYTES = 6;
/** However many share the room. */
const LEAST = 4;

export interface DecisionCacheOptions {
	readonly crypto: Pick<Crypto, "digest">;
	readonly clock: Clock;
	/** Hours that a decision holds; undefined is until it is taken back. */
	readonly hours?: number;
	/** Each has a cache of its own, and the thing one; all share the room. */
	readonly nodes: readonly unknown[];
}

export class DecisionCache {
	#options: DecisionCacheOptions;
	#lifeCycle: LifeCycle;
	/** Names of records, the one used last at the end. After a boot their order is the storage's. */
	#names: string[] | undefined;

	constructor(options: DecisionCacheOptions, lifeCycle: LifeCycle) {
		this.#options = options;
		this.#lifeCycle = lifeCycle;
	}

	/** What was kept for this question; undefined for nothing. */
	read(question: string): VaultRecord | undefined {
		const { name, sum } = this.keyOf(question);
		if (!this.load().includes(name)) return;
		const record = this.#lifeCycle.readOwned(name);
		// Half a sum makes the name: the record has it whole.
		if (record?.sum !== sum || !this.holds(record)) return;
		this.use(name);
		return record;
	}

	/** A cache only: what cannot be stored is asked again. */
	keep(question: string, decision: VaultRecord): void {
		const { name, sum } = this.keyOf(question);
		this.use(name);
		const names = this.load();
		const { clock, hours, nodes } = this.#options;
		const most = Math.max(LEAST, Math.floor(limits.decisions / (nodes.length + 1)));
		const at = hours == null || !clock.trusted ? undefined : clock.now();
		try {
			while (names.length > most) this.#lifeCycle.deleteOwned(names.shift()!);
			this.#lifeCycle.writeOwned(name, { ...decision, sum, at });
		} catch {
			names.pop();
		}
	}

	/** None of them is used from here on. Throws when one cannot be deleted: after a boot it would be back. */
	clear(): void {
		const names = this.load();
		this.#names = [];
		for (let i = 0; i < names.length; i++) this.#lifeCycle.deleteOwned(names[i]!);
	}

	/** What was kept for this question is not used from here on. */
	drop(question: string): void {
		const { name } = this.keyOf(question);
		const names = this.load();
		const at = names.indexOf(name);
		if (at < 0) return;
		names.splice(at, 1);
		this.#lifeCycle.deleteOwned(name);
	}

	each(onDecision: (record: VaultRecord) => void): void {
		const names = this.load();
		for (let i = 0; i < names.length; i++) {
			const record = this.#lifeCycle.readOwned(names[i]!);
			if (record && this.holds(record)) onDecision(record);
		}
	}

	/** Neither too old nor of the future; where nobody knows the time, it is too old. */
	private holds({ at }: VaultRecord): boolean {
		const { clock, hours } = this.#options;
		if (hours == null) return true;
		const age = clock.now() - (typeof at === "number" ? at : Number.NaN);
		return clock.trusted && age >= 0 && age < hours * 3_600_000;
	}

	/** Another owner's are void by their epoch. */
	forget(): void {
		this.#names = undefined;
	}

	private load(): string[] {
		this.#names ??= this.#lifeCycle.listOwned(PREFIX);
		return this.#names;
	}

	private use(name: string): void {
		const names = this.load();
		const at = names.indexOf(name);
		if (at >= 0) names.splice(at, 1);
		names.push(name);
	}

	private keyOf(question: string): { name: string; sum: string } {
		const sum = this.#options.crypto.digest("SHA-256", encodeUTF8(question));
		return { name: PREFIX + encodeBase32(sum.subarray(0, NAME_BYTES)), sum: encodeBase64(sum.subarray(NAME_BYTES, 24)) };
	}
}
