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
/** Bytes of a string that is made faster one by one than by a call that takes them all. */
const SHORT = 48;
/** How far an index moves over one character beyond U+FFFF. */
const ASTRAL = "\u{10000}".length;
/** Arguments of one fromCharCode call, so that no stack overflows. */
const RUN = 1024;

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
		const byte = bytes[at]!;
		if (byte === 0) {
			// no native XS string holds it
			text += `${decodeUnchecked(bytes, from, at)}\0`;
			from = ++at;
		} else if (byte < 0x80) {
			at++;
		} else {
			const length = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
			if (byte < 0xc2 || byte > 0xf4 || at + length > end || !isSecond(byte, bytes[at + 1]!)) {
				throw new Error("invalid UTF-8");
			}
			for (let n = 2; n < length; n++) {
				if ((bytes[at + n]! & 0xc0) !== 0x80) {
					throw new Error("invalid UTF-8");
				}
			}
			at += length;
		}
	}
	const rest = decodeUnchecked(bytes, from, end);
	return text === "" ? rest : text + rest;
}

/** Whether `second` may follow `lead` (RFC 3629 4): here the overlong, surrogate and too large ones fall. */
export function isSecond(lead: number, second: number): boolean {
	switch (lead) {
		case 0xe0:
			return second >= 0xa0 && second < 0xc0;
		case 0xed:
			return second >= 0x80 && second < 0xa0;
		case 0xf0:
			return second >= 0x90 && second < 0xc0;
		case 0xf4:
			return second >= 0x80 && second < 0x90;
		default:
			return second >= 0x80 && second < 0xc0;
	}
}

/** For bytes that are known to be UTF-8 and to hold no U+0000. */
export function decodeUnchecked(bytes: Uint8Array, start: number, end: number): string {
	if (nativeString.fromArrayBuffer) {
		return start === end ? "" : nativeString.fromArrayBuffer(bytes.buffer, bytes.byteOffset + start, end - start);
	}
	let text = "";
	const near = end - start <= SHORT ? end : start;
	while (start < near && bytes[start]! < 0x80) {
		text += String.fromCharCode(bytes[start++]!);
	}
	for (let at = start; at < end; ) {
		const from = at;
		const stop = Math.min(end, at + RUN);
		while (at < stop && bytes[at]! < 0x80) {
			at++;
		}
		if (at > from) {
			text += String.fromCharCode.apply(undefined, bytes.subarray(from, at) as unknown as number[]);
		}
		while (at < end && bytes[at]! >= 0x80) {
			const lead = bytes[at]!;
			let code = lead < 0xe0 ? lead & 0x1f : lead < 0xf0 ? lead & 0x0f : lead & 0x07;
			for (let n = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3; n > 0; n--) {
				code = (code << 6) | (bytes[++at]! & 0x3f);
			}
			at++;
			text += String.fromCodePoint(code);
		}
	}
	return text;
}
