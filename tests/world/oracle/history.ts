// One random history of one thing: people ask, owners decide and change, lines break, power goes, services lie low, forgers forge. What moves is judged by the truth of who decides, never by what the firmware says of itself.
import type { TestCrypto } from "../../support/crypto.js";
import { Dice } from "../dice.js";
import { type VirtualThing, World } from "../world.js";
import { type Element, xml } from "../xml.js";
import { Authority, type DialectName } from "./authority.js";
import { weatherless } from "./thing.js";
import { fieldKinds, nothing, parameterNames, type Right, type Rule, Truth } from "./truth.js";

const readouts = {
	xep: {
		...{ namespace: "urn:xmpp:iot:sensordata", sequence: "seqnr", field: "field", name: "name", token: "serviceToken" },
		category: (name: string) => name
	},
	ieee: {
		...{ namespace: "urn:ieee:iot:sd:1.0", sequence: "id", field: "f", name: "n", token: "st" },
		category: (name: string) => name[0]!
	}
} as const;
const controls = { xep: "urn:xmpp:iot:control", ieee: "urn:ieee:iot:ctr:1.0" } as const;
const PEOPLE = "people.example";
/** Two of them own it in turns. */
const people: readonly string[] = Object.freeze(["anna", "otto", "carl", "dora"].map((name) => `${name}@${PEOPLE}`));
const owners = people.slice(0, 2);
/** The service speaks first for so long after a login, milliseconds; less what the wire may take. */
const HOLD = 2000 - 300;

/** What stays of a thing when its power goes, from which every history begins. */
export interface Beginning {
	readonly dialect: DialectName;
	readonly username: string;
	readonly password: string;
	readonly records: readonly (readonly [string, Uint8Array])[];
}

interface Request {
	readonly who: string;
	/** Full JID of the thing. */
	readonly to: string;
	readonly at: number;
	readonly asked: readonly string[];
	/** A message that comes too late to mean anything. */
	readonly stale?: boolean;
}

export interface Outcome {
	/** What moved that should not have, or did not that should. */
	readonly faults: readonly string[];
	/** Fields and parameters that moved, requests that were refused. */
	readonly moved: number;
	readonly refused: number;
}

export class History {
	readonly faults: string[] = [];
	moved = 0;
	refused = 0;
	readonly #world: World;
	readonly #dice: Dice;
	readonly #truth: Truth;
	readonly #authority: Authority;
	readonly #thing: VirtualThing;
	readonly #requests = new Map<string, Request>();
	/** Ids of requests by what they were answered. */
	readonly #answers = new Map<string, "result" | "error">();
	/** Names of fields that came, by sequence. */
	readonly #came = new Map<string, Set<string>>();
	readonly #subscribed = new Map<string, string>();
	/** What is being told, for who reads a fault. */
	readonly log: string[] = [];
	#count = 1;
	#jid = "";

	constructor(seed: number | string, beginning: Beginning, crypto: TestCrypto) {
		this.#dice = new Dice(`history ${seed}`);
		this.#world = new World(1, { crypto });
		const { broker, clock, network } = this.#world;
		broker.habits.iterations = 4096;
		broker.createAccount(beginning.username, beginning.password);
		network.latency = this.#dice.below(40);
		this.#truth = new Truth(people, () => clock.now());
		const { dialect } = beginning;
		const locate = (): string | undefined => (this.#thing.on ? this.#thing.firmware.jid : undefined);
		const truth = this.#truth;
		this.#authority = new Authority({ broker, clock, dice: this.#dice, jid: this.#world.registry, dialect, truth, locate });
		broker.addComponent(PEOPLE, { name: "people", receive: (stanza) => this.#hear(stanza) });
		broker.addComponent(`evil.${this.#world.domain}`, { name: "evil", receive: () => {} });
		this.#thing = this.#world.thing({ definition: weatherless, values: { T: 1, H: 2, S: 3, N: "n" }, serial: "SN-1", key: "k".repeat(26) });
		for (const [key, bytes] of beginning.records) this.#thing.storage.write(key, bytes);
	}

	/** Lives it, and gives what is wrong with it. `lies`: the service lets everybody in, so something must be. */
	live(steps: number, lies = false): Outcome {
		this.#authority.lies = lies;
		this.#start();
		this.#settle("at first");
		this.#authority.claim(this.#pick(owners));
		this.#settle("after the claim");
		for (let i = 0; i < steps; i++) {
			this.#step();
			if (this.#dice.below(3) > 0) this.#world.clock.pass(this.#dice.below(this.#dice.below(4) === 0 ? 8000 : 800));
		}
		this.#probe();
		return { faults: this.faults, moved: this.moved, refused: this.refused };
	}

	#pick<T>(list: readonly T[]): T {
		return list[this.#dice.below(list.length)]!;
	}

	#some<T>(list: readonly T[]): T[] {
		return list.filter(() => this.#dice.below(2) === 0);
	}

	#note(text: string): void {
		this.log.push(`${this.#world.clock.now() - Date.UTC(2026, 0, 1)} ${text}`);
	}

	#fault(text: string): void {
		this.#note(`FAULT ${text}`);
		this.faults.push(text);
	}

	#start(): void {
		this.#note("boots");
		this.#thing.start();
		const { parts } = this.#thing.host;
		if (this.#dice.below(3) === 0) parts.delay = this.#dice.below(2000);
		const set = parts.set.bind(parts);
		parts.set = (name, value, callback) => {
			this.#actuated(name, Number(value));
			set(name, value, callback);
		};
	}

	#step(): void {
		const { broker, clock } = this.#world;
		const authority = this.#authority;
		switch (this.#dice.below(27)) {
			case 0:
			case 1:
			case 2:
			case 3:
			case 4:
				this.#read(this.#pick(people), this.#some(Object.keys(fieldKinds)));
				break;
			case 5:
			case 6:
			case 7:
				this.#set(this.#pick(people), this.#some(parameterNames));
				break;
			case 8:
				this.#befriend(this.#pick(people));
				break;
			case 9:
			case 10:
			case 11:
				this.#rule();
				break;
			case 12:
				if (this.#truth.owner === undefined) {
					if (authority.registered && authority.settled) {
						const owner = this.#pick(owners);
						this.#note(`${owner} claims`);
						authority.claim(owner);
					}
				} else if (authority.settled) {
					const { storage } = this.#thing;
					const dies = this.#thing.on && this.#dice.below(3) === 0;
					this.#note(`the owner gives it up${dies ? ", and the power goes on the way" : ""}`);
					if (dies) storage.dieAt = { change: storage.changes + 1 + this.#dice.below(8), when: this.#pick(["before", "after"]) };
					authority.disown();
				}
				break;
			case 13:
				this.#note("the line breaks");
				this.#thing.attachment.cut();
				break;
			case 14:
				if (this.#thing.on) {
					this.#note("the power goes");
					this.#thing.kill();
					if (this.#dice.below(2) === 0) clock.pass(this.#dice.below(5000));
				}
				this.#start();
				break;
			case 15:
				this.#note(`the service goes, or comes (${authority.connected})`);
				if (authority.connected) authority.disconnect();
				else authority.connect();
				break;
			case 16:
				authority.silent = this.#dice.below(3);
				authority.failing = this.#dice.below(2);
				break;
			case 17:
			case 18:
				authority.late = this.#dice.below(4);
				break;
			case 19:
				authority.clear();
				break;
			case 20:
			case 21:
				this.#race();
				break;
			case 22:
				this.#return();
				break;
			case 23:
				this.#note("the broker forgets every session");
				broker.shutDown();
				break;
			default:
				this.#forge();
		}
	}

	/** A decision is on its way while the rule changes; afterwards he asks again. */
	#race(): void {
		const { clock } = this.#world;
		const who = this.#pick(people);
		const ask = (): string => (this.#dice.below(2) === 0 ? this.#read(who, [], true) : this.#set(who, parameterNames));
		this.#authority.late = 1;
		ask();
		clock.pass(this.#dice.below(500));
		this.#rule(who);
		clock.pass(this.#dice.below(5000));
		ask();
	}

	/** What is taken back while it is away it must not grant when it comes back, however quickly it is asked. */
	#return(): void {
		const { clock } = this.#world;
		const who = this.#pick(people);
		this.#read(who, [], true);
		clock.pass(1500);
		if (!this.#thing.on) return;
		this.#note("the power goes, and comes");
		this.#thing.kill();
		this.#rule(who, true);
		this.#start();
		for (let i = 0; i < 500 && this.#thing.firmware.jid === undefined; i++) clock.step();
		clock.pass(this.#dice.below(4) * 100);
		this.#read(who, [], true);
	}

	#rule(who = this.#pick(people), taken = this.#dice.below(3) === 0): void {
		const { owner } = this.#truth;
		if (owner === undefined || who === owner || !this.#authority.connected) return;
		const rule: Rule = taken
			? nothing
			: {
					fields: new Set(this.#some(Object.keys(fieldKinds))),
					kinds: new Set(this.#some(["momentary", "status", "identity"])),
					parameters: new Set(this.#some(parameterNames)),
					friend: this.#dice.below(2) === 0
				};
		this.#note(`rule for ${who}: ${[...rule.fields]} ${[...rule.kinds]} ${[...rule.parameters]} ${rule.friend}`);
		this.#authority.setRule(who, rule);
	}

	#address(): string {
		const jid = this.#thing.on ? this.#thing.firmware.jid : undefined;
		if (jid !== undefined) this.#jid = jid;
		return this.#jid;
	}

	#send(stanza: Element): void {
		this.#world.broker.soon(() => this.#world.broker.fromComponent(stanza));
	}

	/** `usual` is what is asked again and again, so that answers are remembered. */
	#read(who: string, some: readonly string[], usual = this.#dice.below(2) === 0): string {
		const asked = usual ? [] : some;
		const id = `${this.#count++}`;
		this.#requests.set(id, { who, to: this.#address(), asked, at: this.#world.clock.now() });
		const { category, field, name, namespace, sequence, token } = readouts[this.#pick(["xep", "ieee"] as const)];
		const flags: Record<string, string> =
			usual || this.#dice.below(2) === 0 ? { all: "true" } : { [category(this.#pick(["momentary", "status", "identity"]))]: "true" };
		const tokens = !usual && this.#dice.below(4) === 0 ? { [token]: `t:${this.#dice.below(3)}` } : {};
		const fields = asked.map((each) => xml(field, { [name]: each }));
		const req = xml("req", { xmlns: namespace, [sequence]: id, ...flags, ...tokens }, fields);
		this.#note(`${who} reads ${asked} ${JSON.stringify(flags)} (${id})`);
		this.#send(xml("iq", { type: "get", id, from: `${who}/x`, to: this.#address() }, req));
		return id;
	}

	#set(who: string, some: readonly string[], iq = this.#dice.below(3) > 0): string {
		const id = `${this.#count++}`;
		const asked = some.length === 0 ? ["A"] : some;
		const dialect = this.#pick(["xep", "ieee"] as const);
		const long = dialect === "xep";
		// The number of the request is what is set: an actuator that moves says whose hand it was.
		const values = asked.map((name) => xml(long ? "int" : "i", long ? { name, value: id } : { n: name, v: id }));
		const set = xml("set", { xmlns: controls[dialect] }, values);
		const stale = !iq && this.#dice.below(3) === 0;
		this.#requests.set(id, { who, to: this.#address(), asked, at: this.#world.clock.now(), stale });
		this.#note(`${who} sets ${asked}${iq ? "" : ` by ${stale ? "a stale " : ""}message`} (${id})`);
		const delay = xml("delay", { xmlns: "urn:xmpp:delay", stamp: new Date(this.#world.clock.now() - 3_600_000).toISOString() });
		const stanza = iq ? xml("iq", { type: "set", id }, set) : xml("message", {}, stale ? [set, delay] : set);
		Object.assign(stanza.attrs, { from: `${who}/x`, to: this.#address() });
		this.#send(stanza);
		return id;
	}

	#befriend(who: string): void {
		const id = `${this.#count++}`;
		this.#requests.set(id, { who, to: this.#address(), asked: [], at: this.#world.clock.now() });
		this.#subscribed.set(who, id);
		this.#note(`${who} wants to be a friend (${id})`);
		this.#send(xml("presence", { type: "subscribe", from: who, to: this.#address().split("/")[0] }));
	}

	/** Words that only others may say. */
	#forge(): void {
		const { discovery, provisioning } = this.#authority.names;
		const evil = this.#pick([
			...people,
			`${people[2]}/x`,
			`evil.${this.#world.domain}`,
			`${this.#authority.names.field[0]}@${this.#world.registry}`,
			this.#world.domain
		]);
		const question = this.#authority.lastQuestion;
		const jid = this.#pick(people);
		const iq = (payload: Element): Element => xml("iq", { type: "set", id: `f${this.#count++}` }, payload);
		const all = question?.kind === "canRead" ? { momentary: "true", status: "true", identity: "true" } : {};
		const stanza = this.#pick([
			iq(xml("claimed", { xmlns: discovery, jid })),
			iq(xml("disowned", { xmlns: discovery })),
			iq(xml("removed", { xmlns: discovery })),
			iq(xml("clearCache", { xmlns: provisioning })),
			xml("message", {}, xml("friend", { xmlns: provisioning, jid })),
			xml("message", {}, xml("unfriend", { xmlns: provisioning, jid })),
			xml(
				"iq",
				{ type: "result", id: question?.id },
				xml(`${question?.kind}Response`, { xmlns: provisioning, jid, result: "true", ...all })
			),
			iq(xml("query", { xmlns: "jabber:iq:roster" }, xml("item", { jid, subscription: "both" }))),
			xml("presence", { type: this.#pick(["subscribed", "unsubscribed", "unavailable"]) })
		]);
		Object.assign(stanza.attrs, { from: evil, to: this.#address() });
		this.#note(`${evil} forges ${stanza.toString()}`);
		this.#send(stanza);
	}

	/** What the thing says to people. */
	#hear(stanza: Element): void {
		const { id = "", to = "", type } = stanza.attrs;
		const who = to.split("/")[0]!;
		if (stanza.is("iq") && (type === "result" || type === "error")) {
			this.#answers.set(id, type);
			if (type === "error") this.refused++;
			const readings = stanza.getChild("resp", readouts.ieee.namespace);
			if (readings) this.#heed(who, readings.attrs.id ?? "", readings);
		} else if (stanza.is("presence") && type === "subscribed") {
			// Who was let in already is told so by the broker, whose words have no language; the thing is not asked (RFC 6121 3.1.3).
			if (stanza.attrs["xml:lang"] === undefined) return;
			const request = this.#requests.get(this.#subscribed.get(who) ?? "");
			if (request === undefined) this.#fault(`${who} is let in and never asked`);
			else this.#judge(request, who, "f", "is let in");
		} else if (stanza.is("message")) {
			for (const readings of stanza.getChildElements()) {
				const { xmlns, id = "", seqnr = id } = readings.attrs;
				if (xmlns === readouts.xep.namespace || xmlns === readouts.ieee.namespace) this.#heed(who, seqnr, readings);
			}
		}
	}

	/** Whatever of it has a value. */
	#heed(who: string, sequence: string, element: Element): void {
		for (const child of element.getChildElements()) {
			const { n = "", v, name = n, value = v } = child.attrs;
			if (name !== "" && value !== undefined) this.#received(who, sequence, name);
			this.#heed(who, sequence, child);
		}
	}

	#received(who: string, sequence: string, name: string): void {
		const request = this.#requests.get(sequence);
		this.#note(`${who} gets ${name} (${sequence})`);
		this.moved++;
		if (request === undefined || request.who !== who) this.#fault(`${who} gets ${name} of ${sequence}, which is not his`);
		else if (request.asked.length > 0 && !request.asked.includes(name)) this.#fault(`${who} gets ${name} and did not ask for it`);
		else this.#judge(request, who, `r:${name}`, `gets ${name} (${sequence})`);
		const came = this.#came.get(sequence) ?? new Set();
		came.add(name);
		this.#came.set(sequence, came);
	}

	#actuated(name: string, value: number): void {
		const request = this.#requests.get(`${value}`);
		this.#note(`${name} moves to ${value}`);
		this.moved++;
		if (request === undefined || !request.asked.includes(name)) this.#fault(`${name} moves to ${value}, which nobody asked`);
		else if (request.stale === true) this.#fault(`${name} moves to ${value} by a message that came too late`);
		else this.#judge(request, request.who, `c:${name}`, `moves ${name} (${value})`);
		const came = this.#came.get(`${value}`) ?? new Set();
		came.add(name);
		this.#came.set(`${value}`, came);
	}

	/** It must have been his right at some moment since the last word before the request that took everything back. */
	#judge(request: Request, who: string, right: Right, what: string): void {
		const now = this.#world.clock.now();
		let { at } = request;
		// A request so soon after a login waits for what the service says first.
		for (const arrival of this.#authority.arrivals) if (request.to === arrival.jid) at = Math.max(at, arrival.at + HOLD);
		let since = 0;
		for (const { sent, acknowledged, disowns } of this.#authority.clearings) {
			if (acknowledged === Number.POSITIVE_INFINITY) continue;
			if (sent < at || (disowns && acknowledged < now)) since = Math.max(since, sent);
		}
		if (!this.#truth.heldSince(who, right, since)) this.#fault(`${who} ${what} without a rule since ${since - Date.UTC(2026, 0, 1)}`);
	}

	/** Everything works again and nothing is on its way. */
	#settle(when: string): void {
		const authority = this.#authority;
		const { clock } = this.#world;
		authority.silent = 0;
		authority.failing = 0;
		authority.late = 0;
		if (!authority.connected) authority.connect();
		this.#thing.storage.dieAt = undefined;
		if (!this.#thing.on) this.#start();
		const end = clock.now() + 3_600_000;
		const isOwned = (): boolean =>
			this.#thing.firmware.owner === this.#truth.owner && (this.#truth.owner !== undefined || authority.registered);
		while (clock.now() < end) {
			clock.pass(5000);
			if (this.#thing.on && this.#thing.firmware.jid !== undefined && authority.settled && isOwned()) break;
		}
		if (!this.#thing.on || !authority.settled || !isOwned()) {
			const is = this.#thing.on ? `${this.#thing.firmware.state} ${this.#thing.firmware.owner}` : "off";
			this.#fault(`${when} it does not come to rest within an hour: ${is}, ${this.#truth.owner}, ${authority.settled}`);
		}
		// Questions and readouts that were on their way end.
		clock.pass(45_000);
		this.#thing.host.parts.delay = 5;
	}

	/** In the end everybody may exactly what is true: nothing more, and nothing less. */
	#probe(): void {
		this.#settle("in the end");
		const { clock } = this.#world;
		for (const who of people) {
			const read = this.#read(who, [], true);
			clock.pass(1500);
			const set = this.#set(who, parameterNames, true);
			clock.pass(1500);
			const got = [...(this.#came.get(read) ?? [])].sort().join();
			const should = Object.keys(fieldKinds).filter((name) => this.#truth.holds(who, `r:${name}`));
			if (got !== should.sort().join())
				this.#fault(`in the end ${who} reads ${got || "nothing"}, and may read ${should.join() || "nothing"}`);
			const moved = [...(this.#came.get(set) ?? [])].join();
			const may = parameterNames.filter((name) => this.#truth.holds(who, `c:${name}`)).join();
			if (moved !== may) this.#fault(`in the end ${who} sets ${moved || "nothing"}, and may set ${may || "nothing"}`);
			if ((this.#answers.get(set) === "result") !== (moved !== "")) this.#fault(`in the end ${who} is told what is not so`);
		}
	}
}

/** A thing that has registered and is nobody's, from which all histories of one dialect begin. */
export function begin(dialect: DialectName, crypto: TestCrypto): Beginning {
	let records: Beginning["records"] = [];
	let account: { username: string; password: string } | undefined;
	// The second time with the account there from the start: so its salt, and with it the keys that are kept, are those of every history.
	for (let time = 0; time < 2; time++) {
		const world = new World(1, { crypto });
		world.broker.habits.iterations = 4096;
		if (account) world.broker.createAccount(account.username, account.password);
		const truth = new Truth(people, () => world.clock.now());
		const locate = (): string | undefined => thing.firmware.jid;
		const authority = new Authority({
			broker: world.broker,
			clock: world.clock,
			dice: new Dice(1),
			jid: world.registry,
			dialect,
			truth,
			locate
		});
		const thing = world.thing({ definition: weatherless, serial: "SN-1", key: "k".repeat(26) });
		for (const [key, bytes] of records) thing.storage.write(key, bytes);
		thing.start();
		world.until("registered", () => authority.registered);
		authority.claim(people[0]!);
		world.until("claimed", () => authority.settled);
		world.broker.fromComponent(
			xml(
				"iq",
				{ type: "get", id: "1", from: `${people[2]}/x`, to: thing.firmware.jid },
				xml("req", { xmlns: readouts.xep.namespace, seqnr: "1", all: "true" })
			)
		);
		world.until("asked", () => authority.lastQuestion !== undefined);
		authority.disown();
		world.until("disowned", () => authority.registered && authority.settled);
		world.clock.pass(10_000);
		const username = world.broker.accounts[0]!;
		account = { username, password: world.broker.account(username)!.password };
		thing.kill();
		thing.storage.revive();
		records = thing.storage.list("").map((key) => [key, thing.storage.read(key)!] as const);
	}
	return { dialect, ...account!, records };
}
