// What the scanner holds while a stanza comes: the names of the open elements, and the start tag that is not yet whole.

import { decodeUnchecked } from "../text/utf8.js";
import { START, VALUE } from "./element.js";
import { type XMLBounds, type XMLCondition, XMLError } from "./error.js";
import { Mark } from "./token.js";

/** Depth of a stanza. It may have to be answered: of its start tag all is kept that fits. */
export const STANZA = 2;
/** Bytes of the buffer that is kept. */
const KEPT = 256;
/** Beside the length of an open element's name: it declares namespaces. */
const DECLARES = 0x80;

export class TagBuffer {
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
	/** Offset in the stream of the start tag's "<", or of the byte that is refused. */
	offset = 0;

	protected readonly bounds: XMLBounds;
	/** Open elements; -1 when the root was closed. */
	protected depth = 0;
	/** The names of the open elements, each with its length in two bytes behind it, and from `top` on the attributes of a start tag. */
	protected buffer = new Uint8Array(KEPT);
	protected length = 0;
	protected top = 0;
	/** Where in it the last name begins, and its part behind the colon. */
	protected from = 0;
	protected part = 0;
	/** A reference in a value is being read. */
	protected refers = false;
	/** Attributes of the start tag are wanted; how many there are; bits of the hashes of their names; bytes of it that are not in the buffer. */
	#kept = false;
	#count = 0;
	#hashes = 0;
	#dropped = 0;
	/** The attributes up to an index into the buffer, as a string in which others are looked for. */
	#seen = "";
	#seenTo = 0;
	/** Of the last value: where it begins, its bytes, whether they are in the buffer, whether it is a namespace. */
	#value = 0;
	#bytes = 0;
	#whole = false;
	#declares = false;

	constructor(bounds: XMLBounds) {
		this.bounds = bounds;
	}

	/** A start tag begins, or the declaration. */
	protected begin(offset: number, kept: boolean): void {
		this.offset = offset;
		this.#kept = kept;
		this.from = this.part = this.top = this.#seenTo = this.length;
		this.names = this.declarations = this.#seen = "";
		this.marks = this.#count = this.#hashes = this.#dropped = 0;
	}

	/** A bound is broken that only ends the stanza. */
	private exceed(): void {
		if (this.depth === 0) refuse("policy-violation", this.offset);
		this.marks |= Mark.large;
		if (this.depth >= STANZA) this.#kept = false;
	}

	/** At the byte behind it, as the next one. */
	protected endName(offset: number): void {
		const bounds = this.bounds;
		const length = this.length - this.from;
		this.name = decodeUnchecked(this.buffer, this.from, this.length);
		this.put(length >> 8);
		this.put(length & 0xff);
		this.top = this.#seenTo = this.length;
		if (this.top > bounds.openBytes) refuse("policy-violation", offset);
		if (this.depth >= bounds.depth || length > bounds.nameBytes) this.exceed();
	}

	/** The first byte of an attribute stands at the offset. */
	protected beginAttribute(offset: number): void {
		if (++this.#count > this.bounds.hardAttributes) refuse("policy-violation", offset);
		this.put(1);
		this.from = this.part = this.length;
	}

	protected endAttributeName(offset: number): void {
		const bounds = this.bounds;
		const buffer = this.buffer;
		const from = this.from;
		const end = this.length;
		const prefix = this.part - from;
		const declares = prefix === (end - from === 5 ? 0 : 6) && decodeUnchecked(buffer, from, from + 5) === "xmlns";
		this.#declares = declares;
		if (declares && prefix === 0) this.part = end;
		else if (!declares && prefix > 0) this.marks |= Mark.prefixed;
		// most are known to be the only one of their name by a hash
		const bit = declares ? 0 : 1 << ((buffer[from]! + buffer[end - 1]! * 4 + (end - from) * 3) & 31);
		if (declares || (this.#hashes & bit) !== 0) {
			if (!declares) {
				this.#seen += decodeUnchecked(buffer, this.#seenTo, from - 1);
				this.#seenTo = from - 1;
			}
			const others = declares ? this.declarations : this.#seen + this.names;
			if (others.includes(this.key(end))) refuse("not-well-formed", offset);
		}
		this.#hashes |= bit;
		this.put(2);
		this.#value = this.length;
		this.#bytes = 0;
		if (this.#count > bounds.attributes || end - from > bounds.nameBytes) this.exceed();
		this.#whole = this.#kept || declares;
	}

	/** What is remembered of an attribute whose name ends at the index. */
	private key(end: number): string {
		return START + decodeUnchecked(this.buffer, this.#declares ? this.part : this.from, end) + VALUE;
	}

	/** More of a value, or a character that a reference stands for. The first byte stands at the offset. */
	protected take(bytes: Uint8Array, from: number, to: number, offset: number): void {
		const bounds = this.bounds;
		const count = to - from;
		this.#bytes += count;
		if (this.#declares) {
			const over = this.#dropped + this.#bytes - bounds.openBytes;
			if (this.#bytes > bounds.namespaceBytes || over > 0) this.exceed();
			if (over > 0) refuse("policy-violation", offset + (this.refers ? 0 : count - over));
		} else if (this.#bytes > bounds.attributeBytes || (this.#whole && this.length + count - this.top > bounds.builtBytes)) {
			this.exceed();
			this.#whole = false;
		}
		if (this.#whole) this.append(bytes, from, to);
	}

	/** At its quote. */
	protected endValue(offset: number): void {
		const bounds = this.bounds;
		const start = this.from - 1;
		const end = this.length;
		const value = this.#value;
		if (this.#whole && !this.#declares) {
			if (end - this.top <= bounds.builtBytes) return;
			this.exceed();
		}
		const key = this.key(value - 1);
		if (this.#declares) this.declarations += key + decodeUnchecked(this.buffer, value, end);
		else this.names += key;
		this.#dropped += (this.#declares ? end - 1 : value) - start;
		this.length = start;
		if (this.#dropped <= bounds.openBytes) return;
		this.exceed();
		refuse("policy-violation", offset);
	}

	/** The attributes, packed. */
	protected attributes(): string {
		return decodeUnchecked(this.buffer, this.top, this.length);
	}

	/** A start tag ends. */
	protected open(isEmpty: boolean): void {
		this.value = this.attributes();
		if ((this.marks & Mark.prefixed) === 0) this.names = "";
		this.length = this.top;
		if (!isEmpty) {
			this.depth++;
			if (this.declarations !== "") this.buffer[this.top - 2]! |= DECLARES;
		} else this.forget();
	}

	/** The innermost element ends. */
	protected close(): void {
		this.marks = (this.buffer[this.length - 2]! & DECLARES) === 0 ? 0 : Mark.declares;
		this.depth--;
		this.forget();
	}

	private forget(): void {
		this.length = this.nameOf(this.length);
		if (this.depth === 0) this.depth = -1;
	}

	/** Where the name of an open element begins whose length ends at the index. */
	protected nameOf(end: number): number {
		const buffer = this.buffer;
		return end - 2 - (((buffer[end - 2]! & ~DECLARES) << 8) | buffer[end - 1]!);
	}

	/** Gives back what no open element needs. */
	protected shrink(): void {
		if (this.buffer.length > KEPT && this.length <= KEPT) this.buffer = this.buffer.slice(0, KEPT);
	}

	protected put(byte: number): void {
		this.room(1)[this.length++] = byte;
	}

	protected append(bytes: Uint8Array, from: number, to: number): void {
		const buffer = this.room(to - from);
		let length = this.length;
		while (from < to) buffer[length++] = bytes[from++]!;
		this.length = length;
	}

	/** The buffer, with room for so many more. */
	private room(count: number): Uint8Array {
		const old = this.buffer;
		if (this.length + count > old.length) {
			this.buffer = new Uint8Array(Math.max(old.length * 2, this.length + count));
			this.buffer.set(old);
		}
		return this.buffer;
	}
}

export function refuse(condition: XMLCondition, offset: number): never {
	throw new XMLError(condition, offset);
}
