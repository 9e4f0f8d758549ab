// Registry and provisioning service in one component, as the oracle would have them: they say what is true, in either dialect, and have all the bad habits that services have.
import type { Broker } from "../broker.js";
import type { VirtualClock } from "../clock.js";
import type { Dice } from "../dice.js";
import { type Element, xml } from "../xml.js";
import { everything, fieldKinds, nothing, parameterNames, type Rule, type Truth } from "./truth.js";

export type DialectName = "xep" | "ieee";

const names = {
	xep: {
		discovery: "urn:xmpp:iot:discovery",
		provisioning: "urn:xmpp:iot:provisioning",
		field: ["field", "name"],
		flags: { momentary: "momentary", status: "status", identity: "identity" } as Record<string, string>
	},
	ieee: {
		discovery: "urn:ieee:iot:disco:1.0",
		provisioning: "urn:ieee:iot:prov:d:1.0",
		field: ["f", "n"],
		flags: { momentary: "m", status: "s", identity: "i" } as Record<string, string>
	}
} as const;
const DISCO_INFO = "http://jabber.org/protocol/disco#info";
const RETRY = 5000;

/** One clearCache or disowned: once the thing has it, nothing that was said before counts any more. */
export interface Clearing {
	/** The last time. */
	sent: number;
	/** Infinity until it is acknowledged. */
	acknowledged: number;
	readonly disowns: boolean;
}

interface Word {
	readonly payload: Element;
	readonly clearing: Clearing | undefined;
	readonly done: () => void;
}

export interface AuthorityOptions {
	readonly broker: Broker;
	readonly clock: VirtualClock;
	readonly dice: Dice;
	readonly jid: string;
	readonly dialect: DialectName;
	readonly truth: Truth;
	/** Full JID of the thing: as a service that is subscribed to its presence learns it when it comes back. */
	readonly locate: () => string | undefined;
}

export class Authority {
	readonly clearings: Clearing[] = [];
	/** When a thing that was not there before said that it is. */
	readonly arrivals: { readonly jid: string; readonly at: number }[] = [];
	/** The next so many questions get no answer, an error, or one that comes late. */
	silent = 0;
	failing = 0;
	late = 0;
	/** The id of the last question, which an omniscient forger knows. */
	lastQuestion: { readonly id: string; readonly kind: string } | undefined;
	connected = true;
	/** It lets everybody do everything, whatever is true. */
	lies = false;
	/** The thing is in the registry, and nobody's. */
	registered = false;
	/** What must reach the thing, in this order, until it is acknowledged. */
	#words: Word[] = [];
	#sent = new Map<string, Word>();
	#address: string | undefined;
	/** Whose presence came last. */
	#seen: string | undefined;
	#count = 0;
	#o: AuthorityOptions;

	constructor(options: AuthorityOptions) {
		this.#o = options;
		this.connect();
	}

	get settled(): boolean {
		return this.#words.length === 0;
	}

	get names(): (typeof names)[DialectName] {
		return names[this.#o.dialect];
	}

	connect(): void {
		this.connected = true;
		this.#o.broker.addComponent(this.#o.jid, { name: "authority", receive: (stanza) => this.#receive(stanza) });
		this.#retry();
	}

	disconnect(): void {
		this.connected = false;
		this.#sent.clear();
		this.#o.broker.addComponent(this.#o.jid, { name: "authority", receive: undefined });
	}

	setRule(who: string, rule: Rule): void {
		const before = this.#o.truth.rule(who);
		this.#o.truth.setRule(who, rule);
		if (before.friend && !rule.friend) this.tell(xml("unfriend", { xmlns: this.names.provisioning, jid: who }));
		if (!before.friend && rule.friend && this.#o.dice.below(2) === 0)
			this.tell(xml("friend", { xmlns: this.names.provisioning, jid: who }));
		this.clear();
	}

	clear(): void {
		this.#say(xml("clearCache", { xmlns: this.names.provisioning }), false, () => {});
	}

	claim(owner: string): void {
		this.registered = false;
		this.#o.truth.setOwner(owner);
		this.#say(xml("claimed", { xmlns: this.names.discovery, jid: owner, public: "true" }), false, () => {}, true);
	}

	/** The owner gives it up; it is nobody's once the thing has heard of it. */
	disown(): void {
		const done = (): void => {
			this.#o.truth.setOwner(undefined);
		};
		this.#say(xml("disowned", { xmlns: this.names.discovery }), true, done);
	}

	/** A message, which nobody acknowledges. */
	tell(payload: Element): void {
		if (this.connected && this.#address !== undefined) this.#send(xml("message", { from: this.#o.jid, to: this.#address }, payload));
	}

	#say(payload: Element, disowns: boolean, done: () => void, quiet = false): void {
		const { clock } = this.#o;
		const clearing = quiet ? undefined : { sent: clock.now(), acknowledged: Number.POSITIVE_INFINITY, disowns };
		if (clearing) this.clearings.push(clearing);
		this.#words.push({ payload, clearing, done });
		if (this.#words.length === 1) this.#retry();
	}

	/** One after the other: what is said next depends on whose it is. */
	#retry(): void {
		const [word] = this.#words;
		if (word === undefined) return;
		this.#o.clock.after(RETRY, () => {
			if (this.#words[0] === word) this.#retry();
		});
		this.#sayOnce(word);
	}

	#sayOnce(word: Word): void {
		this.#address = this.#o.locate() ?? this.#address;
		if (!this.connected || this.#address === undefined) return;
		if (word.clearing) word.clearing.sent = this.#o.clock.now();
		const id = `a${this.#count++}`;
		this.#sent.set(id, word);
		this.#send(xml("iq", { type: "set", id, from: this.#o.jid, to: this.#address }, word.payload));
	}

	#send(stanza: Element): void {
		this.#o.broker.soon(() => this.#o.broker.fromComponent(stanza));
	}

	#receive(stanza: Element): void {
		const { from = "", id = "", type } = stanza.attrs;
		if (stanza.is("presence")) {
			if (type === undefined && from !== this.#seen) this.arrivals.push({ jid: from, at: this.#o.clock.now() });
			if (type !== undefined) return;
			this.#address = from;
			this.#seen = from;
			// What it could not hear while it was away comes before anything it asks.
			if (this.#words[0] !== undefined) this.#sayOnce(this.#words[0]);
			return;
		}
		if (!stanza.is("iq")) return;
		const word = this.#sent.get(id);
		if (type === "result" && word !== undefined) {
			this.#sent.delete(id);
			if (word !== this.#words[0]) return;
			this.#words.shift();
			if (word.clearing) word.clearing.acknowledged = this.#o.clock.now();
			word.done();
			this.#retry();
			return;
		}
		const [payload] = stanza.getChildElements();
		if (payload === undefined || (type !== "get" && type !== "set")) return;
		const answer = (...children: Element[]): void => this.#send(xml("iq", { type: "result", id, from: this.#o.jid, to: from }, children));
		if (payload.is("query", DISCO_INFO)) {
			const features = [this.names.discovery, this.names.provisioning].map((feature) => xml("feature", { var: feature }));
			answer(xml("query", { xmlns: DISCO_INFO }, features));
		} else if (payload.is("register")) {
			const { owner } = this.#o.truth;
			this.registered = owner === undefined;
			answer(...(owner === undefined ? [] : [xml("claimed", { xmlns: this.names.discovery, jid: owner, public: "true" })]));
		} else if (payload.is("update")) answer();
		else this.#question(payload, id, answer, from);
	}

	/** Answered as it is true now, whenever the answer leaves. */
	#question(payload: Element, id: string, answer: (...children: Element[]) => void, from: string): void {
		const { clock, dice } = this.#o;
		const kind = payload.getName();
		this.lastQuestion = { id, kind };
		if (this.silent > 0) {
			this.silent--;
			return;
		}
		if (this.failing > 0) {
			this.failing--;
			const error = xml("error", { type: "wait" }, xml("internal-server-error", { xmlns: "urn:ietf:params:xml:ns:xmpp-stanzas" }));
			this.#send(xml("iq", { type: "error", id, from: this.#o.jid, to: from }, error));
			return;
		}
		const said = this.#answerTo(payload, kind);
		if (this.late === 0) answer(said);
		else {
			this.late--;
			clock.after(dice.below(4000), () => answer(said));
		}
	}

	#answerTo(payload: Element, kind: string): Element {
		const { dice, truth } = this.#o;
		const { jid = "" } = payload.attrs;
		const { field, flags, provisioning } = this.names;
		const rule = this.lies ? everything : truth.owner === undefined ? nothing : truth.rule(jid);
		const response = (result: boolean, attributes: Record<string, string> = {}, children: Element[] = []): Element =>
			xml(`${kind}Response`, { xmlns: provisioning, jid, result: `${result}`, ...attributes }, children);
		if (kind === "isFriend") return response(rule.friend);
		const asked = payload.getChildElements().map(({ attrs }) => attrs.name ?? attrs.n ?? "");
		// More than was asked may be said: it must not be taken.
		const wide = dice.below(3) === 0;
		if (kind === "canControl") {
			const allowed = parameterNames.filter((name) => rule.parameters.has(name) && (wide || asked.length === 0 || asked.includes(name)));
			const whole = asked.length > 0 && asked.every((name) => rule.parameters.has(name)) && dice.below(2) === 0;
			const attribute = dice.below(2) === 0 ? ["parameter", "name"] : ["p", "n"];
			return response(allowed.length > 0, {}, whole ? [] : allowed.map((name) => xml(attribute[0]!, { [attribute[1]!]: name })));
		}
		const kinds = [...rule.kinds].filter((each) => wide || payload.attrs.all === "true" || payload.attrs[flags[each]!] === "true");
		const allowed = Object.keys(fieldKinds).filter((name) => rule.fields.has(name) && (wide || asked.length === 0 || asked.includes(name)));
		const attributes: Record<string, string> = {};
		for (const each of kinds) attributes[flags[each]!] = "true";
		return response(
			allowed.length > 0 && kinds.length > 0,
			attributes,
			allowed.map((name) => xml(field[0], { [field[1]]: name }))
		);
	}
}
