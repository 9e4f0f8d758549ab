// Decides which elements are built, hands them over, and lets the rest go by.

import { Element } from "./element.js";
import { type XMLBounds, XMLError } from "./error.js";

/** What a handler answers to onPayload when it wants the content piece by piece. */
export interface Parts {
	/** Of the parts, below the stanza: 2 are the children of the payload. */
	readonly depth: number;
	/** Each part, whole, at its end. It is dropped afterwards. */
	onPart(part: Element): void;
}

export interface XMLHandler {
	/** The start tag of the stream: attributes only. */
	onOpen(root: Element): void;
	/** The start tag of a child of a stanza; neither has content yet. Parts: its content comes piece by piece; undefined: it is built. */
	onPayload?(stanza: Element, payload: Element): Parts | undefined;
	/** A stanza at its end, without the content of payloads that came in parts. */
	onElement(element: Element): void;
	/** At the end of a stanza that was too large to be built: its start tag, as far as that fits, with that of its first payload. */
	onSkipped(head: Element): void;
	/** The end tag of the stream. */
	onClose(): void;
}

/** Depths count open elements: the stream is 1, a stanza 2, a payload 3. */
const STANZA = 2;
const PAYLOAD = 3;

export class Builder {
	readonly #handler: XMLHandler;
	readonly #bounds: XMLBounds;
	/** Elements that are open. */
	depth = 0;
	/** What is in an element is wanted where so many are. */
	#wanted = 0;
	/** Whoever reads beyond this offset calls progress() first. */
	limit = Infinity;
	/** The innermost element that is being built. */
	#inner: Element | undefined;
	#stanza: Element | undefined;
	/** The first one of the stanza, for the head. */
	#payload: Element | undefined;
	#parts: Parts | undefined;
	/** Something was too large: the stanza ends in onSkipped. */
	#failed = false;
	/** Offset at which the stanza breaks its bound. */
	#stanzaEnd = Infinity;
	/** Offset at which what is being built is too large; 0 while nothing is. */
	#builtEnd = 0;
	/** Elements of what is being built. */
	#count = 0;
	/** Bytes of text since the last tag. */
	#textBytes = 0;
	/** While parts come: what remains of the stanza's #builtEnd, and its #count. */
	#rest = 0;
	#stanzaCount = 0;

	constructor(handler: XMLHandler, bounds: XMLBounds) {
		this.#handler = handler;
		this.#bounds = bounds;
	}

	/** Whether of what comes next the attributes, or the text, are wanted: the next three answer it too. */
	get wants(): boolean {
		return this.depth === this.#wanted;
	}

	/** A start tag from one offset to the other. `large`: it breaks a bound by itself. */
	open(name: string, namespace: string, packed: string, large: boolean, from: number, to: number): boolean {
		const depth = ++this.depth;
		if (depth - 1 !== this.#wanted) {
			if (large) this.drop();
			return depth === this.#wanted;
		}
		const inner = this.#inner;
		if (!inner) {
			if (depth < STANZA) {
				this.#wanted = depth;
				this.#handler.onOpen(new Element(name, namespace, packed));
				return this.wants;
			}
			if (depth === STANZA) {
				this.#stanzaEnd = from + this.#bounds.stanzaBytes;
				this.#failed = false;
			}
			this.#count = 0;
			this.setLimit(from + this.#bounds.builtBytes);
			if (to > this.limit) this.progress(to);
		}
		if (large || ++this.#count > this.#bounds.builtElements) this.drop();
		const element = new Element(name, namespace, packed, inner);
		if (depth <= PAYLOAD) {
			if (depth === STANZA) this.#stanza = element;
			else if (this.#wanted === STANZA) {
				this.#payload ??= element;
				const parts = this.#handler.onPayload?.(this.#stanza!, element);
				if (!this.#stanza) return this.wants; // the handler began a new stream
				if (parts) {
					element.close();
					this.#parts = parts;
					this.#rest = this.#builtEnd - to;
					this.#stanzaCount = this.#count;
					this.#inner = undefined;
					this.#wanted = parts.depth + 1;
					this.setLimit(0);
					return this.wants;
				}
			}
		}
		if (this.#builtEnd === 0) return this.wants; // it was too large
		this.#textBytes = 0;
		this.#inner = element;
		this.#wanted = depth;
		return true;
	}

	/** More text, of so many bytes. */
	give(text: string, bytes: number): boolean {
		const inner = this.#inner;
		if (inner) {
			this.#textBytes += bytes;
			if (this.#textBytes <= this.#bounds.textBytes) {
				inner.appendText(text);
				return true;
			}
			this.drop();
		}
		return this.wants;
	}

	/** The end tag of the innermost element ends at the offset. */
	close(to: number): boolean {
		const depth = this.depth--;
		const element = this.#inner;
		if (element && depth === this.#wanted) {
			const parent = element.close();
			this.#textBytes = 0;
			this.#wanted = depth - 1;
			this.#inner = parent;
			if (parent) return true;
			if (depth > STANZA) {
				this.setLimit(0);
				this.#parts!.onPart(element);
				return this.wants;
			}
		}
		if (depth > PAYLOAD || (depth === PAYLOAD && !this.#parts)) return depth - 1 === this.#wanted;
		if (depth === PAYLOAD) {
			this.#parts = undefined;
			this.#wanted = STANZA;
			this.#inner = this.#stanza;
			this.#count = this.#stanzaCount;
			this.setLimit(to + this.#rest);
			if (this.#failed) this.drop();
		} else if (depth === STANZA) {
			const stanza = this.#stanza!;
			const failed = this.#failed;
			this.forget();
			this.#wanted = 1;
			if (failed) this.#handler.onSkipped(stanza);
			else this.#handler.onElement(stanza);
		} else this.#handler.onClose();
		return this.wants;
	}

	/** All before `offset` was read: something may have turned out too large. */
	progress(offset: number): void {
		if (offset > this.#stanzaEnd) throw new XMLError("policy-violation", this.#stanzaEnd);
		if (this.#builtEnd > 0 && offset > this.#builtEnd) this.drop();
	}

	/** A new stream begins. */
	reset(): void {
		this.forget();
		this.depth = this.#wanted = 0;
	}

	/** What is being built is too large: it goes, and what follows of it goes by. */
	private drop(): void {
		this.#failed = true;
		this.#inner = undefined;
		this.setLimit(0);
		this.#wanted = 1;
		if (this.#parts) this.#wanted += this.#parts.depth;
		else this.#stanza?.clear(this.#payload);
	}

	private setLimit(builtEnd: number): void {
		this.#builtEnd = builtEnd;
		this.limit = builtEnd > 0 ? Math.min(this.#stanzaEnd, builtEnd) : this.#stanzaEnd;
	}

	private forget(): void {
		this.#inner = this.#stanza = this.#payload = this.#parts = undefined;
		this.#stanzaEnd = this.limit = Infinity;
		this.#builtEnd = 0;
	}
}
