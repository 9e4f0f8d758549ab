// The state machine over bytes: finds tags, attributes, text. It can be cut at any byte and reads none twice.

import { decodeUnchecked, writeCodePoint } from "../text/utf8.js";
import { Class, CUT, characterAt, classes, isNameChar, isNameStart, MALFORMED, sizeOf } from "./characters.js";
import { checkDeclaration } from "./declaration.js";
import { START, VALUE } from "./element.js";
import type { Markup } from "./markup.js";
import { MORE, Reference, UNDECLARED } from "./reference.js";
import type { Window } from "./window.js";

/** What the next byte belongs to. */
enum State {
	/** The first byte of a stream. */
	start,
	/** After its "<". */
	first,
	declaration,
	/** Where only white space and tags may stand: outside the stream and between stanzas. */
	between,
	text,
	cdata,
	/** After a CR: a LF belongs to it. */
	afterReturn,
	/** After "<". */
	tag,
	/** After "<!". */
	bang,
	/** After "<![". */
	section,
	nameStart,
	name,
	/** After the name or an attribute of a start tag. */
	inTag,
	/** The same after white space. */
	beforeAttribute,
	beforeEquals,
	beforeValue,
	value,
	/** After "/" in a start tag. */
	emptyTag,
	/** After the name in an end tag. */
	endTag,
	reference
}

/** Whose name is being read. */
enum Kind {
	start,
	end,
	attribute
}

const SECTION = "CDATA[";
const PACKED_START = START.charCodeAt(0);
const PACKED_VALUE = VALUE.charCodeAt(0);
/** Bytes of the XML declaration. */
const DECLARATION = 128;

export class Scanner {
	readonly #window: Window;
	readonly #markup: Markup;
	#reference = new Reference();
	#state: State = State.start;
	/** The state after a reference or a CR. */
	#back: State = State.text;
	#kind: Kind = Kind.start;
	/** Position in the token of the colon in the name, or -1. */
	#colon = -1;
	#quote = 0;
	/** Bytes of the value; "]" in a row in text; letters of "CDATA[". */
	#count = 0;
	/** The character of two to four bytes that was last looked at. */
	#code = 0;
	/** Offset of the last "<". */
	#less = 0;
	/** A callback asked for it: scan() returns after the tag. */
	stopped = false;
	/** A callback asked for it: a new stream begins after the tag. */
	restarted = false;

	constructor(window: Window, markup: Markup) {
		this.#window = window;
		this.#markup = markup;
	}

	reset(): void {
		this.#state = State.start;
		this.#reference = new Reference();
		this.restarted = false;
	}

	/** Reads the window to its end, but for a character that is cut. */
	scan(): void {
		const window = this.#window;
		const markup: Markup = this.#markup;
		const bytes = window.bytes;
		const end = window.end;
		const table = classes;
		let state = this.#state;
		let count = this.#count;
		let base = window.base;
		let to = window.to;
		let i = window.at;
		scanning: while (i < end) {
			const from = i;
			let byte: number;
			let size: number;
			switch (state) {
				case State.text:
				case State.cdata: {
					const mask = state === State.text ? Class.text : Class.cdata;
					do {
						while ((table[bytes[i]!]! & mask) !== 0) {
							i++;
						}
						size = bytes[i]! < 0x80 ? 0 : this.#character(i, end);
						i += size;
					} while (size > 0);
					if (i > from) {
						count = 0;
						if (markup.keep) {
							if (to !== from) {
								bytes.copyWithin(to, from, i);
							}
							to = markup.boundText(base, to + i - from, i);
						}
					}
					byte = bytes[i]!;
					if (i === end || byte >= 0x80) {
						break scanning;
					}
					i++;
					if (state === State.text) {
						if (byte === 0x3c) {
							this.#less = window.origin + i - 1;
							state = State.tag;
							break;
						}
						if (byte === 0x26) {
							this.#back = state;
							state = State.reference;
							break;
						}
					}
					if (byte === 0x5d) {
						count++;
					} else if (byte === 0x3e && count >= 2) {
						if (state === State.text) {
							markup.fail("not-well-formed", i - 1, "]]> in text"); // XML 1.0, 2.4
						}
						count = 0;
						state = State.text;
						if (markup.keep) {
							to = markup.boundText(base, to - 2, i);
						}
						break;
					} else {
						count = 0;
						if (byte === 0x0d) {
							this.#back = state;
							state = State.afterReturn;
							byte = 0x0a;
						} else if (byte !== 0x3e) {
							markup.fail("not-well-formed", i - 1, "a character that XML does not allow");
						}
					}
					if (markup.keep) {
						bytes[to++] = byte;
						if (byte !== 0x5d) {
							to = markup.boundText(base, to, i);
						}
					}
					break;
				}
				case State.value:
					do {
						while ((table[bytes[i]!]! & Class.value) !== 0) {
							i++;
						}
						size = bytes[i]! < 0x80 ? 0 : this.#character(i, end);
						i += size;
					} while (size > 0);
					if (i > from) {
						count += i - from;
						if (count > markup.valueBytes) {
							markup.boundValue(count, i);
						}
						if (markup.keep) {
							if (to !== from) {
								bytes.copyWithin(to, from, i);
							}
							to += i - from;
						}
					}
					byte = bytes[i]!;
					if (i === end || byte >= 0x80) {
						break scanning;
					}
					i++;
					if (byte === this.#quote) {
						to = markup.endValue(base, to, i - 1);
						state = State.inTag;
						break;
					}
					if (byte === 0x26) {
						this.#back = state;
						state = State.reference;
						break;
					}
					// white space becomes a space, a CR LF only one (XML 1.0, 2.11 and 3.3.3)
					if (byte === 0x0d) {
						this.#back = state;
						state = State.afterReturn;
						byte = 0x20;
					} else if (byte === 0x0a || byte === 0x09) {
						byte = 0x20;
					} else if (byte !== 0x22 && byte !== 0x27) {
						markup.fail("not-well-formed", i - 1, "a character that no value has");
					}
					markup.boundValue(++count, i);
					if (markup.keep) {
						bytes[to++] = byte;
					}
					break;
				case State.nameStart:
					byte = bytes[i]!;
					if ((table[byte]! & Class.nameStart) === 0) {
						size = byte < 0x80 ? 0 : this.#character(i, end);
						if (size === 0 && byte >= 0x80) {
							break scanning;
						}
						if (size === 0 || !isNameStart(this.#code)) {
							markup.fail("not-well-formed", i, "no name where one has to be");
						}
					}
					state = State.name;
					break;
				case State.name:
					do {
						while ((table[bytes[i]!]! & Class.name) !== 0) {
							i++;
						}
						size = bytes[i]! < 0x80 ? 0 : this.#character(i, end);
						if (size > 0 && !isNameChar(this.#code)) {
							markup.fail("not-well-formed", i, "a character that no name has");
						}
						i += size;
					} while (size > 0);
					if (i > from) {
						if (to !== from) {
							bytes.copyWithin(to, from, i);
						}
						to += i - from;
						markup.boundName(base, to, i);
					}
					byte = bytes[i]!;
					if (i === end || byte >= 0x80) {
						break scanning;
					}
					if (byte === 0x3a) {
						if (this.#colon >= 0) {
							markup.fail("not-well-formed", i, "a name with two colons");
						}
						i++;
						this.#colon = to - base;
						bytes[to++] = byte;
						markup.boundName(base, to, i);
						state = State.nameStart;
					} else if (this.#kind === Kind.attribute) {
						markup.nameAttribute(base, to, this.#colon, i);
						state = State.beforeEquals;
					} else {
						if (this.#kind === Kind.start) {
							markup.nameStartTag(base, to, this.#colon);
							state = State.inTag;
						} else {
							markup.nameEndTag(base, to, i);
							state = State.endTag;
						}
						base = to = i;
					}
					break;
				case State.between:
					while ((table[bytes[i]!]! & Class.space) !== 0) {
						i++;
					}
					byte = bytes[i]!;
					if (i === end || (byte >= 0x80 && this.#character(i, end) === 0)) {
						break scanning;
					}
					if (byte !== 0x3c) {
						markup.failOutside(i);
					}
					this.#less = window.origin + i++;
					base = to = i;
					state = State.tag;
					break;
				case State.tag:
					byte = bytes[i]!;
					if (byte === 0x21 || byte === 0x3f) {
						if (byte === 0x3f) {
							markup.fail("restricted-xml", i, "a processing instruction"); // RFC 6120 11.1
						}
						i++;
						state = State.bang;
						break;
					}
					markup.text(base, to);
					if (byte === 0x2f) {
						i++;
						markup.beginEndTag(i);
						this.#kind = Kind.end;
					} else {
						markup.beginStartTag(this.#less, i);
						this.#kind = Kind.start;
					}
					base = to = i;
					this.#colon = -1;
					state = State.nameStart;
					break;
				case State.beforeAttribute:
					while ((table[bytes[i]!]! & Class.space) !== 0) {
						i++;
					}
					if (i === end) {
						break scanning;
					}
					byte = bytes[i]!;
					if (byte === 0x3e || byte === 0x2f) {
						state = State.inTag;
						break;
					}
					markup.beginAttribute(to - base, i);
					bytes[to++] = PACKED_START;
					this.#kind = Kind.attribute;
					this.#colon = -1;
					state = State.nameStart;
					break;
				case State.beforeEquals:
				case State.beforeValue:
					byte = bytes[i++]!;
					if (state === State.beforeEquals && byte === 0x3d) {
						bytes[to++] = PACKED_VALUE;
						markup.beginValue(to - base);
						state = State.beforeValue;
					} else if (state === State.beforeValue && (byte === 0x27 || byte === 0x22)) {
						this.#quote = byte;
						count = 0;
						state = State.value;
					} else if ((table[byte]! & Class.space) === 0) {
						markup.fail("not-well-formed", i - 1, "an attribute without value");
					}
					break;
				case State.inTag:
				case State.emptyTag:
				case State.endTag:
					byte = bytes[i++]!;
					if (byte === 0x3e) {
						if (state !== State.endTag) {
							markup.open(base, to, i);
						}
						if (state !== State.inTag && !this.restarted) {
							markup.close(i);
						}
						base = to = i;
						count = 0;
						state = this.#afterTag(i);
						if (this.stopped) {
							break scanning;
						}
					} else if (state === State.inTag && byte === 0x2f) {
						state = State.emptyTag;
					} else if (state !== State.emptyTag && (table[byte]! & Class.space) !== 0) {
						state = state === State.inTag ? State.beforeAttribute : state;
					} else {
						markup.fail("not-well-formed", i - 1, "a tag that does not end");
					}
					break;
				case State.afterReturn:
					if (bytes[i] === 0x0a) {
						i++;
					}
					state = this.#back;
					break;
				case State.reference:
					if (!this.#endsReference(bytes[i]!, i++)) {
						break;
					}
					state = this.#back;
					if (state === State.value) {
						count += sizeOf(this.#code);
						markup.boundValue(count, i);
					} else {
						count = 0;
					}
					if (markup.keep) {
						to = writeCodePoint(this.#code, bytes, to);
						if (state !== State.value) {
							to = markup.boundText(base, to, i);
						}
					}
					break;
				case State.declaration:
					while (i < end && bytes[i] !== 0x3e) {
						i++;
					}
					to = i;
					if (to - base > DECLARATION) {
						markup.fail("restricted-xml", base + DECLARATION, "too long for an XML declaration");
					}
					if (i < end) {
						this.#checkDeclaration(base, i);
						base = to = ++i;
						state = State.between;
					}
					break;
				case State.start:
					byte = bytes[i]!;
					if (byte === 0 || byte >= 0xfe) {
						markup.fail("unsupported-encoding", i, "UTF-16 or UTF-32"); // RFC 6120 11.6
					}
					if (byte === 0x3c) {
						this.#less = window.origin + i++;
					}
					state = byte === 0x3c ? State.first : State.between;
					break;
				case State.first:
					byte = bytes[i]!;
					if (byte === 0x3f) {
						i++;
					}
					base = to = i;
					state = byte === 0x3f ? State.declaration : State.tag;
					break;
				case State.bang:
					if (bytes[i] !== 0x5b) {
						markup.fail("restricted-xml", i, "a comment or a declaration"); // RFC 6120 11.1
					}
					i++;
					count = 0;
					state = State.section;
					break;
				case State.section:
					if (bytes[i] !== SECTION.charCodeAt(count)) {
						markup.fail("not-well-formed", i, "no CDATA section");
					}
					i++;
					if (++count === SECTION.length) {
						if (!markup.hasText) {
							markup.failOutside(i - 1);
						}
						count = 0;
						state = State.cdata;
					}
			}
		}
		this.#state = state;
		this.#count = count;
		window.base = base;
		window.to = to;
		window.at = i;
	}

	/** Bytes of the character at `at`, that is not ASCII; its code point goes to #code. 0 when it is cut. */
	#character(at: number, end: number): number {
		const code = characterAt(this.#window.bytes, at, end);
		if (code === MALFORMED) {
			this.#markup.fail("unsupported-encoding", at, "not UTF-8"); // RFC 6120 4.9.3.22
		}
		if (code === CUT) {
			return 0;
		}
		if (code === 0xfffe || code === 0xffff) {
			this.#markup.fail("not-well-formed", at, "a character that XML does not allow");
		}
		this.#code = code;
		return sizeOf(code);
	}

	/** Whether the reference ends with `byte`; its character is in #code then. */
	#endsReference(byte: number, at: number): boolean {
		const code = this.#reference.next(byte);
		if (code < 0) {
			const undeclared = code === UNDECLARED; // RFC 6120 11.1
			this.#markup.fail(undeclared ? "restricted-xml" : "not-well-formed", at, undeclared ? "an entity" : "no reference after &");
		}
		this.#code = code;
		return code !== MORE;
	}

	#checkDeclaration(from: number, to: number): void {
		const bytes = this.#window.bytes;
		for (let at = from; at < to; at++) {
			if ((classes[bytes[at]!]! & Class.char) === 0) {
				this.#markup.fail("not-well-formed", at, "a character that no XML declaration has");
			}
		}
		const problem = checkDeclaration(decodeUnchecked(bytes, from, to));
		if (problem !== undefined) {
			this.#markup.fail(problem, to, "the XML declaration");
		}
	}

	#afterTag(at: number): State {
		if (this.restarted) {
			this.restarted = false;
			this.#window.origin = -at;
			return State.start;
		}
		return this.#markup.hasText ? State.text : State.between;
	}
}
