// A thousand things whose broker is away for ten minutes come back one by one, each on its own dice. On Node alone: they are too many for XS, where tests/world/habits has a hundred.
import { beforeAll } from "@jest/globals";
import { limits } from "../../src/limits.js";
import { type VirtualThing, World } from "../world/world.js";

const SIZE = 1000;
const MINUTE = 60_000;

const world = new World("herd");
const things: VirtualThing[] = [];

beforeAll(() => {
	world.broker.habits.iterations = 4096;
	for (let index = 0; index < SIZE; index++) things.push(world.thing({ name: `thing ${index}`, serial: `SN-${index}` }));
	for (const thing of things) thing.start();
	world.until("all are registered", () => things.every((thing) => thing.firmware.state === "registered"));
}, 300_000);

test.each([
	["R-CORE-9 killed without a word", "kill"],
	["R-CORE-9 shut down in order", "shut down"]
])(
	"%s, a broker is away for ten minutes: no second of its first sees more than 5 %% of them, and all are back within the longest pause and a minute",
	(_, how) => {
		// Long enough that every connection counts as stable.
		world.clock.pass(2 * limits.stableSeconds * 1000);
		const moments: number[] = [];
		let tries = 0;
		for (const thing of things) {
			thing.onEvent = ({ event }) => {
				if (event === "online") moments.push(world.clock.now());
				if (event === "offline") tries++;
			};
		}
		if (how === "shut down") world.broker.shutDown();
		for (const { attachment } of things) {
			attachment.cut();
			attachment.faults.refuse = Number.POSITIVE_INFINITY;
		}
		world.clock.pass(10 * MINUTE);
		expect(moments).toEqual([]);
		// Full jitter up to five minutes: about a dozen tries each.
		expect(tries / SIZE).toBeGreaterThan(5);
		expect(tries / SIZE).toBeLessThan(20);
		const back = world.clock.now();
		for (const { attachment } of things) attachment.faults.refuse = 0;
		world.clock.pass(limits.retrySeconds * 1000 + MINUTE);

		expect(moments).toHaveLength(SIZE);
		const seconds = new Map<number, number>();
		for (const moment of moments) {
			const second = Math.floor((moment - back) / 1000);
			seconds.set(second, (seconds.get(second) ?? 0) + 1);
		}
		expect(Math.max(...seconds.values())).toBeLessThanOrEqual(SIZE * 0.05);
		expect(things.every((thing) => thing.firmware.jid !== undefined)).toBe(true);
		expect(world.broker.registrations).toHaveLength(SIZE);
		expect(world.registryEvents.filter(({ event }) => event === "registered")).toHaveLength(SIZE);
	},
	300_000
);
