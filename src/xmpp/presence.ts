// Who is there (RFC 6121 3 and 4): our own presence, subscriptions, and the full JIDs of contacts who are available.
import { limits } from "../limits.js";
import type { Element } from "../xml/element.js";
import { bareJID, foldJID, resourceOf } from "./jid.js";
import type { Outbox } from "./outbox.js";

export const CAPS = "http://jabber.org/protocol/caps";

/** What our disco#info is, in one hash (XEP-0115). */
export interface Caps {
	readonly node: string;
	readonly ver: string;
}

export type SubscriptionStep = "subscribe" | "subscribed" | "unsubscribe" | "unsubscribed";

export interface PresenceOptions {
	readonly outbox: Outbox;
	/** A contact, by bare JID, asks for, grants, gives up or takes back a subscription. */
	readonly onSubscription: (step: SubscriptionStep, from: string) => void;
	/** A full JID came: once until it leaves. */
	readonly onAvailable?: (from: string) => void;
	/** A full JID has left, or what we sent there came back. Also told of those that never were in the book. */
	readonly onUnavailable?: (from: string) => void;
}

export class PresenceBook {
	#outbox: Outbox;
	#onSubscription: PresenceOptions["onSubscription"];
	#onAvailable: PresenceOptions["onAvailable"];
	#onUnavailable: PresenceOptions["onUnavailable"];
	/** Folded full JIDs; the one longest here goes when the book is full. */
	#available = new Set<string>();

	constructor(options: PresenceOptions) {
		this.#outbox = options.outbox;
		this.#onSubscription = options.onSubscription;
		this.#onAvailable = options.onAvailable;
		this.#onUnavailable = options.onUnavailable;
	}

	/** We are here: told to all who are subscribed, or to `to` alone (RFC 6121 4.2, 4.6). */
	announce(caps: Caps, to?: string): void {
		const writer = this.#outbox.open("presence", to).open("c", CAPS);
		writer.attribute("hash", "sha-1").attribute("node", caps.node).attribute("ver", caps.ver);
		this.#outbox.send();
	}

	/** We go: told to all, or to `to` alone. */
	leave(to?: string): void {
		this.#outbox.open("presence", to).attribute("type", "unavailable");
		this.#outbox.send();
	}

	/** Asks for, grants, gives up or takes back a subscription. The broker wants a bare JID (RFC 6121 3.1.1). */
	subscription(step: SubscriptionStep, to: string): void {
		this.#outbox.open("presence", bareJID(to)).attribute("type", step);
		this.#outbox.send();
	}

	isAvailable(fullJID: string): boolean {
		return this.#available.has(foldJID(fullJID));
	}

	/** The full JIDs of this contact that are available. */
	availableOf(jid: string): readonly string[] {
		const bare = foldJID(bareJID(jid));
		const list: string[] = [];
		for (const full of this.#available) if (bareJID(full) === bare) list.push(full);
		return list;
	}

	/** The connection has ended: nobody is known to be there, and nobody is told. */
	clear(): void {
		this.#available.clear();
	}

	/** Every presence that arrives. */
	receive(stanza: Element): void {
		const from = stanza.attribute("from");
		if (from === undefined) return;
		const type = stanza.attribute("type");
		switch (type) {
			case undefined:
				this.#came(from);
				break;
			case "unavailable":
			case "error":
				this.#left(from);
				break;
			case "subscribe":
			case "subscribed":
			case "unsubscribe":
			case "unsubscribed":
				this.#onSubscription(type, bareJID(from));
		}
	}

	#came(from: string): void {
		const key = foldJID(from);
		if (this.#available.has(key)) return;
		if (this.#available.size >= limits.availableContacts) {
			for (const oldest of this.#available) {
				this.#available.delete(oldest);
				break;
			}
		}
		this.#available.add(key);
		this.#onAvailable?.(from);
	}

	#left(from: string): void {
		if (resourceOf(from) === undefined) {
			// All of the account or component (RFC 6121 4.5.2 allows a bare JID).
			for (const full of this.availableOf(from)) if (resourceOf(full) !== undefined) this.#gone(full);
		}
		this.#gone(from);
	}

	#gone(from: string): void {
		this.#available.delete(foldJID(from));
		this.#onUnavailable?.(from);
	}
}
