// The characters of XML 1.0, fifth edition: what may stand in a document and what a name is made of.

import { ASTRAL } from "../text/utf8.js";

/** What a byte can be, as bits. */
export const enum Class {
	/** NameChar without the colon. */
	name = 1,
	/** NameStartChar without the colon. */
	nameStart = 2,
	/** S. */
	space = 4,
	/** Outside Char. */
	bad = 8,
	/** Of a character that is not ASCII. */
	wide = 16,
	/** No character, or not one alone. */
	special = 24,
	/** Not itself in text: `<`, `&`, `]`, CR. */
	inText = 32,
	/** Not itself in an attribute value, or as we write it: `<`, `>`, `&`, TAB, LF, CR, and both quotes. */
	inValue = 64
}

function classOf(code: number): number {
	if (code >= 0x80) return Class.wide;
	const character = String.fromCharCode(code);
	if (isBetween(LETTERS, code)) return Class.nameStart | Class.name;
	if ("0123456789-.".includes(character)) return Class.name;
	if (code < 0x20 && !"\t\n\r".includes(character)) return Class.bad;
	const bits = ("\t\n\r ".includes(character) ? Class.space : 0) | ("<&]\r".includes(character) ? Class.inText : 0);
	return "<>&\t\n\r'\"".includes(character) ? bits | Class.inValue : bits;
}

/** Pairs of the first and the last of a range, ascending: ASCII, then the rest of NameStartChar. */
const LETTERS = Object.freeze([0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a]);
const STARTS = Object.freeze([
	0xc0, 0xd6, 0xd8, 0xf6, 0xf8, 0x2ff, 0x370, 0x37d, 0x37f, 0x1fff, 0x200c, 0x200d, 0x2070, 0x218f, 0x2c00, 0x2fef, 0x3001, 0xd7ff, 0xf900,
	0xfdcf, 0xfdf0, 0xfffd, 0x10000, 0xeffff
]);

function isBetween(ranges: readonly number[], code: number): boolean {
	let n = 0;
	while (n < ranges.length && code > ranges[n + 1]!) n += 2;
	return n < ranges.length && code >= ranges[n]!;
}

/** By byte. */
export const classes = Uint8Array.from({ length: 256 }, (_, code) => classOf(code));

/** Char [2]. Surrogates cannot come from UTF-8 that was checked, but from a reference. */
export function isChar(code: number): boolean {
	return code < 0x80
		? classes[code] !== Class.bad
		: code < 0xd800 || (code >= 0xe000 && code !== 0xfffe && code !== 0xffff && code <= 0x10ffff);
}

/** NameStartChar [4] without the colon, which belongs to Namespaces in XML. */
export function isNameStart(code: number): boolean {
	return code < 0x80 ? (classes[code]! & Class.nameStart) !== 0 : isBetween(STARTS, code);
}

/** NameChar [4a] without the colon. */
export function isNameChar(code: number): boolean {
	if (code < 0x80) return (classes[code]! & Class.name) !== 0;
	return isNameStart(code) || code === 0xb7 || (code >= 0x300 && code <= 0x36f) || code === 0x203f || code === 0x2040;
}

/** Where the NCName (Namespaces in XML 1.0, 3) ends that begins at `at`: there when none does. */
export function endOfName(text: string, at: number): number {
	let code = text.codePointAt(at)!;
	if (isNameStart(code)) {
		do {
			at += code > 0xffff ? ASTRAL : 1;
			while ((classes[text.charCodeAt(at)]! & Class.name) !== 0) at++;
			code = text.codePointAt(at)!;
		} while (code >= 0x80 && isNameChar(code));
	}
	return at;
}
