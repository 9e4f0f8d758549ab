// The API-key office's part of the SQLite file.

import type { Database } from "node-sqlite3-wasm";
import type { APIKey, KeyStore } from "./key-store.js";

/** A migration: never changed, only followed by others. */
export const KEY_TABLES = `CREATE TABLE api_key (
	key TEXT PRIMARY KEY, name TEXT NOT NULL, secret TEXT NOT NULL, accounts INTEGER NOT NULL, at INTEGER NOT NULL, revoked_at INTEGER
) STRICT;
CREATE TABLE api_account (key TEXT NOT NULL, user TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (key, user)) STRICT;
CREATE TABLE api_nonce (key TEXT NOT NULL, nonce TEXT NOT NULL, expires INTEGER NOT NULL, PRIMARY KEY (key, nonce)) STRICT;`;

type Row = Record<string, unknown>;

const keyOf = (row: Row): APIKey => ({
	name: row.name as string,
	key: row.key as string,
	secret: row.secret as string,
	accounts: Number(row.accounts),
	at: Number(row.at),
	revokedAt: row.revoked_at === null ? undefined : Number(row.revoked_at)
});

export class SQLiteKeys implements KeyStore {
	readonly #database: Database;

	constructor(database: Database) {
		this.#database = database;
	}

	keys(): readonly APIKey[] {
		return (this.#database.all("SELECT * FROM api_key ORDER BY rowid") as Row[]).map(keyOf);
	}

	putKey({ name, key, secret, accounts, at, revokedAt }: APIKey): void {
		this.#database.run(
			`INSERT INTO api_key (key, name, secret, accounts, at, revoked_at) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (key) DO UPDATE SET name = excluded.name, secret = excluded.secret, accounts = excluded.accounts,
			at = excluded.at, revoked_at = excluded.revoked_at`,
			[key, name, secret, accounts, at, revokedAt ?? null]
		);
	}

	deleteKey(key: string): void {
		this.#database.run("DELETE FROM api_key WHERE key = ?", [key]);
	}

	made(key: string): number {
		return this.#count("SELECT count(*) AS n FROM api_account WHERE key = ?", key);
	}

	hasMade(key: string, user: string): boolean {
		return this.#count("SELECT count(*) AS n FROM api_account WHERE key = ? AND user = ?", key, user) > 0;
	}

	addMade(key: string, user: string, at: number): void {
		this.#database.run("INSERT OR IGNORE INTO api_account VALUES (?, ?, ?)", [key, user, at]);
	}

	deleteMade(user: string): boolean {
		const found = this.#count("SELECT count(*) AS n FROM api_account WHERE user = ?", user) > 0;
		if (found) this.#database.run("DELETE FROM api_account WHERE user = ?", [user]);
		return found;
	}

	hasNonce(key: string, nonce: string): boolean {
		return this.#count("SELECT count(*) AS n FROM api_nonce WHERE key = ? AND nonce = ?", key, nonce) > 0;
	}

	addNonce(key: string, nonce: string, expires: number): void {
		this.#database.run("INSERT OR REPLACE INTO api_nonce VALUES (?, ?, ?)", [key, nonce, expires]);
	}

	nonces(now: number): number {
		this.#database.run("DELETE FROM api_nonce WHERE expires < ?", [now]);
		return this.#count("SELECT count(*) AS n FROM api_nonce");
	}

	#count(query: string, ...values: string[]): number {
		return Number((this.#database.get(query, values) as Row).n);
	}
}
