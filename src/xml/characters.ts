// The characters of XML 1.0, fifth edition: what may stand in a document and what a name is made of.

import { isSecond } from "../text/utf8.js";

/** Classes of the bytes below 0x80, as bits. The parser's loops stop at the first byte without their bit. */
export const enum Class {
	/** Content that needs no look: Char without `<`, `&`, `]`, `>` and CR. */
	text = 1,
	/** The same for attribute values: Char without `<`, `&`, both quotes, TAB, LF and CR. */
	value = 2,
	/** NameChar without the colon. */
	name = 4,
	/** NameStartChar without the colon. */
	nameStart = 8,
	/** S. */
	space = 16,
	/** Char. */
	char = 32,
	/** Content of a CDATA section that needs no look: Char without `]`, `>` and CR. */
	cdata = 64
}

function classOf(code: number): number {
	const letter = (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || code === 0x5f;
	const space = code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
	let bits = 0;
	if (letter) {
		bits |= Class.nameStart | Class.name;
	}
	if ((code >= 0x30 && code <= 0x39) || code === 0x2d || code === 0x2e) {
		bits |= Class.name;
	}
	if (space) {
		bits |= Class.space;
	}
	if (space || code >= 0x20) {
		bits |= Class.char;
		if (code !== 0x5d && code !== 0x3e && code !== 0x0d) {
			bits |= Class.cdata;
		}
		// < & ] > CR
		if (code !== 0x3c && code !== 0x26 && code !== 0x5d && code !== 0x3e && code !== 0x0d) {
			bits |= Class.text;
		}
		// < & " ' TAB LF CR
		if (code >= 0x20 && code !== 0x3c && code !== 0x26 && code !== 0x22 && code !== 0x27) {
			bits |= Class.value;
		}
	}
	return bits;
}

/** By byte; those from 0x80 on have no class: they are looked at one character at a time. */
export const classes: readonly number[] = Object.freeze(Array.from({ length: 256 }, (_, code) => (code < 0x80 ? classOf(code) : 0)));

/** Char [2]. Surrogates cannot come from UTF-8 that was checked, but from a reference. */
export function isChar(code: number): boolean {
	if (code < 0x80) {
		return (classes[code]! & Class.char) !== 0;
	}
	return code < 0xd800 || (code >= 0xe000 && code !== 0xfffe && code !== 0xffff && code <= 0x10ffff);
}

/** NameStartChar [4] without the colon, which belongs to Namespaces in XML. */
export function isNameStart(code: number): boolean {
	if (code < 0x80) {
		return (classes[code]! & Class.nameStart) !== 0;
	}
	if (code < 0x2000) {
		return code >= 0xc0 && code !== 0xd7 && code !== 0xf7 && (code < 0x300 || code >= 0x370) && code !== 0x37e;
	}
	return (
		code === 0x200c ||
		code === 0x200d ||
		(code >= 0x2070 && code <= 0x218f) ||
		(code >= 0x2c00 && code <= 0x2fef) ||
		(code >= 0x3001 && code <= 0xd7ff) ||
		(code >= 0xf900 && code <= 0xfdcf) ||
		(code >= 0xfdf0 && code <= 0xfffd) ||
		(code >= 0x10000 && code <= 0xeffff)
	);
}

/** NameChar [4a] without the colon. */
export function isNameChar(code: number): boolean {
	if (code < 0x80) {
		return (classes[code]! & Class.name) !== 0;
	}
	return isNameStart(code) || code === 0xb7 || (code >= 0x300 && code <= 0x36f) || code === 0x203f || code === 0x2040;
}

/** NCName (Namespaces in XML 1.0, 3). */
export function isNCName(text: string): boolean {
	if (text === "") {
		return false;
	}
	let first = true;
	for (const character of text) {
		const code = character.codePointAt(0)!;
		if (!(first ? isNameStart(code) : isNameChar(code))) {
			return false;
		}
		first = false;
	}
	return true;
}

/** characterAt(): the character is cut off at the end. */
export const CUT = -1;
/** characterAt(): this is not UTF-8. */
export const MALFORMED = -2;

/** The code point of the character of two to four bytes at `at`; CUT or MALFORMED, the latter at the first byte that is wrong. */
export function characterAt(bytes: Uint8Array, at: number, end: number): number {
	const lead = bytes[at]!;
	if (lead < 0xc2 || lead > 0xf4) {
		return MALFORMED;
	}
	if (at + 1 >= end) {
		return CUT;
	}
	const second = bytes[at + 1]!;
	if (!isSecond(lead, second)) {
		return MALFORMED;
	}
	if (lead < 0xe0) {
		return ((lead & 0x1f) << 6) | (second & 0x3f);
	}
	if (at + 2 >= end) {
		return CUT;
	}
	const third = bytes[at + 2]!;
	if ((third & 0xc0) !== 0x80) {
		return MALFORMED;
	}
	if (lead < 0xf0) {
		return ((lead & 0x0f) << 12) | ((second & 0x3f) << 6) | (third & 0x3f);
	}
	if (at + 3 >= end) {
		return CUT;
	}
	const fourth = bytes[at + 3]!;
	if ((fourth & 0xc0) !== 0x80) {
		return MALFORMED;
	}
	return ((lead & 0x07) << 18) | ((second & 0x3f) << 12) | ((third & 0x3f) << 6) | (fourth & 0x3f);
}

/** Bytes that the code point takes in UTF-8. */
export function sizeOf(code: number): number {
	return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}
