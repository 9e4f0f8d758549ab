// The host of a thing on the simulator: clock and timer are the engine's, everything else is asked for by frames.
import type {
	Actuators,
	ConnectOptions,
	Crypto,
	HashName,
	Host,
	Network,
	Sensors,
	SensorValue,
	SocketError,
	Storage,
	ThingEvent
} from "../../../src/host.js";
import { Op, type Simulator, Store } from "./native.js";
import { SimulatorSocket } from "./socket.js";

type Value = ArrayBuffer | string | undefined;
type Sampled = (error: string | undefined, value?: SensorValue) => void;
type Found = (error: SocketError | undefined, list: readonly unknown[]) => void;

/** What stands under it. */
export interface Place {
	readonly valueLimit: number;
	readonly memoryLimit?: number | undefined;
	/** Somebody looks at stickers. */
	readonly display: boolean;
	/** Its client certificate is for this one; the other side shows it, and has the key. */
	readonly account?: string | undefined;
	/** The questions about names that the other side can answer. */
	readonly lookUps: readonly string[];
}

function bytesOf(value: Value): Uint8Array {
	return new Uint8Array(value as ArrayBuffer);
}

function hashNumber(hash: HashName): number {
	return hash === "SHA-1" ? 1 : 256;
}

export class SimulatorHost {
	#simulator: Simulator;
	#sockets = new Map<number, SimulatorSocket>();
	/** Sensors and actuators that have not answered yet. */
	#waiting = new Map<number, Sampled>();
	/** Names that are being looked up. */
	#asked = new Map<number, Found>();
	#count = 0;
	#onTimer: (() => void) | undefined;

	constructor(simulator: Simulator) {
		this.#simulator = simulator;
	}

	/** A frame for one of its parts; false when it is for none. */
	receive(op: Op, id: number, value: Value): boolean {
		switch (op) {
			case Op.timer: {
				const callback = this.#onTimer;
				this.#onTimer = undefined;
				callback?.();
				return true;
			}
			case Op.readable:
			case Op.writable:
			case Op.secure:
			case Op.failed:
				this.#sockets.get(id)?.receive(op, value);
				return true;
			case Op.sampled:
			case Op.actuated: {
				const callback = this.#waiting.get(id);
				this.#waiting.delete(id);
				const { error, value: sampled } = JSON.parse(value as string) as { error?: string; value?: SensorValue };
				callback?.(error, sampled);
				return true;
			}
			case Op.found: {
				const callback = this.#asked.get(id);
				this.#asked.delete(id);
				const { error, list } = JSON.parse(value as string) as { error?: SocketError; list: readonly unknown[] };
				callback?.(error, list);
				return true;
			}
			default:
				return false;
		}
	}

	create({ valueLimit, memoryLimit, display, account, lookUps }: Place): Host {
		const simulator = this.#simulator;
		return Object.freeze({
			network: this.#network(lookUps, account),
			storage: this.#storage(Store.flash, valueLimit),
			memory: memoryLimit === undefined ? undefined : this.#storage(Store.memory, memoryLimit),
			clock: Object.freeze({ now: () => simulator.now(), trusted: true }),
			timer: Object.freeze({
				set: (milliseconds: number, callback: () => void) => {
					this.#onTimer = callback;
					simulator.timer(milliseconds > 0 ? milliseconds : 0);
				},
				clear: () => {
					this.#onTimer = undefined;
					simulator.timer(-1);
				}
			}),
			random: (count: number) => bytesOf(simulator.ask(Op.random, count)),
			crypto: this.#crypto(),
			sensors: this.#sensors(),
			actuators: this.#actuators(),
			display: display ? Object.freeze({ sticker: (uri: string) => simulator.send(Op.sticker, 0, uri) }) : undefined,
			event: (event: ThingEvent) => {
				simulator.send(Op.event, 0, JSON.stringify(event));
				simulator.send(Op.figures, 0);
			},
			log: (text: string) => simulator.send(Op.log, 0, text)
		});
	}

	#network(lookUps: readonly string[], account: string | undefined): Network {
		const network: Record<string, unknown> = { account, connect: (options: ConnectOptions) => this.#connect(options) };
		for (const kind of lookUps) {
			network[kind] = (name: string, callback: Found): void => {
				this.#asked.set(++this.#count, callback);
				this.#simulator.send(Op.lookUp, this.#count, JSON.stringify({ kind, name }));
			};
		}
		return Object.freeze(network) as unknown as Network;
	}

	#connect(options: ConnectOptions): SimulatorSocket {
		const socket = new SimulatorSocket(++this.#count, options, this.#simulator, ({ id }) => this.#sockets.delete(id));
		this.#sockets.set(socket.id, socket);
		return socket;
	}

	#storage(store: Store, valueLimit: number): Storage {
		const simulator = this.#simulator;
		return Object.freeze({
			valueLimit,
			read: (key: string) => {
				const bytes = simulator.ask(Op.storageRead, store, key);
				return bytes === undefined ? undefined : bytesOf(bytes);
			},
			write: (key: string, bytes: Uint8Array) => {
				simulator.ask(Op.storageWrite, store, key, bytes);
			},
			delete: (key: string) => {
				simulator.ask(Op.storageDelete, store, key);
			},
			list: (prefix: string) => {
				const keys = simulator.ask(Op.storageList, store, prefix) as string;
				return keys === "" ? [] : keys.split("\n");
			}
		});
	}

	#crypto(): Crypto {
		const simulator = this.#simulator;
		return Object.freeze({
			digest: (hash: HashName, data: Uint8Array) => bytesOf(simulator.ask(Op.digest, hashNumber(hash), data)),
			hmac: (hash: HashName, key: Uint8Array, data: Uint8Array) => bytesOf(simulator.ask(Op.hmac, hashNumber(hash), key, data)),
			pbkdf2: (hash: HashName, password: Uint8Array, salt: Uint8Array, iterations: number) =>
				bytesOf(simulator.ask(Op.pbkdf2, hashNumber(hash), password, salt, String(iterations))),
			equal: (a: Uint8Array, b: Uint8Array) => simulator.equal(a, b)
		});
	}

	#sensors(): Sensors {
		return Object.freeze({
			sample: (name: string, callback: Sampled) => {
				this.#waiting.set(++this.#count, callback);
				this.#simulator.send(Op.sample, this.#count, name);
			}
		});
	}

	#actuators(): Actuators {
		return Object.freeze({
			set: (name: string, value: SensorValue, callback: (error: string | undefined) => void) => {
				this.#waiting.set(++this.#count, callback);
				this.#simulator.send(Op.actuate, this.#count, JSON.stringify({ name, value }));
			}
		});
	}
}
