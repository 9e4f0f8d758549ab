// The scenarios in virtual time, from several seeds.
import { scenarios } from "./scenarios/index.js";
import type { StageThing } from "./stage.js";
import { createVirtualStage } from "./virtual-stage.js";

describe.each([
	["starttls", {}],
	["direct", {}],
	["direct", { sasl2: true, bindings: true }]
] as const)("over %s, %j", (tls, habits) => {
	test.each(Object.keys(scenarios))("%s", async (name) => {
		for (const seed of [1, 2, 3]) {
			const stage = createVirtualStage(seed, { tls }, habits);
			await scenarios[name]!(stage);
			await stage.end();
		}
	});
});

test("the same seed is the same world to the byte, another is another", async () => {
	const play = async (seed: number): Promise<string> => {
		const stage = createVirtualStage(seed);
		let thing: StageThing | undefined;
		const make = stage.thing;
		stage.thing = () => {
			thing = make();
			return thing;
		};
		await scenarios[Object.keys(scenarios)[1]!]!(stage);
		return thing!.said.map(({ element }) => element.toString()).join("");
	};
	const first = await play(1);
	expect(await play(1)).toBe(first);
	expect((await play(2)) === first).toBe(false);
});
