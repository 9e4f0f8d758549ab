// What the API-key office remembers: keys, the accounts made with each, and the forms that were answered lately.

/** Whoever has key and secret may make so many accounts. */
export interface APIKey {
	/** What its owner calls it: the batch it is for. */
	readonly name: string;
	/** oauth_consumer_key. */
	readonly key: string;
	/** In clear, for an HMAC is checked by making it. */
	readonly secret: string;
	/** At most. */
	readonly accounts: number;
	/** Milliseconds since 1970, as all times here. */
	readonly at: number;
	/** It makes none any more since then. */
	readonly revokedAt?: number;
}

export interface KeyStore {
	/** In the order in which they were added, the revoked ones too. */
	keys(): readonly APIKey[];
	/** Adds it, or replaces the one of the same `key`. */
	putKey(key: APIKey): void;
	deleteKey(key: string): void;
	/** How many accounts were made with it. */
	made(key: string): number;
	hasMade(key: string, user: string): boolean;
	addMade(key: string, user: string, at: number): void;
	/** False where none was made by this name. */
	deleteMade(user: string): boolean;
	hasNonce(key: string, nonce: string): boolean;
	/** Remembered until it is forgotten by `expires`. */
	addNonce(key: string, nonce: string, expires: number): void;
	/** Forgets those that expired before `now`; gives how many are left. */
	nonces(now: number): number;
}

export class MemoryKeys implements KeyStore {
	#keys = new Map<string, APIKey>();
	#made = new Map<string, ReadonlySet<string>>();
	#nonces = new Map<string, number>();

	keys(): readonly APIKey[] {
		return [...this.#keys.values()];
	}

	putKey(key: APIKey): void {
		this.#keys.set(key.key, Object.freeze({ ...key }));
	}

	deleteKey(key: string): void {
		this.#keys.delete(key);
	}

	made(key: string): number {
		return this.#made.get(key)?.size ?? 0;
	}

	hasMade(key: string, user: string): boolean {
		return this.#made.get(key)?.has(user) ?? false;
	}

	addMade(key: string, user: string): void {
		this.#made.set(key, new Set([...(this.#made.get(key) ?? []), user]));
	}

	deleteMade(user: string): boolean {
		const keys = [...this.#made].filter(([, users]) => users.has(user));
		for (const [key, users] of keys) this.#made.set(key, new Set([...users].filter((each) => each !== user)));
		return keys.length > 0;
	}

	hasNonce(key: string, nonce: string): boolean {
		return this.#nonces.has(`${key} ${nonce}`);
	}

	addNonce(key: string, nonce: string, expires: number): void {
		this.#nonces.set(`${key} ${nonce}`, expires);
	}

	nonces(now: number): number {
		for (const [nonce, expires] of this.#nonces) if (expires < now) this.#nonces.delete(nonce);
		return this.#nonces.size;
	}

	/** Gives what puts everything back as it is now. */
	snapshot(): () => void {
		const [keys, made, nonces] = [this.#keys, this.#made, this.#nonces];
		this.#keys = new Map(keys);
		this.#made = new Map(made);
		this.#nonces = new Map(nonces);
		return () => {
			this.#keys = keys;
			this.#made = made;
			this.#nonces = nonces;
		};
	}
}
