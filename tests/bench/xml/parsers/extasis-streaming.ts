// Ours with the firmware's bounds, and a handler that asks for the content of each payload one by one.
import { xmlLimits } from "../../../../src/limits.js";
import { XMLParser } from "../../../../src/xml/parser.js";

export function create(count: () => void): (bytes: Uint8Array) => void {
	const parts = { depth: 2, onPart: count };
	const parser = new XMLParser({ onOpen: count, onPayload: () => parts, onElement: count, onSkipped: count, onClose: count }, xmlLimits);
	return (bytes) => {
		parser.write(bytes);
	};
}
