// The scenarios on a broker that is not Prosody: ejabberd as Debian has it, with our registry as its component (XEP-0114).
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "@jest/globals";
import { scenarios } from "../world/scenarios/index.js";
import { type EjabberdBox, startEjabberd } from "./ejabberd.js";
import { createProsodyStage } from "./prosody-stage.js";

let folder: string;
let box: EjabberdBox;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "extasis-ejabberd-"));
	box = await startEjabberd(join(folder, "box"));
}, 120_000);

afterAll(async () => {
	await box?.stop();
	await rm(folder, { recursive: true, force: true });
}, 30_000);

test("it is the version that was looked at", () => {
	expect(box.version).toMatch(/^2\d\.\d\d/);
});

test.each(Object.keys(scenarios).map((name, index) => [name, index] as const))(
	"%s",
	async (name, index) => {
		const tls = index % 2 === 0 ? "direct" : "starttls";
		const stage = await createProsodyStage({ box, folder: join(folder, `${index}`), name: `${index}`, tls });
		try {
			await scenarios[name]!(stage);
		} finally {
			await stage.end();
		}
	},
	120_000
);

// The last: nothing can be asked of it afterwards.
test("it ends with the process that started it, whose end of the pipe is closed by the system", async () => {
	expect(box.process.exitCode).toBeNull();
	const ended = once(box.process, "exit");
	box.process.stdin!.destroy();
	expect(await ended).toEqual([0, null]);
}, 30_000);
