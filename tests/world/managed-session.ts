// Stream management at the model broker (XEP-0198): a session that outlives the connections that carry it.
import type { Broker, Session } from "./broker.js";
import { clone, type Element, xml } from "./xml.js";

export const SM = "urn:xmpp:sm:3";

/** The stream that carries it now. */
export interface Carrier {
	send(element: Element): void;
	/** With a stream error, or in order. */
	end(condition: string): void;
}

export class ManagedSession implements Session {
	readonly jid: string;
	readonly id: string;
	#broker: Broker;
	#carrier: Carrier | undefined;
	#managed = false;
	/** What the client has not acknowledged. */
	#queue: Element[] = [];
	#acknowledged = 0;
	#handled = 0;
	#asked = false;
	/** Takes back the end of a session whose connection broke. */
	#cancel: () => void = () => {};

	constructor(broker: Broker, jid: string, carrier: Carrier) {
		this.#broker = broker;
		this.#carrier = carrier;
		this.jid = jid;
		this.id = broker.dice.word(12);
	}

	/** It counts, and can be resumed. */
	get managed(): boolean {
		return this.#managed;
	}

	get handled(): number {
		return this.#handled;
	}

	/** From here on both sides count. */
	enable(): void {
		this.#carrier?.send(this.begin());
	}

	/** The same, told by another. */
	begin(): Element {
		this.#managed = true;
		this.#handled = 0;
		const { id } = this;
		return xml("enabled", { xmlns: SM, id, resume: "true", max: `${this.#broker.habits.resumeSeconds}` });
	}

	/** A stanza of the client's. */
	received(): void {
		this.#handled = (this.#handled + 1) >>> 0;
	}

	deliver(stanza: Element): void {
		this.#broker.soon(() => {
			if (this.#managed) this.#queue.push(stanza);
			this.#carrier?.send(stanza);
			this.#ask();
		});
	}

	/** False: the client has more than it was sent. */
	acknowledge(h: number): boolean {
		const count = (h - this.#acknowledged) >>> 0;
		if (!(count <= this.#queue.length)) return false;
		this.#queue.splice(0, count);
		this.#acknowledged = h;
		this.#asked = false;
		this.#ask();
		return true;
	}

	/** `givesBack`: what the client has not had. */
	end(condition: string, givesBack = true): void {
		const carrier = this.#carrier;
		if (!givesBack) this.#queue.length = 0;
		this.close();
		carrier?.end(condition);
	}

	/** The connection of this carrier broke; another may have taken over already. */
	broken(carrier: Carrier): void {
		if (this.#carrier !== carrier) return;
		this.#carrier = undefined;
		if (this.#managed) this.#cancel = this.#broker.later(this.#broker.habits.resumeSeconds * 1000, () => this.close());
		else this.close();
	}

	/** This carrier ended in order. */
	leave(carrier: Carrier): void {
		if (this.#carrier === carrier) this.close();
	}

	/** Another connection carries it; false when that one said what cannot be. */
	resume(carrier: Carrier, h: number): boolean {
		const resumed = this.takeOver(carrier, h);
		if (resumed === undefined) return false;
		carrier.send(resumed);
		this.catchUp();
		return true;
	}

	/** The same, told by another: what to tell. */
	takeOver(carrier: Carrier, h: number): Element | undefined {
		this.#cancel();
		const old = this.#carrier;
		this.#carrier = undefined;
		old?.end("conflict");
		this.#carrier = carrier;
		const count = (h - this.#acknowledged) >>> 0;
		if (!(count <= this.#queue.length)) return undefined;
		this.#queue.splice(0, count);
		this.#acknowledged = h;
		return xml("resumed", { xmlns: SM, previd: this.id, h: `${this.#handled}` });
	}

	/** What the client has not goes again. */
	catchUp(): void {
		for (const stanza of this.#queue) this.#carrier?.send(stanza);
		this.#asked = false;
		this.#ask();
	}

	/** Over: what the client has not is given back to who sent it. */
	close(): void {
		this.#cancel();
		this.#carrier = undefined;
		this.#managed = false;
		this.#broker.unbind(this);
		for (const stanza of this.#queue.splice(0)) this.#broker.giveBack(clone(stanza));
	}

	/** After every stanza, once until it is answered, as Prosody does. */
	#ask(): void {
		if (this.#asked || this.#queue.length === 0 || this.#carrier === undefined) return;
		this.#asked = true;
		this.#carrier.send(xml("r", { xmlns: SM }));
	}
}
