// What the parser refuses, and the bounds by which it does.

import type { xmlLimits } from "../limits.js";

/** The part of src/limits.ts that is about XML. */
export type XMLBounds = { readonly [bound in keyof typeof xmlLimits]: number };

/** RFC 6120 4.9.3. */
export type XMLCondition =
	| "not-well-formed"
	| "restricted-xml"
	| "unsupported-encoding"
	| "bad-namespace-prefix"
	| "invalid-namespace"
	| "bad-format"
	| "policy-violation";

/** The one error of this floor: named as the stream error that it leads to. */
export class XMLError extends Error {
	readonly condition: XMLCondition;
	/** Bytes of the stream before the one that was refused. */
	readonly offset: number;

	constructor(condition: XMLCondition, offset: number) {
		super(`${condition} at byte ${offset}`);
		this.condition = condition;
		this.offset = offset;
	}
}
