// Virtual time: everything that will happen, in order; nothing waits.

export interface Happening {
	readonly at: number;
	readonly order: number;
	readonly callback: () => void;
}

export class VirtualClock {
	#now: number;
	#count = 0;
	/** Sorted, latest first: the next one is at the end. */
	#coming: Happening[] = [];

	/** Milliseconds since 1970. */
	constructor(now = Date.UTC(2026, 0, 1)) {
		this.#now = now;
	}

	now(): number {
		return this.#now;
	}

	/** Calls back in `milliseconds`; what is due at the same moment comes in the order it was asked for. */
	after(milliseconds: number, callback: () => void): Happening {
		const happening = { at: this.#now + Math.max(0, milliseconds), order: this.#count++, callback };
		let low = 0;
		let high = this.#coming.length;
		while (low < high) {
			const middle = (low + high) >> 1;
			if (this.#coming[middle]!.at > happening.at) low = middle + 1;
			else high = middle;
		}
		this.#coming.splice(low, 0, happening);
		return happening;
	}

	cancel(happening: Happening | undefined): void {
		const index = happening === undefined ? -1 : this.#coming.indexOf(happening);
		if (index >= 0) this.#coming.splice(index, 1);
	}

	/** Milliseconds until the next happening. */
	get wait(): number | undefined {
		const next = this.#coming.at(-1);
		return next && next.at - this.#now;
	}

	/** Lets the next thing happen; false when nothing is to come. */
	step(): boolean {
		const next = this.#coming.pop();
		if (next === undefined) return false;
		this.#now = next.at;
		next.callback();
		return true;
	}

	/** Lets time pass with all that happens in it. */
	pass(milliseconds: number): void {
		const end = this.#now + milliseconds;
		while ((this.#coming.at(-1)?.at ?? Number.POSITIVE_INFINITY) <= end) this.step();
		this.#now = end;
	}
}
