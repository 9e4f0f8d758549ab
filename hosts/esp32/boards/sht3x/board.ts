// An ESP32 with Sensirion's SHT3x on I2C: temperature and humidity by the SDK's driver, a button, a status light. Copy it for another board.
import Digital from "embedded:io/digital";
import I2C from "embedded:io/i2c";
import SHT3x from "embedded:sensor/Humidity-Temperature/SHT3x";
import Timer from "timer";
import type { SensorValue } from "../../../../src/host.js";
import { defineThing } from "../../../../src/thing/definition.js";
import type { Board, BoardOptions } from "../../board.js";

/** As the usual development board has them. */
const pins = Object.freeze({ data: 21, clock: 22, button: 0, light: 2 });
/** All fields of one readout are of one measurement. */
const freshMilliseconds = 1000;

export const definition = defineThing({
	manufacturer: "extasis.example",
	model: "Thermometer",
	version: 1,
	class: "Weather",
	fields: {
		Temperature: { type: "numeric", category: "momentary", unit: "°C", decimals: 1, range: [-40, 125] },
		Humidity: { type: "numeric", category: "momentary", unit: "%", decimals: 0, range: [0, 100] },
		Manufacturer: { type: "string", category: "identity", value: "extasis.example" },
		Model: { type: "string", category: "identity", value: "Thermometer" }
	}
});

interface Measurement {
	readonly Temperature: number | undefined;
	readonly Humidity: number | undefined;
	readonly at: number;
}

/** Opened when it is first read, and again after a failure: it may be plugged in late. */
class Thermometer {
	#sensor: SHT3x | undefined;
	#last: Measurement | undefined;

	measure(): Measurement {
		const now = Date.now();
		const age = this.#last === undefined ? freshMilliseconds : now - this.#last.at;
		if (this.#last !== undefined && age >= 0 && age < freshMilliseconds) return this.#last;
		try {
			this.#sensor ??= new SHT3x({ sensor: { io: I2C, data: pins.data, clock: pins.clock, hz: 100_000 } });
			const { thermometer, hygrometer } = this.#sensor.sample();
			this.#last = { Temperature: thermometer.temperature, Humidity: hygrometer.humidity, at: now };
			return this.#last;
		} catch (error) {
			this.#last = undefined;
			this.#close();
			throw error;
		}
	}

	#close(): void {
		const sensor = this.#sensor;
		this.#sensor = undefined;
		try {
			sensor?.close();
		} catch {
			// It is given up anyway.
		}
	}
}

function watchButton(onButton: (pressed: boolean) => void, onError: (error: unknown) => void): void {
	const button = new Digital({
		pin: pins.button,
		mode: Digital.InputPullUp,
		edge: Digital.Rising | Digital.Falling,
		onReadable: () => {
			try {
				// Pressed, it draws the pin to ground.
				onButton(button.read() === 0);
			} catch (error) {
				onError(error);
			}
		}
	});
}

export function createBoard({ onButton, onError }: BoardOptions): Board {
	const thermometer = new Thermometer();
	const light = new Digital({ pin: pins.light, mode: Digital.Output });
	light.write(0);
	watchButton(onButton, onError);
	return Object.freeze({
		sensors: Object.freeze({
			sample: (name: string, callback: (error: string | undefined, value?: SensorValue) => void) => {
				Timer.set(() => {
					try {
						answer(thermometer, name, callback);
					} catch (error) {
						onError(error);
					}
				}, 0);
			}
		}),
		light: (on: boolean) => light.write(on ? 1 : 0)
	});
}

function answer(thermometer: Thermometer, name: string, callback: (error: string | undefined, value?: SensorValue) => void): void {
	let value: number | undefined;
	let fault: string | undefined = `no sensor ${name}`;
	if (name === "Temperature" || name === "Humidity") {
		try {
			value = thermometer.measure()[name];
			fault = value === undefined ? "the sensor's checksum is wrong" : undefined;
		} catch {
			fault = "the sensor does not answer";
		}
	}
	callback(fault, value);
}
