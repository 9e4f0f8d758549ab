// What a scanner makes of a document, as lines: the one in TypeScript and the one in C are compared by them, wherever they run.

import { xmlLimits } from "../../src/limits.js";
import type { XMLBounds } from "../../src/xml/error.js";
import type { Scanner } from "../../src/xml/scanner.js";

/** Numbers that tests/native/driver.c knows too. */
export interface Run {
	/** Bytes of the longest piece, whose lengths come of the seed; 0: it comes whole. */
	readonly most: number;
	readonly seed: number;
	/** 0: nothing is kept, 1: all, 2: what the seed says. */
	readonly keep: number;
	/** Index into `bounds`. */
	readonly bounds: number;
}

/** The firmware's, and such that short documents break them. */
export const bounds: readonly XMLBounds[] = [
	xmlLimits,
	{
		...xmlLimits,
		builtBytes: 40,
		stanzaBytes: 120,
		depth: 3,
		attributes: 2,
		nameBytes: 6,
		attributeBytes: 12,
		namespaceBytes: 8,
		hardDepth: 5,
		hardAttributes: 4,
		hardNameBytes: 20,
		openBytes: 48
	},
	{ ...xmlLimits, builtBytes: 90, attributes: 5, nameBytes: 9, attributeBytes: 30, namespaceBytes: 30, hardNameBytes: 40, openBytes: 110 }
];

/** Of a linear congruence; the higher bits are the better ones. */
export function next(state: number): number {
	return (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
}

const names = ["none", "open", "empty", "close", "text", "declaration", "refused"];

/** Control characters as numbers, so that a line is one. */
function shown(text: string): string {
	let line = "";
	for (const character of text) {
		const code = character.codePointAt(0)!;
		line += code < 0x20 || character === "|" ? `{${code}}` : character;
	}
	return line;
}

/** One line for each token; pieces of text are joined, and what is cut off by a refusal is not looked at. */
export function scan(scanner: Scanner, document: Uint8Array, run: Run): string {
	let state = run.seed;
	let lines = "";
	let text = "";
	let size = 0;
	let tokens = 0;
	scanner.restart();
	for (let start = 0; start < document.length; ) {
		state = next(state);
		const end = run.most === 0 ? document.length : Math.min(document.length, start + 1 + ((state >>> 16) % run.most));
		// a view into more, from another place each time
		const bytes = document.subarray(start, end);
		for (let at = 0; ; ) {
			const kept = run.keep === 2 ? (next((run.seed + tokens) >>> 0) & 0x1_0000) !== 0 : run.keep === 1;
			const token = scanner.scan(bytes, at, kept);
			if (token === 0 && scanner.at !== bytes.length) return `${lines}left ${bytes.length - scanner.at}\n`;
			if (token === 0) break;
			if (token === 4) {
				text += scanner.value;
				size += scanner.size;
				at = scanner.at;
				continue;
			}
			if (token === 6) return `${lines}refused|${scanner.name}|${scanner.offset}\n`;
			if (size > 0) lines += `text|${size}|${shown(text)}\n`;
			text = "";
			size = 0;
			at = scanner.at;
			tokens++;
			lines += `${names[token]}|${start + at}`;
			if (token <= 2) {
				const { name, value, declarations, marks, offset } = scanner;
				lines += `|${shown(name)}|${shown(value)}|${shown(scanner.names)}|${shown(declarations)}|${marks}|${offset}`;
			} else if (token === 3) lines += `|${scanner.marks}`;
			lines += "\n";
		}
		start = end;
	}
	if (size > 0) lines += `text|${size}|${shown(text)}\n`;
	return lines;
}

/** How the document of that number is read: whole, and cut; the firmware's bounds and others; kept, and not. */
export function runs(index: number, document: Uint8Array): readonly Run[] {
	const seed = (index * 2_654_435_761) >>> 0;
	return [
		{ most: 0, seed, keep: 1, bounds: 0 },
		{ most: 1, seed, keep: 1 + (index & 1), bounds: 0 },
		{ most: 2 + (seed % 40), seed, keep: 2, bounds: index % 3 },
		{ most: document.length < 200 ? 2 : 64, seed, keep: index % 3, bounds: 1 + (index & 1) }
	];
}
