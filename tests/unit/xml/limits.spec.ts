// Every bound of the parser, at its edge and past it.
import { limits } from "../../../src/limits.js";
import { encodeUTF8 } from "../../../src/text/utf8.js";
import { XMLParser } from "../../../src/xml/parser.js";
import { events, type Options, refusal } from "../../support/xml-events.js";

const x = (count: number) => "x".repeat(count);
const nested = (depth: number) => "<x>".repeat(depth) + "</x>".repeat(depth);
const attributes = (count: number) => Array.from({ length: count }, (_, n) => ` a${n}=''`).join("");
const longNames = (count: number) => Array.from({ length: count }, (_, n) => ` ${x(57)}${n + 100}=''`).join("");
const longNested = (depth: number) => `<${x(110)}>`.repeat(depth) + `</${x(110)}>`.repeat(depth);
const longDeclarations = (count: number) => Array.from({ length: count }, (_, n) => ` xmlns:a${n}='${x(250)}'`).join("");
const declarations = (count: number) => Array.from({ length: count }, (_, n) => ` xmlns:a${n}='u'`).join("");

/** What becomes of a stanza between two others. */
function fate(stanza: string, options?: Options): string {
	const lines = events(`<s xmlns:p='u'><first/>${stanza}<last/></s>`, options);
	expect([lines[0], lines[1], lines.slice(3)]).toEqual(["open s", "first", ["last", "close"]]);
	return lines[2]!.startsWith("skipped m") ? "skipped" : lines[2]!.startsWith("m") ? "built" : lines[2]!;
}

describe("R-CORE-11 a bound is not held, or held too early, or ends the stream", () => {
	const bounds: [string, (count: number) => string, number][] = [
		["depth", (count) => `<m>${nested(count - 2)}</m>`, limits.depth],
		["attributes", (count) => `<m${attributes(count)}/>`, limits.attributes],
		["attributes of a payload", (count) => `<m><q${attributes(count)}/></m>`, limits.attributes],
		[
			"attributes with declarations",
			(count) => `<m xmlns='u'${attributes(count - 1)}></m>`.replace(" xmlns='u'", " xmlns:q='u'"),
			limits.attributes
		],
		["bytes of a name", (count) => `<m><${x(count)}/></m>`, limits.nameBytes],
		["bytes of a stanza's name", (count) => `<m${x(count - 1)}/>`, limits.nameBytes],
		["bytes of a name in other scripts", (count) => `<m><x${"é".repeat((count - 1) / 2 + 0.5)}/></m>`, limits.nameBytes - 1],
		["bytes of a name with its prefix", (count) => `<m><p:${x(count - 2)}/></m>`, limits.nameBytes],
		["bytes of an attribute's name", (count) => `<m><q ${x(count)}=''/></m>`, limits.nameBytes],
		["bytes of a value", (count) => `<m><q y='${x(count)}'/></m>`, limits.attributeBytes],
		["bytes of a stanza's value", (count) => `<m y='${x(count)}'/>`, limits.attributeBytes],
		["bytes of a value after references", (count) => `<m y='&lt;${x(count - 3)}&#233;'/>`, limits.attributeBytes],
		["bytes of a value after line ends", (count) => `<m y='\r\n${x(count - 1)}'/>`, limits.attributeBytes],
		["namespaces", (count) => `<m${declarations(count - 2)}><q xmlns:z='u'/></m>`, limits.namespaces],
		["bytes of a namespace", (count) => `<m><q xmlns='${x(count)}'/></m>`, limits.namespaceBytes],
		["bytes of a namespace with a prefix", (count) => `<m xmlns:y='${x(count)}'/>`, limits.namespaceBytes]
	];

	test.each(bounds)("%s", (_, stanza, bound) => {
		for (const cut of [1, 100, 10_000]) {
			expect(fate(stanza(bound), { cut })).toBe("built");
			expect(fate(stanza(bound + 1), { cut })).toBe("skipped");
		}
	});

	/** What is within, and what is not. */
	const hard: [string, string, string][] = [
		["levels", `<m>${nested(limits.hardDepth - 2)}</m>`, `<m>${nested(limits.hardDepth - 1)}</m>`],
		["attributes", `<m><q${attributes(limits.hardAttributes)}/></m>`, `<m><q${attributes(limits.hardAttributes + 1)}/></m>`],
		["white space in a tag", `<m><q${" ".repeat(limits.hardNameBytes - 1)}/></m>`, `<m><q${" ".repeat(limits.hardNameBytes + 1)}/></m>`],
		[
			"characters of a number",
			`<m>&#${"0".repeat(limits.hardNameBytes - 4)}65;</m>`,
			`<m>&#${"0".repeat(limits.hardNameBytes - 3)}65;</m>`
		],
		["bytes of names in a tag", `<m><q${longNames(60)}/></m>`, `<m><q${longNames(80)}/></m>`],
		["bytes of open names", `<m>${longNested(15)}</m>`, `<m>${longNested(20)}</m>`],
		["bytes of a namespace", `<m><q xmlns='${x(2000)}'/></m>`, `<m><q xmlns='${x(2050)}'/></m>`],
		["bytes of namespaces", `<m${longDeclarations(6)}/>`, `<m${longDeclarations(9)}/>`]
	];

	test.each(hard)("%s that nothing may have", (_, within, without) => {
		for (const cut of [1, 100, 10_000]) {
			expect(["built", "skipped"]).toContain(fate(within, { cut }));
			expect(refusal(`<s>${without}`, { cut })).toBe("policy-violation");
		}
	});

	test("a name that nothing may have is judged otherwise when it is cut", () => {
		for (const [document, condition] of [
			[`<m><${x(limits.hardNameBytes - 1)} `, undefined],
			[`<m><${x(limits.hardNameBytes)} `, "policy-violation"],
			[`<m></m${" ".repeat(limits.hardNameBytes - 3)}>`, undefined],
			[`<m></m${" ".repeat(limits.hardNameBytes - 2)}>`, "policy-violation"],
			[`<m><q a${" ".repeat(limits.hardNameBytes)}=''`, "policy-violation"],
			[`<m><q a='' ${x(limits.hardNameBytes)}=`, "policy-violation"]
		] as [string, string | undefined][]) {
			const whole = events(`<s>${document}`);
			expect(refusal(`<s>${document}`)).toBe(condition);
			for (const cut of [1, 2, 7, 64, 100, 127, 128, 129, 255, 256, 257]) expect(events(`<s>${document}`, { cut })).toEqual(whole);
		}
	});

	test.each([
		["attributes", `<s${attributes(limits.attributes + 1)}>`],
		["the bytes of a value", `<s a='${x(limits.attributeBytes + 1)}'>`],
		["the bytes of its name", `<${x(limits.nameBytes + 1)}>`],
		["the bytes of a namespace", `<s xmlns='${x(limits.namespaceBytes + 1)}'>`],
		["namespaces", `<s${declarations(limits.namespaces + 1)}>`],
		["its own bytes", `<s a='${x(2000)}' b='${x(2000)}' c='${x(200)}'>`]
	])("%s of the start tag of the stream, which nobody could skip", (_, document) => {
		for (const cut of [1, 100, 10_000]) expect(events(document, { cut })).toEqual(["policy-violation 0"]);
	});

	test("a stanza that breaks one cannot be answered", () => {
		for (const cut of [1, 100, 10_000]) {
			const long = `<iq type='get' lang='${x(3500)}' from='a@b'${attributes(40)} id='1'><q c='${x(3500)}' d='e'/></iq>`;
			const head = events(`<s>${long}<m/></s>`, { cut })[1]!;
			expect(head.slice(0, 35)).toBe('skipped iq type="get" from="a@b" a0');
			expect(head.slice(-7)).toBe(' id="1"');
			expect(events(`<s><m a='${x(2000)}' b='${x(2000)}' c='${x(200)}' id='1'/><m/></s>`, { cut })[1]!.slice(-7)).toBe(' id="1"');
			expect(events(`<s><iq id='1'><q r='2'/><z y='${x(3500)}'/></iq></s>`, { cut })[1]).toBe('skipped iq id="1"[q r="2"]');
		}
	});

	test("bytes of a text, where that is less than a stanza may have", () => {
		const bounds = { textBytes: 10 };
		for (const text of [
			"0123456789",
			"&lt;12345678&gt;",
			"0123<![CDATA[4567]]>]]",
			"<![CDATA[12345678]]]]>",
			"\r\n12345678\r",
			"01234567é"
		]) {
			for (const cut of [1, 2, 3, 1000]) {
				expect(fate(`<m><y>${text}</y></m>`, { bounds, cut })).toBe("built");
				expect(fate(`<m><y>${text}0</y></m>`, { bounds, cut })).toBe("skipped");
			}
		}
		expect(fate("<m>0123456789<z/>0123456789</m>", { bounds })).toBe("built");
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
