// The bytes that the parser looks at, as a string: strict UTF-8 and the characters of XML, or an end before what is neither.

import { CUT, characterAt, decodePlain, decodeUnchecked, MALFORMED, sizeOf, utf8LengthUnchecked } from "../text/utf8.js";
import type { Builder } from "./builder.js";
import { Class, classes, isChar } from "./characters.js";
import { type XMLCondition, XMLError } from "./error.js";

/** Bytes looked at at once: on XS an index into what is not ASCII counts from the start. */
const SIZE = 128;

export class Window {
	/** What was kept, and what came after it. */
	text = "";
	/** The classes of its bytes and maybe of earlier ones: 0 when all are plain. */
	classes = 0;
	/** Offset in the stream of its end. */
	end = 0;
	/** Why the byte after it is refused. */
	problem: XMLCondition | undefined;
	/** The first bytes of a character whose last ones have not come. */
	#cut: Uint8Array | undefined;
	readonly #builder: Builder;

	constructor(builder: Builder) {
		this.#builder = builder;
	}

	/** Takes bytes from `from` on, up to one that no document has; returns where the next ones are. What is kept may get one longer than `longest`. */
	read(bytes: Uint8Array, from: number, longest: number): number {
		const to = Math.min(from + Math.min(SIZE, longest + 1 - this.text.length), bytes.length);
		let source = bytes;
		let start = from;
		let end = to;
		const cut = this.#cut;
		if (cut !== undefined) {
			this.#cut = undefined;
			start = 0;
			end = cut.length + to - from;
			source = new Uint8Array(end);
			source.set(cut);
			source.set(bytes.subarray(from, to), cut.length);
		}
		const last = end;
		let text = decodePlain(source, start, end);
		let all = 0;
		if (text === undefined) {
			const table = classes;
			let at = start;
			while (at < end) {
				const bits = table[source[at]!]!;
				all |= bits;
				if ((bits & (Class.bad | Class.wide)) === 0) {
					at++;
					continue;
				}
				const code = characterAt(source, at, end);
				if (code === CUT) {
					this.#cut = source.slice(at, end);
					break;
				}
				if (code === MALFORMED || !isChar(code)) {
					// RFC 6120 4.9.3.22 and 11.6: not UTF-8, or UTF-16
					this.problem = code === MALFORMED || (code === 0 && this.end === start - at) ? "unsupported-encoding" : "not-well-formed";
					break;
				}
				at += sizeOf(code);
			}
			text = decodeUnchecked(source, start, at);
			end = at;
		}
		if (this.text === "") {
			this.text = text;
			this.classes = all;
		} else {
			this.text += text;
			this.classes |= all;
		}
		this.end += end - start;
		return this.problem === undefined ? to : to - (last - end);
	}

	/** Offset in the stream of the index into the text. */
	at(index: number): number {
		const text = this.text;
		return this.end - ((this.classes & Class.wide) === 0 ? text.length - index : utf8LengthUnchecked(text.slice(index)));
	}

	/** Bytes of a string that comes from the text. */
	size(text: string): number {
		return (this.classes & Class.wide) === 0 ? text.length : utf8LengthUnchecked(text);
	}

	/** Bytes that were taken, and neither dropped nor given to keep(). */
	get unread(): number {
		return this.size(this.text) + (this.#cut === undefined ? 0 : this.#cut.length);
	}

	/** Drops what is before the index. */
	keep(index: number): void {
		this.text = index < this.text.length ? this.text.slice(index) : "";
	}

	/** A new stream begins behind what was dropped. */
	restart(): void {
		this.end = this.size(this.text);
	}

	clear(): void {
		this.text = "";
		this.#cut = this.problem = undefined;
	}

	fail(condition: XMLCondition, index: number): never {
		return this.refuse(condition, this.at(index));
	}

	refuse(condition: XMLCondition, offset: number): never {
		this.#builder.progress(offset); // a broken bound comes first, however the input was cut
		throw new XMLError(condition, offset);
	}
}
