// UTF-8 (RFC 3629) to strings and back, where strings are UTF-16 (Node) or code points (XS).

interface NativeString {
	fromArrayBuffer?(buffer: ArrayBufferLike, start: number, length: number): string;
}
interface NativeBuffer {
	fromString?(text: string): ArrayBuffer;
}
/** XS moves whole strings natively; its charCodeAt counts from the start each time, so no loop may use it there. */
const nativeString = String as unknown as NativeString;
const nativeBuffer = ArrayBuffer as unknown as NativeBuffer;
/** How far an index moves over one character beyond U+FFFF. */
export const ASTRAL = "\u{10000}".length;

/** UTF-8 of `text`. A lone surrogate becomes U+FFFD. */
export function encodeUTF8(text: string): Uint8Array {
	const bytes = encodeUnchecked(text);
	let to = 0;
	for (let at = 0; at < bytes.length; at++) {
		const byte = bytes[at]!;
		if (byte === 0xc0) {
			// XS writes U+0000 as C0 80
			bytes[to++] = 0;
			at++;
		} else if (byte === 0xed && bytes[at + 1]! >= 0xa0) {
			bytes[to++] = 0xef;
			bytes[to++] = 0xbf;
			bytes[to++] = 0xbd;
			at += 2;
		} else {
			if (to !== at) {
				bytes[to] = byte;
			}
			to++;
		}
	}
	return to === bytes.length ? bytes : bytes.slice(0, to);
}

/** As the engine holds it: a lone surrogate takes three bytes (ED A0..BF xx); U+0000 is C0 80 on XS. The caller checks. */
export function encodeUnchecked(text: string): Uint8Array {
	if (nativeBuffer.fromString) {
		return new Uint8Array(nativeBuffer.fromString(text));
	}
	const bytes = new Uint8Array(countUTF8(text));
	let to = 0;
	for (let at = 0; at < text.length; at++) {
		let code = text.charCodeAt(at);
		if (code < 0x80) {
			bytes[to++] = code;
			continue;
		}
		if (code >= 0xd800 && code < 0xdc00) {
			code = text.codePointAt(at)!;
			if (code > 0xffff) {
				at += ASTRAL - 1;
			}
		}
		to = writeCodePoint(code, bytes, to);
	}
	return bytes;
}

/** Writes a code point at `to`; returns the next offset. The caller has seen to the room. */
export function writeCodePoint(code: number, bytes: Uint8Array, to: number): number {
	if (code < 0x80) {
		bytes[to++] = code;
		return to;
	}
	if (code < 0x800) {
		bytes[to++] = 0xc0 | (code >> 6);
	} else {
		if (code < 0x10000) {
			bytes[to++] = 0xe0 | (code >> 12);
		} else {
			bytes[to++] = 0xf0 | (code >> 18);
			bytes[to++] = 0x80 | ((code >> 12) & 0x3f);
		}
		bytes[to++] = 0x80 | ((code >> 6) & 0x3f);
	}
	bytes[to++] = 0x80 | (code & 0x3f);
	return to;
}

/** Bytes that `text` takes in UTF-8. */
export function utf8Length(text: string): number {
	return nativeBuffer.fromString ? encodeUTF8(text).length : countUTF8(text);
}

/** The same natively, where the text holds neither U+0000 nor a lone surrogate. */
export function utf8LengthUnchecked(text: string): number {
	return nativeBuffer.fromString ? nativeBuffer.fromString(text).byteLength : countUTF8(text);
}

function countUTF8(text: string): number {
	let count = 0;
	for (let at = 0; at < text.length; at++) {
		const code = text.charCodeAt(at);
		if (code < 0x80) {
			count++;
		} else if (code < 0x800) {
			count += 2;
		} else if (code >= 0xd800 && code < 0xdc00 && text.codePointAt(at)! > 0xffff) {
			count += 4;
			at += ASTRAL - 1;
		} else {
			count += 3;
		}
	}
	return count;
}

/** Writes `text` at `at` of `buffer`; returns the next offset. Throws RangeError when it does not fit. */
export function encodeUTF8Into(text: string, buffer: Uint8Array, at: number): number {
	const bytes = encodeUTF8(text);
	buffer.set(bytes, at);
	return at + bytes.length;
}

/** Throws Error("invalid UTF-8"): overlong forms, surrogates and beyond U+10FFFF included (RFC 3629 3). */
export function decodeUTF8(bytes: Uint8Array, start = 0, end = bytes.length): string {
	let text = "";
	let from = start;
	for (let at = start; at < end; ) {
		const code = characterAt(bytes, at, end);
		if (code < 0) {
			throw new Error("invalid UTF-8");
		}
		if (code === 0) {
			// no native XS string holds it
			text += `${decodeUnchecked(bytes, from, at)}\0`;
			from = at + 1;
		}
		at += sizeOf(code);
	}
	const rest = decodeUnchecked(bytes, from, end);
	return text === "" ? rest : text + rest;
}

/** characterAt(): the character is cut off at the end. */
export const CUT = -1;
/** characterAt(): this is not UTF-8. */
export const MALFORMED = -2;

/** The code point at `at`; CUT or MALFORMED, which are below 0. */
export function characterAt(bytes: Uint8Array, at: number, end: number): number {
	const lead = bytes[at]!;
	if (lead < 0x80) {
		return lead;
	}
	if (lead < 0xc2 || lead > 0xf4) {
		return MALFORMED;
	}
	const more = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
	let code = lead & (0x3f >> more);
	for (let n = 1; n <= more; n++) {
		if (at + n >= end) {
			return CUT;
		}
		const byte = bytes[at + n]!;
		if ((byte & 0xc0) !== 0x80) {
			return MALFORMED;
		}
		code = (code << 6) | (byte & 0x3f);
		// RFC 3629 4: overlong forms, surrogates and what is too large show in the first two bytes
		if (
			n === 1 &&
			((lead === 0xe0 && byte < 0xa0) || (lead === 0xed && byte > 0x9f) || (lead === 0xf0 && byte < 0x90) || (lead === 0xf4 && byte > 0x8f))
		) {
			return MALFORMED;
		}
	}
	return code;
}

/** Bytes that the code point takes in UTF-8. */
export function sizeOf(code: number): number {
	return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}

/** For bytes that are known to be UTF-8 and to hold no U+0000. */
export function decodeUnchecked(bytes: Uint8Array, start: number, end: number): string {
	if (nativeString.fromArrayBuffer) {
		return start === end ? "" : nativeString.fromArrayBuffer(bytes.buffer, bytes.byteOffset + start, end - start);
	}
	let text = "";
	let at = start;
	while (at < end) {
		const a = bytes[at]!;
		if (at + 8 <= end) {
			const b = bytes[at + 1]!;
			const c = bytes[at + 2]!;
			const d = bytes[at + 3]!;
			const e = bytes[at + 4]!;
			const f = bytes[at + 5]!;
			const g = bytes[at + 6]!;
			const h = bytes[at + 7]!;
			// the most characters at once that V8 makes without a loop
			if ((a | b | c | d | e | f | g | h) < 0x80) {
				text += String.fromCharCode(a, b, c, d, e, f, g, h);
				at += 8;
				continue;
			}
		}
		if (a < 0x80) {
			text += String.fromCharCode(a);
			at++;
			continue;
		}
		let code = a < 0xe0 ? a & 0x1f : a < 0xf0 ? a & 0x0f : a & 0x07;
		for (let n = a < 0xe0 ? 1 : a < 0xf0 ? 2 : 3; n > 0; n--) code = (code << 6) | (bytes[++at]! & 0x3f);
		at++;
		text += String.fromCodePoint(code);
	}
	return text;
}
