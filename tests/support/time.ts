// Time that passes only when a test says so: a clock and the one timer of a host.

export class FakeTime {
	#now: number;
	/** True milliseconds, whatever the clock is set to. */
	#elapsed = 0;
	#due: number | undefined;
	#callback: (() => void) | undefined;
	/** How often the host timer was set. */
	timerSets = 0;

	readonly clock = { now: (): number => this.#now, trusted: true };
	readonly timer = {
		set: (milliseconds: number, callback: () => void): void => {
			this.timerSets++;
			this.#due = this.#elapsed + milliseconds;
			this.#callback = callback;
		},
		clear: (): void => {
			this.#due = undefined;
			this.#callback = undefined;
		}
	};

	constructor(now = 1_750_000_000_000) {
		this.#now = now;
	}

	/** Milliseconds until the timer calls, or undefined when it is idle. */
	get waiting(): number | undefined {
		return this.#due === undefined ? undefined : this.#due - this.#elapsed;
	}

	/** Sets the clock without time passing (SNTP). */
	jump(milliseconds: number): void {
		this.#now += milliseconds;
	}

	/** Lets time pass; `late` is how long after its due time the timer calls. */
	pass(milliseconds: number, late = 0): void {
		const end = this.#elapsed + milliseconds;
		while (this.#due !== undefined && this.#due + late <= end) {
			const at = Math.max(this.#due + late, this.#elapsed);
			this.#now += at - this.#elapsed;
			this.#elapsed = at;
			const callback = this.#callback;
			this.timer.clear();
			callback?.();
		}
		this.#now += end - this.#elapsed;
		this.#elapsed = end;
	}
}
