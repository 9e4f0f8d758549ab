// The virtual parts of the weather station: values that stay where a person sets them.
import Timer from "timer";
import type { Actuators, Sensors, SensorValue } from "../../src/host.js";

type Sampled = (error: string | undefined, value?: SensorValue) => void;

/** A value that can be turned, as a knob on a bench. */
export interface Knob {
	readonly name: string;
	readonly unit: string;
	readonly least: number;
	readonly most: number;
	readonly step: number;
}

export const knobs: readonly Knob[] = Object.freeze([
	Object.freeze({ name: "Temperature", unit: "°C", least: -30, most: 50, step: 0.5 }),
	Object.freeze({ name: "Humidity", unit: "%", least: 10, most: 100, step: 1 }),
	Object.freeze({ name: "Pressure", unit: "hPa", least: 950, most: 1050, step: 1 })
]);

export class Station {
	readonly sensors: Sensors;
	readonly actuators: Actuators;
	#values = new Map<string, SensorValue>([
		["Temperature", 21.5],
		["Humidity", 48],
		["Pressure", 1013],
		["Relay", false]
	]);
	#onChange: () => void = () => undefined;
	#onError: (error: unknown) => void;

	/** onError: what a callback of the firmware threw. */
	constructor(onError: (error: unknown) => void) {
		this.#onError = onError;
		this.sensors = Object.freeze({
			sample: (name: string, callback: Sampled) => {
				const value = this.#values.get(name);
				this.#soon(() => (value === undefined ? callback(`no sensor ${name}`) : callback(undefined, value)));
			}
		});
		this.actuators = Object.freeze({
			set: (name: string, value: SensorValue, callback: (error: string | undefined) => void) => {
				const known = name === "Relay" && typeof value === "boolean";
				if (known) this.#change(name, value);
				this.#soon(() => callback(known ? undefined : `no actuator ${name}`));
			}
		});
	}

	/** Somebody looks at the values. */
	watch(onChange: () => void): void {
		this.#onChange = onChange;
	}

	value(name: string): SensorValue | undefined {
		return this.#values.get(name);
	}

	/** Turns a knob by so many steps, within its range. */
	turn(knob: Knob, steps: number): void {
		const wanted = Number(this.#values.get(knob.name)) + steps * knob.step;
		this.#change(knob.name, Math.min(knob.most, Math.max(knob.least, wanted)));
	}

	toggle(): void {
		this.#change("Relay", this.#values.get("Relay") !== true);
	}

	#change(name: string, value: SensorValue): void {
		this.#values.set(name, value);
		this.#onChange();
	}

	#soon(step: () => void): void {
		Timer.set(() => {
			try {
				step();
			} catch (error) {
				this.#onError(error);
			}
		}, 0);
	}
}
