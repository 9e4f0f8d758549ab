// The text of the QR sticker: tags by which an owner claims a thing (XEP-0347, URI scheme iotdisco). Tools read it: hosts/factory/sticker.ts.
import { limits } from "../limits.js";
import { encodePercent } from "../text/percent.js";
import { isChar } from "../xml/characters.js";

/** A number is a numeric tag: registries keep the two types apart. */
export interface Tag {
	readonly name: string;
	readonly value: string | number;
}

export const SCHEME = "iotdisco";

/** The `iotdisco:` URI, in unreserved characters only, so that readers of both escapes agree (R-347-32). */
export function writeSticker(tags: readonly Tag[], registry?: string): string {
	let text = "";
	for (const { name, value } of tags) {
		text += text === "" ? `${SCHEME}:` : ";";
		if (typeof value === "number") text += "#";
		text += `${encodePercent(name)}=${encodePercent(typeof value === "number" ? writeNumber(value) : value)}`;
	}
	return registry == null ? text : `${text};R=${encodePercent(registry)}`;
}

/** The shortest text that is the same xs:double, without locale: sticker and registration must agree (R-347-6). */
export function writeNumber(value: number): string {
	return String(value === 0 ? 0 : value);
}

/** What is wrong with the value of a tag that was given (R-347-5), or undefined. */
export function checkValue(value: string): string | undefined {
	let length = 0;
	for (const character of value) {
		length++;
		if (isForbidden(character)) return "has a character that XML cannot carry";
	}
	if (length === 0) return "is empty";
	return length > limits.tagValue ? `has more than ${limits.tagValue} characters` : undefined;
}

/** What XML has no place for, and controls, which attributes do not keep. */
export function isForbidden(character: string): boolean {
	const code = character.codePointAt(0)!;
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || !isChar(code);
}
