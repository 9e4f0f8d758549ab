// The weather station in the SDK's own simulator: its sticker is on the screen until somebody has claimed it.
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Box, startBox } from "../../hosts/broker/box.js";
import { createProsodyStage } from "../scenarios/prosody-stage.js";
import { DISCOVERY, tagsOf } from "../world/scenarios/steps.js";
import { xml } from "../world/xml.js";
import { SimulatorProcess } from "./screen.js";

// CommonJS.
const jsQR: (data: Uint8ClampedArray, width: number, height: number) => { data: string } | null = createRequire(import.meta.url)(
	"jsqr"
).default;

const patience = 60_000;

let folder: string;
let box: Box;
let simulator: SimulatorProcess | undefined;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "extasis-screen-"));
	box = await startBox({ data: join(folder, "box"), log: () => {} });
}, 60_000);

afterAll(async () => {
	await simulator?.end();
	await box?.stop();
	await rm(folder, { recursive: true, force: true });
});

async function until<T>(what: string, probe: () => T | undefined | Promise<T | undefined>): Promise<T> {
	const end = Date.now() + patience;
	for (;;) {
		const found = await probe();
		if (found !== undefined) return found;
		if (Date.now() > end) throw new Error(`not within ${patience / 1000} s: ${what}\n${JSON.stringify(simulator?.events)}`);
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
}

async function seen(): Promise<string | undefined> {
	const { data, width, height } = await simulator!.look();
	return jsQR(data, width, height)?.data;
}

test("the QR on the screen is the claim of the thing, and goes when it is claimed", async () => {
	simulator = await SimulatorProcess.start(join(folder, "display"), {
		...{ DOMAIN: box.domain, CA: box.caFile, ADDRESS: `127.0.0.1:${box.ports.direct}`, TLS: "direct" },
		...{ STORE: join(folder, "store"), SHOW_STICKER: "1" }
	});
	const registered = await until("registered", () => simulator!.events.find(({ event }) => event === "registered"));
	const sticker = String(registered.sticker);
	expect(sticker).toMatch(/^iotdisco:.*KEY=/);
	expect(await until("a QR on the screen", seen)).toBe(sticker);

	const stage = await createProsodyStage({ box, folder: join(folder, "stage"), name: "screen", tls: "direct" });
	try {
		// What is claimed is what was seen.
		const owner = await stage.client("owner");
		const answer = await owner.request("set", stage.registry, xml("mine", { xmlns: DISCOVERY }, tagsOf((await seen())!)));
		expect(answer.attrs.type).toBe("result");
		await until("claimed", () => simulator!.events.find(({ event }) => event === "claimed"));
		await until("no QR any more", async () => ((await seen()) === undefined ? true : undefined));
	} finally {
		await stage.end();
	}
}, 180_000);
