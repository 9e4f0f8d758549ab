// The wire is cut at every byte of a first life, in either direction: the thing comes back and is registered once, with one account.
import { TestCrypto } from "../support/crypto.js";
import { type VirtualThing, World } from "./world.js";

const crypto = new TestCrypto();

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
	const whole = life(tls, () => {}).thing.attachment.faults;

	test.each([
		["sent", whole.sent, "cutAfterSent"],
		["received", whole.received, "cutAfterReceived"]
	] as const)("R-077-5 a cut at every byte %s (%d)", (_, length, fault) => {
		const faults: string[] = [];
		for (let at = 1; at < length; at++) {
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
