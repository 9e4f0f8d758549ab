// The parser that every byte from the network meets: XML 1.0 with namespaces, as RFC 6120 section 11 narrows it.

import { xmlLimits } from "../limits.js";
import { Builder, type XMLHandler } from "./builder.js";
import { type XMLBounds, type XMLCondition, XMLError } from "./error.js";
import { Scopes } from "./namespaces.js";
import { Scanner } from "./scanner.js";
import { Mark, Token } from "./token.js";
import { names } from "./words.js";

export type { Parts, XMLHandler } from "./builder.js";
export type { XMLBounds } from "./error.js";

export class XMLParser {
	readonly #bounds: XMLBounds;
	readonly #scanner: Scanner;
	readonly #builder: Builder;
	readonly #scopes = new Scopes();
	/** Offset in the stream of the first byte of this write(), or of the next. */
	#start = 0;
	#busy = false;
	#stopped = false;
	#error: unknown;

	constructor(handler: XMLHandler, bounds: XMLBounds = xmlLimits) {
		this.#bounds = bounds;
		this.#scanner = new Scanner(bounds);
		this.#builder = new Builder(handler, bounds);
	}

	/**
	 * Parses the next bytes of the stream and returns how many it took: all, or those up to the tag at which a handler
	 * called stop(). Throws XMLError, and whatever a handler throws; from then on always the same.
	 */
	write(bytes: Uint8Array): number {
		if (this.#error !== undefined) throw this.#error;
		if (this.#busy) throw new Error("write() in a callback of the parser");
		this.#busy = true;
		this.#stopped = false;
		try {
			return this.read(bytes);
		} catch (error) {
			this.#error = error;
			throw error;
		} finally {
			this.#busy = false;
		}
	}

	/** In a callback: write() returns, the rest of its bytes is not looked at. */
	stop(): void {
		this.#stopped = this.#busy;
	}

	/** A new stream begins: with the next byte when called in a callback, else with the next write(). */
	restart(): void {
		this.#error = undefined;
		this.#scanner.restart();
		this.#builder.reset();
		this.#scopes.clear();
		this.#start = this.#busy ? -this.#scanner.at : 0;
	}

	private read(bytes: Uint8Array): number {
		const scanner = this.#scanner;
		const builder = this.#builder;
		const scopes = this.#scopes;
		let at = 0;
		let kept = builder.wants;
		do {
			const token = scanner.scan(bytes, at, kept);
			at = scanner.at;
			const to = token === Token.refused ? scanner.offset : this.#start + at;
			if (to > builder.limit) builder.progress(to); // a broken bound comes first, however the input was cut
			if (token === Token.open || token === Token.empty) {
				const written = scanner.name;
				const declarations = scanner.declarations;
				let packed = scanner.value;
				let marks = scanner.marks;
				if (declarations !== "") marks |= this.declare(declarations, to - 1);
				let name = names.get(written);
				let namespace: string | undefined = scopes.default;
				if (!name) {
					const colon = written.indexOf(":");
					if (colon >= 0) namespace = scopes.resolve(written.slice(0, colon));
					if (namespace === undefined) throw new XMLError("bad-namespace-prefix", to - 1);
					const local = written.slice(colon + 1);
					name = names.get(local) ?? local;
				}
				if (marks !== 0 && (marks & Mark.prefixed) !== 0) packed = scopes.expand(packed, scanner.names, to - 1);
				kept = builder.open(name, namespace, packed, marks >= Mark.large, scanner.offset, to);
				// unless the handler began a new stream
				if (token === Token.empty && builder.depth > 0) {
					if (declarations !== "") scopes.leave();
					kept = builder.close(to);
				}
			} else if (token === Token.close) {
				if ((scanner.marks & Mark.declares) !== 0) scopes.leave();
				kept = builder.close(to);
			} else if (token === Token.text) {
				kept = builder.give(scanner.value, scanner.size);
			} else if (token === Token.refused) {
				throw new XMLError(scanner.name as XMLCondition, to);
			} else if (token === Token.none) break;
		} while (!this.#stopped);
		this.#start += at;
		return at;
	}

	/** The namespaces of a start tag whose last byte is at the offset. Returns Mark.large where they are too many. */
	private declare(declarations: string, offset: number): number {
		const scopes = this.#scopes;
		const bounds = this.#bounds;
		if (!scopes.enter(declarations)) throw new XMLError("not-well-formed", offset);
		if (scopes.packed.length > bounds.openBytes) throw new XMLError("policy-violation", offset);
		if (scopes.count <= bounds.namespaces) return 0;
		if (this.#builder.depth === 0) throw new XMLError("policy-violation", this.#scanner.offset); // nobody skips a stream
		return Mark.large;
	}
}
