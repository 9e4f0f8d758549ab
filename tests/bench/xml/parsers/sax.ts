// sax, strict and with namespaces: events only.
import sax from "sax";
import { decoder } from "./decode.js";

export function create(count: () => void): (bytes: Uint8Array) => void {
	const parser = sax.parser(true, { xmlns: true });
	parser.onopentag = parser.onclosetag = parser.ontext = count;
	parser.onerror = (error) => {
		throw error;
	};
	const decode = decoder();
	return (bytes) => parser.write(decode(bytes));
}
