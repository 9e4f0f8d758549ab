// DNS messages of a resolver that asks others (RFC 1035 4): the question, and what of the answer was asked for. Knows no socket; believes no byte.
import type { ServiceRecord } from "../../src/host.js";
import { decodeUnchecked, encodeUnchecked } from "../../src/text/utf8.js";
import { isNameByte } from "./address.js";

/** IPv4 address, and the server of a service (RFC 2782). */
export const typeA = 1;
export const typeSRV = 33;
const typeCNAME = 5;
const classIN = 1;

/** Answer codes: all is well, and there is no such name. Any other says that this server could not tell. */
export const codeFine = 0;
export const codeNoName = 3;

/** The longest without TCP (RFC 1035 2.3.4), and the longest that is taken over TCP. */
export const packetBytes = 512;
export const streamBytes = 2048;

const headBytes = 12;
const labelBytes = 63;
/** In letters and dots; 255 on the wire. */
const nameLength = 253;
/** Names that stand for one another, one after the other. */
const aliases = 8;
/** Records of one answer that are kept. */
const recordsMost = 16;

export interface Answer {
	readonly code: number;
	/** There is more, over TCP; no record was looked at. */
	readonly truncated: boolean;
	/** Of what the question asked for, in the server's order. */
	readonly addresses: string[];
	readonly services: ServiceRecord[];
}

/** Its id, the first two bytes, is still 0. Undefined where the name, without a last dot, is none in ASCII that DNS can hold. */
export function writeQuestion(name: string, type: number): Uint8Array | undefined {
	const text = encodeUnchecked(name);
	const { length } = text;
	if (length > nameLength) return undefined;
	const bytes = new Uint8Array(headBytes + length + 6);
	// Recursion desired, one question.
	bytes[2] = 1;
	bytes[5] = 1;
	// A label's length stands where the dot before it was.
	let label = headBytes;
	for (let at = 0; at <= length; at++) {
		const byte = at < length ? text[at]! : 0x2e;
		const to = headBytes + 1 + at;
		if (byte === 0x2e) {
			const size = to - label - 1;
			if (size < 1 || size > labelBytes) return undefined;
			bytes[label] = size;
			label = to;
		} else if (isNameByte(byte)) bytes[to] = byte;
		else return undefined;
	}
	bytes[label] = 0;
	bytes[label + 2] = type;
	bytes[label + 4] = classIN;
	return bytes;
}

/** Undefined where `bytes` are not a whole and well-formed answer to this question: they are as if they had not come. */
export function readAnswer(bytes: Uint8Array, question: Uint8Array): Answer | undefined {
	if (bytes.length < question.length || !answers(bytes, question)) return undefined;
	const answer: Answer = { code: bytes[3]! & 15, truncated: (bytes[2]! & 2) !== 0, addresses: [], services: [] };
	if (answer.truncated || answer.code !== codeFine) return answer;
	let wanted = readName(question, headBytes);
	for (let n = 0; wanted !== undefined && n < aliases; n++) {
		const next = collect(bytes, question, wanted, answer);
		if (next === undefined) return undefined;
		if (answer.addresses.length + answer.services.length > 0) break;
		// What the last alias leads to may be known to nobody: then there is nothing.
		wanted = next === "" ? undefined : next;
	}
	return answer;
}

/** The same id and question, and an answer (RFC 5452 9.1). Servers may write its letters as they like. */
function answers(bytes: Uint8Array, question: Uint8Array): boolean {
	// QR, and the opcode of a standard query.
	if ((bytes[2]! & 0xf8) !== 0x80 || readShort(bytes, 4) !== 1) return false;
	for (let at = 0; at < question.length; at++) {
		// Flags and the counts of records are the answer's own.
		if (at < 2 ? bytes[at] !== question[at] : at >= headBytes && lower(bytes[at]!) !== lower(question[at]!)) return false;
	}
	return true;
}

/** Keeps what `wanted` has of what was asked for; gives the name that it is an alias of, else "". Undefined where the message is broken. */
function collect(bytes: Uint8Array, question: Uint8Array, wanted: string, answer: Answer): string | undefined {
	const asked = readShort(question, question.length - 4);
	let alias = "";
	let at = question.length;
	for (let left = readShort(bytes, 6); left > 0; left--) {
		const owner = readName(bytes, at);
		at = skipName(bytes, at);
		// Type, class, time to live, and the length of what follows.
		const data = at + 10;
		if (at === 0 || data > bytes.length) return undefined;
		const type = readShort(bytes, at);
		const size = readShort(bytes, at + 8);
		const ours = owner === wanted && readShort(bytes, at + 2) === classIN;
		at = data + size;
		if (at > bytes.length) return undefined;
		if (!ours) continue;
		if (type === typeCNAME) alias = readName(bytes, data) ?? "";
		else if (type === asked) keep(bytes, data, size, type, answer);
	}
	return alias;
}

function keep(bytes: Uint8Array, at: number, size: number, type: number, { addresses, services }: Answer): void {
	if (type === typeA) {
		if (size === 4 && addresses.length < recordsMost) addresses.push(`${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`);
		return;
	}
	const target = size > 6 && skipName(bytes, at + 6) === at + size ? readName(bytes, at + 6) : undefined;
	if (target !== undefined && services.length < recordsMost)
		services.push({ target, port: readShort(bytes, at + 4), priority: readShort(bytes, at), weight: readShort(bytes, at + 2) });
}

/** In small letters without the last dot, "." for the root; undefined where it is broken, or holds what no host's name does. */
function readName(bytes: Uint8Array, at: number): string | undefined {
	const text = new Uint8Array(nameLength + 1);
	let length = 0;
	// Each pointer leads before the one that led here, so that there is an end (RFC 1035 4.1.4: a prior occurrence).
	let before = at;
	for (;;) {
		const size = bytes[at];
		if (size === undefined) return undefined;
		if (size > 0xbf) {
			const next = readShort(bytes, at) & 0x3fff;
			// Behind the head, where no name is, and never on.
			if (next < headBytes || next >= before) return undefined;
			before = at = next;
			continue;
		}
		if (size === 0) break;
		if (size > labelBytes || length + size > nameLength) return undefined;
		for (const end = ++at + size; at < end; at++) {
			const byte = bytes[at];
			if (byte === undefined || !isNameByte(byte)) return undefined;
			text[length++] = lower(byte);
		}
		text[length++] = 0x2e;
	}
	return length === 0 ? "." : decodeUnchecked(text, 0, length - 1);
}

/** Where the bytes of the name at `at` end; 0 where they do not. */
function skipName(bytes: Uint8Array, at: number): number {
	while (at < bytes.length) {
		const size = bytes[at]!;
		if (size > 0xbf) return at + 2;
		if (size > labelBytes) return 0;
		at += size + 1;
		if (size === 0) return at;
	}
	return 0;
}

function lower(byte: number): number {
	return byte > 0x40 && byte < 0x5b ? byte + 0x20 : byte;
}

/** What is not there counts as 0. */
function readShort(bytes: Uint8Array, at: number): number {
	return (bytes[at]! << 8) | bytes[at + 1]!;
}
