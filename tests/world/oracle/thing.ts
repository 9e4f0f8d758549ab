// The thing that all histories are about: four fields of three kinds, two parameters.
import { defineThing } from "../../../src/thing/definition.js";

export const weatherless = defineThing({
	manufacturer: "extasis.example",
	model: "Oracle",
	version: 1,
	fields: {
		T: { type: "numeric", category: "momentary" },
		H: { type: "numeric", category: "momentary" },
		S: { type: "numeric", category: "status" },
		N: { type: "string", category: "identity" }
	},
	parameters: { A: { type: "int" }, B: { type: "int" } }
});
