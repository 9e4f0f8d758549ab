// A model of an XMPP broker (RFC 6120, RFC 6121): accounts, rosters, presence, routing, one domain and its components. Prosody judges it: see agree.spec.ts.
import type { TestCrypto } from "../support/crypto.js";
import { ClientStream } from "./client-stream.js";
import type { VirtualClock } from "./clock.js";
import type { Dice } from "./dice.js";
import type { ManagedSession } from "./managed-session.js";
import type { VirtualNetwork } from "./network.js";
import { Roster, type RosterItem, type Step, subscriptionOf } from "./rosters.js";
import { Tokens } from "./tokens.js";
import { clone, type Element, xml } from "./xml.js";

export const STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas";
const ROSTER = "jabber:iq:roster";
const REGISTER = "jabber:iq:register";
const TIME = "urn:xmpp:time";
const BLOCKING = "urn:xmpp:blocking";
const DISCO_INFO = "http://jabber.org/protocol/disco#info";
const DISCO_ITEMS = "http://jabber.org/protocol/disco#items";

export interface BrokerOptions {
	readonly clock: VirtualClock;
	readonly dice: Dice;
	readonly network: VirtualNetwork;
	readonly crypto: TestCrypto;
	readonly domain: string;
	readonly ports?: { readonly starttls: number; readonly direct: number };
}

/** What may differ from broker to broker; changed by a test before or during the story. */
export interface Habits {
	mechanisms: string[];
	iterations: number;
	/** What the answer to a registration's get carries. */
	registration: "both" | "fields" | "form" | "none";
	/** Accounts are made by forms that are signed with it (XEP-0348). */
	apiKey?: { readonly key: string; readonly secret: string };
	/** Condition with which registrations are refused. */
	refuseRegistration: string | undefined;
	/** Condition with which a change of password and a removal are refused. */
	refuseChanges?: string;
	/** Where SCRAM's last word comes (RFC 6120 6.3.10). */
	lastWord: "success" | "challenge";
	/** Without it there is nothing a client can do. */
	offersTLS: boolean;
	/** XEP-0198; how long a session outlives its connection. */
	streamManagement: boolean;
	resumeSeconds: number;
	/** XEP-0388, with bind, stream management and tokens within. */
	sasl2: boolean;
	/** Mechanisms by token (XEP-0484); none offers none. */
	tokens: string[];
	/** Age at which another token is given. */
	tokenSeconds: number;
	/** Logins can be bound to their connection, and it says how (XEP-0440). */
	bindings: boolean;
	/** XEP-0191. */
	blocking: boolean;
	/** What it says the time is; undefined tells the truth. */
	time?: number;
}

interface Account {
	readonly username: string;
	password: string;
	readonly salt: Uint8Array;
	readonly roster: Roster;
	/** Bare JIDs that it hears nothing of (XEP-0191). */
	readonly blocked: Set<string>;
}

/** One resource that is bound. */
export interface Session {
	readonly jid: string;
	deliver(stanza: Element): void;
	/** The broker ends it. */
	end(condition: string, givesBack?: boolean): void;
}

interface Resource {
	readonly session: Session;
	/** Asked for the roster: gets pushes and subscription news (RFC 6121 2.2). */
	interested: boolean;
	/** Last available presence; undefined while unavailable. */
	presence: Element | undefined;
	/** Directed available presence went there (RFC 6121 4.6). */
	readonly directed: Set<string>;
}

export interface Component {
	/** Undefined: configured, but nobody has connected it. */
	receive: ((stanza: Element) => void) | undefined;
	readonly name: string;
}

export class Broker {
	readonly domain: string;
	readonly habits: Habits = {
		mechanisms: ["SCRAM-SHA-1", "SCRAM-SHA-256"],
		iterations: 10_000,
		registration: "both",
		refuseRegistration: undefined,
		lastWord: "success",
		offersTLS: true,
		streamManagement: true,
		resumeSeconds: 600,
		sasl2: false,
		tokens: ["HT-SHA-256-EXPR", "HT-SHA-256-NONE"],
		tokenSeconds: 86_400,
		bindings: false,
		blocking: true
	};
	readonly tokens: Tokens;
	readonly crypto: TestCrypto;
	readonly dice: Dice;
	readonly ports: { readonly starttls: number; readonly direct: number };
	/** Accounts made by in-band registration, in order. */
	readonly registrations: string[] = [];
	#clock: VirtualClock;
	#accounts = new Map<string, Account>();
	#resources = new Map<string, Resource>();
	#components = new Map<string, Component>();
	#streams = new Set<ClientStream>();
	/** By id; every session of a client's stream that counts. */
	#managed = new Map<string, ManagedSession>();
	#count = 0;

	constructor(options: BrokerOptions) {
		this.#clock = options.clock;
		this.dice = options.dice;
		this.crypto = options.crypto;
		this.domain = options.domain;
		this.tokens = new Tokens(options.crypto, options.dice.fork("tokens"));
		this.ports = options.ports ?? { starttls: 5222, direct: 5223 };
		for (const [tls, port] of Object.entries(this.ports)) {
			options.network.listen(this.domain, port, (line) => {
				const stream: ClientStream = new ClientStream(this, line, tls === "direct", () => this.#streams.delete(stream));
				this.#streams.add(stream);
			});
		}
	}

	now(): number {
		return this.#clock.now();
	}

	/** Answers and news leave after what is being handled, as they do over sockets. */
	soon(callback: () => void): void {
		this.#clock.after(0, callback);
	}

	/** Gives what takes it back. */
	later(milliseconds: number, callback: () => void): () => void {
		const happening = this.#clock.after(milliseconds, callback);
		return () => this.#clock.cancel(happening);
	}

	get accounts(): readonly string[] {
		return [...this.#accounts.keys()];
	}

	account(username: string): Account | undefined {
		return this.#accounts.get(username);
	}

	/** False when there is one of that name. */
	createAccount(username: string, password: string): boolean {
		if (this.#accounts.has(username)) return false;
		this.#accounts.set(username, { username, password, salt: this.dice.bytes(16), roster: new Roster(), blocked: new Set<string>() });
		return true;
	}

	addComponent(jid: string, component: Component): void {
		this.#components.set(jid, component);
	}

	/** Ends every stream with an error, as a broker does that shuts down. */
	shutDown(): void {
		for (const stream of [...this.#streams]) stream.end("system-shutdown");
		this.forgetSessions();
	}

	/** Every session whose connection broke is over, as after a restart. */
	forgetSessions(): void {
		for (const session of [...this.#managed.values()]) session.end("reset");
	}

	manage(session: ManagedSession): void {
		this.#managed.set(session.id, session);
	}

	managedSession(id: string): ManagedSession | undefined {
		return this.#managed.get(id);
	}

	/** A session ended before this was acknowledged. */
	giveBack(stanza: Element): void {
		if (!stanza.is("presence")) this.#bounce(stanza, "recipient-unavailable", "wait");
	}

	/** It stands again, but its data did not come with it. */
	restartWithoutData(): void {
		this.shutDown();
		this.#accounts.clear();
		this.tokens.forget();
	}

	/** Full JID that is free, or the one asked for; who has it already is put out (RFC 6120 7.7.2.2). */
	bind<S extends Session>(username: string, resource: string | undefined, session: (jid: string) => S): S {
		const jid = `${username}@${this.domain}/${resource ?? this.dice.word(8)}`;
		this.#resources.get(jid)?.session.end("conflict");
		const bound = session(jid);
		this.#resources.set(jid, { session: bound, interested: false, presence: undefined, directed: new Set() });
		return bound;
	}

	unbind(session: Session): void {
		for (const [id, managed] of this.#managed) if (managed === session) this.#managed.delete(id);
		const resource = this.#resources.get(session.jid);
		if (resource?.session !== session) return;
		this.#leave(resource, xml("presence", { type: "unavailable", from: session.jid }));
		this.#resources.delete(session.jid);
	}

	isAvailable(jid: string): boolean {
		return this.#resources.get(jid)?.presence !== undefined;
	}

	/** A stanza that a client sent; `language` is that of its stream (RFC 6120 8.1.5). */
	fromClient(session: Session, stanza: Element, language?: string): void {
		const resource = this.#resources.get(session.jid);
		if (!resource) return;
		const copy = clone(stanza);
		copy.attrs.from = session.jid;
		if (language !== undefined) copy.attrs["xml:lang"] ??= language;
		if (copy.is("presence")) this.#presence(resource, copy);
		else this.#route(copy, resource);
	}

	/** A stanza that a component sent. */
	fromComponent(stanza: Element): void {
		if (stanza.is("presence")) this.#routePresence(clone(stanza));
		else this.#route(clone(stanza), undefined);
	}

	#route(stanza: Element, sender: Resource | undefined): void {
		const { to, from, type } = stanza.attrs;
		const request = stanza.is("iq") && (type === "get" || type === "set");
		if (to === undefined || (sender && to === bareOf(sender.session.jid))) {
			if (request && sender) this.#answerAccount(sender, stanza);
			return;
		}
		if (to === this.domain) {
			if (request && sender && type === "set" && stanza.getChild("query", REGISTER)) this.#changeAccount(sender, stanza);
			else if (request) this.#answerDomain(stanza);
			return;
		}
		// XEP-0191 3.2: nothing leaves for who is kept away.
		if (sender && this.#isBlocked(to, sender.session.jid)) {
			this.#bounce(stanza, "not-acceptable", "cancel");
			return;
		}
		const component = this.#components.get(domainOf(to));
		if (component) {
			if (component.receive) this.soon(() => component.receive?.(stanza));
			else this.#bounce(stanza, "remote-server-timeout", "wait", "Component unavailable");
			return;
		}
		if (domainOf(to) !== this.domain) {
			this.#bounce(stanza, "remote-server-not-found", "cancel");
			return;
		}
		if (this.#isBlocked(from, to)) {
			this.#bounce(stanza, "service-unavailable", "cancel");
			return;
		}
		const resource = this.#resources.get(to);
		if (resource) {
			resource.session.deliver(stanza);
			return;
		}
		if (stanza.is("message") && !to.includes("/")) {
			const available = this.#available(to);
			for (const { session } of available) session.deliver(clone(stanza));
			if (available.length > 0) return;
		}
		// RFC 6121 8.5: nobody there, and nothing is kept.
		if (from !== undefined) this.#bounce(stanza, "service-unavailable", "cancel");
	}

	/** Gives an error back to who sent it; errors and results never bounce (RFC 6120 8.3.1). */
	#bounce(stanza: Element, condition: string, type: string, text?: string): void {
		if (stanza.attrs.type === "error" || stanza.attrs.type === "result") return;
		const error = xml("error", { type }, xml(condition, { xmlns: STANZAS }));
		if (text !== undefined) error.append(xml("text", { xmlns: STANZAS }, text));
		this.#answer(stanza, "error", error);
	}

	#answer(request: Element, type: "result" | "error", ...children: Element[]): void {
		const { id, from, to } = request.attrs;
		if (from === undefined) return;
		this.#deliver(xml(request.name, { type, id, to: from, from: to }, ...children));
	}

	#deliver(stanza: Element): void {
		const to = stanza.attrs.to!;
		const component = this.#components.get(domainOf(to));
		if (component) this.soon(() => component.receive?.(stanza));
		else this.#resources.get(to)?.session.deliver(stanza);
	}

	#isBlocked(from: string | undefined, to: string): boolean {
		return from !== undefined && this.#accounts.get(localOf(to))?.blocked.has(bareOf(from)) === true;
	}

	/** XEP-0191 3.3, 3.5. */
	#block(account: Account, request: Element): void {
		const block = request.getChild("block", BLOCKING);
		const jids = (block ?? request.getChild("unblock", BLOCKING))!.getChildren("item").map((item) => item.attrs.jid!);
		if (block) for (const jid of jids) account.blocked.add(jid);
		else if (jids.length === 0) account.blocked.clear();
		else for (const jid of jids) account.blocked.delete(jid);
		this.#answer(request, "result");
	}

	#answerDomain(request: Element): void {
		if (request.attrs.type === "get" && request.getChild("query", DISCO_INFO)) {
			const query = xml("query", { xmlns: DISCO_INFO }, xml("identity", { category: "server", type: "im", name: "Broker" }));
			for (const feature of [DISCO_INFO, DISCO_ITEMS, "urn:xmpp:ping"]) query.append(xml("feature", { var: feature }));
			this.#answer(request, "result", query);
		} else if (request.attrs.type === "get" && request.getChild("query", DISCO_ITEMS)) {
			const items = [...this.#components].map(([jid, { name }]) => xml("item", { jid, name }));
			this.#answer(request, "result", xml("query", { xmlns: DISCO_ITEMS }, items));
		} else if (request.getChild("ping", "urn:xmpp:ping")) this.#answer(request, "result");
		else if (request.attrs.type === "get" && request.getChild("time", TIME)) this.#answer(request, "result", this.#time());
		else this.#bounce(request, "service-unavailable", "cancel");
	}

	/** XEP-0202. */
	#time(): Element {
		const { time = this.now() } = this.habits;
		return xml("time", { xmlns: TIME }, xml("tzo", {}, "Z"), xml("utc", {}, new Date(time).toISOString()));
	}

	#answerAccount(resource: Resource, request: Element): void {
		const account = this.#accountOf(resource.session.jid);
		const roster = request.getChild("query", ROSTER);
		if (roster && request.attrs.type === "get") {
			resource.interested = true;
			this.#answer(request, "result", xml("query", { xmlns: ROSTER }, account.roster.listed.map(itemElement)));
		} else if (roster) {
			this.#setRoster(account, resource, request, roster);
		} else if (request.getChild("ping", "urn:xmpp:ping")) this.#answer(request, "result");
		else if (request.getChild("query", REGISTER) && request.attrs.type === "set") this.#changeAccount(resource, request);
		else if (
			this.habits.blocking &&
			request.attrs.type === "set" &&
			request.getChildren("block").length + request.getChildren("unblock").length > 0
		)
			this.#block(account, request);
		else this.#bounce(request, "service-unavailable", "cancel");
	}

	/** RFC 6121 2.3 to 2.5. */
	#setRoster(account: Account, resource: Resource, request: Element, query: Element): void {
		const wanted = query.getChild("item")?.attrs;
		if (wanted?.jid === undefined) {
			this.#bounce(request, "bad-request", "modify");
			return;
		}
		const item = account.roster.find(wanted.jid);
		if (wanted.subscription !== "remove") {
			const kept = account.roster.item(wanted.jid);
			kept.listed = true;
			kept.name = wanted.name;
			this.#push(account, itemElement(kept));
			this.#answer(request, "result");
			return;
		}
		if (!item?.listed) {
			this.#bounce(request, "item-not-found", "cancel");
			return;
		}
		const own = bareOf(resource.session.jid);
		// 2.5.2: both directions end, then the item is gone.
		if (item.from || item.asked) this.#subscription(account, "unsubscribed", own, item.jid, undefined, true);
		if (item.to || item.ask) this.#subscription(account, "unsubscribe", own, item.jid, undefined, true);
		account.roster.remove(item.jid);
		this.#push(account, xml("item", { jid: item.jid, subscription: "remove" }));
		this.#answer(request, "result");
	}

	/** XEP-0077 3.2, 3.3: another password, or an end. */
	#changeAccount(resource: Resource, request: Element): void {
		const account = this.#accountOf(resource.session.jid);
		const query = request.getChild("query")!;
		if (this.habits.refuseChanges !== undefined) {
			this.#bounce(request, this.habits.refuseChanges, "cancel");
			return;
		}
		if (query.getChild("remove")) {
			this.#answer(request, "result");
			this.#accounts.delete(account.username);
			this.soon(() => resource.session.end("not-authorized"));
			return;
		}
		const password = query.getChildText("password");
		if (password) {
			account.password = password;
			// As Prosody does: who knew the last one only is out, and nothing is given back.
			const own = bareOf(resource.session.jid);
			for (const [jid, other] of [...this.#resources]) if (other !== resource && bareOf(jid) === own) other.session.end("reset", false);
		}
		if (password) this.#answer(request, "result");
		else this.#bounce(request, "bad-request", "modify");
	}

	#push(account: Account, item: Element): void {
		const own = `${account.username}@${this.domain}`;
		for (const [jid, { interested, session }] of this.#resources) {
			if (!interested || bareOf(jid) !== own) continue;
			session.deliver(xml("iq", { type: "set", id: `push-${this.#count++}`, to: jid }, xml("query", { xmlns: ROSTER }, clone(item))));
		}
	}

	#presence(resource: Resource, stanza: Element): void {
		const { to, type } = stanza.attrs;
		const own = bareOf(resource.session.jid);
		if (to === undefined) {
			if (type === undefined) this.#arrive(resource, stanza);
			else if (type === "unavailable") this.#leave(resource, stanza);
			return;
		}
		if (isStep(type)) {
			this.#subscription(this.#accountOf(resource.session.jid), type, own, bareOf(to), stanza);
			return;
		}
		if (type === undefined) resource.directed.add(to);
		else if (type === "unavailable") resource.directed.delete(to);
		this.#routePresence(stanza);
	}

	#routePresence(stanza: Element): void {
		const to = stanza.attrs.to!;
		const component = this.#components.get(domainOf(to));
		if (component) this.soon(() => component.receive?.(stanza));
		else if (stanza.attrs.type === "probe") this.#probe(bareOf(to), bareOf(stanza.attrs.from!));
		else if (isStep(stanza.attrs.type)) this.#receiveStep(stanza.attrs.type, bareOf(stanza.attrs.from!), bareOf(to), stanza);
		else if (to.includes("/")) this.#resources.get(to)?.session.deliver(stanza);
		else for (const { session } of this.#available(to)) session.deliver(clone(stanza));
	}

	/** Initial presence and its changes (RFC 6121 4.2, 4.4). */
	#arrive(resource: Resource, stanza: Element): void {
		const initial = resource.presence === undefined;
		// Whoever gets it later is told that it is old (XEP-0203).
		resource.presence = clone(stanza);
		const stamp = `${new Date(this.now()).toISOString().slice(0, 19)}Z`;
		resource.presence.append(xml("delay", { xmlns: "urn:xmpp:delay", from: this.domain, stamp }));
		const own = bareOf(resource.session.jid);
		const roster = this.#accountOf(resource.session.jid).roster;
		this.#broadcast(roster, own, stanza);
		if (!initial) return;
		for (const item of roster.items) {
			if (item.to) this.#probe(item.jid, own, resource);
			// 3.1.3: what was asked while we were away.
			if (item.asked) resource.session.deliver(xml("presence", { type: "subscribe", from: item.jid, to: own }));
			// 3.1.2: what is pending is asked again.
			if (item.ask) this.#receiveStep("subscribe", own, item.jid);
		}
	}

	#leave(resource: Resource, stanza: Element): void {
		const own = bareOf(resource.session.jid);
		const told = new Set(resource.directed);
		resource.directed.clear();
		if (resource.presence) {
			resource.presence = undefined;
			const roster = this.#accounts.get(localOf(own))?.roster;
			if (roster) this.#broadcast(roster, own, stanza);
			for (const item of roster?.items ?? []) if (item.from) told.delete(item.jid);
		}
		for (const to of told) this.#routePresence(addressed(stanza, to));
	}

	/** To the contacts who may see it, and to our own other resources. */
	#broadcast(roster: Roster, own: string, stanza: Element): void {
		for (const item of roster.items) if (item.from) this.#routePresence(addressed(stanza, item.jid));
		for (const { session } of this.#available(own)) session.deliver(addressed(stanza, own));
	}

	/** The contact's presence, for us who just came or were just let in (RFC 6121 4.3). */
	#probe(contact: string, own: string, resource?: Resource): void {
		const roster = this.#accounts.get(localOf(contact))?.roster;
		if (!roster?.find(own)?.from) return;
		for (const { presence } of this.#available(contact)) {
			if (!presence) continue;
			if (resource) resource.session.deliver(addressed(presence, own));
			else this.#routePresence(addressed(presence, own));
		}
	}

	/** A subscription stanza of our own account's (RFC 6121 3). */
	#subscription(account: Account, step: Step, own: string, contact: string, stanza?: Element, silent = false): void {
		const before = snapshot(account.roster.find(contact));
		const routed = account.roster.outbound(step, contact);
		const item = account.roster.find(contact);
		if (!silent && item?.listed && snapshot(item) !== before) this.#push(account, itemElement(item));
		if (routed) this.#receiveStep(step, own, contact, stanza);
		if (!routed) return;
		// 3.1.5 and 3.2.1: who is let in sees us, who is put out sees us go.
		for (const { presence, session } of this.#available(own)) {
			if (step === "subscribed" && presence) this.#routePresence(addressed(presence, contact));
			else if (step === "unsubscribed") {
				this.#routePresence(xml("presence", { type: "unavailable", from: session.jid, to: contact }));
			}
		}
	}

	/** The same stanza at the contact's side. */
	#receiveStep(step: Step, from: string, to: string, original?: Element): void {
		const component = this.#components.get(domainOf(to));
		const stanza = original ? clone(original) : xml("presence", { type: step });
		Object.assign(stanza.attrs, { from, to });
		if (component) {
			this.soon(() => component.receive?.(stanza));
			return;
		}
		const account = this.#accounts.get(localOf(to));
		if (!account || domainOf(to) !== this.domain) {
			// 3.1.3: nobody there.
			if (step === "subscribe") this.#receiveStep("unsubscribed", to, from);
			return;
		}
		const item = account.roster.find(from);
		if (step === "subscribe" && item?.from) {
			// 3.1.3: let in already.
			this.#receiveStep("subscribed", to, from);
			return;
		}
		// 3.1.3: until the contact decides, he is as good as away.
		if (step === "subscribe") this.#routePresence(xml("presence", { type: "unavailable", from: to, to: from }));
		const before = snapshot(item);
		const delivered = account.roster.inbound(step, from);
		const after = account.roster.find(from);
		if (delivered) {
			for (const resource of this.#resourcesOf(to)) {
				const wanted = step === "subscribe" ? resource.presence !== undefined : resource.interested;
				if (wanted) resource.session.deliver(clone(stanza));
			}
		}
		if (after?.listed && snapshot(after) !== before) this.#push(account, itemElement(after));
		// 3.3.3: who gives up his subscription sees us go.
		if (delivered && step === "unsubscribe") {
			for (const { session } of this.#available(to)) {
				this.#routePresence(xml("presence", { type: "unavailable", from: session.jid, to: from }));
			}
		}
	}

	#resourcesOf(bare: string): Resource[] {
		return [...this.#resources].filter(([jid]) => bareOf(jid) === bare).map(([, resource]) => resource);
	}

	#available(bare: string): Resource[] {
		return this.#resourcesOf(bare).filter(({ presence }) => presence !== undefined);
	}

	#accountOf(jid: string): Account {
		return this.#accounts.get(localOf(jid))!;
	}
}

function itemElement(item: RosterItem): Element {
	return xml("item", {
		jid: item.jid,
		name: item.name,
		subscription: subscriptionOf(item),
		ask: item.ask ? "subscribe" : undefined
	});
}

function snapshot(item: RosterItem | undefined): string {
	return item ? JSON.stringify([subscriptionOf(item), item.ask, item.listed]) : "";
}

function addressed(stanza: Element, to: string): Element {
	const copy = clone(stanza);
	copy.attrs.to = to;
	return copy;
}

function isStep(type: string | undefined): type is Step {
	return type === "subscribe" || type === "subscribed" || type === "unsubscribe" || type === "unsubscribed";
}

export function bareOf(jid: string): string {
	return jid.split("/", 1)[0]!;
}

export function localOf(jid: string): string {
	const bare = bareOf(jid);
	return bare.includes("@") ? bare.slice(0, bare.indexOf("@")) : "";
}

export function domainOf(jid: string): string {
	return bareOf(jid).split("@").at(-1)!;
}
