// The entity behind the component's address: takes every stanza, answers every request once. Knows no sockets and no clock.

import { type Element, xml } from "@xmpp/xml";
import { type AuditOptions, answerAudit } from "./audit.js";
import { describeQuestion } from "./decision-messages.js";
import type { Question } from "./decision-store.js";
import { bare } from "./jid.js";
import { KeyOffice, type KeyOfficeOptions } from "./keys.js";
import { answerMessage } from "./messages.js";
import { Provisioning } from "./provisioning.js";
import { provisioningNamespaces, writeForOwner } from "./provisioning-words.js";
import { type Outcome, type Reaction, Registry, type RegistryEvent } from "./registry.js";
import type { Store } from "./store.js";
import { namespaces } from "./tags.js";
import { TokenOffice, tokenNamespaces, type X509 } from "./tokens.js";

const NS_STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas";
const NS_INFO = "http://jabber.org/protocol/disco#info";
const NS_ITEMS = "http://jabber.org/protocol/disco#items";
const NS_PING = "urn:xmpp:ping";

const FEATURES = [NS_INFO, NS_ITEMS, NS_PING, ...new Set([...namespaces, ...provisioningNamespaces, ...tokenNamespaces])];
/** How the names of each dialect begin. */
const BEGINNINGS = { xep: "urn:xmpp:iot:", ieee: "urn:ieee:iot:" } as const;
export type DialectName = keyof typeof BEGINNINGS;
/** Things that are looked for in a second. */
const LOOKED_FOR = 50;
/** Seconds a thing has to answer. */
const PATIENCE = 30;
const AWAY = ["service-unavailable", "recipient-unavailable", "remote-server-timeout", "remote-server-not-found", "item-not-found"];
/** Messages of one sender that are answered within a minute: two machines that answer each other must come to rest. */
const MESSAGES = 20;
const TALKERS = 1000;

type OnReaction = (reaction: Reaction, answer?: Element) => void;

export interface ServiceOptions {
	readonly jid: string;
	readonly store: Store;
	now(): number;
	/** Of the text's UTF-8, as 64 hexadecimal digits; keyed, where the store is one that lasts. */
	readonly sha256: (text: string) => string;
	/** Calls back once after so many milliseconds; gives what cancels it. */
	later(milliseconds: number, callback: () => void): () => void;
	/** Begins the ids of this run, so that no late answer to an earlier one is taken for one of ours. */
	readonly nonce: string;
	/** Nobody can guess it: 128 bits at least. */
	secret(): string;
	/** Without it there are no tokens. */
	readonly x509?: X509;
	send(stanza: Element): void;
	event(event: RegistryEvent): void;
	/** Speaks this one alone, and knows nothing of the other. */
	readonly dialect?: DialectName;
	/** Where what was done is written down. */
	readonly audit?: AuditOptions;
	/** Where the broker asks who may make an account; elsewhere there is no such office. */
	readonly office?: Omit<KeyOfficeOptions, "secret">;
}

export class Service {
	readonly #options: ServiceOptions;
	readonly #registry: Registry;
	readonly #provisioning: Provisioning;
	readonly #tokens: TokenOffice | undefined;
	readonly office: KeyOffice | undefined;
	readonly #pending = new Map<string, { readonly to: string; settle(reaction: Reaction, answer?: Element): void }>();
	readonly #talkers = new Map<string, number>();
	#counter = 0;
	/** Rises whenever the broker comes or goes. */
	#era = 0;
	#minute = 0;

	constructor(options: ServiceOptions) {
		this.#options = options;
		this.#registry = new Registry({
			store: options.store,
			now: () => options.now(),
			sha256: options.sha256,
			ask: (to, payload, onReaction) => this.#ask(to, payload, onReaction),
			event: (event) => this.#event(event)
		});
		const shared = {
			...{ jid: options.jid, store: options.store, now: () => options.now(), secret: () => options.secret() },
			later: (milliseconds: number, callback: () => void) => options.later(milliseconds, callback),
			ask: (to: string, payload: Element, onReaction: OnReaction, type?: "get") => this.#ask(to, payload, onReaction, type)
		};
		this.#tokens = options.x509 && new TokenOffice({ ...shared, x509: options.x509 });
		this.#provisioning = new Provisioning({
			...shared,
			tokens: this.#tokens,
			addressOf: (jid) => this.#registry.addressOf(jid),
			tell: (to, payload) => options.send(xml("message", { from: options.jid, to }, payload)),
			onQuestion: (question) => this.#askOwner(question),
			event: (event) => this.#event(event)
		});
		const { office, store } = options;
		const event = (event: RegistryEvent): void => options.event(event);
		const around = { store, event, now: () => options.now(), gone: (jid: string) => this.#registry.forget(jid) };
		this.office = office && new KeyOffice({ ...office, secret: () => options.secret() }, around);
	}

	receive(stanza: Element): void {
		const { from, to, type } = stanza.attrs;
		if (from === undefined || to === undefined) return;
		const name = stanza.getName();
		if (name === "iq" && (type === "get" || type === "set")) this.#request(stanza, from, type);
		else if (name === "iq") this.#answer(stanza);
		else if (name === "presence") this.#presence(from, type);
		else if (name === "message") this.#message(stanza, from);
	}

	/** The broker takes what is sent. */
	connected(): void {
		this.#era++;
		this.#provisioning.connected();
		this.#lookFor(this.#options.store.jids());
	}

	/** Who came while we were away has told nobody here. Each thing is looked for where it was last, and its broker asked where that is gone; a few at once. */
	#lookFor(jids: readonly string[]): void {
		const era = this.#era;
		for (const jid of jids.slice(0, LOOKED_FOR)) {
			const address = this.#registry.addressOf(jid);
			if (address === undefined) this.#probe(jid);
			else {
				const onReaction = (reaction: Reaction) => {
					if (era !== this.#era) return;
					if (reaction === "unreachable") this.#probe(jid);
					else this.#available(address);
				};
				this.#ask(address, xml("ping", { xmlns: NS_PING }), onReaction, "get");
			}
		}
		const rest = jids.slice(LOOKED_FOR);
		if (rest.length > 0) this.#options.later(1000, () => era === this.#era && this.#lookFor(rest));
	}

	/** A broker tells a friend alone where somebody is (RFC 6121 4.3): so the thing is asked to be one, which has no other effect. */
	#probe(jid: string): void {
		for (const type of ["probe", "subscribe"]) this.#options.send(xml("presence", { from: this.#options.jid, to: jid, type }));
	}

	#available(jid: string): void {
		this.#registry.available(jid);
		this.#provisioning.available(jid);
	}

	/** The connection to the broker is lost: nobody is online, nothing asked will be answered. */
	disconnected(): void {
		this.#era++;
		this.#registry.forgetPresence();
		this.#provisioning.disconnected();
		for (const { settle } of [...this.#pending.values()]) settle("unreachable");
	}

	#request(stanza: Element, from: string, type: "get" | "set"): void {
		const [payload, ...more] = stanza.getChildElements();
		if (payload === undefined || more.length > 0) {
			this.#reply(stanza, { condition: "bad-request" });
			return;
		}
		if (stanza.attrs.to !== this.#options.jid) {
			this.#reply(stanza, { condition: "service-unavailable" });
			return;
		}
		const outcome = type === "get" ? this.#disco(payload) : undefined;
		if (outcome !== undefined) {
			this.#reply(stanza, outcome);
			return;
		}
		if (!this.#speaks(payload.getNS() ?? "")) {
			this.#reply(stanza, { condition: "service-unavailable" });
			return;
		}
		const answer = (outcome: Outcome) => this.#reply(stanza, outcome);
		try {
			const { audit } = this.#options;
			const told = audit && answerAudit(audit, type, from, payload);
			if (told !== undefined) {
				answer(told);
				return;
			}
			if (this.office?.handle(type, from, payload, answer) || this.#tokens?.handle(type, from, payload, answer)) return;
			if (!this.#provisioning.handle(type, from, payload, answer)) this.#registry.handle(type, from, payload, answer);
		} catch (error) {
			this.#reply(stanza, { condition: "internal-server-error" });
			throw error;
		}
	}

	#reply(stanza: Element, { payload, condition, text }: Outcome): void {
		const { from, to, id } = stanza.attrs;
		const answer = xml("iq", { from: to, to: from, id, type: condition === undefined ? "result" : "error" });
		if (payload !== undefined) answer.append(payload);
		if (condition !== undefined) {
			const type =
				condition === "bad-request" || condition === "not-acceptable" ? "modify" : condition === "resource-constraint" ? "wait" : "cancel";
			const words = text === undefined ? undefined : xml("text", { xmlns: NS_STANZAS, "xml:lang": "en" }, text);
			answer.append(xml("error", { type }, xml(condition, { xmlns: NS_STANZAS }), words));
		}
		this.#options.send(answer);
	}

	#ask(to: string, payload: Element, onReaction: OnReaction, type: "get" | "set" = "set"): void {
		const id = `${this.#options.nonce}-${++this.#counter}`;
		const settle = (reaction: Reaction, answer?: Element) => {
			cancel();
			if (this.#pending.delete(id)) onReaction(reaction, answer);
		};
		const cancel = this.#options.later(PATIENCE * 1000, () => settle("unreachable"));
		this.#pending.set(id, { to, settle });
		this.#options.send(xml("iq", { from: this.#options.jid, to, id, type }, payload));
	}

	#answer(stanza: Element): void {
		const asked = this.#pending.get(stanza.attrs.id ?? "");
		// Only the asked one's answer counts (RFC 6120 8.2.3): an id alone can be guessed.
		if (asked === undefined || asked.to !== stanza.attrs.from) return;
		// The broker answers for a thing that is not there with one of these.
		const condition = stanza.getChild("error")?.getChildElements()[0]?.getName() ?? "";
		if (stanza.attrs.type === "result") asked.settle("acknowledged", stanza.getChildElements()[0]);
		else asked.settle(AWAY.includes(condition) ? "unreachable" : "refused");
	}

	#presence(from: string, type: string | undefined): void {
		const send = (answer?: string) => this.#options.send(xml("presence", { from: this.#options.jid, to: bare(from), type: answer }));
		if (type === undefined) this.#available(from);
		if (type === "unavailable" || type === "error") this.#registry.unavailable(from);
		// A friend in an owner's chat client; nothing depends on it.
		else if (type === "subscribe") send("subscribed");
		else if (type === "unsubscribe") send("unsubscribed");
		if (type === "subscribe" || type === "probe") send();
	}

	#message(stanza: Element, from: string): void {
		const { to, type = "normal" } = stanza.attrs;
		const text = stanza.getChildText("body");
		if (text === null || !["chat", "normal"].includes(type) || to !== this.#options.jid || !this.#mayTalk(bare(from))) return;
		const say = (words: string) => this.#options.send(xml("message", { from: to, to: from, type }, xml("body", {}, words)));
		const answer = answerMessage(this.#registry, this.#provisioning, this.#options.jid, from, text, say);
		if (answer !== undefined) say(answer);
	}

	/** In words for a person, and by protocol for a program of his. */
	#askOwner(question: Question): void {
		const words = describeQuestion(question, this.#provisioning.thingOf(question));
		const { jid } = this.#options;
		const asked = writeForOwner(question).filter((element) => this.#speaks(element.getNS() ?? ""));
		const message = xml("message", { from: jid, to: question.owner, type: "chat" }, xml("body", {}, words), asked);
		this.#options.send(message);
	}

	#event(event: RegistryEvent): void {
		this.#options.event(event);
		if (["disowned", "unregistered", "replaced"].includes(event.event)) this.#provisioning.sweep(event.thing);
	}

	/** What every component answers (XEP-0030, XEP-0199); undefined for the rest. */
	#disco(payload: Element): Outcome | undefined {
		if (payload.is("ping", NS_PING)) return {};
		if (!payload.is("query", NS_INFO) && !payload.is("query", NS_ITEMS)) return undefined;
		if (payload.attrs.node) return { condition: "item-not-found" };
		if (payload.is("query", NS_ITEMS)) return { payload: xml("query", { xmlns: NS_ITEMS }) };
		const identity = xml("identity", { category: "component", type: "generic", name: "Thing Registry" });
		const features = FEATURES.filter((feature) => this.#speaks(feature)).map((feature) => xml("feature", { var: feature }));
		return { payload: xml("query", { xmlns: NS_INFO }, identity, ...features) };
	}

	#speaks(namespace: string): boolean {
		const only = this.#options.dialect;
		return only === undefined || !namespace.startsWith(BEGINNINGS[only === "xep" ? "ieee" : "xep"]);
	}

	#mayTalk(who: string): boolean {
		const minute = Math.floor(this.#options.now() / 60_000);
		if (minute !== this.#minute || this.#talkers.size > TALKERS) this.#talkers.clear();
		this.#minute = minute;
		const said = (this.#talkers.get(who) ?? 0) + 1;
		this.#talkers.set(who, said);
		return said <= MESSAGES;
	}
}
