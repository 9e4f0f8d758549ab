// `extasis keys`: who may make accounts at a box. Said by its operator, who is the owner that the box was started with.
import { type Element, xml } from "@xmpp/client";
import { type Command, InvalidArgumentError, Option } from "commander";
import { parseAccountJID, parseCount } from "./arguments.js";
import { boxOwner } from "./box-file.js";
import type { Answer } from "./consumer.js";
import { Failure, Misuse, printable } from "./errors.js";
import { addPersonOptions, asPerson, type PersonOptions } from "./login.js";
import type { AddCommand } from "./program.js";
import { findRegistry } from "./registry.js";

const namespace = "urn:extasis:keys:0";

type KeyOptions = Omit<PersonOptions, "as"> & Partial<Pick<PersonOptions, "as">>;

interface AddOptions extends KeyOptions {
	readonly accounts: number;
}

export const addKeys: AddCommand = (program, run) => {
	const keys = program.command("keys").description("API keys: whoever has one may make accounts at your box, so many and no more");
	const me = new Option("--as <jid>", "the box's operator (default: the owner that a box started here tells)").argParser(parseAccountJID);
	const add = (name: string, what: string): Command => addPersonOptions(keys.command(name), me).description(what);
	add("add", "make a key; its secret is shown now and never again")
		.argument("<name>", "such as the batch of things that it is for", parseKeyName)
		.option("--accounts <n>", "how many accounts it is good for", parseCount(1, 1_000_000), 100)
		.action((name: string, options: AddOptions) => run(() => addKey(name, options)));
	add("list", "the keys, and what was made with them").action((options: KeyOptions) => run(() => listKeys(options)));
	add("revoke", "let a key make no more accounts; those that it made stay")
		.argument("<name>", "of the key", parseKeyName)
		.action((name: string, options: KeyOptions) => run(() => revokeKey(name, options)));
};

function parseKeyName(text: string): string {
	if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text)) {
		throw new InvalidArgumentError("a name of letters, digits, dots and hyphens is wanted, 64 at most.");
	}
	return text;
}

async function addKey(name: string, { accounts, ...options }: AddOptions): Promise<number> {
	return await ask(options, "set", xml("add", { xmlns: namespace, name, accounts: String(accounts) }), ({ payload }) => {
		const { key, secret } = payload?.attrs ?? {};
		if (key === undefined || secret === undefined) throw new Failure("The box made a key, but did not say which.");
		const how = "EXTASIS_API_KEY and EXTASIS_API_SECRET of `extasis thing`";
		return `API key   ${key}\nsecret    ${secret}\n\nThe secret is shown this once. Both go into the ${accounts} things of ${name}: ${how}.\n`;
	});
}

async function listKeys(options: KeyOptions): Promise<number> {
	return await ask(options, "get", xml("keys", { xmlns: namespace }), ({ payload }) => {
		const lines = (payload?.getChildren("key") ?? []).map((key) => `${describeKey(key)}\n`);
		return lines.join("") || "There are no keys.\n";
	});
}

function describeKey({ attrs }: Element): string {
	const { name = "", key = "", accounts = "", made = "", at = "", revoked } = attrs;
	const end = revoked === undefined ? "" : `, revoked ${revoked}`;
	return printable(`${name}: ${made} of ${accounts} accounts, key ${key}, since ${at}${end}`);
}

async function revokeKey(name: string, options: KeyOptions): Promise<number> {
	return await ask(options, "set", xml("revoke", { xmlns: namespace, name }), () => `The key ${name} makes no more accounts.\n`, {
		"item-not-found": `There is no valid key ${name}: extasis keys list shows them.`
	});
}

/** Prints what came back; a refusal is a Failure. */
async function ask(
	options: KeyOptions,
	type: "get" | "set",
	payload: Element,
	describe: (answer: Answer) => string,
	reasons: Readonly<Record<string, string>> = {}
): Promise<number> {
	const as = options.as ?? boxOwner(options.data);
	if (as === undefined) throw new Misuse(`No box has run in ${options.data}: name its --data, or say who you are with --as.`);
	return await asPerson({ ...options, as }, async (consumer) => {
		const { jid } = await findRegistry(consumer, undefined);
		const answer = await consumer.ask(type, jid, payload);
		if (answer.refusal !== undefined) {
			const { condition, text } = answer.refusal;
			if (condition === "forbidden") throw new Failure(`Only the operator of ${jid} has to do with its keys, and you are ${consumer.jid}.`);
			throw new Failure(reasons[condition] ?? (text === "" ? `${jid} refuses that: ${condition}.` : text));
		}
		process.stdout.write(describe(answer));
		return 0;
	});
}
