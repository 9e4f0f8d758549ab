// A registry in the hands of a test: stanzas go in and out as text, time stands still until it is moved.

import { createHmac } from "node:crypto";
import { type Element, Parser } from "@xmpp/xml";
import { sha256 } from "../../../hosts/broker/digest.js";
import type { RegistryEvent } from "../../../hosts/broker/registry.js";
import { type DialectName, Service } from "../../../hosts/broker/service.js";
import { MemoryStore, type Store } from "../../../hosts/broker/store.js";
import { x509 } from "../../../hosts/broker/x509.js";

export const REGISTRY = "registry.example.org";
export const XEP = "urn:xmpp:iot:discovery";
export const IEEE = "urn:ieee:iot:disco:1.0";
export const OPERATOR = "operator@example.org";
/** What a key of the box itself would sign with. */
export const OWN = Object.freeze({ key: "box", secret: "secret of the box" });
export const ERRORS = "urn:ietf:params:xml:ns:xmpp-stanzas";

export const parse = (text: string): Element => {
	let found: Element | undefined;
	const parser = new Parser();
	parser.on("element", (element) => {
		found ??= element;
	});
	parser.write(`<stream xmlns='jabber:component:accept'>${text}</stream>`);
	if (found === undefined) throw new Error(`not an element: ${text}`);
	return found;
};

/** The same for every way to write the same: attributes sorted, white space between elements gone, namespaces in full. */
export const canonical = (element: Element): string => {
	const attributes = Object.entries(element.attrs)
		.filter(([name]) => name !== "xmlns")
		.map(([name, value]) => ` ${name}=${JSON.stringify(value)}`)
		.sort();
	const children = element.children.map((child) => (typeof child === "string" ? child.trim() : canonical(child)));
	return `<{${element.getNS()}}${element.getName()}${attributes.join("")}>${children.join("")}</>`;
};

export class Bench {
	readonly events: RegistryEvent[] = [];
	readonly store: Store;
	readonly service: Service;
	#sent: Element[] = [];
	#now = 1_800_000_000_000;
	#timers = new Map<number, { at: number; callback(): void }>();
	#timer = 0;
	#secret = 0;

	constructor(store: Store = new MemoryStore(), nonce = "n", signedOnly = false, dialect?: DialectName) {
		this.store = store;
		this.service = new Service({
			jid: REGISTRY,
			dialect,
			store,
			x509,
			nonce,
			secret: () => `secret${++this.#secret}`,
			now: () => this.#now,
			sha256,
			later: (milliseconds, callback) => {
				const id = ++this.#timer;
				this.#timers.set(id, { at: this.#now + milliseconds, callback });
				return () => this.#timers.delete(id);
			},
			// As it would come over the wire.
			send: (stanza) => this.#sent.push(parse(stanza.toString())),
			event: (event) => this.events.push(event),
			audit: {
				operator: OPERATOR,
				audited: ({ most, before = Number.POSITIVE_INFINITY, by }) =>
					this.events
						.map((event, number) => ({ ...event, number, at: this.#now }))
						.filter((entry) => entry.number < before && (by === undefined || entry.by === by))
						.reverse()
						.slice(0, most)
			},
			office: {
				...{ domain: "example.org", operator: OPERATOR, signedOnly, own: OWN },
				hmac: (key, text) => createHmac("sha1", key).update(text).digest("base64")
			}
		});
	}

	get now(): number {
		return this.#now;
	}

	pass(seconds: number): void {
		this.#now += seconds * 1000;
		for (const [id, { at, callback }] of this.#timers) if (at <= this.#now && this.#timers.delete(id)) callback();
	}

	/** What was sent since it was last asked. */
	take(): Element[] {
		return this.#sent.splice(0);
	}

	receive(text: string): Element[] {
		this.service.receive(parse(text));
		return this.take();
	}

	/** A request; gives all that was sent for it. */
	ask(from: string, type: "get" | "set", payload: string, to = REGISTRY): Element[] {
		return this.receive(`<iq from='${from}' to='${to}' id='q1' type='${type}'>${payload}</iq>`);
	}

	/** The condition of the only answer to a request, "" when it is a result. */
	outcome(from: string, type: "get" | "set", payload: string): string {
		const [answer, ...more] = this.ask(from, type, payload);
		expect(more).toEqual([]);
		expect(answer?.attrs).toMatchObject({ to: from, from: REGISTRY, id: "q1" });
		return answer?.getChild("error")?.getChildElements()[0]?.getName() ?? "";
	}

	presence(from: string, type?: string): Element[] {
		return this.receive(`<presence from='${from}' to='${REGISTRY}'${type === undefined ? "" : ` type='${type}'`}/>`);
	}

	/** Answers a request that the registry sent. */
	answer(request: Element, how: "result" | "error" = "result", content = ""): Element[] {
		const { to, id } = request.attrs;
		return this.receive(`<iq from='${to}' to='${REGISTRY}' id='${id}' type='${how}'>${content}</iq>`);
	}

	say(from: string, text: string): string[] {
		const escaped = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
		return this.receive(`<message from='${from}' to='${REGISTRY}' type='chat'><body>${escaped}</body></message>`).map(bodyOf);
	}
}

export const bodyOf = (stanza: Element): string => stanza.getChildText("body") ?? stanza.toString();

export const expectSame = (actual: readonly Element[], ...expected: readonly string[]): void => {
	expect(actual.map(canonical)).toEqual(expected.map((text) => canonical(parse(text))));
};
