// One life at the Thing Registry (XEP-0347), the thing's or a node's: told its tags, given an owner, taken from him.
import type { Dialect, NodeReference } from "../iot/dialect.js";
import { parseClaimed, type RegistryAnswer, writeRegister, writeUnregister, writeUpdate } from "../iot/registry.js";
import type { Tag } from "../iot/sticker.js";
import { limits } from "../limits.js";
import { messageOf } from "../text/message.js";
import type { Writer } from "../xml/writer.js";
import type { IQRequest } from "../xmpp/iq.js";
import type { Scheduler, Task } from "../xmpp/scheduler.js";
import type { Condition } from "../xmpp/stanza-error.js";
import type { LifeEvent } from "./events.js";
import type { Claim, LifeCycle } from "./life-cycle.js";

/** Who has an owner. */
export interface Registrant {
	readonly lifeCycle: LifeCycle;
	/** undefined for the thing. */
	readonly node?: NodeReference;
	/** The sticker's, all of them and no other (R-347-6). */
	tags(): readonly Tag[];
	/** Public from the start, and nobody's to claim. */
	readonly selfOwned: boolean;
	onClaimed(): void;
	onDisowned(owner: string): void;
	onEvent(event: LifeEvent): void;
}

/** Of the owner's: the tags that the registry has, since it dropped our KEY (R-347-13). */
const TOLD = "key";
/** Those that another version of the firmware may be without. */
const OPTIONAL: readonly string[] = Object.freeze(["CLASS", "NAME"]);
/** First pause after a failure, seconds; doubled each time. */
const FIRST_PAUSE = 5;
/** Seconds that the registry gets to finish with a claim or a disowning before we say more (R-347-30). */
const SETTLE = 2;

/** What all of them share: the one registry that the thing has found. */
export interface RegistryLink {
	/** Bare address once it is known. */
	readonly jid: string | undefined;
	readonly scheduler: Scheduler;
	/** Somebody can be told something now. */
	readonly isFree: boolean;
	/** Uniform from 0 up to 1. */
	fraction(): number;
	/** One after the other does what is to be done. */
	proceed(): void;
	/** One request; what fails is tried again, but for a refusal that `onAnswer` knows what to make of. */
	ask(
		life: Registration,
		write: (writer: Writer, dialect: Dialect) => void,
		onAnswer: (answer: RegistryAnswer, refusal: Condition | undefined) => boolean
	): void;
}

export abstract class Registration {
	readonly who: Registrant;
	#failures = 0;
	#task: Task | undefined;
	/** The registry has our tags since this login (R-347-24), or has forgotten them. */
	#registered = false;
	/** How often the registry took an owner away in this boot. */
	#takings = 0;
	/** The registry was asked once in this boot whether we are still claimed (R-347-16, 17). */
	#checked = false;

	constructor(who: Registrant) {
		this.who = who;
	}

	abstract get link(): RegistryLink;

	/** The registry is yet to forget it. */
	get ends(): boolean {
		const state = this.who.lifeCycle.state;
		return state === "reset" || state === "leaving";
	}

	/** It has an owner whom the registry knows, or had one that it is yet to forget. */
	get isKnown(): boolean {
		return this.who.lifeCycle.owner != null || this.ends;
	}

	/** Nobody knows of it. */
	get isNew(): boolean {
		const state = this.who.lifeCycle.state;
		return state === "account" || state === "factory";
	}

	/** Nothing is said before the pause is over. */
	get waits(): boolean {
		return this.#task != null;
	}

	/** The registry is to be told of it, as after each login. */
	begin(): void {
		this.#registered = false;
		this.#failures = 0;
	}

	stop(): void {
		this.link.scheduler.clear(this.#task);
		this.#task = undefined;
	}

	/** Does what the state asks for, if anything. */
	advance(): void {
		if (!this.link.isFree || this.#task) return;
		const lifeCycle = this.who.lifeCycle;
		switch (lifeCycle.state) {
			case "removed":
			case "paired":
				return;
			case "reset":
			case "leaving":
				if (!this.#registered) this.unregister();
				return;
			case "factory":
				// Who is online has an account: its mark could not be stored. A node has waited for nothing else.
				try {
					lifeCycle.take("account");
				} catch (error) {
					this.fail(`The account could not be marked as ours (${messageOf(error)})`);
					return;
				}
				this.register();
				return;
			case "disowned":
				this.settle(this.registerAgain);
				return;
			case "claimed":
				// A private thing has nothing more to tell (R-347-14); a claimed one never registers (R-347-11).
				if (lifeCycle.public !== false && !this.#checked) this.update();
				return;
			default:
				if (!this.#registered) this.register();
		}
	}

	private settle(then: () => void): void {
		this.pause(SETTLE * (1000 + 1000 * this.link.fraction()), then);
	}

	private pause(milliseconds: number, then: () => void): void {
		this.stop();
		this.#task = this.link.scheduler.set(milliseconds, then, this);
	}

	/** After a pause, as registerAgain(). */
	private proceedAgain(): void {
		this.#task = undefined;
		this.link.proceed();
	}

	private registerAgain(): void {
		this.#task = undefined;
		if (this.link.isFree) this.register();
		else this.settle(this.registerAgain);
	}

	private register(): void {
		const takings = this.#takings;
		const who = this.who;
		this.link.ask(
			this,
			(writer, dialect) => writeRegister(writer, dialect, who.tags(), who.node, who.selfOwned),
			(answer, refusal) => {
				if (refusal != null) return false;
				// The owner whom it names may be the one who was taken away meanwhile: it is asked anew.
				if (this.#takings !== takings) return true;
				if (answer.claimed) {
					if (!this.claim(answer.claimed))
						who.onEvent({ event: "error", message: "The registry names another owner than the one we have." });
				} else if (who.lifeCycle.take("registered")) who.onEvent({ event: "registered", registry: this.link.jid! });
				this.#registered = true;
				return true;
			}
		);
	}

	/** An owner of before is asked for no more: without this the registry would name him again (R-347-21). */
	private unregister(): void {
		// It was never told of us.
		if (this.link.jid == null) this.unregistered();
		else
			this.link.ask(
				this,
				(writer, dialect) => writeUnregister(writer, dialect, this.who.node),
				(_answer, refusal) => (refusal == null || refusal === "item-not-found") && this.unregistered()
			);
	}

	private unregistered(): boolean {
		this.#registered = true;
		this.forgotten();
		return true;
	}

	/** The registry knows it no more. */
	protected abstract forgotten(): void;

	/** Blanks KEY in the registry, so that the sticker claims nothing more, tells what is new, or just shows our face: each time we learn where we stand. */
	private update(): void {
		const who = this.who;
		const lifeCycle = who.lifeCycle;
		const owner = lifeCycle.owner;
		const tags = who.tags();
		const told = lifeCycle.readOwned(TOLD);
		const now: Record<string, string | number> = {};
		const changed: Tag[] = [];
		for (let i = 0; i < tags.length; i++) {
			const tag = tags[i]!;
			const { name, value } = tag;
			if (name !== "KEY") now[name] = value;
			if (told ? name !== "KEY" && told[name] !== value : name === "KEY") changed.push(told ? tag : { name, value: "" });
		}
		for (let i = 0; i < OPTIONAL.length; i++) {
			const name = OPTIONAL[i]!;
			if (told?.[name] != null && now[name] == null) changed.push({ name, value: "" });
		}
		const isNew = changed.length > 0;
		if (!isNew) changed.push({ name: "V", value: now.V! });
		this.link.ask(
			this,
			(writer, dialect) => writeUpdate(writer, dialect, changed, who.node),
			(answer, refusal) => {
				// What was said of another owner meanwhile is void.
				if (lifeCycle.owner !== owner) return true;
				// Removed by the owner: nothing more is told, he stays the owner (R-347-16).
				if (refusal === "item-not-found") this.remove();
				else if (refusal != null) return false;
				else if (answer.disowned === true) this.disown();
				else if (isNew) lifeCycle.writeOwned(TOLD, now);
				this.#checked = true;
				return true;
			}
		);
	}

	/** The registry has answered. */
	succeeded(): void {
		this.#failures = 0;
	}

	/** Says so, and tries again after a pause that grows and is never quite the same (power comes back to a thousand things at once). */
	fail(what: string): void {
		const pause = Math.min(limits.retrySeconds, FIRST_PAUSE * 2 ** Math.min(this.#failures++, 10)) * (0.5 + 0.5 * this.link.fraction());
		this.who.onEvent({ event: "error", message: `${what}; trying again in ${Math.ceil(pause)} s.` });
		this.pause(pause * 1000, this.proceedAgain);
	}

	/** Called with what the registry says of it, as receiveRemoved() and receiveDisowned() are. */
	receiveClaimed(request: IQRequest): void {
		const claim = parseClaimed(request.payload);
		if (!claim) request.fail("bad-request", "claimed needs the owner's JID.");
		else if (this.claim(claim)) request.succeed();
		else request.fail("not-allowed", "This thing has another owner.");
	}

	receiveRemoved(request: IQRequest): void {
		this.remove();
		request.succeed();
	}

	/** Kept before it is acknowledged: a registry that heard nothing still has the owner, and we ask it at the next boot. */
	receiveDisowned(request: IQRequest): void {
		this.#takings++;
		this.disown(() => request.succeed());
	}

	private claim(claim: Claim): boolean {
		const who = this.who;
		const known = who.lifeCycle.state === "claimed";
		if (!who.lifeCycle.take("claimed", claim)) return false;
		if (known) return true;
		who.onEvent({ event: "claimed", owner: claim.owner, public: claim.public });
		who.onClaimed();
		this.#checked = false;
		this.settle(this.proceedAgain);
		return true;
	}

	private remove(): void {
		const who = this.who;
		const known = who.lifeCycle.state === "removed";
		if (who.lifeCycle.take("removed") && !known) who.onEvent({ event: "removed" });
	}

	private disown(acknowledge?: () => void): void {
		const who = this.who;
		const owner = who.lifeCycle.owner;
		const taken = who.lifeCycle.take("disowned");
		acknowledge?.();
		if (!taken || owner == null) return;
		this.#checked = false;
		who.onEvent({ event: "disowned" });
		who.onDisowned(owner);
		this.stop();
		this.link.proceed();
	}
}

/** A node's. */
export class NodeRegistration extends Registration {
	readonly link: RegistryLink;

	constructor(who: Registrant, link: RegistryLink) {
		super(who);
		this.link = link;
	}

	protected forgotten(): void {
		this.who.lifeCycle.take("account");
		this.begin();
	}
}
