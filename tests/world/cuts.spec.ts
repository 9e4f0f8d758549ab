// The wire is cut at every byte of a first life, in either direction: the thing comes back and is registered once, with one account.
import { TestCrypto } from "../support/crypto.js";
import { onXS } from "./bytes.js";
import { Dice } from "./dice.js";
import { type VirtualThing, World } from "./world.js";

const crypto = new TestCrypto();
/** Node cuts at every byte. XS, which lives a life many times as slowly, at one in so many, from where the dice say. */
const step = onXS ? 64 : 1;

function life(tls: "direct" | "starttls", prepare: (thing: VirtualThing) => void): { world: World; thing: VirtualThing } {
	const world = new World(1, { crypto });
	// Alone and unhurried: latency does not matter here.
	world.network.latency = 0;
	const thing = world.thing({ tls, serial: "SN-1", key: "abcdefghijklmnopqrstuvwxyz" });
	prepare(thing);
	thing.start();
	world.until("registered", () => thing.events.some(({ event }) => event === "registered"));
	return { world, thing };
}

describe.each(["direct", "starttls"] as const)("over %s", (tls) => {
	const dice = new Dice(`cuts ${tls}`);
	const whole = life(tls, () => {}).thing.attachment.faults;

	test.each([
		["sent", whole.sent, "cutAfterSent"],
		["received", whole.received, "cutAfterReceived"]
	] as const)(`R-077-5 a cut at ${step === 1 ? "every byte" : `one byte in ${step}`} %s (%d)`, (_, length, fault) => {
		const faults: string[] = [];
		for (let at = 1 + dice.below(step); at < length; at += step) {
			const { world, thing } = life(tls, ({ attachment }) => {
				attachment.faults[fault] = at;
			});
			const [account, ...more] = world.broker.registrations;
			const records = world.store.ofJID(`${account}@${world.domain}`).length;
			const offline = thing.events.filter(({ event }) => event === "offline").map(({ reason }) => reason);
			if (more.length > 0 || records !== 1 || offline.join() !== "closed")
				faults.push(`byte ${at}: ${1 + more.length} accounts, ${records} records, ${offline}`);
		}
		expect(faults).toEqual([]);
	});
});
