// Questions to an owner in words, and his answers to them in any chat client.

import { describeCategories } from "./categories.js";
import type { Question, Range, Rule } from "./decision-store.js";
import { nameOf, shown, shownList } from "./names.js";
import type { Provisioning } from "./provisioning.js";
import type { ThingRecord } from "./store.js";

/** Lines of one answer. */
const LISTED = 50;
const FIELDS = 64;
const FIELD = 256;

/** "read Temperature of WeatherStation" */
const wishOf = ({ kind, jid, node, fields, categories }: Question | Rule, thing: ThingRecord | undefined): string => {
	const name = shown(thing === undefined ? jid : nameOf(thing));
	const of = node[0] === "" ? name : `${shown(node[0])} at ${name}`;
	if (kind === "friend") return `be a friend of ${of}`;
	if (kind === "control") return `set ${fields.length === 0 ? "all parameters" : shownList(fields)} of ${of}`;
	const kinds = describeCategories(categories);
	return `read ${fields.length === 0 ? "all fields" : shownList(fields)}${kinds && ` (${kinds})`} of ${of}`;
};

const wants = (question: Question, thing: ThingRecord | undefined): string => {
	const shows = question.tokens.map(({ kind, token }) => `${kind.toLowerCase()} token ${token}`);
	return `${shown(question.who)}${shows.length === 0 ? "" : `, who has proved ${shownList(shows)},`} wants to ${wishOf(question, thing)}`;
};

/** Whom a rule is about. */
const whomOf = ({ range, who }: Pick<Rule, "range" | "who">): string =>
	({
		...{ Caller: shown(who), Domain: `everyone of ${shown(who)}`, All: "everyone" },
		...{ Device: `whoever has device token ${who}`, Service: `whoever has service token ${who}`, User: `whoever has user token ${who}` }
	})[range];

export const describeQuestion = (question: Question, thing: ThingRecord | undefined): string => {
	const { number, fields } = question;
	const some = fields.length > 1 ? [`allow ${number} ${shown(fields[0]!)}`] : [];
	const answers = [`allow ${number}`, ...some].join(", ");
	return `${wants(question, thing)} (question ${number}): answer ${answers}${some.length > 0 ? "," : ""} or deny ${number}.`;
};

const untilOf = (until: number | undefined): string =>
	until === undefined ? "" : ` until ${new Date(until).toISOString().replace(/\.000Z$/, "Z")}`;

const describeRule = (rule: Rule, thing: ThingRecord | undefined): string => {
	return `${rule.number}: ${whomOf(rule)} may ${rule.allowed ? "" : "not "}${wishOf(rule, thing)}${untilOf(rule.until)}`;
};

const list = (lines: readonly string[], otherwise: string): string => {
	const first = lines.slice(0, LISTED);
	if (lines.length > LISTED) first.push(`… and ${lines.length - LISTED} more.`);
	return first.join("\n") || otherwise;
};

/** undefined when the word is none of these. */
export const answerAboutDecisions = (provisioning: Provisioning, owner: string, word: string, rest: string): string | undefined => {
	switch (word) {
		case "questions": {
			const lines = provisioning.questions(owner).map((each) => `${each.number}: ${wants(each, provisioning.thingOf(each))}`);
			return list(lines, "Nobody wants anything of your things.");
		}
		case "rules":
			return list(
				provisioning.rules(owner).map((rule) => describeRule(rule, provisioning.thingOf(rule))),
				"You have not decided anything yet."
			);
		case "allow":
		case "deny":
			return decide(provisioning, owner, word === "allow", rest);
		case "forget": {
			const rule = provisioning.rules(owner).find(({ number }) => `${number}` === rest);
			if (rule === undefined) return "There is no such rule of yours: say `rules`.";
			provisioning.forget(rule);
			return `Rule ${rule.number} is forgotten: the next who asks, you are asked again.`;
		}
		default:
			return undefined;
	}
};

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };
/** A rule that ends ends within ten years. */
const FAR = 10 * 366 * 86_400_000;

/** "90m", "12h", "7d", or a time with its zone; undefined when it is none, or past. */
const parseUntil = (text: string, now: number): number | undefined => {
	const [, count, unit = ""] = /^(\d{1,5})([mhd])$/i.exec(text) ?? [];
	const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)$/i.test(text);
	const until = count !== undefined ? now + Number(count) * UNITS[unit.toLowerCase()]! : isTime ? Date.parse(text) : Number.NaN;
	return until > now && until <= now + FAR ? until : undefined;
};

const RANGES: Readonly<Record<string, Range>> = { domain: "Domain", everyone: "All", device: "Device", service: "Service", user: "User" };

const decide = (provisioning: Provisioning, owner: string, allowed: boolean, said: string): string => {
	const [, which = "", , scope = "", , end, names = ""] =
		/^(\S*)(\s+for\s+(domain|everyone|device|service|user)(?!\S))?(\s+until\s+([^\s,]+)(?!\S))?\s*(.*)$/is.exec(said) ?? [];
	const range = RANGES[scope.toLowerCase()] ?? "Caller";
	const until = end === undefined ? undefined : parseUntil(end, provisioning.now());
	if (end !== undefined && until === undefined) {
		return `"${shown(end)}" is no time to come: say 90m, 12h, 7d, or a time with its zone as in 2027-01-31T18:00Z.`;
	}
	const open = provisioning.questions(owner);
	const meant = open.filter(({ number, who }) => `${number}` === which || who === which.toLowerCase());
	if (meant.length === 0) return "There is no such question: say `questions`.";
	// Who is to set something is let in by the number of his question: an address would answer what was asked since the owner looked, too.
	const answered = allowed && which.includes("@") ? meant.filter(({ kind }) => kind !== "control") : meant;
	if (answered.length === 0) return "That is a wish to set something: allow it by the number of the question.";
	if (names !== "" && !allowed) return "What is denied is denied as a whole: say `allow` with the fields that you allow.";
	// With fields, his other wishes are left open.
	const questions = names === "" ? answered : answered.filter(({ kind }) => kind !== "friend");
	if (questions.length === 0) return "That question is not about fields.";
	const choices = questions.map((question) => ({
		question,
		fields: names === "" ? question.fields : fieldsOf(question, names),
		token: question.tokens.find(({ kind }) => kind === range)?.token
	}));
	const isByToken = range === "Device" || range === "Service" || range === "User";
	if (isByToken && choices.some(({ token }) => token === undefined)) return `Who asks has proved no ${scope.toLowerCase()} token.`;
	const [wrong] = choices.flatMap(({ fields }) => (typeof fields === "string" ? [fields] : []));
	if (wrong !== undefined) return wrong;
	for (const { question, fields, token } of choices) {
		if (!provisioning.decide(question, { allowed, range, token, until, fields: fields as readonly string[] })) {
			return "You have too many rules: `forget` some first.";
		}
	}
	const numbers = questions.map(({ number }) => number).join(", ");
	const who = choices[0]!.token ?? questions[0]!.who;
	const whom = range === "Domain" ? "everyone of that domain" : whomOf({ range, who });
	const what = names === "" ? "" : `: ${shownList([...new Set(choices.flatMap(({ fields }) => fields))])}, and nothing else of it`;
	return `Question ${numbers} is ${allowed ? "allowed" : "denied"} for ${whom}${untilOf(until)}${what}.`;
};

/** Names as the question has them, whatever their case; a sentence when one is not of it. */
const fieldsOf = ({ number, fields }: Question, said: string): readonly string[] | string => {
	const find = (name: string) => fields.find((field) => field.toLowerCase() === name.toLowerCase());
	const whole = find(said.trim());
	if (whole !== undefined) return [whole];
	const names = said.split(said.includes(",") ? "," : /\s/).flatMap((name) => name.trim() || []);
	if (names.length > FIELDS || names.some((name) => name.length > FIELD)) return "Those are too many fields.";
	// Of all fields, the owner knows the names and we do not.
	if (fields.length === 0) return names;
	const unknown = names.find((name) => find(name) === undefined);
	return unknown === undefined
		? names.map((name) => find(name)!)
		: `Question ${number} is not about ${shown(unknown)}, but about ${shownList(fields)}.`;
};
