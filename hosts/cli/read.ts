// `extasis read`: the fields of a thing, once.
import { InvalidArgumentError, Option } from "commander";
import { parseAccountJID } from "./arguments.js";
import { printable } from "./errors.js";
import { acceptFriendship, locate } from "./friends.js";
import { addPersonOptions, asPerson, type PersonOptions } from "./login.js";
import type { AddCommand } from "./program.js";
import { type Reading, readThing, writeValue } from "./readout.js";
import { type DialectName, dialectNames } from "./readout-words.js";

interface ReadOptions extends PersonOptions {
	readonly all?: boolean;
	readonly json?: boolean;
	readonly node?: string;
	readonly dialect: DialectName;
}

export const addRead: AddCommand = (program, run) => {
	addPersonOptions(program.command("read"))
		.description("read a thing's fields")
		.argument("<jid>", "the thing's address", parseAccountJID)
		.argument("[fields...]", "only these fields, of any category (default: the momentary values)", parseField)
		.option("--all", "fields of every category")
		.option("--node <id>", "of this node behind the thing, in place of its own")
		.option("--json", "one JSON object on one line")
		.addOption(dialectOption())
		.action((jid: string, fields: string[], options: ReadOptions) => run(() => read(jid, fields, options)));
};

export function dialectOption(): Option {
	return new Option("--dialect <name>", "ask in these words").choices(dialectNames).default("xep");
}

/** commander gives what came before, too. */
export function parseField(name: string, before: string[] | undefined): string[] {
	if (name === "") throw new InvalidArgumentError("a field has a name.");
	return [...(before ?? []), name];
}

async function read(jid: string, fields: readonly string[], options: ReadOptions): Promise<number> {
	return await asPerson(options, async (consumer) => {
		const stop = acceptFriendship(consumer, jid.split("/")[0] ?? jid);
		const readings = await readThing(consumer, await locate(consumer, jid), {
			fields,
			all: options.all,
			dialect: options.dialect,
			node: options.node
		});
		stop();
		process.stdout.write(options.json ? `${JSON.stringify({ from: jid.split("/")[0], fields: readings })}\n` : writeTable(readings));
		const missing = fields.filter((name) => !readings.some((reading) => reading.name === name));
		if (missing.length > 0) {
			process.stderr.write(`extasis: ${jid} has no field ${missing.join(", ")}; --all shows those that it has.\n`);
			return 1;
		}
		if (readings.length === 0) process.stderr.write("The thing has no momentary values; --all shows all its fields.\n");
		return 0;
	});
}

function writeTable(readings: readonly Reading[]): string {
	const width = Math.max(0, ...readings.map(({ name }) => name.length));
	return readings.map((reading) => `${printable(reading.name).padEnd(width)}  ${writeValue(reading)}\n`).join("");
}
