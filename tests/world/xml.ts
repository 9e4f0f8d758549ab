// The world's own XML: streams read by saxes, which is strict, into elements of @xmpp/xml. Nothing here comes from src/xml.
import { Element, xml } from "@xmpp/xml";
import { SaxesParser } from "saxes";
import { bytesOf, TextReader, textOfUnits, unitsOf } from "./bytes.js";

export { Element, xml };

export interface StreamHandler {
	onStream(root: Element): void;
	onStanza(stanza: Element): void;
	/** The stream ended as it should. */
	onEnd(): void;
	/** What was said is no XML. */
	onError(error: Error): void;
}

/** Reads one stream; a restarted stream needs a new reader. */
export class StreamReader {
	#parser = new SaxesParser({ xmlns: true });
	#decoder = new TextReader();
	#open: Element[] = [];
	#spaces: string[] = [];
	#stopped = false;
	#handler: StreamHandler;

	constructor(handler: StreamHandler) {
		this.#handler = handler;
		const parser = this.#parser;
		parser.on("error", (error) => {
			this.#stopped = true;
			handler.onError(error);
		});
		const refuse = (what: string) => () => {
			if (this.#stopped) return;
			this.#stopped = true;
			handler.onError(new Error(`${what} in a stream (RFC 6120 11.1)`));
		};
		parser.on("comment", refuse("a comment"));
		parser.on("doctype", refuse("a document type"));
		parser.on("processinginstruction", refuse("a processing instruction"));
		parser.on("opentag", (tag) => {
			if (this.#stopped) return;
			const parent = this.#open.at(-1);
			const attributes: Record<string, string> = {};
			if (tag.uri !== (this.#spaces.at(-1) ?? (parent ? "" : "jabber:client"))) attributes.xmlns = tag.uri;
			for (const { name, prefix, value } of Object.values(tag.attributes)) {
				if (prefix !== "xmlns" && name !== "xmlns") attributes[name] = textOfUnits(value);
			}
			const element = new Element(tag.local, attributes);
			if (parent && this.#open.length > 1) {
				element.parent = parent;
				parent.children.push(element);
			}
			this.#open.push(element);
			// Stanzas leave the stream: below the root the default is jabber:client.
			this.#spaces.push(this.#open.length === 1 ? "jabber:client" : tag.uri);
			if (!parent) handler.onStream(element);
		});
		const text = (data: string) => {
			if (this.#stopped) return;
			if (this.#open.length > 1) this.#open.at(-1)!.append(textOfUnits(data));
			else if (data.trim() !== "") refuse("text between stanzas")();
		};
		parser.on("text", text);
		parser.on("cdata", text);
		parser.on("closetag", () => {
			if (this.#stopped) return;
			const element = this.#open.pop()!;
			this.#spaces.pop();
			if (this.#open.length === 0) handler.onEnd();
			else if (this.#open.length === 1) handler.onStanza(element);
		});
	}

	/** Nothing more of what was written is reported. */
	stop(): void {
		this.#stopped = true;
	}

	write(bytes: Uint8Array): void {
		if (this.#stopped) return;
		let text: string;
		try {
			text = this.#decoder.read(bytes);
		} catch {
			this.#stopped = true;
			this.#handler.onError(new Error("what came is not UTF-8"));
			return;
		}
		this.#parser.write(unitsOf(text));
	}
}

/** One stanza by itself, in jabber:client unless it says otherwise. */
export function parseStanza(text: string): Element {
	let stanza: Element | undefined;
	const reader = new StreamReader({
		onStream: () => {},
		onStanza: (element) => {
			stanza = element;
		},
		onEnd: () => {},
		onError: (error) => {
			throw error;
		}
	});
	reader.write(bytesOf(`<stream xmlns="jabber:client">${text}`));
	if (stanza === undefined) throw new Error(`no stanza: ${text}`);
	return stanza;
}

/** A copy that can be changed. */
export function clone(element: Element): Element {
	const copy = xml(element.name, element.attrs);
	for (const child of element.children) {
		if (typeof child === "string") copy.children.push(child);
		else {
			const grandchild = clone(child);
			grandchild.parent = copy;
			copy.children.push(grandchild);
		}
	}
	return copy;
}

/** All text directly in an element. */
export function textOf(element: Element | undefined): string {
	return element?.children.filter((child) => typeof child === "string").join("") ?? "";
}
