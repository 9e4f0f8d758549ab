// The scenarios in virtual time, from several seeds.
import { scenarios } from "./scenarios/index.js";
import { createVirtualStage } from "./virtual-stage.js";

describe.each(["starttls", "direct"] as const)("over %s", (tls) => {
	test.each(Object.keys(scenarios))("%s", async (name) => {
		for (const seed of [1, 2, 3]) {
			const stage = createVirtualStage(seed, { tls });
			await scenarios[name]!(stage);
			await stage.end();
		}
	});
});
