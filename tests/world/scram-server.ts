// The server's half of SCRAM (RFC 5802, RFC 7677), with real verification.
import type { Crypto, HashName } from "../../src/host.js";
import { base64, bytesOf } from "./bytes.js";
import type { Dice } from "./dice.js";

export interface ScramServerOptions {
	readonly mechanism: string;
	readonly crypto: Crypto;
	readonly dice: Dice;
	readonly iterations: number;
	/** What the account's password is; the salt is the account's too. */
	/** Of type tls-exporter, where the server can tell it: what a login of -PLUS is bound to. */
	readonly exporter?: Uint8Array;
	readonly lookup: (username: string) => { readonly password: string; readonly salt: Uint8Array } | undefined;
}

/** One login: first(), then final(). A refusal is the SASL condition (RFC 6120 6.5). */
export class ScramServer {
	username = "";
	#options: ScramServerOptions;
	#hash: HashName;
	#bare = "";
	#header = "";
	#serverFirst = "";
	#nonce = "";

	constructor(options: ScramServerOptions) {
		this.#options = options;
		this.#hash = options.mechanism.startsWith("SCRAM-SHA-256") ? "SHA-256" : "SHA-1";
	}

	/** The server-first message, or a refusal. */
	first(message: string): { challenge: string } | { refusal: string } {
		const parts = /^((?:n|y|p=tls-exporter),,)(n=([^,]+),r=([\x21-\x2b\x2d-\x7e]+))$/.exec(message);
		const bound = this.#options.mechanism.endsWith("-PLUS");
		// RFC 5802 section 6: who says "y" to a server that offers -PLUS has been lied to.
		if (!parts || bound !== parts[1]!.startsWith("p") || (this.#options.exporter && parts[1] === "y,,"))
			return { refusal: "malformed-request" };
		const { dice, lookup, iterations } = this.#options;
		this.#header = parts[1]!;
		this.#bare = parts[2]!;
		this.username = parts[3]!.replaceAll("=2C", ",").replaceAll("=3D", "=");
		this.#nonce = parts[4]! + dice.word(24);
		// An unknown account gets a challenge like any other.
		const salt = lookup(this.username)?.salt ?? dice.bytes(16);
		this.#serverFirst = `r=${this.#nonce},s=${base64(salt)},i=${iterations}`;
		return { challenge: this.#serverFirst };
	}

	/** The server-final message, or a refusal. */
	final(message: string): { success: string } | { refusal: string } {
		const parts = /^(c=([^,]+),r=([^,]+)),p=([^,]+)$/.exec(message);
		const exporter = this.#header.startsWith("p") ? (this.#options.exporter ?? []) : [];
		if (!parts || parts[2] !== base64(Uint8Array.from([...bytesOf(this.#header), ...exporter])) || parts[3] !== this.#nonce)
			return { refusal: "malformed-request" };
		const { crypto, lookup, iterations } = this.#options;
		const account = lookup(this.username);
		if (!account) return { refusal: "not-authorized" };
		const salted = crypto.pbkdf2(this.#hash, bytesOf(account.password), account.salt, iterations);
		const sign = (key: Uint8Array, text: string) => crypto.hmac(this.#hash, key, bytesOf(text));
		const clientKey = sign(salted, "Client Key");
		const messages = `${this.#bare},${this.#serverFirst},${parts[1]}`;
		const signature = sign(crypto.digest(this.#hash, clientKey), messages);
		const proof = clientKey.map((byte, index) => byte ^ signature[index]!);
		if (base64(proof) !== parts[4]) return { refusal: "not-authorized" };
		return { success: `v=${base64(sign(sign(salted, "Server Key"), messages))}` };
	}
}
