// Whatever the Writer writes, the parser reads back equal, wherever it is cut.

import fc from "fast-check";
import { limits, xmlLimits } from "../../src/limits.js";
import { isChar, isNameChar, isNameStart } from "../../src/xml/characters.js";
import type { Element } from "../../src/xml/element.js";
import { XMLParser } from "../../src/xml/parser.js";
import { Writer } from "../../src/xml/writer.js";
import { attributesOf } from "../support/xml-events.js";

interface Tree {
	readonly name: string;
	/** Undefined: that of its parent. */
	readonly namespace: string | undefined;
	readonly attributes: readonly (readonly [name: string, value: string])[];
	readonly content: readonly (Tree | string)[];
}

const XML = "http://www.w3.org/XML/1998/namespace";
const RESERVED = [XML, "http://www.w3.org/2000/xmlns/"];
fc.configureGlobal({ seed: 7 });

const character = fc.oneof(
	{ weight: 3, arbitrary: fc.constantFrom(..."ab <>&\"'\t\n\r]=/!é€😀\u0085\u2028\ufffd") },
	fc.integer({ min: 1, max: 0x10ffff }).filter(isChar).map(String.fromCodePoint)
);
const text = fc.string({ unit: character, maxLength: 30 });
const start = fc.oneof(fc.constantFrom(..."aZ_éö"), fc.integer({ min: 1, max: 0xeffff }).filter(isNameStart).map(String.fromCodePoint));
const more = fc.oneof(fc.constantFrom(..."a-.9"), fc.integer({ min: 1, max: 0xeffff }).filter(isNameChar).map(String.fromCodePoint));
const name = fc.oneof(
	fc.constantFrom("iq", "message", "value", "__proto__", "constructor"),
	fc.tuple(start, fc.string({ unit: more, maxLength: 8 })).map(([first, rest]) => first + rest)
);
const namespace = fc.oneof(
	fc.constantFrom(undefined, undefined, "", "jabber:client", "urn:xmpp:iot:control"),
	text.filter((value) => !RESERVED.includes(value))
);
const attribute = fc.tuple(
	fc.oneof(name, fc.constantFrom("id", "from", "to", "type", "xml:lang")).filter((word) => word !== "xmlns"),
	text
);
const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
	tree: fc.record({
		name,
		namespace,
		attributes: fc.uniqueArray(attribute, { maxLength: 5, selector: ([word]) => word }),
		content: fc.array(fc.oneof({ depthSize: "small" }, text, tie("tree")), { maxLength: 4 })
	})
}));

function write(writer: Writer, { name, namespace, attributes, content }: Tree): void {
	writer.open(name, namespace);
	for (const [word, value] of attributes) writer.attribute(word, value);
	for (const part of content) {
		if (typeof part === "string") writer.text(part);
		else write(writer, part);
	}
	writer.close();
}

/** As readBack() gives it. */
function meant({ name, namespace, attributes, content }: Tree, outer: string): object {
	const own = namespace ?? outer;
	return {
		name,
		namespace: own,
		attributes: attributes.map(([word, value]) => (word === "xml:lang" ? `{${XML}}lang=${value}` : `${word}=${value}`)),
		text: content.filter((part) => typeof part === "string").join(""),
		children: content.filter((part) => typeof part !== "string").map((child) => meant(child, own))
	};
}

function readBack(element: Element): object {
	return {
		name: element.name,
		namespace: element.namespace,
		attributes: attributesOf(element).map((a) => `${a.namespace === "" ? "" : `{${a.namespace}}`}${a.name}=${a.value}`),
		text: element.text,
		children: element.children.map(readBack)
	};
}

test("what was written is read back as something else", () => {
	let elements = 0;
	fc.assert(
		fc.property(tree, fc.integer({ min: 1, max: 200 }), (stanza, cut) => {
			const writer = new Writer({ limit: 1 << 20, namespace: "jabber:client" });
			write(writer, stanza);
			const bytes = writer.take();
			const read: object[] = [];
			const bounds = { ...xmlLimits, builtBytes: 1 << 20, builtElements: 1 << 20, textBytes: 1 << 20, depth: limits.hardDepth };
			const parser = new XMLParser(
				{
					onOpen() {},
					onElement: (element) => read.push(readBack(element)),
					onSkipped: () => read.push({ skipped: true }),
					onClose() {}
				},
				bounds
			);
			parser.write(new TextEncoder().encode("<s xmlns='jabber:client'>"));
			for (let at = 0; at < bytes.length; at += cut) parser.write(bytes.subarray(at, at + cut));
			expect(read).toEqual([meant(stanza, "jabber:client")]);
			elements++;
		}),
		{ numRuns: 2000 }
	);
	expect(elements).toBe(2000);
});
