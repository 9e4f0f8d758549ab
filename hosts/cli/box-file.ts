// What a box started here leaves in its data folder, so that the other commands find it without being told.
import { randomBytes } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

export interface BoxFile {
	readonly domain: string;
	/** Address at which this machine reaches it. */
	readonly host: string;
	readonly ports: { readonly starttls: number; readonly direct: number };
	readonly caFile: string;
	/** JID and where his password is. */
	readonly owner: string;
	readonly passwordFile: string;
}

const name = "box.json";

interface Box {
	readonly domain: string;
	readonly ports: { readonly starttls: number; readonly direct: number };
	readonly caFile: string;
	readonly owner: { readonly jid: string };
}

/** Writes box.json into `folder`; the box itself keeps its owner's password. `listen` as it was asked for. */
export function writeBoxFile(folder: string, box: Box, listen = "127.0.0.1"): BoxFile {
	const { starttls, direct } = box.ports;
	const host = listen === "0.0.0.0" || listen === "::" ? "127.0.0.1" : listen;
	const passwordFile = resolve(boxFolder(folder), "owner.password");
	const file = { domain: box.domain, host, ports: { starttls, direct }, caFile: resolve(box.caFile), owner: box.owner.jid, passwordFile };
	replace(join(folder, name), `${JSON.stringify(file, undefined, "\t")}\n`);
	return file;
}

/** Where in a data folder the box keeps what it keeps. */
export function boxFolder(folder: string): string {
	return join(folder, "box");
}

/** A password made once and kept in the data folder, for an account that only the story uses. */
export function keptPassword(folder: string, user: string): string {
	const path = join(folder, `${user}.password`);
	try {
		return readFileSync(path, "utf8").trim();
	} catch {
		const password = randomBytes(16).toString("hex");
		replace(path, `${password}\n`);
		return password;
	}
}

/** The box of that domain whose data is in `folder`, or undefined. */
export function readBoxFile(folder: string, domain: string): BoxFile | undefined {
	try {
		const file = JSON.parse(readFileSync(join(folder, name), "utf8")) as BoxFile;
		return file.domain === domain && typeof file.caFile === "string" && typeof file.ports?.starttls === "number" ? file : undefined;
	} catch {
		return undefined;
	}
}

/** The owner of the last box whose data is in `folder`, whatever its domain. */
export function boxOwner(folder: string): string | undefined {
	try {
		const { owner } = JSON.parse(readFileSync(join(folder, name), "utf8")) as BoxFile;
		return typeof owner === "string" ? owner : undefined;
	} catch {
		return undefined;
	}
}

function replace(path: string, text: string): void {
	writeFileSync(`${path}.new`, text, { mode: 0o600 });
	renameSync(`${path}.new`, path);
}
