// The bytes that the parser looks at: the token it is in the middle of, then what it has not read yet.

/** Size while no long token is in it. */
const SIZE = 1024;
/** Free bytes below which it grows. */
const ROOM = 256;

export class Window {
	bytes = new Uint8Array(SIZE);
	/**
	 * The token: from `base` to `to`. It is written back where it was read, and becomes shorter on the way: references
	 * and line ends are replaced, what stands between attributes falls away. So `to` never passes `at`.
	 */
	base = 0;
	to = 0;
	/** The next byte to read. */
	at = 0;
	/** After the last byte. */
	end = 0;
	/** Offset in the stream of bytes[0]. */
	origin = 0;

	/** Takes as many of the bytes from `from` on as there is room for; returns how many. */
	fill(source: Uint8Array, from: number): number {
		this.#makeRoom();
		const count = Math.min(source.length - from, this.bytes.length - 1 - this.end);
		this.bytes.set(count === source.length ? source : source.subarray(from, from + count), this.end);
		this.end += count;
		this.bytes[this.end] = 0; // in no class of characters: every loop stops here
		return count;
	}

	clear(): void {
		this.base = this.to = this.at = this.end = this.origin = 0;
	}

	/** Moves the token to the front and what is unread (at most a cut character) behind it. */
	#makeRoom(): void {
		const old = this.bytes;
		const token = this.to - this.base;
		const unread = this.end - this.at;
		// what the token lost by being shortened stays its due: a character of up to four bytes may be written next
		const next = token + Math.min(this.at - this.to, 4);
		const used = next + unread;
		if (old.length - 1 - used < ROOM) {
			this.bytes = new Uint8Array(old.length < 4 * SIZE ? old.length * 2 : old.length + 2 * SIZE);
			this.bytes.set(old);
		} else if (token === 0 && unread === 0 && old.length > SIZE) {
			this.bytes = new Uint8Array(SIZE);
		}
		if (token > 0 && this.base > 0) {
			this.bytes.copyWithin(0, this.base, this.to);
		}
		if (unread > 0) {
			this.bytes.copyWithin(next, this.at, this.end);
		}
		this.origin += this.at - next;
		this.base = 0;
		this.to = token;
		this.at = next;
		this.end = used;
	}
}
