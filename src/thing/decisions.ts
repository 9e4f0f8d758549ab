// Who may be a friend, who may read or set what: answered from what is kept, else by the provisioning service, else no (XEP-0324 3.3 to 3.5).
import type { Host } from "../host.js";
import { type Dialect, type NodeReference, nodeText } from "../iot/dialect.js";
import {
	type Applicant,
	type Permission,
	parseIsFriend,
	parsePermission,
	type Wish,
	writeIsFriend,
	writeWish
} from "../iot/provisioning.js";
import { limits } from "../limits.js";
import type { Element } from "../xml/element.js";
import type { IQRouter } from "../xmpp/iq.js";
import { foldJID, sameBare } from "../xmpp/jid.js";
import type { Scheduler, Task } from "../xmpp/scheduler.js";
import { DecisionCache } from "./decision-cache.js";
import type { LifeEvent } from "./events.js";
import type { LifeCycle } from "./life-cycle.js";
import type { Node } from "./nodes.js";
import type { Provisioning, Service } from "./provisioning.js";
import { Tokens } from "./tokens.js";
import type { VaultRecord } from "./vault.js";

export interface DecisionsOptions {
	readonly router: IQRouter;
	readonly scheduler: Scheduler;
	readonly crypto: Pick<Host["crypto"], "digest">;
	readonly clock: Host["clock"];
	readonly lifeCycle: LifeCycle;
	/** What the thing calls itself. */
	readonly node: NodeReference;
	readonly nodes: readonly Node[];
	/** The trusted service. */
	readonly provisioning: Pick<Provisioning, "jid" | "find">;
	/** Hours that a decision holds; undefined is until it is taken back. */
	readonly hours?: number;
	readonly onEvent: (event: LifeEvent) => void;
}

/** What is decided about by itself: the thing, or a node of it. */
export interface Decided {
	readonly node: NodeReference;
	/** Made here. */
	cache: DecisionCache;
}

type FriendDecided = (allowed: boolean) => void;

interface Question {
	/** Bare JID of who is asked about. */
	readonly who: string;
	/** What is asked, in words that do not depend on dialect and order. */
	readonly text: string;
	/** What he wants to read or set; undefined when he wants to be a friend. */
	readonly wish: Wish | undefined;
	readonly of: Decided;
	/** Those who wait for it (R-324-28). */
	readonly waiting: (Applicant | FriendDecided)[];
	/** Bytes that they hold meanwhile. */
	weight: number;
	/** The service is being looked for and asked. */
	asked: boolean;
	/** It has been asked. */
	sent: boolean;
	/** Nothing that was said before it was asked has been taken back since. */
	current: boolean;
}

/** Bytes of one who waits, besides his names. */
const WAITING = 500;
/** Of a question on its way, besides its names. */
const ASKING = 500;

export class Decisions implements Decided {
	/** Of the thing. */
	readonly cache: DecisionCache;
	#options: DecisionsOptions;
	#changes = 0;
	#tokens: Tokens;
	#questions: Question[] = [];
	/** Before then the service speaks first. */
	#hold: Task | undefined;
	/** Bytes that all who wait hold. */
	#weight = 0;

	constructor(options: DecisionsOptions) {
		this.#options = options;
		this.cache = new DecisionCache(options, options.lifeCycle);
		for (let i = 0; i < options.nodes.length; i++) options.nodes[i]!.cache = new DecisionCache(options, options.nodes[i]!.lifeCycle);
		this.#tokens = new Tokens(options.router, options.clock);
	}

	get node(): NodeReference {
		return this.#options.node;
	}

	get nodes(): readonly Node[] {
		return this.#options.nodes;
	}

	/** Another number whenever something that was allowed before may be so no more. */
	get changes(): number {
		return this.#changes;
	}

	/** Logged in: what the service took back meanwhile comes before any request is answered from what is kept. */
	online(): void {
		this.wait(limits.serviceFirstSeconds * 1000);
	}

	/** The connection is gone, and with it whoever waits. */
	drop(): void {
		this.#options.scheduler.clear(this.#hold);
		this.#hold = undefined;
		this.#questions = [];
		this.#weight = 0;
		this.#tokens.forget();
	}

	/** Somebody waits. */
	get busy(): boolean {
		return this.#questions.length > 0;
	}

	/** Nothing of the last owner's counts any more, and whoever waits for his word is refused. */
	disowned(of: Decided = this): void {
		this.#changes++;
		of.cache.forget();
		this.#tokens.forget();
		const questions = this.#questions.slice();
		for (let i = 0; i < questions.length; i++) if (questions[i]!.of === of) this.end(questions[i]!, undefined, "nobody");
	}

	/** Nothing of anybody's counts any more. */
	forget(): void {
		const nodes = this.#options.nodes;
		for (let i = -1; i < nodes.length; i++) this.disowned(nodes[i]);
	}

	/** The service takes back what it said, or another one is trusted. Throws when that cannot be made to last. */
	clear(): void {
		this.#changes++;
		for (let i = 0; i < this.#questions.length; i++) this.doubt(this.#questions[i]!);
		const nodes = this.#options.nodes;
		let failure: unknown;
		for (let i = -1; i < nodes.length; i++)
			try {
				(nodes[i] ?? this).cache.clear();
			} catch (error) {
				failure = error;
			}
		if (failure !== undefined) throw failure;
	}

	/** Somebody decided that he may be one, as far as is remembered. */
	isKnownFriend(jid: string): boolean {
		return this.cache.read(friendText(foldJID(jid)))?.yes === true;
	}

	/** The service parts us from somebody: that he was a friend is not remembered (R-324-13). */
	part(jid: string): void {
		const text = friendText(foldJID(jid));
		for (let i = 0; i < this.#questions.length; i++) if (this.#questions[i]!.text === text) this.doubt(this.#questions[i]!);
		this.cache.drop(text);
	}

	/** Everything that is kept of what others may do. */
	each(onDecision: (record: VaultRecord) => void): void {
		this.cache.each(onDecision);
	}

	/** `jid` is bare. `decide` comes once, at once where there is no room to wait, else later. */
	isFriend(jid: string, decide: FriendDecided): void {
		const who = foldJID(jid);
		const service = this.#options.provisioning.jid;
		// It is not asked about itself (R-324-24).
		if (service != null && sameBare(service, jid)) decide(true);
		else if (!this.ask(who, friendText(who), undefined, this, who.length, decide)) decide(false);
	}

	/** The applicant is told once, at once where there is no room to wait, else later. */
	judge(wish: Wish, applicant: Applicant, of: Decided = this): void {
		if (!this.ask(foldJID(wish.jid), textOf(wish), wish, of, applicant.weight, applicant)) applicant.decide(undefined);
	}

	/** An answer to it that may be on its way already is not kept. */
	private doubt(question: Question): void {
		if (question.sent) question.current = false;
	}

	private ask(who: string, text: string, wish: Wish | undefined, of: Decided, held: number, waiting: Applicant | FriendDecided): boolean {
		const asked = this.#questions.find((question) => question.text === text && question.current);
		const weight = WAITING + held + (asked ? 0 : ASKING + text.length);
		if (this.#weight + weight > limits.waitingBytes || (!asked && !this.hasRoom(who))) return false;
		this.#weight += weight;
		if (!asked) this.#questions.push({ who, text, wish, of, waiting: [waiting], weight, asked: false, sent: false, current: true });
		else {
			asked.waiting.push(waiting);
			asked.weight += weight;
		}
		// Not now: who asks stands deep in the stack, and it is small.
		if (!asked && !this.#hold) this.wait(0);
		return true;
	}

	private wait(milliseconds: number): void {
		this.#options.scheduler.clear(this.#hold);
		this.#hold = this.#options.scheduler.set(milliseconds, this.go, this);
	}

	private go(): void {
		this.#hold = undefined;
		const list = this.#questions.slice();
		for (let i = 0; i < list.length; i++) {
			const question = list[i]!;
			if (!question.asked) this.answer(question);
		}
	}

	private hasRoom(who: string): boolean {
		const own = this.#questions.filter((question) => question.who === who).length;
		return this.#questions.length < limits.questions && own < limits.questionsPerPeer;
	}

	private answer(question: Question): void {
		if (!this.#questions.includes(question)) return;
		const provisioning = this.#options.provisioning;
		// What was kept is the word of the service that is trusted now (R-324-17).
		const kept = provisioning.jid == null ? undefined : question.of.cache.read(question.text);
		if (kept) {
			this.end(question, kept, "memory");
			return;
		}
		question.asked = true;
		provisioning.find((service) => this.found(question, service));
	}

	private found(question: Question, service: Service | undefined): void {
		if (!this.#questions.includes(question)) return;
		if (!service) this.end(question, undefined, "nobody");
		else this.send(question, service.jid, service.dialect);
	}

	private send(question: Question, jid: string, dialect: Dialect): void {
		const options = this.#options;
		try {
			const writer = options.router.open("get", jid);
			if (!question.wish) writeIsFriend(writer, dialect, question.who);
			else writeWish(writer, dialect, question.wish);
		} catch {
			// Larger than any stanza of ours.
			this.end(question, undefined, "nobody");
			return;
		}
		question.sent = true;
		const first = question.waiting[0]!;
		const shown = typeof first === "function" ? undefined : this.#tokens.show(first, jid);
		options.router.send(({ error, payload }) => {
			if (shown) shown.asked = false;
			if (!this.#questions.includes(question)) return;
			// No answer is no, and no decision (R-324-25).
			const said = !error && payload?.namespace === dialect.provisioning ? payload : undefined;
			const record = said && recordOf(question, said, dialect);
			if (record && question.current) question.of.cache.keep(question.text, record);
			this.end(question, record, !record ? "nobody" : "service");
		});
	}

	private end(question: Question, record: VaultRecord | undefined, by: "service" | "memory" | "nobody"): void {
		const index = this.#questions.indexOf(question);
		if (index < 0) return;
		this.#questions.splice(index, 1);
		this.#weight -= question.weight;
		const allowed = record?.yes === true;
		const node = question.of === this ? undefined : question.of.node.id;
		this.#options.onEvent({ event: "decision", about: question.who, allowed, by, node });
		const permission = permissionOf(record);
		for (let i = 0; i < question.waiting.length; i++) {
			const waiting = question.waiting[i]!;
			if (typeof waiting === "function") waiting(allowed);
			else waiting.decide(permission);
		}
	}
}

function friendText(who: string): string {
	return `friend ${who}`;
}

/** Order and repetition of names mean nothing. */
function textOf(wish: Wish): string {
	return JSON.stringify(["may", foldJID(wish.jid), wish.categories, sorted(wish.nodes.map(nodeText)), sorted(wish.fields), wish.tokens]);
}

function sorted(names: readonly string[]): readonly string[] {
	return [...new Set(names)].sort();
}

function recordOf({ who, wish, of }: Question, said: Element, dialect: Dialect): VaultRecord {
	// So that the owner can be told who may.
	const name = who.length > limits.tagValue ? undefined : who;
	if (!wish) return { yes: parseIsFriend(said, dialect), who: name };
	const permission = parsePermission(said, dialect, wish, of.node);
	if (!permission) return { yes: false };
	const fields = permission.fields;
	return {
		yes: true,
		who: name,
		categories: permission.categories,
		fields: fields && JSON.stringify(fields),
		narrowed: permission.narrowed
	};
}

function permissionOf(record: VaultRecord | undefined): Permission | undefined {
	if (record?.yes !== true || typeof record.categories !== "number") return;
	const fields = typeof record.fields === "string" ? (JSON.parse(record.fields) as string[]) : undefined;
	return { categories: record.categories, fields, narrowed: record.narrowed === true || undefined };
}
