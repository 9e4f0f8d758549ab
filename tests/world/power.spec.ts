// The power goes at every single write of a thing's life, before it stands and after: one account, one registration, the claim kept.
import { xml } from "@xmpp/xml";
import { TestCrypto } from "../support/crypto.js";
import { DISCOVERY, tagsOf } from "./scenarios/steps.js";
import { type VirtualThing, World } from "./world.js";

/** One for all: the same seed derives the same keys. */
const crypto = new TestCrypto();
const identity = { serial: "SN-1", key: "abcdefghijklmnopqrstuvwxyz" };

/** Boots again whenever the power went, until the probe finds something. */
function live(world: World, thing: VirtualThing, what: string, probe: () => boolean): void {
	world.until(what, () => {
		if (!thing.on) thing.start();
		return probe();
	});
}

/** From the factory to an owner, to nobody, to the next owner. The people do their part as soon as they can. */
function story(world: World, thing: VirtualThing): void {
	const owner = world.client("owner");
	const heir = world.client("heir");
	const record = () => world.store.ofJID(`${world.broker.registrations[0]}@${world.domain}`)[0];
	const state = (wanted: string) => () => thing.on && thing.firmware.state === wanted;

	live(world, thing, "registered", () => state("registered")() && record()?.fingerprint !== undefined);
	owner.ask("set", world.registry, xml("mine", { xmlns: DISCOVERY }, tagsOf(thing.firmware.sticker())));
	live(world, thing, "claimed", () => state("claimed")() && record()?.told === true);
	expect(thing.firmware.owner).toBe(owner.bare);
	// Time to blank its KEY.
	const then = world.clock.now() + 20_000;
	live(world, thing, "20 s later", () => thing.on && world.clock.now() > then);

	// He tries until the thing has acknowledged it.
	let disowning = "";
	live(world, thing, "disowned", () => {
		if (record()?.owner === undefined) return true;
		const answer = owner.answer(disowning);
		if (disowning === "" || answer) disowning = owner.ask("set", world.registry, xml("disown", { xmlns: DISCOVERY, jid: record()!.jid }));
		return false;
	});
	live(world, thing, "registered again", () => state("registered")() && record()?.fingerprint !== undefined);
	heir.ask("set", world.registry, xml("mine", { xmlns: DISCOVERY }, tagsOf(thing.firmware.sticker())));
	live(world, thing, "claimed by the heir", () => state("claimed")() && thing.firmware.owner === heir.bare && record()?.told === true);
	const end = world.clock.now() + 120_000;
	live(world, thing, "two minutes later", () => thing.on && world.clock.now() > end);
}

function check(world: World, thing: VirtualThing): void {
	expect(world.broker.registrations).toHaveLength(1);
	expect(world.store.ofJID(`${world.broker.registrations[0]}@${world.domain}`)).toHaveLength(1);
	expect(world.store.ofOwner(`heir@${world.domain}`)).toHaveLength(1);
	expect(thing.firmware.state).toBe("claimed");
	expect(thing.firmware.owner).toBe(`heir@${world.domain}`);
	expect(thing.events.filter(({ event }) => event === "error").map(({ message }) => message)).toEqual([]);
}

function writes(seed: number): readonly string[] {
	const world = new World(seed, { crypto });
	const thing = world.thing(identity);
	thing.start();
	story(world, thing);
	check(world, thing);
	return thing.storage.history;
}

const history = writes(1);

test("a life writes what it must and not much more", () => {
	expect(history.length).toBeGreaterThan(8);
	expect(history.length).toBeLessThan(40);
});

describe.each(["before", "after"] as const)("R-077-5 power cut %s", (when) => {
	test.each(history.map((key, index) => [index + 1, key] as const))("write %d (%s)", (change) => {
		const world = new World(1, { crypto });
		const thing = world.thing(identity);
		thing.storage.dieAt = { change, when };
		thing.start();
		story(world, thing);
		expect(thing.boots).toBe(2);
		check(world, thing);
	});
});
