// The text of the QR sticker, which tools read (hosts/factory/sticker.ts): tags by which an owner claims a thing (XEP-0347, URI scheme iotdisco).
import { limits } from "../limits.js";
import { foldASCII } from "../text/fold.js";
import { encodePercent } from "../text/percent.js";
import { isChar } from "../xml/characters.js";

/** A number is a numeric tag: registries keep the two types apart. */
export interface Tag {
	readonly name: string;
	readonly value: string | number;
}

export const SCHEME = "iotdisco";
/** Types that XEP-0347 3.5 prescribes. */
const STRINGS = Object.freeze("apt area bld city class country key man mloc mnr model name purl region room sn street streetnr".split(" "));
const NUMBERS = Object.freeze(["alt", "lat", "lon", "v"]);
/** Syntax of the sticker in one form or the other; ":" and "#" XEP-0347 forbids itself. */
const NOT_IN_NAME = ":#=<>~;\\";
/** From here on engines differ in the last digit that they write. */
const TOO_LARGE = 1e21;

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
		const valueFault = typeof value === "number" ? checkNumber(value) : checkText(value);
		if (valueFault !== undefined) return `the value of the tag ${name} ${valueFault}`;
		if (typeof value === "number" ? STRINGS.includes(folded) : NUMBERS.includes(folded)) {
			return `the tag ${name} is a ${typeof value === "number" ? "string" : "number"} by XEP-0347`;
		}
	}
	return;
}

/** The `iotdisco:` URI, in unreserved characters only, so that readers of both escapes agree (R-347-32). Throws what checkTags finds. */
export function writeSticker(tags: readonly Tag[], registry?: string): string {
	const fault = tags.length === 0 ? "a sticker has tags" : checkTags(tags);
	if (fault !== undefined) throw new Error(fault);
	let text = "";
	for (const { name, value } of tags) {
		text += text === "" ? `${SCHEME}:` : ";";
		if (typeof value === "number") text += "#";
		text += `${encodePercent(name)}=${encodePercent(typeof value === "number" ? writeNumber(value) : value)}`;
	}
	return registry === undefined ? text : `${text};R=${encodePercent(registry)}`;
}

/** The shortest text that is the same xs:double, without locale: sticker and registration must agree (R-347-6). */
export function writeNumber(value: number): string {
	return String(value === 0 ? 0 : value);
}

/** What is wrong with the name of a tag. */
export function checkName(name: string): string | undefined {
	let length = 0;
	for (const character of name) {
		length++;
		if (NOT_IN_NAME.includes(character) || character.trim() === "" || isForbidden(character))
			return "has a character that no tag name may have";
	}
	if (length === 0) return "is empty";
	return length > limits.tagName ? `has more than ${limits.tagName} characters` : undefined;
}

function checkText(value: string): string | undefined {
	let length = 0;
	for (const character of value) {
		length++;
		if (isForbidden(character)) return "has a character that XML cannot carry";
	}
	if (length === 0) return "is empty";
	return length > limits.tagValue ? `has more than ${limits.tagValue} characters` : undefined;
}

function checkNumber(value: number): string | undefined {
	return Math.abs(value) < TOO_LARGE ? undefined : "is no number below 1e21";
}

/** What XML has no place for, and controls, which attributes do not keep. */
function isForbidden(character: string): boolean {
	const code = character.codePointAt(0)!;
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || !isChar(code);
}
