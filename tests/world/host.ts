// A host in virtual time. Its power can go at any moment: then nothing that was begun ever calls back.
import type { Host, SensorValue, ThingEvent } from "../../src/host.js";
import { TestCrypto } from "../support/crypto.js";
import type { Happening, VirtualClock } from "./clock.js";
import type { Dice } from "./dice.js";
import type { Attachment } from "./network.js";
import { VirtualParts } from "./parts.js";
import { PowerCut, type VirtualStorage } from "./storage.js";

export interface VirtualHostOptions {
	readonly clock: VirtualClock;
	readonly dice: Dice;
	readonly network: Attachment;
	readonly storage: VirtualStorage;
	/** Kept while it sleeps. */
	readonly memory: VirtualStorage;
	readonly values?: Readonly<Record<string, SensorValue>>;
	readonly crypto?: TestCrypto;
	/** What a clock without battery shows at boot; undefined is a clock that knows the time. */
	readonly wakesAt?: number;
	readonly onEvent: (event: ThingEvent) => void;
	readonly onSticker?: (uri: string) => void;
}

/** A clock that can be set, and is not trusted before. */
class Wristwatch {
	trusted = false;
	#clock: VirtualClock;
	#ahead: number;

	constructor(clock: VirtualClock, shows: number) {
		this.#clock = clock;
		this.#ahead = shows - clock.now();
	}

	now(): number {
		return this.#clock.now() + this.#ahead;
	}

	set(milliseconds: number, trusted: boolean): void {
		this.#ahead = milliseconds - this.#clock.now();
		this.trusted = trusted;
	}
}

export class VirtualHost {
	/** What the firmware gets. */
	readonly host: Host;
	readonly parts: VirtualParts;
	readonly crypto: TestCrypto;
	readonly log: string[] = [];
	#options: VirtualHostOptions;
	#timer: Happening | undefined;
	#on = true;

	constructor(options: VirtualHostOptions) {
		const { clock, dice, network, storage } = options;
		this.#options = options;
		this.crypto = options.crypto ?? new TestCrypto();
		this.parts = new VirtualParts(clock, options.values ?? {});
		const parts = this.parts;
		storage.onDeath = () => this.cutPower();
		this.host = Object.freeze({
			network: Object.freeze({
				connect: (wanted: Parameters<Host["network"]["connect"]>[0]) => {
					this.#live();
					return network.connect({
						...wanted,
						onReadable: this.#alive(wanted.onReadable),
						onWritable: this.#alive(wanted.onWritable),
						onSecure: this.#alive(wanted.onSecure),
						onError: this.#alive(wanted.onError)
					});
				}
			}),
			storage,
			memory: options.memory,
			clock:
				options.wakesAt === undefined ? Object.freeze({ now: () => clock.now(), trusted: true }) : new Wristwatch(clock, options.wakesAt),
			timer: Object.freeze({
				set: (milliseconds: number, callback: () => void) => {
					this.#live();
					clock.cancel(this.#timer);
					this.#timer = clock.after(milliseconds, this.#alive(callback));
				},
				clear: () => {
					clock.cancel(this.#timer);
					this.#timer = undefined;
				}
			}),
			random: (count: number) => dice.bytes(count),
			crypto: this.crypto,
			sensors: Object.freeze({
				sample: (name: string, callback: Parameters<Host["sensors"]["sample"]>[1]) => parts.sample(name, this.#alive(callback))
			}),
			actuators: Object.freeze({
				set: (name: string, value: SensorValue, callback: (error: string | undefined) => void) =>
					parts.set(name, value, this.#alive(callback))
			}),
			display: Object.freeze({ sticker: (uri: string) => options.onSticker?.(uri) }),
			event: (event: ThingEvent) => {
				if (this.#on) options.onEvent(event);
			},
			log: (text: string) => {
				this.log.push(text);
			}
		});
	}

	get on(): boolean {
		return this.#on;
	}

	/** From this moment the firmware does not run. */
	cutPower(): void {
		if (!this.#on) return;
		this.#on = false;
		this.#options.clock.cancel(this.#timer);
		this.#options.storage.die();
		this.#options.network.drop();
	}

	/** Runs the firmware from outside (its constructor, start): a power cut inside ends it and nothing more. */
	run(work: () => void): void {
		try {
			work();
		} catch (error) {
			// Whatever a firmware without power trips over is nobody's fault.
			if (this.#on) throw error;
		}
	}

	#live(): void {
		if (!this.#on) throw new PowerCut();
	}

	#alive<A extends unknown[]>(callback: (...args: A) => void): (...args: A) => void {
		return (...args) => {
			if (this.#on) this.run(() => callback(...args));
		};
	}
}
