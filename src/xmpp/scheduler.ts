// All waiting of the firmware over the host's one timer.
import type { Host } from "../host.js";

/** What set() gives and clear() takes; opaque to its holder. */
export interface Task {
	due: number;
	callback: (() => void) | undefined;
	readonly self: unknown;
	next: Task | undefined;
}

/** Later than this past the due time the clock was set rather than the timer late. */
const LATE = 1000;
/** Timers of some hosts wrap past 2^31 ms. */
const LONGEST = 1_000_000_000;

/**
 * Time here is its own count of elapsed milliseconds: the clock may be set back or forward by years (SNTP after boot) while
 * tasks wait. The timer says how much has passed at least; the clock is believed only where it agrees with the timer, so a
 * task may come late by one wait after such a jump, but never early.
 */
export class Scheduler {
	#clock: Host["clock"];
	#timer: Host["timer"];
	#onError: ((error: unknown) => void) | undefined;
	/** Sorted by due time; of equal ones the first set is the first called. */
	#first: Task | undefined;
	#time = 0;
	#clockThen = 0;
	#armed: number | undefined;
	#fired = (): void => this.run();

	constructor(host: Pick<Host, "clock" | "timer">, onError?: (error: unknown) => void) {
		this.#clock = host.clock;
		this.#timer = host.timer;
		this.#onError = onError;
	}

	/** Calls back once after `milliseconds`, with `self` for its `this`: a method waits without a closure around it. What it throws goes to onError. */
	set<T>(milliseconds: number, callback: (this: T) => void, self?: T): Task {
		if (!(milliseconds >= 0)) throw new RangeError("a wait is a number of milliseconds from 0 up");
		this.advance(0);
		const task: Task = { due: this.#time + milliseconds, callback, self, next: undefined };
		let before: Task | undefined;
		let after = this.#first;
		while (after && after.due <= task.due) {
			before = after;
			after = after.next;
		}
		task.next = after;
		if (!before) this.#first = task;
		else before.next = task;
		this.arm();
		return task;
	}

	/** The task is not called any more; one that was called, or undefined, is fine. */
	clear(task: Task | undefined): void {
		if (!task?.callback) return;
		task.callback = undefined;
		let before: Task | undefined;
		for (let one = this.#first; one; one = one.next) {
			if (one === task) {
				if (!before) this.#first = one.next;
				else before.next = one.next;
				break;
			}
			before = one;
		}
		this.advance(0);
		this.arm();
	}

	private advance(least: number): void {
		const now = this.#clock.now();
		const passed = now - this.#clockThen;
		this.#clockThen = now;
		if (this.#armed == null) return;
		const believable = passed >= least && passed <= Math.max(0, this.#armed - this.#time) + LATE;
		this.#time += believable ? passed : least;
	}

	private arm(): void {
		const first = this.#first;
		if (!first) {
			if (this.#armed == null) return;
			this.#armed = undefined;
			this.#timer.clear();
			return;
		}
		const due = Math.min(first.due, this.#time + LONGEST);
		if (due === this.#armed) return;
		this.#armed = due;
		this.#timer.set(Math.max(0, due - this.#time), this.#fired);
	}

	private run(): void {
		if (this.#armed == null) return;
		this.advance(Math.max(0, this.#armed - this.#time));
		this.#armed = undefined;
		// The due ones are taken out first: what they set anew waits for the next turn, even with 0 ms.
		const due = this.#first;
		let last: Task | undefined;
		for (let one = due; one && one.due <= this.#time; one = one.next) last = one;
		if (last) {
			this.#first = last.next;
			last.next = undefined;
			for (let one: Task | undefined = due; one; one = one.next) this.call(one);
		}
		this.arm();
	}

	private call(task: Task): void {
		const callback = task.callback;
		if (!callback) return;
		task.callback = undefined;
		try {
			callback.call(task.self);
		} catch (error) {
			try {
				this.#onError?.(error);
			} catch {
				// Nobody is left to tell.
			}
		}
	}
}
