// Stream management (XEP-0198): what was sent is kept until the server has it, and a session outlives its connection.
import { limits } from "../limits.js";
import type { Element } from "../xml/element.js";
import type { Writer } from "../xml/writer.js";
import { type Endpoint, writeHostPort } from "./endpoint.js";
import type { XMPPStream } from "./stream.js";

export const NAMESPACE_SM = "urn:xmpp:sm:3";

/** We ask for an acknowledgement when so much waits for one; less waits for the next probe of a silent connection. */
const ASK_STANZAS = 5;
const ASK_BYTES = 2048;

const enum State {
	/** No session: what is sent is lost. */
	none,
	/** <enable/> is on its way, the address not bound yet. */
	enabling,
	/** Bound on a server without stream management. */
	plain,
	/** Bound and counted. */
	counting,
	/** The connection broke. What is sent waits for the next one. */
	held
}

/** What a session needs to go on after a restart of the board, where the host keeps memory over sleep. As secret as what was said. */
export interface HeldSession {
	/** Full JID. */
	readonly jid: string;
	readonly id: string;
	/** Counts of 32 bits: what we have of the server's, what it has of ours. */
	readonly handled: number;
	readonly acknowledged: number;
	/** Stanzas that it has not, oldest first. */
	readonly unacked: readonly Uint8Array[];
	/** Milliseconds since 1970: the server keeps it as long. */
	readonly until: number;
	/** Where the server would like it to be resumed, else where it was: host:port; and how to get there. */
	readonly place: string | undefined;
	readonly tls: "direct" | "starttls" | undefined;
}

export interface StreamManagementOptions {
	readonly stream: Pick<XMPPStream, "openElement" | "send" | "write" | "end">;
	/** What is held can be held no longer: more was sent than is kept. */
	readonly onOverflow: () => void;
}

/** One for all connections of a session and for the sessions after it. */
export class StreamManagement {
	#options: StreamManagementOptions;
	#state = State.none;
	/** Stanzas that the server has not acknowledged, oldest first; the socket's queue holds the same bytes, no copy. */
	#unacked: Uint8Array[] = [];
	#unackedBytes = 0;
	/** Older ones that had to go before they were acknowledged: until the server has them too, nothing can be resumed. */
	#forgotten = 0;
	/** What the server said last that it has of ours, and what we have of its: 32 bits that wrap around (section 4). */
	#acknowledged = 0;
	#handled = 0;
	/** <enabled/> came: what comes after it counts. */
	#enabled = false;
	/** An <r/> of ours is not answered yet. */
	#asked = false;
	#id: string | undefined;
	#location: string | undefined;
	#seconds: number = limits.heldSeconds;

	constructor(options: StreamManagementOptions) {
		this.#options = options;
	}

	/** The server counts with us: <r/> is a probe that it answers. */
	get enabled(): boolean {
		return this.#enabled && this.#state === State.counting;
	}

	/** A session waits for its next connection. */
	get held(): boolean {
		return this.#state === State.held;
	}

	/** Seconds that the server keeps what is held. */
	get seconds(): number {
		return this.#seconds;
	}

	/** Where the server would like the session to be resumed: "host:port" (section 3). */
	get location(): string | undefined {
		return this.held ? this.#location : undefined;
	}

	/** Our address is bound: stanzas may leave. With `offered`, they are counted. */
	bound(offered: boolean): void {
		if (this.#state !== State.enabling && !offered) {
			this.#state = State.plain;
			return;
		}
		if (this.#state !== State.enabling) this.enable();
		// It may have broken in this very moment.
		if (this.#state === State.enabling) this.#state = State.counting;
	}

	/** Bound by SASL2 with what the server answered to writeEnable(). */
	boundWith(answer: Element | undefined): void {
		this.reset();
		this.#state = answer ? State.counting : State.plain;
		if (answer) this.receive(answer);
	}

	/** Asks to be counted; every stanza from here on is (section 3). */
	enable(): void {
		this.reset();
		this.#state = State.enabling;
		this.writeEnable(this.#options.stream.openElement("enable", NAMESPACE_SM));
		this.#options.stream.send();
	}

	/** Into <enable/>. */
	writeEnable(enable: Writer): void {
		enable.attribute("resume", "true");
	}

	/** Nothing is kept and nothing can be resumed. */
	reset(): void {
		this.#state = State.none;
		this.#unacked = [];
		this.#unackedBytes = 0;
		this.#forgotten = 0;
		this.#acknowledged = 0;
		this.#handled = 0;
		this.#enabled = false;
		this.#asked = false;
		this.#id = undefined;
		this.#location = undefined;
		this.#seconds = limits.heldSeconds;
	}

	/** A stanza of ours, complete. */
	send(stanza: Uint8Array): void {
		const options = this.#options;
		const state = this.#state;
		if (state === State.plain) options.stream.write(stanza);
		if (state !== State.counting && state !== State.held) return;
		this.keep(stanza);
		if (state === State.held) {
			if (this.#forgotten > 0) options.onOverflow();
			return;
		}
		options.stream.write(stanza);
		if (!this.#asked && (this.#unacked.length >= ASK_STANZAS || this.#unackedBytes >= ASK_BYTES)) this.ask();
	}

	/** A stanza of the server's has come, whatever becomes of it. */
	received(): void {
		if (this.#enabled) this.#handled = (this.#handled + 1) >>> 0;
	}

	/** Every element of our namespace, once bound. */
	receive(element: Element): void {
		if (this.#state !== State.counting) return;
		switch (element.name) {
			case "r":
				this.answer();
				break;
			case "a":
				this.#asked = false;
				if (this.acknowledge(element) && this.#unacked.length >= ASK_STANZAS) this.ask();
				break;
			case "enabled":
				if (this.#enabled) return;
				this.#enabled = true;
				if (isTrue(element.attribute("resume"))) this.#id = element.attribute("id");
				this.#location = element.attribute("location");
				this.#seconds = parseCount(element.attribute("max")) ?? limits.heldSeconds;
				break;
			case "failed":
				// Not counted after all.
				if (this.#enabled) return;
				this.reset();
				this.#state = State.plain;
		}
	}

	/** Asks what the server has: an acknowledgement, and a sign of life. */
	ask(): void {
		if (!this.enabled) return;
		this.#asked = true;
		this.say("r");
	}

	/** Says what we have. */
	answer(): void {
		if (this.enabled) this.say("a", this.#handled);
	}

	/** The connection is gone: whether the session can go on with another. A server forgets one whose stream was ended in order. */
	hold(orderly: boolean): boolean {
		if (this.#state === State.held) return true;
		if (orderly || this.#state !== State.counting || this.#id == null || this.#forgotten > 0) {
			this.reset();
			return false;
		}
		this.#state = State.held;
		this.#asked = false;
		return true;
	}

	/** What is held, for restore(); undefined when nothing is. */
	keepsake(jid: string, now: number, endpoint: Endpoint | undefined): HeldSession | undefined {
		const id = this.#id;
		if (!this.held || id == null) return;
		return {
			jid,
			id,
			handled: this.#handled,
			acknowledged: this.#acknowledged,
			unacked: this.#unacked,
			until: now + this.#seconds * 1000,
			place: this.#location ?? (endpoint && writeHostPort(endpoint)),
			tls: endpoint?.tls
		};
	}

	/** Holds what another life of the board had. */
	restore(session: HeldSession): void {
		this.reset();
		this.#state = State.held;
		this.#enabled = true;
		this.#id = session.id;
		this.#handled = session.handled >>> 0;
		this.#acknowledged = session.acknowledged >>> 0;
		const unacked = session.unacked;
		for (let i = 0; i < unacked.length; i++) this.keep(unacked[i]!);
	}

	/** Logged in anew: goes on with what is held, in place of binding (section 5). */
	resume(): void {
		const stream = this.#options.stream;
		this.writeResume(stream.openElement("resume", NAMESPACE_SM));
		stream.send();
	}

	/** Into <resume/>. */
	writeResume(resume: Writer): void {
		resume.attribute("h", `${this.#handled}`).attribute("previd", this.#id);
	}

	/** <resumed/>: what the server has not is sent again, in order (R-CORE-7). False when the stream had to end. */
	resumed(element: Element): boolean {
		this.#state = State.counting;
		if (!this.acknowledge(element)) return false;
		const unacked = this.#unacked.slice();
		for (let i = 0; i < unacked.length; i++) this.#options.stream.write(unacked[i]!);
		if (this.#unacked.length > 0) this.ask();
		// It may have broken again.
		return this.#state === State.counting;
	}

	private keep(stanza: Uint8Array): void {
		this.#unacked.push(stanza);
		this.#unackedBytes += stanza.length;
		while (this.#unacked.length > limits.unackedStanzas || this.#unackedBytes > limits.unackedBytes) {
			this.drop();
			this.#forgotten++;
		}
	}

	private drop(): void {
		this.#unackedBytes -= this.#unacked.shift()?.length ?? 0;
	}

	/** False when the stream had to end: the server has more of ours than there is (R-CORE-8), or does not count. */
	private acknowledge(element: Element): boolean {
		const stream = this.#options.stream;
		const h = parseCount(element.attribute("h"));
		if (h == null) {
			stream.end("sm:no-count", "the server acknowledged without a number", "invalid-xml");
			return false;
		}
		let count = (h - this.#acknowledged) >>> 0;
		const most = this.#forgotten + this.#unacked.length;
		if (count > most) {
			const sent = (this.#acknowledged + most) >>> 0;
			const detail = `<handled-count-too-high xmlns='${NAMESPACE_SM}' h='${h}' send-count='${sent}'/>`;
			stream.end("sm:handled-count-too-high", `the server acknowledged ${h} of ${sent} stanzas`, "undefined-condition", detail);
			return false;
		}
		this.#acknowledged = h;
		const old = Math.min(count, this.#forgotten);
		this.#forgotten -= old;
		for (count -= old; count > 0; count--) this.drop();
		return true;
	}

	private say(name: "r" | "a", h?: number): void {
		const stream = this.#options.stream;
		stream.openElement(name, NAMESPACE_SM).attribute("h", h == null ? undefined : `${h}`);
		stream.send();
	}
}

/** xs:unsignedInt, or undefined. */
function parseCount(text: string | undefined): number | undefined {
	if (text == null || text.length === 0 || text.length > 10) return;
	const count = Number(text);
	for (let i = 0; i < text.length; i++) {
		const digit = text.charCodeAt(i);
		if (digit < 0x30 || digit > 0x39) return;
	}
	return count < 2 ** 32 ? count : undefined;
}

function isTrue(text: string | undefined): boolean {
	return text === "true" || text === "1";
}
