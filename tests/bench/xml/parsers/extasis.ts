// Ours: elements, namespaces, every check; large stanzas are built too, as the others do.
import { xmlLimits } from "../../../../src/limits.js";
import { type XMLBounds, XMLParser } from "../../../../src/xml/parser.js";

const large = { ...xmlLimits, builtBytes: 1 << 20, builtElements: 1 << 20, textBytes: 1 << 20 };

export function create(count: () => void, bounds: XMLBounds = large): (bytes: Uint8Array) => void {
	const parser = new XMLParser({ onOpen: count, onElement: count, onSkipped: count, onClose: count }, bounds);
	return (bytes) => {
		parser.write(bytes);
	};
}
