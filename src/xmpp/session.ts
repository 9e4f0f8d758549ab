// The life on the network: connects, logs in, carries stanzas, comes back after a pause.
import { limits } from "../limits.js";
import type { Element } from "../xml/element.js";
import type { Parts } from "../xml/parser.js";
import type { Writer } from "../xml/writer.js";
import { AccountLoss } from "./account-loss.js";
import { type Endpoint, parseHostPort, writeHostPort } from "./endpoint.js";
import { isFeatures, NAMESPACE_CSI, offersRest } from "./features.js";
import { FloodGate } from "./flood.js";
import { IQRouter } from "./iq.js";
import { isJID } from "./jid.js";
import { Liveness } from "./liveness.js";
import { Locator } from "./locate.js";
import { Login } from "./login.js";
import { PING } from "./ping.js";
import { Backoff } from "./reconnect.js";
import type { Task } from "./scheduler.js";
import type { SessionOptions } from "./session-options.js";
import { NAMESPACE_CLIENT, SEE_OTHER_HOST, type StreamHandler, XMPPStream } from "./stream.js";
import { type HeldSession, NAMESPACE_SM, StreamManagement } from "./stream-management.js";

export type { Account, AccountStore } from "./account.js";
export type { ScramKeys } from "./scram.js";
export type { SessionHandler, SessionOptions } from "./session-options.js";
export type { HeldSession } from "./stream-management.js";

export class Session implements StreamHandler {
	readonly router: IQRouter;
	#options: SessionOptions;
	#stream: XMPPStream;
	#backoff: Backoff;
	#loss = new AccountLoss();
	#flood: FloodGate;
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
	/** The host says that there is no link, and the last try ended for want of it. */
	#cutOff = false;
	#waits = false;
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
			handler: this
		});
		this.#management = new StreamManagement({ stream: this.#stream, onOverflow: () => this.lose() });
		this.router = new IQRouter({
			outbox: this.#stream,
			scheduler,
			random: host.random,
			onError: (error) => this.report(error)
		});
		this.#flood = new FloodGate({ router: this.router, scheduler, clock: host.clock });
		this.#liveness = new Liveness({
			scheduler,
			clock: host.clock,
			received: this.#stream,
			ask: () => this.ask(),
			onDead: () => this.#stream.abandon("timeout", "the server is silent")
		});
		const held = options.held;
		if (!held) return;
		this.#management.restore(held);
		this.#jid = held.jid;
		this.router.setAddress(held.jid);
		this.#expiry = scheduler.set(Math.max(0, held.until - host.clock.now()), this.lose, this);
		// Once, and then wherever it may be found.
		const place = held.place && parseHostPort(held.place, held.tls ?? "starttls");
		if (place) this.#locator.goTo(place);
	}

	/** Full JID while bound. */
	get jid(): string | undefined {
		return this.#online ? this.#jid : undefined;
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
		this.#options.host.network.onLink?.((up) => this.tell(() => this.link(up)));
		this.connect();
	}

	/** As stop(), but the server is not told: what this gives can be gone on with by another life of the board. */
	suspend(): HeldSession | undefined {
		const jid = this.#jid;
		const running = this.#running;
		this.#running = false;
		// A login that is broken off so says nothing about the server.
		this.rest();
		this.#locator.stop();
		this.#stream.abandon("suspended", "the board goes to sleep");
		const held = jid == null || !running ? undefined : this.#management.keepsake(jid, this.#options.host.clock.now(), this.#endpoint);
		this.forget();
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
		this.rest();
		this.forget();
	}

	/** Called by the stream, as all that begins with "on" is. */
	onConnected(): void {
		this.#login?.connected();
	}

	onSecure(): void {
		this.#secure = true;
		if (this.#endpoint) this.#locator.worked(this.#endpoint);
		this.#login?.secure();
	}

	onStanza(bytes: Uint8Array): void {
		this.#management.send(bytes);
	}

	/** A link that comes back ends what was waiting for it, and no pause of another cause (R-CORE-9). */
	private link(up: boolean): void {
		this.#cutOff = !up;
		if (!this.#running) return;
		if (!up) this.#stream.abandon("link", "the link is down");
		else if (this.#waits) {
			this.#options.scheduler.clear(this.#task);
			this.connect();
		}
	}

	private ask(): void {
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

	private connect(): void {
		this.#task = undefined;
		this.#endpoint = undefined;
		this.#secure = false;
		this.#waits = false;
		this.#locator.next(
			(endpoint) => this.enter(endpoint),
			(reason, detail) => this.onEnd(reason, detail, false)
		);
	}

	private enter(endpoint: Endpoint): void {
		const options = this.#options;
		this.#endpoint = endpoint;
		this.#login = new Login({
			stream: this.#stream,
			scheduler: options.scheduler,
			host: options.host,
			domain: options.domain,
			accounts: options.accounts,
			apiKey: options.apiKey,
			tlsUnique: options.tlsUnique,
			management: this.#management,
			lost: this.#loss.lost,
			onAccount: (jid) => this.tell(() => this.#options.handler.onAccount(jid)),
			onBound: (jid) => this.bound(jid),
			onResumed: () => this.resumed(),
			onLost: () => this.lose()
		});
		this.#stream.connect({ ...endpoint, domain: options.domain, anchors: options.anchors });
	}

	private bound(jid: string): void {
		this.#loss.reset();
		this.#jid = jid;
		this.router.setAddress(jid);
		this.stands();
		this.tell(() => this.#options.handler.onOnline(jid));
	}

	private resumed(): void {
		this.stands();
		this.tell(() => this.#options.handler.onResumed(this.#jid ?? ""));
	}

	private stands(): void {
		const scheduler = this.#options.scheduler;
		this.#login = undefined;
		this.#online = true;
		scheduler.clear(this.#expiry);
		this.#expiry = undefined;
		this.#liveness.start();
		this.#task = scheduler.set(limits.stableSeconds * 1000, this.#backoff.reset, this.#backoff);
	}

	onEnd(reason: string, detail: string, orderly: boolean): void {
		this.#login?.ended();
		const endpoint = this.#endpoint;
		const place = endpoint && writeHostPort(endpoint);
		let pause = this.pause(reason, detail);
		this.#waits = this.#cutOff;
		// A try now and then, should nobody say that it is back.
		if (this.#waits) pause = limits.retrySeconds * 1000;
		this.rest();
		const held = this.#management.hold(orderly);
		const location = this.#management.location;
		if (!held) this.forget();
		// Where the server would like to have it back (XEP-0198 section 3); once, and then wherever it may be found.
		else if (location && endpoint && !this.#expiry) {
			const wished = parseHostPort(location, endpoint.tls);
			if (wished) this.#locator.goTo(wished);
		}
		// What failed with the connection may have asked to stop.
		if (!this.#running) {
			this.#locator.stop();
			return;
		}
		const scheduler = this.#options.scheduler;
		if (held) this.#expiry ??= scheduler.set(this.#management.seconds * 1000, this.lose, this);
		this.#task = scheduler.set(pause, this.connect, this);
		this.tell(() => this.#options.handler.onOffline(reason, detail, pause, held, place));
	}

	/** What was held is no more. */
	private lose(): void {
		this.forget();
		if (this.#running) this.tell(() => this.#options.handler.onLost());
	}

	private forget(): void {
		this.#options.scheduler.clear(this.#expiry);
		this.#expiry = undefined;
		this.#management.reset();
		this.#jid = undefined;
		this.router.setAddress(undefined);
	}

	/** Milliseconds until the next connection: none while there is another place to try (RFC 6120 3.2.1). */
	private pause(reason: string, detail: string): number {
		const elsewhere = this.redirection(reason, detail);
		if (elsewhere) {
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
	private redirection(reason: string, detail: string): Endpoint | undefined {
		const endpoint = this.#endpoint;
		if (reason !== `stream-error:${SEE_OTHER_HOST}` || !this.#secure || !endpoint) return;
		return this.#redirections++ < limits.redirections ? parseHostPort(detail, endpoint.tls) : undefined;
	}

	private rest(): void {
		this.#options.scheduler.clear(this.#task);
		this.#task = undefined;
		this.#liveness.stop();
		this.#login?.stop();
		this.#login = undefined;
		this.#online = false;
	}

	onPayload(stanza: Element, payload: Element): Parts | undefined {
		const isOurs = this.#online && stanza.name === "iq" && stanza.namespace === NAMESPACE_CLIENT;
		return isOurs ? this.router.partsFor(stanza, payload) : undefined;
	}

	onElement(element: Element): void {
		// After SASL2 they come when all is done already.
		if (isFeatures(element)) this.#mayRest = offersRest(element);
		if (this.#login) {
			this.#login.receive(element);
			return;
		}
		if (element.namespace === NAMESPACE_SM) this.#management.receive(element);
		if (element.namespace !== NAMESPACE_CLIENT) return;
		this.count(element);
		try {
			if (!this.admits(element)) return;
			if (element.name === "iq") this.router.receive(element);
			else if (element.name === "message") this.#options.handler.onMessage(element);
			else if (element.name === "presence") this.#options.handler.onPresence(element);
		} catch (error) {
			this.report(error);
		}
	}

	onSkipped(head: Element): void {
		if (this.#login) {
			this.#login.skipped(head);
			return;
		}
		if (head.namespace !== NAMESPACE_CLIENT) return;
		this.count(head);
		this.tell(() => {
			if (this.admits(head) && head.name === "iq") this.router.skipped(head);
		});
	}

	/** What comes without an address is our own account's. */
	private admits(stanza: Element): boolean {
		const from = stanza.attribute("from");
		return from == null || this.#options.handler.isFamiliar(from) || this.#flood.admits(stanza, from);
	}

	/** Counted before it is handled: what it is answered with may break the connection. */
	private count(stanza: Element): void {
		const name = stanza.name;
		if (name === "iq" || name === "message" || name === "presence") this.#management.received();
	}

	/** What a stranger's stanza or our own caller breaks does not end the connection. */
	private tell(callback: () => void): void {
		try {
			callback();
		} catch (error) {
			this.report(error);
		}
	}

	private report(error: unknown): void {
		try {
			this.#options.handler.onError(error);
		} catch {
			// Nobody is left to tell.
		}
	}
}
