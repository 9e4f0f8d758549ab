// The whole world from one seed: virtual time, network, broker, registry, things, people with chat clients.
import { Service } from "../../hosts/broker/service.js";
import { MemoryStore } from "../../hosts/broker/store.js";
import type { SensorValue, ThingEvent } from "../../src/host.js";
import type { Definition } from "../../src/thing/definition.js";
import { Thing } from "../../src/thing/thing.js";
import { weatherStation } from "../../src/things/weather-station.js";
import { TestCrypto } from "../support/crypto.js";
import { Broker } from "./broker.js";
import { bytesOf, hex } from "./bytes.js";
import { VirtualClient } from "./client.js";
import { VirtualClock } from "./clock.js";
import { Dice } from "./dice.js";
import { VirtualHost } from "./host.js";
import { type Attachment, Faults, VirtualNetwork } from "./network.js";
import { VirtualStorage } from "./storage.js";

/** Longest that anything is waited for, in virtual milliseconds. */
const patience = 30 * 60_000;

/** Of the weather station, and of the nodes that scenarios give it. */
const weather: Readonly<Record<string, SensorValue>> = Object.freeze({
	...{ Temperature: 21.5, Humidity: 48, Pressure: 1013.2, Relay: false },
	...{ "bed.Moisture": 31, "bed.Valve": false, "tank.Level": 7.5, "tank.Valve": false }
});

export interface WorldOptions {
	readonly domain?: string;
	/** Shared by worlds that live the same again: keys are derived once. */
	readonly crypto?: TestCrypto;
	/** The registry speaks no other. */
	readonly dialect?: "xep" | "ieee";
}

export class World {
	readonly clock = new VirtualClock();
	readonly dice: Dice;
	readonly network: VirtualNetwork;
	/** One for all: what one derives, nobody derives again. */
	readonly crypto: TestCrypto;
	readonly broker: Broker;
	readonly domain: string;
	readonly registry: string;
	/** What the registry told its operator. */
	readonly registryEvents: { readonly event: string; readonly thing: string; readonly by?: string }[] = [];
	readonly store = new MemoryStore();
	#service: Service | undefined;
	readonly dialect: WorldOptions["dialect"];

	constructor(seed: number | string = 1, options: WorldOptions = {}) {
		const { domain = "things.example", crypto = new TestCrypto() } = options;
		this.dice = new Dice(seed);
		this.domain = domain;
		this.dialect = options.dialect;
		this.registry = `registry.${domain}`;
		this.crypto = crypto;
		this.network = new VirtualNetwork(this.clock, this.dice.fork("network"));
		this.broker = new Broker({
			clock: this.clock,
			dice: this.dice.fork("broker"),
			network: this.network,
			crypto,
			domain
		});
		this.connectRegistry();
	}

	/** The component comes; its store is the same as before. */
	connectRegistry(): void {
		const service = new Service({
			jid: this.registry,
			dialect: this.dialect,
			store: this.store,
			now: () => this.clock.now(),
			sha256: (text) => hex(this.crypto.digest("SHA-256", bytesOf(text))),
			later: (milliseconds, callback) => {
				const happening = this.clock.after(milliseconds, callback);
				return () => this.clock.cancel(happening);
			},
			nonce: this.dice.word(8),
			secret: () => this.dice.word(32),
			send: (stanza) => this.broker.soon(() => this.broker.fromComponent(stanza)),
			event: (event) => this.registryEvents.push(event)
		});
		this.#service = service;
		this.broker.addComponent(this.registry, { name: "Thing Registry", receive: (stanza) => service.receive(stanza) });
		service.connected();
	}

	/** The component goes; its address stays configured. */
	disconnectRegistry(): void {
		this.#service?.disconnected();
		this.#service = undefined;
		this.broker.addComponent(this.registry, { name: "Thing Registry", receive: undefined });
	}

	thing(options: VirtualThingOptions = {}): VirtualThing {
		return new VirtualThing(this, options);
	}

	/** A person with an account, logged in, roster fetched, available. */
	client(name: string): VirtualClient {
		this.broker.createAccount(name, `password of ${name}`);
		const client = new VirtualClient(this.broker, name);
		client.arrive();
		return client;
	}

	/** Lets things happen until the probe finds something. */
	until<T>(what: string, probe: () => T | undefined | null | false): T {
		const end = this.clock.now() + patience;
		for (;;) {
			const found = probe();
			if (found !== undefined && found !== null && found !== false) return found;
			if (!this.clock.step()) throw new Error(`nothing happens any more, and never: ${what}`);
			if (this.clock.now() > end) throw new Error(`not within half an hour: ${what}`);
		}
	}
}

export interface VirtualThingOptions {
	readonly name?: string;
	readonly definition?: Definition;
	readonly tls?: "direct" | "starttls";
	readonly serial?: string;
	readonly key?: string;
	readonly registry?: string;
	readonly apiKey?: { readonly key: string; readonly secret: string };
	/** When its firmware was built. */
	readonly built?: number;
	/** Its clock has no battery and begins with this at every boot. */
	readonly wakesAt?: number;
	readonly values?: Readonly<Record<string, SensorValue>>;
	/** Largest piece in which bytes reach it. */
	readonly piece?: number;
}

/** A thing with what stays when its power goes (storage, the way to the network) and what does not (host, firmware). */
export class VirtualThing {
	readonly events: ThingEvent[] = [];
	/** Every one that its display showed. */
	readonly stickers: string[] = [];
	readonly storage = new VirtualStorage();
	/** Kept while it sleeps, lost with its power. */
	memory = new VirtualStorage();
	readonly attachment: Attachment;
	/** Called at each event, after it is noted. */
	onEvent: (event: ThingEvent) => void = () => {};
	host!: VirtualHost;
	boots = 0;
	#world: World;
	#options: VirtualThingOptions;
	#dice: Dice;
	#thing: Thing | undefined;

	constructor(world: World, options: VirtualThingOptions) {
		this.#world = world;
		this.#options = options;
		this.#dice = world.dice.fork(options.name ?? "thing");
		const faults = new Faults();
		faults.piece = options.piece ?? faults.piece;
		this.attachment = world.network.attach(faults);
	}

	/** Somebody took its power, and has not given it back. */
	killed = false;

	/** Powered and running. */
	get on(): boolean {
		return this.#thing !== undefined && this.host.on;
	}

	get firmware(): Thing {
		if (this.#thing === undefined) throw new Error("the thing is off");
		return this.#thing;
	}

	/** Power on: a new host, a new firmware, what was stored. `wrap` may look at the network. */
	start(
		wrap: (network: VirtualHost["host"]["network"]) => VirtualHost["host"]["network"] = (network) => network,
		factoryReset = false
	): void {
		this.storage.revive();
		this.killed = false;
		this.boots++;
		this.#thing = undefined;
		const { clock, crypto, domain } = this.#world;
		const {
			definition = weatherStation,
			tls = "starttls",
			values = weather,
			serial,
			key,
			registry,
			apiKey,
			built,
			wakesAt
		} = this.#options;
		this.host = new VirtualHost({
			...{ clock, crypto, storage: this.storage, memory: this.memory, network: this.attachment, dice: this.#dice, values, wakesAt },
			onEvent: (event) => {
				this.events.push(event);
				this.onEvent(event);
			},
			onSticker: (uri) => this.stickers.push(uri)
		});
		this.host.run(() => {
			const host = Object.freeze({ ...this.host.host, network: wrap(this.host.host.network) });
			this.#thing = new Thing({ host, definition, domain, tls, serial, key, registry, apiKey, built, factoryReset });
			this.#thing.start();
		});
	}

	/** It falls asleep, if it may: only its memory and what is stored are there when it starts. */
	sleep(): boolean {
		if (!this.firmware.suspend()) return false;
		this.killed = true;
		this.host.cutPower();
		this.#thing = undefined;
		return true;
	}

	/** The power goes. */
	kill(): void {
		this.killed = true;
		this.memory = new VirtualStorage();
		this.host.cutPower();
		this.#thing = undefined;
	}

	/** In order. */
	stop(): void {
		this.firmware.stop();
		this.kill();
	}
}
