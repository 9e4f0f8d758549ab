// A token in place of the password (XEP-0484, draft-schmaus-kitten-sasl-ht): one message each way; the token before it is kept until it has worked.
import type { Crypto } from "../host.js";
import { limits } from "../limits.js";
import { concat } from "../text/concat.js";
import { encodeUTF8 } from "../text/utf8.js";
import type { Element } from "../xml/element.js";
import type { Writer } from "../xml/writer.js";
import type { AccountStore } from "./account.js";
import { bestTokenMechanism, NAMESPACE_FAST, tokenBinding } from "./inline.js";
import type { ChannelBinding } from "./mechanism.js";

/** Of one connection. */
export class TokenLogin {
	#accounts: Pick<AccountStore, "tokens" | "keepTokens">;
	#crypto: Crypto;
	/** In use, and what it is bound to. */
	#token: string | undefined;
	#binding: Uint8Array | undefined;
	/** For which the server may give another. */
	#mechanism: string | undefined;
	#refused = false;

	constructor(accounts: Pick<AccountStore, "tokens" | "keepTokens">, crypto: Crypto) {
		this.#accounts = accounts;
		this.#crypto = crypto;
	}

	/** Takes the newest that can be used here; a server takes one try by token on a stream. Undefined: the password. */
	take(inline: number, channelBinding: ChannelBinding): string | undefined {
		this.#mechanism = bestTokenMechanism(inline, channelBinding);
		this.#token = undefined;
		const tokens = this.#accounts.tokens();
		for (let i = 0; i < tokens.length && !this.#refused; i++) {
			const token = tokens[i]!;
			const mechanism = token.slice(0, token.indexOf(" "));
			this.#binding = tokenBinding(mechanism, inline, channelBinding);
			if (!this.#binding) continue;
			this.#token = token;
			return mechanism;
		}
		return;
	}

	/** Into <authenticate/>: that a token is used, and the wish for one where there is none as good as the connection allows. */
	write(authenticate: Writer): void {
		const mechanism = this.#mechanism;
		if (this.#token) authenticate.open("fast", NAMESPACE_FAST).close();
		if (!mechanism || this.#token?.startsWith(`${mechanism} `)) return;
		authenticate.open("request-token", NAMESPACE_FAST).attribute("mechanism", mechanism).close();
	}

	/** initiator-msg (section 3.1 of the draft). */
	first(username: string): Uint8Array {
		return concat(encodeUTF8(`${username}\0`), this.hash("Initiator"));
	}

	/** True when responder-msg (section 3.2) proves that the server has the token too. */
	verify(final: Uint8Array): boolean {
		const expected = this.hash("Responder");
		return final.length === expected.length && this.#crypto.equal(final, expected);
	}

	/** True when it was a token that the server refused: it is forgotten (XEP-0484 section 5.1). */
	refused(): boolean {
		const token = this.#token;
		if (!token) return false;
		this.#token = undefined;
		this.#refused = true;
		this.#accounts.keepTokens(this.#accounts.tokens().filter((one) => one !== token));
		return true;
	}

	/** <success/>: what was used stands alone, unless it is to be followed by another (section 3.5). */
	worked(success: Element): void {
		const secret = success.child("token", NAMESPACE_FAST)?.attribute("token");
		const kept = this.#token ?? this.#accounts.tokens()[0];
		const tokens: string[] = [];
		if (this.#mechanism && secret && secret.length <= limits.loginToken) tokens.push(`${this.#mechanism} ${secret}`);
		if (kept) tokens.push(kept);
		this.#accounts.keepTokens(tokens);
	}

	private hash(who: string): Uint8Array {
		const token = this.#token ?? "";
		const secret = encodeUTF8(token.slice(token.indexOf(" ") + 1));
		return this.#crypto.hmac("SHA-256", secret, concat(encodeUTF8(who), this.#binding!));
	}
}
