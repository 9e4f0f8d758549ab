// The life on the network: connects, logs in, carries stanzas, comes back after a pause.
import type { Host } from "../host.js";
import { limits } from "../limits.js";
import type { Element } from "../xml/element.js";
import type { Parts } from "../xml/parser.js";
import type { Writer } from "../xml/writer.js";
import type { AccountStore } from "./account.js";
import { type Endpoint, parseHostPort, usualPort } from "./endpoint.js";
import { IQRouter } from "./iq.js";
import { isJID } from "./jid.js";
import { Liveness } from "./liveness.js";
import { Login } from "./login.js";
import { PING } from "./ping.js";
import { Backoff } from "./reconnect.js";
import type { Scheduler, Task } from "./scheduler.js";
import type { APIKey } from "./signed-form.js";
import { NAMESPACE_CLIENT, SEE_OTHER_HOST, XMPPStream } from "./stream.js";

export type { Account, AccountStore } from "./account.js";
export type { ScramKeys } from "./scram.js";

export interface SessionOptions {
	readonly host: Host;
	readonly scheduler: Scheduler;
	/** Of our JID; the certificate must carry it. */
	readonly domain: string;
	/** Where to connect, if not to the domain itself. */
	readonly address?: { readonly host: string; readonly port: number };
	readonly tls: "direct" | "starttls";
	/** PEM; undefined takes the host's own. */
	readonly anchors?: string;
	readonly accounts: AccountStore;
	/** For servers that make accounts only on forms that are signed (XEP-0348). */
	readonly apiKey?: APIKey;
	/** What no other thing has; it spreads the pauses of a herd. */
	readonly seed?: string;
	/** A new account stands. Bare JID. */
	readonly onAccount: (jid: string) => void;
	/** Bound. Full JID; the roster is not asked yet, presence not sent. */
	readonly onOnline: (jid: string) => void;
	/** No connection stands. `retryMilliseconds`: when the next is tried. */
	readonly onOffline: (reason: string, detail: string, retryMilliseconds: number | undefined) => void;
	readonly onMessage: (stanza: Element) => void;
	readonly onPresence: (stanza: Element) => void;
	/** What one of these, or a handler of the router, threw. */
	readonly onError: (error: unknown) => void;
}

export class Session {
	readonly router: IQRouter;
	#options: SessionOptions;
	#stream: XMPPStream;
	#backoff: Backoff;
	#liveness: Liveness;
	#running = false;
	#login: Login | undefined;
	#jid: string | undefined;
	#endpoint: Endpoint | undefined;
	#secure = false;
	/** Where the server sent us, and how often in a row. */
	#elsewhere: Endpoint | undefined;
	#redirections = 0;
	/** The next try, or the moment that proves the connection stable. */
	#task: Task | undefined;

	constructor(options: SessionOptions) {
		const { host, scheduler, domain } = options;
		if (!isJID(domain) || domain.includes("@") || domain.includes("/")) throw new Error(`"${domain}" is no domain`);
		this.#options = options;
		this.#backoff = new Backoff({ random: (count) => host.random(count), seed: options.seed ?? domain });
		this.#stream = new XMPPStream({
			host,
			scheduler,
			handler: {
				onConnected: () => this.#login?.connected(),
				onSecure: () => {
					this.#secure = true;
					this.#login?.secure();
				},
				onPayload: (stanza, payload) => this.#payload(stanza, payload),
				onElement: (element) => this.#receive(element),
				onSkipped: (head) => this.#skipped(head),
				onEnd: (reason, detail) => this.#ended(reason, detail)
			}
		});
		this.router = new IQRouter({
			outbox: this.#stream,
			scheduler,
			random: (count) => host.random(count),
			onError: (error) => this.#report(error)
		});
		this.#liveness = new Liveness({
			scheduler,
			clock: host.clock,
			received: this.#stream,
			ask: () => {
				this.router.open("get", domain).open("ping", PING);
				// Any byte at all is sign enough; an error is an answer too.
				this.router.send(() => undefined);
			},
			onDead: () => this.#stream.end("timeout", "the server is silent")
		});
	}

	/** Full JID while bound. */
	get jid(): string | undefined {
		return this.#jid;
	}

	/** Starts a stanza; what is sent while offline is lost. */
	open(name: "message" | "presence", to?: string): Writer {
		return this.#stream.open(name, to);
	}

	send(): void {
		this.#stream.send();
	}

	/** Connects, and again after every end, until stop(). */
	start(): void {
		if (this.#running) return;
		this.#running = true;
		this.#connect();
	}

	/** Closes the stream in order. No callback follows. */
	stop(): void {
		if (!this.#running) return;
		this.#running = false;
		this.#stream.close();
		this.#rest();
	}

	#connect(): void {
		const { host, scheduler, domain, address, tls, anchors, accounts, apiKey } = this.#options;
		this.#task = undefined;
		if (this.#elsewhere === undefined) this.#redirections = 0;
		const endpoint = this.#elsewhere ?? { host: domain, ...address, port: address?.port ?? usualPort(tls), tls };
		this.#elsewhere = undefined;
		this.#endpoint = endpoint;
		this.#secure = false;
		this.#login = new Login({
			stream: this.#stream,
			scheduler,
			host,
			domain,
			accounts,
			apiKey,
			onAccount: (jid) => this.#tell(() => this.#options.onAccount(jid)),
			onBound: (jid) => this.#bound(jid)
		});
		this.#stream.connect({ domain, ...endpoint, anchors });
	}

	#bound(jid: string): void {
		this.#login = undefined;
		this.#jid = jid;
		this.#stream.carryStanzas();
		this.router.setAddress(jid);
		this.#liveness.start();
		this.#task = this.#options.scheduler.set(limits.stableSeconds * 1000, () => this.#backoff.reset());
		this.#tell(() => this.#options.onOnline(jid));
	}

	#ended(reason: string, detail: string): void {
		this.#rest();
		// What failed with the connection may have asked to stop.
		if (!this.#running) return;
		this.#elsewhere = this.#redirection(reason, detail);
		const pause = this.#elsewhere === undefined ? this.#backoff.next(reason) : 0;
		this.#task = this.#options.scheduler.set(pause, () => this.#connect());
		this.#tell(() => this.#options.onOffline(reason, detail, pause));
	}

	/**
	 * RFC 6120 4.9.3.19: believed only of a server that has shown its certificate, which the other must show as well; in clear
	 * anybody on the way could make the thing knock at doors of the network it stands in.
	 */
	#redirection(reason: string, detail: string): Endpoint | undefined {
		const endpoint = this.#endpoint;
		if (reason !== `stream-error:${SEE_OTHER_HOST}` || !this.#secure || endpoint === undefined) return undefined;
		return this.#redirections++ < limits.redirections ? parseHostPort(detail, endpoint.tls) : undefined;
	}

	#rest(): void {
		this.#options.scheduler.clear(this.#task);
		this.#task = undefined;
		this.#liveness.stop();
		this.#login?.stop();
		this.#login = undefined;
		this.#jid = undefined;
		this.#elsewhere = undefined;
		this.router.setAddress(undefined);
	}

	#payload(stanza: Element, payload: Element): Parts | undefined {
		const isOurs = this.#jid !== undefined && stanza.name === "iq" && stanza.namespace === NAMESPACE_CLIENT;
		return isOurs ? this.router.partsFor(stanza, payload) : undefined;
	}

	#receive(element: Element): void {
		if (this.#login !== undefined) {
			this.#login.receive(element);
			return;
		}
		if (element.namespace !== NAMESPACE_CLIENT) return;
		try {
			if (element.name === "iq") this.router.receive(element);
			else if (element.name === "message") this.#options.onMessage(element);
			else if (element.name === "presence") this.#options.onPresence(element);
		} catch (error) {
			this.#report(error);
		}
	}

	#skipped(head: Element): void {
		if (this.#login !== undefined) this.#login.skipped(head);
		else if (head.name === "iq" && head.namespace === NAMESPACE_CLIENT) this.#tell(() => this.router.skipped(head));
	}

	/** What a stranger's stanza or our own caller breaks does not end the connection. */
	#tell(callback: () => void): void {
		try {
			callback();
		} catch (error) {
			this.#report(error);
		}
	}

	#report(error: unknown): void {
		try {
			this.#options.onError(error);
		} catch {
			// Nobody is left to tell.
		}
	}
}
