// `extasis watch`: the fields of a thing, again and again, until Ctrl-C.
import { parseAccountJID, parseCount } from "./arguments.js";
import { untilAsked, within } from "./ending.js";
import { Failure, printable } from "./errors.js";
import { locate } from "./friends.js";
import { addPersonOptions, asPerson, type PersonOptions } from "./login.js";
import type { AddCommand } from "./program.js";
import { dialectOption, parseField } from "./read.js";
import { type Reading, readThing, writeValue } from "./readout.js";
import type { DialectName } from "./readout-words.js";

interface WatchOptions extends PersonOptions {
	readonly every: number;
	readonly dialect: DialectName;
}

export const addWatch: AddCommand = (program, run) => {
	addPersonOptions(program.command("watch"))
		.description("read a thing's fields again and again")
		.argument("<jid>", "the thing's address", parseAccountJID)
		.argument("<fields...>", "the fields", parseField)
		.option("--every <seconds>", "seconds between two readouts", parseCount(1, 86_400), 5)
		.addOption(dialectOption())
		.action((jid: string, fields: string[], options: WatchOptions) => run(() => watch(jid, fields, options)));
};

async function watch(jid: string, fields: readonly string[], options: WatchOptions): Promise<number> {
	return await asPerson(options, async (consumer) => {
		let over = false;
		const asked = untilAsked().then(() => {
			over = true;
		});
		// What goes wrong before the first line is the command's failure; later the thing may come and go.
		let first = true;
		consumer.keepTrying(
			() => process.stderr.write("The connection is lost; trying again.\n"),
			() => process.stderr.write("Connected again.\n")
		);
		while (!over) {
			const pause = within(options.every * 1000, asked);
			if (consumer.online) {
				try {
					const readings = await Promise.race([
						locate(consumer, jid).then((addresses) => readThing(consumer, addresses, { fields, dialect: options.dialect })),
						asked
					]);
					if (over || readings === undefined) break;
					if (first) reportMissing(jid, fields, readings);
					process.stdout.write(`${writeLine(readings)}\n`);
					first = false;
				} catch (error) {
					if (first || !(error instanceof Failure)) throw error;
					process.stderr.write(`${error.message}\n`);
				}
			}
			await pause;
		}
		return 0;
	});
}

function reportMissing(jid: string, fields: readonly string[], readings: readonly Reading[]): void {
	const missing = fields.filter((name) => !readings.some((reading) => reading.name === name));
	if (missing.length > 0)
		throw new Failure(`${jid} has no field ${missing.join(", ")}; extasis read ${jid} --all shows those that it has.`);
}

/** The time that the thing gave, and its values. */
export function writeLine(readings: readonly Reading[]): string {
	const when = new Date(readings[0]?.timestamp ?? Date.now());
	const time = Number.isNaN(when.getTime()) ? "" : `${when.toTimeString().slice(0, 8)}  `;
	return time + readings.map((reading) => `${printable(reading.name)} ${writeValue(reading)}`).join("   ");
}
