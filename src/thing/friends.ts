// Who sees the thing's presence: its owner, its registry, nobody else (RFC 6121 3). The broker's roster is made to agree.
import { limits } from "../limits.js";
import { sameBare } from "../xmpp/jid.js";
import type { PresenceBook, SubscriptionStep } from "../xmpp/presence.js";
import type { Roster, RosterItem } from "../xmpp/roster.js";

export interface FriendsOptions {
	readonly book: PresenceBook;
	readonly roster: Roster;
	/** Bare JIDs; undefined while there is none. */
	readonly owner: () => string | undefined;
	readonly registry: () => string | undefined;
	readonly onDenied: (from: string) => void;
}

export class Friends {
	#options: FriendsOptions;
	/** What the roster says of the owner. */
	#owner: RosterItem | undefined;
	/** Former owners, and whoever else has no business there. */
	#strays: string[] = [];
	/** The whole roster is passing by, rather than a change of it. */
	#reading = false;

	constructor(options: FriendsOptions) {
		this.#options = options;
	}

	/** Bound: asks for the roster, which presence must wait for (RFC 6121 2.2). */
	online(onReady: () => void): void {
		this.#owner = undefined;
		this.#strays = [];
		this.#reading = true;
		this.#options.roster.request(() => {
			this.#reading = false;
			this.#removeStrays();
			onReady();
			this.#befriend();
		});
	}

	/** One contact of the roster, or a change of it. */
	receive(item: RosterItem): void {
		const { owner, registry } = this.#options;
		if (isOne(item.jid, owner())) this.#owner = item.subscription === "remove" ? undefined : item;
		else if (this.#reading && !isOne(item.jid, registry()) && this.#strays.length < limits.rosterEntries) this.#strays.push(item.jid);
	}

	step(step: SubscriptionStep, from: string): void {
		const { book, owner, registry, onDenied } = this.#options;
		const isOwner = isOne(from, owner());
		if (step === "subscribe") {
			const welcome = isOwner || isOne(from, registry());
			book.subscription(welcome ? "subscribed" : "unsubscribed", from);
			if (isOwner) this.#befriend();
			else if (!welcome) onDenied(from);
		} else if (step === "unsubscribe") book.subscription("unsubscribed", from);
	}

	/** The thing has an owner: it asks for his presence, and grants its own when he asks (R-347-12). */
	claimed(): void {
		this.#owner = undefined;
		this.#befriend();
	}

	/** He was the owner. What a lost connection leaves undone is done when the roster comes next (R-347-19). */
	disowned(owner: string): void {
		this.#owner = undefined;
		this.#options.roster.remove(owner);
	}

	#befriend(): void {
		const { book, owner } = this.#options;
		const jid = owner();
		if (jid === undefined) return;
		const item = this.#owner;
		if (item !== undefined && (item.ask || item.subscription === "to" || item.subscription === "both")) return;
		// Once is enough: the broker's push with ask comes later.
		this.#owner = { jid, subscription: item?.subscription ?? "none", ask: true };
		book.subscription("subscribe", jid);
	}

	/** One after the other, so that they do not fill the table of requests. */
	#removeStrays(): void {
		const jid = this.#strays.pop();
		if (jid !== undefined)
			this.#options.roster.remove(jid, (error) => {
				if (error === undefined) this.#removeStrays();
			});
	}
}

function isOne(jid: string, other: string | undefined): boolean {
	return other !== undefined && sameBare(jid, other);
}
