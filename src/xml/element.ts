// An element that was received: read-only for all but the parser that builds it.

/**
 * Attributes are held as one string, `\x01name\x02value` after each other and `\x01namespace\x03name\x02value` where there
 * is a namespace: three times smaller on XS than slots are. XML allows none of the three characters anywhere.
 */
export const START = "\x01";
export const VALUE = "\x02";
export const LOCAL = "\x03";

export class Element {
	/** Without prefix. */
	readonly name: string;
	readonly namespace: string;
	/** The attributes in document order, without declarations of namespaces. */
	readonly packed: string;
	#text = "";
	/** The children are a ring: #last points to the last, whose #next is the first. Before it is one, #next is the parent. */
	#last: Element | undefined;
	#next: Element | undefined;

	/** Of a `parent` it is no child before close(). */
	constructor(name: string, namespace: string, packed: string, parent?: Element) {
		this.name = name;
		this.namespace = namespace;
		this.packed = packed;
		this.#next = parent;
	}

	/** The value; "" is a value too. An attribute without prefix has the namespace "". */
	attribute(name: string, namespace = ""): string | undefined {
		const packed = this.packed;
		const key = START + (namespace === "" ? name : namespace + LOCAL + name) + VALUE;
		const at = packed.indexOf(key);
		if (at < 0) return undefined;
		const from = at + key.length;
		const to = packed.indexOf(START, from);
		return packed.slice(from, to < 0 ? packed.length : to);
	}

	/** The first child of that name; without `namespace`, of any namespace. */
	child(name: string, namespace?: string): Element | undefined {
		const last = this.#last;
		for (let child = last === undefined ? last : last.#next; child !== undefined; child = child === last ? undefined : child.#next) {
			if (child.name === name && (namespace === undefined || child.namespace === namespace)) return child;
		}
		return undefined;
	}

	/** The child elements in document order, made on each call. */
	get children(): readonly Element[] {
		const list: Element[] = [];
		const last = this.#last;
		for (let child = last === undefined ? last : last.#next; child !== undefined; child = child === last ? undefined : child.#next) {
			list.push(child);
		}
		return list;
	}

	/** The text directly in this element, that of its children left out. */
	get text(): string {
		return this.#text;
	}

	/** For the parser: it is whole, and a child. Returns its parent. */
	close(): Element | undefined {
		const parent = this.#next;
		if (!parent) return parent;
		const last = parent.#last;
		if (last) {
			this.#next = last.#next;
			last.#next = this;
		} else this.#next = this;
		parent.#last = this;
		return parent;
	}

	/** For the parser: more text. */
	appendText(text: string): void {
		this.#text += text;
	}

	/** For the parser: forgets text and children; `child` alone, without content, is one. */
	clear(child?: Element): void {
		this.#text = "";
		this.#last = child;
		if (!child) return;
		child.clear();
		child.#next = child;
	}
}
