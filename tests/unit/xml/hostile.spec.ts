// What a hostile peer sends to exhaust or to confuse: it ends in a refusal or is skipped, and leaves the parser no larger.
import { encodeUTF8 } from "../../../src/text/utf8.js";
import { XMLError } from "../../../src/xml/error.js";
import { XMLParser } from "../../../src/xml/parser.js";
import { refusal } from "../../support/xml-events.js";

/** Writes the start, then the unit again and again, never held as a whole, then the end. */
function flood(start: string, unit: string, times: number, end = ""): string {
	let skipped = 0;
	let built = 0;
	const parser = new XMLParser({
		onOpen() {},
		onElement() {
			built++;
		},
		onSkipped() {
			skipped++;
		},
		onClose() {}
	});
	// some units to a piece, so that pieces have about 512 bytes
	const each = Math.max(1, Math.ceil(512 / unit.length));
	try {
		parser.write(encodeUTF8(`<a>${start}`));
		const piece = encodeUTF8(unit.repeat(each));
		for (let n = 0; n < times; n += each) parser.write(piece);
		parser.write(encodeUTF8(end));
	} catch (error) {
		if (!(error instanceof XMLError)) throw error;
		return error.condition;
	}
	return `${built} built, ${skipped} skipped`;
}

test.each([
	["2,000 levels", "<b>", "<c>", 2000, "policy-violation"],
	["an attribute of more than 1 MiB", "<b c='", "0123456789abcdef", 65_536, "policy-violation"],
	["a namespace of 300 KiB", "<b xmlns:c='", "0123456789abcdef", 19_200, "policy-violation"],
	["a name of 1 MiB", "<b><", "abcdefghijklmnop", 65_536, "policy-violation"],
	["an attribute's name of 1 MiB", "<b ", "abcdefghijklmnop", 65_536, "policy-violation"],
	["an end tag of 1 MiB", "<b></b", "abcdefghijklmnop", 65_536, "not-well-formed"],
	["a reference of 1 MiB", "<b>&", "abcdefghijklmnop", 65_536, "restricted-xml"],
	["a number of 1 MiB", "<b>&#", "0000000000000000", 65_536, "policy-violation"],
	["a tag of 2 MiB of white space", "<b ", "                ", 131_072, "policy-violation"]
])("%s is taken, or not taken for what it is", (_, start, unit, times, condition) => {
	expect(flood(start, unit, times)).toBe(condition);
});

test("100,000 attributes are taken", () => {
	let document = "<a><b";
	for (let n = 0; n < 300; n++) document += ` a${n}=''`;
	expect(refusal(document)).toBe("policy-violation");
	expect(flood("<b", " c=''", 100_000)).toBe("not-well-formed");
});

test.each([
	["text of 512 KiB", "<b><c>", "0123456789abcdef", 32_768, "</c></b>"],
	["100,000 references", "<b><c>", "&amp;", 100_000, "</c></b>"],
	["512 KiB of CDATA sections", "<b><c>", "<![CDATA[]]>", 43_690, "</c></b>"],
	["an attribute of 300 KiB", "<b c='", "0123456789abcdef", 19_200, "'/>"],
	["a payload's attribute of 300 KiB", "<b><c d='", "0123456789abcdef", 19_200, "'/></b>"],
	["50,000 children", "<b><c>", "<d/>", 50_000, "</c></b>"]
])("%s are built", (_, start, unit, times, end) => {
	expect(flood(start, unit, times, end)).toBe("0 built, 1 skipped");
});

/** Each place in a document where the next byte is looked at in another way. */
const places: readonly [string, string][] = [
	["before the root", ""],
	["in a tag's name", "<a><b"],
	["at the start of a name", "<a><"],
	["in a tag", "<a><b "],
	["in an attribute's name", "<a><b c"],
	["after an attribute's name", "<a><b c "],
	["before a value", "<a><b c="],
	["in a value", "<a><b c='"],
	["in an end tag", "<a><b></b"],
	["after an end tag's name", "<a><b></b "],
	["in an empty tag", "<a><b/"],
	["between stanzas", "<a>"],
	["in text", "<a><b>"],
	["in a CDATA section", "<a><b><![CDATA["],
	["at the start of a CDATA section", "<a><b><![CDA"],
	["in a reference", "<a><b>&am"],
	["in a number", "<a><b>&#1"],
	["in the XML declaration", "<?xml version='1.0'"],
	["after the root", "<a></a>"]
];

function after(place: string, bytes: readonly number[]): string | undefined {
	const before = encodeUTF8(place);
	const document = new Uint8Array(before.length + bytes.length + 1);
	document.set(before);
	document.set(bytes, before.length);
	document[document.length - 1] = 0x20; // so that a cut character is no excuse
	const whole = refusal(document);
	return whole === refusal(document, { cut: 1 }) ? whole : undefined;
}

test.each(places)("%s, what is no UTF-8 is taken", (_, place) => {
	for (const bytes of [[0x80], [0xc0, 0x80], [0xc3], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xf8], [0xfe], [0xff]]) {
		expect([bytes, after(place, bytes)]).not.toEqual([bytes, undefined]);
	}
});

test.each(places)("%s, a control character is taken", (_, place) => {
	for (let byte = 0; byte < 0x20; byte++) {
		if (byte === 0x09 || byte === 0x0a || byte === 0x0d) continue;
		expect([byte, after(place, [byte])]).not.toEqual([byte, undefined]);
	}
});

test.each(places)("%s, the end of the input is an error, or ends the stream", (_, place) => {
	expect(refusal(place)).toBeUndefined();
});
