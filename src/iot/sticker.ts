// The text of the QR sticker: tags by which an owner claims a thing (XEP-0347, URI scheme iotdisco).
import { limits } from "../limits.js";
import { foldASCII } from "../text/fold.js";
import { decodePercent, encodePercent } from "../text/percent.js";
import { isChar } from "../xml/characters.js";
import { isJID } from "../xmpp/jid.js";

/** A number is a numeric tag: registries keep the two types apart. */
export interface Tag {
	readonly name: string;
	readonly value: string | number;
}

export interface Sticker {
	/** KEY among them; R not. */
	readonly tags: readonly Tag[];
	/** Address of the registry, tag R. */
	readonly registry?: string;
	/** Without it nothing can be claimed. */
	readonly key?: string;
}

const SCHEME = "iotdisco";
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

/** The shortest text that is the same xs:double, without locale: sticker and registration must agree (R-347-6). */
export function writeNumber(value: number): string {
	return String(value === 0 ? 0 : value);
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
