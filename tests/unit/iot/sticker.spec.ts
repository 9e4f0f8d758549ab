// The sticker: what is written is read by every kind of reader, what is not a sticker by none.

import { checkTags, parseSticker } from "../../../hosts/factory/sticker.js";
import { checkValue, type Tag, writeNumber, writeSticker } from "../../../src/iot/sticker.js";
import { limits } from "../../../src/limits.js";

const tags: readonly Tag[] = [
	{ name: "SN", value: "98734238472634" },
	{ name: "MAN", value: "www.example.org" },
	{ name: "MODEL", value: "Device" },
	{ name: "V", value: 1 },
	{ name: "KEY", value: "3453485763440213840928" }
];

describe("writing a sticker", () => {
	test("R-347-8 it is the iotdisco URI, numbers marked, registry last", () => {
		expect(writeSticker(tags, "discovery.example.org")).toBe(
			"iotdisco:SN=98734238472634;MAN=www.example.org;MODEL=Device;#V=1;KEY=3453485763440213840928;R=discovery.example.org"
		);
		expect(writeSticker([{ name: "V", value: 1.5 }])).toBe("iotdisco:#V=1.5");
	});

	test("R-347-32 all but unreserved characters are percent-encoded, in names and values and the registry", () => {
		expect(writeSticker([{ name: "Größe", value: "a;b\\c%d=e f#ä😀~" }], "registry@a.example")).toBe(
			"iotdisco:Gr%C3%B6%C3%9Fe=a%3Bb%5Cc%25d%3De%20f%23%C3%A4%F0%9F%98%80~;R=registry%40a.example"
		);
	});

	test.each([
		[0, "0"],
		[-0, "0"],
		[1, "1"],
		[1.5, "1.5"],
		[-33.45, "-33.45"],
		[0.1, "0.1"],
		[1e-7, "1e-7"],
		[123456789012, "123456789012"],
		[5e-324, "5e-324"]
	])("R-347-6 the number %d is written shortest, as %s", (value, text) => {
		expect(writeNumber(value)).toBe(text);
		expect(parseSticker(`iotdisco:#V=${text}`)?.tags).toEqual([{ name: "V", value: value + 0 }]);
	});
});

describe("reading a sticker", () => {
	test("R-347-6 what was written is what is read", () => {
		expect(parseSticker(writeSticker(tags, "discovery.example.org"))).toEqual({
			tags,
			registry: "discovery.example.org",
			key: "3453485763440213840928"
		});
	});

	test.each([
		["the URI", "iotdisco:SN=1;#V=1.0;KEY=k;R=r.example"],
		["the URI in capitals", "IOTDISCO:SN=1;#V=1.0;KEY=k;R=r.example"],
		["the registry amid the tags", "iotdisco:R=r.example;SN=1;#V=1;KEY=k"],
		["percent-encoded where it need not be", "iotdisco:%53N=%31;#%56=%31;%4BEY=%6b;R=r%2Eexample"],
		["the older form", "IoTDisco;SN:1;#V:1.0;KEY:k;R:r.example"],
		["the older form in small letters", "iotdisco;SN:1;#V:1;KEY:k;R:r.example"]
	])("R-347-8 %s is read", (_, text) => {
		expect(parseSticker(text)).toEqual({
			tags: [
				{ name: "SN", value: "1" },
				{ name: "V", value: 1 },
				{ name: "KEY", value: "k" }
			],
			registry: "r.example",
			key: "k"
		});
	});

	test.each([
		["iotdisco:A=a\\;b\\\\c", "a;b\\c"],
		["iotdisco:A=a%3Bb%5Cc", "a;b\\c"],
		["iotdisco:A=a\\;b%5cc", "a;b\\c"],
		["iotdisco:A=a=b=c", "a=b=c"],
		["iotdisco:A=a:b", "a:b"],
		["iotdisco:A=%C3%A4", "ä"],
		["iotdisco:A=ä😀", "ä😀"],
		["iotdisco:A=a+b", "a+b"],
		["iotdisco:A=", ""],
		["IoTDisco;A:a\\;b\\\\c", "a;b\\c"],
		["IoTDisco;A:a:b=c", "a:b=c"],
		["IoTDisco;A:100%25", "100%25"]
	])("R-347-8 both escapes: %s", (text, value) => {
		expect(parseSticker(text)).toEqual({ tags: [{ name: "A", value }] });
	});

	test("R-347-32 a reader that knows only backslashes and one that knows only percents read the same", () => {
		const text = writeSticker(tags, "discovery.example.org");
		expect(text.includes("\\") || text.includes("%")).toBe(false);
	});

	test("a sticker without KEY has none, and a numeric one is no key", () => {
		expect(parseSticker("iotdisco:SN=1")?.key).toBeUndefined();
		expect(parseSticker("iotdisco:#KEY=1")?.key).toBeUndefined();
	});

	test.each([
		["nothing", ""],
		["another scheme", "https://a.example/"],
		["the scheme alone", "iotdisco"],
		["no tags", "iotdisco:"],
		["only a registry", "iotdisco:R=r.example"],
		["an empty tag", "iotdisco:A=1;"],
		["an empty tag first", "iotdisco:;A=1"],
		["a tag without value", "iotdisco:A"],
		["a tag without name", "iotdisco:=1"],
		["a number without name", "iotdisco:#=1"],
		["a name twice", "iotdisco:A=1;B=2;A=1"],
		["a name twice in other case", "iotdisco:KEY=1;key=1"],
		["a name of both types", "iotdisco:V=1;#V=1"],
		["two registries", "iotdisco:A=1;R=a.example;r=b.example"],
		["a registry that is no JID", "iotdisco:A=1;R=@"],
		["an empty registry", "iotdisco:A=1;R="],
		["a number as registry", "iotdisco:A=1;#R=1"],
		["a search for more", "iotdisco:MAN=a.example;#V>=1"],
		["a search for less", "iotdisco:MAN=a.example;#V<2"],
		["a search for others", "iotdisco:MAN=a.example;V<>2"],
		["a search by pattern", "iotdisco:MAN=a.example;SN~*9873*"],
		["a number that is a word", "iotdisco:#V=one"],
		["an empty number", "iotdisco:#V="],
		["a blank number", "iotdisco:#V= "],
		["a hexadecimal number", "iotdisco:#V=0x10"],
		["a number without bound", "iotdisco:#V=INF"],
		["a number too large for a double", "iotdisco:#V=1e999"],
		["a broken percent-encoding", "iotdisco:A=100%"],
		["bytes that are not UTF-8", "iotdisco:A=%FF"],
		["a backslash at the end", "iotdisco:A=1\\"],
		["a backslash before another letter", "iotdisco:A=\\n"],
		["a blank in a name", "iotdisco:A%20B=1"],
		["a # in a name", "iotdisco:A%23=1"],
		["a name that is too long", `iotdisco:${"A".repeat(33)}=1`],
		["the older form with the younger's mark", "IoTDisco;A=1"],
		["the younger form with the older's mark", "iotdisco:A:1"]
	])("R-347-8 %s is no sticker", (_, text) => {
		expect(parseSticker(text)).toBeUndefined();
	});
});

describe("checking tags", () => {
	test("R-347-5 the thing itself judges the values that were given to it", () => {
		expect([checkValue("x"), checkValue("😀".repeat(limits.tagValue))]).toEqual([undefined, undefined]);
		expect(checkValue("")).toBe("is empty");
		expect(checkValue("x".repeat(129))).toContain("more than 128 characters");
		expect(checkValue("a\u0001")).toContain("a character that XML cannot carry");
	});

	test("R-347-5 sound tags pass, to the last character", () => {
		expect(checkTags(tags)).toBeUndefined();
		expect(checkTags([])).toBeUndefined();
		expect(
			checkTags([
				{ name: "😀".repeat(limits.tagName), value: "😀".repeat(limits.tagValue) },
				{ name: "LAT", value: -33.45 },
				{ name: "lon", value: 0 },
				{ name: "own_tag-1.x", value: 5 }
			])
		).toBeUndefined();
	});

	test.each<[string, readonly Tag[], string]>([
		["an empty name", [{ name: "", value: "x" }], 'the tag name "" is empty'],
		["a name of 33 characters", [{ name: "A".repeat(33), value: "x" }], "more than 32 characters"],
		["a colon in a name", [{ name: "a:b", value: "x" }], "that no tag name may have"],
		["a # in a name", [{ name: "#V", value: 1 }], "that no tag name may have"],
		["a blank in a name", [{ name: "a b", value: "x" }], "that no tag name may have"],
		["a no-break space in a name", [{ name: "a\u00a0b", value: "x" }], "that no tag name may have"],
		["an ideographic space in a name", [{ name: "a\u3000b", value: "x" }], "that no tag name may have"],
		["a line feed in a name", [{ name: "a\nb", value: "x" }], "that no tag name may have"],
		["an = in a name", [{ name: "a=b", value: "x" }], "that no tag name may have"],
		["a ~ in a name", [{ name: "a~b", value: "x" }], "that no tag name may have"],
		["an empty value", [{ name: "SN", value: "" }], "the value of the tag SN is empty"],
		["a value of 129 characters", [{ name: "SN", value: "x".repeat(129) }], "more than 128 characters"],
		["a control character in a value", [{ name: "SN", value: "a\u0001" }], "a character that XML"],
		["a lone surrogate in a value", [{ name: "SN", value: "a\ud800" }], "a character that XML"],
		["a number that is none", [{ name: "LAT", value: Number.NaN }], "is no number below 1e21"],
		["an infinite number", [{ name: "LAT", value: Number.NEGATIVE_INFINITY }], "is no number below 1e21"],
		["a huge number", [{ name: "X", value: 1e21 }], "is no number below 1e21"],
		["a number where a string is prescribed", [{ name: "SN", value: 1 }], "the tag SN is a string by XEP-0347"],
		["a number where a string is prescribed, in other case", [{ name: "StreetNr", value: 1 }], "the tag StreetNr is a string by XEP-0347"],
		["a string where a number is prescribed", [{ name: "V", value: "1" }], "the tag V is a number by XEP-0347"],
		[
			"a tag twice",
			[
				{ name: "SN", value: "1" },
				{ name: "sn", value: "2" }
			],
			"the tag sn is there twice"
		],
		[
			"a tag of both types",
			[
				{ name: "X", value: "1" },
				{ name: "X", value: 2 }
			],
			"the tag X is there twice"
		],
		["the registry's address", [{ name: "r", value: "a.example" }], "the registry's address"]
	])("R-347-5 %s is told", (_, wrong, text) => {
		expect(checkTags(wrong)).toContain(text);
	});
});
