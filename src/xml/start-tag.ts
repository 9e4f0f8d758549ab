// One start tag while it is read, or the XML declaration: its name, its attributes, the namespaces that it declares.

import type { Builder } from "./builder.js";
import { STANZA } from "./builder.js";
import { Class, classes, endOfName } from "./characters.js";
import { Kind, readContent, type Sink } from "./content.js";
import { LOCAL, START, VALUE } from "./element.js";
import type { XMLBounds } from "./error.js";
import type { Scopes } from "./namespaces.js";
import type { Window } from "./window.js";
import { keys } from "./words.js";

/** Stands for the name of the XML declaration. */
export const DECLARATION = "?xml";
const DEFAULT = `${START}xmlns${VALUE}`;

export class StartTag implements Sink {
	/** As written. */
	name = "";
	/** The attributes as Element holds them, but for prefixes, if they are kept. */
	packed = "";
	kept = false;
	/** Names of attributes that are not kept, and of declarations, packed without values. */
	names = "";
	/** An attribute has a prefix. */
	prefixed = false;
	/** It declares namespaces. */
	declares = false;
	readonly #window: Window;
	readonly #builder: Builder;
	readonly #scopes: Scopes;
	readonly #bounds: XMLBounds;
	/** Open elements around it. */
	#depth = 0;
	/** Offset of its "<". */
	#start = 0;
	#count = 0;
	/** The attribute in whose value we are: its key, the prefix it declares, the value if it is kept, its bytes, the quote; "" outside. */
	#key = "";
	#declares: string | undefined;
	#value: string | undefined;
	#bytes = 0;
	#quote = "";

	constructor(window: Window, builder: Builder, scopes: Scopes, bounds: XMLBounds) {
		this.#window = window;
		this.#builder = builder;
		this.#scopes = scopes;
		this.#bounds = bounds;
	}

	begin(name: string, depth: number, kept: boolean, start: number): void {
		this.name = name;
		this.packed = this.names = this.#quote = "";
		this.kept = kept;
		this.prefixed = this.declares = false;
		this.#depth = depth;
		this.#start = start;
		this.#count = 0;
	}

	/** It breaks a bound. The stanza that it is of, or in, will be skipped; nobody skips a stream. */
	exceed(): void {
		if (this.#depth === 0) this.#window.refuse("policy-violation", this.#start);
		this.#builder.drop();
		// of the stanza itself all is kept that fits: it may have to be answered
		if (this.#depth >= STANZA) this.kept = false;
	}

	/** Reads attributes from `i` on. Returns the index of what ends the tag, of what is cut, or the end of the window. */
	read(i: number): number {
		const window: Window = this.#window;
		const text = window.text;
		const length = text.length;
		while (i < length) {
			if (this.#quote !== "") {
				const end = text.indexOf(this.#quote, i);
				const to = end < 0 ? length : end;
				const wrong = this.name === DECLARATION ? firstOf(text.slice(i, to), "&<", 0) : -1;
				if (wrong >= 0) window.fail("not-well-formed", i + wrong);
				if (to !== i) i = readContent(window, i, to, Kind.value, this);
				if (end < 0) return i;
				this.#endValue(i++);
				continue;
			}
			const code = text.charCodeAt(i);
			if (code === 0x3e || code === 0x2f || code === 0x3f) return i;
			if (code === 0x20 && this.kept && (window.classes & (Class.inValue | Class.wide)) === 0) {
				const start = i;
				i = this.#readKnown(text, i, length);
				if (i > start) continue;
			}
			const next = this.#attribute(i);
			if (next === i) return i;
			i = next;
		}
		return i;
	}

	/** What is known, and wholly there, needs no look at its letters. Returns where something else is. */
	#readKnown(text: string, i: number, length: number): number {
		const bounds = this.#bounds;
		const names = this.names;
		const less = text.indexOf("<", i);
		let packed = this.packed;
		let count = this.#count;
		while (i < length && text.charCodeAt(i) === 0x20) {
			const quote = text.indexOf("'", i);
			const key = quote < 0 ? undefined : keys.get(text.slice(i, quote));
			if (key === undefined) break;
			const end = text.indexOf("'", quote + 1);
			if (
				end < 0 ||
				(less >= 0 && less < end) ||
				key === DEFAULT ||
				packed.includes(key) ||
				(names !== "" && names.includes(key)) ||
				count >= bounds.attributes ||
				end - quote > bounds.attributeBytes
			) {
				this.packed = packed;
				this.#count = count;
				this.#begin(key, -1, "'", i);
				return quote + 1;
			}
			packed += key + text.slice(quote + 1, end);
			count++;
			i = end + 1;
		}
		this.packed = packed;
		this.#count = count;
		if (packed.length > bounds.builtBytes) this.exceed();
		return i;
	}

	/** One more piece of the value. */
	give(piece: string, bytes: number): void {
		const bounds = this.#bounds;
		const declares = this.#declares !== undefined;
		this.#bytes += bytes;
		if (this.#bytes > (declares ? bounds.namespaceBytes : bounds.attributeBytes)) {
			this.exceed();
			if (!declares) this.#value = undefined;
			else if (this.#bytes > bounds.openBytes) this.#window.refuse("policy-violation", this.#start);
		}
		if (this.#value !== undefined) this.#value += piece;
	}

	/** Where the name ends that begins at the index; something else stands behind it. */
	nameEnd(from: number): number {
		const window: Window = this.#window;
		const text = window.text;
		let end = endOfName(text, from);
		if (end > from && text.charCodeAt(end) === 0x3a) {
			from = end + 1;
			end = endOfName(text, from);
		}
		if (end === from) window.fail("not-well-formed", end);
		if (text.charCodeAt(end) === 0x3a) window.fail("not-well-formed", end);
		return end;
	}

	/** Puts namespaces into the place of prefixes in the attributes; `index` is that of the end. */
	expand(index: number): void {
		const list = (this.packed + this.names).split(START);
		let seen = "";
		for (let n = 1; n < list.length; n++) {
			const name = list[n]!.slice(0, list[n]!.indexOf(VALUE) + 1);
			const colon = name.indexOf(":");
			if (colon < 0 || name.startsWith("xmlns:")) continue;
			const namespace = this.#scopes.resolve(name.slice(0, colon));
			if (namespace === undefined) this.#window.fail("bad-namespace-prefix", index);
			const key = START + namespace + LOCAL + name.slice(colon + 1);
			if (seen.includes(key)) this.#window.fail("not-well-formed", index);
			seen += key;
			this.packed = this.packed.split(START + name).join(key);
		}
	}

	#has(key: string): boolean {
		return this.packed.includes(key) || (this.names !== "" && this.names.includes(key));
	}

	/** White space at `i` and the attribute after it. Returns the index of its value, or of the end of the tag; `i` when it is cut. */
	#attribute(i: number): number {
		const window: Window = this.#window;
		const text = window.text;
		const from = skipSpace(text, i);
		if (firstOf(text, "'\">", from) < 0) return i;
		const code = text.charCodeAt(from);
		if (from > i && (code === 0x3e || code === 0x2f || code === 0x3f)) return from;
		if (from === i) window.fail("not-well-formed", i);
		const end = this.nameEnd(from);
		let at = skipSpace(text, end);
		const equals = text.charCodeAt(at) === 0x3d;
		if (equals) at = skipSpace(text, at + 1);
		const quote = text.charAt(at);
		if (!equals || (quote !== "'" && quote !== '"')) window.fail("not-well-formed", at);
		const name = text.slice(from, end);
		this.#begin(START + name + VALUE, name.indexOf(":"), quote, i);
		return at + 1;
	}

	/** The value begins of the attribute at the index. */
	#begin(key: string, colon: number, quote: string, index: number): void {
		const window: Window = this.#window;
		const bounds = this.#bounds;
		if (this.#has(key)) window.fail("not-well-formed", index);
		this.#key = key;
		this.#declares = key === DEFAULT ? "" : colon === 5 && key.startsWith("xmlns", 1) ? key.slice(7, -1) : undefined;
		this.prefixed ||= colon >= 0 && this.#declares === undefined;
		this.#value = this.kept || this.#declares !== undefined ? "" : undefined;
		this.#bytes = 0;
		this.#quote = quote;
		if (++this.#count > bounds.hardAttributes) window.fail("policy-violation", index);
		if (this.#count > bounds.attributes || window.size(key) - 2 > bounds.nameBytes) this.exceed();
	}

	#endValue(index: number): void {
		const window: Window = this.#window;
		const bounds = this.#bounds;
		const scopes = this.#scopes;
		const key = this.#key;
		const value = this.#value;
		this.#value = undefined;
		this.#quote = "";
		if (this.#declares !== undefined) {
			if (!this.declares) scopes.enter();
			this.declares = true;
			if (!scopes.declare(this.#declares, value!)) window.fail("not-well-formed", index);
			if (scopes.packed.length > bounds.openBytes) window.fail("policy-violation", index);
			if (scopes.count > bounds.namespaces) this.exceed();
		} else if (value !== undefined && this.kept) {
			const packed = this.packed + key + value;
			if (packed.length <= bounds.builtBytes) {
				this.packed = packed;
				return;
			}
			this.exceed();
		}
		this.names += key;
		if (this.names.length > bounds.openBytes) window.fail("policy-violation", index);
	}
}

/** The index after white space at `i`. */
export function skipSpace(text: string, i: number): number {
	while ((classes[text.charCodeAt(i)]! & Class.space) !== 0) i++;
	return i;
}

/** The index of the first of the characters from `i` on, or -1. */
export function firstOf(text: string, characters: string, i: number): number {
	let first = -1;
	for (let n = 0; n < characters.length; n++) {
		const at = text.indexOf(characters.charAt(n), i);
		if (at >= 0 && (first < 0 || at < first)) first = at;
	}
	return first;
}
