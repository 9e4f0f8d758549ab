// Holds a thing's whole life on the simulator in a chip's heap.
import { afterEach, beforeAll } from "@jest/globals";
import { Life } from "./life.js";
import { engineHere } from "./program.js";

beforeAll(engineHere, 180_000);

let life: Life;
afterEach(() => life.kill());

test("account, registered, claimed, read a hundred times, resumed, and a clean end, in 64 KiB with every collection forced", async () => {
	life = new Life();
	const owner = await life.claimed({ collect: true });
	for (let i = 0; i < 100; i++) await life.read(owner, String(i));
	life.attachment.cut();
	await life.next("resumed");
	await life.read(owner, "after");
	const ending = await life.thing.stop();
	expect(ending).toEqual({ code: 0, message: "" });
	const { phases = [], total } = life.recorder.report(life.engine, 65_536) ?? {};
	expect(phases.map(({ phase, count }) => [phase, count])).toEqual([
		["boot", 1],
		["account", 1],
		["online", 1],
		["registered", 1],
		["claimed", 1],
		["readout", 101],
		["offline", 1],
		["resumed", 1],
		["end", 1]
	]);
	expect(total?.free).toBeGreaterThan(0);
	expect(total?.keys).toBeLessThan(32);
}, 120_000);
