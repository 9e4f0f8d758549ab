// The parser that every byte from the network meets: XML 1.0 with namespaces, as RFC 6120 section 11 narrows it.

import { xmlLimits } from "../limits.js";
import { Builder, type XMLHandler } from "./builder.js";
import { Markup, type XMLBounds } from "./markup.js";
import { Scanner } from "./scanner.js";
import { Window } from "./window.js";

export type { Parts, XMLHandler } from "./builder.js";
export type { XMLBounds } from "./markup.js";

export class XMLParser {
	readonly #window = new Window();
	readonly #markup: Markup;
	readonly #scanner: Scanner;
	#busy = false;
	#error: unknown;

	constructor(handler: XMLHandler, bounds: XMLBounds = xmlLimits) {
		this.#markup = new Markup(new Builder(handler, bounds), this.#window, bounds);
		this.#scanner = new Scanner(this.#window, this.#markup);
	}

	/**
	 * Parses the next bytes of the stream and returns how many it took: all, or those up to the tag at which a handler
	 * called stop(). Throws XMLError, and whatever a handler throws; from then on always the same.
	 */
	write(bytes: Uint8Array): number {
		if (this.#error !== undefined) {
			throw this.#error;
		}
		if (this.#busy) {
			throw new Error("write() in a callback of the parser");
		}
		const window = this.#window;
		const scanner = this.#scanner;
		this.#busy = true;
		scanner.stopped = false;
		try {
			for (let taken = 0; taken < bytes.length; ) {
				taken += window.fill(bytes, taken);
				scanner.scan();
				if (scanner.stopped) {
					taken -= window.end - window.at;
					window.end = window.at;
					return taken;
				}
				this.#markup.progress(window.at);
			}
			return bytes.length;
		} catch (error) {
			this.#error = error;
			throw error;
		} finally {
			this.#busy = false;
		}
	}

	/** In a callback: write() returns, the rest of its bytes is not looked at. */
	stop(): void {
		this.#scanner.stopped = this.#busy;
	}

	/** A new stream begins: with the next byte when called in a callback, else with the next write(). */
	restart(): void {
		this.#error = undefined;
		this.#markup.reset();
		if (this.#busy) {
			this.#scanner.restarted = true;
		} else {
			this.#window.clear();
			this.#scanner.reset();
		}
	}
}
