// The command line: what is typed goes to one of the commands; what goes wrong comes back as one sentence.
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { addBroker } from "./broker.js";
import { addClaim } from "./claim.js";
import { Failure, Misuse, messageOf } from "./errors.js";
import { addRead } from "./read.js";
import { addStart } from "./start.js";
import { addSticker } from "./sticker.js";
import { addThing } from "./thing.js";
import { addWatch } from "./watch.js";

/** Gives the exit code: 0, 1 for failure, 2 for misuse. */
export async function run(words: readonly string[]): Promise<number> {
	let work: (() => Promise<number>) | undefined;
	const program = new Command("extasis")
		.description("Things that introduce themselves over XMPP")
		.version(version())
		.exitOverride()
		.configureOutput({ outputError: () => {} });
	for (const add of [addStart, addBroker, addThing, addSticker, addClaim, addRead, addWatch]) {
		add(program, (chosen) => {
			work = chosen;
		});
	}
	try {
		program.parse(words, { from: "user" });
		return (await work?.()) ?? 2;
	} catch (error) {
		if (error instanceof CommanderError) {
			if (error.exitCode === 0) return 0;
			if (error.code === "commander.help") return 2;
			return complain(
				`${sentence(messageOf(error).replace(/^error: /, ""))} ${words.length > 0 ? `See: extasis ${known(program, words[0])}--help` : ""}`,
				2
			);
		}
		if (error instanceof Misuse) return complain(error.message, 2);
		if (error instanceof Failure) return complain(error.message, 1);
		if (process.env.EXTASIS_DEBUG) console.error(error);
		return complain(`Something unforeseen happened: ${sentence(messageOf(error))} (EXTASIS_DEBUG=1 shows where.)`, 1);
	}
}

function complain(text: string, code: number): number {
	process.stderr.write(`extasis: ${text.trim()}\n`);
	return code;
}

function sentence(text: string): string {
	return /[.?!)]$/.test(text) ? text : `${text}.`;
}

function known(program: Command, word: string | undefined): string {
	return program.commands.some((command) => command.name() === word) ? `${word} ` : "";
}

/** Of the package, wherever the compiled files lie in it. */
function version(): string {
	for (const up of ["../../", "../../../"]) {
		try {
			const { name, version } = JSON.parse(readFileSync(new URL(`${up}package.json`, import.meta.url), "utf8"));
			if (name === "extasis") return version;
		} catch {
			// Not here.
		}
	}
	return "unknown";
}
