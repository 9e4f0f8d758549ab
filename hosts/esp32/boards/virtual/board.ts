// A board without sensors: the weather station's values are made up, and move. For trying the rest of a chip.
import Timer from "timer";
import type { SensorValue } from "../../../../src/host.js";
import { weatherStation } from "../../../../src/things/weather-station.js";
import type { Board, BoardOptions } from "../../board.js";

/** Minutes of a day that nobody knows the beginning of. */
const day = 1440;

export const definition = weatherStation;

function made(name: string, minutes: number): SensorValue | undefined {
	const wave = Math.sin((2 * Math.PI * (minutes % day)) / day);
	switch (name) {
		case "Temperature":
			return 15 + 6 * wave;
		case "Humidity":
			return 60 - 20 * wave;
		case "Pressure":
			return 1013 + 4 * wave;
		default:
			return undefined;
	}
}

export function createBoard({ onError }: BoardOptions): Board {
	let relay = false;
	const soon = (step: () => void): void => {
		Timer.set(() => {
			try {
				step();
			} catch (error) {
				onError(error);
			}
		}, 0);
	};
	return Object.freeze({
		sensors: Object.freeze({
			sample: (name: string, callback: (error: string | undefined, value?: SensorValue) => void) => {
				const value = name === "Relay" ? relay : made(name, Date.now() / 60_000);
				soon(() => (value === undefined ? callback(`no sensor ${name}`) : callback(undefined, value)));
			}
		}),
		actuators: Object.freeze({
			set: (name: string, value: SensorValue, callback: (error: string | undefined) => void) => {
				const known = name === "Relay" && typeof value === "boolean";
				if (known) relay = value;
				soon(() => callback(known ? undefined : `no actuator ${name}`));
			}
		})
	});
}
