// Bytes and words: Base64, Base32, percent-encoding, xs:boolean.

import { decodePercent } from "../../../hosts/factory/sticker.js";
import { encodeBase32 } from "../../../src/text/base32.js";
import { decodeBase64, encodeBase64 } from "../../../src/text/base64.js";
import { parseBoolean } from "../../../src/text/boolean.js";
import { encodePercent } from "../../../src/text/percent.js";
import { encodeUTF8 } from "../../../src/text/utf8.js";

describe("Base64", () => {
	// RFC 4648 10
	const vectors: [string, string][] = [
		["", ""],
		["f", "Zg=="],
		["fo", "Zm8="],
		["foo", "Zm9v"],
		["foob", "Zm9vYg=="],
		["fooba", "Zm9vYmE="],
		["foobar", "Zm9vYmFy"],
		["\0user\0pencil", "AHVzZXIAcGVuY2ls"]
	];

	test.each(vectors)("a vector of the RFC differs: %j", (plain, encoded) => {
		expect(encodeBase64(encodeUTF8(plain))).toBe(encoded);
		expect(Array.from(decodeBase64(encoded)!)).toEqual(Array.from(encodeUTF8(plain)));
	});

	test("some byte is lost", () => {
		const bytes = Uint8Array.from({ length: 256 }, (_, n) => n);
		expect(Array.from(decodeBase64(encodeBase64(bytes))!)).toEqual(Array.from(bytes));
	});

	test.each([["Zg"], ["Zg="], ["Zg==="], ["===="], ["Z==="], ["Zm9v\n"], ["Zm 9v"], ["Zm9_"], ["Zh=="], ["Zm9="], ["Zg==Zg=="], ["é==="]])(
		"what is not Base64 is decoded: %j",
		(text) => {
			expect(decodeBase64(text)).toBeUndefined();
		}
	);
});

describe("Base32", () => {
	// RFC 4648 10, in lower case, without padding
	test.each([
		["", ""],
		["f", "my"],
		["fo", "mzxq"],
		["foo", "mzxw6"],
		["foob", "mzxw6yq"],
		["fooba", "mzxw6ytb"],
		["foobar", "mzxw6ytboi"]
	])("a vector of the RFC differs: %j", (plain, encoded) => {
		expect(encodeBase32(encodeUTF8(plain))).toBe(encoded);
	});
});

describe("percent-encoding", () => {
	test.each([
		["AZaz09-._~", "AZaz09-._~"],
		["å-1", "%C3%A5-1"],
		["a b;c=d%\\", "a%20b%3Bc%3Dd%25%5C"],
		["😀", "%F0%9F%98%80"],
		["", ""]
	])("R-348-3 something unreserved is encoded, or something else is not: %j", (plain, encoded) => {
		expect(encodePercent(plain)).toBe(encoded);
		expect(decodePercent(encoded)).toBe(plain);
	});

	test("digits in lower case are not read", () => {
		expect(decodePercent("%c3%a5")).toBe("å");
	});

	test.each([["%"], ["%4"], ["a%"], ["%4g"], ["%g4"], ["%C3"], ["%ED%A0%80"]])("what is not percent-encoding is decoded: %j", (text) => {
		expect(decodePercent(text)).toBeUndefined();
	});
});

describe("xs:boolean", () => {
	test.each([
		["true", true],
		["1", true],
		["false", false],
		["0", false],
		[" true\n", true]
	])("%j is misread", (text, value) => {
		expect(parseBoolean(text)).toBe(value);
	});

	test.each([[""], ["TRUE"], ["yes"], ["01"], ["truefalse"]])("%j is read as something", (text) => {
		expect(parseBoolean(text)).toBeUndefined();
	});
});
