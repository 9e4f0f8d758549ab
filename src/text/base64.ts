// Base64 (RFC 4648 4) with padding.

import { decodeUnchecked, encodeUnchecked } from "./utf8.js";

const ALPHABET = Object.freeze(Array.from(encodeUnchecked("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")));
const PAD = 0x3d;

export function encodeBase64(bytes: Uint8Array): string {
	const out = new Uint8Array(Math.ceil(bytes.length / 3) * 4);
	let to = 0;
	for (let at = 0; at < bytes.length; at += 3) {
		const left = bytes.length - at;
		const group = (bytes[at]! << 16) | ((left > 1 ? bytes[at + 1]! : 0) << 8) | (left > 2 ? bytes[at + 2]! : 0);
		out[to++] = ALPHABET[group >> 18]!;
		out[to++] = ALPHABET[(group >> 12) & 0x3f]!;
		out[to++] = left > 1 ? ALPHABET[(group >> 6) & 0x3f]! : PAD;
		out[to++] = left > 2 ? ALPHABET[group & 0x3f]! : PAD;
	}
	return decodeUnchecked(out, 0, out.length);
}

/** undefined unless `text` is the one encoding of some bytes: padded, nothing else in it, unused bits zero (RFC 4648 3). */
export function decodeBase64(text: string): Uint8Array | undefined {
	const from = encodeUnchecked(text);
	const length = from.length;
	if (length % 4 !== 0) {
		return;
	}
	const padding = length === 0 || from[length - 1] !== PAD ? 0 : from[length - 2] === PAD ? 2 : 1;
	const out = new Uint8Array((length / 4) * 3 - padding);
	let to = 0;
	let bits = 0;
	for (let at = 0; at < length - padding; at++) {
		const value = sextet(from[at]!);
		if (value < 0) {
			return;
		}
		bits = ((bits << 6) | value) & 0xffffff;
		const phase = at % 4;
		if (phase !== 0) {
			out[to++] = bits >> (6 - 2 * phase);
		}
	}
	const unused = padding === 0 ? 0 : padding === 1 ? 0x03 : 0x0f;
	return (bits & unused) === 0 ? out : undefined;
}

function sextet(byte: number): number {
	if (byte >= 0x61) {
		return byte <= 0x7a ? byte - 0x61 + 26 : -1;
	}
	if (byte >= 0x41) {
		return byte <= 0x5a ? byte - 0x41 : -1;
	}
	if (byte >= 0x30) {
		return byte <= 0x39 ? byte - 0x30 + 52 : -1;
	}
	return byte === 0x2b ? 62 : byte === 0x2f ? 63 : -1;
}
