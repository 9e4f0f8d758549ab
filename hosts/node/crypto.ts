// Hashes and randomness of node:crypto, synchronous.
import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from "node:crypto";
import type { Crypto, HashName } from "../../src/host.js";

const algorithms: Readonly<Record<HashName, { readonly name: string; readonly bytes: number }>> = Object.freeze({
	"SHA-1": { name: "sha1", bytes: 20 },
	"SHA-256": { name: "sha256", bytes: 32 }
});

/** Plain arrays go out: Buffer's slice() shares memory, and the firmware does not expect that. */
function plain(buffer: Buffer): Uint8Array {
	return new Uint8Array(buffer);
}

export const crypto: Crypto = Object.freeze({
	digest: (hash: HashName, data: Uint8Array) => plain(createHash(algorithms[hash].name).update(data).digest()),
	hmac: (hash: HashName, key: Uint8Array, data: Uint8Array) => plain(createHmac(algorithms[hash].name, key).update(data).digest()),
	pbkdf2: (hash: HashName, password: Uint8Array, salt: Uint8Array, iterations: number) =>
		plain(pbkdf2Sync(password, salt, iterations, algorithms[hash].bytes, algorithms[hash].name)),
	equal: (a: Uint8Array, b: Uint8Array) => a.length === b.length && timingSafeEqual(a, b)
});

export function random(count: number): Uint8Array {
	return plain(randomBytes(count));
}
