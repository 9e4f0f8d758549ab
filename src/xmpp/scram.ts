// SCRAM (RFC 5802, RFC 7677): texts in, texts out.
import type { Crypto, HashName } from "../host.js";
import { limits } from "../limits.js";
import { decodeBase64, encodeBase64 } from "../text/base64.js";
import { concat } from "../text/concat.js";
import { encodeUTF8 } from "../text/utf8.js";

export type ScramMechanism = "SCRAM-SHA-256" | "SCRAM-SHA-1";

/** What PBKDF2 is spent for; enough to log in and to know the server by, so as secret as the password. */
export interface ScramKeys {
	readonly clientKey: Uint8Array;
	readonly serverKey: Uint8Array;
}

export interface ScramOptions {
	readonly mechanism: ScramMechanism;
	/** Printable ASCII, of which SASLprep changes nothing; there are no Unicode tables here for other text. */
	readonly username: string;
	readonly password: string;
	/** Fresh for each login; printable ASCII without comma. */
	readonly nonce: string;
	/** gs2-header: how the login is bound to the connection; default "n,,". */
	readonly header?: string;
	/** What a header with p= binds it to. */
	readonly binding?: Uint8Array;
	/** All that the server offered, as XEP-0474 hashes it; undefined before it has. */
	readonly offered?: () => string | undefined;
	readonly crypto: Crypto;
	/** Keys kept from an earlier login. */
	readonly keys?: (salt: string, iterations: number) => ScramKeys | undefined;
}

/** Keys that cost a PBKDF2 in this login. */
export interface DerivedKeys {
	readonly salt: string;
	readonly iterations: number;
	readonly keys: ScramKeys;
}

export class Scram {
	#options: ScramOptions;
	#hash: HashName;
	#header: string;
	#firstBare: string;
	#authMessage: Uint8Array | undefined;
	#serverKey: Uint8Array | undefined;
	#derived: DerivedKeys | undefined;

	constructor(options: ScramOptions) {
		this.#options = options;
		this.#header = options.header ?? "n,,";
		this.#hash = options.mechanism === "SCRAM-SHA-256" ? "SHA-256" : "SHA-1";
		if (!isPrintable(options.username) || !isPrintable(options.password)) throw new Error("username and password must be printable ASCII");
		this.#firstBare = `n=${options.username.split("=").join("=3D").split(",").join("=2C")},r=${options.nonce}`;
	}

	/** client-first-message. */
	first(): string {
		return this.#header + this.#firstBare;
	}

	/** client-final-message; throws an Error that says what the server's message is refused for. */
	final(serverFirst: string): string {
		if (this.#authMessage) throw new Error("a second challenge");
		// The order is fixed (RFC 5802 section 7); a mandatory extension would stand before r= and is refused with it (5.1).
		const parts = serverFirst.split(",");
		const nonce = attributeOf(parts[0], "r");
		if (!nonce.startsWith(this.#options.nonce) || nonce.length === this.#options.nonce.length || !isPrintable(nonce))
			throw new Error("the server's nonce does not extend ours");
		const salt = attributeOf(parts[1], "s");
		const saltBytes = decodeBase64(salt);
		if (!saltBytes || saltBytes.length === 0) throw new Error("the salt is not base64");
		const iterations = parseCount(attributeOf(parts[2], "i"));
		if (iterations < limits.scramIterationsLeast) throw new Error(`${iterations} iterations are too few`);
		if (iterations > limits.scramIterationsMost) throw new Error(`${iterations} iterations are too many`);

		this.checkOffer(parts);
		const keys = this.keys(salt, saltBytes, iterations);
		const withoutProof = `c=${encodeBase64(this.bound())},r=${nonce}`;
		const authMessage = encodeUTF8(`${this.#firstBare},${serverFirst},${withoutProof}`);
		const crypto = this.#options.crypto;
		const signature = crypto.hmac(this.#hash, crypto.digest(this.#hash, keys.clientKey), authMessage);
		const proof = new Uint8Array(signature.length);
		for (let i = 0; i < proof.length; i++) proof[i] = signature[i]! ^ keys.clientKey[i]!;
		this.#authMessage = authMessage;
		this.#serverKey = keys.serverKey;
		return `${withoutProof},p=${encodeBase64(proof)}`;
	}

	/** True when server-final-message proves that the server knows the account; false for a wrong or missing v= and for e=. */
	verify(serverFinal: string): boolean {
		const authMessage = this.#authMessage;
		const serverKey = this.#serverKey;
		if (!authMessage || !serverKey || !serverFinal.startsWith("v=")) return false;
		const end = serverFinal.indexOf(",");
		const given = decodeBase64(end < 0 ? serverFinal.slice(2) : serverFinal.slice(2, end));
		const signature = this.#options.crypto.hmac(this.#hash, serverKey, authMessage);
		return given != null && given.length === signature.length && this.#options.crypto.equal(given, signature);
	}

	/** Worth keeping once verify() said yes; undefined when the kept ones served. */
	get derived(): DerivedKeys | undefined {
		return this.#derived;
	}

	/** Where the server says what it offered, under the signature that it ends with (XEP-0474): who changed the offer is found out. */
	private checkOffer(parts: readonly string[]): void {
		const options = this.#options;
		for (let at = 3; at < parts.length; at++) {
			const part = parts[at]!;
			if (!part.startsWith("h=") || !options.offered) continue;
			const text = options.offered();
			const hash = text == null ? "" : encodeBase64(options.crypto.digest(this.#hash, encodeUTF8(text)));
			if (part.slice(2) !== hash) throw new Error("what the server offered is not what reached us: somebody is between");
		}
	}

	/** cbind-input. */
	private bound(): Uint8Array {
		const header = encodeUTF8(this.#header);
		const binding = this.#options.binding;
		return binding ? concat(header, binding) : header;
	}

	private keys(salt: string, saltBytes: Uint8Array, iterations: number): ScramKeys {
		const kept = this.#options.keys?.(salt, iterations);
		if (kept) return kept;
		const options = this.#options;
		const salted = options.crypto.pbkdf2(this.#hash, encodeUTF8(options.password), saltBytes, iterations);
		const keys: ScramKeys = Object.freeze({
			clientKey: options.crypto.hmac(this.#hash, salted, encodeUTF8("Client Key")),
			serverKey: options.crypto.hmac(this.#hash, salted, encodeUTF8("Server Key"))
		});
		this.#derived = { salt, iterations, keys };
		return keys;
	}
}

function attributeOf(part: string | undefined, name: string): string {
	if (part == null || !part.startsWith(`${name}=`)) throw new Error(`the server's message has no ${name}= where it belongs`);
	return part.slice(2);
}

/** posit-number of RFC 5802 section 7; more digits than a bound could have count as the largest number. */
function parseCount(text: string): number {
	if (text.length === 0) throw new Error("no iteration count");
	let count = 0;
	const list = encodeUTF8(text);
	for (let i = 0; i < list.length; i++) {
		const digit = list[i]! - 0x30;
		if (!(digit >= 0 && digit <= 9) || (count === 0 && digit === 0)) throw new Error("the iteration count is not a number");
		count = Math.min(count * 10 + digit, Number.MAX_SAFE_INTEGER);
	}
	return count;
}

function isPrintable(text: string): boolean {
	if (text.length === 0) return false;
	const list = encodeUTF8(text);
	for (let i = 0; i < list.length; i++) {
		const byte = list[i]!;
		if (byte < 0x20 || byte > 0x7e) return false;
	}
	return true;
}
