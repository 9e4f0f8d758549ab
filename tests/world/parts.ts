// The sensors and actuators of a virtual thing: what they give, how late, and when they fail.
import type { Actuators, Sensors, SensorValue } from "../../src/host.js";
import type { VirtualClock } from "./clock.js";

export class VirtualParts implements Sensors, Actuators {
	/** What each sensor shows. */
	readonly values: Record<string, SensorValue> = {};
	/** Why a sensor fails. */
	readonly failures: Record<string, string> = {};
	/** Sensors that never answer. */
	readonly silent = new Set<string>();
	/** Milliseconds that a reading takes. */
	delay = 5;
	/** Every reading that was asked for: a refused request must leave it as it is. */
	readonly sampled: string[] = [];
	#clock: VirtualClock;

	constructor(clock: VirtualClock, values: Readonly<Record<string, SensorValue>>) {
		this.#clock = clock;
		Object.assign(this.values, values);
	}

	sample(name: string, callback: (error: string | undefined, value?: SensorValue) => void): void {
		this.sampled.push(name);
		if (this.silent.has(name)) return;
		this.#clock.after(this.delay, () => {
			const value = this.values[name];
			const failure = this.failures[name] ?? (value === undefined ? "no such sensor" : undefined);
			if (failure === undefined) callback(undefined, value);
			else callback(failure);
		});
	}

	set(name: string, value: SensorValue, callback: (error: string | undefined) => void): void {
		this.#clock.after(this.delay, () => {
			const failure = this.failures[name];
			if (failure === undefined) this.values[name] = value;
			callback(failure);
		});
	}
}
