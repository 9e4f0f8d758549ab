// UTF-8 both ways, and what it must refuse.
import { decodeUTF8, encodeUTF8, encodeUTF8Into, utf8Length } from "../../../src/text/utf8.js";

const texts: [string, string, number[]][] = [
	["nothing", "", []],
	["ASCII", "az", [0x61, 0x7a]],
	["two, three and four bytes", "é€😀", [0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80]],
	[
		"the edges of each length",
		"\x7f\x80\u07ff\u0800\uffff\u{10000}\u{10ffff}",
		[0x7f, 0xc2, 0x80, 0xdf, 0xbf, 0xe0, 0xa0, 0x80, 0xef, 0xbf, 0xbf, 0xf0, 0x90, 0x80, 0x80, 0xf4, 0x8f, 0xbf, 0xbf]
	],
	["U+0000, which XS holds as two bytes", "a\0b\0", [0x61, 0, 0x62, 0]]
];

test.each(texts)("is lost on the way to bytes and back: %s", (_, text, bytes) => {
	expect(Array.from(encodeUTF8(text))).toEqual(bytes);
	expect(utf8Length(text)).toBe(bytes.length);
	expect(decodeUTF8(Uint8Array.from(bytes))).toBe(text);
});

test("a lone surrogate gets out as bytes that are not UTF-8", () => {
	expect(Array.from(encodeUTF8("a\ud83db"))).toEqual([0x61, 0xef, 0xbf, 0xbd, 0x62]);
	expect(Array.from(encodeUTF8("\ude00"))).toEqual([0xef, 0xbf, 0xbd]);
	expect(utf8Length("\ud83d")).toBe(3);
});

test("a long text loses something where it is cut into runs", () => {
	const text = `${"x".repeat(1023)}é${"y".repeat(3000)}😀${"z".repeat(1024)}`;
	expect(decodeUTF8(encodeUTF8(text)) === text).toBe(true);
});

const malformed: [string, number[]][] = [
	["a continuation alone", [0x80]],
	["overlong in two bytes", [0xc0, 0x80]],
	["overlong in two bytes, C1", [0xc1, 0xbf]],
	["overlong in three bytes", [0xe0, 0x9f, 0xbf]],
	["overlong in four bytes", [0xf0, 0x8f, 0xbf, 0xbf]],
	["a surrogate", [0xed, 0xa0, 0x80]],
	["beyond U+10FFFF", [0xf4, 0x90, 0x80, 0x80]],
	["F5", [0xf5, 0x80, 0x80, 0x80]],
	["FF", [0xff]],
	["cut", [0xe2, 0x82]],
	["a third byte that is none", [0xe2, 0x82, 0x41]],
	["a fourth byte that is none", [0xf0, 0x9f, 0x98, 0xc0]]
];

test.each(malformed)("bytes that are not UTF-8 are taken: %s", (_, bytes) => {
	expect(() => decodeUTF8(Uint8Array.from([0x61, ...bytes]))).toThrow("invalid UTF-8");
});

test("bytes outside the asked part are looked at", () => {
	const bytes = Uint8Array.from([0xff, 0x61, 0x62, 0xff]).subarray(0, 4);
	expect(decodeUTF8(bytes, 1, 3)).toBe("ab");
	expect(decodeUTF8(bytes.subarray(1), 0, 1)).toBe("a");
	expect(decodeUTF8(bytes, 2, 2)).toBe("");
});

test("a text is written beyond the end of its buffer", () => {
	const buffer = new Uint8Array(4);
	expect(encodeUTF8Into("é", buffer, 1)).toBe(3);
	expect(Array.from(buffer)).toEqual([0, 0xc3, 0xa9, 0]);
	expect(() => encodeUTF8Into("é", buffer, 3)).toThrow();
});
