// An element that was received: read-only for all but the parser that builds it.

/**
 * Attributes are held as one string, `\x01name\x02value` after each other and `\x01namespace\x03name\x02value` where there
 * is a namespace: three times smaller on XS than slots are. XML allows none of the three characters anywhere.
 */
export const START = "\x01";
export const VALUE = "\x02";
export const LOCAL = "\x03";

export interface Attribute {
	readonly name: string;
	/** "" for an attribute without prefix. */
	readonly namespace: string;
	readonly value: string;
}

export class Element {
	/** Without prefix. */
	readonly name: string;
	readonly namespace: string;
	#attributes: string;
	#text: string | string[] = "";
	/** The children are a ring: #last points to the last, whose #next is the first. */
	#last: Element | undefined;
	#next: Element | undefined;

	/** `attributes` as packAttribute() makes them. */
	constructor(name: string, namespace: string, attributes = "") {
		this.name = name;
		this.namespace = namespace;
		this.#attributes = attributes;
	}

	/** The value; "" is a value too. An attribute without prefix has the namespace "". */
	attribute(name: string, namespace = ""): string | undefined {
		const packed = this.#attributes;
		const key = namespace === "" ? START + name + VALUE : START + namespace + LOCAL + name + VALUE;
		const at = packed.indexOf(key);
		if (at < 0) {
			return undefined;
		}
		const from = at + key.length;
		const to = packed.indexOf(START, from);
		return to < 0 ? packed.slice(from) : packed.slice(from, to);
	}

	/** In document order, made on each call: for tools and tests. Namespace declarations are not among them. */
	get attributes(): readonly Attribute[] {
		const list: Attribute[] = [];
		for (const part of this.#attributes.split(START)) {
			const at = part.indexOf(VALUE);
			if (at >= 0) {
				const local = part.indexOf(LOCAL);
				list.push({
					name: part.slice(local + 1, at),
					namespace: local < 0 ? "" : part.slice(0, local),
					value: part.slice(at + 1)
				});
			}
		}
		return list;
	}

	/** The first child of that name; without `namespace`, of any namespace. */
	child(name: string, namespace?: string): Element | undefined {
		const last = this.#last;
		if (last === undefined) {
			return undefined;
		}
		let child = last;
		do {
			child = child.#next!;
			if (child.name === name && (namespace === undefined || child.namespace === namespace)) {
				return child;
			}
		} while (child !== last);
		return undefined;
	}

	/** The child elements in document order, made on each call. */
	get children(): readonly Element[] {
		const list: Element[] = [];
		const last = this.#last;
		if (last !== undefined) {
			let child = last;
			do {
				child = child.#next!;
				list.push(child);
			} while (child !== last);
		}
		return list;
	}

	/** The text directly in this element, that of its children left out. */
	get text(): string {
		return typeof this.#text === "string" ? this.#text : this.#text.join("");
	}

	/** For the parser: a child that has no parent yet. */
	append(child: Element): void {
		const last = this.#last;
		if (last === undefined) {
			child.#next = child;
		} else {
			child.#next = last.#next;
			last.#next = child;
		}
		this.#last = child;
	}

	/** For the parser: one more text node. */
	appendText(text: string): void {
		if (typeof this.#text !== "string") {
			this.#text.push(text);
		} else if (this.#text === "") {
			this.#text = text;
		} else {
			this.#text = [this.#text, text];
		}
	}

	/** For the parser: forgets children and text. */
	clear(): void {
		this.#last = undefined;
		this.#text = "";
	}
}

/** One attribute in the form that Element holds; none of the strings has a character that XML forbids. */
export function packAttribute(name: string, namespace: string, value: string): string {
	return namespace === "" ? START + name + VALUE + value : START + namespace + LOCAL + name + VALUE + value;
}
