// Which namespace a prefix stands for, element by element (Namespaces in XML 1.0).

/** Bound to "xml" always and to nothing else (3). */
export const XML_NAMESPACE = "http://www.w3.org/XML/1998/namespace";
/** Bound to "xmlns" always; must not be declared (3). */
export const XMLNS_NAMESPACE = "http://www.w3.org/2000/xmlns/";

export class Scopes {
	readonly #prefixes: string[] = [];
	readonly #namespaces: string[] = [];
	readonly #depths: number[] = [];
	#count = 0;

	/** Declarations in scope. */
	get count(): number {
		return this.#count;
	}

	/**
	 * Declares `prefix` ("" is the default namespace) for the element at `depth` and what is in it.
	 * Returns what is wrong with that.
	 */
	declare(prefix: string, namespace: string, depth: number): string | undefined {
		if (prefix === "xmlns") {
			return "the prefix xmlns is declared";
		}
		if ((prefix === "xml") !== (namespace === XML_NAMESPACE)) {
			return "only xml stands for its namespace";
		}
		if (namespace === XMLNS_NAMESPACE) {
			return "the namespace of xmlns is declared";
		}
		if (namespace === "" && prefix !== "") {
			return "a prefix is undeclared";
		}
		for (let n = this.#count - 1; n >= 0 && this.#depths[n] === depth; n--) {
			if (this.#prefixes[n] === prefix) {
				return "a prefix is declared twice";
			}
		}
		const at = this.#count++;
		this.#prefixes[at] = prefix;
		this.#namespaces[at] = namespace;
		this.#depths[at] = depth;
		return undefined;
	}

	/** undefined when nothing declares the prefix; without prefix and declaration it is "". */
	resolve(prefix: string): string | undefined {
		for (let n = this.#count - 1; n >= 0; n--) {
			if (this.#prefixes[n] === prefix) {
				return this.#namespaces[n];
			}
		}
		return prefix === "" ? "" : prefix === "xml" ? XML_NAMESPACE : undefined;
	}

	/** The element at `depth` ended. */
	leave(depth: number): void {
		while (this.#count > 0 && this.#depths[this.#count - 1] === depth) {
			this.#count--;
			// lets go of the strings
			this.#prefixes[this.#count] = "";
			this.#namespaces[this.#count] = "";
		}
	}

	clear(): void {
		while (this.#count > 0) {
			this.leave(this.#depths[this.#count - 1]!);
		}
	}
}
