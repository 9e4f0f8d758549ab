// Tokens at the model broker (XEP-0484, draft-schmaus-kitten-sasl-ht): given to a client, rotated, taken until a later one has been used.
import type { Crypto } from "../../src/host.js";
import { base64, bytesOf } from "./bytes.js";
import type { Dice } from "./dice.js";

export const FAST = "urn:xmpp:fast:0";

interface Given {
	readonly username: string;
	readonly agent: string;
	readonly mechanism: string;
	readonly secret: string;
	/** Virtual time. */
	readonly since: number;
	used: boolean;
}

export class Tokens {
	#crypto: Crypto;
	#dice: Dice;
	#given: Given[] = [];

	constructor(crypto: Crypto, dice: Dice) {
		this.#crypto = crypto;
		this.#dice = dice;
	}

	/** A new one; what was given before and never used is void (section 3.5). */
	give(username: string, agent: string, mechanism: string, now: number): string {
		const token = { username, agent, mechanism, secret: `secret-token:${this.#dice.word(20)}`, since: now, used: false };
		this.#given = this.#given.filter((other) => other.agent !== agent || other.used);
		this.#given.push(token);
		return token.secret;
	}

	/** What the server says last, in base64, and since when the token is; undefined where this is no proof of any. */
	take(username: string, agent: string, mechanism: string, said: string, binding: Uint8Array): { last: string; since: number } | undefined {
		for (const token of this.#given) {
			if (token.username !== username || token.agent !== agent || token.mechanism !== mechanism) continue;
			const hash = (who: string) => this.#crypto.hmac("SHA-256", bytesOf(token.secret), join(bytesOf(who), binding));
			// XS's own UTF-8 has two bytes for NUL.
			const name = join(bytesOf(username), new Uint8Array(1));
			if (base64(join(name, hash("Initiator"))) !== said) continue;
			token.used = true;
			// Earlier ones are void from here on.
			this.#given = this.#given.filter((other) => other.agent !== agent || other.since >= token.since);
			return { last: base64(hash("Responder")), since: token.since };
		}
		return undefined;
	}

	/** As after a restart without data. */
	forget(): void {
		this.#given = [];
	}
}

function join(head: Uint8Array, tail: Uint8Array): Uint8Array {
	const all = new Uint8Array(head.length + tail.length);
	all.set(head);
	all.set(tail, head.length);
	return all;
}
