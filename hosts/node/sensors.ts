// Virtual sensors and actuators: what a definition names, moving as the real thing plausibly would.
import { createHash } from "node:crypto";
import type { Actuators, Clock, Sensors, SensorValue } from "../../src/host.js";
import { nameIn } from "../../src/iot/dialect.js";
import type { Definition, FieldDefinition } from "../../src/thing/definition.js";

const hour = 3_600_000;
const day = 24 * hour;
/** Without a range of its own. */
const anyRange: readonly [number, number] = Object.freeze([0, 100]);

/** A number in [0, 1) that depends on the words alone. */
function chance(...words: readonly (string | number)[]): number {
	return createHash("sha256").update(words.join("\0")).digest().readUInt32BE(0) / 2 ** 32;
}

/** Noise in [-1, 1] that passes smoothly from one 20-second point to the next. */
function noise(seed: string, now: number): number {
	const at = now / 20_000;
	const step = Math.floor(at);
	const from = chance(seed, step) * 2 - 1;
	const to = chance(seed, step + 1) * 2 - 1;
	return from + ((to - from) * (1 - Math.cos(Math.PI * (at - step)))) / 2;
}

function wave(now: number, period: number, phase: number): number {
	return Math.sin(2 * Math.PI * (now / period + phase));
}

/** Where the sensor stands at a time: the day's wave, two slower and quicker ones, and a little noise. */
export function virtualValue(seed: string, field: Pick<FieldDefinition, "unit" | "range">, now: number): number {
	const [low, high] = field.range ?? anyRange;
	const span = high - low;
	// Warmest at three in the afternoon; the air is driest then.
	const local = now - new Date(now).getTimezoneOffset() * 60_000;
	const daily = wave(local, day, -9 / 24) * (field.unit === "%" ? -1 : 1);
	const weather = wave(now, 5.3 * day, chance(seed, "weather"));
	const breeze = wave(now, 0.4 * hour, chance(seed, "breeze"));
	const moved = 0.05 * daily + 0.03 * weather + 0.01 * breeze + 0.004 * noise(seed, now);
	const rest = 0.54 + 0.12 * chance(seed, "rest");
	return low + span * Math.min(1, Math.max(0, rest + moved));
}

export interface VirtualOptions {
	readonly definition: Definition;
	readonly clock: Clock;
	/** Two things with different seeds show different weather. */
	readonly seed: string;
}

interface VirtualParts {
	readonly sensors: Sensors;
	readonly actuators: Actuators;
}

export function createVirtualParts({ definition, clock, seed }: VirtualOptions): VirtualParts {
	const fields = new Map<string, FieldDefinition>();
	/** By the name of the field that shows it: after power-up everything is off. */
	const states = new Map<string, SensorValue>();
	const actuatorOf = new Map<string, string>();
	for (const node of [undefined, ...(definition.nodes ?? [])]) {
		const part = node ?? definition;
		for (const [name, field] of Object.entries(part.fields)) fields.set(nameIn(node, field.sensor ?? name), field);
		for (const [name, parameter] of Object.entries(part.parameters ?? {})) {
			const state = nameIn(node, part.fields[name]?.sensor ?? name);
			states.set(state, false);
			actuatorOf.set(nameIn(node, parameter.actuator ?? name), state);
		}
	}

	function sensed(name: string, field: FieldDefinition): SensorValue {
		const state = states.get(name);
		if (state !== undefined) return state;
		if (field.value !== undefined) return field.value;
		const now = clock.now();
		const value = virtualValue(`${seed}\0${name}`, field, now);
		const instant = new Date(now).toISOString();
		switch (field.type) {
			case "numeric":
				return value;
			case "int":
			case "long":
				return Math.round(value);
			case "boolean":
				return noise(`${seed}\0${name}`, now) > 0;
			case "date":
				return instant.slice(0, 10);
			case "time":
				return instant.slice(11, 19);
			case "dateTime":
				return `${instant.slice(0, 19)}Z`;
			case "duration":
				return `PT${Math.floor(process.uptime())}S`;
			default:
				return "virtual";
		}
	}

	return {
		sensors: Object.freeze({
			sample(name: string, callback: (error: string | undefined, value?: SensorValue) => void): void {
				const field = fields.get(name);
				setImmediate(() => (field === undefined ? callback(`no sensor ${name}`) : callback(undefined, sensed(name, field))));
			}
		}),
		actuators: Object.freeze({
			set(name: string, value: SensorValue, callback: (error: string | undefined) => void): void {
				const state = actuatorOf.get(name);
				if (state !== undefined) states.set(state, value);
				setImmediate(() => callback(state === undefined ? `no actuator ${name}` : undefined));
			}
		})
	};
}
