// The judge of the model: every scenario on real Prosody; what things said and people heard there is what they said and heard in the virtual world.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "@jest/globals";
import { type Box, type BoxOptions, startBox } from "../../hosts/broker/box.js";
import type { Habits } from "../world/broker.js";
import { scenarios } from "../world/scenarios/index.js";
import type { Stage, StageClient, StageThing } from "../world/stage.js";
import { createVirtualStage } from "../world/virtual-stage.js";
import { createProsodyStage } from "./prosody-stage.js";

/** What is not played on the box, and why. */
const elsewhere: Readonly<Record<string, string>> = Object.freeze({
	"R-347-2 the registry is not there at first": "no account is made while its component is away, which decides that; ejabberd plays it"
});

/** Declares the tests; one spec file per kind of TLS and of Prosody, so that they run side by side. `habits`: what the model does like it. */
export function judge(tls: "direct" | "starttls", prosody?: BoxOptions["prosody"], habits: Partial<Habits> = {}): void {
	let folder: string;
	let box: Box;

	beforeAll(async () => {
		folder = await mkdtemp(join(tmpdir(), "extasis-agree-"));
		box = await startBox({ data: join(folder, "box"), log: () => {}, prosody });
	}, 60_000);

	afterAll(async () => {
		await box?.stop();
		await rm(folder, { recursive: true, force: true });
	});

	const names = Object.keys(scenarios).filter((name) => elsewhere[name] === undefined);
	test.each(names.map((name, index) => [name, index] as const))(
		"%s",
		async (name, index) => {
			await agree(await createProsodyStage({ box, folder: join(folder, `${index}`), name: `${index}`, tls }), name, tls, habits);
		},
		120_000
	);
}

/** One scenario on real parts and in the virtual world. */
export async function agree(stage: Stage, name: string, tls: "direct" | "starttls", habits: Partial<Habits> = {}): Promise<void> {
	const real = await play(stage, name);
	expect(await play(createVirtualStage(name, { tls }, habits), name)).toEqual(real);
}

interface Play {
	/** What each thing said. */
	readonly said: string[][];
	/** What each person heard of each thing. */
	readonly heard: string[][];
}

async function play(stage: Stage, name: string): Promise<Play> {
	const things: StageThing[] = [];
	const people: StageClient[] = [];
	const watched: Stage = {
		...stage,
		thing: (definition) => {
			const thing = stage.thing(definition);
			things.push(thing);
			return thing;
		},
		client: async (role) => {
			const client = await stage.client(role);
			people.push(client);
			return client;
		}
	};
	try {
		await scenarios[name]!(watched);
		return {
			said: things.map((thing) => thing.transcript()),
			heard: things.flatMap((thing) => people.map((client) => thing.heardBy(client)))
		};
	} finally {
		await stage.end();
	}
}
