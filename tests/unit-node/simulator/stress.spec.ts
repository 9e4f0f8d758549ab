// Holds that stanzas without end leave a chip's heap as it was. STRESS says how many (`make stress`: a million); a part of them runs in every test.
import { afterEach, beforeAll } from "@jest/globals";
import { weatherStation } from "../../../src/things/weather-station.js";
import { Dice } from "../../world/dice.js";
import { Life } from "./life.js";
import { engineHere } from "./program.js";
import { Stanzas } from "./stanzas.js";

const count = Number(process.env.STRESS ?? 20_000);
const seed = process.env.SEED ?? "1";
/** Stanzas are cut anywhere. */
const longestPiece = 1460;

beforeAll(engineHere, 180_000);

let life: Life;
afterEach(() => life.kill());

/** Feeds so many stanzas in pieces of any length, a collection after each. */
function flood(stanzas: Stanzas, dice: Dice, most: number): Promise<void> {
	let left = most;
	let rest = new Uint8Array(0);
	let last = stanzas.ping();
	return new Promise((resolve, reject) => {
		life.thing.ended.then((ending) => reject(new Error(`it ended with ${left} stanzas to come: ${JSON.stringify(ending)}`)));
		const feed = (): void => {
			if (rest.length < longestPiece && left > 0) {
				let text = "";
				for (; left > 0 && text.length < 65_536; left--) text += stanzas.next();
				rest = Buffer.concat([rest, Buffer.from(text)]);
			}
			if (rest.length === 0 && left === 0 && last !== "") {
				rest = Buffer.from(last);
				last = "";
			}
			if (rest.length === 0) {
				resolve();
				return;
			}
			const piece = rest.subarray(0, 1 + dice.below(longestPiece));
			rest = rest.subarray(piece.length);
			life.feed(piece, feed);
		};
		feed();
	});
}

const nodes = ["bed", "tank", "spare", "self"].map((id) => ({
	...{ id, fields: { Temperature: weatherStation.fields.Temperature!, Relay: weatherStation.fields.Relay! } },
	...{ parameters: weatherStation.parameters!, source: id === "bed" ? "s" : undefined, selfOwned: id === "self" }
}));

test.each([
	["", weatherStation, count],
	[" with four nodes", { ...weatherStation, nodes }, count / 4]
] as const)(
	"stanzas of any kind through a firmware%s in 64 KiB, a collection forced after every piece: no growth, each request answered once",
	async (_what, definition, most) => {
		/** Until every bounded list of the firmware has been full once. */
		const warmUp = Math.min(most / 4, 20_000);
		life = new Life(seed);
		// What the thing says does not come to the broker: it could acknowledge nothing.
		life.world.broker.habits.streamManagement = false;
		const owner = await life.claimed({ collect: true, definition });
		const online = life.events.get("online");
		const ids = definition === weatherStation ? [] : ["thing", "well", ...nodes.map(({ id }) => id)];
		const stanzas = new Stanzas(seed, { thing: life.jid, owner: owner.jid, domain: life.world.domain }, ids);
		const dice = new Dice(`${seed}/pieces`);
		const decoder = new TextDecoder();
		let answers = 0;
		life.divert = (bytes) => {
			const text = decoder.decode(bytes, { stream: true });
			answers += text.match(/<iq [^>]*type='(result|error)'/g)?.length ?? 0;
		};

		const answered = (): Promise<boolean> => life.until("each answer", () => answers >= stanzas.requests);

		const growth = 16 * life.engine.bits;
		await flood(stanzas, dice, warmUp);
		await answered();
		const before = await life.thing.measure();
		const start = Date.now();
		await flood(stanzas, dice, most - warmUp);
		await answered();
		// The last readout may have been accepted and not yet read: what has really grown stays.
		let after = await life.thing.measure();
		for (let n = 0; n < 100 && after.slots - before.slots > growth; n++) after = await life.thing.measure();
		if (process.env.STRESS !== undefined) {
			const rate = (most - warmUp) / ((Date.now() - start) / 1000);
			process.stdout.write(`${most} stanzas, ${stanzas.requests} answers, ${Math.round(rate)} stanzas/s
${JSON.stringify({ before, after })}
`);
		}

		expect(answers).toBe(stanzas.requests);
		// Whose presence is known, and how long the strings are that are kept, is as the last stanzas left it: a few slots, and as many bytes.
		expect(after.keys).toBe(before.keys);
		expect(after.slots - before.slots).toBeLessThanOrEqual(growth);
		expect(after.chunks - before.chunks).toBeLessThanOrEqual(growth);
		expect(after.free).toBeGreaterThan(0);
		expect(life.recorder.report(life.engine, 65_536)?.total.collections).toBeGreaterThan(most / 5);

		// The connection stood all the time, and the thing is still its owner's.
		life.divert = undefined;
		await life.read(owner, "after");
		expect(life.events.get("online")).toBe(online);
		expect(await life.thing.tell()).toMatchObject({ state: "claimed", owner: owner.bare });
		expect(await life.thing.stop()).toEqual({ code: 0, message: "" });
	},
	3_600_000
);
