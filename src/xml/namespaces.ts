// Which namespace a prefix stands for, element by element (Namespaces in XML 1.0).

import { START, VALUE } from "./element.js";
import { namespaces } from "./words.js";

/** Bound to "xml" always and to nothing else (3). */
export const XML_NAMESPACE = "http://www.w3.org/XML/1998/namespace";
/** Bound to "xmlns" always; must not be declared (3). */
export const XMLNS_NAMESPACE = "http://www.w3.org/2000/xmlns/";

export class Scopes {
	/** The declarations in scope, packed like attributes. */
	packed = "";
	/** How many. */
	count = 0;
	/** `packed.length` and `count` before each element in scope that declares any. */
	readonly #marks: number[] = [];
	/** The default namespace; undefined when it has to be looked up. */
	#default: string | undefined;

	/** Declares `prefix` ("" is the default namespace) until leave(). False when that must not be. */
	declare(prefix: string, namespace: string): boolean {
		if (prefix === "xmlns" || namespace === XMLNS_NAMESPACE || (prefix === "xml") !== (namespace === XML_NAMESPACE)) {
			return false;
		}
		if (namespace === "" && prefix !== "") return false;
		this.packed += START + prefix + VALUE + namespace;
		this.count++;
		this.#default = undefined;
		return true;
	}

	/** undefined when nothing declares the prefix; without prefix and declaration it is "". */
	resolve(prefix: string): string | undefined {
		if (prefix === "" && this.#default !== undefined) return this.#default;
		const packed = this.packed;
		const key = START + prefix + VALUE;
		const at = packed.lastIndexOf(key);
		let namespace: string | undefined;
		if (at >= 0) {
			const to = packed.indexOf(START, at + 1);
			const name = packed.slice(at + key.length, to < 0 ? packed.length : to);
			namespace = namespaces.get(name) ?? name;
		} else if (prefix === "xml") {
			namespace = XML_NAMESPACE;
		} else if (prefix === "") {
			namespace = "";
		}
		if (prefix === "") this.#default = namespace;
		return namespace;
	}

	/** An element begins that declares namespaces. */
	enter(): void {
		this.#marks.push(this.packed.length, this.count);
	}

	/** It has ended. */
	leave(): void {
		this.count = this.#marks.pop()!;
		this.packed = this.packed.slice(0, this.#marks.pop());
		this.#default = undefined;
	}

	/** Forgets all. */
	clear(): void {
		this.#marks.length = this.count = 0;
		this.packed = "";
		this.#default = undefined;
	}
}
