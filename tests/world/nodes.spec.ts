// Two nodes of two owners in virtual time, where registry and people speak the one dialect only.
import { iotNamespaces, Ledger } from "../support/ledger.js";
import { nodeReset, nodeStory } from "./scenarios/nodes.js";
import { spoken } from "./scenarios/story.js";
import { createVirtualStage } from "./virtual-stage.js";

test.each(["xep", "ieee"] as const)(
	"R-347-20 R-324-5 R-324-9 R-323-23 R-323-29 R-347-29 two nodes of two owners in the %s dialect, and nothing of the other passes",
	async (dialect) => {
		const ledger = new Ledger();
		const stage = createVirtualStage(dialect, {}, {}, { dialect, ledger });
		await nodeStory(stage);
		await stage.end();
		expect(iotNamespaces(ledger.take())).toEqual(spoken[dialect]);
	}
);

test("R-347-20 R-347-21 R-347-29 a factory reset takes every node from its owner", async () => {
	for (const seed of [1, 2, 3]) await nodeReset(createVirtualStage(seed));
});
