// Randomness from a seed: the same world twice.

export class Dice {
	#state: number;

	constructor(seed: number | string) {
		let state = 0x811c9dc5;
		for (const character of String(seed)) state = Math.imul(state ^ character.codePointAt(0)!, 0x01000193);
		this.#state = state >>> 0;
	}

	/** 0 to 2^32 - 1: a 32-bit counter through a mixing function (splitmix). */
	next(): number {
		this.#state = (this.#state + 0x9e3779b9) >>> 0;
		let mixed = this.#state;
		mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
		mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
		return (mixed ^ (mixed >>> 15)) >>> 0;
	}

	/** 0 to count - 1. */
	below(count: number): number {
		return Math.floor((this.next() / 2 ** 32) * count);
	}

	bytes(count: number): Uint8Array {
		return Uint8Array.from({ length: count }, () => this.next() >>> 24);
	}

	/** Lower-case letters and digits. */
	word(length: number): string {
		let word = "";
		while (word.length < length) word += this.below(36).toString(36);
		return word;
	}

	/** Dice of its own for a part of the world, so that what one part draws does not move another. */
	fork(name: string): Dice {
		return new Dice(`${this.#state}/${name}`);
	}
}
