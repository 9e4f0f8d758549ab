// When refusals mean that the server has lost our account, and not that something passes.
import { limits } from "../limits.js";

export class AccountLoss {
	#refusals = 0;
	/** Milliseconds waited since the first of them. The clock is not asked: it may be set by years meanwhile. */
	#waited = 0;

	/** The same name and password may be registered again. */
	get lost(): boolean {
		return this.#refusals >= limits.lostRefusals && this.#waited >= limits.lostSeconds * 1000;
	}

	/** A connection ended before it was bound; the next is tried after `pause` milliseconds. */
	ended(reason: string, pause: number): void {
		// The account stands: an hour passes before anybody is asked for it again.
		if (reason === "account-conflict") this.reset();
		else if (reason === "not-authorized") this.#refusals++;
		if (this.#refusals > 0) this.#waited += pause;
	}

	/** The password was taken. */
	reset(): void {
		this.#refusals = 0;
		this.#waited = 0;
	}
}
