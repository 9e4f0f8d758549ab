// Reads the text of a sticker that an owner pastes: iotdisco: URI or the older IoTDisco; form (XEP-0347 3.6).

import { BadRequest, checkTags, parseNumber, sameName, type Tag } from "./tags.js";

export interface Sticker {
	readonly tags: readonly Tag[];
	/** The registry it names, if any. */
	readonly registry?: string;
}

/** Cuts at semicolons; a backslash keeps the character after it. */
const pieces = (text: string): string[] => {
	const found = [""];
	for (let at = 0; at < text.length; at++) {
		const character = text[at]!;
		if (character === ";") found.push("");
		else found[found.length - 1] += character === "\\" && at + 1 < text.length ? text[++at]! : character;
	}
	return found;
};

const decoded = (text: string): string => {
	let plain: string;
	try {
		plain = decodeURIComponent(text);
	} catch {
		throw new BadRequest("This sticker has a broken percent sign.");
	}
	// An answer may repeat it, and one with such a character would end our stream (XML 1.0 2.2).
	if (/[\u0000-\u001f\u007f\ufffe\uffff]/.test(plain)) throw new BadRequest("This sticker holds a character that no tag can have.");
	return plain;
};

/** The sticker in a text, undefined when there is none. Throws BadRequest when there is one that cannot be claimed by. */
export const findSticker = (text: string): Sticker | undefined => {
	const [, separator, rest] = /iotdisco([:;])([^\r\n]*)/i.exec(text) ?? [];
	if (separator === undefined || rest === undefined) return undefined;
	const isURI = separator === ":";
	// An URI ends at white space; the older form may hold some within its values.
	const body = isURI ? rest.split(/\s/)[0]! : rest.trim();
	const tags: Tag[] = [];
	for (const piece of pieces(body)) {
		if (piece === "") continue;
		const [, hash, name, value] = (isURI ? /^(#?)([^=<>~]+)=(.*)$/s : /^(#?)([^:]+):(.*)$/s).exec(piece) ?? [];
		if (name === undefined || value === undefined) throw new BadRequest("This is not the text of a sticker: each tag is NAME=value.");
		if (hash === "") {
			tags.push(isURI ? { name: decoded(name), value: decoded(value) } : { name, value });
			continue;
		}
		const number = parseNumber(isURI ? decoded(value) : value);
		if (number === undefined) throw new BadRequest("This is not the text of a sticker: a tag with # has a number as its value.");
		tags.push({ name: isURI ? decoded(name) : name, value: number });
	}
	const registry = tags.find(({ name }) => sameName(name, "R"))?.value;
	return { tags: checkTags(tags), registry: typeof registry === "string" ? registry : undefined };
};
