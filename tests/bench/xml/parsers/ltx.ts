// ltx: events only, no elements, no namespaces.
import LtxParser from "ltx/lib/parsers/ltx.js";
import { decoder } from "./decode.js";

export function create(count: () => void): (bytes: Uint8Array) => void {
	const parser = new LtxParser();
	for (const event of ["startElement", "endElement", "text"]) parser.on(event, count);
	const decode = decoder();
	return (bytes) => parser.write(decode(bytes));
}
