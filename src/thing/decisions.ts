// Who may be a friend, who may read what: answered from what is kept, else by the provisioning service, else no (XEP-0324 3.3 to 3.5).
import type { Host } from "../host.js";
import type { Dialect } from "../iot/dialect.js";
import { parseCanRead, parseIsFriend, type ReadPermission, type ReadQuestion, writeCanRead, writeIsFriend } from "../iot/provisioning.js";
import type { Applicant } from "../iot/readouts.js";
import { limits } from "../limits.js";
import type { Element } from "../xml/element.js";
import type { IQRouter } from "../xmpp/iq.js";
import { foldJID } from "../xmpp/jid.js";
import type { Scheduler, Task } from "../xmpp/scheduler.js";
import { DecisionCache } from "./decision-cache.js";
import type { LifeCycle } from "./life-cycle.js";
import type { VaultRecord } from "./vault.js";

export interface DecisionsOptions {
	readonly router: IQRouter;
	readonly scheduler: Scheduler;
	readonly crypto: Host["crypto"];
	readonly lifeCycle: LifeCycle;
	/** The one node id of this thing. */
	readonly node: string;
	/** The trusted service, found if need be: once, perhaps later; undefined when there is none. */
	readonly service: (onService: (service: { readonly jid: string; readonly dialect: Dialect } | undefined) => void) => void;
}

type FriendDecided = (allowed: boolean) => void;

interface Question {
	/** Bare JID of who is asked about. */
	readonly who: string;
	/** What is asked, in words that do not depend on dialect and order. */
	readonly text: string;
	/** What he wants to read; undefined when he wants to be a friend. */
	readonly read: ReadQuestion | undefined;
	/** Those who wait for it (R-324-28). */
	readonly waiting: (Applicant | FriendDecided)[];
	/** Bytes that they hold meanwhile. */
	weight: number;
	/** The service is being asked. */
	asked: boolean;
	/** Nothing that was said before it was asked has been taken back since. */
	current: boolean;
}

/** Bytes of one who waits, besides his names. */
const WAITING = 500;
/** Of a question on its way, besides its names. */
const ASKING = 500;

export class Decisions {
	#options: DecisionsOptions;
	#cache: DecisionCache;
	#questions: Question[] = [];
	/** Before then the service speaks first. */
	#hold: Task | undefined;
	/** Bytes that all who wait hold. */
	#weight = 0;

	constructor(options: DecisionsOptions) {
		this.#options = options;
		this.#cache = new DecisionCache(options.lifeCycle, options.crypto);
	}

	/** Logged in: what the service took back meanwhile comes before any request is answered from what is kept. */
	online(): void {
		this.#wait(limits.serviceFirstSeconds * 1000);
	}

	/** The connection is gone, and with it whoever waits. */
	drop(): void {
		this.#options.scheduler.clear(this.#hold);
		this.#hold = undefined;
		this.#questions = [];
		this.#weight = 0;
	}

	/** Nothing of the last owner's counts any more, and whoever waits for his word is refused. */
	disowned(): void {
		this.#cache.forget();
		for (const question of this.#questions.slice()) this.#end(question, undefined);
	}

	/** The service takes back what it said. Throws when that cannot be made to last. */
	clear(): void {
		for (const question of this.#questions) question.current = false;
		this.#cache.clear();
	}

	/** `jid` is bare. `decide` comes once, at once where there is no room to wait, else later. */
	isFriend(jid: string, decide: FriendDecided): void {
		const who = foldJID(jid);
		if (!this.#ask(who, `friend ${who}`, undefined, who.length, decide)) decide(false);
	}

	/** The applicant is told once, at once where there is no room to wait, else later. */
	canRead(question: ReadQuestion, applicant: Applicant): void {
		if (!this.#ask(foldJID(question.jid), textOf(question), question, applicant.weight, applicant)) applicant.decide(undefined);
	}

	#ask(who: string, text: string, read: ReadQuestion | undefined, held: number, waiting: Applicant | FriendDecided): boolean {
		const asked = this.#questions.find((question) => question.text === text && question.current);
		const weight = WAITING + held + (asked === undefined ? ASKING + text.length : 0);
		if (this.#weight + weight > limits.waitingBytes || (asked === undefined && !this.#hasRoom(who))) return false;
		this.#weight += weight;
		if (asked === undefined) this.#questions.push({ who, text, read, waiting: [waiting], weight, asked: false, current: true });
		else {
			asked.waiting.push(waiting);
			asked.weight += weight;
		}
		// Not now: who asks stands deep in the stack, and it is small.
		if (asked === undefined && this.#hold === undefined) this.#wait(0);
		return true;
	}

	#wait(milliseconds: number): void {
		this.#options.scheduler.clear(this.#hold);
		this.#hold = this.#options.scheduler.set(milliseconds, () => {
			this.#hold = undefined;
			for (const question of this.#questions.slice()) if (!question.asked) this.#answer(question);
		});
	}

	#hasRoom(who: string): boolean {
		const own = this.#questions.filter((question) => question.who === who).length;
		return this.#questions.length < limits.questions && own < limits.questionsPerPeer;
	}

	#answer(question: Question): void {
		if (!this.#questions.includes(question)) return;
		const kept = this.#cache.read(question.text);
		if (kept !== undefined) {
			this.#end(question, kept);
			return;
		}
		question.asked = true;
		this.#options.service((service) => {
			if (!this.#questions.includes(question)) return;
			if (service === undefined) this.#end(question, undefined);
			else this.#send(question, service.jid, service.dialect);
		});
	}

	#send(question: Question, jid: string, dialect: Dialect): void {
		try {
			const writer = this.#options.router.open("get", jid);
			if (question.read === undefined) writeIsFriend(writer, dialect, question.who);
			else writeCanRead(writer, dialect, question.read);
		} catch {
			// Larger than any stanza of ours.
			this.#end(question, undefined);
			return;
		}
		const { node, router } = this.#options;
		router.send(({ error, payload }) => {
			if (!this.#questions.includes(question)) return;
			// No answer is no, and no decision (R-324-25).
			const said = error === undefined && payload?.namespace === dialect.provisioning ? payload : undefined;
			const record = said && recordOf(question, said, dialect, node);
			if (record !== undefined && question.current) this.#cache.keep(question.text, record);
			this.#end(question, record);
		});
	}

	#end(question: Question, record: VaultRecord | undefined): void {
		const index = this.#questions.indexOf(question);
		if (index < 0) return;
		this.#questions.splice(index, 1);
		this.#weight -= question.weight;
		for (const waiting of question.waiting) {
			if (typeof waiting === "function") waiting(record?.yes === true);
			else waiting.decide(permissionOf(record));
		}
	}
}

/** Order and repetition of names mean nothing. */
function textOf({ jid, categories, nodes, fields, tokens }: ReadQuestion): string {
	const lists = [nodes, fields].map((names) => [...new Set(names)].sort());
	return JSON.stringify(["read", foldJID(jid), categories, ...lists, tokens]);
}

function recordOf({ read }: Question, said: Element, dialect: Dialect, node: string): VaultRecord {
	if (read === undefined) return { yes: parseIsFriend(said, dialect) };
	const permission = parseCanRead(said, dialect, read, node);
	if (permission === undefined) return { yes: false };
	const { categories, fields } = permission;
	return { yes: true, categories, fields: fields && JSON.stringify(fields) };
}

function permissionOf(record: VaultRecord | undefined): ReadPermission | undefined {
	if (record?.yes !== true || typeof record.categories !== "number") return undefined;
	const fields = typeof record.fields === "string" ? (JSON.parse(record.fields) as string[]) : undefined;
	return { categories: record.categories, fields };
}
