// Every bound of the parser, at its edge and past it.
import { limits } from "../../../src/limits.js";
import { encodeUTF8 } from "../../../src/text/utf8.js";
import { XMLParser } from "../../../src/xml/parser.js";
import { events, refusal } from "../../support/xml-events.js";

const x = (count: number) => "x".repeat(count);
const nested = (depth: number) => "<x>".repeat(depth) + "</x>".repeat(depth);
const attributes = (count: number) => Array.from({ length: count }, (_, n) => ` a${n}=''`).join("");
const declarations = (count: number) => Array.from({ length: count }, (_, n) => ` xmlns:a${n}='u'`).join("");

describe("R-CORE-11 a bound is not held, or held too early", () => {
	const bounds: [string, (count: number) => string, number][] = [
		["depth", (count) => nested(count), limits.depth],
		["attributes", (count) => `<x><x${attributes(count)}/></x>`, limits.attributes],
		["attributes with declarations", (count) => `<x><x xmlns='u'${attributes(count - 1)}/></x>`, limits.attributes],
		["bytes of a name", (count) => `<x><${x(count)}/></x>`, limits.nameBytes],
		["bytes of a name in other scripts", (count) => `<x><x${"é".repeat((count - 1) / 2 + 0.5)}/></x>`, limits.nameBytes - 1],
		["bytes of a name with its prefix", (count) => `<x xmlns:y='u'><y:${x(count - 2)}/></x>`, limits.nameBytes],
		["bytes of an attribute's name", (count) => `<x ${x(count)}=''/>`, limits.nameBytes],
		["bytes of a value", (count) => `<x y='${x(count)}'/>`, limits.attributeBytes],
		["bytes of a value after references", (count) => `<x y='&lt;${x(count - 3)}&#233;'/>`, limits.attributeBytes],
		["bytes of a value after line ends", (count) => `<x y='\r\n${x(count - 1)}'/>`, limits.attributeBytes],
		["namespaces", (count) => `<x xmlns:x='u'><x${declarations(count - 1)}/></x>`, limits.namespaces],
		["bytes of a namespace", (count) => `<x xmlns='${x(count)}'/>`, limits.namespaceBytes],
		["bytes of a namespace with a prefix", (count) => `<x xmlns:y='${x(count)}'/>`, limits.namespaceBytes]
	];

	test.each(bounds)("%s", (_, document, bound) => {
		for (const cut of [1, 100, 10_000]) {
			expect(refusal(document(bound), { cut })).toBeUndefined();
			expect(refusal(document(bound + 1), { cut })).toBe("policy-violation");
		}
	});

	test("bytes of a text, where that is less than a stanza may have", () => {
		const options = { bounds: { textBytes: 10 } };
		for (const text of [
			"0123456789",
			"&lt;12345678&gt;",
			"0123<![CDATA[4567]]>]]",
			"<![CDATA[12345678]]]]>",
			"\r\n12345678\r",
			"01234567é"
		]) {
			for (const cut of [1, 2, 3, 1000]) {
				expect(refusal(`<x><y>${text}</y></x>`, { ...options, cut })).toBeUndefined();
				expect(refusal(`<x><y>${text}0</y></x>`, { ...options, cut })).toBe("policy-violation");
			}
		}
		expect(refusal("<x><y>0123456789<z/>0123456789</y></x>", options)).toBeUndefined();
	});

	test("bytes of a stanza, built or not", () => {
		const options = { bounds: { builtBytes: 20, stanzaBytes: 100 } };
		const stanza = (count: number) => `<y>${x(count - 7)}</y>`;
		for (const cut of [1, 10, 1000]) {
			expect(events(`<x>${stanza(100)}${stanza(100)} </x>`, { ...options, cut })).toEqual(["open x", "skipped y", "skipped y", "close"]);
			expect(events(`<x>${stanza(101)}</x>`, { ...options, cut })).toEqual(["open x", "policy-violation 103"]);
			expect(events(`<x>${stanza(500)}</x>`, { ...options, cut })).toEqual(["open x", "policy-violation 103"]);
		}
	});

	test("the start tag of the stream, or of a stanza", () => {
		const large = ` a='${x(2000)}' b='${x(2000)}' c='${x(200)}'`;
		expect(refusal(`<x${large}>`)).toBe("policy-violation");
		expect(refusal(`<x><y${large}>`)).toBe("policy-violation");
		expect(refusal(`<x><y><z${large}/>`)).toBeUndefined();
	});

	test("white space between stanzas counts as nothing", () => {
		const options = { bounds: { stanzaBytes: 100 } };
		expect(events(`<x>${" ".repeat(500)}<y/>${"\n".repeat(500)}<y/></x>`, options)).toEqual(["open x", "y", "y", "close"]);
	});

	test("declarations are counted beyond their scope", () => {
		const stanza = `<y${declarations(10)}><z${declarations(10)}/></y>`;
		expect(refusal(`<x>${stanza.repeat(10)}</x>`)).toBeUndefined();
	});
});

describe("what is long is read more than once", () => {
	const documents: [string, string][] = [
		["a text", "0123456789abcdef"],
		["a text of references", "&lt;"],
		["a CDATA section", "<![CDATA[0123456789abcdef]]>"],
		["elements", "<z a='1'/>"]
	];

	test.each(documents)("%s of 512 KiB in pieces of 64 bytes takes more than linear time", (_, unit) => {
		// quadratic time would be minutes here; the suite's own time limit is the judge
		let skipped = 0;
		const parser = new XMLParser({
			onOpen() {},
			onElement() {},
			onSkipped() {
				skipped++;
			},
			onClose() {}
		});
		parser.write(encodeUTF8("<x><y>"));
		const text = unit.repeat(Math.ceil(4096 / unit.length));
		const piece = encodeUTF8(text);
		for (let written = 0; written < 524_288; written += piece.length) {
			for (let at = 0; at < piece.length; at += 64) {
				parser.write(piece.subarray(at, at + 64));
			}
		}
		parser.write(encodeUTF8("</y>"));
		expect(skipped).toBe(1);
	});
});
