// What the token office remembers: the certificates that tokens stand for.

export interface Certificate {
	/** In base64. */
	readonly der: string;
	/** Milliseconds since 1970, between which it holds. */
	readonly since: number;
	readonly until: number;
}

export interface Token extends Certificate {
	readonly token: string;
	/** Bare JID of who proved first that he has the key. */
	readonly jid: string;
}

export interface TokenStore {
	token(token: string): Token | undefined;
	ofCertificate(der: string): Token | undefined;
	/** Those of one account, or all. */
	count(jid?: string): number;
	put(token: Token): void;
	/** Those whose certificates ended by then. */
	forget(now: number): void;
}

export class MemoryTokens implements TokenStore {
	#tokens = new Map<string, Token>();

	token(token: string): Token | undefined {
		return this.#tokens.get(token);
	}

	ofCertificate(der: string): Token | undefined {
		return [...this.#tokens.values()].find((each) => each.der === der);
	}

	count(jid?: string): number {
		return [...this.#tokens.values()].filter((each) => jid === undefined || each.jid === jid).length;
	}

	put(token: Token): void {
		this.#tokens.set(token.token, Object.freeze({ ...token }));
	}

	forget(now: number): void {
		for (const { token, until } of this.#tokens.values()) if (until <= now) this.#tokens.delete(token);
	}

	/** Gives what puts everything back as it is now. */
	snapshot(): () => void {
		const tokens = this.#tokens;
		this.#tokens = new Map(tokens);
		return () => {
			this.#tokens = tokens;
		};
	}
}
