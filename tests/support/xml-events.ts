// What the parser says about a document, as lines that two runs can be compared by.

import { xmlLimits } from "../../src/limits.js";
import { encodeUTF8 } from "../../src/text/utf8.js";
import { type Element, LOCAL, START, VALUE } from "../../src/xml/element.js";
import { XMLError } from "../../src/xml/error.js";
import { type Parts, type XMLBounds, XMLParser } from "../../src/xml/parser.js";

export interface Options {
	/** Bytes of each write(). */
	readonly cut?: number;
	readonly bounds?: Partial<XMLBounds>;
	/** Depth of the parts that are asked for of each payload named "query"; 0 asks for none. */
	readonly parts?: number;
}

/** The attributes in document order. */
export function attributesOf(element: Element): { name: string; namespace: string; value: string }[] {
	const parts = element.packed.split(START).slice(1);
	return parts.map((part) => {
		const at = part.indexOf(VALUE);
		const local = part.indexOf(LOCAL);
		return { name: part.slice(local + 1, at), namespace: local < 0 ? "" : part.slice(0, local), value: part.slice(at + 1) };
	});
}

/** `{namespace}name attributes: text [children]`. */
export function show(element: Element): string {
	const attributes = attributesOf(element).map(
		(a) => ` ${a.namespace === "" ? "" : `{${a.namespace}}`}${a.name}=${JSON.stringify(a.value)}`
	);
	const text = element.text === "" ? "" : `:${JSON.stringify(element.text)}`;
	const children = element.children.length === 0 ? "" : `[${element.children.map(show).join(",")}]`;
	return `${element.namespace === "" ? "" : `{${element.namespace}}`}${element.name}${attributes.join("")}${text}${children}`;
}

/** One line per event; a refusal is the last, with its offset. */
export function events(document: string | Uint8Array, options: Options = {}): string[] {
	const lines: string[] = [];
	const parts: Parts = {
		depth: options.parts ?? 0,
		onPart: (part) => {
			lines.push(`part ${show(part)}`);
		}
	};
	const parser = new XMLParser(
		{
			onOpen: (root) => {
				lines.push(`open ${show(root)}`);
			},
			onPayload: (_, payload) => (parts.depth > 0 && payload.name === "query" ? parts : undefined),
			onElement: (element) => {
				lines.push(show(element));
			},
			onSkipped: (head) => {
				lines.push(`skipped ${show(head)}`);
			},
			onClose: () => {
				lines.push("close");
			}
		},
		{ ...xmlLimits, ...options.bounds }
	);
	const bytes = typeof document === "string" ? encodeUTF8(document) : document;
	const cut = options.cut ?? bytes.length;
	try {
		for (let at = 0; at < bytes.length; at += cut) {
			parser.write(bytes.subarray(at, at + cut));
		}
	} catch (error) {
		if (!(error instanceof XMLError)) {
			throw error;
		}
		lines.push(`${error.condition} ${error.offset}`);
	}
	return lines;
}

/** The condition of the refusal; undefined when the document was taken. */
export function refusal(document: string | Uint8Array, options?: Options): string | undefined {
	const last = events(document, options).pop() ?? "";
	const space = last.lastIndexOf(" ");
	const condition = last.slice(0, space);
	return CONDITIONS.includes(condition) ? condition : undefined;
}

const CONDITIONS: readonly string[] = [
	"not-well-formed",
	"restricted-xml",
	"unsupported-encoding",
	"bad-namespace-prefix",
	"invalid-namespace",
	"bad-format",
	"policy-violation"
];
