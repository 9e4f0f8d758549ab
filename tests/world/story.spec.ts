// The whole story in virtual time, in both dialects: a broker that wants signed forms, and a registry and people who speak the one dialect only.
import { iotNamespaces, Ledger } from "../support/ledger.js";
import { spoken, story } from "./scenarios/story.js";
import { createVirtualStage } from "./virtual-stage.js";

const apiKey = { key: "batch-1", secret: "s3cret&of/the+batch" };

test.each(["xep", "ieee"] as const)(
	"R-323-29 R-348-2 R-348-7 R-324-4 R-324-6 R-324-10 R-324-15 R-324-29 R-347-19 R-347-29 from an API key to the next owner, in the %s dialect, and nothing of the other passes",
	async (dialect) => {
		const ledger = new Ledger();
		const stage = createVirtualStage(dialect, { apiKey }, { apiKey }, { dialect, ledger });
		await story(stage);
		await stage.end();
		expect(stage.world.broker.registrations).toHaveLength(1);
		expect(iotNamespaces(ledger.take())).toEqual(spoken[dialect]);
	}
);

test.each([
	["no API key", undefined],
	["another secret", { key: apiKey.key, secret: "guess" }],
	["another key", { key: "batch-2", secret: apiKey.secret }]
])("R-348-2 %s: no account", async (_what, wrong) => {
	const stage = createVirtualStage(1, { apiKey: wrong }, { apiKey });
	const thing = stage.thing();
	thing.start();
	stage.world.clock.pass(600_000);
	expect(stage.world.broker.registrations).toEqual([]);
});
