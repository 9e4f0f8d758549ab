// What somebody in front of the thing can do: say yes while the light blinks, or hold the button until all is as from the factory.
import type { Host } from "../host.js";
import { limits } from "../limits.js";
import type { Scheduler, Task } from "../xmpp/scheduler.js";

/** Milliseconds between on and off. */
const BLINK = 500;
/** Seconds that nobody leans on a button by mistake. */
const HELD = 10;

export interface ButtonOptions {
	readonly host: Pick<Host, "button" | "light">;
	readonly scheduler: Scheduler;
	/** It was held for ten seconds. Undefined where that means nothing. */
	readonly onHeld: (() => void) | undefined;
}

export class Button {
	#options: ButtonOptions;
	#onAnswer: ((pressed: boolean) => void) | undefined;
	#task: Task | undefined;
	/** Times that the light still changes. */
	#left = 0;

	constructor(options: ButtonOptions) {
		this.#options = options;
		options.host.button?.watch((pressed) => this.change(pressed));
	}

	/** Asks whoever stands there, for half a minute, one question at a time: `onAnswer` comes once (R-324-23). */
	ask(onAnswer: (pressed: boolean) => void): void {
		if (this.#onAnswer) {
			onAnswer(false);
			return;
		}
		this.#onAnswer = onAnswer;
		// Who leans on it already does not say yes, and does not mean a reset either.
		this.#options.scheduler.clear(this.#task);
		this.#left = (limits.pairingSeconds * 1000) / BLINK;
		this.blink();
	}

	/** Nobody waits for the answer any more. */
	stop(): void {
		if (this.#onAnswer) this.answer(false);
	}

	private blink(): void {
		const options = this.#options;
		if (this.#left-- === 0) {
			this.answer(false);
			return;
		}
		this.#task = options.scheduler.set(BLINK, this.blink, this);
		options.host.light?.set(this.#left % 2 === 1);
	}

	private answer(pressed: boolean): void {
		const onAnswer = this.#onAnswer;
		this.#options.scheduler.clear(this.#task);
		this.#onAnswer = undefined;
		onAnswer?.(pressed);
		this.#options.host.light?.set(false);
	}

	private change(pressed: boolean): void {
		const { onHeld, scheduler } = this.#options;
		const asking = this.#onAnswer;
		if (asking && !pressed) return;
		scheduler.clear(this.#task);
		// Not now: the host's interrupt is no place for it.
		if (asking) this.#task = scheduler.set(0, () => this.answer(true));
		else if (pressed && onHeld) this.#task = scheduler.set(HELD * 1000, onHeld);
	}
}
