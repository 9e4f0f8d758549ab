// Documents that nobody thought of, judged by saxes: a parser that shares no line and no author with ours.

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { decodeUTF8, encodeUTF8 } from "../../src/text/utf8.js";
import { isChar, isNameChar, isNameStart } from "../../src/xml/characters.js";
import { XMLError } from "../../src/xml/error.js";
import { XMLParser } from "../../src/xml/parser.js";
import { Writer } from "../../src/xml/writer.js";
import { byUs, judge } from "../support/xml-judge.js";
import { Dice } from "../world/dice.js";

/** Of a long run, EXTASIS_FUZZ says how many. Most are made by changing others, as that is a hundred times faster than making them. */
const DOCUMENTS = Number(process.env.EXTASIS_FUZZ ?? 24_000);
const RUNS = Math.max(3000, Math.round(DOCUMENTS / 40));
/** The same documents in every run, unless a long run has a seed of its own. */
const seed = Number(process.env.EXTASIS_SEED || (process.env.EXTASIS_FUZZ === undefined ? 1 : Date.now() % 2 ** 31));
fc.configureGlobal({ seed });
if (process.env.EXTASIS_FUZZ !== undefined) console.log(`SEED=${seed}`);

/** The productions [2], [4] and [4a] of XML 1.0, fifth edition, as they are printed there, without the colon. */
const CHAR = /^[\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]$/u;
const NAME_START =
	/^[A-Z_a-z\u{C0}-\u{D6}\u{D8}-\u{F6}\u{F8}-\u{2FF}\u{370}-\u{37D}\u{37F}-\u{1FFF}\u{200C}-\u{200D}\u{2070}-\u{218F}\u{2C00}-\u{2FEF}\u{3001}-\u{D7FF}\u{F900}-\u{FDCF}\u{FDF0}-\u{FFFD}\u{10000}-\u{EFFFF}]$/u;
const NAME_CHAR = /^(?:[-.0-9\u{B7}\u{203F}-\u{2040}]|[\u{300}-\u{36F}])$/u;

const name = fc.constantFrom("a", "b", "ab", "iq", "é", "__proto__", "a-1", "constructor", "x.y", "日本");
const prefix = fc.constantFrom("", "", "", "p:", "q:", "xml:");
const text = fc.string({
	unit: fc.constantFrom(
		"a",
		"b",
		" ",
		"\n",
		"\r",
		"\t",
		"]",
		"é",
		"€",
		"😀",
		"&lt;",
		"&amp;",
		"&#13;",
		"&#x1F600;",
		"&quot;",
		"'",
		">",
		"]]"
	)
});
const value = fc.string({
	unit: fc.constantFrom("a", " ", "\n", "\r\n", "\r", "\t", "é", "😀", "&lt;", "&#10;", "&apos;", ">", "]]>", '"', "=")
});
const attribute = fc.oneof(
	fc.tuple(prefix, name, value).map(([p, n, v]) => ` ${p}${n}='${v}'`),
	fc.constantFrom(" xmlns='u'", " xmlns=''", " xmlns:p='u'", " xmlns:p='v'", " xmlns:q='v'", " xmlns:q = 'u'", '\n xml:lang\t=\r"de" ')
);
const { element } = fc.letrec<{ element: string; content: string }>((tie) => ({
	content: fc.oneof(
		{ maxDepth: 4, withCrossShrink: true },
		text,
		text.map((t) => `<![CDATA[${t.replaceAll("]]", "] ]")}]]>`),
		fc.array(tie("element"), { maxLength: 3 }).map((list) => list.join("")),
		fc.tuple(tie("content"), tie("content")).map((list) => list.join(""))
	),
	element: fc
		.tuple(prefix, name, fc.uniqueArray(attribute, { maxLength: 4 }), tie("content"), fc.boolean())
		.map(([p, n, attributes, content, empty]) =>
			empty ? `<${p}${n}${attributes.join("")}/>` : `<${p}${n}${attributes.join("")}>${content}</${p}${n} >`
		)
}));
const document = fc
	.tuple(fc.constantFrom("", "<?xml version='1.0'?>", '<?xml version="1.0" encoding="UTF-8"?>\n'), fc.array(element, { maxLength: 3 }))
	.map(([declaration, stanzas]) => `${declaration}<s xmlns:p='u' xmlns:q='v'>${stanzas.join("\n")}</s>`);
/** What the next few bytes could become. */
const noise = fc.constantFrom(
	...[
		"<",
		">",
		"/",
		"'",
		'"',
		"=",
		" ",
		"&",
		";",
		"#",
		"]",
		"]]>",
		"<![CDATA[",
		"<!--",
		"-->",
		"<?",
		"?>",
		"!",
		":",
		"-",
		"1",
		"a",
		"xmlns",
		"\0",
		"\x01",
		"\ufffe",
		"\x7f",
		"\u0085",
		"é",
		"\u0301",
		"&x;",
		"&#0;",
		"\ufeff"
	]
);
const SPACE = "(?:\\s|&#(?:0*(?:9|10|13|32|160)|[xX]0*(?:9|[aA]|[dD]|20|[aA]0));)";
const TRIMMED = new RegExp(`xmlns[^=<>]*=\\s*(?:'(?:${SPACE}[^']*|[^']*${SPACE})'|"(?:${SPACE}[^"]*|[^"]*${SPACE})")`);
const broken = fc
	.tuple(document, fc.array(fc.tuple(fc.nat(), fc.nat(3), noise), { minLength: 1, maxLength: 3 }))
	.map(([whole, changes]) => {
		let result = whole;
		for (const [where, count, what] of changes) {
			const at = where % (result.length + 1);
			result = result.slice(0, at) + what + result.slice(at + count);
		}
		// half of a surrogate pair is no input of either; saxes trims the names of namespaces, which nothing allows
		return decodeUTF8(encodeUTF8(result)) === result && !TRIMMED.test(result) ? result : whole;
	});
const cut = fc.integer({ min: 1, max: 40 });

test("documents that are well-formed are refused, or read as something else", () => {
	let taken = 0;
	fc.assert(
		fc.property(document, cut, (text, size) => {
			taken += judge(text, size) === "taken" ? 1 : 0;
		}),
		{ numRuns: RUNS }
	);
	expect(taken).toBeGreaterThan(RUNS / 4);
});

test("documents that are broken are taken where saxes refuses them", () => {
	let refused = 0;
	fc.assert(
		fc.property(broken, cut, (text, size) => {
			refused += judge(text, size) === "refused" ? 1 : 0;
		}),
		{ numRuns: RUNS }
	);
	expect(refused).toBeGreaterThan(RUNS / 4);
});

test("documents whose bytes were changed are taken where saxes refuses them, or not the same wherever they are cut", () => {
	const corpus = fileURLToPath(new URL("../corpus/", import.meta.url));
	const stanzas = readdirSync(corpus).flatMap((file) => readFileSync(`${corpus}${file}`, "utf8").trimEnd().split("\n").slice(1));
	const header = "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' xmlns:p='u'>";
	const sources = [
		...stanzas.map((stanza) => encodeUTF8(`${header}${stanza}</stream:stream>`)),
		...fc.sample(document, { numRuns: 400, seed }).map((text) => encodeUTF8(text))
	];
	const tokens = fc.sample(noise, { numRuns: 100, seed }).map((text) => encodeUTF8(text));
	const dice = new Dice(seed);
	const roll = (below: number): number => dice.below(below);
	const counts = { taken: 0, refused: 0, malformed: 0 };
	for (let n = RUNS * 4; n < Math.max(DOCUMENTS, RUNS * 8); n++) {
		const bytes = Array.from(sources[roll(sources.length)]!);
		for (let change = roll(3); change >= 0; change--) {
			const at = roll(bytes.length);
			switch (roll(6)) {
				case 0:
					bytes[at] = roll(256);
					break;
				case 1:
					bytes[at] = bytes[roll(bytes.length)]!;
					break;
				case 2:
					bytes.splice(at, 1 + roll(4));
					break;
				case 3:
					bytes.splice(at, 0, ...tokens[roll(tokens.length)]!);
					break;
				case 4:
					bytes.splice(at, 0, ...bytes.slice(at, at + roll(40)));
					break;
				default:
					bytes.splice(at, roll(3), ...tokens[roll(tokens.length)]!);
			}
		}
		const changed = Uint8Array.from(bytes);
		const cut = 1 + roll(80);
		const text = textOf(changed);
		if (text === undefined) {
			counts.malformed++;
			if (byUs(changed, cut).refused === undefined) expect(`${changed} in pieces of ${cut}`).toBeUndefined();
		} else if (!TRIMMED.test(text)) {
			counts[judge(text, cut)]++;
		}
		// what is refused, and where, or what is read, depends on no cut
		if (n % 8 === 0) expect(byUs(changed, cut)).toEqual(byUs(changed, changed.length));
	}
	expect(Math.min(counts.taken, counts.refused, counts.malformed)).toBeGreaterThan(RUNS / 20);
	if (process.env.EXTASIS_FUZZ !== undefined) console.log(JSON.stringify(counts));
});

/** Undefined when the bytes are not UTF-8. */
function textOf(bytes: Uint8Array): string | undefined {
	try {
		return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
	} catch {
		return undefined;
	}
}

test("bytes that are no text are taken, or end in anything but a refusal", () => {
	fc.assert(
		fc.property(fc.uint8Array({ maxLength: 60 }), fc.constantFrom("", "<s>", "<s><m>", "<s><m a='", "<s><m "), (bytes, before) => {
			const parser = new XMLParser({ onOpen() {}, onElement() {}, onSkipped() {}, onClose() {} });
			let error: unknown;
			try {
				parser.write(encodeUTF8(before));
				parser.write(bytes);
			} catch (caught) {
				error = caught;
			}
			expect(error === undefined || error instanceof XMLError).toBe(true);
			if (error === undefined) {
				// only a cut character at the end may be less than UTF-8
				const whole = [0, 1, 2, 3].some((less) => isUTF8(bytes.subarray(0, Math.max(0, bytes.length - less))));
				expect(whole).toBe(true);
			}
		}),
		{ numRuns: RUNS }
	);
});

test("a character is in the wrong class", () => {
	const wrong: string[] = [];
	for (let code = 1; code <= 0x10ffff; code++) {
		if (code >= 0xd800 && code < 0xe000) {
			continue;
		}
		const character = String.fromCodePoint(code);
		const start = NAME_START.test(character);
		if (isNameStart(code) !== start || isNameChar(code) !== (start || NAME_CHAR.test(character)) || isChar(code) !== CHAR.test(character)) {
			wrong.push(code.toString(16));
		}
	}
	expect(wrong).toEqual([]);
});

function isUTF8(bytes: Uint8Array): boolean {
	try {
		return decodeUTF8(bytes) === new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
	} catch {
		return false;
	}
}

/** Steps of a writer; any string may be in them. */
const anyText = fc.string({ unit: "binary", maxLength: 20 });
const step = fc.oneof(
	fc.record({ open: fc.oneof(name, anyText), namespace: fc.constantFrom(undefined, undefined, "", "u", "v&' <") }),
	fc.record({ attribute: fc.oneof(name, fc.constant("xml:lang")), value: anyText }),
	fc.record({ text: anyText }),
	fc.constant({ close: true })
);

test("what the Writer writes is refused by saxes, or read as something else than by us", () => {
	let written = 0;
	fc.assert(
		fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
			const writer = new Writer({ limit: 2000 }).open("s", "u").open("m");
			for (const next of steps) {
				try {
					if ("open" in next) {
						writer.open(next.open, next.namespace);
					} else if ("attribute" in next) {
						writer.attribute(next.attribute, next.value);
					} else if ("text" in next) {
						writer.text(next.text);
					} else if (writer.depth > 2) {
						writer.close();
					}
				} catch (error) {
					expect(error instanceof Error && !(error instanceof TypeError)).toBe(true);
				}
			}
			let bytes: Uint8Array;
			try {
				bytes = writer.closeAll().take();
			} catch (error) {
				expect(error instanceof RangeError).toBe(true);
				return;
			}
			written++;
			expect({ document: decodeUTF8(bytes), verdict: judge(decodeUTF8(bytes), 7) }).toEqual({
				document: decodeUTF8(bytes),
				verdict: "taken"
			});
		}),
		{ numRuns: RUNS }
	);
	expect(written).toBeGreaterThan(RUNS / 2);
});
