// Decisions that the provisioning service made, kept until it takes them back: a record each, bounded, the owner's (XEP-0324 3.8).
import type { Crypto } from "../host.js";
import { limits } from "../limits.js";
import { encodeBase32 } from "../text/base32.js";
import { encodeBase64 } from "../text/base64.js";
import { encodeUTF8 } from "../text/utf8.js";
import type { LifeCycle } from "./life-cycle.js";
import type { VaultRecord } from "./vault.js";

/** Begins the names of its records; 15 characters are all that a key may have, "o." included. */
const PREFIX = "d.";
const NAME_BYTES = 6;

export class DecisionCache {
	#lifeCycle: LifeCycle;
	#crypto: Pick<Crypto, "digest">;
	/** Names of records, the one used last at the end. After a boot their order is the storage's. */
	#names: string[] | undefined;

	constructor(lifeCycle: LifeCycle, crypto: Pick<Crypto, "digest">) {
		this.#lifeCycle = lifeCycle;
		this.#crypto = crypto;
	}

	/** What was kept for this question; undefined for nothing. */
	read(question: string): VaultRecord | undefined {
		const { name, sum } = this.keyOf(question);
		if (!this.load().includes(name)) return;
		const record = this.#lifeCycle.readOwned(name);
		// Half a sum makes the name: the record has it whole.
		if (record?.sum !== sum) return;
		this.use(name);
		return record;
	}

	/** A cache only: what cannot be stored is asked again. */
	keep(question: string, decision: VaultRecord): void {
		const { name, sum } = this.keyOf(question);
		this.use(name);
		const names = this.load();
		try {
			while (names.length > limits.decisions) this.#lifeCycle.deleteOwned(names.shift()!);
			this.#lifeCycle.writeOwned(name, { ...decision, sum });
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
		const sum = this.#crypto.digest("SHA-256", encodeUTF8(question));
		return { name: PREFIX + encodeBase32(sum.subarray(0, NAME_BYTES)), sum: encodeBase64(sum.subarray(NAME_BYTES, 24)) };
	}
}
