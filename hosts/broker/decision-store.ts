// What the provisioning service remembers: what owners decided, what they still have to, and which things are to be told.

import type { ThingID } from "./store.js";

export type Kind = "friend" | "read" | "control";
/** Whose certificate it is that a token stands for, as he says who shows it (XEP-0324). */
export type TokenKind = "Device" | "Service" | "User";
/** Whom a rule is about: him who asked, whoever shows a token, all of his domain, or everyone. */
export type Range = "Caller" | TokenKind | "Domain" | "All";

export interface ShownToken {
	readonly kind: TokenKind;
	readonly token: string;
}

/** What may be read: a set of bits as in categories.ts, of the named fields; none named means every one. What may be set: parameters, of one bit. */
export interface Scope {
	readonly fields: readonly string[];
	readonly categories: number;
}

/** One answer of an owner's. The node is the whole thing where its name is empty. */
export interface Rule extends ThingID, Scope {
	readonly owner: string;
	/** Counted for each owner, and never twice the same. */
	readonly number: number;
	readonly kind: Kind;
	readonly range: Range;
	/** Bare JID, token or domain; "" for everyone. */
	readonly who: string;
	readonly allowed: boolean;
	/** Milliseconds since 1970. */
	readonly at: number;
	/** From then on it counts no more. */
	readonly until?: number;
}

/** What an owner was asked and has not answered. */
export interface Question extends ThingID, Scope {
	readonly owner: string;
	/** From the same count as those of rules. */
	readonly number: number;
	readonly kind: Kind;
	/** Bare JID. */
	readonly who: string;
	/** Repeated in an answer by protocol; nobody but the owner knows it. */
	readonly key: string;
	/** What he has proved to be his. */
	readonly tokens: readonly ShownToken[];
	readonly at: number;
}

/** A word for a thing that it has not acknowledged yet. */
export interface News {
	readonly what: "friend" | "unfriend";
	readonly jid: string;
	/** Whose decision it is: void when the thing is no longer his. */
	readonly owner: string;
}

/** A thing that has asked. */
export interface Device {
	readonly jid: string;
	/** It asks in this namespace, and is told in it. */
	readonly namespace: string;
	/** Changes of what it was answered; while it has acknowledged fewer, it may keep answers that hold no longer. */
	readonly changes: number;
	readonly acknowledged: number;
	readonly news: readonly News[];
}

export interface DecisionStore {
	/** In the order of their numbers, as are all that follow. */
	rulesOf(owner: string): readonly Rule[];
	rulesAt(jid: string): readonly Rule[];
	putRule(rule: Rule): void;
	deleteRule(rule: Pick<Rule, "owner" | "number">): void;
	/** Those that ended by then. */
	ended(now: number): readonly Rule[];
	/** When the next one ends, if any does. */
	nextEnd(): number | undefined;
	questionsOf(owner: string): readonly Question[];
	questionsAt(jid: string): readonly Question[];
	putQuestion(question: Question): void;
	deleteQuestion(question: Pick<Question, "owner" | "number">): void;
	device(jid: string): Device | undefined;
	putDevice(device: Device): void;
	/** Those that have not acknowledged the latest change. */
	untold(): readonly Device[];
	/** The next number of this owner's. */
	number(owner: string): number;
}

type Numbered = Rule | Question;

export class MemoryDecisions implements DecisionStore {
	#rules = new Map<string, Rule>();
	#questions = new Map<string, Question>();
	#devices = new Map<string, Device>();
	#numbers = new Map<string, number>();

	rulesOf(owner: string): readonly Rule[] {
		return where(this.#rules, (rule) => rule.owner === owner);
	}

	rulesAt(jid: string): readonly Rule[] {
		return where(this.#rules, (rule) => rule.jid === jid);
	}

	putRule(rule: Rule): void {
		this.#rules.set(nameOf(rule), Object.freeze({ ...rule }));
	}

	deleteRule(rule: Pick<Rule, "owner" | "number">): void {
		this.#rules.delete(nameOf(rule));
	}

	ended(now: number): readonly Rule[] {
		return where(this.#rules, ({ until }) => until !== undefined && until <= now);
	}

	nextEnd(): number | undefined {
		let next: number | undefined;
		for (const { until } of this.#rules.values()) if (until !== undefined && until < (next ?? Infinity)) next = until;
		return next;
	}

	questionsOf(owner: string): readonly Question[] {
		return where(this.#questions, (question) => question.owner === owner);
	}

	questionsAt(jid: string): readonly Question[] {
		return where(this.#questions, (question) => question.jid === jid);
	}

	putQuestion(question: Question): void {
		this.#questions.set(nameOf(question), Object.freeze({ ...question }));
	}

	deleteQuestion(question: Pick<Question, "owner" | "number">): void {
		this.#questions.delete(nameOf(question));
	}

	device(jid: string): Device | undefined {
		return this.#devices.get(jid);
	}

	putDevice(device: Device): void {
		this.#devices.set(device.jid, Object.freeze({ ...device }));
	}

	untold(): readonly Device[] {
		return [...this.#devices.values()].filter(({ changes, acknowledged }) => acknowledged !== changes);
	}

	number(owner: string): number {
		const number = (this.#numbers.get(owner) ?? 0) + 1;
		this.#numbers.set(owner, number);
		return number;
	}

	/** Gives what puts everything back as it is now. */
	snapshot(): () => void {
		const [rules, questions, devices, numbers] = [this.#rules, this.#questions, this.#devices, this.#numbers];
		this.#rules = new Map(rules);
		this.#questions = new Map(questions);
		this.#devices = new Map(devices);
		this.#numbers = new Map(numbers);
		return () => {
			this.#rules = rules;
			this.#questions = questions;
			this.#devices = devices;
			this.#numbers = numbers;
		};
	}
}

const nameOf = ({ owner, number }: Pick<Numbered, "owner" | "number">): string => `${number} ${owner}`;

const where = <T extends Numbered>(all: ReadonlyMap<string, T>, holds: (each: T) => boolean): readonly T[] =>
	[...all.values()].filter(holds).sort((a, b) => a.number - b.number || (a.owner < b.owner ? -1 : 1));
