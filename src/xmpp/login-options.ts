// What a login is given, and what it waits for on its way.
import type { Host } from "../host.js";
import type { AccountStore } from "./account.js";
import type { Scheduler } from "./scheduler.js";
import type { APIKey } from "./signed-form.js";
import type { XMPPStream } from "./stream.js";
import type { StreamManagement } from "./stream-management.js";

/** What is awaited, in words for a log. */
export type Step =
	| "the connection"
	| "the features before TLS"
	| "<proceed/>"
	| "TLS"
	| "the features under TLS"
	| "the registration form"
	| "the answer to the registration"
	| "the outcome of SASL"
	| "the features after SASL"
	| "the resumption"
	| "the bound address"
	| "nothing";

export interface LoginOptions {
	readonly stream: XMPPStream;
	readonly scheduler: Scheduler;
	readonly host: Pick<Host, "random" | "crypto" | "clock">;
	readonly domain: string;
	readonly accounts: AccountStore;
	/** A login may be bound by tls-unique, where nothing better can be. */
	readonly tlsUnique?: boolean;
	/** For servers that make accounts only on forms that are signed (XEP-0348). */
	readonly apiKey?: APIKey;
	/** An account that stood once may be made again, under its name and with its password. */
	readonly lost: boolean;
	/** What it holds is resumed if it can be. */
	readonly management: StreamManagement;
	/** A new account stands. */
	readonly onAccount: (jid: string) => void;
	/** Full JID. Every failure is told by the stream's onEnd. */
	readonly onBound: (jid: string) => void;
	/** The held session goes on. */
	readonly onResumed: () => void;
	/** The held session is no more; the login goes on to another. */
	readonly onLost: () => void;
}
