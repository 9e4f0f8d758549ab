// The account as login sees it; where and how it is kept is the store's affair.
import type { Choice } from "./mechanism.js";
import type { ScramKeys } from "./scram.js";

export interface Account {
	readonly username: string;
	/** Empty where a client certificate speaks for it: then nothing but EXTERNAL does, and it is never made. */
	readonly password: string;
	/** The server has confirmed it once. */
	readonly registered: boolean;
}

/** What the server did at the last login: by it the next need not wait to be told. */
export interface ServerHabits extends Choice {
	/** Stream management is offered. */
	readonly sm: boolean;
	/** By haste.ts: what the server has not taken that did not wait. */
	readonly refusals: number;
}

export interface AccountStore {
	/** With the password to try first, where a change of it may not have come through. */
	account(): Account | undefined;
	/** The name of the next proposal, random and not stored: a server that is told it offers what it offers an account. */
	candidate(): string;
	/** That name and a new random password, on their way to being an account: stored when this returns, replacing one that was proposed. */
	propose(): Account;
	/** The account stands: registered = true. */
	confirm(): void;
	/** The server took the password of account(), as the server's own proof shows. */
	taken(): void;
	/** The server refused it: true when account() has another one now. */
	refused(): boolean;
	/** What keepKeys() kept for these three. */
	keys(mechanism: string, salt: string, iterations: number): ScramKeys | undefined;
	/** A cache only: the store may forget. */
	keepKeys(mechanism: string, salt: string, iterations: number, keys: ScramKeys): void;
	/** What keepHabits() kept; a cache as well. */
	habits(): ServerHabits | undefined;
	keepHabits(habits: ServerHabits): void;
	/** What keepTokens() kept, of this account. */
	tokens(): readonly string[];
	/**
	 * What the server gave to log in with instead of the password, and as secret (XEP-0484): each as its mechanism, a space and the token.
	 * The newest first; the one before it stays until that has worked.
	 */
	keepTokens(tokens: readonly string[]): void;
}
