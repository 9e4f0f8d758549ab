// The token office's part of the SQLite file.

import type { Database } from "node-sqlite3-wasm";
import type { Token, TokenStore } from "./token-store.js";

/** A migration: never changed, only followed by others. Questions say what their asker has proved to have. */
export const TOKEN_TABLES = `CREATE TABLE token (
	token TEXT PRIMARY KEY, jid TEXT NOT NULL, der TEXT NOT NULL UNIQUE, since INTEGER NOT NULL, until INTEGER NOT NULL
) STRICT;
CREATE INDEX token_jid ON token (jid);
ALTER TABLE question ADD COLUMN tokens TEXT NOT NULL DEFAULT '[]';`;

type Row = Record<string, unknown>;

const tokenOf = (row: Row | undefined | null): Token | undefined =>
	row
		? {
				token: row.token as string,
				jid: row.jid as string,
				der: row.der as string,
				since: Number(row.since),
				until: Number(row.until)
			}
		: undefined;

export class SQLiteTokens implements TokenStore {
	readonly #database: Database;

	constructor(database: Database) {
		this.#database = database;
	}

	token(token: string): Token | undefined {
		return tokenOf(this.#database.get("SELECT * FROM token WHERE token = ?", [token]) as Row | undefined | null);
	}

	ofCertificate(der: string): Token | undefined {
		return tokenOf(this.#database.get("SELECT * FROM token WHERE der = ?", [der]) as Row | undefined | null);
	}

	count(jid?: string): number {
		const query = "SELECT count(*) AS n FROM token WHERE ?1 IS NULL OR jid = ?1";
		return Number((this.#database.get(query, [jid ?? null]) as Row).n);
	}

	put({ token, jid, der, since, until }: Token): void {
		this.#database.run("INSERT OR REPLACE INTO token VALUES (?, ?, ?, ?, ?)", [token, jid, der, since, until]);
	}

	forget(now: number): void {
		this.#database.run("DELETE FROM token WHERE until <= ?", [now]);
	}
}
