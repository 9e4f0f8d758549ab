// Text, CDATA and attribute values, piece by piece: references (XML 1.0, 4.1), line ends (2.11), what a value normalises (3.3.3).

import { sizeOf } from "../text/utf8.js";
import { Class, isChar } from "./characters.js";
import type { Window } from "./window.js";

export interface Sink {
	/** One more piece, of that many bytes. */
	give(piece: string, bytes: number): void;
}

export const enum Kind {
	text,
	cdata,
	value
}

/** readReference(): it has no end yet. */
const UNFINISHED = -1;
/** readReference(): to an entity that is not one of the five. */
const UNDECLARED = -2;
/** readReference(): no reference, or to what is no character of XML. */
const BROKEN = -3;

/** Reads the window between the indexes. Returns where it stopped: `to`, or at what is cut there. */
export function readContent(window: Window, from: number, to: number, kind: Kind, sink: Sink): number {
	const text = window.text;
	let piece = text.slice(from, to);
	if (kind === Kind.value) {
		const less = piece.indexOf("<");
		if (less >= 0) {
			readContent(window, from, from + less, kind, sink);
			window.fail("not-well-formed", from + less);
		}
	}
	if ((window.classes & (kind === Kind.value ? Class.inValue : Class.inText)) === 0) {
		sink.give(piece, window.size(piece));
		return to;
	}
	while (from < to) {
		const and = kind === Kind.cdata ? -1 : text.indexOf("&", from);
		const end = and < 0 || and > to ? to : and;
		if (end === from) {
			const code = readReference(text, from);
			if (code === UNFINISHED) return from;
			if (code === UNDECLARED) window.fail("restricted-xml", from); // RFC 6120 11.1
			if (code === BROKEN) window.fail("not-well-formed", from);
			sink.give(String.fromCodePoint(code), sizeOf(code));
			from = text.indexOf(";", from) + 1;
			continue;
		}
		piece = text.slice(from, end);
		const section = kind === Kind.text ? piece.indexOf("]]>") : -1;
		if (section >= 0) window.fail("not-well-formed", from + section + 2); // XML 1.0, 2.4
		let cut = 0;
		if (end === text.length) {
			if (piece.endsWith("\r")) cut = 1;
			else if (kind !== Kind.value && piece.endsWith("]")) cut = piece.endsWith("]]") ? 2 : 1;
			piece = text.slice(from, end - cut);
		}
		if ((window.classes & Class.lineEnd) !== 0) {
			piece = piece.split("\r\n").join("\n").split("\r").join("\n");
			if (kind === Kind.value) piece = piece.split("\n").join(" ").split("\t").join(" ");
		}
		sink.give(piece, window.size(piece));
		if (cut > 0) return end - cut;
		from = end;
	}
	return to;
}

/** The code point that the reference stands for whose "&" is at `at`. */
function readReference(text: string, at: number): number {
	const number = text.charCodeAt(++at) === 0x23;
	const base = number && text.charCodeAt(at + 1) === 0x78 ? 16 : 10;
	if (number) at += base === 16 ? 2 : 1;
	const start = at;
	for (let code = 0; at < text.length; at++) {
		const character = text.charCodeAt(at);
		if (character === 0x3b) {
			if (number) return at > start && code > 0 && isChar(code) ? code : BROKEN;
			return entity(text.slice(start, at));
		}
		if (number) {
			const letter = base === 16 ? (character | 0x20) - 0x57 : 0;
			const digit = character >= 0x30 && character <= 0x39 ? character - 0x30 : letter;
			if (digit >= base || (digit < 10 && digit !== character - 0x30)) return BROKEN;
			code = Math.min(code * base + digit, 0x110000);
		} else if (character < 0x61 || character > 0x7a || at === start + 4) {
			return at === start ? BROKEN : UNDECLARED;
		}
	}
	return UNFINISHED;
}

/** The five (4.6). */
function entity(name: string): number {
	switch (name) {
		case "lt":
			return 0x3c;
		case "gt":
			return 0x3e;
		case "amp":
			return 0x26;
		case "quot":
			return 0x22;
		case "apos":
			return 0x27;
		default:
			return name === "" ? BROKEN : UNDECLARED;
	}
}
