// The provisioning service (XEP-0324 and its ieee dialect): things ask, owners decide, and until they have the answer is no.
// Pure logic over a store, as the registry.

import type { Element } from "@xmpp/xml";
import type { DecisionStore, Kind, Question, Range, Rule, Scope, ShownToken } from "./decision-store.js";
import { Devices, type DevicesOptions } from "./devices.js";
import { writeFound } from "./found.js";
import { bare } from "./jid.js";
import { type Heard, parseHeard, writeCanResponse, writeIsFriendResponse } from "./provisioning-words.js";
import type { Outcome, RegistryEvent } from "./registry.js";
import { closest, domainOf, intersect, judge, supersedes } from "./rules.js";
import { keyOf, type Store, type ThingID, type ThingRecord } from "./store.js";
import { BadRequest, dialectOf } from "./tags.js";
import type { TokenOffice } from "./tokens.js";

/** Open questions about one thing, to one owner, and about one requester's wishes to one owner: who asks must not bury him in questions. */
const QUESTIONS_AT = 20;
const QUESTIONS_TO = 100;
const QUESTIONS_BY = 5;
/** A question that nobody answers is forgotten, and asked anew when it arises again. */
const WEEK = 7 * 24 * 3600 * 1000;
const RULES = 1000;
/** Milliseconds that a timer can be set for, with room to spare. */
const LONGEST = 24 * 3600 * 1000;
const AGAIN = 60_000;

const FRIENDSHIP: Scope = { fields: [], categories: 1 };
const WHOLE: ThingID["node"] = ["", "", ""];

export interface ProvisioningOptions extends Omit<DevicesOptions, "thingOf"> {
	readonly jid: string;
	now(): number;
	/** Nobody can guess it. */
	secret(): string;
	/** Calls back once after so many milliseconds; gives what cancels it. */
	later(milliseconds: number, callback: () => void): () => void;
	/** Knows which tokens hold, and who has proved that they are his. */
	readonly tokens?: Pick<TokenOffice, "endOf" | "verify">;
	/** An owner has something to decide. */
	onQuestion(question: Question): void;
	event(event: RegistryEvent): void;
}

/** What an owner says to a question. */
export interface Decision {
	readonly allowed: boolean;
	readonly range: Range;
	/** Of the range; one of those that were shown with the question. */
	readonly token?: string;
	/** Less than what was asked for; undefined for all of it. */
	readonly fields?: readonly string[];
	readonly categories?: number;
	/** Milliseconds since 1970, when it is to end. */
	readonly until?: number;
}

export class Provisioning {
	readonly #options: ProvisioningOptions;
	readonly #store: Store;
	readonly #decisions: DecisionStore;
	readonly #devices: Devices;
	/** Of the next end of a rule. */
	#cancel: (() => void) | undefined;

	constructor(options: ProvisioningOptions) {
		this.#options = options;
		this.#store = options.store;
		this.#decisions = options.store.decisions;
		this.#devices = new Devices({ ...options, thingOf: (id) => this.thingOf(id) });
	}

	/** False when this is no request to a provisioning service; else it is answered once, perhaps later. */
	handle(type: "get" | "set", from: string, payload: Element, answer: (outcome: Outcome) => void): boolean {
		const namespace = payload.getNS() ?? "";
		const conclude = (outcome: Outcome) => {
			answer(outcome);
			// A thing that did not acknowledge is there after all.
			this.#devices.tell(bare(from));
		};
		try {
			const heard = parseHeard(type, payload);
			if (heard === undefined) return false;
			// Of what is nobody's nothing is decided, whoever asks.
			const { tokens } = this.#options;
			if (tokens === undefined || heard.what !== "can" || heard.shown.length === 0 || !this.#isOwned(bare(from))) {
				conclude(this.#outcome(bare(from), namespace, heard));
			} else {
				const { jid, shown } = heard;
				tokens.verify(from, jid, namespace, shown, (proved, complete) => {
					const outcome = this.#question(bare(from), namespace, heard, proved);
					// It may be his all the same: a no would be kept by the thing, and what is no answer is not (R-324-25).
					const unknown = !complete && outcome.payload?.attrs.result === "false";
					conclude(unknown ? { condition: "resource-constraint", text: "A token could not be proved now." } : outcome);
				});
			}
		} catch (error) {
			if (!(error instanceof BadRequest)) throw error;
			conclude({ condition: "bad-request", text: error.message });
		}
		return true;
	}

	/** A thing came online: what was taken back while it was away comes before anything it asks. */
	available(jid: string): void {
		this.#devices.tell(bare(jid));
	}

	/** The things at this address have changed hands: nothing that another owner decided or was asked is left. */
	sweep(jid: string): void {
		this.#store.transaction(() => {
			for (const rule of this.#decisions.rulesAt(jid)) if (!this.#holds(rule)) this.#decisions.deleteRule(rule);
			for (const question of this.#decisions.questionsAt(jid)) if (!this.#holds(question)) this.#decisions.deleteQuestion(question);
		});
	}

	now(): number {
		return this.#options.now();
	}

	questions(owner: string): readonly Question[] {
		return this.#decisions.questionsOf(owner).filter((question) => this.#holds(question) && !this.#isOld(question));
	}

	rules(owner: string): readonly Rule[] {
		return this.#decisions.rulesOf(owner).filter((rule) => this.#holds(rule));
	}

	/** The broker can be reached: what came to its end meanwhile ends now, and things hear what they have missed. */
	connected(): void {
		this.#endRules();
		this.#devices.tellAll();
	}

	/** Until it is connected again. */
	disconnected(): void {
		this.#cancel?.();
	}

	/** Rules are not asked whether they have ended only here: one that has decides nothing from that moment on. */
	#endRules(): void {
		try {
			for (const rule of this.#decisions.ended(this.now())) this.#drop(rule, "ended");
		} finally {
			const next = this.#decisions.nextEnd();
			this.#cancel?.();
			// One that is past could not be written down: a disk may be full for a while.
			const left = next === undefined ? undefined : next - this.now();
			this.#cancel =
				left === undefined ? undefined : this.#options.later(left > 0 ? Math.min(left, LONGEST) : AGAIN, () => this.#endRules());
		}
	}

	/** The question is settled; false when there is no room for more rules. */
	decide(question: Question, decision: Decision): boolean {
		const { owner, jid, node, kind } = question;
		const { allowed, range, token = "", fields = question.fields, categories = question.categories } = decision;
		if (this.#decisions.rulesOf(owner).length + 2 > RULES) return false;
		const who = range === "Caller" ? question.who : range === "Domain" ? domainOf(question.who) : range === "All" ? "" : token;
		// A token ends with its certificate, and what a thing keeps of it has to end as well.
		const end = this.#options.tokens?.endOf(token);
		const until = end === undefined ? decision.until : Math.min(end, decision.until ?? end);
		const make = (allowed: boolean, scope: Scope): Rule => ({
			...{ owner, number: this.#decisions.number(owner), jid, node, kind, range, who, allowed },
			...{ fields: [...scope.fields], categories: scope.categories, at: this.#nowAt(question), until }
		});
		this.#store.transaction(() => {
			this.#decisions.deleteQuestion(question);
			const rest = allowed ? restOf(question, { fields, categories }) : undefined;
			// First, so that the owner's last word is what he allows.
			if (rest !== undefined) this.#put(make(false, rest));
			this.#put(make(allowed, { fields, categories }));
			if (kind === "friend" && range === "Caller") this.#devices.note(question, { what: allowed ? "friend" : "unfriend", jid: who, owner });
			this.#devices.spoil(jid);
			for (const other of this.#decisions.questionsAt(jid)) if (this.#isSettled(other)) this.#decisions.deleteQuestion(other);
		});
		const detail = JSON.stringify({ node, kind, range, who, fields, categories, until });
		this.#options.event({ event: allowed ? "allowed" : "denied", thing: jid, by: owner, detail });
		this.#devices.tell(jid);
		if (until !== undefined) this.#endRules();
		return true;
	}

	forget(rule: Rule): void {
		this.#drop(rule, "forgotten");
	}

	#drop(rule: Rule, event: "forgotten" | "ended"): void {
		this.#store.transaction(() => {
			this.#decisions.deleteRule(rule);
			if (rule.kind === "friend" && rule.range === "Caller" && rule.allowed)
				this.#devices.note(rule, { what: "unfriend", jid: rule.who, owner: rule.owner });
			this.#devices.spoil(rule.jid);
		});
		const { node, kind, range, who, fields, categories, allowed } = rule;
		const detail = JSON.stringify({ node, kind, range, who, fields, categories, allowed });
		this.#options.event({ event, thing: rule.jid, by: rule.owner, detail });
		this.#devices.tell(rule.jid);
	}

	/** The record by which a node, or the thing as a whole, is somebody's. */
	thingOf({ jid, node }: ThingID): ThingRecord | undefined {
		return this.#store.get({ jid, node }) ?? this.#store.get({ jid, node: WHOLE });
	}

	#outcome(from: string, namespace: string, heard: Heard): Outcome {
		switch (heard.what) {
			case "rule":
				return this.#rule(from, heard);
			case "devices": {
				const dialect = dialectOf(heard.discovery)!;
				return { payload: writeFound(this.#store.ofOwner(from), dialect, heard.offset, heard.maxCount) };
			}
			case "clearCache":
			case "deleteRules":
				return this.#refresh(from, heard);
			default:
				return this.#question(from, namespace, heard);
		}
	}

	/** Of his own things; of others he does not learn whether they are there. */
	#refresh(owner: string, { what, thing, nodes }: Extract<Heard, { thing: string; nodes: unknown }>): Outcome {
		const his = this.#store.ofJID(thing).filter((each) => each.owner === owner);
		// What a thing keeps is kept for all its nodes together.
		const own = what === "clearCache" ? his : his.filter((each) => nodes.some((node) => keyOf({ jid: thing, node }) === keyOf(each)));
		if (own.length === 0) return { condition: "item-not-found" };
		if (what === "deleteRules") {
			const rules = this.rules(owner).filter((rule) => own.some((each) => keyOf(each) === keyOf(rule)));
			for (const rule of rules) this.#drop(rule, "forgotten");
		}
		this.#devices.spoil(thing);
		this.#devices.tell(thing);
		return {};
	}

	#question(
		thing: string,
		namespace: string,
		heard: Extract<Heard, { what: "isFriend" | "can" }>,
		proved: readonly ShownToken[] = []
	): Outcome {
		const { jid } = heard;
		if (heard.what === "isFriend") {
			const allowed = this.#judge({ jid: thing, node: WHOLE }, "friend", jid, proved, namespace, FRIENDSHIP);
			return { payload: writeIsFriendResponse(namespace, jid, allowed !== undefined) };
		}
		const { kind, nodes, scope } = heard;
		let allowed: Scope | undefined;
		const named: ThingID["node"][] = [];
		for (const node of nodes.length === 0 ? [WHOLE] : nodes) {
			const here = this.#judge({ jid: thing, node }, kind, jid, proved, namespace, scope);
			// One list of names is said for all nodes.
			const common = here && (allowed === undefined ? here : intersect(allowed, here));
			if (common === undefined) continue;
			allowed = common;
			if (nodes.length > 0) named.push(node);
		}
		return { payload: writeCanResponse(namespace, kind, jid, allowed && { ...allowed, nodes: named }) };
	}

	/** What of it is allowed; whatever nobody has decided, the owner is asked. */
	#judge(id: ThingID, kind: Kind, who: string, tokens: readonly ShownToken[], namespace: string, scope: Scope): Scope | undefined {
		const owner = this.thingOf(id)?.owner;
		// Nobody's: nobody can allow it (R-324-29).
		if (owner === undefined) return undefined;
		this.#devices.spokeIn(id.jid, namespace);
		// No thing needs to ask for them (R-324-24).
		if (who === owner || who === this.#options.jid) return scope;
		const { allowed, unknown } = judge(this.#rulesFor({ ...id, owner, kind, who, tokens }), scope);
		if (unknown !== undefined) this.#ask({ ...id, owner, kind, who, tokens, ...unknown });
		return allowed;
	}

	#rulesFor({ jid, node, owner, kind, who, tokens }: Omit<Question, "number" | "key" | "at" | keyof Scope>): readonly Rule[] {
		const rules = this.#decisions.rulesAt(jid).filter((rule) => {
			// A node with a record of its own is a thing of its own: what its owner decided of the whole is not about it.
			const covers = keyOf(rule) === keyOf({ jid, node }) || (rule.node[0] === "" && this.#store.get({ jid, node }) === undefined);
			return covers && rule.owner === owner && rule.kind === kind && this.#holds(rule);
		});
		return closest(rules, who, tokens);
	}

	/** Once, and only so often: the same question waits already, or there are too many. */
	#ask(asked: Omit<Question, "number" | "key" | "at">): void {
		const open = this.#decisions.questionsOf(asked.owner);
		for (const question of open) if (this.#isOld(question) || !this.#holds(question)) this.#decisions.deleteQuestion(question);
		const waiting = this.questions(asked.owner);
		if (waiting.some((question) => textOf(question) === textOf(asked))) return;
		const [here, his] = [waiting.filter(({ jid }) => jid === asked.jid), waiting.filter(({ who }) => who === asked.who)];
		if (waiting.length >= QUESTIONS_TO || here.length >= QUESTIONS_AT || his.length >= QUESTIONS_BY) return;
		const { jid, node, owner, kind, who, tokens, fields, categories } = asked;
		const numbered = { number: this.#decisions.number(owner), key: this.#options.secret(), at: this.#nowAt(asked) };
		const question: Question = { jid, node, owner, kind, who, tokens, fields, categories, ...numbered };
		this.#decisions.putQuestion(question);
		this.#options.event({ event: "asked", thing: jid, by: who });
		this.#options.onQuestion(question);
	}

	/** Whoever has not the key learns nothing, not even whether there was such a question. */
	#rule(owner: string, { kind, thing, who, key, allowed, range, token, fields, categories }: Extract<Heard, { what: "rule" }>): Outcome {
		const question = this.questions(owner).find((each) => each.key === key);
		if (question === undefined || question.kind !== kind || question.jid !== thing || question.who !== who) {
			return { condition: "item-not-found" };
		}
		if (token !== undefined && !question.tokens.some((each) => each.kind === range && each.token === token)) {
			throw new BadRequest("This token was not shown with the question, or not proved.");
		}
		const decision: Decision =
			allowed && kind !== "friend"
				? { allowed, range, token, fields: fields.length === 0 ? undefined : fields, categories: categories || undefined }
				: { allowed, range, token };
		return this.decide(question, decision) ? {} : { condition: "resource-constraint" };
	}

	/** Still his who decided it or was asked, and since he has it. */
	#holds({ jid, node, owner, at, until }: Rule | (Question & { readonly until?: undefined })): boolean {
		const thing = this.thingOf({ jid, node });
		if (until !== undefined && until <= this.#options.now()) return false;
		return thing?.owner === owner && (thing.claimedAt ?? 0) <= at;
	}

	/** Never before the claim, though the clock may have been set back since. */
	#nowAt(id: ThingID): number {
		return Math.max(this.#options.now(), this.thingOf(id)?.claimedAt ?? 0);
	}

	#isOld({ at }: Question): boolean {
		return this.#options.now() - at > WEEK;
	}

	#isSettled(question: Question): boolean {
		return judge(this.#rulesFor(question), question).unknown === undefined;
	}

	#isOwned(jid: string): boolean {
		return this.#store.ofJID(jid).some(({ owner }) => owner !== undefined);
	}

	#put(rule: Rule): void {
		for (const older of this.#decisions.rulesOf(rule.owner)) {
			if (keyOf(older) === keyOf(rule) && supersedes(rule, older)) this.#decisions.deleteRule(older);
		}
		this.#decisions.putRule(rule);
	}
}

/** What of the question is not allowed with it; undefined when nothing is left. */
const restOf = (question: Scope, allowed: Scope): Scope | undefined => {
	const wide = (question.categories & ~allowed.categories) === 0;
	const fields = question.fields.filter((field) => !allowed.fields.includes(field));
	if (wide && (allowed.fields.length === 0 || (question.fields.length > 0 && fields.length === 0))) return undefined;
	return { fields: wide ? fields : question.fields, categories: question.categories };
};

/** The same for the same question, whatever the order of its names. */
const textOf = ({ jid, node, kind, who, tokens, fields, categories }: Omit<Question, "number" | "key" | "at">): string =>
	JSON.stringify([jid, node, kind, who, [...fields].sort(), categories, tokens.map(({ kind, token }) => `${kind} ${token}`).sort()]);
