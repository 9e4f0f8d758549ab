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
import { hurry } from "../support/hurry.js";
import { type StrictOptions, startStrictFront } from "../support/strict-front.js";
import { Authority } from "../unit-node/node/certificates.js";
import { startEjabberd } from "./ejabberd.js";

type Broker = Pick<Box, "domain" | "ports" | "caFile" | "stop">;

let folder: string;
let authority: Authority;
const brokers: Record<string, Broker> = {};
const newest = tls.DEFAULT_MAX_VERSION;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "extasis-flights-"));
	authority = new Authority("CA of strict brokers");
	brokers.prosody = await startBox({ data: join(folder, "prosody"), log: () => {} });
	brokers.ejabberd = await startEjabberd(join(folder, "ejabberd"));
}, 180_000);

afterEach(() => {
	tls.DEFAULT_MAX_VERSION = newest;
});

afterAll(async () => {
	for (const broker of Object.values(brokers)) await broker.stop();
	authority.remove();
	await rm(folder, { recursive: true, force: true });
}, 60_000);

/** Boots a thing from its store and lives until it is online; what its connection had cost by then. Rejects with the reason when it goes offline instead. */
async function login(
	{ domain }: Pick<Broker, "domain">,
	wire: FlightCounter,
	kind: "direct" | "starttls",
	store: string,
	anchors: string,
	factor = 1
): Promise<Tally> {
	let thing: Thing | undefined;
	let close = async (): Promise<void> => {};
	try {
		return await new Promise<Tally>((resolve, reject) => {
			const onEvent = (event: ThingEvent): void => {
				// Nothing that it says as one who is online has left yet.
				if (event.event === "online") resolve(structuredClone(wire.tally));
				if (event.event === "offline") reject(new Error(String(event.reason)));
			};
			const host = createNodeHost({ store, definition: weatherStation, onEvent });
			close = () => host.close();
			const address = { host: "127.0.0.1", port: wire.port };
			thing = boot({ definition: weatherStation, domain, anchors, address, tls: kind, serial: "SN-1", host: hurry(host, factor) });
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
		const anchors = await readFile(broker.caFile, "utf8");
		try {
			const cold = await login(broker, wire, kind, store, anchors);
			expect(cold.version).toBe(version);
			expect(cold.clearFlights).toBe(kind === "direct" ? 0 : 2);
			// Header, form, account, authentication in two, header, bind.
			expect(cold.flights).toBeLessThanOrEqual(7);
			for (let start = 0; start < 2; start++) {
				const warm = await login(broker, wire, kind, store, anchors);
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

const REFUSED = "refused";
const SILENCE = "timeout";
/** What the thing heard of it: the last words of a stream may be lost with the connection. */
const refusals: readonly string[] = ["stream-error:policy-violation", "closed"];
/** A step's fifteen seconds pass in so much less where they have to. */
const FASTER = 4;
/** By what the broker refuses: what each start of a thing comes to, after the first. */
const strict: readonly (readonly [string, readonly number[], StrictOptions["how"], readonly (number | string)[]])[] = [
	["<auth/> before its features", [0], "ends", [REFUSED, 4, REFUSED, 4, 4]],
	["<auth/> before its features", [0], "loses", [SILENCE, 4, SILENCE, 4, 4]],
	["what follows SASL before its features", [1], "ends", [REFUSED, 4, REFUSED, 4, 4]],
	["what follows SASL before its features", [1], "loses", [SILENCE, 4, SILENCE, 4, 4]],
	["both", [0, 1], "ends", [REFUSED, REFUSED, 5, REFUSED, REFUSED, 5, 5]]
];

/** Those before ejabberd that speak: silence takes its time. */
const fronts = strict.flatMap((each) =>
	(each[2] === "ends" ? ["prosody", "ejabberd"] : ["prosody"]).map((broker) => [broker, ...each] as const)
);

test.each(fronts)(
	"%s behind one that refuses %s (%j) and %s: remembered, and a warm start in four flights where it takes either",
	async (name, _what, streams, how, starts) => {
		const { domain, ports, caFile } = brokers[name]!;
		const ca = await readFile(caFile, "utf8");
		const pair = authority.leaf({ names: `DNS:${domain}` });
		const front = await startStrictFront({ port: ports.direct, domain, ca, pair, streams, how });
		const wire = await startFlightCounter(front.port);
		const store = join(folder, `strict-${name}-${how}-${streams.join()}`);
		const live = (): Promise<number | string> =>
			login({ domain }, wire, "direct", store, authority.anchors, how === "loses" ? FASTER : 1).then(
				({ flights }) => flights,
				({ message }: Error) => (refusals.includes(message) ? REFUSED : message)
			);
		try {
			expect(await live()).toBeLessThanOrEqual(7);
			const came: (number | string)[] = [];
			for (let start = 0; start < starts.length; start++) came.push(await live());
			expect(came).toEqual(starts);
		} finally {
			await wire.close();
			await front.close();
		}
	},
	120_000
);
