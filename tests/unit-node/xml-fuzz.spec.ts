// Documents that nobody thought of, judged by saxes: a parser that shares no line and no author with ours.

import fc from "fast-check";
import { SaxesParser } from "saxes";
import { limits } from "../../src/limits.js";
import { decodeUTF8, encodeUTF8 } from "../../src/text/utf8.js";
import { isChar, isNameChar, isNameStart } from "../../src/xml/characters.js";
import type { Element } from "../../src/xml/element.js";
import { XMLError } from "../../src/xml/error.js";
import { XMLParser } from "../../src/xml/parser.js";
import { Writer } from "../../src/xml/writer.js";

/** EXTASIS_FUZZ multiplies the number of documents. */
const RUNS = 3000 * Number(process.env.EXTASIS_FUZZ ?? 1);

/** A document as nested arrays: [namespace, name, sorted attributes, text, ...children]. */
type Tree = [string, string, string[], string, ...Tree[]];

interface Verdict {
	readonly tree?: Tree;
	readonly refused?: string;
}

/** The productions [2], [4] and [4a] of XML 1.0, fifth edition, as they are printed there, without the colon. */
const CHAR = /^[\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]$/u;
const NAME_START =
	/^[A-Z_a-z\u{C0}-\u{D6}\u{D8}-\u{F6}\u{F8}-\u{2FF}\u{370}-\u{37D}\u{37F}-\u{1FFF}\u{200C}-\u{200D}\u{2070}-\u{218F}\u{2C00}-\u{2FEF}\u{3001}-\u{D7FF}\u{F900}-\u{FDCF}\u{FDF0}-\u{FFFD}\u{10000}-\u{EFFFF}]$/u;
const NAME_CHAR = /^(?:[-.0-9\u{B7}\u{203F}-\u{2040}]|[\u{300}-\u{36F}])$/u;

const XMLNS = "http://www.w3.org/2000/xmlns/";

function bySaxes(document: string): Verdict {
	const parser = new SaxesParser({ xmlns: true });
	const open: Tree[] = [];
	let tree: Tree | undefined;
	let refused: string | undefined;
	parser.on("error", (error) => {
		refused ??= error.message;
	});
	for (const event of ["comment", "processinginstruction", "doctype"] as const) {
		parser.on(event, () => {
			refused ??= event;
		});
	}
	parser.on("opentag", (tag) => {
		const attributes = Object.values(tag.attributes)
			.filter((attribute) => attribute.uri !== XMLNS)
			.map((attribute) => `{${attribute.uri}}${attribute.local}=${attribute.value}`)
			.sort();
		const element: Tree = [tag.uri, tag.local, attributes, ""];
		open.at(-1)?.push(element);
		tree ??= element;
		open.push(element);
	});
	const text = (value: string): void => {
		const element = open.at(-1);
		if (element !== undefined) {
			element[3] += value;
		}
	};
	parser.on("text", text);
	parser.on("cdata", text);
	parser.on("closetag", () => {
		open.pop();
	});
	try {
		parser.write(document).close();
	} catch (error) {
		refused ??= String(error);
	}
	return refused === undefined ? { tree } : { refused };
}

function byUs(document: string, cut: number): Verdict {
	let tree: Tree | undefined;
	let closed = false;
	const parser = new XMLParser(
		{
			onOpen: (root) => {
				tree = treeOf(root);
			},
			onElement: (element) => {
				tree?.push(treeOf(element));
			},
			onSkipped: () => {
				throw new Error("skipped");
			},
			onClose: () => {
				closed = true;
			}
		},
		{ ...limits, builtBytes: 1e6, builtElements: 1e6, textBytes: 1e6 }
	);
	const bytes = encodeUTF8(document);
	try {
		for (let at = 0; at < bytes.length; at += cut) {
			parser.write(bytes.slice(at, at + cut));
		}
		parser.write(encodeUTF8(" ")); // a stream has no end at which a lone "<" would show
	} catch (error) {
		if (error instanceof XMLError) {
			return { refused: error.message };
		}
		throw error;
	}
	return closed ? { tree } : { refused: "unfinished" };
}

function treeOf(element: Element): Tree {
	const attributes = element.attributes.map((a) => `{${a.namespace}}${a.name}=${a.value}`).sort();
	return [element.namespace, element.name, attributes, element.text, ...element.children.map(treeOf)];
}

/** saxes gives the text of the root; with us that is white space and given to nobody. */
function withoutRootText(tree: Tree | undefined): Tree | undefined {
	return tree === undefined ? undefined : [tree[0], tree[1], tree[2], "", ...(tree.slice(4) as Tree[])];
}

/** Rules by which we refuse what saxes takes, and must. */
const OUR_RULES: readonly [name: string, applies: (refused: string) => boolean][] = [
	["text between stanzas (RFC 6120 11.7)", (refused) => refused.startsWith("bad-format")],
	["restricted XML (RFC 6120 11.1)", (refused) => refused.startsWith("restricted-xml")],
	["bounds", (refused) => refused.startsWith("policy-violation")],
	["other encodings (RFC 6120 11.6)", (refused) => refused.startsWith("unsupported-encoding")],
	["a byte order mark (RFC 6120 11.6)", (refused) => refused.startsWith("not-well-formed at byte 0:")],
	// Namespaces in XML 1.0, 4: "element names MUST NOT have the prefix xmlns"; a local name is an NCName
	[
		"names with colons",
		(refused) => refused.includes("colon") || refused.includes("no name where") || refused.includes("bad-namespace-prefix")
	],
	["declarations of xml and xmlns", (refused) => refused.includes("namespace") || refused.includes("declared")]
];

function judge(document: string, cut: number): "taken" | "refused" {
	const ours = byUs(document, cut);
	const theirs = bySaxes(document);
	if (ours.refused === undefined) {
		expect({ document, ...theirs, tree: withoutRootText(theirs.tree) }).toEqual({ document, ...ours });
		return "taken";
	}
	if (theirs.refused === undefined) {
		const rule = OUR_RULES.find(([, applies]) => applies(ours.refused!));
		expect({ document, refused: rule === undefined ? ours.refused : undefined }).toEqual({ document, refused: undefined });
	}
	return "refused";
}

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
const TRIMMED = /xmlns[^=<>]*=\s*(?:'(?:\s[^']*|[^']*\s)'|"(?:\s[^"]*|[^"]*\s)")/;
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
