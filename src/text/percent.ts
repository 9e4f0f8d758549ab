// Percent-encoding (RFC 3986 2.1): UTF-8, all but the unreserved encoded, upper-case hexadecimal.

import { decodeUnchecked, encodeUTF8 } from "./utf8.js";

const PERCENT = 0x25;

export function encodePercent(text: string): string {
	const bytes = encodeUTF8(text);
	const out = new Uint8Array(bytes.length * 3);
	let to = 0;
	for (let at = 0; at < bytes.length; at++) {
		const byte = bytes[at]!;
		if (isUnreserved(byte)) {
			out[to++] = byte;
		} else {
			out[to++] = PERCENT;
			out[to++] = hex(byte >> 4);
			out[to++] = hex(byte & 15);
		}
	}
	return decodeUnchecked(out, 0, to);
}

function isUnreserved(byte: number): boolean {
	if (byte >= 0x61) {
		return byte <= 0x7a || byte === 0x7e;
	}
	if (byte >= 0x41) {
		return byte <= 0x5a || byte === 0x5f;
	}
	return (byte >= 0x30 && byte <= 0x39) || byte === 0x2d || byte === 0x2e;
}

function hex(value: number): number {
	return value < 10 ? 0x30 + value : 0x37 + value;
}
