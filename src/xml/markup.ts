// What the scanner found, checked for all that goes beyond bytes: names, nesting, namespaces, bounds.

import { decodeUnchecked } from "../text/utf8.js";
import type { Builder } from "./builder.js";
import { CUT, characterAt, isChar, isNameChar, isNameStart, MALFORMED, sizeOf } from "./characters.js";
import { type XMLCondition, XMLError } from "./error.js";
import { Scopes } from "./namespaces.js";
import { MORE, Reference, UNDECLARED } from "./reference.js";
import { StartTag } from "./start-tag.js";
import type { Window } from "./window.js";

/** The part of src/limits.ts that is about XML. */
export type XMLBounds = Readonly<
	Record<
		| "builtBytes"
		| "builtElements"
		| "stanzaBytes"
		| "depth"
		| "attributes"
		| "nameBytes"
		| "attributeBytes"
		| "textBytes"
		| "namespaces"
		| "namespaceBytes",
		number
	>
>;

/** The depth of stanzas: what is less deep has no text and is always kept. */
const STANZA = 2;

const SECTION = "![CDATA[";

/** Indexes are into the window; positions in the token count from its base. */
export class Markup {
	readonly #bounds: XMLBounds;
	readonly #builder: Builder;
	readonly #window: Window;
	readonly #tag = new StartTag();
	#reference = new Reference();
	readonly #scopes = new Scopes();
	/** The open elements as written, for their end tags. */
	readonly #names: string[] = [];
	#depth = 0;
	/** The root was closed. */
	#ended = false;
	/** Offset of the "<" of the tag. */
	#start = 0;
	/** Positions in the token: the attribute, its name, its value. */
	#attributeAt = 0;
	#nameAt = 0;
	#valueAt = 0;
	/** Whether the values in the start tag are kept. */
	#keepTag = false;
	/** Whether the text, or the value, that is being read is kept. */
	keep = false;
	/** The code point found last by character() or endsReference(). */
	code = 0;
	/** Bytes that the value may have. */
	valueBytes = 0;

	constructor(builder: Builder, window: Window, bounds: XMLBounds) {
		this.#builder = builder;
		this.#window = window;
		this.#bounds = bounds;
	}

	/** Whether text may stand here: not outside the stream, nor between stanzas. */
	get hasText(): boolean {
		return this.#depth >= STANZA;
	}

	reset(): void {
		this.#reference = new Reference();
		this.#builder.reset();
		this.#scopes.clear();
		this.#names.fill("", 0, this.#depth);
		this.#depth = 0;
		this.#ended = false;
		this.keep = false;
	}

	/** A piece of input was read. What is being built may now be too large. */
	progress(at: number): void {
		if (this.#builder.progress(this.#window.origin + at)) {
			this.#keepTag = false;
			this.keep = this.#tag.declares !== undefined;
		}
	}

	fail(condition: XMLCondition, at: number, detail: string): never {
		const offset = this.#window.origin + at;
		this.#builder.progress(offset); // a broken bound comes first, however the input was cut
		throw new XMLError(condition, offset, detail);
	}

	/** Something other than white space or a tag where there is no text. */
	failOutside(at: number): never {
		const between = this.#depth === 1; // RFC 6120 11.7 allows white space there
		this.fail(between ? "bad-format" : "not-well-formed", at, between ? "text between stanzas" : "text outside the root element");
	}

	/** Bytes of the character at `at`, that is not ASCII; its code point goes to `code`. 0 when it is cut. */
	character(at: number, end: number): number {
		const code = characterAt(this.#window.bytes, at, end);
		if (code === MALFORMED) {
			this.fail("unsupported-encoding", at, "not UTF-8"); // RFC 6120 4.9.3.22
		}
		if (code === CUT) {
			return 0;
		}
		if (!isChar(code)) {
			this.fail("not-well-formed", at, "a character that XML does not allow");
		}
		this.code = code;
		return sizeOf(code);
	}

	/** Whether a name starts with the character at `at`, that is not an ASCII one that could; false when it is cut. */
	startsName(at: number, end: number): boolean {
		const ascii = this.#window.bytes[at]! < 0x80;
		const size = ascii ? 0 : this.character(at, end);
		if (ascii || (size > 0 && !isNameStart(this.code))) {
			this.fail("not-well-formed", at, "no name where one has to be");
		}
		return size > 0;
	}

	/** As character(), in a name. */
	nameCharacter(at: number, end: number): number {
		const size = this.character(at, end);
		if (size > 0 && !isNameChar(this.code)) {
			this.fail("not-well-formed", at, "a character that no name has");
		}
		return size;
	}

	/** One byte after "&". Whether the reference ends with it; its character is in `code` then. */
	endsReference(byte: number, at: number): boolean {
		const code = this.#reference.next(byte);
		if (code < 0) {
			const undeclared = code === UNDECLARED; // RFC 6120 11.1
			this.fail(undeclared ? "restricted-xml" : "not-well-formed", at, undeclared ? "an entity" : "no reference after &");
		}
		this.code = code;
		return code !== MORE;
	}

	/** One byte after "<" in what has to be the start of a CDATA section, `count` bytes before it. Whether that is complete. */
	endsSection(byte: number, count: number, at: number): boolean {
		if (byte !== SECTION.charCodeAt(count)) {
			const other = count < 2; // RFC 6120 11.1
			this.fail(other ? "restricted-xml" : "not-well-formed", at, other ? "a comment, instruction or declaration" : "no CDATA section");
		}
		if (count < SECTION.length - 1) {
			return false;
		}
		if (this.#depth < STANZA) {
			this.failOutside(at);
		}
		return true;
	}

	/** Hands over the text in the token. */
	text(base: number, to: number): void {
		if (this.keep && to > base) {
			this.#builder.text(decodeUnchecked(this.#window.bytes, base, to), this.#depth);
		}
	}

	/** The text in the token has grown. Returns where it ends: at `base` when it turned out too large to be kept. */
	boundText(base: number, to: number, at: number): number {
		const excess = to - base - this.#bounds.textBytes;
		if (excess <= 0) {
			return to;
		}
		if (!this.#builder.progress(this.#window.origin + at - excess + 1)) {
			this.fail("policy-violation", at - excess, "too long a text");
		}
		this.keep = false;
		return base;
	}

	/** The value in the token has `count` bytes. */
	boundValue(count: number, at: number): void {
		if (count > this.valueBytes) {
			this.fail("policy-violation", at - (count - this.valueBytes), "too long an attribute value");
		}
	}

	/** The name that ends the token has grown to `to`. */
	boundName(base: number, to: number, at: number): void {
		const excess = to - base - this.#nameAt - this.#bounds.nameBytes;
		if (excess > 0) {
			this.fail("policy-violation", at - excess, "too long a name");
		}
	}

	/** After "<". */
	beginStartTag(at: number): void {
		if (this.#ended) {
			this.fail("not-well-formed", at, "a second root element");
		}
		if (this.#depth >= this.#bounds.depth) {
			this.fail("policy-violation", at, "too deep");
		}
		this.#start = this.#window.origin + at - 1;
		if (this.#depth < STANZA) {
			this.#builder.begin(this.#start);
		}
		this.#nameAt = 0;
	}

	/** After "</". */
	beginEndTag(at: number): void {
		if (this.#depth === 0) {
			this.fail("not-well-formed", at, "an end tag without its start tag");
		}
		this.#nameAt = 0;
	}

	/** The name of a start tag stands in the token, its colon at that position or -1. */
	nameStartTag(base: number, to: number, colon: number): void {
		this.#tag.begin(this.#window.bytes, base, to, colon < 0 ? -1 : base + colon);
		this.#keepTag = this.#builder.keepsElement(this.#depth + 1);
	}

	nameEndTag(base: number, to: number, at: number): void {
		if (decodeUnchecked(this.#window.bytes, base, to) !== this.#names[this.#depth - 1]) {
			this.fail("not-well-formed", at, "an end tag of another name");
		}
	}

	/** An attribute begins at that position; its name one byte later. */
	beginAttribute(position: number, at: number): void {
		if (this.#tag.count >= this.#bounds.attributes) {
			this.fail("policy-violation", at, "too many attributes");
		}
		this.#attributeAt = position;
		this.#nameAt = position + 1;
	}

	nameAttribute(base: number, to: number, colon: number, at: number): void {
		const tag = this.#tag;
		if (!tag.attribute(this.#window.bytes, base, this.#nameAt, to - base, colon)) {
			this.fail("not-well-formed", at, "two attributes of one name"); // XML 1.0, 3.1
		}
		const declares = tag.declares !== undefined;
		this.keep = this.#keepTag || declares;
		this.valueBytes = declares ? this.#bounds.namespaceBytes : this.#bounds.attributeBytes;
	}

	beginValue(position: number): void {
		this.#valueAt = position;
	}

	/** The value reaches to `to`. Returns how far the token does: declarations and values that are not kept leave it. */
	endValue(base: number, to: number, at: number): number {
		const tag = this.#tag;
		const prefix = tag.declares;
		if (prefix !== undefined) {
			tag.declares = undefined;
			if (this.#scopes.count >= this.#bounds.namespaces) {
				this.fail("policy-violation", at, "too many namespaces");
			}
			const namespace = decodeUnchecked(this.#window.bytes, base + this.#valueAt, to);
			const problem = this.#scopes.declare(prefix, namespace, this.#depth + 1);
			if (problem !== undefined) {
				this.fail("not-well-formed", at, problem);
			}
			return base + this.#attributeAt;
		}
		if (!this.#keepTag) {
			return base + this.#valueAt;
		}
		if (to - base > this.#bounds.builtBytes) {
			if (this.#depth < STANZA) {
				this.fail("policy-violation", at, "too large a start tag");
			}
			this.#keepTag = false;
		}
		return to;
	}

	/** At the end of a start tag, its attributes in the token. */
	open(base: number, to: number, at: number): void {
		const tag = this.#tag;
		const problem = tag.finish(this.#window.bytes, base, to, this.#scopes, this.#keepTag);
		const namespace = this.#scopes.resolve(tag.prefix);
		if (problem !== undefined || namespace === undefined) {
			this.fail(problem ?? "bad-namespace-prefix", at - 1, "a prefix without namespace, or two attributes of one name");
		}
		this.#names[this.#depth++] = tag.qualified;
		this.#builder.open(tag.local, namespace, tag.packed, this.#depth, this.#start, this.#window.origin + at);
		this.keep = this.#builder.keeping;
	}

	/** At the end of an end tag. */
	close(at: number): void {
		const depth = this.#depth--;
		this.#scopes.leave(depth);
		this.#ended = depth === 1;
		this.#builder.close(depth, this.#window.origin + at);
		this.keep = this.#builder.keeping;
	}
}
