// Decides which elements are built, hands them over, and lets the rest go by.

import type { Sink } from "./content.js";
import { Element } from "./element.js";
import { type XMLBounds, XMLError } from "./error.js";
import type { Window } from "./window.js";

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
export const STANZA = 2;
const PAYLOAD = 3;

export class Builder implements Sink {
	readonly #handler: XMLHandler;
	readonly #bounds: XMLBounds;
	/** The elements being built by depth - STANZA; undefined where nothing is. */
	readonly #open: (Element | undefined)[] = [];
	/** The innermost one, where it is being built: its text is wanted. */
	#inner: Element | undefined;
	#stanza: Element | undefined;
	/** The first one of the stanza, for the head. */
	#payload: Element | undefined;
	#parts: Parts | undefined;
	/** Something was too large: the stanza ends in onSkipped. */
	#failed = false;
	/** Offset up to which progress() has nothing to do. */
	limit = Infinity;
	/** Offset at which the stanza breaks its bound. */
	#stanzaEnd = Infinity;
	/** Offset at which what is being built is too large. */
	#builtEnd = Infinity;
	/** Elements of what is being built. */
	#count = 0;
	/** Bytes of text since the last tag. */
	#textBytes = 0;
	/** While parts come: #builtEnd and #count of the stanza, and where the content of the payload began. */
	#stanzaBuiltEnd = 0;
	#stanzaCount = 0;
	#partsFrom = 0;

	constructor(handler: XMLHandler, bounds: XMLBounds) {
		this.#handler = handler;
		this.#bounds = bounds;
	}

	/** A start tag begins at the index into the window. Whether its element will be built. */
	begin(depth: number, window: Window, index: number): boolean {
		if (depth > STANZA && this.#open[depth - 1 - STANZA] !== undefined) return true;
		const isPart = depth - STANZA === this.#parts?.depth;
		if (depth > STANZA && !isPart) return false;
		const start = window.at(index);
		if (!isPart) {
			this.#stanzaEnd = start + this.#bounds.stanzaBytes;
			this.#failed = false;
		}
		if (depth >= STANZA) {
			this.#builtEnd = start + this.#bounds.builtBytes;
			this.#count = 0;
		}
		this.#setLimit();
		return true;
	}

	/** A start tag ends at the index. `packed` are its attributes; undefined when they were not kept. */
	open(name: string, namespace: string, packed: string | undefined, depth: number, window: Window, index: number): void {
		if (window.end > this.limit) this.progress(window.at(index));
		this.#inner = undefined;
		this.#textBytes = 0;
		if (depth < STANZA) {
			this.#stanzaEnd = Infinity;
			this.#setLimit();
			this.#handler.onOpen(new Element(name, namespace, packed));
			return;
		}
		const parent = this.#open[depth - 1 - STANZA];
		if (depth > STANZA && (packed === undefined || (parent === undefined && this.#builtEnd === Infinity))) return;
		if (++this.#count > this.#bounds.builtElements) {
			this.drop();
			return;
		}
		const element = new Element(name, namespace, packed);
		if (depth === STANZA) {
			this.#stanza = element;
			if (this.#failed) return;
		} else if (depth === PAYLOAD) {
			this.#payload ??= element;
			const parts = this.#handler.onPayload?.(this.#stanza!, element);
			if (this.#stanza === undefined) {
				return; // the handler started the stream anew
			}
			if (parts !== undefined) {
				parent!.append(element);
				this.#parts = parts;
				this.#stanzaBuiltEnd = this.#builtEnd;
				this.#stanzaCount = this.#count;
				this.#builtEnd = Infinity;
				this.#partsFrom = window.at(index);
				this.#setLimit();
				return;
			}
		}
		parent?.append(element);
		this.#open[depth - STANZA] = element;
		this.#inner = element;
	}

	/** More text, of that many bytes. */
	give(text: string, bytes: number): void {
		if (this.#inner !== undefined) {
			this.#textBytes += bytes;
			if (this.#textBytes > this.#bounds.textBytes) {
				this.drop();
			} else {
				this.#inner.appendText(text);
			}
		}
	}

	/** The element at `depth` ended; its end tag reaches to the index. */
	close(depth: number, window: Window, index: number): void {
		if (window.end > this.limit) this.progress(window.at(index));
		if (depth < STANZA) {
			this.#handler.onClose();
			return;
		}
		const open = this.#open;
		const element = open[depth - STANZA];
		open[depth - STANZA] = undefined;
		this.#inner = open[depth - 1 - STANZA];
		this.#textBytes = 0;
		const parts = this.#parts;
		if (depth === STANZA) {
			const stanza = this.#stanza!;
			const failed = this.#failed;
			if (failed) this.#leaveHead();
			this.reset();
			if (failed) {
				this.#handler.onSkipped(stanza);
			} else {
				this.#handler.onElement(stanza);
			}
		} else if (parts !== undefined) {
			if (depth === PAYLOAD) {
				this.#parts = undefined;
				this.#builtEnd = this.#stanzaBuiltEnd + (window.at(index) - this.#partsFrom);
				this.#count = this.#stanzaCount;
				this.#setLimit();
			} else if (depth - STANZA === parts.depth) {
				this.#builtEnd = Infinity;
				this.#setLimit();
				if (element !== undefined) parts.onPart(element);
			}
		}
	}

	/** All before `offset` was read: something may have turned out too large. */
	progress(offset: number): void {
		if (offset > this.#stanzaEnd) throw new XMLError("policy-violation", this.#stanzaEnd);
		if (offset > this.#builtEnd) this.drop();
	}

	/** What is being built is too large: it goes, and what follows of it goes by. */
	drop(): void {
		this.#builtEnd = Infinity;
		this.#setLimit();
		this.#failed = true;
		this.#inner = undefined;
		this.#open.fill(undefined);
		if (this.#parts === undefined) this.#leaveHead();
	}

	/** Forgets all: a new stream begins. */
	reset(): void {
		this.#open.fill(undefined);
		this.#inner = this.#stanza = this.#payload = this.#parts = undefined;
		this.#stanzaEnd = this.#builtEnd = this.limit = Infinity;
	}

	#setLimit(): void {
		this.limit = Math.min(this.#stanzaEnd, this.#builtEnd);
	}

	#leaveHead(): void {
		this.#stanza?.clear();
		if (this.#payload !== undefined) {
			this.#payload.clear();
			this.#stanza!.append(this.#payload);
		}
	}
}
