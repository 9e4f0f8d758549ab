// What an owner's rules make of a question: the closest rule decides, what none covers is unknown, and nothing is ever allowed by default.

import type { Rule, Scope, ShownToken } from "./decision-store.js";

/** What is allowed, and what nobody has decided yet; undefined where that is nothing. */
export interface Verdict {
	readonly allowed: Scope | undefined;
	readonly unknown: Scope | undefined;
}

const CLOSENESS = { Caller: 0, Device: 1, Service: 1, User: 1, Domain: 2, All: 3 } as const;

export const domainOf = (jid: string): string => jid.slice(jid.indexOf("@") + 1);

/** Whether a rule is about this bare JID, or about one of the tokens that it has proved to be its own. */
const isAbout = ({ range, who }: Rule, jid: string, tokens: readonly ShownToken[]): boolean => {
	if (range === "All") return true;
	if (range === "Caller" || range === "Domain") return who === (range === "Caller" ? jid : domainOf(jid));
	return tokens.some(({ kind, token }) => kind === range && token === who);
};

/** About him before about what he shows before about his domain before about everyone; a named field before all fields; the owner's last word first. */
const byCloseness = (a: Rule, b: Rule): number =>
	CLOSENESS[a.range] - CLOSENESS[b.range] || Number(a.fields.length === 0) - Number(b.fields.length === 0) || b.number - a.number;

/** The rules that are about `jid`, the deciding one first. */
export const closest = (rules: readonly Rule[], jid: string, tokens: readonly ShownToken[] = []): readonly Rule[] =>
	rules.filter((rule) => isAbout(rule, jid, tokens)).sort(byCloseness);

/** `rules` are of one thing, in the order of `closest`. */
export const judge = (rules: readonly Rule[], question: Scope): Verdict =>
	question.fields.length > 0 ? judgeNamed(rules, question) : judgeAll(rules, question.categories);

const judgeNamed = (rules: readonly Rule[], { fields, categories }: Scope): Verdict => {
	const cells = fields.map((field) => ({ field, ...judgeField(rules, field, categories) }));
	const unknown = cells.filter((cell) => cell.unknown !== 0);
	return {
		allowed: rectangle(cells, categories),
		unknown:
			unknown.length === 0
				? undefined
				: { fields: unknown.map(({ field }) => field), categories: unknown.reduce((bits, cell) => bits | cell.unknown, 0) }
	};
};

/** Which fields a thing has only the thing knows. "All but this one" cannot be said, so it is said as those that are allowed by name. */
const judgeAll = (rules: readonly Rule[], categories: number): Verdict => {
	const rest = judgeField(rules, undefined, categories);
	const named = [...new Set(rules.flatMap(({ fields }) => fields))].map((field) => ({ field, ...judgeField(rules, field, categories) }));
	const whole = rest.allowed !== 0 && named.every(({ allowed }) => (allowed & rest.allowed) === rest.allowed);
	return {
		allowed: whole ? { fields: [], categories: rest.allowed } : rectangle(named, categories),
		unknown: rest.unknown === 0 ? undefined : { fields: [], categories: rest.unknown }
	};
};

/** Of a field, or of one that no rule names. */
const judgeField = (rules: readonly Rule[], field: string | undefined, categories: number): { allowed: number; unknown: number } => {
	let allowed = 0;
	let unknown = categories;
	for (const rule of rules) {
		if (rule.fields.length > 0 && (field === undefined || !rule.fields.includes(field))) continue;
		const decided = rule.categories & unknown;
		if (rule.allowed) allowed |= decided;
		unknown &= ~decided;
	}
	return { allowed, unknown };
};

/** An answer has one list of fields and one of categories: as many fields as go with the first, and what all of them have in common. */
const rectangle = (cells: readonly { readonly field: string; readonly allowed: number }[], categories: number): Scope | undefined => {
	const fields: string[] = [];
	let common = categories;
	for (const { field, allowed } of cells) {
		if ((common & allowed) === 0) continue;
		fields.push(field);
		common &= allowed;
	}
	return fields.length === 0 ? undefined : { fields, categories: common };
};

/** What of two permissions both give. */
export const intersect = (a: Scope, b: Scope): Scope | undefined => {
	const categories = a.categories & b.categories;
	const fields = a.fields.length === 0 ? b.fields : b.fields.length === 0 ? a.fields : a.fields.filter((field) => b.fields.includes(field));
	const nothing = categories === 0 || (fields.length === 0 && a.fields.length + b.fields.length > 0);
	return nothing ? undefined : { fields, categories };
};

/** Whether the older rule can never decide anything any more. */
export const supersedes = (newer: Rule, older: Rule): boolean =>
	newer.kind === older.kind &&
	newer.range === older.range &&
	newer.who === older.who &&
	(older.fields.length === 0) === (newer.fields.length === 0) &&
	older.fields.every((field) => newer.fields.includes(field)) &&
	(older.categories & ~newer.categories) === 0;
