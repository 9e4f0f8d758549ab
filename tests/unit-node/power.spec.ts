// Power that goes at every write of every scenario, before it stands and after: whatever the script makes of it, thing, broker and registry agree in the end.
import { xml } from "@xmpp/xml";
import { Vault } from "../../src/thing/vault.js";
import { TestCrypto } from "../support/crypto.js";
import type { Habits } from "../world/broker.js";
import { scenarios } from "../world/scenarios/index.js";
import { nodeReset } from "../world/scenarios/nodes.js";
import { conditionOf, count, fence, next, owned, SENSOR_DATA } from "../world/scenarios/steps.js";
import type { Scenario, StageClient } from "../world/stage.js";
import { PowerCut } from "../world/storage.js";
import { createVirtualStage, type VirtualStage } from "../world/virtual-stage.js";
import type { VirtualThing } from "../world/world.js";

/** One for all: the same seed derives the same keys. */
const crypto = new TestCrypto();
/** Long enough for every pause of a thing and its registry. */
const REST = 20 * 60_000;

/** Those of the stages, and one for which no real stage has a broker that asks for API keys. */
const all: Readonly<Record<string, Scenario>> = Object.freeze({
	...scenarios,
	"R-347-20 R-347-21 R-347-29 the end of all: a factory reset takes every node from its owner": nodeReset,
	"R-347-20 R-347-21 the end of all with an API key: the nodes are unregistered before the account goes": nodeReset,
	"R-077-6 a factory reset with an API key: the account goes, another comes": async (stage) => {
		const { thing, owner } = await owned(stage);
		const registered = count(thing, "registered");
		await thing.kill();
		thing.start(true);
		await next(stage, thing, "registered", registered);
		expect(count(thing, "account")).toBe(2);
		await fence(stage, thing, owner);
	}
});
const apiKey = Object.freeze({ key: "k", secret: "s3cret" });

interface Cut {
	readonly change: number;
	readonly when: "before" | "after";
}

/** A scenario after which nothing is wrong, wherever the power went. */
class Play {
	readonly stage: VirtualStage;
	readonly people: StageClient[] = [];
	readonly things: VirtualThing[] = [];
	/** Those to whom the registry has said that their disowning is done. */
	readonly former = new Set<string>();
	#starts: (() => void)[] = [];
	#cuts = 0;

	/** Accounts that the thing may have made in its life. */
	readonly #accounts: number;

	constructor(name: string, habits: Partial<Habits>, cut?: Cut) {
		const leaves = name.includes("API key");
		this.#accounts = leaves ? 2 : 1;
		const started = (thing: VirtualThing, start: () => void): void => {
			thing.storage.dieAt = cut;
			this.things.push(thing);
			this.#starts.push(start);
		};
		const stage = createVirtualStage("power", leaves ? { apiKey } : {}, habits, { crypto, onThing: started });
		const { former, people } = this;
		this.stage = {
			...stage,
			async client(role) {
				const client = await stage.client(role);
				people.push(client);
				const request: StageClient["request"] = async (type, to, payload) => {
					const answer = await client.request(type, to, payload);
					if (payload.is("disown") && answer.attrs.type === "result") former.add(client.bare);
					return answer;
				};
				return { ...client, request };
			},
			until: async (what, probe) =>
				stage.world.until(what, () => {
					this.revive();
					return probe();
				})
		};
	}

	/** It was on, and the power went: somebody sees to it. */
	revive(): void {
		this.things.forEach((thing, index) => {
			if (thing.boots > 0 && thing.storage.dead && !thing.killed) {
				this.#cuts++;
				this.#starts[index]!();
			}
		});
	}

	get died(): boolean {
		return this.#cuts > 0;
	}

	/** The script itself may be confused by a boot that it does not know of. Whether it came to its end. */
	async run(name: string): Promise<boolean> {
		try {
			await all[name]!(this.stage);
		} catch (error) {
			if (!this.died && !(error instanceof PowerCut) && !this.things.some(({ storage }) => storage.dead)) throw error;
			return false;
		}
		return true;
	}

	/** Time passes; people want what people want. */
	rest(): void {
		const { world } = this.stage;
		world.connectRegistry();
		for (const thing of this.things) if (thing.killed) thing.start();
		const end = world.clock.now() + REST;
		world.until("rest", () => {
			this.revive();
			return world.clock.now() > end && this.things.every(({ on }) => on);
		});
	}

	check(): void {
		const { broker, domain, store } = this.stage.world;
		expect(this.things).toHaveLength(1);
		const thing = this.things[0]!;
		const { firmware } = thing;
		// One account, made once, with the password that the thing has, and no other under way.
		expect(broker.registrations.length).toBeLessThanOrEqual(this.#accounts);
		const [username = "", ...others] = broker.accounts.filter((name) => broker.registrations.includes(name));
		expect(others).toEqual([]);
		const vault = new Vault(thing.storage, () => {});
		const account = vault.read("account");
		expect([account?.username, account?.password, account?.next]).toEqual([username, broker.account(username)?.password, undefined]);
		const tokens = vault.read("tokens");
		if (tokens !== undefined) expect(tokens.of).toBe(String(account?.password).slice(0, 8));
		// Of the thing and of each node one registration, and both sides name the same owner.
		const records = store.ofJID(`${username}@${domain}`);
		const lives = thing.storage.list("commit").map((key) => ({ life: vault.read(key)!, owned: `o${key.slice("commit".length)}.` }));
		expect(records).toHaveLength(lives.length);
		expect(firmware.owner).toBe(vault.read("commit")?.owner);
		const owners = lives.flatMap(({ life }) => (life.owner === undefined ? [] : [String(life.owner)]));
		if (lives.length === 1) expect([...this.former]).not.toContain(firmware.owner);
		const owner = new Map<unknown, string>();
		for (const { event, node, ...told } of thing.events) {
			if (event === "claimed") owner.set(node, String(told.owner));
			const gone = event === "reset" ? [...owner.keys()] : event === "disowned" ? [node] : [];
			for (const one of gone) {
				if (owner.has(one)) this.former.add(owner.get(one)!);
				owner.delete(one);
			}
		}
		const friends = broker.account(username)!.roster.listed.map(({ jid }) => jid);
		for (const person of this.people)
			if (!owners.includes(person.bare) && this.former.has(person.bare)) expect(friends).not.toContain(person.bare);
		for (const { life, owned } of lives) {
			const [id, ...more]: (string | null)[] = life.node === undefined ? [null, null, null] : JSON.parse(String(life.node));
			const record = records.find(({ node }) => node.join() === [id ?? "", ...more.map((part) => part ?? "")].join())!;
			expect(record.owner).toBe(life.owner);
			expect(life.state).toBe(life.owner === undefined ? "registered" : record.listed ? "claimed" : "removed");
			// In its roster is nobody who was its owner, and nothing in its storage is of another time.
			expect(life.former).toBeUndefined();
			const epochs = thing.storage.list(owned).map((key) => vault.read(key)?.epoch);
			expect(epochs.filter((epoch) => epoch !== life.epoch)).toEqual([]);
			if (life.owner === undefined && !record.selfOwned) expect(epochs).toEqual([]);
			// Who owns it reads it; who does not, and has no leave of the owner, does not.
			for (const person of this.people) {
				const answer = this.#read(thing, person, id);
				if (person.bare === life.owner) expect(conditionOf(answer)).toBe("");
				else if (life.owner === undefined || this.former.has(person.bare)) expect(conditionOf(answer)).toBe("forbidden");
			}
		}
		this.#secretsAreKept(thing);
	}

	#read(thing: VirtualThing, person: StageClient, node: string | null | undefined): ReturnType<typeof xml> {
		const id = `check ${this.stage.world.clock.now()} ${node ?? ""}`;
		const named = node == null ? [] : [xml("node", { nodeId: node })];
		const wish = xml("req", { xmlns: SENSOR_DATA, seqnr: id, momentary: "true" }, named);
		person.send(xml("iq", { type: "get", to: thing.firmware.jid!, id }, wish));
		return this.stage.world.until("an answer", () => person.received.find((stanza) => stanza.is("iq") && stanza.attrs.id === id));
	}

	#secretsAreKept(thing: VirtualThing): void {
		const told = JSON.stringify(thing.events);
		const vault = new Vault(thing.storage, () => {});
		const keys = Object.entries(vault.read("factory") ?? {}).flatMap(([name, value]) => (name === "serial" ? [] : value));
		for (const secret of [vault.read("account")?.password, ...keys]) expect(told).not.toContain(String(secret));
		for (const sticker of thing.stickers) expect(told).not.toContain(/KEY=([^;]*)/.exec(sticker)?.[1] ?? "a sticker without KEY");
	}
}

/** What a scenario writes when nothing goes wrong. */
async function writesOf(name: string, habits: Partial<Habits>): Promise<number> {
	const play = new Play(name, habits);
	expect(await play.run(name)).toBe(true);
	const writes = play.things[0]!.storage.history.length;
	play.rest();
	play.check();
	return writes;
}

/** Readings write nothing of their own: one kind of broker is enough for them. */
const isLife = (name: string): boolean => /R-077|R-347|R-324/.test(name);

const brokers: readonly (readonly [string, Partial<Habits>])[] = [
	["a broker with SASL", {}],
	["one with SASL2 and tokens", { sasl2: true, bindings: true }]
];

describe.each(brokers)("at %s, R-077-5 R-077-6 R-347-29", (_broker, habits) => {
	test.each(
		Object.keys(all)
			.filter((name) => habits.sasl2 !== true || isLife(name))
			.flatMap(
				(name) =>
					[
						[name, "before"],
						[name, "after"]
					] as const
			)
	)("%s: the power goes %s each write", async (name, when) => {
		const writes = await writesOf(name, habits);
		expect(writes).toBeGreaterThan(4);
		for (let change = 1; change <= writes; change++) {
			const play = new Play(name, habits, { change, when });
			await play.run(name);
			play.rest();
			expect([change, play.died]).toEqual([change, true]);
			play.check();
		}
	});
});
