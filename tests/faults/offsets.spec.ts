// A wire to a real Prosody that is torn at seeded bytes of the login and of a readout: the thing comes back, as the one it was. Every byte of both is cut in tests/world.
import { afterAll, beforeAll } from "@jest/globals";
import { Dice } from "../world/dice.js";
import { Life, Site } from "./life.js";

const OFFSETS = 100;
/** Side by side, since a connection must stand a minute before the next pause is short again. */
const LIVES = 20;
/** Of a thing's time: a minute is five seconds. */
const FACTOR = 12;
const STABLE = 60_000 / FACTOR + 500;

const site = new Site();
const lives: Life[] = [];

beforeAll(async () => {
	await site.begin();
	for (let index = 0; index < LIVES; index++) lives.push(new Life({ site, serial: `SN-${index}`, factor: FACTOR }));
	await Promise.all(lives.map((life) => life.claimed()));
}, 120_000);

afterAll(async () => {
	await Promise.all(lives.map((life) => life.end()));
	await site.end();
}, 60_000);

/** What stays the same whatever was torn. */
async function unharmed(life: Life): Promise<void> {
	expect(life.count("account")).toBe(1);
	expect(life.count("registered")).toBe(1);
	expect(life.thing.state).toBe("claimed");
	await life.until("one connection", () => life.wire.open === 1);
	expect(await site.accounts()).toHaveLength(LIVES);
}

test(`R-077-5 reset at ${OFFSETS} seeded bytes of the login, each by a thing that boots: one account, one registration, its owner's still`, async () => {
	const life = lives[0]!;
	await life.stop();
	life.start();
	await life.read();
	// Header, SASL, bind, roster, presence and what else a login is, up to an answer to its owner.
	const whole = life.wire.passed;
	expect(whole).toBeGreaterThan(3000);
	const dice = new Dice("login");
	let breaks = 0;
	for (let history = 0; history < OFFSETS; history++) {
		await life.stop();
		const at = 1 + dice.below(whole);
		const seen = life.events.length;
		life.wire.faults.push({ kind: "reset", at });
		life.start();
		await life.read();
		const told = life.events.slice(seen);
		const reasons = told.flatMap(({ event, reason }) => (event === "offline" ? [reason] : []));
		if (reasons.length > 1 || reasons.some((reason) => reason !== "closed")) throw new Error(`at ${at}: ${JSON.stringify(told)}`);
		breaks += reasons.length;
	}
	expect(breaks).toBeGreaterThan(OFFSETS / 2);
	// The last byte may be one that comes after the answer.
	const jid = await life.back();
	// A session whose <enabled/> was lost is kept by the broker for a while, and nobody can speak in it.
	expect(life.seen).toContain(jid);
	await unharmed(life);
}, 180_000);

test(`R-CORE-5 R-CORE-7 reset at ${OFFSETS} seeded bytes of a readout: each is answered once, by a session that goes on`, async () => {
	await Promise.all(
		lives.map(async (life, index) => {
			const dice = new Dice(`readout ${index}`);
			const jid = await life.back();
			await life.read();
			const before = life.wire.passed;
			await life.read();
			const whole = life.wire.passed - before;
			const { seen } = life;
			const [online, offline, resumed] = [life.count("online"), life.count("offline"), life.count("resumed")];
			for (let round = 0; round < OFFSETS / LIVES; round++) {
				const broken = life.count("offline");
				const at = 1 + dice.below(whole);
				life.wire.strike({ kind: "reset", at });
				const seqnr = life.ask(jid);
				await life.until("broken", () => life.count("offline") > broken);
				await life.until("resumed", () => life.count("resumed") - resumed === life.count("offline") - offline);
				await life.until("answered", () => life.told(seqnr).fields);
				const told = JSON.stringify(life.told(seqnr));
				if (told !== '{"answers":["result"],"fields":1}') throw new Error(`at ${at}: ${told}`);
				await new Promise((resolve) => setTimeout(resolve, STABLE));
			}
			expect(life.count("online")).toBe(online);
			expect(life.seen).toEqual(seen);
			await unharmed(life);
		})
	);
}, 180_000);
