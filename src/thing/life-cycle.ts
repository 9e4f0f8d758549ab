// The life of a thing, from the factory to its owner and back: one table, kept in one record.
import type { Host } from "../host.js";
import { bareJID, isJID, sameBare } from "../xmpp/jid.js";
import type { Vault, VaultRecord } from "./vault.js";

export type State = "factory" | "account" | "registered" | "claimed" | "removed" | "disowned";

export type Step =
	| "account" // the broker made our account
	| "registered" // the registry took our tags
	| "claimed" // the registry named our owner
	| "removed" // no longer to be found, still owned (XEP-0347 3.14)
	| "disowned"; // nobody's again (XEP-0347 3.16)

/** State, step, next state. A step that is not here is refused. */
const table: Readonly<Record<State, Readonly<Partial<Record<Step, State>>>>> = Object.freeze({
	factory: Object.freeze({ account: "account" }),
	account: Object.freeze({ account: "account", registered: "registered", claimed: "claimed" }),
	registered: Object.freeze({ registered: "registered", claimed: "claimed" }),
	claimed: Object.freeze({ claimed: "claimed", removed: "removed", disowned: "disowned" }),
	removed: Object.freeze({ claimed: "claimed", removed: "removed", disowned: "disowned" }),
	disowned: Object.freeze({ registered: "registered", claimed: "claimed" })
});

export interface Claim {
	/** Bare JID. */
	readonly owner: string;
	/** undefined where the registry did not say (R-347-27). */
	readonly public: boolean | undefined;
}

interface Life {
	/** Raised when an owner goes; what carries another one is void. */
	readonly epoch: number;
	readonly state: State;
	readonly claim: Claim | undefined;
}

const COMMIT = "commit";
/** Begins the key of every record that belongs to the owner. */
const OWNED = "o.";

export class LifeCycle {
	#vault: Vault;
	#life: Life;

	constructor(vault: Vault, random: Host["random"]) {
		this.#vault = vault;
		// Without a commit record the epoch is a fresh random one, so that nothing left over from an earlier life fits it.
		this.#life = readLife(vault.read(COMMIT)) ?? { epoch: randomEpoch(random), state: "factory", claim: undefined };
		this.#eraseVoid();
	}

	get state(): State {
		return this.#life.state;
	}

	/** Bare JID of the owner. */
	get owner(): string | undefined {
		return this.#life.claim?.owner;
	}

	get public(): boolean | undefined {
		return this.#life.claim?.public;
	}

	/** False when the table, or another owner's claim (R-347-26), forbids it. Throws when it cannot be stored; nothing has changed then. */
	take(step: Exclude<Step, "claimed">): boolean;
	take(step: "claimed", claim: Claim): boolean;
	take(step: Step, claim?: Claim): boolean {
		const { epoch, state, claim: old } = this.#life;
		const next = table[state][step];
		if (next === undefined) return false;
		if (claim !== undefined && old !== undefined && !sameBare(old.owner, claim.owner)) return false;
		if (next === state && claim?.owner === old?.owner && claim?.public === old?.public) return true;
		// One write: whenever the power goes, the thing is its old owner's or nobody's.
		if (step === "disowned") this.#commit({ epoch: (epoch + 1) >>> 0, state: next, claim: undefined });
		else this.#commit({ epoch, state: next, claim: claim ?? old });
		if (step === "disowned") this.#eraseVoid();
		return true;
	}

	/** Another broker: whatever was before is of no use there. */
	restart(): void {
		this.#commit({ epoch: (this.#life.epoch + 1) >>> 0, state: "factory", claim: undefined });
		this.#eraseVoid();
	}

	/** A record of the present owner's; one of an earlier owner's is none. */
	readOwned(name: string): VaultRecord | undefined {
		const record = this.#vault.read(OWNED + name);
		return record?.epoch === this.#life.epoch ? record : undefined;
	}

	writeOwned(name: string, record: VaultRecord): void {
		this.#vault.write(OWNED + name, { ...record, epoch: this.#life.epoch });
	}

	deleteOwned(name: string): void {
		this.#vault.delete(OWNED + name);
	}

	/** The names of the present owner's records that begin so. */
	listOwned(prefix: string): string[] {
		const names = this.#vault.list(OWNED + prefix).map((key) => key.slice(OWNED.length));
		return names.filter((name) => this.readOwned(name) !== undefined);
	}

	#commit(life: Life): void {
		this.#vault.write(COMMIT, { epoch: life.epoch, state: life.state, owner: life.claim?.owner, public: life.claim?.public });
		this.#life = life;
	}

	/** At leisure: the epoch has voided them; what a power cut leaves is erased at the next boot. */
	#eraseVoid(): void {
		try {
			for (const key of this.#vault.list(OWNED)) if (this.#vault.read(key)?.epoch !== this.#life.epoch) this.#vault.delete(key);
		} catch {
			// Void all the same.
		}
	}
}

function readLife(record: VaultRecord | undefined): Life | undefined {
	if (record === undefined) return undefined;
	const { epoch, state, owner, public: isPublic } = record;
	if (typeof epoch !== "number" || typeof state !== "string" || !Object.hasOwn(table, state)) return undefined;
	const owned = state === "claimed" || state === "removed";
	if (owned !== (typeof owner === "string" && isJID(owner))) return undefined;
	const claim = owned ? { owner: bareJID(String(owner)), public: typeof isPublic === "boolean" ? isPublic : undefined } : undefined;
	return { epoch, state: state as State, claim };
}

function randomEpoch(random: Host["random"]): number {
	let epoch = 0;
	for (const byte of random(4)) epoch = (epoch << 8) | byte;
	return epoch >>> 0;
}
