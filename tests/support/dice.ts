// Randomness from a seed, for suites that make documents.

/** Numbers below `below`, from the seed: mulberry32. */
export function dice(state: number): (below: number) => number {
	return (below) => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
	};
}
