// The life of a thing, from the factory to its owner and back: one table, kept in one record.
import type { Host } from "../host.js";
import { bareJID, isJID, sameBare } from "../xmpp/jid.js";
import type { Vault, VaultRecord } from "./vault.js";

/** Each leads to the state of its name. */
export type Step =
	| "account" // an account of our own stands, and nobody knows the thing
	| "registered" // the registry took our tags
	| "claimed" // the registry named our owner
	| "removed" // no longer to be found, still owned (XEP-0347 3.14)
	| "disowned" // nobody's again (XEP-0347 3.16)
	| "paired" // who stood in front of it let a service in that decides, as an owner would (XEP-0324 3.2)
	| "reset" // as from the factory but for its account; the registry is yet to forget it
	| "leaving"; // the same, and the account goes as well

export type State = "factory" | Step;

/** State: the steps from there. A step that is not here is refused. */
const table: Readonly<Record<State, string>> = Object.freeze({
	factory: "account",
	account: "account registered claimed paired reset leaving",
	registered: "registered claimed reset leaving",
	claimed: "claimed removed disowned reset leaving",
	removed: "claimed removed disowned reset leaving",
	disowned: "registered claimed reset leaving",
	paired: "reset leaving",
	reset: "account reset leaving",
	leaving: "account"
});

export interface Claim {
	/** Bare JID; of the service, where the thing is paired. */
	readonly owner: string;
	/** undefined where the registry did not say (R-347-27). */
	readonly public: boolean | undefined;
}

interface Life {
	/** Raised when an owner goes; what carries another one is void. */
	readonly epoch: number;
	readonly state: State;
	readonly claim: Claim | undefined;
	/** Of a node: who gave it up and is yet to be forgotten, by bare JID. */
	readonly former: string | undefined;
}

const COMMIT = "commit";

export class LifeCycle {
	#vault: Vault;
	#life: Life;
	#key: string;
	/** Begins the key of every record that belongs to the owner. */
	#owned: string;
	#node: string | undefined;

	/** `place`: of a node, whose life is its own; one character, that keys may stay short. `node`: which one it is, for another may have been there. */
	constructor(vault: Vault, random: Host["random"], place = "", node?: string) {
		this.#vault = vault;
		this.#key = COMMIT + place;
		this.#owned = `o${place}.`;
		this.#node = node;
		// Without a commit record the epoch is a fresh random one, so that nothing left over from an earlier life fits it.
		this.#life = readLife(vault.read(this.#key), node) ?? {
			epoch: randomEpoch(random),
			state: "factory",
			claim: undefined,
			former: undefined
		};
		this.eraseVoid();
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

	/** Who gave this node up and may still be in the roster; bare JID. */
	get former(): string | undefined {
		return this.#life.former;
	}

	/** He is in no roster of ours any more. */
	forgetFormer(): void {
		const { epoch, state, claim } = this.#life;
		try {
			this.commit(epoch, state, claim, undefined);
		} catch {
			// He is looked for once more, then.
		}
	}

	/** Another one after every disown and reset. */
	get epoch(): number {
		return this.#life.epoch;
	}

	/** Another one whenever somebody comes or goes who must not know what was known before, such as a password. */
	get era(): number {
		return this.#life.epoch * 2 + (this.#life.claim ? 1 : 0);
	}

	/** False when the table, or another owner's claim (R-347-26), forbids it. Throws when it cannot be stored; nothing has changed then. */
	take(step: Exclude<Step, "claimed" | "paired">): boolean;
	take(step: "claimed" | "paired", claim: Claim): boolean;
	take(step: Step, claim?: Claim): boolean {
		const { epoch, state, claim: old, former } = this.#life;
		// No name of a step is part of another's.
		if (!table[state].includes(step)) return false;
		if (claim && old && !sameBare(old.owner, claim.owner)) return false;
		if (step === state && claim?.owner === old?.owner && claim?.public === old?.public) return true;
		// One write: whenever the power goes, the thing is its old owner's or nobody's.
		if (step === "disowned" || step === "reset" || step === "leaving") this.begin(step);
		else this.commit(epoch, step, claim ?? old, former);
		return true;
	}

	/** With the account: one `moved` from another broker makes whatever was before of no use; the power may have gone between one that `stands` and its mark here. */
	agree(moved: boolean, stands: boolean): void {
		if (moved && this.state !== "factory") this.begin("factory");
		if (stands && this.state === "factory") this.take("account");
	}

	/** What was anybody's is void. */
	private begin(state: State): void {
		const { epoch, claim } = this.#life;
		// Of the thing's own last owner nothing needs to be known: whoever is not the next one's friend goes.
		const former = state === "disowned" && this.#node != null ? claim?.owner : undefined;
		this.commit((epoch + 1) >>> 0, state, undefined, former);
		this.eraseVoid();
	}

	/** A record of the present owner's; one of an earlier owner's is none. */
	readOwned(name: string): VaultRecord | undefined {
		const record = this.#vault.read(this.#owned + name);
		return record?.epoch === this.#life.epoch ? record : undefined;
	}

	writeOwned(name: string, record: VaultRecord): void {
		this.#vault.write(this.#owned + name, { ...record, epoch: this.#life.epoch });
	}

	/** Notes that something is done, or lets it be done again after the next boot. */
	mark(name: string): void {
		try {
			this.writeOwned(name, {});
		} catch {
			// Done once more, then.
		}
	}

	deleteOwned(name: string): void {
		this.#vault.delete(this.#owned + name);
	}

	/** The names of the present owner's records that begin so. */
	listOwned(prefix: string): string[] {
		const names = this.#vault.list(this.#owned + prefix).map((key) => key.slice(this.#owned.length));
		return names.filter((name) => this.readOwned(name) != null);
	}

	private commit(epoch: number, state: State, claim: Claim | undefined, former: string | undefined): void {
		this.#vault.write(this.#key, { epoch, state, owner: claim?.owner, public: claim?.public, node: this.#node, former });
		this.#life = { epoch, state, claim, former };
	}

	/** At leisure: the epoch has voided them; what a power cut leaves is erased at the next boot. */
	private eraseVoid(): void {
		try {
			const keys = this.#vault.list(this.#owned);
			for (let i = 0; i < keys.length; i++) if (this.#vault.read(keys[i]!)?.epoch !== this.#life.epoch) this.#vault.delete(keys[i]!);
		} catch {
			// Void all the same.
		}
	}
}

function readLife(record: VaultRecord | undefined, node: string | undefined): Life | undefined {
	if (!record || record.node !== node) return;
	const { epoch, state, owner, public: isPublic, former } = record;
	if (typeof epoch !== "number" || typeof state !== "string" || !Object.hasOwn(table, state)) return;
	const owned = state === "claimed" || state === "removed" || state === "paired";
	if (owned !== (typeof owner === "string" && isJID(owner))) return;
	const claim = owned ? { owner: bareJID(String(owner)), public: typeof isPublic === "boolean" ? isPublic : undefined } : undefined;
	return { epoch, state: state as State, claim, former: typeof former === "string" ? former : undefined };
}

function randomEpoch(random: Host["random"]): number {
	let epoch = 0;
	const bytes = random(4);
	for (let i = 0; i < bytes.length; i++) epoch = (epoch << 8) | bytes[i]!;
	return epoch >>> 0;
}
