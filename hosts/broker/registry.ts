// The Thing Registry (XEP-0347 and its ieee dialect): pure logic over a store; time, the network and chance are its caller's.

import { type Element, xml } from "@xmpp/xml";
import { nodeAttributes, writeFound } from "./found.js";
import { bare, isFull } from "./jid.js";
import { parseBoolean, parseSearch, type Search } from "./search.js";
import { keyOf, type Store, type ThingID, type ThingRecord } from "./store.js";
import { BadRequest, type Dialect, dialectOf, fingerprint, mergeTags, parseTags, type Tag, withoutKey } from "./tags.js";

/** Nodes behind one JID. */
const NODES = 256;
/** Accounts that are remembered as online, and connections of each. */
const ONLINE = 10_000;
const RESOURCES = 8;

/** An empty outcome is an empty result. */
export interface Outcome {
	readonly payload?: Element;
	readonly condition?:
		| "bad-request"
		| "forbidden"
		| "item-not-found"
		| "internal-server-error"
		| "not-acceptable"
		| "not-allowed"
		| "resource-constraint"
		| "service-unavailable";
	readonly text?: string;
}

/** What a thing made of what it was told; unreachable: it is not there, or did not answer. */
export type Reaction = "acknowledged" | "refused" | "unreachable";

/** Told to whoever runs the box. Never holds a KEY. */
export interface RegistryEvent {
	readonly event:
		| ("registered" | "claimed" | "told" | "refused" | "updated" | "removed" | "disowned" | "unregistered" | "replaced" | "twin")
		// Of the provisioning service: somebody wants something of the thing, its owner decided, or took back what he had decided; or that came to its end.
		| ("asked" | "allowed" | "denied" | "forgotten" | "ended")
		// Of the API-key office: keys that come and go, accounts that were made or not. `by` is the name of the key.
		| ("key-added" | "key-revoked" | "account" | "account-refused" | "account-gone");
	readonly thing: string;
	/** Of one behind it, its name. */
	readonly node?: string;
	readonly by?: string;
	/** What exactly, or why; of a decision as JSON. */
	readonly detail?: string;
}

export interface RegistryOptions {
	readonly store: Store;
	now(): number;
	/** Of the text's UTF-8, as 64 hexadecimal digits; keyed, where the store is one that lasts. */
	readonly sha256: (text: string) => string;
	/** Sends an iq of type set to a full JID and brings back what came of it, exactly once. */
	ask(to: string, payload: Element, onReaction: (reaction: Reaction) => void): void;
	event(event: RegistryEvent): void;
}

/** Claims of one account that met no thing, within an hour: a KEY is not to be found by trying. */
const GUESSES = 20;
const GUESSERS = 10_000;
const HOUR = 3_600_000;

/** Too many claims that met nothing. */
export class TooMany extends Error {}

const NOT_FOUND: Outcome = { condition: "item-not-found" };

export class Registry {
	readonly #store: Store;
	readonly #options: RegistryOptions;
	/** Full JIDs that are online, by bare JID, the newest last. */
	readonly #online = new Map<string, Set<string>>();
	/** Claims that met nothing in this hour, by account. */
	readonly #guesses = new Map<string, number>();
	#hour = 0;
	/** Things that are being told or disowned. */
	readonly #busy = new Set<string>();

	constructor(options: RegistryOptions) {
		this.#options = options;
		this.#store = options.store;
	}

	/** Takes a request whose payload is in one of the discovery namespaces; answers exactly once, perhaps later. */
	handle(type: "get" | "set", from: string, payload: Element, answer: (outcome: Outcome) => void): void {
		let outcome: Outcome | undefined;
		try {
			outcome = this.#outcome(type, from, payload, answer);
		} catch (error) {
			if (!(error instanceof BadRequest || error instanceof TooMany)) throw error;
			outcome = { condition: error instanceof TooMany ? "resource-constraint" : "bad-request", text: error.message };
		}
		if (outcome !== undefined) answer(outcome);
	}

	/** Presence came from here: what the thing has missed is told now. */
	available(jid: string): void {
		if (!isFull(jid)) return;
		this.#remember(jid);
		for (const thing of this.#store.ofJID(bare(jid))) {
			const moved = thing.address === jid ? thing : { ...thing, address: jid };
			if (moved !== thing) this.#store.put(moved);
			this.#tell(moved);
		}
	}

	/** Bounded, for anyone may send presence; who is forgotten is still known by his last address. */
	#remember(jid: string): void {
		const resources = this.#online.get(bare(jid)) ?? new Set();
		resources.delete(jid);
		resources.add(jid);
		if (resources.size > RESOURCES) resources.delete(resources.values().next().value!);
		this.#online.delete(bare(jid));
		this.#online.set(bare(jid), resources);
		if (this.#online.size > ONLINE) this.#online.delete(this.#online.keys().next().value!);
	}

	unavailable(jid: string): void {
		const resources = this.#online.get(bare(jid));
		resources?.delete(jid);
		if (resources?.size === 0) this.#online.delete(bare(jid));
	}

	/** The broker is gone, and with it all we knew of who is online. */
	forgetPresence(): void {
		this.#online.clear();
	}

	isOnline(jid: string): boolean {
		return this.#online.has(jid);
	}

	thingsOf(owner: string): readonly ThingRecord[] {
		return this.#store.ofOwner(bare(owner));
	}

	/** The thing that is now the claimant's, undefined when there is none to claim by these tags. No reason is given (XEP-0347 3.6). Throws TooMany. */
	claim(claimant: string, tags: readonly Tag[], isPublic: boolean): ThingRecord | undefined {
		const owner = bare(claimant);
		const guesses = this.#guessesOf(owner);
		if (guesses >= GUESSES) throw new TooMany("Too many claims that meet no thing: try again in an hour.");
		const thing = this.#claim(owner, tags, isPublic);
		if (thing === undefined) this.#guesses.set(owner, guesses + 1);
		return thing;
	}

	#guessesOf(who: string): number {
		const hour = Math.floor(this.#options.now() / HOUR);
		if (hour !== this.#hour || this.#guesses.size > GUESSERS) this.#guesses.clear();
		this.#hour = hour;
		return this.#guesses.get(who) ?? 0;
	}

	#claim(owner: string, tags: readonly Tag[], isPublic: boolean): ThingRecord | undefined {
		const things = tags.length > 0 ? this.#store.ofFingerprint(fingerprint(tags, this.#options.sha256)) : [];
		const free = things.find((thing) => thing.owner === undefined && !thing.selfOwned && thing.jid !== owner);
		if (free === undefined) return things.find((thing) => thing.owner === owner);
		const claimed: ThingRecord = { ...free, owner, listed: isPublic, told: false, claimedAt: this.#options.now() };
		this.#store.put(claimed);
		this.#note("claimed", free, owner);
		this.#tell(claimed);
		return claimed;
	}

	/** Final only when the thing has acknowledged it, else it could never be claimed again (XEP-0347 3.14). */
	disown(thing: ThingRecord, onDone: (done: boolean) => void): void {
		const key = keyOf(thing);
		const address = this.#addressOf(thing);
		const disowning = `disown ${key}`;
		if (address === undefined || this.#busy.has(disowning)) {
			onDone(false);
			return;
		}
		this.#busy.add(disowning);
		this.#options.ask(address, this.#toThing("disowned", thing), (reaction) => {
			this.#busy.delete(disowning);
			const now = this.#store.get(thing);
			const done = reaction === "acknowledged" && now?.owner === thing.owner && now?.claimedAt === thing.claimedAt;
			if (done) {
				const { owner, claimedAt, ...rest } = now!;
				this.#store.put({ ...rest, fingerprint: undefined, tags: [], listed: false, told: false });
				this.#note("disowned", thing, owner);
			}
			onDone(done);
		});
	}

	/** It leaves the searches and stays his: without the record a finder of the sticker could claim it. */
	hide(thing: ThingRecord): void {
		if (!thing.listed) return;
		this.#store.put({ ...thing, listed: false });
		this.#note("removed", thing, thing.owner);
		const address = this.#addressOf(thing);
		if (address !== undefined) this.#options.ask(address, this.#toThing("removed", thing), () => {});
	}

	/** undefined when the answer waits for the thing. */
	#outcome(type: string, from: string, payload: Element, answerLater: (outcome: Outcome) => void): Outcome | undefined {
		const dialect = dialectOf(payload.getNS());
		if (dialect === undefined) return { condition: "service-unavailable" };
		switch (`${type} ${payload.getName()}`) {
			case "set register":
				return this.#register(from, payload, dialect);
			case "set mine":
				return this.#mine(from, payload, dialect);
			case "set update":
				return this.#update(from, payload, dialect);
			case "set unregister":
				return this.#unregister(from, payload, dialect);
			case "set remove":
				return this.#remove(from, payload, dialect);
			case "set disown": {
				const thing = this.#owned(from, payload, dialect);
				if (thing === undefined) return NOT_FOUND;
				this.disown(thing, (done) => answerLater(done ? {} : { condition: "not-allowed" }));
				return undefined;
			}
			case "get search":
				return this.#search(payload, dialect);
			default:
				return { condition: "service-unavailable" };
		}
	}

	#register(from: string, payload: Element, dialect: Dialect): Outcome {
		const id = this.#idOf(bare(from), payload, dialect);
		const tags = parseTags(payload, dialect);
		if (tags.length === 0) throw new BadRequest("A thing registers with at least one tag.");
		const selfOwned = parseBoolean(payload.attrs.selfOwned, false);
		const known = this.#store.get(id);
		const address = isFull(from) ? from : known?.address;
		if (known?.owner !== undefined) {
			// XEP-0347 3.3: nothing of it changes, and the thing learns whose it is.
			this.#store.put({ ...known, address, told: true });
			if (!known.told) this.#note("told", id, known.owner);
			return { payload: this.#claimedBy(known, dialect) };
		}
		if (known === undefined && this.#store.ofJID(id.jid).length >= NODES) return { condition: "resource-constraint" };
		const print = fingerprint(tags, this.#options.sha256);
		const twins = this.#store.ofFingerprint(print).filter((thing) => keyOf(thing) !== keyOf(id));
		this.#store.transaction(() => {
			for (const twin of twins) if (twin.owner === undefined && !twin.selfOwned) this.#store.delete(twin);
			this.#store.put({
				...{ ...id, namespace: dialect.namespace, tags: withoutKey(tags), fingerprint: print, selfOwned, listed: selfOwned, told: false },
				...{ address, registeredAt: this.#options.now() }
			});
		});
		for (const twin of twins) {
			const event = twin.owner === undefined && !twin.selfOwned ? "replaced" : "twin";
			this.#note(event, twin, id.jid);
		}
		if (known?.fingerprint !== print) this.#note("registered", id);
		return {};
	}

	#mine(from: string, payload: Element, dialect: Dialect): Outcome {
		const tags = parseTags(payload, dialect);
		if (tags.length === 0) throw new BadRequest("A claim repeats the tags of the thing.");
		const thing = this.claim(from, tags, parseBoolean(payload.attrs.public, true));
		if (thing === undefined) return NOT_FOUND;
		return { payload: xml("claimed", { xmlns: dialect.namespace, jid: thing.jid, ...nodeAttributes(thing, dialect) }) };
	}

	#update(from: string, payload: Element, dialect: Dialect): Outcome {
		const changes = parseTags(payload, dialect);
		const byOwner = payload.attrs.jid !== undefined && bare(payload.attrs.jid) !== bare(from);
		const thing = byOwner ? this.#owned(from, payload, dialect) : this.#store.get(this.#idOf(bare(from), payload, dialect));
		if (thing === undefined) return NOT_FOUND;
		if (thing.owner === undefined && !thing.selfOwned) return { payload: xml("disowned", { xmlns: dialect.namespace }) };
		// Removed or claimed as private: nothing is wanted of it any more (XEP-0347 3.10).
		if (!thing.listed) return NOT_FOUND;
		this.#store.put({ ...thing, tags: mergeTags(thing.tags, changes) });
		this.#note("updated", thing, bare(from));
		return {};
	}

	#unregister(from: string, payload: Element, dialect: Dialect): Outcome {
		this.#drop(this.#store.get(this.#idOf(bare(from), payload, dialect)));
		return {};
	}

	/** The account is no more: its thing and nodes are nobody's. */
	forget(jid: string): void {
		for (const thing of this.#store.ofJID(jid)) this.#drop(thing);
	}

	#drop(thing: ThingRecord | undefined): void {
		if (thing === undefined) return;
		this.#store.delete(thing);
		this.#note("unregistered", thing);
	}

	#remove(from: string, payload: Element, dialect: Dialect): Outcome {
		const thing = this.#owned(from, payload, dialect);
		if (thing === undefined) return NOT_FOUND;
		this.hide(thing);
		return {};
	}

	#search(payload: Element, dialect: Dialect): Outcome {
		const search = parseSearch(payload, dialect);
		return { payload: writeFound(matching(this.#store.listed(), search), dialect, search.offset, search.maxCount) };
	}

	/** The thing of jid and node attributes, if it is the asker's; to everyone else it does not exist. */
	#owned(from: string, payload: Element, dialect: Dialect): ThingRecord | undefined {
		if (!payload.attrs.jid) throw new BadRequest("The jid of the thing is missing.");
		const thing = this.#store.get(this.#idOf(bare(payload.attrs.jid), payload, dialect));
		return thing?.owner === bare(from) ? thing : undefined;
	}

	#idOf(jid: string, payload: Element, dialect: Dialect): ThingID {
		const [node = "", source = "", partition = ""] = dialect.node.map((name) => payload.attrs[name]);
		if ([node, source, partition].some((part) => part.length > 256)) throw new BadRequest("A node's name has more than 256 characters.");
		return { jid, node: [node, source, partition] };
	}

	#note(event: RegistryEvent["event"], { jid, node }: ThingID, by?: string): void {
		this.#options.event({ event, thing: jid, ...(node[0] === "" ? {} : { node: node[0] }), ...(by === undefined ? {} : { by }) });
	}

	/** Of an account with things: the full JID it was last seen with. */
	addressOf(jid: string): string | undefined {
		const thing = this.#store.ofJID(jid).at(-1);
		return thing && this.#addressOf(thing);
	}

	/** Where it was last seen: online now, else where it was; an address that has gone bounces. */
	#addressOf(thing: ThingRecord): string | undefined {
		return [...(this.#online.get(thing.jid) ?? [])].at(-1) ?? thing.address;
	}

	/** Tells a thing whose it is, until it knows. */
	#tell(thing: ThingRecord): void {
		const address = this.#addressOf(thing);
		const telling = `tell ${keyOf(thing)} ${address} ${thing.claimedAt}`;
		if (thing.owner === undefined || thing.told || address === undefined || this.#busy.has(telling)) return;
		this.#busy.add(telling);
		this.#options.ask(address, this.#toThing("claimed", thing), (reaction) => {
			this.#busy.delete(telling);
			const now = this.#store.get(thing);
			if (now?.owner !== thing.owner || now?.claimedAt !== thing.claimedAt || reaction === "unreachable") return;
			if (reaction === "acknowledged") this.#store.put({ ...now!, told: true });
			this.#note(reaction === "acknowledged" ? "told" : "refused", thing, thing.owner);
		});
	}

	#toThing(what: "claimed" | "removed" | "disowned", thing: ThingRecord): Element {
		const dialect = dialectOf(thing.namespace)!;
		if (what === "claimed") return this.#claimedBy(thing, dialect);
		return xml(what, { xmlns: dialect.namespace, ...nodeAttributes(thing, dialect) });
	}

	/** public is always written: the schema's default is false, the text and its examples mean true. */
	#claimedBy(thing: ThingRecord, dialect: Dialect): Element {
		return xml("claimed", { xmlns: dialect.namespace, jid: thing.owner, public: `${thing.listed}`, ...nodeAttributes(thing, dialect) });
	}
}

function* matching(things: Iterable<ThingRecord>, search: Search): Iterable<ThingRecord> {
	for (const thing of things) if (search.matches(thing.tags)) yield thing;
}
