// Upper and lower case of ASCII letters are one: there are no Unicode tables on the chip.
import { decodeUnchecked, encodeUnchecked } from "./utf8.js";

/** A to Z as a to z; everything else as it is. The same string when nothing changes. */
export function foldASCII(text: string): string {
	// Bytes, as charCodeAt in a loop takes quadratic time on XS. No byte of a longer character is in this range.
	const bytes = encodeUnchecked(text);
	let changed = false;
	for (let at = 0; at < bytes.length; at++) {
		const byte = bytes[at]!;
		if (byte < 0x41 || byte > 0x5a) continue;
		bytes[at] = byte + 0x20;
		changed = true;
	}
	return changed ? decodeUnchecked(bytes, 0, bytes.length) : text;
}

export function sameFolded(a: string, b: string): boolean {
	return a === b || (a.length === b.length && foldASCII(a) === foldASCII(b));
}
