// What a session is given, and what it tells.
import type { Host } from "../host.js";
import type { Element } from "../xml/element.js";
import type { AccountStore } from "./account.js";
import type { Scheduler } from "./scheduler.js";
import type { APIKey } from "./signed-form.js";
import type { HeldSession } from "./stream-management.js";

export interface SessionOptions {
	readonly host: Host;
	readonly scheduler: Scheduler;
	/** Of our JID; the certificate must carry it. */
	readonly domain: string;
	/** Where to connect, if it is not to be looked for (locate.ts). */
	readonly address?: { readonly host: string; readonly port: number };
	/** The one kind that is wanted; undefined takes what the domain's records say, else STARTTLS. */
	readonly tls?: "direct" | "starttls";
	/** PEM; undefined takes the host's own. */
	readonly anchors?: string;
	readonly accounts: AccountStore;
	/** A login may be bound by tls-unique (RFC 5929), where nothing better can be. */
	readonly tlsUnique?: boolean;
	/** For servers that make accounts only on forms that are signed (XEP-0348). */
	readonly apiKey?: APIKey;
	/** What no other thing has; it spreads the pauses of a herd. */
	readonly seed?: string;
	/** What suspend() gave before the board slept: gone on with if the server still has it. */
	readonly held?: HeldSession;
	readonly handler: SessionHandler;
}

export interface SessionHandler {
	/** A new account stands. Bare JID. */
	onAccount(jid: string): void;
	/** Bound. Full JID; the roster is not asked yet, presence not sent. */
	onOnline(jid: string): void;
	/**
	 * No connection stands. `retryMilliseconds`: when the next is tried. `held`: the session may be gone on with then, so that what
	 * is sent meanwhile is kept for it and what is asked may yet be answered; onResumed or onLost says what came of it.
	 * `place`: host:port of the connection that ended, if there was one.
	 */
	onOffline(reason: string, detail: string, retryMilliseconds: number | undefined, held: boolean, place: string | undefined): void;
	/** The session goes on as if the connection had never broken. */
	onResumed(jid: string): void;
	/** The session that was held is over: who saw us there sees us go. */
	onLost(): void;
	/** Whose stanzas are looked at however many they are (flood.ts). */
	isFamiliar(from: string): boolean;
	onMessage(stanza: Element): void;
	onPresence(stanza: Element): void;
	/** What one of these, or a handler of the router, threw. */
	onError(error: unknown): void;
}
