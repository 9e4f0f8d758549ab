// Writes XML that any parser reads back as it was meant: into one buffer, bounded, never half a construct.

import { encodeUnchecked } from "../text/utf8.js";
import { Class, classes, isNCName } from "./characters.js";

/** Bytes of the first buffer, and the largest that is kept between two stanzas. */
const KEPT = 1024;
/** The namespace that the prefix "xml" stands for, always (Namespaces in XML 1.0, 3). */
const XML = "http://www.w3.org/XML/1998/namespace";
const XMLNS = "http://www.w3.org/2000/xmlns/";

const LESS = Object.freeze(Array.from(encodeUnchecked("&lt;")));
const GREATER = Object.freeze(Array.from(encodeUnchecked("&gt;")));
const AMPERSAND = Object.freeze(Array.from(encodeUnchecked("&amp;")));
const QUOTE = Object.freeze(Array.from(encodeUnchecked("&quot;")));
const APOSTROPHE = Object.freeze(Array.from(encodeUnchecked("&apos;")));
const TAB = Object.freeze(Array.from(encodeUnchecked("&#9;")));
const LINE_FEED = Object.freeze(Array.from(encodeUnchecked("&#10;")));
const RETURN = Object.freeze(Array.from(encodeUnchecked("&#13;")));

export interface WriterOptions {
	/** Bytes that may be held at once. */
	readonly limit: number;
	/** In scope where the first element opens, so that it is not written there. */
	readonly namespace?: string;
}

/**
 * A method that throws leaves everything as it was before the call: RangeError past the limit; Error for what a parser
 * would refuse, or a call out of order.
 */
export class Writer {
	readonly #limit: number;
	readonly #outer: string;
	#bytes = new Uint8Array(KEPT / 4);
	#length = 0;
	/** Per open element: where its name starts, where it ends, its namespace. */
	#open: { start: number; end: number; namespace: string }[] = [];
	/** Attributes of the start tag that is still open; undefined when none is. */
	#names: string[] | undefined;

	constructor(options: WriterOptions) {
		this.#limit = options.limit;
		this.#outer = options.namespace ?? "";
	}

	/** Bytes written since the last take(). */
	get length(): number {
		return this.#length;
	}

	/** Elements that are open. */
	get depth(): number {
		return this.#open.length;
	}

	/** Opens an element; without `namespace` it has that of its parent. */
	open(name: string, namespace?: string): this {
		if (!isNCName(name)) {
			throw new Error(`no element name: ${name}`);
		}
		const parent = this.#open.length === 0 ? this.#outer : this.#open[this.#open.length - 1]!.namespace;
		const own = namespace ?? parent;
		if (own === XML || own === XMLNS) {
			throw new Error(`no element has the namespace ${own}`);
		}
		const mark = this.#length;
		try {
			if (this.#names !== undefined) {
				this.#byte(0x3e);
			}
			this.#byte(0x3c);
			const start = this.#length;
			this.#plain(name);
			const end = this.#length;
			if (own !== parent) {
				this.#plain(" xmlns='");
				this.#escape(own, true);
				this.#byte(0x27);
			}
			this.#open.push({ start, end, namespace: own });
		} catch (error) {
			this.#length = mark;
			throw error;
		}
		this.#names = [];
		return this;
	}

	/** Of the element opened last, before its content; undefined writes nothing. "xml:lang" is the one name with a prefix. */
	attribute(name: string, value: string | undefined): this {
		const names = this.#names;
		if (names === undefined) {
			throw new Error("an attribute outside a start tag");
		}
		if (value === undefined) {
			return this;
		}
		if ((!isNCName(name) && name !== "xml:lang") || name === "xmlns") {
			throw new Error(`no attribute name: ${name}`);
		}
		if (names.includes(name)) {
			throw new Error(`two attributes ${name}`);
		}
		const mark = this.#length;
		try {
			this.#byte(0x20);
			this.#plain(name);
			this.#byte(0x3d);
			this.#byte(0x27);
			this.#escape(value, true);
			this.#byte(0x27);
		} catch (error) {
			this.#length = mark;
			throw error;
		}
		names.push(name);
		return this;
	}

	text(value: string): this {
		if (this.#open.length === 0) {
			throw new Error("text outside an element");
		}
		if (value === "") {
			return this;
		}
		const mark = this.#length;
		try {
			if (this.#names !== undefined) {
				this.#byte(0x3e);
			}
			this.#escape(value, false);
		} catch (error) {
			this.#length = mark;
			throw error;
		}
		this.#names = undefined;
		return this;
	}

	close(): this {
		const element = this.#open[this.#open.length - 1];
		if (element === undefined) {
			throw new Error("no element is open");
		}
		if (this.#names !== undefined) {
			this.#room(2);
			this.#bytes[this.#length++] = 0x2f;
			this.#bytes[this.#length++] = 0x3e;
		} else {
			const count = element.end - element.start;
			this.#room(count + 3);
			this.#bytes[this.#length++] = 0x3c;
			this.#bytes[this.#length++] = 0x2f;
			this.#bytes.copyWithin(this.#length, element.start, element.end);
			this.#length += count;
			this.#bytes[this.#length++] = 0x3e;
		}
		this.#names = undefined;
		this.#open.pop();
		return this;
	}

	closeAll(): this {
		while (this.#open.length > 0) {
			this.close();
		}
		return this;
	}

	/** A copy of all that was written, and a fresh start. Throws Error while an element is open. */
	take(): Uint8Array {
		if (this.#open.length > 0) {
			throw new Error("an element is still open");
		}
		const bytes = this.#bytes.slice(0, this.#length);
		this.reset();
		return bytes;
	}

	/** Drops all that was written. */
	reset(): void {
		this.#length = 0;
		this.#names = undefined;
		if (this.#open.length > 0) {
			this.#open = [];
		}
		if (this.#bytes.length > KEPT) {
			this.#bytes = new Uint8Array(KEPT / 4);
		}
	}

	#room(count: number): void {
		const needed = this.#length + count;
		if (needed > this.#limit) {
			throw new RangeError(`more than ${this.#limit} bytes of XML`);
		}
		if (needed > this.#bytes.length) {
			const bytes = new Uint8Array(Math.min(Math.max(this.#bytes.length * 2, needed), Math.max(this.#limit, needed)));
			bytes.set(this.#bytes);
			this.#bytes = bytes;
		}
	}

	#byte(byte: number): void {
		this.#room(1);
		this.#bytes[this.#length++] = byte;
	}

	#plain(text: string): void {
		const bytes = encodeUnchecked(text);
		this.#room(bytes.length);
		this.#bytes.set(bytes, this.#length);
		this.#length += bytes.length;
	}

	#escape(text: string, quoted: boolean): void {
		const from = encodeUnchecked(text);
		const count = from.length;
		const harmless = quoted ? Class.value : Class.text;
		this.#room(count);
		for (let at = 0; at < count; at++) {
			const byte = from[at]!;
			if ((classes[byte]! & harmless) !== 0) {
				this.#bytes[this.#length++] = byte;
				continue;
			}
			const escaped = quoted ? escapeInValue(byte) : escapeInText(byte);
			if (escaped !== undefined) {
				// what follows needs at least its own length
				this.#room(escaped.length + count - at - 1);
				for (let n = 0; n < escaped.length; n++) {
					this.#bytes[this.#length++] = escaped[n]!;
				}
			} else if (isForbidden(from, at)) {
				throw new Error("a character that XML does not allow");
			} else {
				this.#bytes[this.#length++] = byte;
			}
		}
	}
}

/** Undefined when the byte stands for itself or may not stand at all. ">" always goes, so "]]>" cannot arise. */
function escapeInText(byte: number): readonly number[] | undefined {
	switch (byte) {
		case 0x3c:
			return LESS;
		case 0x3e:
			return GREATER;
		case 0x26:
			return AMPERSAND;
		case 0x0d:
			// end-of-line normalisation would make it LF (XML 1.0, 2.11)
			return RETURN;
		default:
			return undefined;
	}
}

function escapeInValue(byte: number): readonly number[] | undefined {
	switch (byte) {
		case 0x3c:
			return LESS;
		case 0x26:
			return AMPERSAND;
		case 0x22:
			return QUOTE;
		case 0x27:
			return APOSTROPHE;
		// attribute-value normalisation would make these spaces (XML 1.0, 3.3.3)
		case 0x09:
			return TAB;
		case 0x0a:
			return LINE_FEED;
		case 0x0d:
			return RETURN;
		default:
			return undefined;
	}
}

/** Whether the character that begins at `at`, as encodeUnchecked() gives it, is outside Char (XML 1.0, 2.2). */
function isForbidden(bytes: Uint8Array, at: number): boolean {
	const byte = bytes[at]!;
	if (byte < 0x80) {
		return (classes[byte]! & Class.char) === 0;
	}
	switch (byte) {
		case 0xc0: // XS's U+0000
			return true;
		case 0xed: // surrogates
			return bytes[at + 1]! >= 0xa0;
		case 0xef: // U+FFFE, U+FFFF
			return bytes[at + 1] === 0xbf && bytes[at + 2]! >= 0xbe;
		default:
			return false;
	}
}
