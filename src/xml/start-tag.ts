// One start tag while it is read: its name, and its attributes as Element packs them.

import { decodeUnchecked } from "../text/utf8.js";
import { LOCAL, packAttribute, START, VALUE } from "./element.js";
import type { XMLCondition } from "./error.js";
import type { Scopes } from "./namespaces.js";

/** Names remembered, so that the same name is one string however often it comes. */
const NAMES = 32;

export class StartTag {
	/** As written, with its prefix. */
	qualified = "";
	prefix = "";
	local = "";
	/** Attributes so far, declarations included. */
	count = 0;
	/** The prefix that the attribute being read declares ("" is the default namespace); undefined when it declares none. */
	declares: string | undefined;
	/** After finish(): the attributes for Element, if they were kept. */
	packed: string | undefined;
	/** Where the names of the attributes are, from the start of the token: first and end in turn. */
	readonly #names: number[] = [];
	#held = 0;
	/** A bit for each kind of name that was there: most attributes need no comparison. */
	#kinds = 0;
	#prefixed = false;
	readonly #known: string[] = [];

	constructor() {
		for (let n = 0; n < NAMES; n++) {
			this.#known.push("");
		}
	}

	/** The name is in `bytes`, its colon at `colon` or -1. */
	begin(bytes: Uint8Array, from: number, to: number, colon: number): void {
		this.qualified = this.#intern(bytes, from, to);
		if (colon < 0) {
			this.prefix = "";
			this.local = this.qualified;
		} else {
			this.prefix = decodeUnchecked(bytes, from, colon);
			this.local = decodeUnchecked(bytes, colon + 1, to);
		}
		this.count = 0;
		this.declares = undefined;
		this.#held = 0;
		this.#kinds = 0;
		this.#prefixed = false;
	}

	/** The name of one more attribute, in `bytes` from `base + from`. Returns false when there was one of that name. */
	attribute(bytes: Uint8Array, base: number, from: number, to: number, colon: number): boolean {
		this.count++;
		const start = base + from;
		const length = to - from;
		this.declares = undefined;
		if (isXMLNS(bytes, start, colon < 0 ? length : colon - from)) {
			// a second one of the same prefix is found when it is declared
			this.declares = colon < 0 ? "" : decodeUnchecked(bytes, base + colon + 1, base + to);
			return true;
		}
		if (colon >= 0) {
			this.#prefixed = true;
		}
		const kind = 1 << ((length + bytes[start]! * 3 + bytes[base + to - 1]! * 5) & 31);
		if ((this.#kinds & kind) !== 0 && this.#hasName(bytes, base, from, to)) {
			return false;
		}
		this.#kinds |= kind;
		this.#names[this.#held++] = from;
		this.#names[this.#held++] = to;
		return true;
	}

	/** Resolves the prefixes of the attributes in `bytes`; sets `packed` when values were `kept`. Returns what is wrong. */
	finish(bytes: Uint8Array, from: number, to: number, scopes: Scopes, kept: boolean): XMLCondition | undefined {
		if (!this.#prefixed) {
			this.packed = kept ? decodeUnchecked(bytes, from, to) : undefined;
			return undefined;
		}
		const expanded: string[] = [];
		let packed = "";
		const list = decodeUnchecked(bytes, from, to).split(START);
		for (let n = 1; n < list.length; n++) {
			const attribute = list[n]!;
			const end = attribute.indexOf(VALUE);
			const name = attribute.slice(0, end);
			const value = attribute.slice(end + 1);
			const colon = name.indexOf(":");
			if (colon < 0) {
				packed += packAttribute(name, "", value);
				continue;
			}
			const namespace = scopes.resolve(name.slice(0, colon));
			if (namespace === undefined) {
				return "bad-namespace-prefix";
			}
			const local = name.slice(colon + 1);
			const key = namespace + LOCAL + local;
			if (expanded.includes(key)) {
				return "not-well-formed";
			}
			expanded.push(key);
			packed += packAttribute(local, namespace, value);
		}
		this.packed = kept ? packed : undefined;
		return undefined;
	}

	#hasName(bytes: Uint8Array, base: number, from: number, to: number): boolean {
		const names = this.#names;
		const length = to - from;
		for (let n = 0; n < this.#held; n += 2) {
			const other = names[n]!;
			if (names[n + 1]! - other === length) {
				let same = 0;
				while (same < length && bytes[base + other + same] === bytes[base + from + same]) {
					same++;
				}
				if (same === length) {
					return true;
				}
			}
		}
		return false;
	}

	/** Finds a string by length, first and last byte; another name of the same three takes its place. */
	#intern(bytes: Uint8Array, from: number, to: number): string {
		const name = decodeUnchecked(bytes, from, to);
		const at = (to - from + bytes[from]! * 3 + bytes[to - 1]! * 5) % NAMES;
		const known = this.#known[at]!;
		if (known === name) {
			return known;
		}
		this.#known[at] = name;
		return name;
	}
}

function isXMLNS(bytes: Uint8Array, at: number, length: number): boolean {
	return (
		length === 5 &&
		bytes[at] === 0x78 &&
		bytes[at + 1] === 0x6d &&
		bytes[at + 2] === 0x6c &&
		bytes[at + 3] === 0x6e &&
		bytes[at + 4] === 0x73
	);
}
