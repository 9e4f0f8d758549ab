// The command line: what is typed goes to one of the commands; what goes wrong comes back as one sentence.
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { Failure, Misuse, messageOf, printable } from "./errors.js";

/** Adds a command to the program; what it is to do, once its words are understood, it hands to `run`. */
export type AddCommand = (program: Command, run: (work: () => Promise<number>) => void) => void;

/** A file each, loaded only when it is meant: a thing on a small machine needs no broker in memory. */
const commands: Readonly<Record<string, () => Promise<AddCommand>>> = Object.freeze({
	start: async () => (await import("./start.js")).addStart,
	broker: async () => (await import("./broker.js")).addBroker,
	thing: async () => (await import("./thing.js")).addThing,
	sticker: async () => (await import("./sticker.js")).addSticker,
	claim: async () => (await import("./claim.js")).addClaim,
	keys: async () => (await import("./keys.js")).addKeys,
	owner: async () => (await import("./owner.js")).addOwner,
	read: async () => (await import("./read.js")).addRead,
	set: async () => (await import("./set.js")).addSet,
	watch: async () => (await import("./watch.js")).addWatch
});

/** Gives the exit code: 0, 1 for failure, 2 for misuse. */
export async function run(words: readonly string[]): Promise<number> {
	let work: (() => Promise<number>) | undefined;
	const program = new Command("extasis")
		.description("Things that introduce themselves over XMPP")
		.version(version())
		.exitOverride()
		.configureOutput({ outputError: () => {} });
	const meant = Object.hasOwn(commands, words[0] ?? "") ? words.slice(0, 1) : Object.keys(commands);
	try {
		for (const name of meant) {
			(await commands[name]?.())?.(program, (chosen) => {
				work = chosen;
			});
		}
		program.parse(words, { from: "user" });
		return (await work?.()) ?? 2;
	} catch (error) {
		if (error instanceof CommanderError) {
			if (error.exitCode === 0) return 0;
			if (error.code === "commander.help") return 2;
			const help = meant.length === 1 ? `extasis ${meant[0]} --help` : "extasis --help";
			const text = messageOf(error)
				.replace(/^error: /, "")
				.replace(/^command-argument value ('.*') is invalid for argument '([^']*)'\. /s, "$1 is no good as <$2>: ")
				.replace("is invalid. ", "is invalid: ");
			return complain(`${sentence(text)} (See: ${help})`, 2);
		}
		if (error instanceof Misuse) return complain(error.message, 2);
		if (error instanceof Failure) return complain(error.message, 1);
		if (process.env.EXTASIS_DEBUG) console.error(error);
		return complain(`Something unforeseen happened: ${sentence(messageOf(error))} (EXTASIS_DEBUG=1 shows where.)`, 1);
	}
}

function complain(text: string, code: number): number {
	process.stderr.write(`extasis: ${printable(sentence(text))}\n`);
	return code;
}

function sentence(text: string): string {
	return /[.?!)]$/.test(text) ? text : `${text}.`;
}

/** Of the package, wherever the compiled files lie in it. */
function version(): string {
	for (let up = "../../"; up.length < 20; up += "../") {
		try {
			const { name, version } = JSON.parse(readFileSync(new URL(`${up}package.json`, import.meta.url), "utf8"));
			if (name === "extasis") return version;
		} catch {
			// Not here.
		}
	}
	return "unknown";
}
