// What the box remembers, and the interface of whatever keeps it; here in memory, for tests and virtual time.

import { type DecisionStore, MemoryDecisions } from "./decision-store.js";
import { type KeyStore, MemoryKeys } from "./key-store.js";
import type { Tag } from "./tags.js";
import { MemoryTokens, type TokenStore } from "./token-store.js";

/** One thing: a bare JID, and behind a concentrator the node (XEP-0347 3.5). */
export interface ThingID {
	readonly jid: string;
	/** The triple in the order of Dialect.node; "" where absent. */
	readonly node: readonly [string, string, string];
}

export interface ThingRecord extends ThingID {
	/** The namespace it registered in: what it is told comes in the same. */
	readonly namespace: string;
	/** Without KEY, always. */
	readonly tags: readonly Tag[];
	/** Of the tags as registered, KEY included; undefined after a disown, when nobody can claim it until it registers anew. */
	readonly fingerprint?: string;
	readonly owner?: string;
	readonly selfOwned: boolean;
	/** Shown to everyone who searches. */
	readonly listed: boolean;
	/** It knows of its owner: acknowledged `claimed`, or saw it in the answer to `register`. */
	readonly told: boolean;
	/** The full JID it was last seen with. */
	readonly address?: string;
	/** Milliseconds since 1970. */
	readonly registeredAt: number;
	readonly claimedAt?: number;
}

export interface Store {
	get(id: ThingID): ThingRecord | undefined;
	put(thing: ThingRecord): void;
	delete(id: ThingID): void;
	/** Bare JIDs of all things, each once. In a stable order, as are all that follow. */
	jids(): readonly string[];
	ofJID(jid: string): readonly ThingRecord[];
	ofOwner(owner: string): readonly ThingRecord[];
	ofFingerprint(fingerprint: string): readonly ThingRecord[];
	listed(): Iterable<ThingRecord>;
	/** All or nothing, decisions and keys included. */
	transaction(action: () => void): void;
	readonly decisions: DecisionStore;
	readonly keys: KeyStore;
	readonly tokens: TokenStore;
}

export const keyOf = ({ jid, node }: ThingID): string => JSON.stringify([jid, ...node]);

export class MemoryStore implements Store {
	readonly decisions = new MemoryDecisions();
	readonly keys = new MemoryKeys();
	readonly tokens = new MemoryTokens();
	#things = new Map<string, ThingRecord>();

	get(id: ThingID): ThingRecord | undefined {
		return this.#things.get(keyOf(id));
	}

	put(thing: ThingRecord): void {
		this.#things.set(keyOf(thing), Object.freeze({ ...thing }));
	}

	delete(id: ThingID): void {
		this.#things.delete(keyOf(id));
	}

	jids(): readonly string[] {
		return [...new Set([...this.#things.values()].map(({ jid }) => jid))].sort();
	}

	ofJID(jid: string): readonly ThingRecord[] {
		return this.#where((thing) => thing.jid === jid);
	}

	ofOwner(owner: string): readonly ThingRecord[] {
		return this.#where((thing) => thing.owner === owner);
	}

	ofFingerprint(fingerprint: string): readonly ThingRecord[] {
		return this.#where((thing) => thing.fingerprint === fingerprint);
	}

	listed(): Iterable<ThingRecord> {
		return this.#where((thing) => thing.listed);
	}

	transaction(action: () => void): void {
		const before = new Map(this.#things);
		const undo = [this.decisions.snapshot(), this.keys.snapshot(), this.tokens.snapshot()];
		try {
			action();
		} catch (error) {
			this.#things = before;
			for (const back of undo) back();
			throw error;
		}
	}

	#where(holds: (thing: ThingRecord) => boolean): readonly ThingRecord[] {
		return [...this.#things]
			.filter(([, thing]) => holds(thing))
			.sort(([a], [b]) => (a < b ? -1 : 1))
			.map(([, thing]) => thing);
	}
}
