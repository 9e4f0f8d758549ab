// Decides which elements are built, hands them over, and lets the rest go by.

import { Element } from "./element.js";
import { XMLError } from "./error.js";

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
	/** At the end of a stanza that was too large to be built: its start tag with that of its first payload. */
	onSkipped(head: Element): void;
	/** The end tag of the stream. */
	onClose(): void;
}

export interface BuilderBounds {
	readonly builtBytes: number;
	readonly builtElements: number;
	readonly stanzaBytes: number;
}

/** Depths count open elements: the stream is 1, a stanza 2, a payload 3. */
const STANZA = 2;
const PAYLOAD = 3;

export class Builder {
	readonly #handler: XMLHandler;
	readonly #bounds: BuilderBounds;
	/** The elements being built by depth - STANZA; undefined where nothing is. */
	readonly #open: (Element | undefined)[] = [];
	#stanza: Element | undefined;
	/** The first one of the stanza, for the head. */
	#payload: Element | undefined;
	#parts: Parts | undefined;
	/** Something was too large: the stanza ends in onSkipped. */
	#failed = false;
	/** Offset at which the stanza breaks its bound. */
	#stanzaEnd = Infinity;
	/** Offset at which what is being built is too large. */
	#builtEnd = Infinity;
	/** Elements of what is being built. */
	#count = 0;
	/** While parts come: #builtEnd and #count of the stanza, and where the content of the payload began. */
	#stanzaBuiltEnd = 0;
	#stanzaCount = 0;
	#partsFrom = 0;
	/** Whether the element opened last is being built, so that its text is wanted. */
	keeping = false;

	constructor(handler: XMLHandler, bounds: BuilderBounds) {
		this.#handler = handler;
		this.#bounds = bounds;
	}

	/** Whether an element that would open now at `depth` will be built. */
	keepsElement(depth: number): boolean {
		return depth <= STANZA || this.#open[depth - 1 - STANZA] !== undefined || this.#isPart(depth);
	}

	/** The start tag of the stream or of a stanza begins: its bytes count before it has ended. */
	begin(start: number): void {
		this.#stanzaEnd = start + this.#bounds.stanzaBytes;
	}

	/** A start tag from `start` to `end`. `attributes` is undefined when they were not kept. */
	open(name: string, namespace: string, attributes: string | undefined, depth: number, start: number, end: number): void {
		this.progress(end);
		if (depth < STANZA) {
			this.#stanzaEnd = Infinity;
			this.#handler.onOpen(new Element(name, namespace, attributes));
			this.keeping = false;
			return;
		}
		if (depth === STANZA) {
			this.#stanza = new Element(name, namespace, attributes);
			this.#payload = undefined;
			this.#failed = false;
			this.#builtEnd = start + this.#bounds.builtBytes;
			this.#count = 1;
			this.#open[0] = this.#stanza;
			this.keeping = true;
			this.progress(end);
			return;
		}
		const parent = this.#open[depth - 1 - STANZA];
		const isPart = parent === undefined && this.#isPart(depth);
		if (isPart) {
			this.#builtEnd = start + this.#bounds.builtBytes;
			this.#count = 0;
			this.progress(end);
		}
		if (attributes === undefined || (parent === undefined && this.#builtEnd === Infinity)) {
			this.keeping = false;
			return;
		}
		if (++this.#count > this.#bounds.builtElements) {
			this.#drop();
			return;
		}
		const element = new Element(name, namespace, attributes);
		this.keeping = true;
		if (depth === PAYLOAD) {
			this.#payload ??= element;
			this.#parts = this.#handler.onPayload?.(this.#stanza!, element);
			if (this.#stanza === undefined) {
				return; // the handler started the stream anew
			}
			if (this.#parts !== undefined) {
				parent!.append(element);
				this.#stanzaBuiltEnd = this.#builtEnd;
				this.#stanzaCount = this.#count;
				this.#builtEnd = Infinity;
				this.#partsFrom = end;
				this.keeping = false;
				return;
			}
		}
		parent?.append(element);
		this.#open[depth - STANZA] = element;
	}

	/** A whole text node in the element at `depth`, which is being built. */
	text(text: string, depth: number): void {
		this.#open[depth - STANZA]?.appendText(text);
	}

	/** The element at `depth` ended; its end tag reaches to `end`. */
	close(depth: number, end: number): void {
		this.progress(end);
		if (depth < STANZA) {
			this.#handler.onClose();
			return;
		}
		const element = this.#open[depth - STANZA];
		this.#open[depth - STANZA] = undefined;
		if (depth === STANZA) {
			this.#endStanza();
			return;
		}
		this.keeping = this.#open[depth - 1 - STANZA] !== undefined;
		const parts = this.#parts;
		if (parts === undefined) {
			return;
		}
		if (depth === PAYLOAD) {
			this.#parts = undefined;
			this.#builtEnd = this.#stanzaBuiltEnd + (end - this.#partsFrom);
			this.#count = this.#stanzaCount;
		} else if (depth === parts.depth + STANZA) {
			this.#builtEnd = Infinity;
			if (element !== undefined) {
				parts.onPart(element);
			}
		}
	}

	/** All before `offset` was read. Returns whether something has just turned out too large to be built. */
	progress(offset: number): boolean {
		if (offset > this.#stanzaEnd) {
			throw new XMLError("policy-violation", this.#stanzaEnd, `a stanza of more than ${this.#bounds.stanzaBytes} bytes`);
		}
		if (offset <= this.#builtEnd) {
			return false;
		}
		this.#drop();
		return true;
	}

	/** What is being built is too large: it goes, and what follows of it goes by. */
	#drop(): void {
		this.#builtEnd = Infinity;
		this.#failed = true;
		this.keeping = false;
		this.#open.fill(undefined);
		if (this.#parts === undefined) {
			this.#leaveHead();
		}
	}

	/** Forgets all: a new stream begins. */
	reset(): void {
		this.#open.fill(undefined);
		this.#stanza = undefined;
		this.#payload = undefined;
		this.#parts = undefined;
		this.#stanzaEnd = Infinity;
		this.#builtEnd = Infinity;
		this.keeping = false;
	}

	#endStanza(): void {
		const stanza = this.#stanza!;
		const failed = this.#failed;
		if (failed) {
			this.#leaveHead();
		}
		this.reset();
		if (failed) {
			this.#handler.onSkipped(stanza);
		} else {
			this.#handler.onElement(stanza);
		}
	}

	#isPart(depth: number): boolean {
		return this.#parts !== undefined && depth === this.#parts.depth + STANZA;
	}

	#leaveHead(): void {
		const stanza = this.#stanza!;
		stanza.clear();
		if (this.#payload !== undefined) {
			this.#payload.clear();
			stanza.append(this.#payload);
		}
	}
}
