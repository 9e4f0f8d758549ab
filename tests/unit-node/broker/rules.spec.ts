// Rules against an oracle that looks at one field, one kind of value and one person at a time: nothing is allowed but by the rule that decides.

import type { Range, Rule, Scope } from "../../../hosts/broker/decision-store.js";
import { closest, intersect, judge } from "../../../hosts/broker/rules.js";

/** The last is named by no rule: fields of a thing that nobody here knows. */
const FIELDS = ["A", "B", "C", "Unnamed"];
const BITS = [1, 2, 4];
const PEOPLE = ["a@x.example", "b@x.example", "c@y.example"];

/** Numbers below `most`, the same for the same seed. */
const dice = (seed: number) => {
	let state = seed;
	return (most: number): number => {
		state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
		return Math.floor((state / 2 ** 32) * most);
	};
};

const someOf = <T>(all: readonly T[], roll: (most: number) => number): T[] => all.filter(() => roll(2) === 1);

const ruleOf = (number: number, roll: (most: number) => number): Rule => {
	const range = (["Caller", "Domain", "All"] as Range[])[roll(3)]!;
	const person = PEOPLE[roll(3)]!;
	return {
		...{ owner: "o@x", number, jid: "t@x", node: ["", "", ""], kind: "read", range, allowed: roll(2) === 1, at: 0 },
		who: range === "Caller" ? person : range === "Domain" ? person.split("@")[1]! : "",
		fields: someOf(FIELDS.slice(0, 3), roll),
		categories: 1 + roll(7)
	};
};

/** Of one field and one kind of value: true, false, or undecided. */
const oracle = (rules: readonly Rule[], who: string, field: string, bit: number): boolean | undefined => {
	for (const range of ["Caller", "Domain", "All"]) {
		const about = { Caller: who, Domain: who.split("@")[1], All: "" }[range];
		const here = rules.filter((rule) => rule.range === range && rule.who === about && rule.categories & bit);
		const named = here.filter(({ fields }) => fields.includes(field));
		const latest = (named.length > 0 ? named : here.filter(({ fields }) => fields.length === 0)).sort((a, b) => b.number - a.number)[0];
		if (latest !== undefined) return latest.allowed;
	}
	return undefined;
};

test("R-324-26 of 20,000 questions none is answered with more than the rules allow, and none is left unasked", () => {
	const roll = dice(7);
	const seen = { whole: 0, some: 0, nothing: 0, unknown: 0 };
	for (let round = 0; round < 20_000; round++) {
		const rules = Array.from({ length: roll(7) }, (_, at) => ruleOf(at + 1, roll));
		const who = PEOPLE[roll(3)]!;
		const question: Scope = { fields: someOf(FIELDS, roll), categories: 1 + roll(7) };
		const { allowed, unknown } = judge(closest(rules, who), question);
		const fields = question.fields.length === 0 ? FIELDS : question.fields;
		const bits = BITS.filter((bit) => question.categories & bit);
		const covers = (scope: Scope | undefined, field: string, bit: number) =>
			scope !== undefined && (scope.categories & bit) !== 0 && (scope.fields.length === 0 || scope.fields.includes(field));
		expect((allowed?.categories ?? 0) & ~question.categories).toBe(0);
		expect((allowed?.fields ?? []).every((field) => fields.includes(field))).toBe(true);
		const wrong: string[] = [];
		for (const field of fields) {
			for (const bit of bits) {
				const truth = oracle(rules, who, field, bit);
				if (covers(allowed, field, bit) && truth !== true) wrong.push(`allowed: ${field} ${bit}`);
				// What is unknown of all fields is asked for all of them; a single one may be decided by its name.
				if (truth === undefined && !covers(unknown, field, bit)) wrong.push(`not asked: ${field} ${bit}`);
			}
		}
		if (wrong.length > 0) throw new Error(`${wrong.join(", ")}: ${JSON.stringify({ rules, who, question, allowed, unknown })}`);
		if (question.fields.length > 0 && fields.every((field) => bits.every((bit) => oracle(rules, who, field, bit)))) {
			expect(allowed).toEqual(question);
		}
		const all = fields.every((field) => bits.every((bit) => oracle(rules, who, field, bit) === true));
		seen[allowed === undefined ? "nothing" : all ? "whole" : "some"]++;
		if (unknown !== undefined) seen.unknown++;
	}
	for (const count of Object.values(seen)) expect(count).toBeGreaterThan(500);
});

test("what two permissions have in common is in both", () => {
	const roll = dice(11);
	for (let round = 0; round < 5000; round++) {
		const any = (): Scope => ({ fields: someOf(FIELDS, roll), categories: roll(8) });
		const [a, b] = [any(), any()];
		const both = intersect(a, b);
		const covers = (scope: Scope | undefined, field: string, bit: number) =>
			scope !== undefined && (scope.categories & bit) !== 0 && (scope.fields.length === 0 || scope.fields.includes(field));
		const cells = FIELDS.flatMap((field) => BITS.map((bit) => [covers(both, field, bit), covers(a, field, bit) && covers(b, field, bit)]));
		expect(cells.filter(([is, should]) => is !== should)).toEqual([]);
	}
});
