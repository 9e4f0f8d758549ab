// What a login costs, counted on the wire: flights after TLS until the thing is online, on Prosody and ejabberd, TLS 1.2 and 1.3, direct and after STARTTLS.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import tls from "node:tls";
import { afterAll, afterEach, beforeAll } from "@jest/globals";
import { type Box, startBox } from "../../hosts/broker/box.js";
import { createNodeHost } from "../../hosts/node/index.js";
import type { ThingEvent } from "../../src/host.js";
import { boot } from "../../src/main.js";
import type { Thing } from "../../src/thing/thing.js";
import { weatherStation } from "../../src/things/weather-station.js";
import { type FlightCounter, startFlightCounter, type Tally } from "../support/flights.js";
import { startEjabberd } from "./ejabberd.js";

type Broker = Pick<Box, "domain" | "ports" | "caFile" | "stop">;

let folder: string;
const brokers: Record<string, Broker> = {};
const newest = tls.DEFAULT_MAX_VERSION;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "extasis-flights-"));
	brokers.prosody = await startBox({ data: join(folder, "prosody"), log: () => {} });
	brokers.ejabberd = await startEjabberd(join(folder, "ejabberd"));
}, 180_000);

afterEach(() => {
	tls.DEFAULT_MAX_VERSION = newest;
});

afterAll(async () => {
	for (const broker of Object.values(brokers)) await broker.stop();
	await rm(folder, { recursive: true, force: true });
}, 60_000);

/** Boots a thing from its store and lives until it is online; what its connection had cost by then. */
async function login(broker: Broker, wire: FlightCounter, kind: "direct" | "starttls", store: string): Promise<Tally> {
	const anchors = await readFile(broker.caFile, "utf8");
	let thing: Thing | undefined;
	let close = async (): Promise<void> => {};
	try {
		return await new Promise<Tally>((resolve, reject) => {
			const onEvent = (event: ThingEvent): void => {
				// Nothing that it says as one who is online has left yet.
				if (event.event === "online") resolve(structuredClone(wire.tally));
				if (event.event === "offline") reject(new Error(JSON.stringify(event)));
			};
			const host = createNodeHost({ store, definition: weatherStation, onEvent });
			close = () => host.close();
			const address = { host: "127.0.0.1", port: wire.port };
			thing = boot({ definition: weatherStation, domain: broker.domain, anchors, address, tls: kind, serial: "SN-1", host });
		});
	} finally {
		thing?.stop();
		await close();
	}
}

const cases = ["prosody", "ejabberd"].flatMap((broker) =>
	(["direct", "starttls"] as const).flatMap((kind) => (["TLSv1.2", "TLSv1.3"] as const).map((version) => [broker, kind, version] as const))
);

test.each(cases)(
	"%s, %s, %s: an account in seven flights after TLS at most, a warm start in three",
	async (name, kind, version) => {
		const broker = brokers[name]!;
		// Of what the thing offers; the broker takes the best.
		tls.DEFAULT_MAX_VERSION = version;
		const wire = await startFlightCounter(broker.ports[kind]);
		const store = join(folder, `${name}-${kind}-${version}`);
		try {
			const cold = await login(broker, wire, kind, store);
			expect(cold.version).toBe(version);
			expect(cold.clearFlights).toBe(kind === "direct" ? 0 : 2);
			// Header, form, account, authentication in two, header, bind.
			expect(cold.flights).toBeLessThanOrEqual(7);
			for (let start = 0; start < 2; start++) {
				const warm = await login(broker, wire, kind, store);
				// Header and <auth/>; <response/>; header, bind and <enable/>.
				expect(warm.flights).toBe(3);
				expect(warm.version).toBe(version);
			}
		} finally {
			await wire.close();
		}
	},
	120_000
);
