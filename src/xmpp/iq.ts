// Requests and their answers (RFC 6120 8.2.3): every get and set is answered exactly once, every answer is matched on id and sender.
import type { Host } from "../host.js";
import { limits } from "../limits.js";
import { encodeBase32 } from "../text/base32.js";
import type { Element } from "../xml/element.js";
import type { Parts } from "../xml/parser.js";
import type { Writer } from "../xml/writer.js";
import { bareJID, domainOf, sameJID } from "./jid.js";
import type { Outbox } from "./outbox.js";
import type { Scheduler, Task } from "./scheduler.js";
import { type Condition, type ErrorType, parseStanzaError, type StanzaError, stanzaError, writeStanzaError } from "./stanza-error.js";

/** How a request of ours ended: `error` is there exactly when it failed. */
export interface Answer {
	/** First child of the result; without its content when that went to onPart. */
	readonly payload?: Element;
	/** The answering stanza; none when time ran out or the connection ended. */
	readonly stanza?: Element;
	readonly error?: StanzaError;
}

export interface SendOptions {
	/** Default: limits.requestSeconds. */
	readonly seconds?: number;
	/** Takes the children of the result's payload one by one as they arrive, so that it may be of any length. */
	readonly onPart?: (part: Element) => void;
}

export interface IQRouterOptions {
	readonly outbox: Outbox;
	readonly scheduler: Scheduler;
	readonly random: Host["random"];
	/** Is told what a handler threw; without it the exception goes on to who fed the stanza. */
	readonly onError?: (error: unknown) => void;
}

interface Handler {
	readonly type: "get" | "set" | "any";
	readonly name: string;
	readonly namespaces: string | readonly string[];
	readonly handle: (request: IQRequest) => void;
	readonly self: unknown;
	readonly allowed: ((from: string) => boolean) | undefined;
}

interface Pending {
	readonly id: string;
	/** Undefined: our own account. */
	readonly to: string | undefined;
	readonly onAnswer: (answer: Answer) => void;
	readonly onPart: ((part: Element) => void) | undefined;
	task: Task | undefined;
}

export class IQRouter {
	#outbox: Outbox;
	#scheduler: Scheduler;
	#onError: ((error: unknown) => void) | undefined;
	#handlers: Handler[] = [];
	#pending: Pending[] = [];
	/** A new one each boot, so that no peer that keeps answers by id replays one of an earlier life (R-CORE-13). */
	#nonce: string;
	#count = 0;
	#address: string | undefined;
	#epoch = 0;
	/** The request begun by open(): its id and addressee. */
	#id: string | undefined;
	#to: string | undefined;

	constructor(options: IQRouterOptions) {
		this.#outbox = options.outbox;
		this.#scheduler = options.scheduler;
		this.#onError = options.onError;
		this.#nonce = encodeBase32(options.random(5));
	}

	/** Our full JID once bound. */
	get address(): string | undefined {
		return this.#address;
	}

	/** Rises with every connection that ends; answers to requests of an older one lead nowhere. */
	get epoch(): number {
		return this.#epoch;
	}

	/** Full JID after bind. Undefined when the connection ended: what was pending fails then. */
	setAddress(jid: string | undefined): void {
		const ended = jid == null || (this.#address != null && this.#address !== jid);
		this.#address = jid;
		if (!ended) return;
		this.#epoch++;
		this.#id = undefined;
		const lost = this.#pending;
		this.#pending = [];
		for (let i = 0; i < lost.length; i++) this.#scheduler.clear(lost[i]!.task);
		for (let i = 0; i < lost.length; i++) this.tell(lost[i]!, { error: stanzaError("remote-server-timeout", "the connection ended") });
	}

	/**
	 * Gives requests with this payload, in one of several namespaces perhaps, to `handle`, which sees to it that each is answered; `self` is its
	 * `this`. Who is not `allowed` sees what he would see without it.
	 */
	handle<T>(
		type: "get" | "set" | "any",
		name: string,
		namespaces: string | readonly string[],
		handle: (this: T, request: IQRequest) => void,
		self?: T,
		allowed?: (from: string) => boolean
	): void {
		const handlers = this.#handlers;
		const list = typeof namespaces === "string" ? [namespaces] : namespaces;
		for (let i = 0; i < handlers.length * list.length; i++) {
			const one = handlers[i % handlers.length]!;
			const namespace = list[Math.floor(i / handlers.length)]!;
			const overlap = one.type === type || one.type === "any" || type === "any";
			if (overlap && takes(one, name, namespace)) throw new Error(`<${name} xmlns='${namespace}'/> has a handler`);
		}
		this.#handlers.push({ type, name, namespaces, handle, self, allowed });
	}

	/** Starts a request; the payload is written into the Writer, then send(). Without `to` it is for our own account. */
	open(type: "get" | "set", to?: string): Writer {
		this.#id = `${this.#nonce}-${(this.#count++).toString(36)}`;
		this.#to = to;
		return this.#outbox.open("iq", to).attribute("type", type).attribute("id", this.#id);
	}

	/** Sends what open() started; onAnswer comes once, always later. */
	send(onAnswer: (answer: Answer) => void, options: SendOptions = {}): void {
		const id = this.#id;
		if (id == null) throw new Error("no request is open");
		this.#id = undefined;
		const offline = this.#address == null;
		if (offline || this.#pending.length >= limits.pendingRequests) {
			const error = offline
				? stanzaError("remote-server-timeout", "there is no connection")
				: stanzaError("resource-constraint", "too many requests wait for an answer");
			this.#scheduler.set(0, () => onAnswer({ error }));
			return;
		}
		const pending: Pending = { id, to: this.#to, onAnswer, onPart: options.onPart, task: undefined };
		const wait = (options.seconds ?? limits.requestSeconds) * 1000;
		pending.task = this.#scheduler.set(wait, () => {
			if (this.take(pending)) onAnswer({ error: stanzaError("remote-server-timeout", "no answer in time") });
		});
		this.#pending.push(pending);
		try {
			this.#outbox.send();
		} catch (error) {
			this.take(pending);
			throw error;
		}
	}

	/** Every iq that arrives built. */
	receive(stanza: Element): void {
		const type = stanza.attribute("type");
		if (type === "result" || type === "error") {
			const pending = this.match(stanza);
			if (!pending || !this.take(pending)) return;
			if (type === "error") this.tell(pending, { stanza, error: parseStanzaError(stanza) });
			else this.tell(pending, { stanza, payload: stanza.children[0] });
			return;
		}
		const payload = stanza.children[0];
		if (type !== "get" && type !== "set") this.refuse(stanza, "bad-request", "an iq is a get, set, result or error");
		else if (stanza.attribute("id") == null) this.refuse(stanza, "bad-request", "an iq has an id");
		else if (!payload || stanza.children.length > 1) this.refuse(stanza, "bad-request", "a request has one payload");
		else this.dispatch(new IQRequest(this, this.#outbox, stanza, payload));
	}

	/** Every iq that was too large to be built; `head` has its attributes and the start tag of its first child. */
	skipped(head: Element): void {
		// RFC 6120 8.3.3.12
		if (this.decline(head, "policy-violation", "the request is too large")) return;
		const pending = this.match(head);
		if (!pending || !this.take(pending)) return;
		this.tell(pending, { stanza: head, error: stanzaError("policy-violation", "the answer is too large", "cancel") });
	}

	/** Answers a request without looking at it; false where it is none. */
	decline(head: Element, condition: Condition, text?: string): boolean {
		const type = head.attribute("type");
		if (type !== "get" && type !== "set") return false;
		this.refuse(head, condition, text);
		return true;
	}

	/** XMLHandler.onPayload for iqs: answers to requests that asked for parts are streamed. */
	partsFor(stanza: Element, _payload: Element): Parts | undefined {
		if (stanza.attribute("type") !== "result") return;
		const pending = this.match(stanza);
		const onPart = pending?.onPart;
		if (!onPart) return;
		return {
			depth: 2,
			onPart: (part) => {
				// Time may run out while a long answer arrives.
				if (!this.#pending.includes(pending!)) return;
				try {
					onPart(part);
				} catch (error) {
					this.report(error);
				}
			}
		};
	}

	private refuse(stanza: Element, condition: Condition, text?: string): void {
		writeStanzaError(writeAnswer(this.#outbox, stanza.attribute("from"), stanza.attribute("id"), "error"), condition, text);
		this.#outbox.send();
	}

	private dispatch(request: IQRequest): void {
		const { type, payload } = request;
		const handlers = this.#handlers;
		for (let i = 0; i < handlers.length; i++) {
			const one = handlers[i]!;
			if (!takes(one, payload.name, payload.namespace) || (one.type !== type && one.type !== "any")) continue;
			try {
				if (!one.allowed || one.allowed(request.from)) one.handle.call(one.self, request);
				else request.fail("service-unavailable");
			} catch (error) {
				if (!request.answered) request.fail("internal-server-error");
				this.report(error);
			}
			return;
		}
		request.fail("service-unavailable");
	}

	/** The request that this stanza may answer (R-CORE-10). */
	private match(stanza: Element): Pending | undefined {
		const id = stanza.attribute("id");
		const list = this.#pending;
		for (let i = 0; i < list.length; i++) {
			const pending = list[i]!;
			if (pending.id === id) return this.mayAnswer(stanza.attribute("from"), pending.to) ? pending : undefined;
		}
		return;
	}

	private mayAnswer(from: string | undefined, to: string | undefined): boolean {
		const own = this.#address;
		if (own == null) return false;
		const account = bareJID(own);
		const domain = domainOf(own);
		if (to == null || sameJID(to, account) || sameJID(to, domain)) {
			return from == null || sameJID(from, account) || sameJID(from, domain);
		}
		return from != null && sameJID(from, to);
	}

	/** True when it was still pending. */
	private take(pending: Pending): boolean {
		const index = this.#pending.indexOf(pending);
		if (index < 0) return false;
		this.#pending.splice(index, 1);
		this.#scheduler.clear(pending.task);
		return true;
	}

	private tell(pending: Pending, answer: Answer): void {
		try {
			pending.onAnswer(answer);
		} catch (error) {
			this.report(error);
		}
	}

	private report(error: unknown): void {
		if (!this.#onError) throw error;
		this.#onError(error);
	}
}

/** One get or set that we were sent. Who holds it answers it once, now or later. */
export class IQRequest {
	/** Who asks; a request without `from` is of our own account (RFC 6120 8.1.2.1). */
	readonly from: string;
	readonly type: "get" | "set";
	readonly id: string;
	#router: IQRouter;
	#outbox: Outbox;
	#payload: Element | undefined;
	#to: string | undefined;
	#epoch: number;
	#answered = false;

	constructor(router: IQRouter, outbox: Outbox, stanza: Element, payload: Element) {
		this.#router = router;
		this.#outbox = outbox;
		this.#payload = payload;
		this.#to = stanza.attribute("from");
		this.#epoch = router.epoch;
		this.from = this.#to ?? bareJID(router.address ?? "");
		this.type = stanza.attribute("type") === "set" ? "set" : "get";
		this.id = stanza.attribute("id") ?? "";
	}

	get payload(): Element {
		if (!this.#payload) throw new Error("the payload has been let go");
		return this.#payload;
	}

	/** Who answers later lets go of what he has read: it may be 4 KiB on the wire and 16 in RAM. */
	release(): void {
		this.#payload = undefined;
	}

	get answered(): boolean {
		return this.#answered;
	}

	/** Starts the result; its payload is written into the Writer, then send(). */
	result(): Writer {
		this.check();
		return writeAnswer(this.#outbox, this.#to, this.id, "result");
	}

	/** Sends what result() started. */
	send(): void {
		this.check();
		this.#answered = true;
		// Of an older connection: the peer's router has failed it already, and a resource of the same name may be another now.
		if (this.#epoch === this.#router.epoch) this.#outbox.send();
	}

	/** Answers with an empty result. */
	succeed(): void {
		this.result();
		this.send();
	}

	/** Answers with an error; `type` where it is not the one RFC 6120 recommends. */
	fail(condition: Condition, text?: string, type?: ErrorType): void {
		this.error(condition, text, type);
		this.send();
	}

	/** Starts such an answer; more may be written into its `<error/>`, then send(). */
	error(condition: Condition, text?: string, type?: ErrorType): Writer {
		this.check();
		return writeStanzaError(writeAnswer(this.#outbox, this.#to, this.id, "error"), condition, text, type);
	}

	private check(): void {
		if (this.#answered) throw new Error("the request is answered already");
	}
}

function takes(handler: Handler, name: string, namespace: string): boolean {
	const own = handler.namespaces;
	return handler.name === name && (own === namespace || (typeof own !== "string" && own.includes(namespace)));
}

function writeAnswer(outbox: Outbox, to: string | undefined, id: string | undefined, type: "result" | "error"): Writer {
	return outbox.open("iq", to).attribute("type", type).attribute("id", id);
}
