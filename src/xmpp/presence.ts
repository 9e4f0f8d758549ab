// Presence (RFC 6121 3 and 4): ours, subscriptions, and who has gone. Who is there is not kept: whoever asks is there.
import type { Element } from "../xml/element.js";
import { bareJID } from "./jid.js";
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
	/** A full JID has left, or what we sent there came back; a bare one stands for all its resources (RFC 6121 4.5.2). */
	readonly onUnavailable?: (from: string) => void;
}

export class PresenceBook {
	#outbox: Outbox;
	#onSubscription: PresenceOptions["onSubscription"];
	#onUnavailable: PresenceOptions["onUnavailable"];

	constructor(options: PresenceOptions) {
		this.#outbox = options.outbox;
		this.#onSubscription = options.onSubscription;
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

	/** Every presence that arrives. */
	receive(stanza: Element): void {
		const from = stanza.attribute("from");
		if (from == null) return;
		const type = stanza.attribute("type");
		switch (type) {
			case "unavailable":
			case "error":
				this.#onUnavailable?.(from);
				break;
			case "subscribe":
			case "subscribed":
			case "unsubscribe":
			case "unsubscribed":
				this.#onSubscription(type, bareJID(from));
		}
	}
}
