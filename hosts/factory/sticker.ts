// The text of a sticker, read: what a thing writes, and the older forms that people have on their shelves (XEP-0347).
import { checkValue, isForbidden, SCHEME, type Tag } from "../../src/iot/sticker.js";
import { limits } from "../../src/limits.js";
import { foldASCII } from "../../src/text/fold.js";
import { decodeUTF8, encodeUTF8 } from "../../src/text/utf8.js";
import { isJID } from "../../src/xmpp/jid.js";

export interface Sticker {
	/** KEY among them; R not. */
	readonly tags: readonly Tag[];
	/** Address of the registry, tag R. */
	readonly registry?: string;
	/** Without it nothing can be claimed. */
	readonly key?: string;
}

/** Types that XEP-0347 3.5 prescribes. */
const STRINGS = Object.freeze("apt area bld city class country key man mloc mnr model name purl region room sn street streetnr".split(" "));
const NUMBERS = Object.freeze(["alt", "lat", "lon", "v"]);
/** Syntax of the sticker in one form or the other; ":" and "#" XEP-0347 forbids itself. */
const NOT_IN_NAME = ":#=<>~;\\";
/** From here on engines differ in the last digit that they write. */
const TOO_LARGE = 1e21;

const PERCENT = 0x25;

/** What is wrong with these tags (R-347-5), in one sentence, or undefined. */
export function checkTags(tags: readonly Tag[]): string | undefined {
	const seen: string[] = [];
	for (const { name, value } of tags) {
		const nameFault = checkName(name);
		if (nameFault !== undefined) return `the tag name "${name}" ${nameFault}`;
		const folded = foldASCII(name);
		if (folded === "r") return "the tag R is the registry's address and not for a thing to set";
		if (seen.includes(folded)) return `the tag ${name} is there twice`;
		seen.push(folded);
		const valueFault = typeof value === "number" ? checkNumber(value) : checkValue(value);
		if (valueFault !== undefined) return `the value of the tag ${name} ${valueFault}`;
		if (typeof value === "number" ? STRINGS.includes(folded) : NUMBERS.includes(folded)) {
			return `the tag ${name} is a ${typeof value === "number" ? "string" : "number"} by XEP-0347`;
		}
	}
	return;
}

/** Reads the URI and the older `IoTDisco;N:V`, in any case and with either escape; undefined for all else, searches included. */
export function parseSticker(text: string): Sticker | undefined {
	if (foldASCII(text.slice(0, SCHEME.length)) !== SCHEME) return;
	const mark = text[SCHEME.length];
	if (mark !== ":" && mark !== ";") return;
	const parts = splitTags(text.slice(SCHEME.length + 1), mark === ":" ? "=" : ":");
	const tags: Tag[] = [];
	const seen: string[] = [];
	let registry: string | undefined;
	let key: string | undefined;
	const list = parts ?? [];
	for (let i = 0; i < list.length; i++) {
		const part = list[i]!;
		const tag = mark === ":" ? parseTag(decodePercent(part.name), decodePercent(part.value)) : parseTag(part.name, part.value);
		if (!tag) return;
		const folded = foldASCII(tag.name);
		if (seen.includes(folded)) return;
		seen.push(folded);
		if (folded === "r") {
			if (typeof tag.value === "number" || !isJID(tag.value)) return;
			registry = tag.value;
		} else {
			if (folded === "key" && typeof tag.value === "string") key = tag.value;
			tags.push(tag);
		}
	}
	return tags.length === 0 ? undefined : { tags, registry, key };
}

interface Part {
	name: string;
	value: string;
}

/** At ";" and the first `mark` of each, where no backslash stands before. Undefined when it is not the grammar. */
function splitTags(text: string, mark: string): Part[] | undefined {
	const parts: Part[] = [{ name: "", value: "" }];
	let part = parts[0]!;
	let inValue = false;
	let escaped = false;
	for (const character of text) {
		if (escaped && character !== ";" && character !== "\\") return;
		if (!escaped && character === "\\") {
			escaped = true;
			continue;
		}
		if (!escaped && character === ";") {
			if (!inValue) return;
			part = { name: "", value: "" };
			parts.push(part);
			inValue = false;
		} else if (inValue) part.value += character;
		else if (character === mark) inValue = true;
		else part.name += character;
		escaped = false;
	}
	return escaped || !inValue ? undefined : parts;
}

function parseTag(name: string | undefined, value: string | undefined): Tag | undefined {
	if (name === undefined || value === undefined) return;
	if (!name.startsWith("#")) return checkName(name) === undefined ? { name, value } : undefined;
	const number = parseNumber(value);
	const rest = name.slice(1);
	return number === undefined || checkName(rest) !== undefined ? undefined : { name: rest, value: number };
}

/** xs:double without its infinities. */
function parseNumber(text: string): number | undefined {
	for (const character of text) if (!"0123456789.+-eE".includes(character)) return;
	const number = text === "" ? Number.NaN : Number(text);
	return Number.isFinite(number) ? number + 0 : undefined;
}

/** undefined when a "%" lacks its two digits or the bytes are not UTF-8. */
export function decodePercent(text: string): string | undefined {
	const bytes = encodeUTF8(text);
	const { length } = bytes;
	let to = 0;
	for (let at = 0; at < length; at++) {
		let byte = bytes[at]!;
		if (byte === PERCENT) {
			const high = at + 2 < length ? digit(bytes[at + 1]!) : -1;
			const low = high < 0 ? -1 : digit(bytes[at + 2]!);
			if (low < 0) {
				return;
			}
			byte = high * 16 + low;
			at += 2;
		}
		bytes[to++] = byte;
	}
	try {
		return decodeUTF8(bytes, 0, to);
	} catch {
		return;
	}
}

function digit(byte: number): number {
	if (byte >= 0x30 && byte <= 0x39) {
		return byte - 0x30;
	}
	const letter = byte | 0x20;
	return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

/** What is wrong with the name of a tag. */
function checkName(name: string): string | undefined {
	let length = 0;
	for (const character of name) {
		length++;
		if (NOT_IN_NAME.includes(character) || character.trim() === "" || isForbidden(character))
			return "has a character that no tag name may have";
	}
	if (length === 0) return "is empty";
	return length > limits.tagName ? `has more than ${limits.tagName} characters` : undefined;
}

function checkNumber(value: number): string | undefined {
	return Math.abs(value) < TOO_LARGE ? undefined : "is no number below 1e21";
}
