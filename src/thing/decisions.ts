// Who may be a friend, who may read what: answered from what is kept, else by the provisioning service, else no (XEP-0324 3.3 to 3.5).
import type { Host } from "../host.js";
import type { Dialect } from "../iot/dialect.js";
import { parseCanRead, parseIsFriend, type ReadPermission, type ReadQuestion, writeCanRead, writeIsFriend } from "../iot/provisioning.js";
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

interface Question {
	/** Bare JID of who is asked about. */
	readonly who: string;
	/** What is asked, in words that do not depend on dialect and order. */
	readonly text: string;
	/** What an answer is worth: undefined is no answer and is not kept (R-324-25). */
	readonly read: (payload: Element | undefined, dialect: Dialect) => VaultRecord;
	readonly write: (jid: string, dialect: Dialect) => void;
	/** Those who wait for it (R-324-28). */
	readonly waiting: ((record: VaultRecord | undefined) => void)[];
	/** Nothing that was said before it was asked has been taken back since. */
	current: boolean;
}

export class Decisions {
	#options: DecisionsOptions;
	#cache: DecisionCache;
	#questions: Question[] = [];
	/** Questions that wait for the service to have spoken first. */
	#held: Question[] | undefined;
	#hold: Task | undefined;
	#waiting = 0;

	constructor(options: DecisionsOptions) {
		this.#options = options;
		this.#cache = new DecisionCache(options.lifeCycle, options.crypto);
	}

	/** Logged in: what the service took back meanwhile comes before any request is answered from what is kept. */
	online(): void {
		this.#held ??= [];
		this.#options.scheduler.clear(this.#hold);
		this.#hold = this.#options.scheduler.set(limits.serviceFirstSeconds * 1000, () => {
			const held = this.#held ?? [];
			this.#held = undefined;
			for (const question of held) this.#answer(question);
		});
	}

	/** The connection is gone, and with it whoever waits. */
	drop(): void {
		this.#options.scheduler.clear(this.#hold);
		this.#held = undefined;
		this.#questions = [];
		this.#waiting = 0;
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

	/** `jid` is bare. `decide` comes once, perhaps later. */
	isFriend(jid: string, decide: (allowed: boolean) => void): void {
		const who = foldJID(jid);
		this.#ask(
			who,
			`friend ${who}`,
			(payload, dialect) => ({ yes: parseIsFriend(payload, dialect) }),
			(to, dialect) => writeIsFriend(this.#options.router.open("get", to), dialect, who),
			(record) => decide(record?.yes === true)
		);
	}

	canRead(question: ReadQuestion, decide: (permission: ReadPermission | undefined) => void): void {
		const { node, router } = this.#options;
		this.#ask(
			foldJID(question.jid),
			textOf(question),
			(payload, dialect) => recordOf(parseCanRead(payload, dialect, question, node)),
			(to, dialect) => writeCanRead(router.open("get", to), dialect, question),
			(record) => decide(permissionOf(record))
		);
	}

	#ask(
		who: string,
		text: string,
		read: Question["read"],
		write: Question["write"],
		onAnswer: (record: VaultRecord | undefined) => void
	): void {
		const asked = this.#questions.find((question) => question.text === text && question.current);
		if (this.#waiting >= limits.waiting || (asked === undefined && !this.#hasRoom(who))) {
			onAnswer(undefined);
			return;
		}
		this.#waiting++;
		if (asked !== undefined) {
			asked.waiting.push(onAnswer);
			return;
		}
		const question: Question = { who, text, read, write, waiting: [onAnswer], current: true };
		this.#questions.push(question);
		if (this.#held === undefined) this.#answer(question);
		else this.#held.push(question);
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
		this.#options.service((service) => {
			if (!this.#questions.includes(question)) return;
			if (service === undefined) this.#end(question, undefined);
			else this.#send(question, service.jid, service.dialect);
		});
	}

	#send(question: Question, jid: string, dialect: Dialect): void {
		try {
			question.write(jid, dialect);
		} catch {
			// Larger than any stanza of ours.
			this.#end(question, undefined);
			return;
		}
		this.#options.router.send(({ error, payload }) => {
			if (!this.#questions.includes(question)) return;
			// No answer is no, and no decision (R-324-25).
			const record = error === undefined && payload?.namespace === dialect.provisioning ? question.read(payload, dialect) : undefined;
			if (record !== undefined && question.current) this.#cache.keep(question.text, record);
			this.#end(question, record);
		});
	}

	#end(question: Question, record: VaultRecord | undefined): void {
		const index = this.#questions.indexOf(question);
		if (index < 0) return;
		this.#questions.splice(index, 1);
		this.#waiting -= question.waiting.length;
		for (const onAnswer of question.waiting) onAnswer(record);
	}
}

/** Order and repetition of names mean nothing. */
function textOf({ jid, categories, nodes, fields, tokens }: ReadQuestion): string {
	const lists = [nodes, fields].map((names) => [...new Set(names)].sort());
	return JSON.stringify(["read", foldJID(jid), categories, ...lists, tokens]);
}

function recordOf(permission: ReadPermission | undefined): VaultRecord {
	if (permission === undefined) return { yes: false };
	const { categories, fields } = permission;
	return { yes: true, categories, fields: fields && JSON.stringify(fields) };
}

function permissionOf(record: VaultRecord | undefined): ReadPermission | undefined {
	if (record?.yes !== true || typeof record.categories !== "number") return undefined;
	const fields = typeof record.fields === "string" ? (JSON.parse(record.fields) as string[]) : undefined;
	return { categories: record.categories, fields };
}
