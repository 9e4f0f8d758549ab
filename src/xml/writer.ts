// Writes XML that any parser reads back as it was meant: into one buffer, bounded, never half a construct.

import { encodeUnchecked } from "../text/utf8.js";
import { Class, classes, endOfName } from "./characters.js";
import { XML_NAMESPACE, XMLNS_NAMESPACE } from "./namespaces.js";
import { names } from "./words.js";

/** Bytes of the first buffer, and the largest that is kept between two stanzas. */
const FIRST = 256;
const KEPT = 1024;

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
	#bytes = new Uint8Array(FIRST);
	#length = 0;
	/** Name and namespace of each open element. */
	#open: string[] = [];
	/** The names in the start tag that is still open, each between spaces; undefined when none is. */
	#attributes: string | undefined;

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
		return this.#open.length / 2;
	}

	/** Opens an element; without `namespace` it has that of its parent. */
	open(name: string, namespace?: string): this {
		if (!names.has(name) && !isName(name)) {
			throw new Error(`no element name: ${name}`);
		}
		const open = this.#open;
		const parent = open.length === 0 ? this.#outer : open[open.length - 1]!;
		const own = namespace ?? parent;
		if (own === XML_NAMESPACE || own === XMLNS_NAMESPACE) {
			throw new Error(`no element has the namespace ${own}`);
		}
		const declaration = own === parent ? "" : ` xmlns='${escaped(own, true)}'`;
		this.#write(`${this.#attributes === undefined ? "<" : "><"}${name}${declaration}`);
		open.push(name, own);
		this.#attributes = " ";
		return this;
	}

	/** Of the element opened last, before its content; undefined writes nothing. "xml:lang" is the one name with a prefix. */
	attribute(name: string, value: string | undefined): this {
		const attributes = this.#attributes;
		if (attributes === undefined) throw new Error("an attribute outside a start tag");
		if (value === undefined) return this;
		if ((!isName(name) && name !== "xml:lang") || name === "xmlns") {
			throw new Error(`no attribute name: ${name}`);
		}
		if (attributes.includes(` ${name} `)) {
			throw new Error(`two attributes ${name}`);
		}
		this.#write(` ${name}='${escaped(value, true)}'`);
		this.#attributes = `${attributes}${name} `;
		return this;
	}

	text(value: string): this {
		if (this.#open.length === 0) throw new Error("text outside an element");
		if (value !== "") {
			this.#write((this.#attributes === undefined ? "" : ">") + escaped(value, false));
			this.#attributes = undefined;
		}
		return this;
	}

	close(): this {
		const open = this.#open;
		if (open.length === 0) throw new Error("no element is open");
		this.#write(this.#attributes === undefined ? `</${open[open.length - 2]}>` : "/>");
		this.#attributes = undefined;
		open.length -= 2;
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
		if (this.#open.length > 0) throw new Error("an element is still open");
		const bytes = this.#bytes.slice(0, this.#length);
		this.reset();
		return bytes;
	}

	/** Drops all that was written. */
	reset(): void {
		this.#length = this.#open.length = 0;
		this.#attributes = undefined;
		if (this.#bytes.length > KEPT) this.#bytes = new Uint8Array(FIRST);
	}

	#write(text: string): void {
		const more = encodeUnchecked(text);
		const old = this.#bytes;
		const length = this.#length + more.length;
		if (length > this.#limit) {
			throw new RangeError(`more than ${this.#limit} bytes of XML`);
		}
		if (length > old.length) {
			this.#bytes = new Uint8Array(Math.max(length, Math.min(old.length * 2, this.#limit)));
			this.#bytes.set(old);
		}
		this.#bytes.set(more, this.#length);
		this.#length = length;
	}
}

function isName(text: string): boolean {
	return text !== "" && endOfName(text, 0) === text.length;
}

/** ">" in text always goes, so "]]>" cannot arise; what normalisation would change (XML 1.0, 2.11 and 3.3.3) goes by number. */
function escaped(text: string, quoted: boolean): string {
	const bytes = encodeUnchecked(text);
	let all = 0;
	for (let at = 0; at < bytes.length; at++) {
		all |= classes[bytes[at]!]!;
		if (bytes[at]! >= 0xc0 && isForbidden(bytes, at)) all |= Class.bad;
	}
	if ((all & Class.bad) !== 0) throw new Error("a character that XML does not allow");
	if ((all & (Class.inText | Class.inValue)) === 0) return text;
	let result = replace(replace(replace(text, "&", "&amp;"), "<", "&lt;"), "\r", "&#13;");
	if (!quoted) return replace(result, ">", "&gt;");
	result = replace(replace(result, "'", "&apos;"), '"', "&quot;");
	return replace(replace(result, "\t", "&#9;"), "\n", "&#10;");
}

function replace(text: string, what: string, by: string): string {
	return text.split(what).join(by);
}

/** Whether the character that begins at `at`, as encodeUnchecked() gives it, is outside Char (XML 1.0, 2.2). */
function isForbidden(bytes: Uint8Array, at: number): boolean {
	switch (bytes[at]) {
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
