// Histories of faults on real sockets to a real Prosody, each some faults in a row while its owner asks: what was asked is answered once, and the thing is who it was.
import { afterAll, beforeAll } from "@jest/globals";
import { limits } from "../../src/limits.js";
import { Dice } from "../world/dice.js";
import type { Fault } from "./fault-proxy.js";
import { Life, Site } from "./life.js";

/** `make soak` asks for more. */
const HISTORIES = Number(process.env.HISTORIES ?? 50);
const SEED = process.env.SEED ?? "1";
/** Lives that have theirs side by side. */
const LIVES = 5;
/** Of a thing's time: a minute is three seconds. */
const FACTOR = 20;
/** Milliseconds in which a thing is back once nothing is in its way: the longest pause, the time to find a dead peer, a minute. */
const BACK = ((limits.retrySeconds + limits.silenceSeconds + limits.probeSeconds + 60) * 1000) / FACTOR;
/** About as many bytes as a login and a readout. */
const WHOLE = 9000;

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

/** What befalls a connection. */
function faultOf(dice: Dice): Fault {
	switch (dice.below(8)) {
		case 0:
			return { kind: "refuse" };
		case 1:
			return { kind: "delay", milliseconds: 1 + dice.below(40) };
		case 2:
			return { kind: "chop", bytes: 1 + dice.below(64) };
		case 3:
			return { kind: "hold", at: dice.below(WHOLE) };
		default:
			return { kind: "reset", at: dice.below(WHOLE) };
	}
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** One history; what went wrong in it, if anything. */
async function history(life: Life, dice: Dice, kinds: Map<string, number>): Promise<string | undefined> {
	const note = (kind: string): void => void kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
	const steps: string[] = [];
	/** Those that must be answered: asked of a session that no step ended since. */
	let owed: string[] = [];
	const asked: string[] = [];
	const first = life.events.length;
	let jid = await life.back();
	/** Once the thing has said its presence. */
	const look = async (): Promise<string> => {
		await life.read();
		jid = await life.back();
		await life.until("its presence", () => life.seen.includes(jid));
		return life.seen.join();
	};
	let seen = await look();
	const ask = (): void => {
		const seqnr = life.ask(jid);
		asked.push(seqnr);
		owed.push(seqnr);
	};

	for (let step = 2 + dice.below(4); step > 0; step--) {
		if (dice.below(3) > 0) ask();
		const lot = dice.below(10);
		if (lot < 7) {
			const now = faultOf(dice);
			// The connections after it have theirs, too.
			for (let more = dice.below(3); more > 0; more--) life.wire.faults.push(faultOf(dice));
			steps.push(JSON.stringify([now, ...life.wire.faults]));
			for (const { kind } of [now, ...life.wire.faults]) note(kind);
			if (now.kind === "refuse") life.wire.strike({ kind: "reset", at: 0 });
			else life.wire.strike(now);
		} else if (lot === 7) {
			steps.push("nobody listens");
			note("deaf");
			await life.wire.deafen();
			life.wire.strike({ kind: "reset", at: 0 });
			await pause(dice.below(300));
			await life.wire.listen();
		} else if (lot === 8) {
			steps.push("power");
			note("power");
			await life.kill();
			// The broker keeps what it could not deliver for whoever resumes, and nobody will.
			owed = [];
			life.start();
			seen = await look();
		} else {
			steps.push("nothing");
			await pause(dice.below(500));
		}
		if (dice.below(2) === 0) ask();
		if (dice.below(2) === 0) await pause(dice.below(400));
	}

	// Nothing is in its way any more.
	life.wire.faults.length = 0;
	life.wire.strike({ kind: "chop", bytes: 1460 });
	const told = () =>
		`${steps.join("; ")}\n${life.events
			.slice(first)
			.map((event) => JSON.stringify(event))
			.join("\n")}`;
	try {
		await life.until("it is back", () => life.thing.jid, 15 + BACK / 1000);
		await life.read();
		// Where a session was bound anew what was asked of the old one is gone with it: the broker has said so, or keeps it for nobody.
		const anew = life.thing.jid !== jid;
		if (!anew) for (const seqnr of owed) await life.until(`an answer to ${seqnr}`, () => life.told(seqnr).answers.length, 30);
		if (!anew)
			for (const seqnr of owed.filter((each) => life.told(each).answers[0] === "result"))
				await life.until(`the fields of ${seqnr}`, () => life.told(seqnr).fields, 30);
		// Nobody has seen it go, or a second one come. (Of a session whose <enabled/> was lost, or whose power went, the broker keeps a shadow.)
		if (!anew && life.seen.join() !== seen) return `its owner sees ${life.seen}, and saw ${seen}\n${told()}`;
	} catch (error) {
		return `${error instanceof Error ? error.message.split("\n")[0] : error}\n${told()}`;
	}
	for (const seqnr of asked) {
		const { answers, fields } = life.told(seqnr);
		if (answers.length > 1 || fields > 1) return `${seqnr} was answered ${answers} and ${fields} times\n${told()}`;
	}
	if (life.thing.state !== "claimed" || life.count("account") !== 1 || life.count("registered") !== 1) return `it is another\n${told()}`;
	return undefined;
}

test(
	`R-CORE-5 R-CORE-7 R-077-5 ${HISTORIES} seeded histories of faults: one session, one account, one registration, nothing answered twice, nothing lost`,
	async () => {
		const kinds = new Map<string, number>();
		const faults: string[] = [];
		let next = 0;
		await Promise.all(
			lives.map(async (life) => {
				while (next < HISTORIES && faults.length === 0) {
					const number = next++;
					const fault = await history(life, new Dice(`${SEED}/${number}`), kinds);
					if (fault !== undefined) faults.push(`seed ${SEED}, history ${number}: ${fault}`);
					// A boot begins with short pauses, as a connection that has stood for a minute does.
					await life.stop();
					life.start();
				}
			})
		);
		expect(faults).toEqual([]);
		if (HISTORIES >= 50) expect([...kinds.keys()].sort()).toEqual(["chop", "deaf", "delay", "hold", "power", "refuse", "reset"]);
		expect(await site.accounts()).toHaveLength(LIVES);
		process.stdout.write(HISTORIES > 50 ? `${HISTORIES} histories: ${JSON.stringify(Object.fromEntries(kinds))}\n` : "");
	},
	120_000 + HISTORIES * 15_000
);
