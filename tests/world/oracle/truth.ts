// What is true of rules and owners, and when it was: written by who decides, read by who judges. It knows nothing of any firmware.

/** What can be moved: "r:T" is to read field T, "c:A" to set parameter A, "f" to be a friend. */
export type Right = string;

/** One owner's rule about one person. */
export interface Rule {
	readonly fields: ReadonlySet<string>;
	readonly kinds: ReadonlySet<string>;
	readonly parameters: ReadonlySet<string>;
	readonly friend: boolean;
}

export const nothing: Rule = Object.freeze({
	fields: new Set<string>(),
	kinds: new Set<string>(),
	parameters: new Set<string>(),
	friend: false
});

/** Fields by the one kind of value that each is. */
export const fieldKinds: Readonly<Record<string, string>> = Object.freeze({ T: "momentary", H: "momentary", S: "status", N: "identity" });
export const parameterNames: readonly string[] = Object.freeze(["A", "B"]);
export const everything: Rule = Object.freeze({
	fields: new Set(Object.keys(fieldKinds)),
	kinds: new Set(Object.values(fieldKinds)),
	parameters: new Set(parameterNames),
	friend: true
});
export const rights: readonly Right[] = Object.freeze([
	...Object.keys(fieldKinds).map((name) => `r:${name}`),
	...parameterNames.map((name) => `c:${name}`),
	"f"
]);

/** From when, until when; the end is Infinity while it lasts. */
interface Span {
	readonly from: number;
	to: number;
}

export class Truth {
	#now: () => number;
	#owner: string | undefined;
	#rules = new Map<string, Rule>();
	#spans = new Map<string, Span[]>();
	#people: readonly string[];

	constructor(people: readonly string[], now: () => number) {
		this.#people = people;
		this.#now = now;
	}

	get owner(): string | undefined {
		return this.#owner;
	}

	rule(who: string): Rule {
		return this.#rules.get(who) ?? nothing;
	}

	/** Nobody's rules outlive his ownership. */
	setOwner(owner: string | undefined): void {
		this.#owner = owner;
		this.#rules.clear();
		this.#note();
	}

	setRule(who: string, rule: Rule): void {
		this.#rules.set(who, rule);
		this.#note();
	}

	holds(who: string, right: Right): boolean {
		if (this.#owner === undefined) return false;
		if (who === this.#owner) return true;
		const rule = this.rule(who);
		if (right === "f") return rule.friend;
		const name = right.slice(2);
		return right.startsWith("c:") ? rule.parameters.has(name) : rule.fields.has(name) && rule.kinds.has(fieldKinds[name]!);
	}

	/** Whether it held at any moment from `from` on. */
	heldSince(who: string, right: Right, from: number): boolean {
		return (this.#spans.get(`${who} ${right}`) ?? []).some(({ to }) => to >= from);
	}

	#note(): void {
		const now = this.#now();
		for (const who of this.#people) {
			for (const right of rights) {
				const key = `${who} ${right}`;
				const spans = this.#spans.get(key) ?? [];
				const last = spans.at(-1);
				const open = last !== undefined && last.to === Number.POSITIVE_INFINITY;
				const holds = this.holds(who, right);
				if (holds && !open) spans.push({ from: now, to: Number.POSITIVE_INFINITY });
				if (!holds && open) last.to = now;
				this.#spans.set(key, spans);
			}
		}
	}
}
