// A person's chat client in the virtual world: what the scripts of owner and stranger speak through.
import type { Broker, Session } from "./broker.js";
import { type Element, xml } from "./xml.js";

export class VirtualClient {
	readonly bare: string;
	/** Every stanza that came, in order. */
	readonly received: Element[] = [];
	#broker: Broker;
	#session: Session;
	#count = 0;

	constructor(broker: Broker, username: string) {
		this.#broker = broker;
		this.bare = `${username}@${broker.domain}`;
		this.#session = broker.bind(username, undefined, (jid) => ({
			jid,
			deliver: (stanza) => broker.soon(() => this.#receive(stanza)),
			end: () => {}
		}));
	}

	get jid(): string {
		return this.#session.jid;
	}

	/** Roster, then presence (RFC 6121 2.2). */
	arrive(): void {
		this.send(xml("iq", { type: "get", id: "roster" }, xml("query", { xmlns: "jabber:iq:roster" })));
		this.send(xml("presence"));
	}

	leave(): void {
		this.#broker.unbind(this.#session);
	}

	send(stanza: Element): void {
		this.#broker.soon(() => this.#broker.fromClient(this.#session, stanza));
	}

	/** Sends a request and gives its id; the answer is among what is received. */
	ask(type: "get" | "set", to: string | undefined, payload: Element): string {
		const id = `${this.bare}-${this.#count++}`;
		this.send(xml("iq", { type, to, id }, payload));
		return id;
	}

	answer(id: string): Element | undefined {
		return this.received.find(
			(stanza) => stanza.is("iq") && stanza.attrs.id === id && (stanza.attrs.type === "result" || stanza.attrs.type === "error")
		);
	}

	#receive(stanza: Element): void {
		this.received.push(stanza);
		const { type, id, from } = stanza.attrs;
		if (!stanza.is("iq") || (type !== "get" && type !== "set")) return;
		const push = stanza.getChild("query", "jabber:iq:roster") !== undefined;
		const refusal = xml("error", { type: "cancel" }, xml("service-unavailable", { xmlns: "urn:ietf:params:xml:ns:xmpp-stanzas" }));
		this.send(push ? xml("iq", { type: "result", id, to: from }) : xml("iq", { type: "error", id, to: from }, refusal));
	}
}
