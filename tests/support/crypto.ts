// A host's crypto in plain JavaScript: the same on Node and on XS.
import { hmac } from "@noble/hashes/hmac.js";
import { sha1 } from "@noble/hashes/legacy.js";
import { pbkdf2 } from "@noble/hashes/pbkdf2.js";
import { sha256 } from "@noble/hashes/sha2.js";
import type { Crypto, HashName } from "../../src/host.js";

const hashes = Object.freeze({ "SHA-1": sha1, "SHA-256": sha256 });

/** Counts PBKDF2 runs: a login with kept keys must need none. */
export class TestCrypto implements Crypto {
	derivations = 0;
	#derived = new Map<string, Uint8Array>();

	digest(hash: HashName, data: Uint8Array): Uint8Array {
		return hashes[hash](data);
	}

	hmac(hash: HashName, key: Uint8Array, data: Uint8Array): Uint8Array {
		return hmac(hashes[hash], key, data);
	}

	/** Remembers what it derived: interpreted PBKDF2 takes seconds on XS. */
	pbkdf2(hash: HashName, password: Uint8Array, salt: Uint8Array, iterations: number): Uint8Array {
		this.derivations++;
		const key = `${hash} ${password} ${salt} ${iterations}`;
		let derived = this.#derived.get(key);
		if (derived === undefined) {
			derived = pbkdf2(hashes[hash], password, salt, { c: iterations, dkLen: hashes[hash].outputLen });
			this.#derived.set(key, derived);
		}
		return derived.slice();
	}

	equal(a: Uint8Array, b: Uint8Array): boolean {
		if (a.length !== b.length) return false;
		let difference = 0;
		for (let i = 0; i < a.length; i++) difference |= a[i]! ^ b[i]!;
		return difference === 0;
	}
}
