// The parser that every byte from the network meets: XML 1.0 with namespaces, as RFC 6120 section 11 narrows it.

import { xmlLimits } from "../limits.js";
import { Builder, STANZA, type XMLHandler } from "./builder.js";
import { Kind, readContent } from "./content.js";
import { Element, START, VALUE } from "./element.js";
import type { XMLBounds } from "./error.js";
import { Scopes } from "./namespaces.js";
import { DECLARATION, firstOf, StartTag, skipSpace } from "./start-tag.js";
import { Window } from "./window.js";
import { names } from "./words.js";

export type { Parts, XMLHandler } from "./builder.js";
export type { XMLBounds } from "./error.js";

const SECTION = "<![CDATA[";

/** What the next character belongs to. */
const enum State {
	content,
	cdata,
	/** A start tag, after its name. */
	tag
}

/**
 * Native searches find the tokens in the window. One that is cut stays there until its end has come, but text and values, which may be
 * long, go on piece by piece. What is refused, and at which byte, depends on no cut.
 */
export class XMLParser {
	readonly #bounds: XMLBounds;
	readonly #builder: Builder;
	readonly #window: Window;
	readonly #scopes = new Scopes();
	readonly #tag: StartTag;
	#state = State.content;
	#depth = 0;
	/** The root was closed. */
	#ended = false;
	/** The open elements: each as its end tag has it, "/name", with a "!" if it declares namespaces. */
	#open = "";
	#busy = false;
	#stopped = false;
	#restarted = false;
	#error: unknown;

	constructor(handler: XMLHandler, bounds: XMLBounds = xmlLimits) {
		this.#bounds = bounds;
		this.#builder = new Builder(handler, bounds);
		this.#window = new Window(this.#builder);
		this.#tag = new StartTag(this.#window, this.#builder, this.#scopes, bounds);
	}

	/**
	 * Parses the next bytes of the stream and returns how many it took: all, or those up to the tag at which a handler
	 * called stop(). Throws XMLError, and whatever a handler throws; from then on always the same.
	 */
	write(bytes: Uint8Array): number {
		if (this.#error !== undefined) throw this.#error;
		if (this.#busy) throw new Error("write() in a callback of the parser");
		const window: Window = this.#window;
		const longest = this.#bounds.hardNameBytes;
		this.#busy = true;
		this.#stopped = false;
		try {
			for (let at = 0; at < bytes.length; ) {
				at = window.read(bytes, at, longest);
				window.keep(this.#scan());
				if (this.#stopped) {
					at -= window.unread;
					window.clear();
					return at;
				}
				if (window.text.length > longest) window.fail("policy-violation", longest);
				if (window.problem !== undefined) window.refuse(window.problem, window.end);
				if (window.end > this.#builder.limit) this.#builder.progress(window.at(0));
			}
			return bytes.length;
		} catch (error) {
			this.#error = error;
			throw error;
		} finally {
			this.#busy = false;
		}
	}

	/** In a callback: write() returns, the rest of its bytes is not looked at. */
	stop(): void {
		this.#stopped = this.#busy;
	}

	/** A new stream begins: with the next byte when called in a callback, else with the next write(). */
	restart(): void {
		this.#error = undefined;
		this.#builder.reset();
		this.#scopes.clear();
		this.#state = State.content;
		this.#depth = 0;
		this.#ended = false;
		this.#open = "";
		this.#restarted = this.#busy;
		if (this.#busy) return;
		this.#window.clear();
		this.#window.restart();
	}

	/** Reads the window; returns the index of a token that is cut at its end, or that end. */
	#scan(): number {
		const window: Window = this.#window;
		const tag = this.#tag;
		let text = window.text;
		let length = text.length;
		let i = 0;
		while (i < length) {
			if (this.#state === State.tag) {
				i = tag.read(i);
				const code = text.charCodeAt(i);
				if (code === 0x3e && tag.name !== DECLARATION) {
					this.#openTag(++i, false);
				} else {
					if ((code !== 0x3e && code !== 0x2f && code !== 0x3f) || i + 1 === length) return i;
					const declares = tag.name === DECLARATION;
					if (text.charCodeAt(i + 1) !== 0x3e || code !== (declares ? 0x3f : 0x2f)) {
						window.fail("not-well-formed", i + 1);
					}
					i += 2;
					if (declares) {
						this.#declaration(i);
						continue;
					}
					this.#openTag(i, true);
				}
			} else {
				const cdata = this.#state === State.cdata;
				const end = text.indexOf(cdata ? "]]>" : "<", i);
				if (end !== i) {
					const to = end < 0 ? length : end;
					if (cdata || this.#depth >= STANZA) i = readContent(window, i, to, cdata ? Kind.cdata : Kind.text, this.#builder);
					else {
						i = skipSpace(text, i);
						if (i < to) this.#failOutside(i);
					}
				}
				if (end < 0) return i;
				if (cdata) {
					this.#state = State.content;
					i += 3;
					continue;
				}
				const next = text.charCodeAt(i + 1);
				if (next !== 0x2f) {
					const start = i;
					if (i + 1 < length) i = next === 0x21 || next === 0x3f ? this.#section(i) : this.#begin(i);
					if (i === start) return i;
					continue;
				}
				const to = text.indexOf(">", i) + 1;
				if (to === 0) return i;
				this.#close(text.slice(i + 1, to - 1), to);
				i = to;
			}
			// a tag has ended, and a handler may have been called
			if (this.#restarted) {
				this.#restarted = false;
				window.keep(i);
				window.restart();
				text = window.text;
				length = text.length;
				i = 0;
			}
			if (this.#stopped) return i;
		}
		return i;
	}

	/** Something other than white space where there is no text. */
	#failOutside(index: number): never {
		const between = this.#depth === 1; // RFC 6120 11.7 allows white space there
		return this.#window.fail(between ? "bad-format" : "not-well-formed", index);
	}

	/** "<!" or "<?". Returns the index after the start of a CDATA section, or of the XML declaration; `i` when that is cut. */
	#section(i: number): number {
		const window: Window = this.#window;
		const text = window.text;
		const piece = text.slice(i, i + SECTION.length);
		if (window.at(i) === 0 && "<?xml".startsWith(piece.slice(0, 5))) {
			const end = i + 5;
			if (end >= text.length) return i;
			if (skipSpace(text, end) > end) {
				this.#tag.begin(DECLARATION, 0, true, 0);
				this.#state = State.tag;
				return end;
			}
		}
		if (!SECTION.startsWith(piece)) {
			if (piece.startsWith("<![")) window.fail("not-well-formed", i + 1);
			window.fail("restricted-xml", i + 1); // RFC 6120 11.1
		}
		if (piece !== SECTION) return i;
		if (this.#depth < STANZA) this.#failOutside(i);
		this.#state = State.cdata;
		return i + SECTION.length;
	}

	/** The start tag whose "<" is at `i`. Returns the index after its name, or `i` when that is cut. */
	#begin(i: number): number {
		const window: Window = this.#window;
		const text = window.text;
		const tag = this.#tag;
		const bounds = this.#bounds;
		const space = window.classes === 0 ? text.indexOf(" ", i) : firstOf(text, " \n\t\r", i);
		let end = text.indexOf(">", i);
		if (space >= 0 && (end < 0 || space < end)) end = space;
		if (end < 0) return i;
		// what is known needs no look at its letters
		if (text.charCodeAt(end - 1) === 0x2f) end--;
		let name = names.get(text.slice(i + 1, end));
		if (name === undefined) {
			end = tag.nameEnd(i + 1);
			name = text.slice(i + 1, end);
		}
		const depth = this.#depth + 1;
		if (this.#ended) window.fail("not-well-formed", i);
		if (depth > bounds.hardDepth) window.fail("policy-violation", i);
		tag.begin(name, depth - 1, this.#builder.begin(depth, window, i), depth === 1 ? window.at(i) : 0);
		if (depth > bounds.depth || window.size(name) > bounds.nameBytes) tag.exceed();
		this.#state = State.tag;
		return end;
	}

	/** At the end of the XML declaration (XML 1.0, 2.8). */
	#declaration(to: number): void {
		const { packed, names } = this.#tag;
		const declaration = new Element("", "", packed);
		const version = declaration.attribute("version") ?? "";
		const encoding = declaration.attribute("encoding");
		const standalone = declaration.attribute("standalone");
		let expected = `${START}version${VALUE}${version}`;
		if (encoding !== undefined) expected += `${START}encoding${VALUE}${encoding}`;
		if (standalone !== undefined) expected += `${START}standalone${VALUE}${standalone}`;
		const stands = standalone === undefined || standalone === "yes" || standalone === "no";
		if (!stands || packed !== expected || names !== "" || !isVersion(version)) {
			this.#window.fail("not-well-formed", to);
		}
		// RFC 6120 11.6
		if (encoding !== undefined && encoding.toLowerCase() !== "utf-8") this.#window.fail("unsupported-encoding", to);
		this.#tag.name = "";
		this.#state = State.content;
	}

	/** `to` is after the ">". */
	#openTag(to: number, empty: boolean): void {
		const window: Window = this.#window;
		const tag = this.#tag;
		const scopes = this.#scopes;
		const builder = this.#builder;
		const name = tag.name;
		const colon = name.indexOf(":");
		const namespace = scopes.resolve(colon < 0 ? "" : name.slice(0, colon));
		if (namespace === undefined) window.fail("bad-namespace-prefix", to - 1);
		if (tag.prefixed) tag.expand(to - 1);
		const open = this.#open;
		if (!empty) this.#open = `${open}/${name}${tag.declares ? "!" : ""}`;
		if (this.#open.length + this.#scopes.packed.length > this.#bounds.openBytes) window.fail("policy-violation", to - 1);
		const packed = tag.kept ? tag.packed : undefined;
		let local = name;
		if (colon >= 0) {
			local = name.slice(colon + 1);
			local = names.get(local) ?? local;
		}
		tag.packed = "";
		this.#state = State.content;
		const depth = ++this.#depth;
		builder.open(local, namespace, packed, depth, window, to);
		if (empty && !this.#restarted) this.#leave(open, tag.declares, to);
	}

	/** `written` is what stands between "<" and ">"; `to` is after that. */
	#close(written: string, to: number): void {
		const open = this.#open;
		const at = open.lastIndexOf("/");
		let name = open.slice(at);
		const declares = name.endsWith("!");
		if (declares) name = name.slice(0, -1);
		if (name !== written && (at < 0 || !written.startsWith(name) || skipSpace(written, name.length) < written.length)) {
			this.#window.fail("not-well-formed", to - 1 - written.length);
		}
		this.#leave(open.slice(0, at), declares, to);
	}

	/** An element has ended: `open` are those around it. */
	#leave(open: string, declares: boolean, to: number): void {
		if (declares) this.#scopes.leave();
		this.#open = open;
		const depth = this.#depth--;
		this.#ended = depth === 1;
		this.#builder.close(depth, this.#window, to);
	}
}

/** '1.' [0-9]+ */
function isVersion(text: string): boolean {
	let at = 2;
	while (text.charAt(at) >= "0" && text.charAt(at) <= "9") at++;
	return at > 2 && at === text.length && text.startsWith("1.");
}
