// The life on the network: connects, logs in, carries stanzas, comes back after a pause.
import type { Host } from "../host.js";
import { limits } from "../limits.js";
import type { Element } from "../xml/element.js";
import type { Parts } from "../xml/parser.js";
import type { Writer } from "../xml/writer.js";
import type { AccountStore } from "./account.js";
import { IQRouter } from "./iq.js";
import { isJID } from "./jid.js";
import { Liveness } from "./liveness.js";
import { Login } from "./login.js";
import { PING } from "./ping.js";
import { Backoff } from "./reconnect.js";
import type { Scheduler, Task } from "./scheduler.js";
import { NAMESPACE_CLIENT, XMPPStream } from "./stream.js";

export type { Account, AccountStore } from "./account.js";
export type { ScramKeys } from "./scram.js";

const PORT_STARTTLS = 5222;
/** XEP-0368 leaves the port to SRV records; this is the one in common use. */
const PORT_DIRECT = 5223;

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
	/** The next try, or the moment that proves the connection stable. */
	#task: Task | undefined;

	constructor(options: SessionOptions) {
		const { host, scheduler, domain } = options;
		if (!isJID(domain) || domain.includes("@") || domain.includes("/")) throw new Error(`"${domain}" is no domain`);
		this.#options = options;
		this.#backoff = new Backoff((count) => host.random(count));
		this.#stream = new XMPPStream({
			host,
			scheduler,
			handler: {
				onConnected: () => this.#login?.connected(),
				onSecure: () => this.#login?.secure(),
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
		const { host, scheduler, domain, address, tls, anchors, accounts } = this.#options;
		this.#task = undefined;
		this.#login = new Login({
			stream: this.#stream,
			scheduler,
			host,
			domain,
			accounts,
			onAccount: (jid) => this.#tell(() => this.#options.onAccount(jid)),
			onBound: (jid) => this.#bound(jid)
		});
		this.#stream.connect({
			domain,
			host: address?.host ?? domain,
			port: address?.port ?? (tls === "direct" ? PORT_DIRECT : PORT_STARTTLS),
			tls,
			anchors
		});
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
		const pause = this.#backoff.next(reason);
		this.#task = this.#options.scheduler.set(pause, () => this.#connect());
		this.#tell(() => this.#options.onOffline(reason, detail, pause));
	}

	#rest(): void {
		this.#options.scheduler.clear(this.#task);
		this.#task = undefined;
		this.#liveness.stop();
		this.#login?.stop();
		this.#login = undefined;
		this.#jid = undefined;
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
