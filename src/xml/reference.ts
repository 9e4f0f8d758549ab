// References (XML 1.0, 4.1), byte by byte: to a character by number, or to one of the five that need no declaration (4.6).

import { isChar } from "./characters.js";

/** next(): the reference goes on. */
export const MORE = 0;
/** next(): no reference, or to what is no character of XML. */
export const BROKEN = -1;
/** next(): to an entity that is not one of the five. */
export const UNDECLARED = -2;

const enum Step {
	first,
	/** After "#". */
	number,
	decimal,
	hexadecimal,
	entity
}

/** The names of the five, seven bits a letter. */
const enum Entity {
	lt = 0x3674,
	gt = 0x33f4,
	amp = 0x1876f0,
	quot = 0xe3d77f4,
	apos = 0xc3c37f3
}

/** Stands for all numbers that are too large. */
const TOO_LARGE = 0x110000;

export class Reference {
	#step = Step.first;
	#value = 0;
	/** Digits or letters so far. */
	#count = 0;

	/** One byte after the "&". Returns the code point at the ";". */
	next(byte: number): number {
		switch (this.#step) {
			case Step.first:
				this.#value = 0;
				this.#count = 0;
				if (byte === 0x23) {
					this.#step = Step.number;
					return MORE;
				}
				this.#step = Step.entity;
				return this.#letter(byte);
			case Step.number:
				if (byte === 0x78) {
					this.#step = Step.hexadecimal;
					return MORE;
				}
				this.#step = Step.decimal;
				return this.#digit(byte, 10);
			case Step.decimal:
				return this.#digit(byte, 10);
			case Step.hexadecimal:
				return this.#digit(byte, 16);
			default:
				return this.#letter(byte);
		}
	}

	#digit(byte: number, base: number): number {
		if (byte === 0x3b) {
			this.#step = Step.first;
			return this.#count > 0 && this.#value > 0 && isChar(this.#value) ? this.#value : BROKEN;
		}
		const letter = base === 16 ? byte | 0x20 : 0;
		const digit = byte >= 0x30 && byte <= 0x39 ? byte - 0x30 : letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
		if (digit < 0) {
			return BROKEN;
		}
		this.#count = 1;
		this.#value = Math.min(this.#value * base + digit, TOO_LARGE);
		return MORE;
	}

	#letter(byte: number): number {
		if (byte === 0x3b) {
			this.#step = Step.first;
			switch (this.#value) {
				case Entity.lt:
					return 0x3c;
				case Entity.gt:
					return 0x3e;
				case Entity.amp:
					return 0x26;
				case Entity.quot:
					return 0x22;
				case Entity.apos:
					return 0x27;
				default:
					return this.#count > 0 ? UNDECLARED : BROKEN;
			}
		}
		if (byte < 0x61 || byte > 0x7a) {
			return this.#count > 0 ? UNDECLARED : BROKEN;
		}
		if (++this.#count > 4) {
			return UNDECLARED;
		}
		this.#value = (this.#value << 7) | byte;
		return MORE;
	}
}
