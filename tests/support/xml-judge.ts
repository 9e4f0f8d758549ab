// Two parsers that share no line and no author look at one document: ours and saxes.

import { SaxesParser } from "saxes";
import { xmlLimits } from "../../src/limits.js";
import { encodeUTF8 } from "../../src/text/utf8.js";
import type { Element } from "../../src/xml/element.js";
import { XMLError } from "../../src/xml/error.js";
import { XMLParser } from "../../src/xml/parser.js";
import { attributesOf } from "./xml-events.js";

/** A document as nested arrays: [namespace, name, sorted attributes, text, ...children]. */
export type Tree = [string, string, string[], string, ...Tree[]];

export interface Verdict {
	readonly tree?: Tree;
	readonly refused?: string;
}

const XMLNS = "http://www.w3.org/2000/xmlns/";

export function bySaxes(document: string): Verdict {
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

export function byUs(document: string | Uint8Array, cut: number): Verdict {
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
		{ ...xmlLimits, builtBytes: 1e6, builtElements: 1e6, textBytes: 1e6 }
	);
	const bytes = typeof document === "string" ? encodeUTF8(document) : document;
	try {
		for (let at = 0; at < bytes.length; at += cut) {
			parser.write(bytes.slice(at, at + cut));
		}
		parser.write(encodeUTF8(" ".repeat(xmlLimits.hardNameBytes + 1))); // a stream has no end at which half a tag would show
	} catch (error) {
		if (error instanceof XMLError) {
			return { refused: error.message };
		}
		throw error;
	}
	return closed ? { tree } : { refused: "unfinished" };
}

function treeOf(element: Element): Tree {
	const attributes = attributesOf(element)
		.map((a) => `{${a.namespace}}${a.name}=${a.value}`)
		.sort();
	return [element.namespace, element.name, attributes, element.text, ...element.children.map(treeOf)];
}

/** saxes gives the text of the root; with us that is white space and given to nobody. */
export function withoutRootText(tree: Tree | undefined): Tree | undefined {
	return tree === undefined ? undefined : [tree[0], tree[1], tree[2], "", ...(tree.slice(4) as Tree[])];
}

/** Rules by which we refuse what saxes takes, and must; `before` and `after` are the document around the byte that was refused. */
const OUR_RULES: readonly [name: string, applies: (refused: string, before: string, after: string) => boolean][] = [
	["text between stanzas (RFC 6120 11.7)", (refused) => refused.startsWith("bad-format")],
	["restricted XML (RFC 6120 11.1)", (refused) => refused.startsWith("restricted-xml")],
	["bounds", (refused) => refused.startsWith("policy-violation")],
	["other encodings (RFC 6120 11.6)", (refused) => refused.startsWith("unsupported-encoding")],
	["a byte order mark (RFC 6120 11.6)", (_, before, after) => before === "" && after.startsWith("\ufeff")],
	// Namespaces in XML 1.0, 4: "element names MUST NOT have the prefix xmlns"; a local name is an NCName
	[
		"names with colons",
		(refused, before, after) => before.endsWith(":") || after.startsWith(":") || refused.startsWith("bad-namespace-prefix")
	]
];

/** Whether we take the document. A difference from saxes fails the test, unless it is a refusal of ours by a rule. */
export function judge(document: string, cut: number): "taken" | "refused" {
	const ours = byUs(document, cut);
	const theirs = bySaxes(document);
	if (ours.refused === undefined) {
		const tree = withoutRootText(theirs.tree);
		// expect() is slow, and there may be a million of them
		if (theirs.refused !== undefined || JSON.stringify(tree) !== JSON.stringify(ours.tree)) {
			expect({ document, ...theirs, tree }).toEqual({ document, ...ours });
		}
		return "taken";
	}
	if (theirs.refused === undefined) {
		const bytes = encodeUTF8(document);
		const offset = Number(/\d+$/.exec(ours.refused)?.[0]);
		const before = new TextDecoder().decode(bytes.subarray(0, offset));
		const after = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(offset));
		const rule = OUR_RULES.find(([, applies]) => applies(ours.refused!, before, after));
		expect({ document, refused: rule === undefined ? ours.refused : undefined }).toEqual({ document, refused: undefined });
	}
	return "refused";
}
