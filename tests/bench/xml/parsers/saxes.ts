// saxes without namespaces: events only.
import { SaxesParser } from "saxes";
import { decoder } from "./decode.js";

export function create(count: () => void, xmlns = false): (bytes: Uint8Array) => void {
	const parser = new SaxesParser({ xmlns });
	for (const event of ["opentag", "closetag", "text"] as const) parser.on(event, count);
	const decode = decoder();
	return (bytes) => {
		parser.write(decode(bytes));
	};
}
