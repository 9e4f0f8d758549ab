// Contacts as the broker keeps them (RFC 6121 2). Nothing is kept here: a thousand friends pass by one at a time.
import type { Element } from "../xml/element.js";
import type { IQRequest, IQRouter } from "./iq.js";
import { bareJID, isJID, sameJID } from "./jid.js";
import type { StanzaError } from "./stanza-error.js";

export const ROSTER = "jabber:iq:roster";

export interface RosterItem {
	readonly jid: string;
	/** "remove" in a push says that the contact is gone. */
	readonly subscription: "none" | "to" | "from" | "both" | "remove";
	/** We asked for the contact's presence and have no answer yet. */
	readonly ask: boolean;
}

export interface RosterOptions {
	readonly router: IQRouter;
	/** One contact, of the roster or of a change of it. */
	readonly onItem: (item: RosterItem) => void;
}

export class Roster {
	#router: IQRouter;
	#onItem: (item: RosterItem) => void;

	constructor(options: RosterOptions) {
		this.#router = options.router;
		this.#onItem = options.onItem;
		options.router.handle("set", "query", ROSTER, this.receivePush, this);
	}

	/**
	 * Asks for the whole roster; each contact comes in onItem. To be done after every bind before presence is sent: brokers
	 * tell subscriptions and changes only to who has asked (RFC 6121 2.2).
	 */
	request(onDone: (error?: StanzaError) => void): void {
		this.#router.open("get").open("query", ROSTER);
		this.#router.send((answer) => onDone(answer.error), {
			onPart: (part) => {
				const item = parseRosterItem(part);
				// RFC 6121 2.1.2.5: "remove" has no place in a result.
				if (item && item.subscription !== "remove") this.#onItem(item);
			}
		});
	}

	/** Ends the friendship both ways (RFC 6121 2.5). One who is not in the roster is gone already. */
	remove(jid: string, onDone?: (error?: StanzaError) => void): void {
		const writer = this.#router.open("set").open("query", ROSTER);
		writer.open("item").attribute("jid", bareJID(jid)).attribute("subscription", "remove");
		this.#router.send((answer) => onDone?.(answer.error?.condition === "item-not-found" ? undefined : answer.error));
	}

	private receivePush(request: IQRequest): void {
		// RFC 6121 2.1.6: from our own account or not at all. A stranger sees what he would see without roster.
		const own = this.#router.address;
		if (own == null || !sameJID(request.from, bareJID(own))) {
			request.fail("service-unavailable");
			return;
		}
		const items = request.payload.children;
		const item = items.length === 1 ? parseRosterItem(items[0]!) : undefined;
		if (!item) {
			request.fail("bad-request", "a roster push has one item");
			return;
		}
		request.succeed();
		this.#onItem(item);
	}
}

/** One `<item/>`, or undefined when it is none or names nobody. */
export function parseRosterItem(element: Element): RosterItem | undefined {
	const jid = element.attribute("jid");
	if (element.name !== "item" || element.namespace !== ROSTER || jid == null || !isJID(jid)) return;
	return { jid, subscription: subscriptionOf(element.attribute("subscription")), ask: element.attribute("ask") === "subscribe" };
}

function subscriptionOf(text: string | undefined): RosterItem["subscription"] {
	return text === "to" || text === "from" || text === "both" || text === "remove" ? text : "none";
}
