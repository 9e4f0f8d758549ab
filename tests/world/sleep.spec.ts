// A thing that sleeps most of its life: when it may, what it finds when it wakes, and that nobody is answered twice or not at all.
import { befriended, claimed } from "./owned.js";
import { SENSOR_DATA } from "./scenarios/steps.js";
import { World } from "./world.js";
import { xml } from "./xml.js";

const MINUTE = 60_000;

function begin() {
	const world = new World("sleep");
	world.broker.habits.iterations = 4096;
	const owned = claimed(world);
	const { thing, owner, jid, count } = owned;
	befriended(world, owned);
	const presences = () => owner.received.filter((stanza) => stanza.is("presence") && stanza.attrs.from === jid).length;
	world.clock.pass(MINUTE);
	let readouts = 0;
	/** Asked to the full address, whether it is awake or not; what came of it. */
	const ask = () => {
		const seqnr = String(++readouts);
		const id = owner.ask("get", jid, xml("req", { xmlns: SENSOR_DATA, seqnr, momentary: "true" }, xml("field", { name: "Humidity" })));
		return {
			answers: () => owner.received.filter((stanza) => stanza.is("iq") && stanza.attrs.id === id),
			fields: () => owner.received.filter((stanza) => stanza.getChild("fields", SENSOR_DATA)?.attrs.seqnr === seqnr)
		};
	};
	const wake = (): void => {
		const known = count("resumed");
		thing.start();
		world.until("resumed", () => count("resumed") > known);
	};
	return { world, thing, owner, jid, count, presences, ask, wake };
}

test("while somebody waits for a reading it stays awake, and he gets it", () => {
	const { world, thing, ask } = begin();
	thing.host.parts.delay = 3000;
	const question = ask();
	world.until("it is asked", () => question.answers().length > 0);
	expect(thing.sleep()).toBe(false);
	world.until("the reading", () => question.fields().length > 0);
	expect(thing.sleep()).toBe(true);
});

test("while it waits for its service's decision about somebody it stays awake", () => {
	const { world, thing, jid } = begin();
	const stranger = world.client("stranger");
	world.disconnectRegistry();
	// A service that never answers.
	world.broker.addComponent(world.registry, { name: "Thing Registry", receive: () => {} });
	stranger.ask("get", jid, xml("req", { xmlns: SENSOR_DATA, seqnr: "1", momentary: "true" }));
	world.clock.pass(2000);
	expect(thing.sleep()).toBe(false);
	world.clock.pass(2 * MINUTE);
	expect(thing.sleep()).toBe(true);
});

test("R-CORE-6 R-CORE-7 a day of naps: one login, one presence, and every question answered once", () => {
	const { world, thing, jid, count, presences, ask, wake } = begin();
	const seen = presences();
	for (let nap = 0; nap < 100; nap++) {
		expect(thing.sleep()).toBe(true);
		world.clock.pass((nap % 9) * MINUTE);
		const questions = nap % 3 === 0 ? [ask(), ask()] : [];
		world.clock.pass(1000);
		wake();
		expect(thing.firmware.jid).toBe(jid);
		world.until("answered", () => questions.every((question) => question.fields().length > 0));
		world.clock.pass(5000);
		for (const question of questions) expect([question.answers().length, question.fields().length]).toEqual([1, 1]);
	}
	expect(presences()).toBe(seen);
	expect([count("online"), count("offline"), count("error")]).toEqual([1, 0, 0]);
}, 120_000);

test("asleep for longer than the broker waits, it is another session, and who asked meanwhile was told so", () => {
	const { world, thing, owner, jid, count, presences, ask } = begin();
	const seen = presences();
	expect(thing.sleep()).toBe(true);
	const question = ask();
	world.clock.pass(20 * MINUTE);
	expect(question.answers().map(({ attrs }) => attrs.type)).toEqual(["error"]);
	expect(owner.received.some((stanza) => stanza.is("presence") && stanza.attrs.from === jid && stanza.attrs.type === "unavailable")).toBe(
		true
	);
	thing.start();
	world.until("online", () => count("online") > 1);
	expect(count("resumed")).toBe(0);
	expect(presences()).toBeGreaterThan(seen);
	expect(question.fields()).toEqual([]);
});

test("R-347-11 reset to the factory when it wakes, it goes on with nothing", () => {
	const { world, thing, count } = begin();
	expect(thing.sleep()).toBe(true);
	thing.start(undefined, true);
	world.until("online", () => count("online") > 1);
	expect(count("reset")).toBe(1);
	expect(count("resumed")).toBe(0);
	world.until("registered", () => count("registered") > 1);
});
