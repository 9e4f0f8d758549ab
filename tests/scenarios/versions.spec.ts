// Brokers that speak one version of TLS and no other, each in both ways to TLS: first life, claim, readout, a broken connection that is resumed.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type SecureVersion } from "node:tls";
import { afterAll, beforeAll, describe } from "@jest/globals";
import { type Box, type BoxOptions, startBox } from "../../hosts/broker/box.js";
import { startFlightCounter } from "../support/flights.js";
import type { Habits } from "../world/broker.js";
import { scenarios } from "../world/scenarios/index.js";
import { agree } from "./agree.js";
import { startEjabberd } from "./ejabberd.js";
import { prosody13, SASL2_MODULES } from "./prosody-13.js";
import { createProsodyStage, type ProsodyStageOptions } from "./prosody-stage.js";

type Broker = ProsodyStageOptions["box"] & Pick<Box, "stop">;

const program = await prosody13();

/** Each with the options that leave one version. */
const prosody = (version: SecureVersion, options: BoxOptions["prosody"] = {}): BoxOptions["prosody"] => {
	const protocol = `{ protocol = "${version.toLowerCase().replace(".", "_")}" }`;
	return { ...options, settings: [`c2s_ssl = ${protocol}`, `c2s_direct_tls_ssl = ${protocol}`] };
};

interface Kind {
	readonly name: string;
	start(folder: string, version: SecureVersion): Promise<Broker>;
	/** What the model does like it; no model where nobody has compared the two. */
	habits?(version: SecureVersion): Partial<Habits> | undefined;
}

const kinds: readonly Kind[] = [
	{
		name: "Prosody 0.12",
		start: (folder, version) => startBox({ data: folder, log: () => {}, prosody: prosody(version) }),
		habits: () => ({})
	},
	...(program === undefined
		? []
		: [
				{
					name: "Prosody 13",
					start: (folder: string, version: SecureVersion) =>
						startBox({ data: folder, log: () => {}, prosody: prosody(version, { program, modules: SASL2_MODULES }) }),
					// The model's line is of 1.3, which has an exporter: under 1.2 nothing is bound, and tokens are others.
					habits: (version: SecureVersion) => (version === "TLSv1.3" ? { sasl2: true, bindings: true } : undefined)
				}
			]),
	{ name: "ejabberd", start: (folder, version) => startEjabberd(folder, [version === "TLSv1.2" ? "no_tlsv1_3" : "no_tlsv1_2"]) }
];

/** The least that shows that all of a connection works: every scenario runs in the suites beside this one, warm starts in flights.spec.ts. */
const scenario = "R-CORE-6 R-CORE-7 cut and resumed: nobody has seen it go";
const versions: readonly SecureVersion[] = ["TLSv1.2", "TLSv1.3"];

let folder: string;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "extasis-versions-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each(kinds.flatMap((kind) => versions.map((version) => [kind.name, version, kind] as const)))(
	"%s with %s alone",
	(name, version, kind) => {
		let box: Broker;

		beforeAll(async () => {
			box = await kind.start(join(folder, `${name}-${version}`.replaceAll(" ", "-")), version);
		}, 120_000);

		afterAll(() => box?.stop(), 30_000);

		test("has no other", async () => {
			const ca = await readFile(box.caFile);
			const meet = (only: SecureVersion): Promise<string | null> =>
				new Promise((resolve) => {
					const options = { host: "127.0.0.1", port: box.ports.direct, ca, servername: box.domain, minVersion: only, maxVersion: only };
					const socket = connect(options, () => {
						resolve(socket.getProtocol());
						socket.destroy();
					});
					socket.once("error", () => resolve(null));
				});
			expect(await Promise.all(versions.map(meet))).toEqual(versions.map((each) => (each === version ? each : null)));
		}, 30_000);

		test.each(["direct", "starttls"] as const)(
			`%s: ${scenario}`,
			async (tls) => {
				const wire = await startFlightCounter(box.ports[tls], 0);
				const through = { ...box, ports: { ...box.ports, [tls]: wire.port } };
				const stage = await createProsodyStage({ box: through, folder: join(folder, "stage"), name: tls, tls });
				try {
					const habits = kind.habits?.(version);
					if (habits !== undefined) await agree(stage, scenario, tls, habits);
					else {
						try {
							await scenarios[scenario]!(stage);
						} finally {
							await stage.end();
						}
					}
					expect(wire.tally.version).toBe(version);
				} finally {
					await wire.close();
				}
			},
			120_000
		);
	}
);
