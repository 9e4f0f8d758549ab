// A host's crypto that remembers and counts what it derived.
import { crypto } from "../../hosts/node/crypto.js";
import type { Crypto, HashName } from "../../src/host.js";

/** Counts PBKDF2 runs: a login with kept keys must need none. */
export class TestCrypto implements Crypto {
	derivations = 0;
	#derived = new Map<string, Uint8Array>();

	digest(hash: HashName, data: Uint8Array): Uint8Array {
		return crypto.digest(hash, data);
	}

	hmac(hash: HashName, key: Uint8Array, data: Uint8Array): Uint8Array {
		return crypto.hmac(hash, key, data);
	}

	/** A herd or a life that is lived a thousand times derives its keys once. */
	pbkdf2(hash: HashName, password: Uint8Array, salt: Uint8Array, iterations: number): Uint8Array {
		this.derivations++;
		const key = `${hash} ${password} ${salt} ${iterations}`;
		let derived = this.#derived.get(key);
		if (derived === undefined) {
			derived = crypto.pbkdf2(hash, password, salt, iterations);
			this.#derived.set(key, derived);
		}
		return derived.slice();
	}

	equal(a: Uint8Array, b: Uint8Array): boolean {
		return crypto.equal(a, b);
	}
}
