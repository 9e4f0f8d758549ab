// @xmpp/xml: ltx with elements, what xmpp.js uses.
import { Parser } from "@xmpp/xml";
import { decoder } from "./decode.js";

export function create(count: () => void): (bytes: Uint8Array) => void {
	const parser = new Parser();
	parser.on("element", count);
	parser.on("error", (error: Error) => {
		throw error;
	});
	const decode = decoder();
	return (bytes) => parser.write(decode(bytes));
}
