// Who sees the thing's presence: its owner, its registry, and whom the owner lets in (RFC 6121 3). The broker's roster is made to agree.
import { limits } from "../limits.js";
import { sameBare } from "../xmpp/jid.js";
import type { PresenceBook, SubscriptionStep } from "../xmpp/presence.js";
import type { Roster, RosterItem } from "../xmpp/roster.js";

export interface FriendsOptions {
	readonly book: PresenceBook;
	readonly roster: Roster;
	/** Bare JIDs: the thing's owner, if it has one, and those of its nodes. */
	readonly owners: () => readonly string[];
	readonly registry: () => string | undefined;
	/** Whether this bare JID may see us; `decide` comes once, perhaps later. */
	readonly isFriend: (jid: string, decide: (allowed: boolean) => void) => void;
	/** Kept with what is the owner's, if there is one: nobody in the roster is there by an earlier owner's choice. */
	readonly swept: { get(): boolean; set(): void };
	readonly onDenied: (from: string) => void;
}

export class Friends {
	#options: FriendsOptions;
	/** Owners whose presence we have, or have asked for. */
	#met: string[] = [];
	/** Former owners, and whoever else has no business there. */
	#strays: string[] = [];
	/** The whole roster is passing by, rather than a change of it. */
	#reading = false;
	/** Nobody in the roster is there by an earlier owner's choice. */
	#clean = false;
	/** There were more strays than are kept at once: the next login finds them. */
	#more = false;

	constructor(options: FriendsOptions) {
		this.#options = options;
	}

	/** Bound: asks for the roster, which presence must wait for (RFC 6121 2.2). */
	online(onReady: () => void): void {
		const swept = this.#options.swept;
		this.#met = [];
		this.#clean = swept.get();
		this.sweep(() => {
			onReady();
			this.befriend();
		});
	}

	/** One contact of the roster, or a change of it. */
	receive(item: RosterItem): void {
		const options = this.#options;
		const gone = item.subscription === "remove";
		this.miss(item.jid);
		if (isOneOf(item.jid, options.owners())) {
			if (item.ask || item.subscription === "to" || item.subscription === "both") this.#met.push(item.jid);
		} else if (this.#reading && !this.#clean && !gone && !isOne(item.jid, options.registry())) {
			if (this.#strays.length < limits.rosterEntries) this.#strays.push(item.jid);
			else this.#more = true;
		}
	}

	step(step: SubscriptionStep, from: string): void {
		const options = this.#options;
		const isOwner = isOneOf(from, options.owners());
		if (step === "subscribe") {
			if (isOwner || isOne(from, options.registry())) {
				options.book.subscription("subscribed", from);
				if (isOwner) this.befriend();
				return;
			}
			this.#options.isFriend(from, (allowed) => {
				options.book.subscription(allowed ? "subscribed" : "unsubscribed", from);
				if (!allowed) options.onDenied(from);
			});
		} else if (step === "unsubscribe") options.book.subscription("unsubscribed", from);
	}

	/** The thing has an owner: it asks for his presence, and grants its own when he asks (R-347-12). */
	claimed(): void {
		if (this.#clean) this.#options.swept.set();
		this.befriend();
	}

	/** The service introduces somebody: his presence is asked for (R-324-14). */
	introduce(jid: string): void {
		this.#options.book.subscription("subscribe", jid);
	}

	/** The service parts us from somebody: neither sees the other any more (R-324-13). Owners cannot be parted from what is theirs. */
	part(jid: string, onDone?: (done: boolean) => void): void {
		if (isOneOf(jid, this.#options.owners())) {
			onDone?.(true);
			return;
		}
		this.miss(jid);
		this.#options.roster.remove(jid, (error) => onDone?.(!error));
	}

	/** He was the owner. What a lost connection leaves undone is done when the roster comes next (R-347-19). */
	disowned(owner: string): void {
		this.#clean = false;
		this.part(owner);
		this.sweep();
	}

	private miss(gone: string): void {
		this.#met = this.#met.filter((jid) => !sameBare(jid, gone));
	}

	/** Every owner, the thing's and its nodes'. */
	befriend(): void {
		const owners = this.#options.owners();
		for (let i = 0; i < owners.length; i++) {
			const jid = owners[i]!;
			if (isOneOf(jid, this.#met)) continue;
			// Once is enough: the broker's push with ask comes later.
			this.#met.push(jid);
			this.#options.book.subscription("subscribe", jid);
		}
	}

	private sweep(onRead?: () => void): void {
		this.#strays = [];
		this.#more = false;
		this.#reading = true;
		this.#options.roster.request((error) => {
			this.#reading = false;
			// A list that broke off says nothing of the rest.
			if (error) this.#more = true;
			this.removeStrays();
			onRead?.();
		});
	}

	/** One after the other, so that they do not fill the table of requests. */
	private removeStrays(): void {
		const options = this.#options;
		if (this.#clean) return;
		const jid = this.#strays.pop();
		if (jid == null) {
			this.#clean = !this.#more;
			if (this.#clean) options.swept.set();
		} else if (isOneOf(jid, options.owners())) this.removeStrays();
		else
			options.roster.remove(jid, (error) => {
				if (!error) this.removeStrays();
			});
	}
}

function isOneOf(jid: string, others: readonly string[]): boolean {
	for (let i = 0; i < others.length; i++) if (sameBare(jid, others[i]!)) return true;
	return false;
}

function isOne(jid: string, other: string | undefined): boolean {
	return other != null && sameBare(jid, other);
}
