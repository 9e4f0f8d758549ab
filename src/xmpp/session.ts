// The life on the network: connects, logs in, carries stanzas, comes back after a pause.
import type { Host } from "../host.js";
import { limits } from "../limits.js";
import type { Element } from "../xml/element.js";
import type { Parts } from "../xml/parser.js";
import type { Writer } from "../xml/writer.js";
import type { AccountStore } from "./account.js";
import { AccountLoss } from "./account-loss.js";
import { type Endpoint, parseHostPort, writeHostPort } from "./endpoint.js";
import { isFeatures, NAMESPACE_CSI, offersRest } from "./features.js";
import { IQRouter } from "./iq.js";
import { isJID } from "./jid.js";
import { Liveness } from "./liveness.js";
import { Locator } from "./locate.js";
import { Login } from "./login.js";
import { PING } from "./ping.js";
import { Backoff } from "./reconnect.js";
import type { Scheduler, Task } from "./scheduler.js";
import type { APIKey } from "./signed-form.js";
import { NAMESPACE_CLIENT, SEE_OTHER_HOST, XMPPStream } from "./stream.js";
import { type HeldSession, NAMESPACE_SM, StreamManagement } from "./stream-management.js";

export type { Account, AccountStore } from "./account.js";
export type { ScramKeys } from "./scram.js";
export type { HeldSession } from "./stream-management.js";

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
	/** For servers that make accounts only on forms that are signed (XEP-0348). */
	readonly apiKey?: APIKey;
	/** What no other thing has; it spreads the pauses of a herd. */
	readonly seed?: string;
	/** What suspend() gave before the board slept: gone on with if the server still has it. */
	readonly held?: HeldSession;
	/** A new account stands. Bare JID. */
	readonly onAccount: (jid: string) => void;
	/** Bound. Full JID; the roster is not asked yet, presence not sent. */
	readonly onOnline: (jid: string) => void;
	/**
	 * No connection stands. `retryMilliseconds`: when the next is tried. `held`: the session may be gone on with then, so that what
	 * is sent meanwhile is kept for it and what is asked may yet be answered; onResumed or onLost says what came of it.
	 * `place`: host:port of the connection that ended, if there was one.
	 */
	readonly onOffline: (
		reason: string,
		detail: string,
		retryMilliseconds: number | undefined,
		held: boolean,
		place: string | undefined
	) => void;
	/** The session goes on as if the connection had never broken. */
	readonly onResumed: (jid: string) => void;
	/** The session that was held is over: who saw us there sees us go. */
	readonly onLost: () => void;
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
	#loss = new AccountLoss();
	#liveness: Liveness;
	#management: StreamManagement;
	#running = false;
	#login: Login | undefined;
	/** Bound or held. */
	#jid: string | undefined;
	#locator: Locator;
	/** Of the present connection; undefined while it is looked for. */
	#endpoint: Endpoint | undefined;
	#secure = false;
	/** How often in a row the server sent us to another. */
	#redirections = 0;
	#online = false;
	/** The server takes it, and it was not said on this stream yet, that nobody looks. */
	#mayRest = false;
	/** The end of what is held. */
	#expiry: Task | undefined;
	/** The next try, or the moment that proves the connection stable. */
	#task: Task | undefined;

	constructor(options: SessionOptions) {
		const { host, scheduler, domain } = options;
		if (!isJID(domain) || domain.includes("@") || domain.includes("/")) throw new Error(`"${domain}" is no domain`);
		this.#options = options;
		this.#backoff = new Backoff({ random: host.random, seed: options.seed ?? domain });
		this.#locator = new Locator({
			network: host.network,
			scheduler,
			random: host.random,
			domain,
			address: options.address,
			tls: options.tls
		});
		this.#stream = new XMPPStream({
			host,
			scheduler,
			handler: {
				onConnected: () => this.#login?.connected(),
				onSecure: () => {
					this.#secure = true;
					if (this.#endpoint !== undefined) this.#locator.worked(this.#endpoint);
					this.#login?.secure();
				},
				onPayload: (stanza, payload) => this.#payload(stanza, payload),
				onElement: (element) => this.#receive(element),
				onSkipped: (head) => this.#skipped(head),
				onStanza: (bytes) => this.#management.send(bytes),
				onEnd: (reason, detail, orderly) => this.#ended(reason, detail, orderly)
			}
		});
		this.#management = new StreamManagement({ stream: this.#stream, onOverflow: () => this.#lose() });
		this.router = new IQRouter({
			outbox: this.#stream,
			scheduler,
			random: host.random,
			onError: (error) => this.#report(error)
		});
		this.#liveness = new Liveness({
			scheduler,
			clock: host.clock,
			received: this.#stream,
			ask: () => this.#ask(),
			onDead: () => this.#stream.abandon("timeout", "the server is silent")
		});
		const { held } = options;
		if (held === undefined) return;
		this.#management.restore(held);
		this.#jid = held.jid;
		this.router.setAddress(held.jid);
	}

	/** Full JID while bound. */
	get jid(): string | undefined {
		return this.#online ? this.#jid : undefined;
	}

	/** Where the server wants a held session to be resumed, as it wrote it; undefined where it does not care. */
	get location(): string | undefined {
		return this.#management.location;
	}

	/** Starts a stanza; what is sent while offline is lost, unless the session is held. */
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

	/** As stop(), but the server is not told: what this gives can be gone on with by another life of the board. */
	suspend(): HeldSession | undefined {
		const jid = this.#jid;
		const running = this.#running;
		this.#running = false;
		this.#stream.abandon("suspended", "the board goes to sleep");
		const held = jid === undefined || !running ? undefined : this.#management.keepsake(jid);
		this.#rest();
		this.#forget();
		return held;
	}

	/** Closes the stream in order. No callback follows. */
	stop(): void {
		if (!this.#running) return;
		this.#running = false;
		// So that nothing we have is given back to who sent it.
		this.#management.answer();
		this.#locator.stop();
		this.#stream.close();
		this.#rest();
		this.#forget();
	}

	#ask(): void {
		if (this.#mayRest) {
			// Nobody looks at a screen here: what can wait may come with what cannot (XEP-0352). Said in a quiet moment: Prosody's
			// mod_csi_simple holds back the answers that it was about to send.
			this.#mayRest = false;
			this.#stream.openElement("inactive", NAMESPACE_CSI);
			this.#stream.send();
			if (!this.#online) return;
		}
		if (this.#management.enabled) {
			this.#management.ask();
			return;
		}
		this.router.open("get", this.#options.domain).open("ping", PING);
		// Any byte at all is sign enough; an error is an answer too.
		this.router.send(() => undefined);
	}

	#connect(): void {
		this.#task = undefined;
		this.#endpoint = undefined;
		this.#secure = false;
		this.#locator.next(
			(endpoint) => this.#open(endpoint),
			(reason, detail) => this.#ended(reason, detail, false)
		);
	}

	#open(endpoint: Endpoint): void {
		const { host, scheduler, domain, anchors, accounts, apiKey } = this.#options;
		this.#endpoint = endpoint;
		this.#login = new Login({
			stream: this.#stream,
			scheduler,
			host,
			domain,
			accounts,
			apiKey,
			management: this.#management,
			lost: this.#loss.lost,
			onAccount: (jid) => this.#tell(() => this.#options.onAccount(jid)),
			onBound: (jid) => this.#bound(jid),
			onResumed: () => this.#resumed(),
			onLost: () => this.#lose()
		});
		this.#stream.connect({ ...endpoint, domain, anchors });
	}

	#bound(jid: string): void {
		this.#loss.reset();
		this.#jid = jid;
		this.router.setAddress(jid);
		this.#stands();
		this.#tell(() => this.#options.onOnline(jid));
	}

	#resumed(): void {
		this.#stands();
		this.#tell(() => this.#options.onResumed(this.#jid ?? ""));
	}

	#stands(): void {
		const { scheduler } = this.#options;
		this.#login = undefined;
		this.#online = true;
		scheduler.clear(this.#expiry);
		this.#expiry = undefined;
		this.#liveness.start();
		this.#task = scheduler.set(limits.stableSeconds * 1000, () => this.#backoff.reset());
	}

	#ended(reason: string, detail: string, orderly: boolean): void {
		this.#login?.ended();
		const place = this.#endpoint && writeHostPort(this.#endpoint);
		const pause = this.#pause(reason, detail);
		this.#rest();
		const held = this.#management.hold(orderly);
		if (!held) this.#forget();
		// What failed with the connection may have asked to stop.
		if (!this.#running) {
			this.#locator.stop();
			return;
		}
		const { scheduler } = this.#options;
		if (held) this.#expiry ??= scheduler.set(this.#management.seconds * 1000, () => this.#lose());
		this.#task = scheduler.set(pause, () => this.#connect());
		this.#tell(() => this.#options.onOffline(reason, detail, pause, held, place));
	}

	/** What was held is no more. */
	#lose(): void {
		this.#forget();
		if (this.#running) this.#tell(() => this.#options.onLost());
	}

	#forget(): void {
		this.#options.scheduler.clear(this.#expiry);
		this.#expiry = undefined;
		this.#management.reset();
		this.#jid = undefined;
		this.router.setAddress(undefined);
	}

	/** Milliseconds until the next connection: none while there is another place to try (RFC 6120 3.2.1). */
	#pause(reason: string, detail: string): number {
		const elsewhere = this.#redirection(reason, detail);
		if (elsewhere !== undefined) {
			this.#locator.goTo(elsewhere);
			return 0;
		}
		const isPlace = !this.#online && (!this.#secure || reason === "closed" || reason === "timeout");
		if (isPlace && this.#locator.more) return 0;
		this.#locator.stop();
		this.#redirections = 0;
		const pause = this.#backoff.next(reason);
		this.#loss.ended(reason, pause);
		return pause;
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
		this.#online = false;
	}

	#payload(stanza: Element, payload: Element): Parts | undefined {
		const isOurs = this.#online && stanza.name === "iq" && stanza.namespace === NAMESPACE_CLIENT;
		return isOurs ? this.router.partsFor(stanza, payload) : undefined;
	}

	#receive(element: Element): void {
		// After SASL2 they come when all is done already.
		if (isFeatures(element)) this.#mayRest = offersRest(element);
		if (this.#login !== undefined) {
			this.#login.receive(element);
			return;
		}
		if (element.namespace === NAMESPACE_SM) this.#management.receive(element);
		if (element.namespace !== NAMESPACE_CLIENT) return;
		this.#count(element);
		try {
			if (element.name === "iq") this.router.receive(element);
			else if (element.name === "message") this.#options.onMessage(element);
			else if (element.name === "presence") this.#options.onPresence(element);
		} catch (error) {
			this.#report(error);
		}
	}

	#skipped(head: Element): void {
		if (this.#login !== undefined) {
			this.#login.skipped(head);
			return;
		}
		if (head.namespace !== NAMESPACE_CLIENT) return;
		this.#count(head);
		if (head.name === "iq") this.#tell(() => this.router.skipped(head));
	}

	/** Counted before it is handled: what it is answered with may break the connection. */
	#count({ name }: Element): void {
		if (name === "iq" || name === "message" || name === "presence") this.#management.received();
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
