// A person's password: from a file, the environment or a prompt, never an argument.
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { readTextFile } from "./arguments.js";
import { Failure, Misuse } from "./errors.js";

/** `file` is --password-file; `fallback` the file that a box on this machine keeps for its owner. */
export async function findPassword(jid: string, file: string | undefined, fallback?: string): Promise<string> {
	if (file !== undefined) return fromFile(file);
	const given = process.env.EXTASIS_PASSWORD;
	if (given !== undefined && given !== "") return given;
	if (fallback !== undefined) return fromFile(fallback);
	if (!process.stdin.isTTY || !process.stderr.isTTY) {
		throw new Misuse(`The password of ${jid} is missing: give --password-file FILE or set EXTASIS_PASSWORD.`);
	}
	return await ask(jid);
}

function fromFile(path: string): string {
	const password = readTextFile(path).split(/\r?\n/, 1)[0] ?? "";
	if (password === "") throw new Misuse(`The file ${path} holds no password in its first line.`);
	return password;
}

async function ask(jid: string): Promise<string> {
	// readline would echo what is typed to its output.
	const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
	const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true });
	// Only now: what is typed from here on is not echoed by the terminal either.
	process.stderr.write(`Password of ${jid}: `);
	try {
		return await new Promise((resolve, reject) => {
			const give = (): void => reject(new Failure("No password was given."));
			lines.once("SIGINT", give);
			lines.once("close", give);
			lines.question("", (answer) => (answer === "" ? give() : resolve(answer)));
		});
	} finally {
		lines.close();
		process.stderr.write("\n");
	}
}
