// Looks at every byte from the network, once, and makes tokens of them: XML 1.0, as RFC 6120 section 11 narrows it, but for namespaces.

import { CUT, characterAt, decodeUnchecked, MALFORMED, sizeOf, writeCodePoint } from "../text/utf8.js";
import { Class, classes, isChar, isNameChar, isNameStart } from "./characters.js";
import { START, VALUE } from "./element.js";
import { XMLError } from "./error.js";
import { refuse, STANZA, TagBuffer } from "./tag-buffer.js";
import { Token } from "./token.js";

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
	/** In a start tag, or the declaration: where white space must come before an attribute, where it has come, the name, and up to the value. */
	tag,
	space,
	attribute,
	equals,
	quote,
	/** Behind its "/", or "?". */
	last
}

const SECTION = "[CDATA[";
const ENTITIES = ";lt;<;gt;>;amp;&;quot;\";apos;';";
const SPACE = new Uint8Array([0x20]);

/**
 * A machine that can stop behind any byte. What is refused, and where, depends on no cut: it is always the byte by which it is
 * known, but for the start tag of the stream, which is refused at its "<" where it breaks a bound: nobody skips a stream.
 */
export class Scanner extends TagBuffer {
	/** Bytes of the piece of text. */
	size = 0;
	/** The index behind the token. */
	at = 0;

	#state = State.text;
	/** Offset of the next byte. */
	#read = 0;
	/** The first bytes of a character that is cut. */
	readonly #character = new Uint8Array(4);
	#held = 0;
	/** Offset beyond which a name, white space in a tag, a reference or a value must not go; while there is a reference, that around it. */
	#limit = Infinity;
	#outer = Infinity;
	/** A CR was the last. */
	#return = false;
	/** Bytes that were recognised of "[CDATA[", "]]>" or "xml"; of an end tag, the index of the rest of its name. */
	#matched = 0;
	#isDeclaration = false;
	/** What ends the value. */
	#quote = 0;
	/** Of the reference: its name, or "#" or "#x"; its number. */
	#entity = "";
	#code = 0;

	/** A new stream begins. */
	restart(): void {
		this.#state = State.text;
		this.depth = this.length = this.#read = this.#held = this.#matched = 0;
		this.#limit = Infinity;
		this.#return = this.refers = false;
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

	/** From index `i` to `end`; `base` is the offset of index 0. No case leaves the loop but by return: XS 13.3 would leave a slot behind. */
	private run(bytes: Uint8Array, end: number, i: number, base: number, kept: boolean): Token {
		const bounds = this.bounds;
		let to = i;
		for (; i < end; i = to) {
			const byte = bytes[i]!;
			const bits = classes[byte]!;
			const isSpace = (bits & Class.space) !== 0;
			const offset = base + i;
			if (offset > this.#limit) break;
			let code = byte;
			to = i + 1;
			if ((bits & Class.special) !== 0) {
				code = characterAt(bytes, i, end);
				if (code === CUT) {
					this.#character.set(bytes.subarray(i, end));
					this.#held = end - i;
					break;
				}
				// RFC 6120 4.9.3.22 and 11.6: not UTF-8, or UTF-16
				if (code === MALFORMED || (code === 0 && offset === 0)) refuse("unsupported-encoding", offset);
				if (!isChar(code)) refuse("not-well-formed", offset);
				to = i + sizeOf(code);
			}
			switch (this.#state) {
				case State.text:
				case State.section: {
					const isText = this.#state === State.text;
					const matched = this.#matched;
					const skipped = byte === 0x0a && this.#return; // XML 1.0, 2.11
					this.#return = byte === 0x0d;
					if (this.depth < STANZA && byte !== 0x3c) {
						if (!isSpace) refuse(this.depth === 1 ? "bad-format" : "not-well-formed", offset); // RFC 6120 11.7
					} else if (byte === 0x5d && matched < 2) {
						this.#matched++;
					} else if (matched === 2 && byte === 0x3e) {
						if (isText) refuse("not-well-formed", offset); // XML 1.0, 2.4
						this.#state = State.text;
						this.#matched = 0;
					} else if (matched > 0 && byte !== 0x5d) {
						this.#matched = 0;
						to = i;
						if (kept) return this.give(matched === 2 ? "]]" : "]", matched, to);
					} else if ((bits & Class.inText) === 0 && !skipped) {
						to = pass(bytes, to, end, Class.inText | Class.special);
						if (kept) return this.give(decodeUnchecked(bytes, i, to), to - i, to);
					} else if (isText && byte === 0x3c) {
						this.#state = State.less;
						this.#limit = offset + bounds.hardNameBytes;
					} else if (isText && byte === 0x26) {
						this.startReference(offset);
					} else if (kept && !skipped) return this.give(byte === 0x0d ? "\n" : String.fromCharCode(byte), 1, to);
					break;
				}
				case State.value:
					if ((bits & Class.inValue) === 0) {
						to = pass(bytes, to, Math.min(end, this.#limit + 1 - base), Class.inValue | Class.special);
						this.take(bytes, i, to, offset);
					} else if (byte === this.#quote) {
						this.#state = State.tag;
						this.#limit = to + base + bounds.hardNameBytes;
						this.endValue(offset);
					} else if (byte === 0x3c || (byte === 0x26 && this.#isDeclaration)) refuse("not-well-formed", offset);
					else if (byte === 0x26) this.startReference(offset);
					else if (!isSpace) this.take(bytes, i, to, offset);
					else if (byte !== 0x0a || !this.#return) this.take(SPACE, 0, 1, offset); // XML 1.0, 2.11 and 3.3.3
					this.#return = byte === 0x0d;
					break;
				case State.reference: {
					const size = this.readReference(byte, offset);
					if (size > 0) {
						this.#state = this.refers ? State.value : State.text;
						this.#limit = this.#outer;
						if (this.refers) this.take(this.#character, 0, size, offset);
						else if (kept) return this.give(String.fromCodePoint(this.#code), size, to);
						this.refers = false;
					}
					break;
				}
				case State.less:
					this.#isDeclaration = byte === 0x3f;
					this.#matched = 0;
					if (byte === 0x2f && this.depth > 0) {
						this.#state = State.endTag;
						this.#matched = this.nameOf(this.length);
					} else if (byte === 0x21 || (byte === 0x3f && offset === 1)) {
						this.#state = State.special;
					} else {
						if (byte === 0x3f) refuse("restricted-xml", offset); // RFC 6120 11.1
						if (this.depth < 0) refuse("not-well-formed", offset);
						if (this.depth >= bounds.hardDepth) refuse("policy-violation", offset);
						this.#state = State.name;
						this.begin(offset - 1, kept);
						to = i;
					}
					break;
				case State.special: {
					const word = this.#isDeclaration ? "xml" : SECTION;
					const matched = this.#matched++;
					if (matched < word.length ? byte !== word.charCodeAt(matched) : !isSpace) {
						refuse(matched > 0 && word === SECTION ? "not-well-formed" : "restricted-xml", offset); // RFC 6120 11.1
					} else if (matched === 3 && this.#isDeclaration) {
						this.#state = State.space;
						this.begin(0, true);
					} else if (this.#matched === SECTION.length) {
						if (this.depth < STANZA) refuse(this.depth === 1 ? "bad-format" : "not-well-formed", offset);
						this.#state = State.section;
						this.#limit = Infinity;
						this.#matched = 0;
					}
					break;
				}
				case State.endTag: {
					const buffer = this.buffer;
					const stop = this.length - 2;
					let at = this.#matched;
					if (at < stop) {
						// character by character, so that none is cut
						for (let n = i; n < to; n++) if (bytes[n] !== buffer[at++]) refuse("not-well-formed", offset);
						for (; to < end && at < stop && bytes[to] === buffer[at] && buffer[at]! < 0x80; to++) at++;
						this.#matched = at;
					} else if (byte === 0x3e) {
						this.close();
						return this.end(Token.close, to);
					} else if (!isSpace) refuse("not-well-formed", offset);
					break;
				}
				case State.name:
				case State.attribute: {
					const isFirst = this.length === this.part;
					if (isFirst ? isNameStart(code) : isNameChar(code)) {
						const most = Math.min(end, i + bounds.hardNameBytes);
						while (to < most && (classes[bytes[to]!]! & Class.name) !== 0) to++;
						this.append(bytes, i, to);
					} else if (isFirst || code >= 0x80 || (byte === 0x3a && this.part > this.from)) {
						refuse("not-well-formed", offset); // Namespaces in XML 1.0, 4
					} else if (byte === 0x3a) {
						this.put(byte);
						this.part = this.length;
					} else {
						to = i;
						if (this.#state === State.attribute) {
							this.#state = State.equals;
							this.endAttributeName(offset);
						} else {
							this.#state = State.tag;
							this.#limit = offset + bounds.hardNameBytes;
							this.endName(offset);
						}
					}
					break;
				}
				case State.tag:
				case State.space:
					if (isSpace) this.#state = State.space;
					else if (byte === 0x3e && !this.#isDeclaration) {
						this.open(false);
						return this.end(Token.open, to);
					} else if (byte === (this.#isDeclaration ? 0x3f : 0x2f)) this.#state = State.last;
					else {
						if (this.#state === State.tag) refuse("not-well-formed", offset);
						this.#state = State.attribute;
						this.beginAttribute(offset);
						to = i;
					}
					break;
				case State.equals:
				case State.quote:
					if (byte === 0x3d && this.#state === State.equals) this.#state = State.quote;
					else if ((byte === 0x22 || byte === 0x27) && this.#state === State.quote) {
						this.#quote = byte;
						this.#state = State.value;
						this.#limit = this.offset + bounds.stanzaBytes - 1;
					} else if (!isSpace) refuse("not-well-formed", offset);
					break;
				default:
					if (byte !== 0x3e) refuse("not-well-formed", offset);
					if (this.#isDeclaration) this.endDeclaration(offset);
					else this.open(true);
					return this.end(this.#isDeclaration ? Token.declaration : Token.empty, to);
			}
		}
		if (base + i > this.#limit + (i < end ? 0 : 1)) refuse("policy-violation", this.#limit + 1);
		this.at = end;
		return Token.none;
	}

	private give(piece: string, size: number, at: number): Token {
		this.value = piece;
		this.size = size;
		this.at = at;
		return Token.text;
	}

	/** XML 1.0, 2.8. */
	private endDeclaration(offset: number): void {
		const list = this.attributes().split(START);
		const version = list[1] ?? "";
		const digits = version.slice(10);
		let n = 2;
		const encoding = list[n]?.startsWith(`encoding${VALUE}`) ? list[n++]!.slice(9) : "utf-8";
		if (list[n] === `standalone${VALUE}yes` || list[n] === `standalone${VALUE}no`) n++;
		if (!version.startsWith(`version${VALUE}1.`) || !isDigits(digits) || n < list.length || this.declarations !== "")
			refuse("not-well-formed", offset);
		// RFC 6120 11.6
		if (encoding.toLowerCase() !== "utf-8") refuse("unsupported-encoding", offset);
		this.length = this.top;
	}

	/** A tag has ended. */
	private end(token: Token, at: number): Token {
		this.#state = State.text;
		this.#limit = Infinity;
		this.#matched = 0;
		this.at = at;
		this.shrink();
		return token;
	}

	private startReference(offset: number): void {
		this.refers = this.#state === State.value;
		this.#state = State.reference;
		this.#outer = this.#limit;
		this.#limit = offset + this.bounds.hardNameBytes;
		this.#entity = "";
		this.#code = -1;
	}

	/** One more byte of a reference (XML 1.0, 4.1). At its end: the size of the character, which is in #character. */
	private readReference(byte: number, offset: number): number {
		const entity = this.#entity;
		const isNumber = entity.startsWith("#");
		const condition = isNumber || entity === "" ? "not-well-formed" : "restricted-xml"; // RFC 6120 11.1
		if (byte === 0x3b) {
			const known = ENTITIES.indexOf(`;${entity};`);
			if (known >= 0) this.#code = ENTITIES.charCodeAt(known + entity.length + 2);
			if (this.#code <= 0 || !isChar(this.#code)) refuse(condition, offset);
			return writeCodePoint(this.#code, this.#character, 0);
		}
		const character = String.fromCharCode(byte);
		const isLetter = byte >= 0x61 && byte <= 0x7a && entity.length < 4;
		if (entity === "" && byte === 0x23 ? true : isNumber ? entity === "#" && this.#code < 0 && byte === 0x78 : isLetter) {
			this.#entity += character;
		} else {
			const base = entity === "#" ? 10 : 16;
			const digit = isNumber ? Number.parseInt(character, base) : -1;
			if (!(digit >= 0)) refuse(condition, offset);
			this.#code = Math.min(Math.max(this.#code, 0) * base + digit, 0x110000);
		}
		return 0;
	}
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

function isDigits(text: string): boolean {
	let at = 0;
	while (text.charAt(at) >= "0" && text.charAt(at) <= "9") at++;
	return at > 0 && at === text.length;
}
