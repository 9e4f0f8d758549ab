// Base32 (RFC 4648 6) in lower case without padding: ids and keys that people may have to read.

import { decodeUnchecked, encodeUnchecked } from "./utf8.js";

const ALPHABET = Object.freeze(Array.from(encodeUnchecked("abcdefghijklmnopqrstuvwxyz234567")));

export function encodeBase32(bytes: Uint8Array): string {
	const out = new Uint8Array(Math.ceil((bytes.length * 8) / 5));
	let to = 0;
	let bits = 0;
	let held = 0;
	for (let at = 0; at < bytes.length; at++) {
		bits = ((bits & 0x1f) << 8) | bytes[at]!;
		for (held += 8; held >= 5; held -= 5) {
			out[to++] = ALPHABET[(bits >> (held - 5)) & 0x1f]!;
		}
	}
	if (held > 0) {
		out[to] = ALPHABET[(bits << (5 - held)) & 0x1f]!;
	}
	return decodeUnchecked(out, 0, out.length);
}
