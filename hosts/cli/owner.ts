// `extasis owner`: what is the person's, and who may do what with it. Says it in the words that any chat client could say, and shows the answer.
import { type Element, xml } from "@xmpp/client";
import { type Command, InvalidArgumentError, Option } from "commander";
import { parseBareJID, parseCount } from "./arguments.js";
import { type AuditOptions, audit } from "./audit.js";
import type { Consumer } from "./consumer.js";
import { Failure, Misuse, printable } from "./errors.js";
import { addPersonOptions, asPerson, type PersonOptions } from "./login.js";
import type { AddCommand } from "./program.js";
import { parseField } from "./read.js";
import { findRegistry } from "./registry.js";
import { search } from "./search.js";

/** The box gives a thing half a minute to answer. */
const patience = 40_000;

interface DecideOptions extends PersonOptions {
	readonly domain?: boolean;
	readonly everyone?: boolean;
	readonly token?: string;
	readonly until?: string;
}

export const addOwner: AddCommand = (program, run) => {
	const owner = program.command("owner").description("what is yours, and who may read and set what of it");
	const add = (name: string, what: string): Command => addPersonOptions(owner.command(name)).description(what);
	add("things", "what is yours").action((options: PersonOptions) => run(() => say("things", options)));
	add("questions", "who wants what of your things").action((options: PersonOptions) => run(() => say("questions", options)));
	addRange(add("allow", "allow what somebody asked for, all of it or only these fields"))
		.argument("<who>", "an address, for all that it asked, or the number of a question", parseWho)
		.argument("[fields...]", "only these fields or parameters of what was asked", parseField)
		.action((who: string, fields: string[] | undefined, options: DecideOptions) => {
			run(() => say(`allow ${who}${rangeOf(options)}${untilOf(options)}${fieldsOf(fields ?? [])}`, options, / is allowed for /));
		});
	addRange(add("deny", "deny what somebody asked for"))
		.argument("<who>", "an address, for all that it asked, or the number of a question", parseWho)
		.action((who: string, options: DecideOptions) =>
			run(() => say(`deny ${who}${rangeOf(options)}${untilOf(options)}`, options, / is denied for /))
		);
	add("search", "the things that everybody may find: those that all of this is true of")
		.argument(
			"<tests...>",
			"such as MAN=example.org, #V>=1.5, SN~*77* (# before a number; =, <>, <, >, <=, >=, or ~ and the sign that stands for anything), or #LAT=[45..60) and MODEL<>[A..M] for within and without, where a round bracket leaves that end out"
		)
		.action((tests: string[], options: PersonOptions) => run(() => search(tests, options)));
	add("rules", "what you decided so far").action((options: PersonOptions) => run(() => say("rules", options)));
	add("forget", "take back what you decided")
		.argument("<number>", "of the rule", parseNumber)
		.action((number: string, options: PersonOptions) => run(() => say(`forget ${number}`, options, /^Rule \d+ is forgotten/)));
	add("audit", "what was claimed, given up and decided: all of it for the operator of a box, else what you did yourself")
		.option("--most <n>", "so many at the most, the latest first", parseCount(1, 1_000_000), 50)
		.option("--json", "one JSON object on each line")
		.action((options: AuditOptions) => run(() => audit(options)));
	add("hide", "let no search find a thing any more")
		.argument("<name>", "its name, serial number or address", parseName)
		.action((name: string, options: PersonOptions) => run(() => say(`hide ${name}`, options, / is private: /)));
	add("disown", "give up a thing")
		.argument("<name>", "its name, serial number or address", parseName)
		.action((name: string, options: PersonOptions) => run(() => say(`disown ${name}`, options, / is no longer yours\.$/)));
};

function addRange(command: Command): Command {
	return command
		.option("--domain", "for everyone of the asker's domain")
		.option("--everyone", "for everyone")
		.addOption(new Option("--token <kind>", "for whoever has the token that the asker has proved").choices(["device", "service", "user"]))
		.option(
			"--until <time>",
			"not for good: for 90m, 12h, 7d, or until a time such as 2027-01-31T18:00 (yours, if it names no zone)",
			parseUntil
		);
}

function parseNumber(text: string): string {
	if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("the number of a rule is wanted: extasis owner rules lists them.");
	return text;
}

function parseWho(text: string): string {
	return /^\d{1,9}$/.test(text) ? text : parseBareJID(text);
}

/** For a box that may live in another zone; how long from now is counted there. */
function parseUntil(text: string): string {
	if (/^\d{1,5}[mhd]$/i.test(text)) return text;
	const isTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?)?$/i.test(text);
	// A date alone would be taken for midnight of Greenwich.
	const time = new Date(isTime && text.length === 10 ? `${text}T00:00` : text);
	if (!isTime || Number.isNaN(time.getTime()))
		throw new InvalidArgumentError("90m, 12h, 7d, or a time such as 2027-01-31T18:00 is wanted.");
	if (time.getTime() <= Date.now()) throw new InvalidArgumentError("that time is past.");
	return time.toISOString().replace(/\.\d+Z$/, "Z");
}

/** It becomes part of a line of words. */
function parseName(text: string): string {
	const name = text.trim();
	if (name === "" || printable(name) !== name) throw new InvalidArgumentError("the name of a thing is wanted.");
	return name;
}

function rangeOf({ domain, everyone, token }: DecideOptions): string {
	const ranges = [...(domain ? ["domain"] : []), ...(everyone ? ["everyone"] : []), ...(token === undefined ? [] : [token])];
	if (ranges.length > 1) throw new Misuse("One of --domain, --everyone and --token, not both.");
	return ranges.map((range) => ` for ${range}`).join("");
}

function untilOf({ until }: DecideOptions): string {
	return until === undefined ? "" : ` until ${until}`;
}

/** Commas, since a name may hold a blank. */
function fieldsOf(fields: readonly string[]): string {
	const wrong = fields.find((field) => field.includes(",") || printable(field) !== field);
	if (wrong !== undefined) throw new Misuse(`"${wrong}" is not the name of a field.`);
	return fields.length === 0 ? "" : ` ${fields.join(", ")},`;
}

/** Prints the answer; one that does not tell of success is a Failure. */
async function say(words: string, options: PersonOptions, success?: RegExp): Promise<number> {
	return await asPerson(options, async (consumer) => {
		const { jid } = await findRegistry(consumer, undefined);
		const lines = (await talk(consumer, jid, words)).split("\n").map(printable);
		if (success !== undefined && !success.test(lines[0] ?? "")) throw new Failure(lines.join(" "));
		process.stdout.write(`${lines.join("\n")}\n`);
		return 0;
	});
}

async function talk(consumer: Consumer, box: string, words: string): Promise<string> {
	const isAnswer = (stanza: Element): boolean =>
		stanza.name === "message" && stanza.attrs.from === box && (stanza.attrs.type === "error" || stanza.getChild("body") !== undefined);
	const coming = consumer.wait(patience, isAnswer);
	await consumer.send(xml("message", { to: box, type: "chat" }, xml("body", {}, words)));
	const answer = await coming;
	if (answer === undefined || answer.attrs.type === "error") throw new Failure(`${box} does not answer messages.`);
	return answer.getChildText("body") ?? "";
}
