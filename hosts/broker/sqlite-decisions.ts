// The provisioning service's part of the SQLite file.

import type { Database } from "node-sqlite3-wasm";
import type { DecisionStore, Device, News, Question, Rule, ShownToken } from "./decision-store.js";
import type { ThingID } from "./store.js";

/** A migration: never changed, only followed by others. */
export const DECISION_TABLES = `CREATE TABLE rule (
	owner TEXT NOT NULL, number INTEGER NOT NULL, jid TEXT NOT NULL, node TEXT NOT NULL, kind TEXT NOT NULL, range TEXT NOT NULL,
	who TEXT NOT NULL, fields TEXT NOT NULL, categories INTEGER NOT NULL, allowed INTEGER NOT NULL, at INTEGER NOT NULL,
	PRIMARY KEY (owner, number)
) STRICT;
CREATE INDEX rule_jid ON rule (jid);
CREATE TABLE question (
	owner TEXT NOT NULL, number INTEGER NOT NULL, jid TEXT NOT NULL, node TEXT NOT NULL, kind TEXT NOT NULL, who TEXT NOT NULL,
	fields TEXT NOT NULL, categories INTEGER NOT NULL, key TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (owner, number)
) STRICT;
CREATE INDEX question_jid ON question (jid);
CREATE TABLE device (jid TEXT PRIMARY KEY, namespace TEXT NOT NULL, changes INTEGER NOT NULL, acknowledged INTEGER NOT NULL, news TEXT NOT NULL) STRICT;
CREATE TABLE owner_number (owner TEXT PRIMARY KEY, last INTEGER NOT NULL) STRICT;`;

export const RULES_END = `ALTER TABLE rule ADD COLUMN until INTEGER;
CREATE INDEX rule_until ON rule (until) WHERE until IS NOT NULL;`;

type Row = Record<string, unknown>;

const sharedOf = (row: Row) => ({
	owner: row.owner as string,
	number: Number(row.number),
	jid: row.jid as string,
	node: JSON.parse(row.node as string) as ThingID["node"],
	kind: row.kind as Rule["kind"],
	who: row.who as string,
	fields: JSON.parse(row.fields as string) as readonly string[],
	categories: Number(row.categories),
	at: Number(row.at)
});
const ruleOf = (row: Row): Rule => ({
	...sharedOf(row),
	range: row.range as Rule["range"],
	allowed: Number(row.allowed) === 1,
	until: row.until === null ? undefined : Number(row.until)
});
const deviceOf = (row: Row): Device => ({
	jid: row.jid as string,
	namespace: row.namespace as string,
	changes: Number(row.changes),
	acknowledged: Number(row.acknowledged),
	news: JSON.parse(row.news as string) as readonly News[]
});
const questionOf = (row: Row): Question => ({
	...sharedOf(row),
	key: row.key as string,
	tokens: JSON.parse(row.tokens as string) as readonly ShownToken[]
});

export class SQLiteDecisions implements DecisionStore {
	readonly #database: Database;

	constructor(database: Database) {
		this.#database = database;
	}

	rulesOf(owner: string): readonly Rule[] {
		return this.#all("rule", "owner", owner).map(ruleOf);
	}

	rulesAt(jid: string): readonly Rule[] {
		return this.#all("rule", "jid", jid).map(ruleOf);
	}

	putRule(rule: Rule): void {
		this.#database.run("INSERT OR REPLACE INTO rule VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", [
			...[rule.owner, rule.number, rule.jid, JSON.stringify(rule.node), rule.kind, rule.range, rule.who],
			...[JSON.stringify(rule.fields), rule.categories, rule.allowed ? 1 : 0, rule.at, rule.until ?? null]
		]);
	}

	deleteRule({ owner, number }: Pick<Rule, "owner" | "number">): void {
		this.#database.run("DELETE FROM rule WHERE owner = ? AND number = ?", [owner, number]);
	}

	ended(now: number): readonly Rule[] {
		return (this.#database.all("SELECT * FROM rule WHERE until <= ? ORDER BY number, owner", [now]) as Row[]).map(ruleOf);
	}

	nextEnd(): number | undefined {
		const { next } = this.#database.get("SELECT min(until) AS next FROM rule WHERE until IS NOT NULL") as Row;
		return next === null ? undefined : Number(next);
	}

	questionsOf(owner: string): readonly Question[] {
		return this.#all("question", "owner", owner).map(questionOf);
	}

	questionsAt(jid: string): readonly Question[] {
		return this.#all("question", "jid", jid).map(questionOf);
	}

	putQuestion(question: Question): void {
		this.#database.run("INSERT OR REPLACE INTO question VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", [
			...[question.owner, question.number, question.jid, JSON.stringify(question.node), question.kind, question.who],
			...[JSON.stringify(question.fields), question.categories, question.key, question.at, JSON.stringify(question.tokens)]
		]);
	}

	deleteQuestion({ owner, number }: Pick<Question, "owner" | "number">): void {
		this.#database.run("DELETE FROM question WHERE owner = ? AND number = ?", [owner, number]);
	}

	device(jid: string): Device | undefined {
		const row = this.#database.get("SELECT * FROM device WHERE jid = ?", [jid]) as Row | undefined | null;
		return row ? deviceOf(row) : undefined;
	}

	untold(): readonly Device[] {
		return (this.#database.all("SELECT * FROM device WHERE acknowledged <> changes ORDER BY jid") as Row[]).map(deviceOf);
	}

	putDevice({ jid, namespace, changes, acknowledged, news }: Device): void {
		const row = [jid, namespace, changes, acknowledged, JSON.stringify(news)];
		this.#database.run("INSERT OR REPLACE INTO device VALUES (?, ?, ?, ?, ?)", row);
	}

	number(owner: string): number {
		this.#database.run("INSERT INTO owner_number VALUES (?, 1) ON CONFLICT (owner) DO UPDATE SET last = last + 1", [owner]);
		return Number((this.#database.get("SELECT last FROM owner_number WHERE owner = ?", [owner]) as Row).last);
	}

	#all(table: "rule" | "question", column: "owner" | "jid", value: string): Row[] {
		return this.#database.all(`SELECT * FROM ${table} WHERE ${column} = ? ORDER BY number, owner`, [value]) as Row[];
	}
}
