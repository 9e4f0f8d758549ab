// A broker with SASL2 and tokens: cut at every byte, off at every write, forgetful, changed overnight. The thing is back with what it had.
import { TestCrypto } from "../support/crypto.js";
import { onXS } from "./bytes.js";
import { Dice } from "./dice.js";
import { type VirtualThing, World } from "./world.js";

const crypto = new TestCrypto();
/** Node cuts at every byte, XS at one in so many, from where the dice say. */
const step = onXS ? 64 : 1;

const count = (thing: VirtualThing, event: string) => thing.events.filter((each) => each.event === event).length;
const reasons = (thing: VirtualThing) => thing.events.filter(({ event }) => event === "offline").map(({ reason }) => reason);

interface Life {
	readonly world: World;
	readonly thing: VirtualThing;
	/** What the thing said on its present connection. */
	readonly said: () => string;
}

/** Registered, off and on again: it has a token. */
function known(tokenSeconds = 86_400): Life {
	const world = new World(1, { crypto });
	Object.assign(world.broker.habits, { sasl2: true, bindings: true, tokenSeconds });
	world.network.latency = 0;
	const thing = world.thing({ tls: "direct", serial: "SN-1", key: "abcdefghijklmnopqrstuvwxyz" });
	let said = "";
	const start = () =>
		thing.start((network) =>
			Object.freeze({
				...network,
				connect: (options: Parameters<typeof network.connect>[0]) => {
					said = "";
					const socket = network.connect(options);
					return Object.freeze({
						...socket,
						write: (bytes: Uint8Array) => {
							said += String.fromCharCode(...bytes);
							return socket.write(bytes);
						}
					});
				}
			})
		);
	start();
	world.until("registered", () => count(thing, "registered") > 0);
	thing.kill();
	start();
	online(world, thing, 2);
	return { world, thing, said: () => said };
}

function online(world: World, thing: VirtualThing, times: number): void {
	world.until(`online ${times}`, () => count(thing, "online") + count(thing, "resumed") >= times);
	// What follows has arrived.
	const end = world.clock.now() + 5000;
	world.until("a moment later", () => world.clock.now() > end || !world.clock.wait);
}

/** The connection breaks, and the next stands. */
function again({ world, thing }: Life): void {
	const times = count(thing, "online") + count(thing, "resumed");
	thing.attachment.cut();
	online(world, thing, times + 1);
}

test("a login by token is one flight, and each takes the newest", () => {
	const life = known(0);
	for (let i = 0; i < 5; i++) {
		again(life);
		expect(life.said()).toContain("mechanism='HT-SHA-256-EXPR'><initial-response>");
		expect(life.said()).not.toContain("SCRAM-");
	}
	expect(reasons(life.thing)).toEqual(Array(5).fill("closed"));
	expect(count(life.thing, "resumed")).toBe(5);
});

test("a broker that has forgotten its tokens gets the password on the same connection, and gives another", () => {
	const life = known();
	life.world.broker.tokens.forget();
	const connects = life.thing.attachment.connects.length;
	again(life);
	expect(life.said()).toContain("mechanism='SCRAM-SHA-256-PLUS'");
	expect(life.thing.attachment.connects.length).toBe(connects + 1);
	again(life);
	expect(life.said()).not.toContain("SCRAM-");
	expect(count(life.thing, "resumed")).toBe(2);
});

test("a broker that offers no SASL2 any more, and then again, is no trap", () => {
	const life = known();
	const { habits } = life.world.broker;
	habits.sasl2 = false;
	again(life);
	again(life);
	expect(life.said()).toContain("<auth ");
	habits.sasl2 = true;
	again(life);
	again(life);
	expect(life.said()).toContain("mechanism='HT-SHA-256-EXPR'");
	habits.tokens = [];
	again(life);
	expect(life.said()).toContain("mechanism='SCRAM-SHA-256-PLUS'");
	expect(life.world.broker.registrations).toHaveLength(1);
});

describe("cut in a login by token that is given another", () => {
	const length = { cutAfterSent: 900, cutAfterReceived: 1600 };

	test.each(["cutAfterSent", "cutAfterReceived"] as const)(
		`R-CORE-7 at ${step === 1 ? "every byte" : `one byte in ${step}`}: %s`,
		(fault) => {
			const dice = new Dice(`tokens ${fault}`);
			const life = known(0);
			const { thing, world } = life;
			const { faults } = thing.attachment;
			for (let at = 1 + dice.below(step); at < length[fault]; at += step) {
				const offline = count(thing, "offline");
				faults[fault] = at + (fault === "cutAfterSent" ? faults.sent : faults.received);
				again(life);
				// By a token again, and at once, as soon as one login was left in peace.
				again(life);
				expect([at, life.said().includes("HT-SHA-256-EXPR"), life.said().includes("SCRAM-")]).toEqual([at, true, false]);
				expect(count(thing, "offline") - offline).toBeLessThanOrEqual(3);
			}
			expect(world.broker.registrations).toHaveLength(1);
			expect(new Set(reasons(thing))).toEqual(new Set(["closed"]));
			// The account was never put in question.
			expect(count(thing, "account")).toBe(1);
		}
	);
});

describe("power cut at every write of a life with tokens", () => {
	function life(at: number | undefined, when: "before" | "after"): { thing: VirtualThing; world: World } {
		const world = new World(1, { crypto });
		Object.assign(world.broker.habits, { sasl2: true, tokenSeconds: 0 });
		const thing = world.thing({ tls: "direct", serial: "SN-1", key: "abcdefghijklmnopqrstuvwxyz" });
		if (at !== undefined) thing.storage.dieAt = { change: at, when };
		for (let times = 1; times <= 5; times++) {
			thing.start();
			world.until(`online ${times}`, () => {
				if (!thing.on) thing.start();
				return count(thing, "online") >= times;
			});
			const end = world.clock.now() + 10_000;
			world.until("a moment later", () => {
				if (!thing.on) thing.start();
				return world.clock.now() > end;
			});
			thing.kill();
		}
		return { thing, world };
	}

	const { history } = life(undefined, "before").thing.storage;

	test("it writes a token for each that it is given", () => {
		expect(history.filter((key) => key === "tokens").length).toBeGreaterThan(2);
	});

	test.each(["before", "after"] as const)("%s", (when) => {
		for (let at = 1; at <= history.length; at++) {
			const { thing, world } = life(at, when);
			expect(world.broker.registrations).toHaveLength(1);
			expect(reasons(thing)).toEqual([]);
		}
	});
});
