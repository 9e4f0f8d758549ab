// How long to stay away after a connection ended: it depends on why.
import type { Host } from "../host.js";
import { limits } from "../limits.js";

/** Milliseconds. The ceiling doubles with every failure in a row, up to limits.retrySeconds. */
interface Pause {
	/** The pause is never shorter. */
	readonly least: number;
	/** The first pause is no longer. */
	readonly most: number;
}

const LONGEST = limits.retrySeconds * 1000;

/** The cause is likely to pass: a try soon is worth it. */
const soon: Pause = Object.freeze({ least: 0, most: 1000 });
/** The server sent away everybody at once: not all may come back in the same second. */
const crowd: Pause = Object.freeze({ least: 0, most: 32_000 });
/** The server is there and asks for time. */
const busy: Pause = Object.freeze({ least: 30_000, most: 64_000 });
/** Until a person acts nothing will be different. */
const lasting: Pause = Object.freeze({ least: LONGEST / 2, most: LONGEST });

/** Trying again costs something: the API key may be locked (R-348-11). */
const hour: Pause = Object.freeze({ least: 3_600_000, most: 5_400_000 });

/** By the session's or the socket's word; what is not here passes soon, but what SASL says lasts. */
const pauses: Readonly<Record<string, Pause>> = Object.freeze({
	"stream-error:system-shutdown": crowd,
	"stream-error:reset": crowd,
	// Another connection of ours took the place: the two must not chase each other.
	conflict: crowd,
	"stream-error:resource-constraint": busy,
	"stream-error:remote-connection-failed": busy,
	"bind:resource-constraint": busy,
	"sasl:temporary-auth-failure": busy,
	"sasl:aborted": soon,
	"unknown-ca": lasting,
	"wrong-name": lasting,
	expired: lasting,
	"no-service": lasting,
	"no-starttls": lasting,
	"no-mechanism": lasting,
	"server-signature": lasting,
	"not-authorized": lasting,
	"refused-account": lasting,
	"refused-signature": hour,
	"account-conflict": lasting,
	"account-throttled": lasting,
	"stream-error:host-unknown": lasting,
	"stream-error:host-gone": lasting,
	"stream-error:not-authorized": lasting,
	"stream-error:policy-violation": lasting,
	"stream-error:unsupported-version": lasting
});

function pauseAfter(reason: string): Pause {
	if (Object.hasOwn(pauses, reason)) return pauses[reason]!;
	return reason.startsWith("sasl:") ? lasting : soon;
}

export interface BackoffOptions {
	readonly random: Host["random"];
	/**
	 * What no other thing has, such as the serial number. A thousand boards that get power together, before their
	 * generators of randomness have gathered any, still come at a thousand moments.
	 */
	readonly seed: string;
}

/** Exponential with full jitter (R-CORE-9). */
export class Backoff {
	#random: Host["random"];
	#state: number;
	/** What the last pause could have been. */
	#ceiling = 0;

	constructor(options: BackoffOptions) {
		this.#random = options.random;
		this.#state = hash(options.seed);
	}

	/** Milliseconds until the next try. */
	next(reason: string): number {
		const { least, most } = pauseAfter(reason);
		const ceiling = Math.max(most, Math.min(LONGEST, 2 * this.#ceiling));
		// A cause that lasts says nothing about the network: what passes goes on from where it was.
		if (most < LONGEST) this.#ceiling = ceiling;
		return Math.round(least + (ceiling - least) * this.fraction());
	}

	/** The connection has proved stable. */
	reset(): void {
		this.#ceiling = 0;
	}

	/** Uniform from 0 up to 1, whichever of the two it comes from: the seed's row of numbers or the host's randomness. */
	private fraction(): number {
		this.#state = (this.#state + 0x9e37_79b9) | 0;
		const bytes = this.#random(4);
		return ((mix(this.#state) ^ ((bytes[0]! << 24) | (bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!)) >>> 0) / 2 ** 32;
	}
}

/** FNV-1a. */
function hash(text: string): number {
	let state = 0x811c_9dc5;
	for (let at = 0; at < text.length; at++) state = Math.imul(state ^ text.charCodeAt(at), 0x0100_0193);
	return state;
}

/** The finalizer of MurmurHash3: each bit of the input moves half of the output. */
function mix(state: number): number {
	let mixed = Math.imul(state ^ (state >>> 16), 0x85eb_ca6b);
	mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35);
	return mixed ^ (mixed >>> 16);
}
