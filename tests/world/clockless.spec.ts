// A thing whose clock has no battery, on a network without SNTP: certificates are judged by the latest time it can know.
import { TestCrypto } from "../support/crypto.js";
import { type VirtualThing, type VirtualThingOptions, World } from "./world.js";

const crypto = new TestCrypto();
const DAY = 86_400_000;
/** The world begins on 2026-01-01. */
const BUILT = Date.UTC(2025, 10, 1);

function begin(options: VirtualThingOptions = {}): { world: World; thing: VirtualThing } {
	const world = new World(1, { crypto });
	world.broker.habits.iterations = 4096;
	const thing = world.thing({ serial: "SN-1", key: "abcdefghijklmnopqrstuvwxyz", built: BUILT, wakesAt: 0, ...options });
	return { world, thing };
}

/** A certificate of 90 days, judged by the thing's own clock. */
function certify(thing: VirtualThing, from: number): void {
	thing.attachment.faults.judge = () => {
		const now = thing.host.host.clock.now();
		return now < from ? "not-yet-valid" : now > from + 90 * DAY ? "expired" : undefined;
	};
}

function live(world: World, thing: VirtualThing): void {
	thing.start();
	world.until("online", () => thing.on && thing.firmware.jid !== undefined);
	world.clock.pass(10_000);
}

test("takes the time of its build for now, and its broker's as soon as TLS stands", () => {
	const { world, thing } = begin();
	certify(thing, Date.UTC(2025, 9, 15));
	thing.start();
	expect(Math.abs(thing.host.host.clock.now() - BUILT)).toBeLessThan(1000);
	expect(thing.host.host.clock.trusted).toBe(false);
	world.until("the clock is set", () => thing.host.host.clock.trusted);
	expect(Math.abs(thing.host.host.clock.now() - world.clock.now())).toBeLessThan(1000);
	// Years ahead or not: nothing that waits is called early or twice.
	world.until("registered", () => thing.events.some(({ event }) => event === "registered"));
	expect(thing.events.filter(({ event }) => event === "offline")).toEqual([]);
});

test("after a power cut goes on from the last time it knew, which no older certificate passes", () => {
	const { world, thing } = begin();
	live(world, thing);
	world.clock.pass(200 * DAY);
	thing.kill();
	world.clock.pass(DAY);
	thing.start();
	const guess = thing.host.host.clock.now();
	expect(guess).toBeLessThanOrEqual(world.clock.now());
	expect(guess).toBeGreaterThan(world.clock.now() - 3 * DAY);
	thing.kill();
	// Expired 100 days ago; by the time of the build it would be good.
	certify(thing, Date.UTC(2025, 9, 15));
	thing.start();
	world.clock.pass(3_600_000);
	expect(thing.firmware.jid).toBeUndefined();
	expect(new Set(thing.events.slice(-3).map(({ reason }) => reason))).toEqual(new Set(["expired"]));
});

test.each([
	["before its build", BUILT - DAY],
	["a human life ahead", Date.UTC(2099, 0, 1)]
])("a broker that says it is %s is not believed", (_, time) => {
	const { world, thing } = begin();
	world.broker.habits.time = time;
	live(world, thing);
	expect(thing.host.host.clock.trusted).toBe(false);
	expect(Math.abs(thing.host.host.clock.now() - BUILT)).toBeLessThan(DAY);
	expect(thing.storage.history).not.toContain("time");
});

test("writes the time once a day and no more", () => {
	const { world, thing } = begin();
	live(world, thing);
	const count = () => thing.storage.history.filter((key) => key === "time").length;
	expect(count()).toBe(1);
	for (let i = 0; i < 5; i++) {
		thing.attachment.cut();
		world.clock.pass(3_600_000);
	}
	expect(count()).toBe(1);
	world.clock.pass(10 * DAY);
	expect(count()).toBeGreaterThan(8);
	expect(count()).toBeLessThan(13);
});

test("a clock that knows the time is not touched, and the broker not asked", () => {
	const { world, thing } = begin({ wakesAt: undefined });
	world.broker.habits.time = world.clock.now() + 300 * DAY;
	live(world, thing);
	expect(thing.host.host.clock.now()).toBe(world.clock.now());
});
