// Text and bytes by what each engine has of its own: TextDecoder and btoa on Node; XS has little. Nothing here comes from src/text.

/** What XS has instead. */
interface XS {
	readonly ArrayBuffer: { fromString(text: string): ArrayBuffer };
}

/** The engine of the chip, and not Node. */
export const onXS = typeof TextDecoder === "undefined";
const xs = globalThis as unknown as XS;

export function bytesOf(text: string): Uint8Array {
	return onXS ? new Uint8Array(xs.ArrayBuffer.fromString(text)) : new TextEncoder().encode(text);
}

/** UTF-8 that comes in pieces; throws at what is none. */
export class TextReader {
	#decoder = onXS ? undefined : new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
	/** Of a character whose end has not come, on XS. */
	#rest = new Uint8Array(0);

	read(bytes: Uint8Array): string {
		if (this.#decoder) return this.#decoder.decode(bytes, { stream: true });
		const all = new Uint8Array(this.#rest.length + bytes.length);
		all.set(this.#rest);
		all.set(bytes, this.#rest.length);
		const whole = all.length - unfinished(all);
		this.#rest = all.slice(whole);
		return decode(all.subarray(0, whole));
	}
}

/** The characters of RFC 3629: what XS has of its own takes overlong forms and surrogates too. */
function decode(bytes: Uint8Array): string {
	const parts: string[] = [];
	for (let at = 0; at < bytes.length; ) {
		const first = bytes[at++]!;
		const more = first < 0x80 ? 0 : first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
		let code = more === 0 ? first : first & (0x3f >> more);
		if (first >= 0xf8 || (more > 0 && first < 0xc0)) throw new Error("no UTF-8");
		for (let left = more; left > 0; left--) {
			const next = bytes[at++] ?? 0;
			if (next >> 6 !== 2) throw new Error("no UTF-8");
			code = (code << 6) | (next & 0x3f);
		}
		if (code < [0, 0x80, 0x800, 0x10000][more]! || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) throw new Error("no UTF-8");
		parts.push(String.fromCodePoint(code));
	}
	return parts.join("");
}

/** How many bytes at the end are a character's first ones. */
function unfinished(bytes: Uint8Array): number {
	for (let back = 1; back <= 3 && back <= bytes.length; back++) {
		const byte = bytes[bytes.length - back]!;
		if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0;
		if (byte < 0x80) return 0;
	}
	return 0;
}

/** The text as a row of UTF-16 units, as what was written for Node expects it: on XS an element of a string is a character. */
export function unitsOf(text: string): string {
	if (!onXS) return text;
	let units = "";
	for (const character of text) {
		const code = character.codePointAt(0)! - 0x10000;
		units += code < 0 ? character : String.fromCharCode(0xd800 + (code >> 10)) + String.fromCharCode(0xdc00 + (code & 0x3ff));
	}
	return units;
}

/** The other way. */
export function textOfUnits(units: string): string {
	if (!onXS) return units;
	let text = "";
	for (let at = 0; at < units.length; at++) {
		const code = units.charCodeAt(at);
		const high = code >= 0xd800 && code < 0xdc00;
		text += high ? String.fromCodePoint(0x10000 + ((code - 0xd800) << 10) + (units.charCodeAt(++at) - 0xdc00)) : units[at];
	}
	return text;
}

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

export function base64(bytes: Uint8Array): string {
	if (!onXS) return btoa(String.fromCharCode(...bytes));
	let text = "";
	for (let at = 0; at < bytes.length; at += 3) {
		const bits = (bytes[at]! << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
		for (let digit = 0; digit < 4; digit++) text += at + digit > bytes.length ? "=" : digits[(bits >> (18 - 6 * digit)) & 63];
	}
	return text;
}

/** The text that those bytes are in UTF-8; throws at what is no base64. */
export function fromBase64(text: string): string {
	if (!onXS) return new TextReader().read(Uint8Array.from(atob(text), (character) => character.charCodeAt(0)));
	if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) throw new Error("no base64");
	const bytes: number[] = [];
	for (let at = 0; at < text.length; at += 4) {
		const bits = [0, 1, 2, 3].reduce((sum, digit) => (sum << 6) | Math.max(0, digits.indexOf(text[at + digit]!)), 0);
		bytes.push(bits >> 16, (bits >> 8) & 255, bits & 255);
	}
	const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
	return new TextReader().read(Uint8Array.from(bytes.slice(0, bytes.length - padding)));
}

export function hex(bytes: Uint8Array): string {
	return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
