// A thing on the simulator's engine in the world's broker: real firmware in a real heap, between it and the broker no byte that a test does not see.
import { join } from "node:path";
import { crypto, random } from "../../../hosts/node/crypto.js";
import type { Engine } from "../../../hosts/simulator/build.js";
import { type Ending, SimulatedThing, type SimulatedThingOptions } from "../../../hosts/simulator/index.js";
import { Recorder } from "../../../hosts/simulator/report.js";
import { root } from "../../../hosts/simulator/root.js";
import type { ConnectOptions, Host, SensorValue, Socket, ThingEvent } from "../../../src/host.js";
import { weatherStation } from "../../../src/things/weather-station.js";
import { bareOf } from "../../world/broker.js";
import type { VirtualClient } from "../../world/client.js";
import type { Attachment } from "../../world/network.js";
import { VirtualStorage } from "../../world/storage.js";
import { World } from "../../world/world.js";
import { type Element, xml } from "../../world/xml.js";
import { engineHere } from "./program.js";

const DISCOVERY = "urn:xmpp:iot:discovery";
export const SENSOR_DATA = "urn:xmpp:iot:sensordata";
/** Where the compiled firmware is: `make build` puts it there. */
const code = join(root, "build");
/** What is further off in the world's time is a time-out: the device's time is not the world's. */
const soonMilliseconds = 1000;
const patienceMilliseconds = 120_000;

const values: Readonly<Record<string, SensorValue>> = Object.freeze({ Temperature: 21.5, Humidity: 48, Pressure: 1013.2, Relay: false });

export class Life {
	readonly world: World;
	readonly storage = new VirtualStorage();
	readonly recorder = new Recorder();
	/** Names of events and how often they came. */
	readonly events = new Map<string, number>();
	readonly attachment: Attachment;
	readonly host: Host;
	thing!: SimulatedThing;
	engine!: Engine;
	jid = "";
	onEvent: (event: ThingEvent) => void = () => {};
	/** What the thing writes goes here instead of to the broker. */
	divert: ((bytes: Uint8Array) => void) | undefined;
	#line: { readonly options: ConnectOptions; readonly socket: Socket } | undefined;
	#fed: { bytes: Uint8Array; readonly onEmpty: () => void } | undefined;
	#waiting: (() => void)[] = [];
	#pumping = false;
	#roomTold = true;
	#updated = false;
	#sticker = "";
	#ended: Ending | undefined;

	constructor(seed: number | string = 1) {
		this.world = new World(seed);
		this.world.network.latency = 0;
		this.attachment = this.world.network.attach();
		this.host = Object.freeze({
			network: Object.freeze({ connect: (options: ConnectOptions) => this.#connect(options) }),
			storage: this.storage,
			clock: Object.freeze({ now: () => Date.now(), trusted: true }),
			timer: Object.freeze({ set: () => {}, clear: () => {} }),
			random,
			crypto,
			sensors: Object.freeze({
				sample: (name: string, callback: (error: string | undefined, value?: SensorValue) => void) =>
					values[name] === undefined ? callback("no such sensor") : callback(undefined, values[name])
			}),
			actuators: Object.freeze({
				set: (_name: string, _value: SensorValue, callback: (error: string | undefined) => void) => callback(undefined)
			}),
			display: Object.freeze({
				sticker: (uri: string) => {
					this.#sticker = uri;
				}
			}),
			event: (event: ThingEvent) => {
				this.events.set(event.event, (this.events.get(event.event) ?? 0) + 1);
				if (event.event === "online") this.jid = String(event.jid);
				this.onEvent(event);
				this.#wake();
			}
		});
	}

	async start(options: Partial<SimulatedThingOptions> = {}): Promise<void> {
		this.#ended = undefined;
		this.engine = options.engine ?? (await engineHere());
		this.thing = new SimulatedThing({
			engine: this.engine,
			host: this.host,
			definition: weatherStation,
			domain: this.world.domain,
			tls: "starttls",
			key: "thekeythatnobodymayknow",
			code,
			onFigures: (phase, figures) => this.recorder.add(phase, figures),
			...options
		});
		this.thing.ended.then((ending) => {
			this.#ended = ending;
			this.#wake();
		});
		await this.thing.booted;
	}

	/** What the probe finds, as soon as it does; a thing that ends first is a failure. */
	async until<T>(what: string, probe: () => T | undefined | null | false): Promise<T> {
		const end = Date.now() + patienceMilliseconds;
		for (;;) {
			const found = probe();
			if (found !== undefined && found !== null && found !== false) return found;
			if (this.#ended !== undefined) throw new Error(`it ended before ${what}: ${JSON.stringify(this.#ended)}`);
			if (Date.now() > end) throw new Error(`never ${what}; events: ${[...this.events]}`);
			await new Promise<void>((resolve) => {
				const timer = setTimeout(resolve, 1000);
				this.#waiting.push(() => {
					clearTimeout(timer);
					resolve();
				});
			});
		}
	}

	/** Whatever it does. */
	async kill(): Promise<void> {
		this.thing?.kill();
		await this.thing?.ended;
	}

	/** The next event of this name, after `known` of them. */
	next(event: string, known = 0): Promise<unknown> {
		return this.until(`event ${event}`, () => (this.events.get(event) ?? 0) > known);
	}

	/** From the box to a thing that is claimed and that its owner may read. */
	async claimed(options: Partial<SimulatedThingOptions> = {}): Promise<VirtualClient> {
		await this.start(options);
		await this.next("registered");
		const owner = this.world.client("owner");
		const tags = this.#sticker.replace(/^iotdisco:/, "").split(";");
		const mine = tags
			.filter((tag) => !tag.startsWith("R="))
			.map((tag) => {
				const [name = "", value] = tag.split("=").map(decodeURIComponent);
				return name.startsWith("#") ? xml("num", { name: name.slice(1), value }) : xml("str", { name, value });
			});
		await this.request(owner, "set", this.world.registry, xml("mine", { xmlns: DISCOVERY }, mine));
		await this.next("claimed");
		const to = bareOf(this.jid);
		await this.until("its wish to see the owner", () => find(owner, "presence", to, "subscribe"));
		owner.send(xml("presence", { type: "subscribed", to }));
		owner.send(xml("presence", { type: "subscribe", to }));
		this.pump();
		await this.until("its presence", () => find(owner, "presence", to, undefined));
		// R-347-30: it lets the registry settle before it says more.
		await this.until("its update of the registry", () => this.#updated);
		// Out of the thing, through the registry and in again: what it told the registry is answered.
		for (const to of [this.jid, this.world.registry, this.jid])
			await this.request(owner, "get", to, xml("ping", { xmlns: "urn:xmpp:ping" }));
		return owner;
	}

	async request(client: VirtualClient, type: "get" | "set", to: string, payload: Element): Promise<Element> {
		const id = client.ask(type, to, payload);
		this.pump();
		return this.until(`an answer to ${payload.name}`, () => client.answer(id));
	}

	/** One readout of everything momentary, to its last message. */
	async read(client: VirtualClient, sequence: string): Promise<void> {
		const answer = await this.request(client, "get", this.jid, xml("req", { xmlns: SENSOR_DATA, seqnr: sequence, momentary: "true" }));
		if (answer.getChild("accepted", SENSOR_DATA) === undefined) throw new Error(`not accepted: ${answer}`);
		await this.until("its last fields", () =>
			client.received.some((stanza) => {
				const fields = stanza.getChild("fields", SENSOR_DATA);
				return fields?.attrs.seqnr === sequence && fields.attrs.done === "true";
			})
		);
	}

	/** Bytes as if the broker had sent them; calls back when the thing has read them all. */
	feed(bytes: Uint8Array, onEmpty: () => void): void {
		if (this.#fed !== undefined || this.#line === undefined) throw new Error("nothing can be fed now");
		this.#fed = { bytes, onEmpty };
		this.#line.options.onReadable(bytes.length);
	}

	/** Lets the world do what is due. */
	pump(): void {
		if (this.#pumping) return;
		this.#pumping = true;
		setImmediate(() => {
			this.#pumping = false;
			const { clock } = this.world;
			while ((clock.wait ?? Number.POSITIVE_INFINITY) <= soonMilliseconds) clock.step();
			this.#wake();
		});
	}

	#wake(): void {
		for (const wake of this.#waiting.splice(0)) wake();
	}

	#connect(options: ConnectOptions): Socket {
		const socket = this.attachment.connect(options);
		this.#line = { options, socket };
		this.pump();
		const act = (work: () => void): void => {
			work();
			this.pump();
		};
		return Object.freeze({
			read: () => this.#read() ?? socket.read(),
			write: (bytes: Uint8Array) => {
				if (this.divert === undefined || bytes.length === 0) {
					if (Buffer.from(bytes).includes("<update xmlns=")) this.#updated = true;
					const room = socket.write(bytes);
					this.pump();
					return room;
				}
				this.divert(bytes);
				this.#tellRoom(options);
				return 0;
			},
			startTLS: () => act(() => socket.startTLS()),
			close: () => act(() => socket.close())
		});
	}

	#read(): Uint8Array | undefined {
		const fed = this.#fed;
		if (fed === undefined) return undefined;
		const { bytes } = fed;
		fed.bytes = bytes.subarray(bytes.length);
		if (bytes.length > 0) return bytes;
		this.#fed = undefined;
		setImmediate(fed.onEmpty);
		return undefined;
	}

	/** As a socket does whose bytes have left. */
	#tellRoom(options: ConnectOptions): void {
		if (!this.#roomTold) return;
		this.#roomTold = false;
		setImmediate(() => {
			this.#roomTold = true;
			options.onWritable(16_384);
		});
	}
}

function find(client: VirtualClient, name: string, from: string, type: string | undefined): Element | undefined {
	return client.received.find((stanza) => stanza.is(name) && bareOf(stanza.attrs.from ?? "") === from && stanza.attrs.type === type);
}
