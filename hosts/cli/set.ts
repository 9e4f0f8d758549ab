// `extasis set`: parameters of a thing (XEP-0325).
import { xml } from "@xmpp/client";
import { InvalidArgumentError } from "commander";
import { parseAccountJID } from "./arguments.js";
import type { Consumer, Refusal } from "./consumer.js";
import { Failure, printable } from "./errors.js";
import { acceptFriendship, locate } from "./friends.js";
import { addPersonOptions, asPerson, type PersonOptions } from "./login.js";
import type { AddCommand } from "./program.js";

const namespace = "urn:xmpp:iot:control";
const types = ["boolean", "color", "date", "dateTime", "double", "int", "long", "string", "time"];
/** An actuator may take its time. */
const patience = 30_000;
/** Nobody is at that address any more. */
const away = ["service-unavailable", "recipient-unavailable", "remote-server-timeout", "gone"];

interface Setting {
	readonly name: string;
	readonly type: string;
	readonly value: string;
}

interface SetOptions extends PersonOptions {
	readonly node?: string;
}

export const addSet: AddCommand = (program, run) => {
	addPersonOptions(program.command("set"))
		.description("set a thing's parameters, all or none of them, in the order given")
		.argument("<jid>", "the thing's address", parseAccountJID)
		.argument("<settings...>", "PARAMETER=VALUE, or PARAMETER:TYPE=VALUE where the value does not show its type", parseSetting)
		.option("--node <id>", "of this node behind the thing, in place of its own")
		.action((jid: string, settings: Setting[], options: SetOptions) => run(() => set(jid, settings, options)));
};

/** commander gives what came before, too. A value that says nothing of its type is text. */
export function parseSetting(text: string, before: Setting[] | undefined): Setting[] {
	const [, name = "", type = "", value = ""] = /^([^=]+?)(?::([A-Za-z]+))?=(.*)$/s.exec(text) ?? [];
	if (name === "") throw new InvalidArgumentError("it is PARAMETER=VALUE.");
	if (type !== "" && !types.includes(type)) throw new InvalidArgumentError(`a type is one of ${types.join(", ")}.`);
	return [...(before ?? []), { name, type: type || typeOf(value), value }];
}

function typeOf(value: string): string {
	if (/^(true|false)$/.test(value)) return "boolean";
	if (/^[+-]?\d+$/.test(value)) return "int";
	return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(value) ? "double" : "string";
}

async function set(jid: string, settings: readonly Setting[], options: SetOptions): Promise<number> {
	return await asPerson(options, async (consumer) => {
		const stop = acceptFriendship(consumer, jid.split("/")[0] ?? jid);
		const done = await setThing(consumer, await locate(consumer, jid), settings, options.node);
		stop();
		process.stdout.write(`${done.map(printable).join("\n")}\n`);
		const left = settings.filter(({ name }) => !done.includes(name)).map(({ name }) => name);
		if (left.length === 0) return 0;
		process.stderr.write(`extasis: ${consumer.jid} may not set ${printable(left.join(", "))}.\n`);
		return 1;
	});
}

/** The names of what was set. Throws a Failure with a sentence. */
async function setThing(
	consumer: Consumer,
	addresses: readonly string[],
	settings: readonly Setting[],
	node: string | undefined
): Promise<string[]> {
	const nodes = node === undefined ? [] : [xml("node", { nodeId: node })];
	const values = [...nodes, ...settings.map(({ name, type, value }) => xml(type, { name, value }))];
	for (const address of addresses) {
		const { payload, refusal } = await consumer.ask("set", address, xml("set", { xmlns: namespace }, ...values), patience);
		if (refusal === undefined) {
			const listed = payload?.getChildren("parameter").flatMap(({ attrs }) => attrs.name ?? []) ?? [];
			return listed.length > 0 ? listed : settings.map(({ name }) => name);
		}
		if (!away.includes(refusal.condition)) throw new Failure(explain(address.split("/")[0] ?? address, consumer.jid, refusal));
	}
	throw new Failure(`Nobody at ${addresses.join(", ")} can be controlled: the thing is offline, or has no parameters.`);
}

function explain(thing: string, person: string, { condition, text }: Refusal): string {
	switch (condition) {
		case "forbidden":
			return `${thing} refuses: ${person} may not set that. Its owner decides who may.`;
		case "item-not-found":
			return `${thing} has no such parameter, and set nothing.`;
		case "bad-request":
			return `${thing} does not take such a value, and set nothing: is its type another one (PARAMETER:TYPE=VALUE)?`;
		case "conflict":
			return `${thing} is being set by somebody else: try again in a moment.`;
		default:
			return `${thing} refuses: ${text === "" ? condition : `${text} (${condition})`}.`;
	}
}
