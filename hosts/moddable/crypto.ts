// Digests, HMAC, PBKDF2 and random bytes by the mbedTLS that is there anyway (natives/crypto.c).
import type { Crypto, HashName } from "../../src/host.js";

const digest = native("xs_extasis_digest") as (bits: number, data: Uint8Array) => ArrayBuffer;
const hmac = native("xs_extasis_hmac") as (bits: number, key: Uint8Array, data: Uint8Array) => ArrayBuffer;
const pbkdf2 = native("xs_extasis_pbkdf2") as (bits: number, password: Uint8Array, salt: Uint8Array, iterations: number) => ArrayBuffer;
const equal = native("xs_extasis_equal") as (a: Uint8Array, b: Uint8Array) => boolean;
const fill = native("xs_extasis_random") as (count: number) => ArrayBuffer;

/** What natives/crypto.c knows a hash by. */
function bitsOf(hash: HashName): number {
	return hash === "SHA-1" ? 160 : 256;
}

export const crypto: Crypto = Object.freeze({
	digest: (hash: HashName, data: Uint8Array) => new Uint8Array(digest(bitsOf(hash), data)),
	hmac: (hash: HashName, key: Uint8Array, data: Uint8Array) => new Uint8Array(hmac(bitsOf(hash), key, data)),
	pbkdf2: (hash: HashName, password: Uint8Array, salt: Uint8Array, iterations: number) =>
		new Uint8Array(pbkdf2(bitsOf(hash), password, salt, iterations)),
	equal: (a: Uint8Array, b: Uint8Array) => equal(a, b)
});

/** Strong: the SDK's own Math.random and rng are not. */
export function random(count: number): Uint8Array {
	return new Uint8Array(fill(count));
}
