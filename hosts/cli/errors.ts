// The two ways in which a command does not succeed. Each holds one sentence that says what to do.
import { mkdirSync } from "node:fs";

/** What was typed cannot be meant: exit 2. */
export class Misuse extends Error {}

/** What was asked did not come about: exit 1. */
export class Failure extends Error {}

/** The message of whatever was thrown, on one line. */
export function messageOf(error: unknown): string {
	const text = error instanceof Error ? error.message : String(error);
	return text.replace(/\s*\n\s*/g, " ").trim();
}

/** Why a file could not be used, in a person's words. */
export function fileProblem(path: string, error: unknown): string {
	const code = (error as NodeJS.ErrnoException).code;
	if (path === "") return "The name of a file is wanted, not an empty one.";
	if (code === "ENOENT") return `There is no file ${path}.`;
	if (code === "EACCES" || code === "EPERM") return `The file ${path} may not be used by this user.`;
	if (code === "EISDIR") return `${path} is a folder; a file is wanted.`;
	return `The file ${path} cannot be used: ${messageOf(error)}`;
}

/** Makes the folder that an option names, unless it is there. */
export function prepareFolder(path: string, option: string): void {
	if (path === "") throw new Misuse(`${option} must not be empty: name a folder.`);
	try {
		mkdirSync(path, { recursive: true, mode: 0o700 });
	} catch (error) {
		throw new Failure(`${path} cannot be made a folder (${(error as NodeJS.ErrnoException).code}): name another by ${option}.`);
	}
}

/** What came from elsewhere, for a terminal: control characters could move its cursor or worse. */
export function printable(text: string): string {
	return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ");
}
