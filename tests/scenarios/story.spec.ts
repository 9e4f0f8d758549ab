// The whole story for real: Prosody that makes accounts on signed forms only, the box, and the thing on the simulator in 64 KiB.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "@jest/globals";
import { type Box, startBox } from "../../hosts/broker/box.js";
import { story } from "../world/scenarios/story.js";
import { createProsodyStage } from "./prosody-stage.js";

let folder: string;
let box: Box;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "extasis-story-"));
	box = await startBox({ data: join(folder, "box"), signedOnly: true, log: () => {} });
}, 60_000);

afterAll(async () => {
	await box?.stop();
	await rm(folder, { recursive: true, force: true });
});

test("R-348-2 R-324-4 R-324-6 R-324-10 R-324-15 R-324-29 R-347-19 R-347-29 from an API key to the next owner", async () => {
	const apiKey = box.apiKey("batch", 1);
	const stage = await createProsodyStage({ box, folder: join(folder, "stage"), name: "story", tls: "direct", apiKey });
	try {
		await story(stage);
	} finally {
		await stage.end();
	}
}, 180_000);
