// Looks at every byte from the network, once, and makes tokens of them: XML 1.0, as RFC 6120 section 11 narrows it, and no namespaces yet.

import { CUT, characterAt, decodeUnchecked, MALFORMED, sizeOf, writeCodePoint } from "../text/utf8.js";
import { Class, classes, isChar, isNameChar, isNameStart } from "./characters.js";
import { Element, START, VALUE } from "./element.js";
import type { XMLBounds, XMLCondition } from "./error.js";

export const enum Token {
	/** All bytes were taken, and no token has ended. */
	none,
	open,
	/** A start tag that is the end tag too. */
	empty,
	close,
	/** Of a text, a piece. */
	text,
	declaration,
	refused
}

export const enum Mark {
	/** An attribute that declares no namespace has a prefix. */
	prefixed = 1,
	/** The start tag breaks a bound that only ends the stanza. */
	large = 2,
	/** Of an end tag: its start tag declared namespaces. */
	declares = 4
}

/** What the next byte belongs to. */
const enum State {
	content,
	section,
	reference,
	/** After "<". */
	less,
	/** After "<!" or "<?". */
	special,
	endTag,
	/** The name of an element, and what follows until its tag ends. */
	name,
	tag,
	attribute,
	equals,
	quote,
	value,
	/** After "/" in a start tag, or "?" in the declaration. */
	last
}

/** Kinds of records in the buffer, by their first byte: an attribute whole, as Element has it, or its name alone. */
const enum Kind {
	whole = 1,
	/** Between name and value. */
	value = 2,
	name = 3
}

/** Depth of the stanza that may have to be answered, so that all is kept of its start tag that fits. */
const STANZA = 2;
const SECTION = "[CDATA[";
const DECLARATION = "xml";
const XMLNS = "xmlns";
/** The bit beside the length of an open element's name that says that it declares namespaces. */
const DECLARES = 0x80;
/** Bytes of the buffer that is kept. */
const KEPT = 256;

/** What ends a run of bytes that are as they are. */
const inText = Class.inText | Class.bad;
const inSection = Class.inSection | Class.bad;
const inValue = Class.inValue | Class.bad;

/**
 * A machine that can stop behind any byte. What is refused, and where, depends on no cut: always at the byte by which it is known,
 * but for the start tag of the stream, which is refused at its "<" where it breaks a bound, as nobody could skip it.
 */
export class Scanner {
	/** Of a start tag: its name as written. Of a refusal: the XMLCondition. */
	name = "";
	/** Of a start tag: attributes that are kept, packed as Element has them, but with the prefix as written. Of text: the piece. */
	value = "";
	/** Of a start tag with Mark.prefixed: the names that have a prefix of attributes that are not in `value`, packed without values. */
	names = "";
	/** Of a start tag: the namespaces that it declares, `\x01prefix\x02namespace` after each other; without prefix, of the default one. */
	declarations = "";
	/** Of a start or an end tag: of Mark. */
	marks = 0;
	/** Bytes of the piece of text. */
	size = 0;
	/** The index behind the token. */
	at = 0;
	/** Offset in the stream of a start tag's "<", or of the refused byte. */
	offset = 0;

	readonly #bounds: XMLBounds;
	#state = State.content;
	/** Open elements. */
	#depth = 0;
	/** The root was closed. */
	#ended = false;
	/** Names of the open elements, each with its length in two bytes behind it; on top, the records of a start tag. */
	#buffer = new Uint8Array(KEPT);
	#length = 0;
	/** In it: where the records begin, the last one of them, the name in that, the part of the name before or after the colon. */
	#top = 0;
	#record = 0;
	#from = 0;
	#part = 0;
	/** Offset of the next byte. */
	#read = 0;
	/** The first bytes of a character that is cut, and how many. */
	readonly #character = new Uint8Array(4);
	#held = 0;
	/** Offset beyond which a name, white space in a tag, or a reference must not go. */
	#limit = Infinity;
	/** A CR came before. */
	#return = false;
	/** How many "]" came before, up to two. */
	#brackets = 0;
	/** Bytes that were recognised: of an end tag's name, of "[CDATA[" or "xml". */
	#matched = 0;
	#isDeclaration = false;
	/** Attributes of the start tag are wanted. */
	#kept = false;
	/** Its attributes; bits of their names' hashes; bytes of records that are names alone; bytes of declarations. */
	#count = 0;
	#hashes = 0;
	#dropped = 0;
	#declared = 0;
	#spaced = false;
	/** Of the value: what ends it, its bytes, whether it is kept, whether it is a namespace. */
	#quote = 0;
	#bytes = 0;
	#whole = false;
	#declares = false;
	/** Of a reference: what follows the "&", without digits; the number. */
	#reference = "";
	#code = 0;
	#inValue = false;

	constructor(bounds: XMLBounds) {
		this.#bounds = bounds;
	}

	/** A new stream. */
	restart(): void {
		this.#state = State.content;
		this.#depth = this.#length = this.#read = this.#held = this.#brackets = 0;
		this.#limit = Infinity;
		this.#ended = this.#return = false;
	}

	/** Reads on to the end of the next token. `kept`: of what begins here the text is wanted, or the attributes. */
	scan(bytes: Uint8Array, from: number, kept: boolean): Token {
		if (this.#held > 0) {
			const character = this.#character;
			for (; characterAt(character, 0, this.#held) === CUT; this.#read++) {
				if (from === bytes.length) {
					this.at = from;
					return Token.none;
				}
				character[this.#held++] = bytes[from++]!;
			}
			const token = this.run(character, 0, this.#held, this.#read - this.#held, kept);
			if (this.at > 0) this.#held = 0;
			this.at = from;
			if (token !== Token.none) return token;
		}
		const token = this.run(bytes, from, bytes.length, this.#read - from, kept);
		this.#read += this.at - from;
		return token;
	}

	/** `base` is the offset of index 0. */
	private run(bytes: Uint8Array, i: number, end: number, base: number, kept: boolean): Token {
		while (i < end) {
			const byte = bytes[i]!;
			const bits = classes[byte]!;
			let code = byte;
			let size = 1;
			if (base + i > this.#limit) return this.refuse("policy-violation", this.#limit + 1);
			if ((bits & (Class.wide | Class.bad)) !== 0) {
				code = characterAt(bytes, i, end);
				if (code === CUT) {
					this.#character.set(bytes.subarray(i, end));
					this.#held = end - i;
					break;
				}
				// RFC 6120 4.9.3.22 and 11.6: not UTF-8, or UTF-16
				if (code === MALFORMED || (code === 0 && base + i === 0)) return this.refuse("unsupported-encoding", base + i);
				if (!isChar(code)) return this.refuse("not-well-formed", base + i);
				size = sizeOf(code);
			}
			switch (this.#state) {
				case State.content:
				case State.section: {
					const inside = this.#state === State.section;
					if (byte === 0x3c && !inside && !this.#return) {
						this.#state = State.less;
						this.#limit = base + i++ + this.#bounds.hardNameBytes;
						continue;
					}
					if (this.#depth < STANZA) {
						if ((bits & Class.space) === 0) return this.refuse(this.outside(), base + i);
						i++;
						continue;
					}
					if (this.#return) {
						// XML 1.0, 2.11
						this.#return = false;
						if (byte !== 0x0a && kept) return this.give("\n", 1, i);
						continue;
					}
					if (byte === 0x0d && this.#brackets === 0) {
						this.#return = true;
						i++;
						continue;
					}
					let to = i;
					if (inside) {
						const brackets = this.#brackets;
						if (byte === 0x5d) {
							i++;
							if (brackets === 2) {
								if (kept) return this.give("]", 1, i);
							} else this.#brackets++;
							continue;
						}
						if (brackets > 0) {
							this.#brackets = 0;
							if (brackets === 2 && byte === 0x3e) {
								this.#state = State.content;
								i++;
							} else if (kept) return this.give(brackets === 2 ? "]]" : "]", brackets, i);
							continue;
						}
						to = pass(bytes, i, end, inSection);
					} else {
						for (;;) {
							to = pass(bytes, to, end, inText);
							// XML 1.0, 2.4
							if (to === end || bytes[to] !== 0x3e || this.brackets(bytes, i, to) === 2) break;
							to++;
						}
						this.#brackets = this.brackets(bytes, i, to);
						if (to === i) {
							if (byte === 0x3e) return this.refuse("not-well-formed", base + i);
							this.#brackets = 0;
							if (byte === 0x26) this.refer(false, base + i++);
							continue;
						}
					}
					if (kept) return this.give(decodeUnchecked(bytes, i, to), to - i, to);
					i = to;
					continue;
				}
				case State.less:
					this.#brackets = 0;
					if (byte === 0x2f && this.#depth > 0) {
						this.#state = State.endTag;
						this.#matched = this.before(this.#length);
						break;
					}
					if (byte === 0x21 || (byte === 0x3f && base + i === 1)) {
						this.#state = State.special;
						this.#isDeclaration = byte === 0x3f;
						this.#matched = 0;
						break;
					}
					if (byte === 0x3f) return this.refuse("restricted-xml", base + i); // RFC 6120 11.1
					if (this.#ended) return this.refuse("not-well-formed", base + i);
					if (this.#depth >= this.#bounds.hardDepth) return this.refuse("policy-violation", base + i);
					this.begin(base + i - 1, kept, State.name);
					continue;
				case State.special: {
					const word = this.#isDeclaration ? DECLARATION : SECTION;
					const matched = this.#matched++;
					if (matched === word.length) {
						// "<?xml" and a space
						if ((bits & Class.space) === 0) return this.refuse("restricted-xml", base + i);
						this.begin(0, true, State.tag);
						this.#top = this.#length;
						continue;
					}
					if (byte !== word.charCodeAt(matched)) {
						return this.refuse(matched > 0 && !this.#isDeclaration ? "not-well-formed" : "restricted-xml", base + i);
					}
					if (!this.#isDeclaration && matched + 1 === word.length) {
						if (this.#depth < STANZA) return this.refuse(this.outside(), base + i);
						this.#state = State.section;
						this.#limit = Infinity;
					}
					break;
				}
				case State.endTag: {
					const buffer = this.#buffer;
					const stop = this.#length - 2;
					let at = this.#matched;
					if (at < stop) {
						for (const to = i + size; i < to; i++, at++) {
							if (bytes[i] !== buffer[at]) return this.refuse("not-well-formed", base + to - size);
						}
						while (i < end && at < stop && bytes[i] === buffer[at] && buffer[at]! < 0x80) {
							i++;
							at++;
						}
						this.#matched = at;
						continue;
					}
					if (byte === 0x3e) return this.close(i + 1);
					if ((bits & Class.space) === 0) return this.refuse("not-well-formed", base + i);
					break;
				}
				case State.name:
				case State.attribute: {
					const first = this.#length === this.#part;
					let to = i;
					if (first ? isNameStart(code) : isNameChar(code)) {
						to += size;
						const most = Math.min(end, i + this.#bounds.hardNameBytes);
						while (to < most && (classes[bytes[to]!]! & Class.name) !== 0) to++;
						this.append(bytes, i, to);
						i = to;
						continue;
					}
					if (first || size > 1) return this.refuse("not-well-formed", base + i);
					if (byte === 0x3a) {
						// Namespaces in XML 1.0, 4
						if (this.#part > this.#from) return this.refuse("not-well-formed", base + i);
						this.append(bytes, i, ++i);
						this.#part = this.#length;
						continue;
					}
					if (!(this.#state === State.name ? this.endName(base + i) : this.endAttributeName(base + i))) return Token.refused;
					continue;
				}
				case State.tag:
					if ((bits & Class.space) !== 0) {
						this.#spaced = true;
						break;
					}
					if (byte === 0x3e && !this.#isDeclaration) return this.open(Token.open, i + 1);
					if (byte === (this.#isDeclaration ? 0x3f : 0x2f)) {
						this.#state = State.last;
						break;
					}
					if (!this.#spaced) return this.refuse("not-well-formed", base + i);
					if (++this.#count > this.#bounds.hardAttributes) return this.refuse("policy-violation", base + i);
					this.#state = State.attribute;
					this.#record = this.#length;
					this.put(Kind.whole);
					this.#from = this.#part = this.#length;
					continue;
				case State.equals:
					if (byte === 0x3d) this.#state = State.quote;
					else if ((bits & Class.space) === 0) return this.refuse("not-well-formed", base + i);
					break;
				case State.quote:
					if (byte === 0x22 || byte === 0x27) {
						this.#quote = byte;
						this.#state = State.value;
						this.#limit = this.offset + this.#bounds.stanzaBytes - 1;
					} else if ((bits & Class.space) === 0) return this.refuse("not-well-formed", base + i);
					break;
				case State.value: {
					const to = pass(bytes, i, end, inValue);
					if (to > i) {
						this.#return = false;
						if (!this.take(bytes, i, to, base + i)) return Token.refused;
						i = to;
						continue;
					}
					if (byte === this.#quote) {
						if (!this.endValue(base + i)) return Token.refused;
						break;
					}
					if (byte === 0x3c || (byte === 0x26 && this.#isDeclaration)) return this.refuse("not-well-formed", base + i);
					if (byte === 0x26) this.refer(true, base + i);
					else if ((bits & Class.space) === 0) {
						if (!this.take(bytes, i, i + 1, base + i)) return Token.refused;
					} else if (byte !== 0x0a || !this.#return) {
						// XML 1.0, 2.11 and 3.3.3
						if (!this.take(SPACE, 0, 1, base + i)) return Token.refused;
					}
					this.#return = byte === 0x0d;
					break;
				}
				case State.reference: {
					if (byte !== 0x3b) {
						const condition = this.readReference(byte);
						if (condition !== undefined) return this.refuse(condition, base + i);
						break;
					}
					const reference = this.#reference;
					const isNumber = reference === "" || reference.startsWith("#");
					const meant = isNumber ? this.#code : entity(reference);
					if (meant <= 0 || !isChar(meant)) return this.refuse(isNumber ? "not-well-formed" : "restricted-xml", base + i);
					const count = writeCodePoint(meant, this.#character, 0);
					this.#state = this.#inValue ? State.value : State.content;
					this.#limit = this.#inValue ? this.offset + this.#bounds.stanzaBytes - 1 : Infinity;
					if (this.#inValue) {
						if (!this.take(this.#character, 0, count, base + i)) {
							this.offset = Math.min(this.offset, base + i);
							return Token.refused;
						}
					} else if (kept) return this.give(String.fromCodePoint(meant), count, i + 1);
					break;
				}
				default:
					if (byte !== 0x3e) return this.refuse("not-well-formed", base + i);
					return this.#isDeclaration ? this.endDeclaration(base + i, i + 1) : this.open(Token.empty, i + 1);
			}
			i += size;
		}
		if (base + end > this.#limit + 1) return this.refuse("policy-violation", this.#limit + 1);
		this.at = end;
		return Token.none;
	}

	private refuse(condition: XMLCondition, offset: number): Token {
		this.name = condition;
		this.offset = offset;
		return Token.refused;
	}

	/** Why there is no text here: RFC 6120 11.7 allows white space between stanzas. */
	private outside(): XMLCondition {
		return this.#depth === 1 ? "bad-format" : "not-well-formed";
	}

	private give(piece: string, size: number, at: number): Token {
		this.value = piece;
		this.size = size;
		this.at = at;
		return Token.text;
	}

	/** How many "]" end what was read up to `to`, up to two. */
	private brackets(bytes: Uint8Array, from: number, to: number): number {
		if (to === from) return this.#brackets;
		if (bytes[to - 1] !== 0x5d) return 0;
		const before = to - 1 > from ? bytes[to - 2] === 0x5d : this.#brackets > 0;
		return before ? 2 : 1;
	}

	/** A start tag begins, or the declaration. */
	private begin(offset: number, kept: boolean, state: State): void {
		this.offset = offset;
		this.#kept = kept;
		this.#isDeclaration = state === State.tag;
		this.#state = state;
		this.#from = this.#part = this.#length;
		this.names = this.declarations = "";
		this.marks = this.#count = this.#hashes = this.#dropped = this.#declared = 0;
		this.#spaced = false;
	}

	/** A bound is broken that only ends the stanza. False where there is none: nobody skips a stream. */
	private exceed(): boolean {
		this.marks |= Mark.large;
		if (this.#depth === 0) {
			this.name = "policy-violation";
			return false;
		}
		if (this.#depth >= STANZA) this.#kept = false;
		return true;
	}

	/** Of an element. False when it is refused, as the next four. */
	private endName(offset: number): boolean {
		const bounds = this.#bounds;
		const length = this.#length - this.#from;
		this.name = decodeUnchecked(this.#buffer, this.#from, this.#length);
		this.put(length >> 8);
		this.put(length & 0xff);
		this.#top = this.#length;
		this.#state = State.tag;
		this.#limit = offset + bounds.hardNameBytes;
		if (this.#top > bounds.openBytes) {
			this.refuse("policy-violation", offset);
			return false;
		}
		return (this.#depth < bounds.depth && length <= bounds.nameBytes) || this.exceed();
	}

	private endAttributeName(offset: number): boolean {
		const buffer = this.#buffer;
		const from = this.#from;
		const length = this.#length - from;
		const colon = this.#part > from;
		// "xmlns", alone or before a colon
		let at = 0;
		while (at < 5 && buffer[from + at] === XMLNS.charCodeAt(at)) at++;
		this.#declares = at === 5 && (colon ? this.#part === from + 6 : length === 5);
		let isNew: boolean;
		if (this.#declares) {
			isNew = this.declarations === "" || !this.declarations.includes(START + this.prefix() + VALUE);
		} else {
			isNew = this.isNew(from, length);
			if (colon) this.marks |= Mark.prefixed;
		}
		if (!isNew) {
			this.refuse("not-well-formed", offset);
			return false;
		}
		this.put(Kind.value);
		this.#state = State.equals;
		this.#bytes = 0;
		const bounds = this.#bounds;
		if ((this.#count > bounds.attributes || length > bounds.nameBytes) && !this.exceed()) return false;
		this.#whole = this.#kept || this.#declares;
		return true;
	}

	/** Of the declaration that is the last record. */
	private prefix(): string {
		const at = this.#part;
		return at === this.#from ? "" : decodeUnchecked(this.#buffer, at, this.#length);
	}

	/** Whether no other attribute has the name. */
	private isNew(from: number, length: number): boolean {
		const buffer = this.#buffer;
		const bit = 1 << ((buffer[from]! + buffer[from + length - 1]! * 3 + length * 5) & 31);
		const seen = (this.#hashes & bit) !== 0;
		this.#hashes |= bit;
		if (!seen) return true;
		for (let record = this.#top; record < this.#record; record++) {
			if (buffer[record] !== Kind.whole && buffer[record] !== Kind.name) continue;
			let at = 0;
			while (at < length && buffer[record + 1 + at] === buffer[from + at]) at++;
			if (at === length && buffer[record + 1 + at] === Kind.value) return false;
		}
		return true;
	}

	/** More of a value, whose first byte stands at the offset. */
	private take(bytes: Uint8Array, from: number, to: number, offset: number): boolean {
		const bounds = this.#bounds;
		this.#bytes += to - from;
		if (this.#declares) {
			if (this.#bytes > bounds.namespaceBytes && !this.exceed()) return false;
			const over = this.#declared + this.#dropped + this.#bytes - bounds.openBytes;
			if (over > 0) {
				this.refuse("policy-violation", offset + to - from - over);
				return false;
			}
		} else if (
			this.#bytes > bounds.attributeBytes ||
			(this.#whole && this.#length + to - from - this.#top - this.#dropped > bounds.builtBytes)
		) {
			this.#whole = false;
			if (!this.exceed()) return false;
		}
		if (this.#whole) this.append(bytes, from, to);
		return true;
	}

	private endValue(offset: number): boolean {
		const buffer = this.#buffer;
		const record = this.#record;
		this.#state = State.tag;
		this.#limit = offset + 1 + this.#bounds.hardNameBytes;
		this.#spaced = this.#return = false;
		if (this.#declares) {
			const value = this.#length - this.#bytes;
			const namespace = decodeUnchecked(buffer, value, this.#length);
			this.#length = value - 1;
			this.declarations += START + this.prefix() + VALUE + namespace;
			this.#declared += this.#bytes + this.#length - record;
			this.#length = record;
		} else if (!this.#whole || this.#length - this.#top - this.#dropped > this.#bounds.builtBytes) {
			if (this.#whole && !this.exceed()) return false;
			// without its value
			let at = record;
			while (buffer[at] !== Kind.value) at++;
			this.#length = at + 1;
			buffer[record] = Kind.name;
			this.#dropped += at + 1 - record;
		}
		if (this.#declared + this.#dropped <= this.#bounds.openBytes) return true;
		this.refuse("policy-violation", offset);
		return false;
	}

	private open(token: Token, at: number): Token {
		const top = this.#top;
		const length = this.#length;
		const dropped = this.#dropped;
		this.value = dropped === 0 ? decodeUnchecked(this.#buffer, top, length) : this.records(Kind.whole);
		if (dropped > 0 && (this.marks & Mark.prefixed) !== 0) this.names = this.records(Kind.name);
		if (token === Token.open) {
			this.#depth++;
			if (this.declarations !== "") this.#buffer[top - 2]! |= DECLARES;
			this.#length = top;
		} else {
			this.#length = this.before(top);
			if (this.#depth === 0) this.#ended = true;
		}
		return this.end(token, at);
	}

	/** Those of one kind. */
	private records(kind: Kind): string {
		const buffer = this.#buffer;
		let all = "";
		for (let from = this.#top; from < this.#length; ) {
			let to = from + 1;
			while (to < this.#length && buffer[to] !== Kind.whole && buffer[to] !== Kind.name) to++;
			if (buffer[from] === kind) all += START + decodeUnchecked(buffer, from + 1, to);
			from = to;
		}
		return all;
	}

	private close(at: number): Token {
		const length = this.#length;
		this.marks = (this.#buffer[length - 2]! & DECLARES) === 0 ? 0 : Mark.declares;
		this.#length = this.before(length);
		if (--this.#depth === 0) this.#ended = true;
		return this.end(Token.close, at);
	}

	/** XML 1.0, 2.8. */
	private endDeclaration(offset: number, at: number): Token {
		const packed = decodeUnchecked(this.#buffer, this.#top, this.#length);
		const declaration = new Element("", "", packed);
		const version = declaration.attribute("version") ?? "";
		const encoding = declaration.attribute("encoding");
		const standalone = declaration.attribute("standalone");
		let expected = `${START}version${VALUE}${version}`;
		if (encoding !== undefined) expected += `${START}encoding${VALUE}${encoding}`;
		if (standalone !== undefined) expected += `${START}standalone${VALUE}${standalone}`;
		const stands = standalone === undefined || standalone === "yes" || standalone === "no";
		if (!stands || packed !== expected || this.declarations !== "" || !isVersion(version)) return this.refuse("not-well-formed", offset);
		// RFC 6120 11.6
		if (encoding !== undefined && encoding.toLowerCase() !== "utf-8") return this.refuse("unsupported-encoding", offset);
		this.#length = this.#top;
		return this.end(Token.declaration, at);
	}

	/** A tag has ended. */
	private end(token: Token, at: number): Token {
		this.#state = State.content;
		this.#limit = Infinity;
		this.at = at;
		if (this.#buffer.length > KEPT && this.#length <= KEPT) this.#buffer = this.#buffer.slice(0, KEPT);
		return token;
	}

	private refer(inValue: boolean, offset: number): void {
		this.#state = State.reference;
		this.#limit = offset + this.#bounds.hardNameBytes;
		this.#reference = "";
		this.#code = -1;
		this.#inValue = inValue;
	}

	/** One more byte of a reference (XML 1.0, 4.1). */
	private readReference(byte: number): XMLCondition | undefined {
		const reference = this.#reference;
		if (byte === (reference === "" ? 0x23 : reference === "#" && this.#code < 0 ? 0x78 : -1)) {
			this.#reference += String.fromCharCode(byte);
			return;
		}
		if (reference.startsWith("#")) {
			const base = reference === "#" ? 10 : 16;
			const digit = Number.parseInt(String.fromCharCode(byte), base);
			if (!(digit >= 0)) return "not-well-formed";
			this.#code = Math.min(Math.max(this.#code, 0) * base + digit, 0x110000);
			return undefined;
		}
		if (byte < 0x61 || byte > 0x7a || reference.length === 4) return reference === "" ? "not-well-formed" : "restricted-xml"; // RFC 6120 11.1
		this.#reference += String.fromCharCode(byte);
		return undefined;
	}

	/** Where the name of an open element begins that is followed by its length up to the index. */
	private before(end: number): number {
		const buffer = this.#buffer;
		return end - 2 - (((buffer[end - 2]! & ~DECLARES) << 8) | buffer[end - 1]!);
	}

	private put(byte: number): void {
		if (this.#length === this.#buffer.length) this.grow(1);
		this.#buffer[this.#length++] = byte;
	}

	private append(bytes: Uint8Array, from: number, to: number): void {
		let length = this.#length;
		if (length + to - from > this.#buffer.length) this.grow(to - from);
		const buffer = this.#buffer;
		while (from < to) buffer[length++] = bytes[from++]!;
		this.#length = length;
	}

	private grow(count: number): void {
		const old = this.#buffer;
		this.#buffer = new Uint8Array(Math.max(old.length * 2, this.#length + count));
		this.#buffer.set(old);
	}
}

const SPACE = new Uint8Array([0x20]);

/** The index of the first byte of the classes, or of what is no character, or is cut. */
function pass(bytes: Uint8Array, i: number, end: number, stop: number): number {
	while (i < end) {
		const bits = classes[bytes[i]!]!;
		if ((bits & stop) !== 0) break;
		if (bits === Class.wide) {
			const code = characterAt(bytes, i, end);
			if (code < 0 || !isChar(code)) break;
			i += sizeOf(code);
		} else i++;
	}
	return i;
}

/** The five (XML 1.0, 4.6); 0 is none. */
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
			return 0;
	}
}

/** '1.' [0-9]+ */
function isVersion(text: string): boolean {
	let at = 2;
	while (text.charAt(at) >= "0" && text.charAt(at) <= "9") at++;
	return at > 2 && at === text.length && text.startsWith("1.");
}
