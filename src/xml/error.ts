// The one error of this floor: named as the stream error that it leads to.

/** RFC 6120 4.9.3. */
export type XMLCondition =
	| "not-well-formed"
	| "restricted-xml"
	| "unsupported-encoding"
	| "bad-namespace-prefix"
	| "invalid-namespace"
	| "bad-format"
	| "policy-violation";

export class XMLError extends Error {
	readonly condition: XMLCondition;
	/** Bytes of the stream before the one that was refused. */
	readonly offset: number;

	constructor(condition: XMLCondition, offset: number, detail: string) {
		super(`${condition} at byte ${offset}: ${detail}`);
		this.condition = condition;
		this.offset = offset;
	}
}
