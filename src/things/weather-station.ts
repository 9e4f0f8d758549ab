// A weather station with a relay: the example to copy and edit first.
import { defineThing } from "../thing/definition.js";

export const weatherStation = defineThing({
	manufacturer: "extasis.example",
	model: "WeatherStation",
	version: 1,
	class: "Weather",
	fields: {
		Temperature: { type: "numeric", category: "momentary", unit: "°C", decimals: 1, range: [-30, 50] },
		Humidity: { type: "numeric", category: "momentary", unit: "%", decimals: 0, range: [10, 100] },
		Pressure: { type: "numeric", category: "momentary", unit: "hPa", decimals: 1, range: [950, 1050] },
		Relay: { type: "boolean", category: "status" },
		Manufacturer: { type: "string", category: "identity", value: "extasis.example" },
		Model: { type: "string", category: "identity", value: "WeatherStation" }
	},
	parameters: { Relay: { type: "boolean" } }
});
