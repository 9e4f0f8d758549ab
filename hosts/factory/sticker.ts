// The text of a sticker, read: what a thing writes, and the older forms that people have on their shelves (XEP-0347).
import { checkName, SCHEME, type Tag } from "../../src/iot/sticker.js";
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

const PERCENT = 0x25;

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
