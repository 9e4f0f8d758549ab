// Brokers differ, wires chop, herds come all at once: the thing does the same.
import { TestCrypto } from "../support/crypto.js";
import type { Habits } from "./broker.js";
import { scenarios } from "./scenarios/index.js";
import { createVirtualStage } from "./virtual-stage.js";
import { type VirtualThing, World } from "./world.js";

const crypto = new TestCrypto();

function registered(thing: VirtualThing): boolean {
	return thing.events.some(({ event }) => event === "registered");
}

describe("whatever a broker's habits", () => {
	test.each<[string, Partial<Habits>]>([
		["R-077-2 a registration by plain fields", { registration: "fields" }],
		["R-077-2 a registration by form alone", { registration: "form" }],
		["SCRAM-SHA-1 and nothing better", { mechanisms: ["PLAIN", "SCRAM-SHA-1"] }],
		["R-CORE-3 the server's signature in a last challenge", { lastWord: "challenge" }],
		["few iterations, but enough", { iterations: 4096 }]
	])("%s: it gets in", (_, habits) => {
		const world = new World(1, { crypto });
		Object.assign(world.broker.habits, habits);
		const thing = world.thing();
		thing.start();
		world.until("registered", () => registered(thing));
		expect(thing.events.map(({ event }) => event)).toEqual(["account", "online", "registered"]);
	});

	test.each<[string, Partial<Habits>, string]>([
		["R-CORE-2 no TLS", { offersTLS: false }, "no-starttls"],
		["nothing but passwords in clear", { mechanisms: ["PLAIN"] }, "no-mechanism"],
		["R-077-3 a registration that is refused", { refuseRegistration: "not-allowed" }, "refused-account"],
		["no registration at all", { registration: "none" }, "refused-account"]
	])("%s: it says so and tries again ever more rarely", (_, habits, reason) => {
		const world = new World(1, { crypto });
		Object.assign(world.broker.habits, habits);
		const thing = world.thing();
		thing.start();
		world.clock.pass(3_600_000);
		const offline = thing.events.filter(({ event }) => event === "offline");
		expect(new Set(offline.map((event) => event.reason))).toEqual(new Set([reason]));
		expect(offline.length).toBeGreaterThan(2);
		expect(offline.length).toBeLessThan(60);
		expect(world.broker.registrations).toEqual([]);
		// Mended, it needs nobody to come.
		Object.assign(world.broker.habits, {
			offersTLS: true,
			mechanisms: ["SCRAM-SHA-1"],
			refuseRegistration: undefined,
			registration: "both"
		});
		world.until("registered", () => registered(thing));
		expect(world.broker.registrations).toHaveLength(1);
	});
});

describe("in pieces of one byte and of seven", () => {
	test.each(Object.keys(scenarios))("%s", async (name) => {
		const transcripts: string[][] = [];
		for (const piece of [1460, 1, 7]) {
			const stage = createVirtualStage(name, { piece });
			const make = stage.thing;
			const things: ReturnType<typeof make>[] = [];
			stage.thing = (definition) => {
				const thing = make(definition);
				things.push(thing);
				return thing;
			};
			await scenarios[name]!(stage);
			transcripts.push(things.flatMap((thing) => thing.transcript()));
		}
		expect(transcripts[1]).toEqual(transcripts[0]);
		expect(transcripts[2]).toEqual(transcripts[0]);
	});
});

describe("a herd", () => {
	const size = 100;

	function herd(world: World): VirtualThing[] {
		// Their passwords are theirs, but deriving many keys is nobody's subject here.
		world.broker.habits.iterations = 4096;
		return Array.from({ length: size }, (_, index) => world.thing({ name: `thing ${index}`, serial: `SN-${index}` }));
	}

	test("R-CORE-9 that gets power at once is registered, each once, and comes back spread out when the broker does", () => {
		const world = new World("herd");
		const things = herd(world);
		for (const thing of things) thing.start();
		world.until("all are registered", () => things.every(registered));
		expect(world.broker.registrations).toHaveLength(size);
		expect(world.registryEvents.filter(({ event }) => event === "registered")).toHaveLength(size);

		const online = (thing: VirtualThing) => thing.events.filter(({ event }) => event === "online").length;
		world.broker.shutDown();
		const moments: number[] = [];
		const start = world.clock.now();
		for (const thing of things) {
			thing.onEvent = ({ event }) => {
				if (event === "online") moments.push(world.clock.now() - start);
			};
		}
		world.until("all are back", () => things.every((thing) => online(thing) === 2));
		// No second holds more than a fifth of them.
		const seconds = new Map<number, number>();
		for (const moment of moments) seconds.set(Math.floor(moment / 1000), (seconds.get(Math.floor(moment / 1000)) ?? 0) + 1);
		expect(Math.max(...seconds.values())).toBeLessThan(size / 5);
		expect(world.broker.registrations).toHaveLength(size);
	});
});
