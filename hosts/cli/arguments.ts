// What is typed after an option, checked; and the files that it names.
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { InvalidArgumentError } from "commander";
import { foldJID, isJID, localOf, resourceOf } from "../../src/xmpp/jid.js";
import { fileProblem, Misuse } from "./errors.js";

export type TLSKind = "direct" | "starttls";

export interface Address {
	readonly host: string;
	readonly port: number;
}

export function parseAddress(text: string): Address {
	const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^\s:[\]/@]+)):(\d{1,5})$/.exec(text);
	const host = match?.[1] ?? match?.[2];
	const port = Number(match?.[3]);
	if (host === undefined || port < 1 || port > 65_535) throw new InvalidArgumentError("HOST:PORT is wanted, such as 127.0.0.1:5222.");
	return { host, port };
}

export function writeAddress({ host, port }: Address): string {
	return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

export function parseDomain(text: string): string {
	if (!isJID(text) || localOf(text) !== undefined || resourceOf(text) !== undefined) {
		throw new InvalidArgumentError("a domain name is wanted, such as example.org.");
	}
	// A certificate is for a name, and so is a JID that lasts.
	if (isIP(text) !== 0) throw new InvalidArgumentError("a domain name is wanted, not an IP address (--address takes that).");
	return text;
}

/** A bare or full JID of an account, in the one form in which JIDs are compared. */
export function parseAccountJID(text: string): string {
	if (!isJID(text) || localOf(text) === undefined) throw new InvalidArgumentError("an address is wanted, such as name@example.org.");
	return foldJID(text);
}

export function parseBareJID(text: string): string {
	const jid = parseAccountJID(text);
	if (resourceOf(jid) !== undefined) throw new InvalidArgumentError("an address without a resource is wanted, such as name@example.org.");
	return jid;
}

export function parseServiceJID(text: string): string {
	if (!isJID(text)) throw new InvalidArgumentError("an address is wanted, such as registry.example.org.");
	return text;
}

export function parseCount(least: number, most: number): (text: string) => number {
	return (text) => {
		const count = Number(text);
		if (!/^\d+$/.test(text) || count < least || count > most)
			throw new InvalidArgumentError(`a whole number from ${least} to ${most} is wanted.`);
		return count;
	};
}

/** The text of a file that an option named. */
export function readTextFile(path: string): string {
	try {
		return readFileSync(path, "utf8");
	} catch (error) {
		throw new Misuse(fileProblem(path, error));
	}
}

/** Trust anchors, PEM. A file without any would be believed to protect. */
export function readAnchors(path: string): string {
	const text = readTextFile(path);
	try {
		new X509Certificate(text);
	} catch {
		throw new Misuse(`The file ${path} holds no certificate in PEM form.`);
	}
	return text;
}
