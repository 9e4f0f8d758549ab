// The state machine over bytes: finds tags, attributes, text. It can be cut at any byte and reads none twice.

import { writeCodePoint } from "../text/utf8.js";
import { Class, classes, sizeOf } from "./characters.js";
import { START, VALUE } from "./element.js";
import type { Markup } from "./markup.js";
import { Prolog } from "./prolog.js";
import type { Window } from "./window.js";

/** What the next byte belongs to. */
const enum State {
	prolog,
	/** Where only white space and tags may stand: outside the stream and between stanzas. */
	between,
	text,
	cdata,
	/** After a CR: a LF belongs to it. */
	afterReturn,
	/** After "<". */
	tag,
	/** In "<![CDATA[". */
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

const PACKED_START = START.charCodeAt(0);
const PACKED_VALUE = VALUE.charCodeAt(0);

export class Scanner {
	readonly #window: Window;
	readonly #markup: Markup;
	#prolog = new Prolog();
	#state: State = State.prolog;
	/** The state after a reference or a CR. */
	#back: State = State.text;
	/** The state after the name: it tells whose name that is. */
	#afterName: State = State.inTag;
	/** Position in the token of the colon in the name, or -1. */
	#colon = -1;
	#quote = 0;
	/** Bytes of the value; "]" in a row in text; letters of "![CDATA[". */
	#count = 0;
	/** Set in a callback: scan() returns after the tag; a new stream begins after the tag. */
	stopped = false;
	restarted = false;

	constructor(window: Window, markup: Markup) {
		this.#window = window;
		this.#markup = markup;
	}

	reset(): void {
		this.#state = State.prolog;
		this.#prolog = new Prolog();
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
			let mask: number;
			let size: number;
			switch (state) {
				case State.text:
				case State.cdata:
					mask = state === State.text ? Class.text : Class.cdata;
					do {
						while ((table[bytes[i]!]! & mask) !== 0) {
							i++;
						}
						size = bytes[i]! < 0x80 ? 0 : markup.character(i, end);
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
					if (byte === 0x3c) {
						state = State.tag;
						break;
					}
					if (byte === 0x26) {
						this.#back = state;
						state = State.reference;
						break;
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
				case State.value:
					do {
						while ((table[bytes[i]!]! & Class.value) !== 0) {
							i++;
						}
						size = bytes[i]! < 0x80 ? 0 : markup.character(i, end);
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
					}
					if ((table[byte]! & Class.space) !== 0) {
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
					if ((table[bytes[i]!]! & Class.nameStart) === 0 && !markup.startsName(i, end)) {
						break scanning;
					}
					state = State.name;
					break;
				case State.name:
					do {
						while ((table[bytes[i]!]! & Class.name) !== 0) {
							i++;
						}
						size = bytes[i]! < 0x80 ? 0 : markup.nameCharacter(i, end);
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
						break;
					}
					state = this.#afterName;
					if (state === State.beforeEquals) {
						markup.nameAttribute(base, to, this.#colon, i);
						break;
					}
					if (state === State.inTag) {
						markup.nameStartTag(base, to, this.#colon);
					} else {
						markup.nameEndTag(base, to, i);
					}
					base = to = i;
					break;
				case State.between:
					while ((table[bytes[i]!]! & Class.space) !== 0) {
						i++;
					}
					byte = bytes[i]!;
					if (i === end || (byte >= 0x80 && markup.character(i, end) === 0)) {
						break scanning;
					}
					if (byte !== 0x3c) {
						markup.failOutside(i);
					}
					base = to = ++i;
					state = State.tag;
					break;
				case State.tag:
					byte = bytes[i]!;
					if (byte === 0x21 || byte === 0x3f) {
						count = 0;
						state = State.section;
						break;
					}
					markup.text(base, to);
					if (byte === 0x2f) {
						markup.beginEndTag(++i);
						this.#afterName = State.endTag;
					} else {
						markup.beginStartTag(i);
						this.#afterName = State.inTag;
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
					this.#afterName = State.beforeEquals;
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
					i += bytes[i] === 0x0a ? 1 : 0;
					state = this.#back;
					break;
				case State.reference:
					if (!markup.endsReference(bytes[i]!, i++)) {
						break;
					}
					state = this.#back;
					if (state === State.value) {
						count += sizeOf(markup.code);
						markup.boundValue(count, i);
					} else {
						count = 0;
					}
					if (markup.keep) {
						to = writeCodePoint(markup.code, bytes, to);
						if (state !== State.value) {
							to = markup.boundText(base, to, i);
						}
					}
					break;
				case State.prolog:
					if (this.#prolog.takes(bytes[i]!)) {
						i++;
					} else {
						state = this.#afterProlog(i);
						base = to = i;
					}
					break;
				case State.section:
					if (markup.endsSection(bytes[i]!, count++, i++)) {
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

	#afterProlog(at: number): State {
		const { problem, isTag } = this.#prolog;
		if (problem !== undefined) {
			this.#markup.fail(problem, at, "no start of a stream");
		}
		return isTag ? State.tag : State.between;
	}

	#afterTag(at: number): State {
		if (this.restarted) {
			this.reset();
			this.#window.origin = -at;
			return State.prolog;
		}
		return this.#markup.hasText ? State.text : State.between;
	}
}
