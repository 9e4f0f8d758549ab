// Which namespace a prefix stands for, element by element (Namespaces in XML 1.0).

import { LOCAL, START, VALUE } from "./element.js";
import { XMLError } from "./error.js";
import { namespaces } from "./words.js";

/** Bound to "xml" always and to nothing else (3). */
export const XML_NAMESPACE = "http://www.w3.org/XML/1998/namespace";
/** Bound to "xmlns" always; must not be declared (3). */
export const XMLNS_NAMESPACE = "http://www.w3.org/2000/xmlns/";

export class Scopes {
	/** The declarations in scope, packed like attributes, and how many. */
	packed = "";
	count = 0;
	/** The default namespace. */
	default = "";
	/** `packed.length`, `count` and `default` before each element in scope that declares any. */
	readonly #marks: (number | string)[] = [];

	/** An element begins with these declarations, which hold until leave(). False when one must not be. */
	enter(declarations: string): boolean {
		this.#marks.push(this.packed.length, this.count, this.default);
		this.packed += declarations;
		for (let at = 0; at >= 0; ) {
			const value = declarations.indexOf(VALUE, at);
			const next = declarations.indexOf(START, value);
			const prefix = declarations.slice(at + 1, value);
			const namespace = declarations.slice(value + 1, next < 0 ? declarations.length : next);
			if (prefix === "xmlns" || namespace === XMLNS_NAMESPACE || (prefix === "xml") !== (namespace === XML_NAMESPACE)) return false;
			if (namespace === "" && prefix !== "") return false;
			if (prefix === "") this.default = namespaces.get(namespace) ?? namespace;
			this.count++;
			at = next;
		}
		return true;
	}

	/** It has ended. */
	leave(): void {
		const marks = this.#marks;
		this.default = marks.pop() as string;
		this.count = marks.pop() as number;
		this.packed = this.packed.slice(0, marks.pop() as number);
	}

	/** undefined when nothing declares the prefix. */
	resolve(prefix: string): string | undefined {
		const packed = this.packed;
		const key = START + prefix + VALUE;
		const at = packed.lastIndexOf(key);
		if (at < 0) return prefix === "xml" ? XML_NAMESPACE : undefined;
		const to = packed.indexOf(START, at + 1);
		const namespace = packed.slice(at + key.length, to < 0 ? packed.length : to);
		return namespaces.get(namespace) ?? namespace;
	}

	/** The attributes with namespaces in the place of prefixes; `more` are names alone. */
	expand(packed: string, more: string, offset: number): string {
		const list = (packed + more).split(START);
		let expanded = "";
		let seen = "";
		for (let n = 1, at = 0; n < list.length; n++) {
			const item = list[n]!;
			const value = item.indexOf(VALUE);
			const colon = item.indexOf(":");
			let key = START + item.slice(0, value + 1);
			if (colon >= 0 && colon < value) {
				const namespace = this.resolve(item.slice(0, colon));
				if (namespace === undefined) throw new XMLError("bad-namespace-prefix", offset);
				key = START + namespace + LOCAL + item.slice(colon + 1, value + 1);
				if (seen.includes(key)) throw new XMLError("not-well-formed", offset);
				seen += key;
			}
			at += 1 + item.length;
			if (at <= packed.length) expanded += key + item.slice(value + 1);
		}
		return expanded;
	}

	/** Forgets all. */
	clear(): void {
		this.#marks.length = this.count = 0;
		this.packed = this.default = "";
	}
}
