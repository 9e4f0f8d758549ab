// The whole story for real, in both dialects: Prosody that makes accounts on signed forms only, the box, and the thing on the simulator in 64 KiB.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startBox } from "../../hosts/broker/box.js";
import { iotNamespaces, Ledger } from "../support/ledger.js";
import { spoken, story } from "../world/scenarios/story.js";
import type { Stage, StageClient } from "../world/stage.js";
import { createProsodyStage } from "./prosody-stage.js";

test.each(["xep", "ieee"] as const)(
	"R-323-29 R-348-2 R-324-4 R-324-6 R-324-10 R-324-15 R-324-29 R-347-19 R-347-29 from an API key to the next owner, in the %s dialect, and nothing of the other passes",
	async (dialect) => {
		const folder = await mkdtemp(join(tmpdir(), "extasis-story-"));
		const box = await startBox({ data: join(folder, "box"), signedOnly: true, dialect, log: () => {} });
		try {
			const ledger = new Ledger();
			const apiKey = box.apiKey("batch", 1);
			const people: StageClient[] = [];
			const stage = await createProsodyStage({
				...{ box, folder: join(folder, "stage"), name: "story", tls: "direct", apiKey, dialect, ledger }
			});
			const watched: Stage = {
				...stage,
				client: async (role) => {
					const client = await stage.client(role);
					people.push(client);
					return client;
				}
			};
			try {
				await story(watched);
				expect(iotNamespaces(ledger.take())).toEqual(spoken[dialect]);
				const told = iotNamespaces({ said: "", heard: people.flatMap(({ received }) => received.map(String)).join("") });
				// An owner's program is asked in words that things do not hear.
				expect(told.filter((namespace) => !spoken[dialect].includes(namespace))).toEqual(
					dialect === "xep" ? [] : ["urn:ieee:iot:prov:o:1.0"]
				);
			} finally {
				await stage.end();
			}
		} finally {
			await box.stop();
			await rm(folder, { recursive: true, force: true });
		}
	},
	180_000
);
