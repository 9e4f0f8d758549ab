// Who is subscribed to whom (RFC 6121 2 and 3, appendix A): states and what each stanza does to them.

export type Subscription = "none" | "to" | "from" | "both";

export interface RosterItem {
	readonly jid: string;
	to: boolean;
	from: boolean;
	/** We asked and wait ("pending out"). */
	ask: boolean;
	/** They asked and wait ("pending in"). */
	asked: boolean;
	/** Shown in the roster; a mere request of theirs is not. */
	listed: boolean;
	name: string | undefined;
}

export type Step = "subscribe" | "subscribed" | "unsubscribe" | "unsubscribed";

export function subscriptionOf(item: RosterItem): Subscription {
	if (item.to) return item.from ? "both" : "to";
	return item.from ? "from" : "none";
}

export class Roster {
	#items = new Map<string, RosterItem>();

	/** In the order they came. */
	get items(): readonly RosterItem[] {
		return [...this.#items.values()];
	}

	get listed(): readonly RosterItem[] {
		return this.items.filter((item) => item.listed);
	}

	find(jid: string): RosterItem | undefined {
		return this.#items.get(jid);
	}

	item(jid: string): RosterItem {
		let item = this.#items.get(jid);
		if (!item) {
			item = { jid, to: false, from: false, ask: false, asked: false, listed: false, name: undefined };
			this.#items.set(jid, item);
		}
		return item;
	}

	remove(jid: string): void {
		this.#items.delete(jid);
	}

	/** What our own stanza does (RFC 6121 3.1.2, 3.2.2, 3.3.2, 3.1.5); true when it goes on to the contact. */
	outbound(step: Step, jid: string): boolean {
		const item = this.item(jid);
		switch (step) {
			case "subscribe":
				item.listed = true;
				item.ask = !item.to;
				return true;
			case "unsubscribe":
				item.to = false;
				item.ask = false;
				return true;
			case "subscribed":
				// Without a request it would be a grant ahead of time, which this broker does not know.
				if (!item.asked) return false;
				item.asked = false;
				item.from = true;
				item.listed = true;
				return true;
			case "unsubscribed": {
				const routed = item.from || item.asked;
				item.from = false;
				item.asked = false;
				if (!item.listed) this.remove(jid);
				return routed;
			}
		}
	}

	/** What the contact's stanza does (3.1.3, 3.1.6, 3.2.3, 3.3.3); true when it is delivered. */
	inbound(step: Step, jid: string): boolean {
		const item = this.#items.get(jid);
		switch (step) {
			case "subscribe": {
				if (item?.from) return false;
				const wanted = this.item(jid);
				const known = wanted.asked;
				wanted.asked = true;
				return !known;
			}
			case "subscribed":
				if (!item?.ask) return false;
				item.ask = false;
				item.to = true;
				return true;
			case "unsubscribe":
				if (!item || !(item.from || item.asked)) return false;
				item.from = false;
				item.asked = false;
				if (!item.listed) this.remove(jid);
				return true;
			case "unsubscribed":
				if (!item || !(item.to || item.ask)) return false;
				item.to = false;
				item.ask = false;
				return true;
		}
	}
}
