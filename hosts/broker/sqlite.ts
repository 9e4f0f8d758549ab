// The box's memory in one SQLite file.

import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { createRequire } from "node:module";
import type { Database as SQLite } from "node-sqlite3-wasm";
import type { AuditEntry, AuditPage } from "./audit.js";
import { blind } from "./digest.js";
import type { RegistryEvent } from "./registry.js";
import { DECISION_TABLES, RULES_END, SQLiteDecisions } from "./sqlite-decisions.js";
import { KEY_TABLES, SQLiteKeys } from "./sqlite-keys.js";
import { SQLiteTokens, TOKEN_TABLES } from "./sqlite-tokens.js";
import type { Store, ThingID, ThingRecord } from "./store.js";
import type { Tag } from "./tags.js";

const { Database } = createRequire(import.meta.url)("node-sqlite3-wasm") as typeof import("node-sqlite3-wasm");

/** Each entry leads from the version of its index to the next; what stands here is never changed, only added to. */
const MIGRATIONS: readonly (string | ((database: SQLite) => void))[] = [
	`CREATE TABLE thing (
		jid TEXT NOT NULL, node TEXT NOT NULL, namespace TEXT NOT NULL, tags TEXT NOT NULL, fingerprint TEXT, owner TEXT,
		self_owned INTEGER NOT NULL, listed INTEGER NOT NULL, told INTEGER NOT NULL, address TEXT,
		registered_at INTEGER NOT NULL, claimed_at INTEGER, PRIMARY KEY (jid, node)
	) STRICT;
	CREATE INDEX thing_owner ON thing (owner);
	CREATE INDEX thing_fingerprint ON thing (fingerprint);`,
	DECISION_TABLES,
	`CREATE TABLE audit (at INTEGER NOT NULL, event TEXT NOT NULL, thing TEXT NOT NULL, by TEXT, detail TEXT) STRICT;`,
	KEY_TABLES,
	RULES_END,
	// What was a hash of a thing's tags is from now on one that only this box can make.
	(database) => {
		const pepper = randomBytes(32).toString("hex");
		database.exec("CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT");
		database.run("INSERT INTO meta VALUES ('pepper', ?)", [pepper]);
		for (const { fingerprint } of database.all("SELECT DISTINCT fingerprint FROM thing WHERE fingerprint IS NOT NULL") as Row[]) {
			const old = fingerprint as string;
			database.run("UPDATE thing SET fingerprint = ? WHERE fingerprint = ?", [blind(pepper, old), old]);
		}
	},
	TOKEN_TABLES,
	"ALTER TABLE audit ADD COLUMN node TEXT"
];

/** Who claimed, gave up or decided what is written down; things that come and go are not. */
const AUDITED: readonly RegistryEvent["event"][] = [
	...(["claimed", "removed", "disowned", "allowed", "denied", "forgotten", "ended", "refused", "twin"] as const),
	...(["key-added", "key-revoked", "account", "account-refused", "account-gone"] as const)
];
/** The oldest go first. */
const AUDIT_ROWS = 100_000;

type Row = Record<string, unknown>;

const recordOf = (row: Row): ThingRecord => ({
	jid: row.jid as string,
	node: JSON.parse(row.node as string) as ThingRecord["node"],
	namespace: row.namespace as string,
	tags: JSON.parse(row.tags as string) as readonly Tag[],
	fingerprint: (row.fingerprint as string | null) ?? undefined,
	owner: (row.owner as string | null) ?? undefined,
	selfOwned: row.self_owned === 1,
	listed: row.listed === 1,
	told: row.told === 1,
	address: (row.address as string | null) ?? undefined,
	registeredAt: Number(row.registered_at),
	claimedAt: row.claimed_at === null ? undefined : Number(row.claimed_at)
});

export class SQLiteStore implements Store {
	readonly decisions: SQLiteDecisions;
	readonly keys: SQLiteKeys;
	readonly tokens: SQLiteTokens;
	#database: SQLite;

	/** The caller makes sure that no other process has this file open. */
	constructor(file: string) {
		// The library locks by making a folder, which a process that was killed leaves behind.
		rmSync(`${file}.lock`, { recursive: true, force: true });
		this.#database = new Database(file);
		this.decisions = new SQLiteDecisions(this.#database);
		this.keys = new SQLiteKeys(this.#database);
		this.tokens = new SQLiteTokens(this.#database);
		try {
			this.#prepare(file);
		} catch (error) {
			this.close();
			throw error;
		}
	}

	#prepare(file: string): void {
		// Not the default journal: of that the library never sees that it was left by a crash, and reads half a transaction as the whole.
		// Without shared memory a write-ahead log needs the file for itself, and to be told so first.
		this.#database.exec("PRAGMA locking_mode = EXCLUSIVE");
		const mode = (this.#database.get("PRAGMA journal_mode = WAL") as Row).journal_mode;
		if (mode !== "wal") throw new Error(`${file} cannot be kept safe on this file system: name a data folder on another.`);
		this.#database.exec("PRAGMA synchronous = FULL");
		const version = Number((this.#database.get("PRAGMA user_version") as Row).user_version);
		if (version > MIGRATIONS.length) {
			throw new Error(`${file} was written by a newer version of Extasis: use that, or name another data folder.`);
		}
		for (let at = version; at < MIGRATIONS.length; at++) {
			this.transaction(() => {
				const migration = MIGRATIONS[at]!;
				if (typeof migration === "string") this.#database.exec(migration);
				else migration(this.#database);
				this.#database.exec(`PRAGMA user_version = ${at + 1}`);
			});
		}
	}

	/** Goes into every fingerprint. */
	get pepper(): string {
		return (this.#database.get("SELECT value FROM meta WHERE name = 'pepper'") as Row).value as string;
	}

	close(): void {
		this.#database.close();
	}

	get(id: ThingID): ThingRecord | undefined {
		return this.#where("jid = ? AND node = ?", id.jid, JSON.stringify(id.node))[0];
	}

	put(thing: ThingRecord): void {
		this.#database.run("INSERT OR REPLACE INTO thing VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", [
			...[thing.jid, JSON.stringify(thing.node), thing.namespace, JSON.stringify(thing.tags)],
			...[thing.fingerprint ?? null, thing.owner ?? null, thing.selfOwned ? 1 : 0, thing.listed ? 1 : 0, thing.told ? 1 : 0],
			...[thing.address ?? null, thing.registeredAt, thing.claimedAt ?? null]
		]);
	}

	delete(id: ThingID): void {
		this.#database.run("DELETE FROM thing WHERE jid = ? AND node = ?", [id.jid, JSON.stringify(id.node)]);
	}

	jids(): readonly string[] {
		return (this.#database.all("SELECT DISTINCT jid FROM thing ORDER BY jid") as Row[]).map(({ jid }) => jid as string);
	}

	ofJID(jid: string): readonly ThingRecord[] {
		return this.#where("jid = ?", jid);
	}

	ofOwner(owner: string): readonly ThingRecord[] {
		return this.#where("owner = ?", owner);
	}

	ofFingerprint(fingerprint: string): readonly ThingRecord[] {
		return this.#where("fingerprint = ?", fingerprint);
	}

	listed(): Iterable<ThingRecord> {
		return this.#where("listed = 1");
	}

	/** Writes down what an owner did, for whoever runs the box. */
	audit(at: number, { event, thing, node, by, detail }: RegistryEvent): void {
		if (!AUDITED.includes(event)) return;
		this.#database.run("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?)", [at, event, thing, by ?? null, detail ?? null, node ?? null]);
		this.#database.run("DELETE FROM audit WHERE rowid <= (SELECT max(rowid) FROM audit) - ?", [AUDIT_ROWS]);
	}

	/** The latest first. */
	audited({ most, before, by }: AuditPage): readonly AuditEntry[] {
		const rows = this.#database.all(
			"SELECT rowid AS number, * FROM audit WHERE rowid < ? AND (? IS NULL OR by = ?) ORDER BY rowid DESC LIMIT ?",
			[before ?? Number.MAX_SAFE_INTEGER, by ?? null, by ?? null, most]
		) as Row[];
		return rows.map((row) => ({
			number: Number(row.number),
			at: Number(row.at),
			event: row.event as RegistryEvent["event"],
			thing: row.thing as string,
			node: (row.node as string | null) ?? undefined,
			by: (row.by as string | null) ?? undefined,
			detail: (row.detail as string | null) ?? undefined
		}));
	}

	transaction(action: () => void): void {
		this.#database.exec("BEGIN IMMEDIATE");
		try {
			action();
			this.#database.exec("COMMIT");
		} catch (error) {
			if (this.#database.inTransaction) this.#database.exec("ROLLBACK");
			throw error;
		}
	}

	#where(condition: string, ...values: string[]): readonly ThingRecord[] {
		return (this.#database.all(`SELECT * FROM thing WHERE ${condition} ORDER BY jid, node`, values) as Row[]).map(recordOf);
	}
}
