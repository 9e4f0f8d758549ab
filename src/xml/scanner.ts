// Looks at every byte from the network, once, and makes tokens of them: XML 1.0, as RFC 6120 section 11 narrows it, but for namespaces.

import { CUT, characterAt, decodeUnchecked, MALFORMED, sizeOf, writeCodePoint } from "../text/utf8.js";
import { Class, classes, isChar, isNameChar, isNameStart } from "./characters.js";
import { Element, START, VALUE } from "./element.js";
import { type XMLBounds, type XMLCondition, XMLError } from "./error.js";

export const enum Token {
	/** All bytes were taken, and no token has ended. */
	none,
	open,
	/** A start tag that is the end tag too. */
	empty,
	close,
	/** A piece of text. */
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
	text,
	section,
	value,
	reference,
	/** Behind "<"; behind "<!" or "<?"; behind "</". */
	less,
	special,
	endTag,
	name,
	/** In a start tag, or the declaration: outside of attributes, and from a name to the value. */
	tag,
	attribute,
	equals,
	quote,
	/** Behind its "/", or "?". */
	last
}

/** Depth of a stanza. It may have to be answered: of its start tag all is kept that fits. */
const STANZA = 2;
const SECTION = "[CDATA[";
const ENTITIES = ";lt;<;gt;>;amp;&;quot;\";apos;';";
const SPACE = new Uint8Array([0x20]);
/** Bytes of the buffer that is kept. */
const KEPT = 256;
/** Beside the length of an open element's name: it declares namespaces. */
const DECLARES = 0x80;

/**
 * A machine that can stop behind any byte. What is refused, and where, depends on no cut: it is always the byte by which it is
 * known, but for the start tag of the stream, which is refused at its "<" where it breaks a bound: nobody skips a stream.
 */
export class Scanner {
	/** Of a start tag: its name as written. Of what is refused: the XMLCondition. */
	name = "";
	/** Of a start tag: the attributes that are kept, packed as Element has them, but with prefixes. Of text: the piece. */
	value = "";
	/** Of a start tag with Mark.prefixed: the names of the other attributes, packed without values. */
	names = "";
	/** Of a start tag: the namespaces that it declares, as if prefixes were attributes; "" is that of the default one. */
	declarations = "";
	/** Of a tag: of Mark. */
	marks = 0;
	/** Bytes of the piece of text. */
	size = 0;
	/** The index behind the token. */
	at = 0;
	/** Offset in the stream of the start tag's "<", or of the byte that is refused. */
	offset = 0;

	readonly #bounds: XMLBounds;
	#state = State.text;
	/** Open elements. */
	#depth = 0;
	/** The root was closed. */
	#ended = false;
	/** The names of the open elements, each with its length in two bytes behind it, and from #top on the attributes of a start tag. */
	#buffer = new Uint8Array(KEPT);
	#length = 0;
	#top = 0;
	/** Where in it the last name begins, and where its part behind the colon. */
	#from = 0;
	#part = 0;
	/** Where the last value begins. */
	#value = 0;
	/** Offset of the next byte. */
	#read = 0;
	/** The first bytes of a character that is cut. */
	readonly #character = new Uint8Array(4);
	#held = 0;
	/** Offset beyond which a name, white space in a tag, a reference or a value must not go. */
	#limit = Infinity;
	/** A CR was the last. */
	#return = false;
	/** How many "]" are held back, until it is known whether they end the section. */
	#brackets = 0;
	/** Bytes of "[CDATA[" or "xml" that were recognised; where the rest begins of the end tag's name. */
	#matched = 0;
	#isDeclaration = false;
	/** Of the start tag: attributes are wanted; how many there are; bits of the hashes of their names; bytes that are not in `value`. */
	#kept = false;
	#count = 0;
	#hashes = 0;
	#dropped = 0;
	#spaced = false;
	/** Of the value: what ends it, its bytes, whether it is kept, whether it is a namespace. */
	#quote = 0;
	#bytes = 0;
	#whole = false;
	#declares = false;
	/** Of the reference: where it is; its name, or "#" or "#x"; its number. */
	#back = State.text;
	#entity = "";
	#code = 0;

	constructor(bounds: XMLBounds) {
		this.#bounds = bounds;
	}

	/** A new stream begins. */
	restart(): void {
		this.#state = State.text;
		this.#depth = this.#length = this.#read = this.#held = this.#brackets = 0;
		this.#limit = Infinity;
		this.#ended = this.#return = false;
	}

	/** Reads on to the end of the next token. `kept`: the text is wanted, and of a start tag that begins here the attributes. */
	scan(bytes: Uint8Array, from: number, kept: boolean): Token {
		try {
			if (this.#held > 0) {
				const character = this.#character;
				for (; characterAt(character, 0, this.#held) === CUT; this.#read++) {
					this.at = from;
					if (from === bytes.length) return Token.none;
					character[this.#held++] = bytes[from++]!;
				}
				const token = this.run(character, this.#held, 0, this.#read - this.#held, kept);
				if (this.at > 0) this.#held = 0;
				this.at = from;
				if (token !== Token.none) return token;
			}
			const token = this.run(bytes, bytes.length, from, this.#read - from, kept);
			this.#read += this.at - from;
			return token;
		} catch (error) {
			if (!(error instanceof XMLError)) throw error;
			this.name = error.condition;
			this.offset = error.offset;
			return Token.refused;
		}
	}

	/** From index `i` to `end`; `base` is the offset of index 0. No case leaves the loop by itself: XS 13.3 would leave a slot behind. */
	private run(bytes: Uint8Array, end: number, i: number, base: number, kept: boolean): Token {
		let to = i;
		for (; i < end; i = to) {
			const byte = bytes[i]!;
			const bits = classes[byte]!;
			const isSpace = (bits & Class.space) !== 0;
			let code = byte;
			if (base + i > this.#limit) break;
			to = i + 1;
			if ((bits & Class.special) !== 0) {
				code = characterAt(bytes, i, end);
				if (code === CUT) {
					this.#character.set(bytes.subarray(i, end));
					this.#held = end - i;
					break;
				}
				// RFC 6120 4.9.3.22 and 11.6: not UTF-8, or UTF-16
				if (code === MALFORMED || (code === 0 && base + i === 0)) refuse("unsupported-encoding", base + i);
				if (!isChar(code)) refuse("not-well-formed", base + i);
				to = i + sizeOf(code);
			}
			switch (this.#state) {
				case State.text:
				case State.section: {
					if (this.#depth < STANZA && byte !== 0x3c) {
						if (!isSpace) this.refuseOutside(base + i);
						break;
					}
					const isText = this.#state === State.text;
					const brackets = this.#brackets;
					const skipped = byte === 0x0a && this.#return;
					this.#return = byte === 0x0d;
					if (skipped) break; // XML 1.0, 2.11
					if (byte === 0x5d && brackets < 2) {
						this.#brackets++;
						break;
					}
					if (brackets > 0 && byte !== 0x5d) {
						this.#brackets = 0;
						if (brackets === 2 && byte === 0x3e) {
							if (isText) refuse("not-well-formed", base + i); // XML 1.0, 2.4
							this.#state = State.text;
							break;
						}
						if (kept) return this.give(brackets === 2 ? "]]" : "]", brackets, i);
					}
					if ((bits & Class.inText) === 0) {
						to = pass(bytes, to, end, Class.inText | Class.special);
						if (kept) return this.give(decodeUnchecked(bytes, i, to), to - i, to);
					} else if (isText && byte === 0x3c) {
						this.#state = State.less;
						this.#limit = base + i + this.#bounds.hardNameBytes;
					} else if (isText && byte === 0x26) this.refer(State.text, base + i);
					else if (kept) return this.give(byte === 0x0d ? "\n" : String.fromCharCode(byte), 1, to);
					break;
				}
				case State.value:
					if ((bits & Class.inValue) === 0) {
						to = pass(bytes, to, end, Class.inValue | Class.special);
						this.take(bytes, i, to, base + i);
					} else if (byte === this.#quote) this.endValue(base + i);
					else if (byte === 0x3c || (byte === 0x26 && this.#isDeclaration)) refuse("not-well-formed", base + i);
					else if (byte === 0x26) this.refer(State.value, base + i);
					else if (!isSpace) this.take(bytes, i, to, base + i);
					else if (byte !== 0x0a || !this.#return) this.take(SPACE, 0, 1, base + i); // XML 1.0, 2.11 and 3.3.3
					this.#return = byte === 0x0d;
					break;
				case State.reference:
					if (byte !== 0x3b) this.readReference(byte, base + i);
					else if (this.endReference(base + i) && kept) return this.give(this.value, this.size, to);
					break;
				case State.less:
					if (byte === 0x2f && this.#depth > 0) {
						this.#state = State.endTag;
						this.#matched = this.before(this.#length);
						break;
					}
					this.#state = State.special;
					this.#isDeclaration = byte === 0x3f;
					this.#matched = 0;
					if (byte === 0x21 || (byte === 0x3f && base + i === 1)) break;
					if (byte === 0x3f) refuse("restricted-xml", base + i); // RFC 6120 11.1
					if (this.#ended) refuse("not-well-formed", base + i);
					if (this.#depth >= this.#bounds.hardDepth) refuse("policy-violation", base + i);
					this.begin(base + i - 1, kept, State.name);
					to = i;
					break;
				case State.special: {
					const matched = this.#matched++;
					if (this.#isDeclaration && matched === 3) {
						if (!isSpace) refuse("restricted-xml", base + i);
						this.begin(0, true, State.tag);
						this.#top = this.#length;
						to = i;
					} else if (byte !== (this.#isDeclaration ? "xml" : SECTION).charCodeAt(matched)) {
						refuse(matched > 0 && !this.#isDeclaration ? "not-well-formed" : "restricted-xml", base + i); // RFC 6120 11.1
					} else if (this.#matched === SECTION.length) {
						if (this.#depth < STANZA) this.refuseOutside(base + i);
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
						// character by character, so that none is cut
						for (let n = i; n < to; n++) if (bytes[n] !== buffer[at++]) refuse("not-well-formed", base + i);
						for (; to < end && at < stop && bytes[to] === buffer[at] && buffer[at]! < 0x80; to++) at++;
						this.#matched = at;
					} else if (byte === 0x3e) return this.close(to);
					else if (!isSpace) refuse("not-well-formed", base + i);
					break;
				}
				case State.name:
				case State.attribute: {
					const isFirst = this.#length === this.#part;
					if (isFirst ? isNameStart(code) : isNameChar(code)) {
						const most = Math.min(end, i + this.#bounds.hardNameBytes);
						while (to < most && (classes[bytes[to]!]! & Class.name) !== 0) to++;
						this.append(bytes, i, to);
					} else if (isFirst || code >= 0x80 || (byte === 0x3a && this.#part > this.#from)) {
						refuse("not-well-formed", base + i); // Namespaces in XML 1.0, 4
					} else if (byte === 0x3a) {
						this.put(byte);
						this.#part = this.#length;
					} else {
						to = i;
						if (this.#state === State.name) this.endName(base + i);
						else this.endAttributeName(base + i);
					}
					break;
				}
				case State.tag:
					if (isSpace) this.#spaced = true;
					else if (byte === 0x3e && !this.#isDeclaration) return this.open(Token.open, to);
					else if (byte === (this.#isDeclaration ? 0x3f : 0x2f)) this.#state = State.last;
					else {
						if (!this.#spaced) refuse("not-well-formed", base + i);
						if (++this.#count > this.#bounds.hardAttributes) refuse("policy-violation", base + i);
						this.#state = State.attribute;
						this.put(1);
						this.#from = this.#part = this.#length;
						to = i;
					}
					break;
				case State.equals:
					if (byte === 0x3d) this.#state = State.quote;
					else if (!isSpace) refuse("not-well-formed", base + i);
					break;
				case State.quote:
					if (byte === 0x22 || byte === 0x27) {
						this.#quote = byte;
						this.#state = State.value;
						this.#limit = this.offset + this.#bounds.stanzaBytes - 1;
					} else if (!isSpace) refuse("not-well-formed", base + i);
					break;
				default:
					if (byte !== 0x3e) refuse("not-well-formed", base + i);
					return this.#isDeclaration ? this.endDeclaration(base + i, to) : this.open(Token.empty, to);
			}
		}
		if (base + i > this.#limit + (i < end ? 0 : 1)) refuse("policy-violation", this.#limit + 1);
		this.at = end;
		return Token.none;
	}

	/** RFC 6120 11.7 allows white space between stanzas. */
	private refuseOutside(offset: number): void {
		refuse(this.#depth === 1 ? "bad-format" : "not-well-formed", offset);
	}

	private give(piece: string, size: number, at: number): Token {
		this.value = piece;
		this.size = size;
		this.at = at;
		return Token.text;
	}

	/** A start tag begins, or the declaration. */
	private begin(offset: number, kept: boolean, state: State): void {
		this.offset = offset;
		this.#kept = kept;
		this.#state = state;
		this.#from = this.#part = this.#length;
		this.names = this.declarations = "";
		this.marks = this.#count = this.#hashes = this.#dropped = 0;
		this.#spaced = false;
	}

	/** A bound is broken that only ends the stanza. */
	private exceed(): void {
		if (this.#depth === 0) refuse("policy-violation", this.offset);
		this.marks |= Mark.large;
		if (this.#depth >= STANZA) this.#kept = false;
	}

	private endName(offset: number): void {
		const bounds = this.#bounds;
		const length = this.#length - this.#from;
		this.name = decodeUnchecked(this.#buffer, this.#from, this.#length);
		this.put(length >> 8);
		this.put(length & 0xff);
		this.#top = this.#length;
		this.#state = State.tag;
		this.#limit = offset + bounds.hardNameBytes;
		if (this.#top > bounds.openBytes) refuse("policy-violation", offset);
		if (this.#depth >= bounds.depth || length > bounds.nameBytes) this.exceed();
	}

	private endAttributeName(offset: number): void {
		const bounds = this.#bounds;
		const from = this.#from;
		const part = this.#part;
		const length = this.#length - from;
		const isPrefixed = part > from;
		this.#declares = (isPrefixed ? part - from === 6 : length === 5) && decodeUnchecked(this.#buffer, from, from + 5) === "xmlns";
		if (isPrefixed && !this.#declares) this.marks |= Mark.prefixed;
		if (!(this.#declares ? !this.declarations.includes(this.key(START)) : this.isNew(from, length))) refuse("not-well-formed", offset);
		this.put(2);
		this.#value = this.#length;
		this.#state = State.equals;
		this.#bytes = 0;
		if (this.#count > bounds.attributes || length > bounds.nameBytes) this.exceed();
		this.#whole = this.#kept || this.#declares;
	}

	/** Of an attribute: what is remembered of it, with that in front. */
	private key(start: string): string {
		const from = this.#declares ? this.#part : this.#from;
		return start + (from === this.#from && this.#declares ? "" : decodeUnchecked(this.#buffer, from, this.#length)) + VALUE;
	}

	/** Whether no other attribute has the name. */
	private isNew(from: number, length: number): boolean {
		const buffer = this.#buffer;
		const bit = 1 << ((buffer[from]! + buffer[from + length - 1]! * 3 + length * 5) & 31);
		const seen = (this.#hashes & bit) !== 0;
		this.#hashes |= bit;
		if (!seen) return true;
		for (let at = this.#top; at < from - 1; at++) {
			if (buffer[at] !== 1) continue;
			let n = 1;
			while (n <= length && buffer[at + n] === buffer[from - 1 + n]) n++;
			if (n > length && buffer[at + n] === 2) return false;
		}
		return !this.names.includes(this.key(START));
	}

	/** More of a value; its first byte stands at the offset. */
	private take(bytes: Uint8Array, from: number, to: number, offset: number): void {
		const bounds = this.#bounds;
		const count = to - from;
		this.#bytes += count;
		if (this.#declares) {
			const over = this.#dropped + this.#bytes - bounds.openBytes;
			if (this.#bytes > bounds.namespaceBytes) this.exceed();
			if (over > 0) refuse("policy-violation", offset + (this.#back === State.value ? 0 : count - over));
		} else if (this.#bytes > bounds.attributeBytes || (this.#whole && this.#length + count - this.#top > bounds.builtBytes)) {
			this.exceed();
			this.#whole = false;
		}
		if (this.#whole) this.append(bytes, from, to);
	}

	private endValue(offset: number): void {
		const bounds = this.#bounds;
		const end = this.#length;
		const start = this.#from - 1;
		this.#state = State.tag;
		this.#limit = offset + 1 + bounds.hardNameBytes;
		this.#spaced = false;
		if (this.#whole && !this.#declares) {
			if (end - this.#top <= bounds.builtBytes) return;
			this.exceed();
		}
		// it does not stay in the buffer
		const value = this.#value;
		this.#length = value - 1;
		const key = this.key(START);
		if (this.#declares) this.declarations += key + decodeUnchecked(this.#buffer, value, end);
		else this.names += key;
		this.#dropped += (this.#declares ? end - 1 : value) - start;
		this.#length = start;
		if (this.#dropped > bounds.openBytes) refuse("policy-violation", offset);
	}

	private open(token: Token, at: number): Token {
		const top = this.#top;
		this.value = decodeUnchecked(this.#buffer, top, this.#length);
		if ((this.marks & Mark.prefixed) === 0) this.names = "";
		if (token === Token.open) {
			this.#depth++;
			if (this.declarations !== "") this.#buffer[top - 2]! |= DECLARES;
			return this.end(token, top, at);
		}
		return this.end(token, this.before(top), at);
	}

	private close(at: number): Token {
		const length = this.#length;
		this.marks = (this.#buffer[length - 2]! & DECLARES) === 0 ? 0 : Mark.declares;
		this.#depth--;
		return this.end(Token.close, this.before(length), at);
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
		let digits = 2;
		while (version.charAt(digits) >= "0" && version.charAt(digits) <= "9") digits++;
		const isVersion = version.startsWith("1.") && digits > 2 && digits === version.length;
		const stands = standalone === undefined || standalone === "yes" || standalone === "no";
		if (!isVersion || !stands || packed !== expected || this.declarations !== "") refuse("not-well-formed", offset);
		// RFC 6120 11.6
		if (encoding !== undefined && encoding.toLowerCase() !== "utf-8") refuse("unsupported-encoding", offset);
		return this.end(Token.declaration, this.#top, at);
	}

	/** A tag has ended; so many bytes are still needed. */
	private end(token: Token, length: number, at: number): Token {
		this.#length = length;
		this.#state = State.text;
		this.#limit = Infinity;
		this.#ended = this.#depth === 0 && token !== Token.declaration;
		this.at = at;
		if (this.#buffer.length > KEPT && length <= KEPT) this.#buffer = this.#buffer.slice(0, KEPT);
		return token;
	}

	private refer(back: State, offset: number): void {
		this.#state = State.reference;
		this.#back = back;
		this.#limit = offset + this.#bounds.hardNameBytes;
		this.#entity = "";
		this.#code = -1;
	}

	/** One more byte of a reference (XML 1.0, 4.1). */
	private readReference(byte: number, offset: number): void {
		const entity = this.#entity;
		const character = String.fromCharCode(byte);
		if (character === (entity === "" ? "#" : entity === "#" && this.#code < 0 ? "x" : "")) {
			this.#entity += character;
		} else if (entity.startsWith("#")) {
			const base = entity === "#" ? 10 : 16;
			const digit = Number.parseInt(character, base);
			if (!(digit >= 0)) refuse("not-well-formed", offset);
			this.#code = Math.min(Math.max(this.#code, 0) * base + digit, 0x110000);
		} else {
			// RFC 6120 11.1
			if (byte < 0x61 || byte > 0x7a || entity.length === 4) refuse(entity === "" ? "not-well-formed" : "restricted-xml", offset);
			this.#entity += character;
		}
	}

	/** At its ";". True when it is of text, which then is in `value`. */
	private endReference(offset: number): boolean {
		const entity = this.#entity;
		const isNumber = entity === "" || entity.startsWith("#");
		const known = ENTITIES.indexOf(`;${entity};`);
		const code = isNumber ? this.#code : known < 0 ? -1 : ENTITIES.charCodeAt(known + entity.length + 2);
		if (code <= 0 || !isChar(code)) refuse(isNumber ? "not-well-formed" : "restricted-xml", offset);
		const back = this.#back;
		const size = writeCodePoint(code, this.#character, 0);
		this.#state = back;
		this.#limit = Infinity;
		if (back === State.text) {
			this.value = String.fromCodePoint(code);
			this.size = size;
			return true;
		}
		this.#limit = this.offset + this.#bounds.stanzaBytes - 1;
		this.take(this.#character, 0, size, offset);
		this.#back = State.text;
		return false;
	}

	/** Where the name of an open element begins whose length ends at the index. */
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

function refuse(condition: XMLCondition, offset: number): never {
	throw new XMLError(condition, offset);
}

/** The index of the first byte of the classes, or of what is no character, or is cut. */
function pass(bytes: Uint8Array, i: number, end: number, stop: number): number {
	for (; i < end; i++) {
		const bits = classes[bytes[i]!]!;
		if ((bits & stop) === 0) continue;
		const code = bits === Class.wide ? characterAt(bytes, i, end) : -1;
		if (code < 0 || !isChar(code)) break;
		i += sizeOf(code) - 1;
	}
	return i;
}
