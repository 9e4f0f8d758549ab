// The XML declaration (XML 1.0, 2.8): at the very start of a stream or nowhere.

import { Class, classes } from "./characters.js";
import type { XMLCondition } from "./error.js";

/** Bytes of the declaration. */
const LONGEST = 128;

/** Takes the first bytes of a stream. */
export class Prolog {
	/** From "<" on; undefined after the declaration. */
	#text: string | undefined = "";
	/** What a byte was refused for. */
	problem: XMLCondition | undefined;
	/** The byte that was not taken follows the "<" of a tag. */
	isTag = false;

	/** Whether the byte belongs to the prolog. If not, that is over. */
	takes(byte: number): boolean {
		const text = this.#text;
		if (text === undefined) {
			return false;
		}
		if (text === "") {
			if (byte !== 0x3c) {
				// UTF-16 or UTF-32 (RFC 6120 11.6)
				return byte === 0 || byte >= 0xfe ? this.#refuse("unsupported-encoding") : false;
			}
		} else if (text === "<" && byte !== 0x3f) {
			this.isTag = true;
			return false;
		} else if (byte === 0x3e) {
			this.#text = undefined;
			const problem = checkDeclaration(text.slice(2));
			return problem === undefined ? true : this.#refuse(problem);
		}
		if ((classes[byte]! & Class.char) === 0) {
			return this.#refuse("not-well-formed");
		}
		if (text.length >= LONGEST) {
			return this.#refuse("policy-violation");
		}
		this.#text = text + String.fromCharCode(byte);
		return true;
	}

	#refuse(problem: XMLCondition): false {
		this.problem = problem;
		return false;
	}
}

/** `text` stands between "<?" and ">". Returns what it is refused for. */
function checkDeclaration(text: string): XMLCondition | undefined {
	if (!text.startsWith("xml") || !isSpace(text.charAt(3))) {
		// any other processing instruction (RFC 6120 11.1)
		return "restricted-xml";
	}
	if (!text.endsWith("?")) {
		return "not-well-formed";
	}
	let rest = text.slice(3, -1);
	const version = pseudoAttribute(rest, "version");
	if (version === undefined || !isVersion(version.value)) {
		return "not-well-formed";
	}
	rest = version.rest;
	const encoding = pseudoAttribute(rest, "encoding");
	if (encoding !== undefined) {
		if (encoding.value.toLowerCase() !== "utf-8") {
			// RFC 6120 11.6
			return "unsupported-encoding";
		}
		rest = encoding.rest;
	}
	const standalone = pseudoAttribute(rest, "standalone");
	if (standalone !== undefined) {
		if (standalone.value !== "yes" && standalone.value !== "no") {
			return "not-well-formed";
		}
		rest = standalone.rest;
	}
	return skipSpace(rest) === "" ? undefined : "not-well-formed";
}

/** S name Eq quoted value. */
function pseudoAttribute(text: string, name: string): { value: string; rest: string } | undefined {
	let rest = skipSpace(text);
	if (rest === text || !rest.startsWith(name)) {
		return undefined;
	}
	rest = skipSpace(rest.slice(name.length));
	if (rest.charAt(0) !== "=") {
		return undefined;
	}
	rest = skipSpace(rest.slice(1));
	const quote = rest.charAt(0);
	const end = quote === "'" || quote === '"' ? rest.indexOf(quote, 1) : -1;
	return end < 0 ? undefined : { value: rest.slice(1, end), rest: rest.slice(end + 1) };
}

/** '1.' [0-9]+ */
function isVersion(text: string): boolean {
	if (!text.startsWith("1.") || text.length < 3) {
		return false;
	}
	for (let at = 2; at < text.length; at++) {
		const digit = text.charAt(at);
		if (digit < "0" || digit > "9") {
			return false;
		}
	}
	return true;
}

function skipSpace(text: string): string {
	let at = 0;
	while (isSpace(text.charAt(at))) {
		at++;
	}
	return text.slice(at);
}

function isSpace(character: string): boolean {
	return character === " " || character === "\t" || character === "\n" || character === "\r";
}
