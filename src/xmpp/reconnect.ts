// How long to stay away after a connection ended: it depends on why.
import type { Host } from "../host.js";
import { limits } from "../limits.js";

const enum Pause {
	/** A try soon is worth it: the cause is likely to pass. */
	passing,
	/** The server sent away everybody at once: not all may come back in the same second. */
	crowd,
	/** Until a person acts nothing will be different. */
	lasting
}

/** Milliseconds that the first try waits at most. */
const FIRST = 1000;
/** Doublings that a crowd begins with: 16 s. */
const CROWD_TRIES = 4;

function pauseAfter(reason: string): Pause {
	switch (reason) {
		case "stream-error:system-shutdown":
		case "stream-error:reset":
		case "stream-error:resource-constraint":
		case "conflict":
			return Pause.crowd;
		case "unknown-ca":
		case "wrong-name":
		case "expired":
		case "no-starttls":
		case "no-mechanism":
		case "server-signature":
		case "not-authorized":
		case "refused-account":
		case "account-throttled":
		case "stream-error:host-unknown":
		case "stream-error:not-authorized":
		case "stream-error:policy-violation":
		case "stream-error:unsupported-version":
			return Pause.lasting;
		case "sasl:temporary-auth-failure":
		case "sasl:aborted":
			return Pause.passing;
		default:
			return reason.startsWith("sasl:") ? Pause.lasting : Pause.passing;
	}
}

/** Exponential with full jitter (R-CORE-9). */
export class Backoff {
	#random: Host["random"];
	#tries = 0;

	constructor(random: Host["random"]) {
		this.#random = random;
	}

	/** Milliseconds until the next try. */
	next(reason: string): number {
		const most = limits.retrySeconds * 1000;
		const pause = pauseAfter(reason);
		if (pause === Pause.lasting) return Math.round((most * (1 + this.#fraction())) / 2);
		if (pause === Pause.crowd) this.#tries = Math.max(this.#tries, CROWD_TRIES);
		const ceiling = Math.min(most, FIRST * 2 ** this.#tries);
		if (ceiling < most) this.#tries++;
		return Math.round(ceiling * this.#fraction());
	}

	/** The connection has proved stable. */
	reset(): void {
		this.#tries = 0;
	}

	#fraction(): number {
		const [a, b, c, d] = this.#random(4);
		return (((a! << 24) | (b! << 16) | (c! << 8) | d!) >>> 0) / 2 ** 32;
	}
}
