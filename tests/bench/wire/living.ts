// A thing on the Node host behind the wire that counts, from one boot to its end.
import { createNodeHost, type NodeHost } from "../../../hosts/node/index.js";
import type { Host, ThingEvent } from "../../../src/host.js";
import { boot } from "../../../src/main.js";
import type { Thing } from "../../../src/thing/thing.js";
import { weatherStation } from "../../../src/things/weather-station.js";
import type { FlightCounter, Tally } from "../../support/flights.js";
import { Ledger } from "../../support/ledger.js";

/** Longest that anything is waited for. */
const PATIENCE = 60_000;
/** Silence after which nothing more is thought to come. */
const QUIET = 3000;

export interface LivingOptions {
	readonly domain: string;
	readonly anchors: string;
	readonly tls: "direct" | "starttls";
	readonly serial: string;
	/** Its store. */
	readonly folder: string;
	readonly wire: FlightCounter;
	/** What its host is behind. */
	readonly wrap?: (host: Host) => Host;
}

/** What was on the wire up to a moment, and inside TLS. */
export interface Cost {
	readonly tally: Tally;
	readonly said: number;
	readonly heard: number;
}

export class Living {
	readonly ledger = new Ledger();
	readonly costs = new Map<string, Cost>();
	readonly events: ThingEvent[] = [];
	sticker = "";
	readonly #options: LivingOptions;
	readonly #host: NodeHost;
	readonly #thing: Thing;

	constructor(options: LivingOptions) {
		this.#options = options;
		const { domain, anchors, tls, serial, folder, wire, wrap = (host: Host) => host } = options;
		this.#host = createNodeHost({
			store: folder,
			definition: weatherStation,
			onEvent: (event) => {
				this.events.push(event);
				// What it says upon that has not left yet.
				this.costs.set(event.event, this.cost());
			},
			onSticker: (uri) => {
				this.sticker = uri;
			}
		});
		const host = wrap(Object.freeze({ ...this.#host, network: this.ledger.wrap(this.#host.network) }));
		const address = { host: "127.0.0.1", port: wire.port };
		this.#thing = boot({ definition: weatherStation, domain, anchors, address, tls, serial, key: `key-of-${serial}`, host });
	}

	get jid(): string {
		return this.#thing.jid ?? "";
	}

	cost(): Cost {
		const { saidBytes: said, heardBytes: heard } = this.ledger;
		return { tally: structuredClone(this.#options.wire.tally), said, heard };
	}

	/** What it had cost by then. */
	async until(event: string): Promise<Cost> {
		await waitFor(`${event} of ${this.#options.serial}`, () => {
			const offline = this.events.find((each) => each.event === "offline");
			if (offline !== undefined) throw new Error(JSON.stringify(offline));
			return this.costs.has(event);
		});
		return this.costs.get(event)!;
	}

	/** What it has cost when it has nothing more to say. */
	async quiet(): Promise<Cost> {
		await quiet(this.#options.wire);
		return this.cost();
	}

	async stop(): Promise<void> {
		this.#thing.stop();
		await this.#host.close();
	}
}

/** Resolves when the wire has been silent for a while. */
export async function quiet(wire: FlightCounter): Promise<void> {
	let last = "";
	let since = Date.now();
	await waitFor("silence", () => {
		const now = JSON.stringify(wire.tally);
		if (now !== last) since = Date.now();
		last = now;
		return Date.now() - since > QUIET;
	});
}

export async function waitFor(what: string, probe: () => boolean): Promise<void> {
	const end = Date.now() + PATIENCE;
	while (!probe()) {
		if (Date.now() > end) throw new Error(`not within ${PATIENCE / 1000} s: ${what}`);
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
}
