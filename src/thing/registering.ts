// The thing and its Thing Registry (XEP-0347): found, told our tags, believed when it names an owner or takes him away.
import type { Host } from "../host.js";
import { type Dialect, dialects, namespaces } from "../iot/dialect.js";
import {
	parseClaimed,
	parseNotice,
	parseRegisterAnswer,
	type RegistryAnswer,
	writeRegister,
	writeUnregister,
	writeUpdate
} from "../iot/registry.js";
import { findService } from "../iot/service-discovery.js";
import type { Tag } from "../iot/sticker.js";
import { limits } from "../limits.js";
import { messageOf } from "../text/message.js";
import type { Answer, IQRequest, IQRouter } from "../xmpp/iq.js";
import { sameJID } from "../xmpp/jid.js";
import type { Scheduler, Task } from "../xmpp/scheduler.js";
import type { StanzaError } from "../xmpp/stanza-error.js";
import type { LifeEvent } from "./events.js";
import type { Claim, LifeCycle } from "./life-cycle.js";
import type { Vault } from "./vault.js";

export interface RegisteringOptions {
	readonly router: IQRouter;
	readonly scheduler: Scheduler;
	readonly random: Host["random"];
	readonly vault: Vault;
	readonly lifeCycle: LifeCycle;
	readonly domain: string;
	/** The sticker's, all of them and no other (R-347-6). */
	readonly tags: () => readonly Tag[];
	/** Public from the start, and nobody's to claim. */
	readonly selfOwned: boolean;
	/** Address of the registry where it is configured; else it is looked for among the components of the domain. */
	readonly given: string | undefined;
	/** Once per connection, before anything is asked of it: it must know where we are. */
	readonly onRegistry: (jid: string) => void;
	readonly onClaimed: (owner: string) => void;
	readonly onDisowned: (owner: string) => void;
	/** After a reset: the registry has forgotten us. */
	readonly onUnregistered: () => void;
	readonly onEvent: (event: LifeEvent) => void;
}

const NOTICES: readonly string[] = Object.freeze(["claimed", "removed", "disowned"]);
const REGISTRY = "registry";
/** Of the owner's: the tags that the registry has, since it dropped our KEY (R-347-13). */
const TOLD = "key";
/** Those that another version of the firmware may be without. */
const OPTIONAL: readonly string[] = Object.freeze(["CLASS", "NAME"]);
/** First pause after a failure, seconds; doubled each time. */
const FIRST_PAUSE = 5;
/** Seconds that the registry gets to finish with a claim or a disowning before we say more (R-347-30). */
const SETTLE = 2;

export class Registering {
	#options: RegisteringOptions;
	#registry: { readonly jid: string; readonly dialect: Dialect } | undefined;
	#online = false;
	/** The registry is being asked, or looked for. */
	#busy = false;
	#failures = 0;
	#task: Task | undefined;
	/** The registry has our tags since this login (R-347-24), or has forgotten them. */
	#registered = false;
	/** How often the registry took an owner away in this boot. */
	#takings = 0;
	/** The registry was asked once in this boot whether we are still claimed (R-347-16, 17). */
	#checked = false;

	constructor(options: RegisteringOptions) {
		this.#options = options;
		this.#registry = this.load();
		for (let i = 0; i < NOTICES.length; i++) options.router.handle("set", NOTICES[i]!, namespaces.discovery, this.heed, this);
	}

	/** Bare address of the registry once it is known. */
	get jid(): string | undefined {
		return this.#registry?.jid;
	}

	/** Our presence is out. */
	online(): void {
		this.#online = true;
		this.#busy = false;
		this.#registered = false;
		this.#failures = 0;
		if (this.#registry) this.#options.onRegistry(this.#registry.jid);
		this.proceed();
	}

	offline(): void {
		this.#online = false;
		this.#options.scheduler.clear(this.#task);
		this.#task = undefined;
	}

	/** The thing is nobody's, and nobody knows it. */
	resume(): void {
		this.#registered = false;
		this.proceed();
	}

	/** Does what the state asks for, if anything. */
	private proceed(): void {
		if (!this.#online || this.#busy || this.#task) return;
		const options = this.#options;
		switch (options.lifeCycle.state) {
			case "removed":
			case "paired":
				return;
			case "reset":
			case "leaving":
				if (!this.#registered) this.unregister();
				return;
			case "factory":
				// Who is online has an account: its mark could not be stored.
				try {
					options.lifeCycle.take("account");
				} catch (error) {
					this.fail(`The account could not be marked as ours (${messageOf(error)})`);
					return;
				}
				this.register();
				return;
			case "disowned":
				this.#task = options.scheduler.set(SETTLE * (1000 + 1000 * fraction(options.random)), this.registerAgain, this);
				return;
			case "claimed":
				// A private thing has nothing more to tell (R-347-14); a claimed one never registers (R-347-11).
				if (options.lifeCycle.public !== false && !this.#checked) this.update();
				return;
			default:
				if (!this.#registered) this.register();
		}
	}

	/** After a pause, as registerAgain(). */
	private proceedAgain(): void {
		this.#task = undefined;
		this.proceed();
	}

	private registerAgain(): void {
		this.#task = undefined;
		this.register();
	}

	private register(): void {
		const takings = this.#takings;
		const options = this.#options;
		this.ask(
			(writer, dialect) => writeRegister(writer, dialect, options.tags(), undefined, options.selfOwned),
			(answer, jid) => {
				// The owner whom it names may be the one who was taken away meanwhile: it is asked anew.
				if (this.#takings !== takings) return;
				if (answer.claimed) {
					if (!this.claim(answer.claimed))
						this.#options.onEvent({ event: "error", message: "The registry names another owner than the one we have." });
				} else if (this.#options.lifeCycle.take("registered")) this.#options.onEvent({ event: "registered", registry: jid });
				this.#registered = true;
			}
		);
	}

	/** An owner of before is asked for no more: without this the registry would name him again (R-347-21). */
	private unregister(): void {
		const done = (): boolean => {
			this.#registered = true;
			this.#options.onUnregistered();
			return true;
		};
		// It was never told of us.
		if (!this.#registry) {
			done();
			this.proceed();
		} else this.ask(writeUnregister, done, (error) => error.condition === "item-not-found" && done());
	}

	/** Blanks KEY in the registry, so that the sticker claims nothing more, tells what is new, or just shows our face: each time we learn where we stand. */
	private update(): void {
		const lifeCycle = this.#options.lifeCycle;
		const owner = lifeCycle.owner;
		const tags = this.#options.tags();
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
		this.ask(
			(writer, dialect) => writeUpdate(writer, dialect, changed),
			(answer) => {
				// What was said of another owner meanwhile is void.
				if (lifeCycle.owner !== owner) return;
				if (answer.disowned === true) this.disown();
				else if (isNew) lifeCycle.writeOwned(TOLD, now);
				this.#checked = true;
			},
			(error) => {
				if (lifeCycle.owner !== owner) return true;
				// Removed by the owner: nothing more is told, he stays the owner (R-347-16).
				if (error.condition !== "item-not-found") return false;
				this.remove();
				this.#checked = true;
				return true;
			}
		);
	}

	/** One request to the registry, which is found first where it is not known. What fails is tried again. */
	private ask(
		write: (writer: ReturnType<IQRouter["open"]>, dialect: Dialect) => void,
		onAnswer: (answer: RegistryAnswer, jid: string) => void,
		onRefusal: (error: StanzaError) => boolean = () => false
	): void {
		const registry = this.#registry;
		if (registry == null) {
			this.find();
			return;
		}
		const router = this.#options.router;
		this.#busy = true;
		write(router.open("set", registry.jid), registry.dialect);
		router.send((answer) =>
			this.answered(answer, () => {
				if (!answer.error) onAnswer(parseRegisterAnswer(answer.payload), registry.jid);
				else if (!onRefusal(answer.error)) {
					this.forget(answer.error);
					this.fail(`The registry ${registry.jid} did not take what we told it (${said(answer.error)})`);
					return;
				}
				this.#failures = 0;
				this.proceed();
			})
		);
	}

	/** An answer that a lost connection made up is none: online() begins anew. */
	private answered(_answer: Answer, proceed: () => void): void {
		if (!this.#online || this.#options.router.address == null) return;
		this.#busy = false;
		try {
			proceed();
		} catch (error) {
			this.fail(`What the registry said could not be kept (${messageOf(error)})`);
		}
	}

	private find(): void {
		const { router, domain, given } = this.#options;
		this.#busy = true;
		findService(router, domain, namespaces.discovery, given, (jid, dialect, error) =>
			this.answered({}, () => {
				if (jid == null || !dialect) {
					const where = given == null ? `No Thing Registry was found at ${domain}` : `The Thing Registry ${given} could not be reached`;
					this.fail(!error ? where : `${where} (${said(error)})`);
					return;
				}
				this.#registry = { jid, dialect };
				this.#failures = 0;
				this.#options.onRegistry(jid);
				this.#options.vault.write(REGISTRY, { jid, dialect: dialect.name, domain });
				this.proceed();
			})
		);
	}

	/** An address that nobody is at is looked for again, unless it may be the one that knows an owner of ours. */
	private forget(error: StanzaError): void {
		const { given, lifeCycle } = this.#options;
		const gone = error.condition === "service-unavailable" || error.condition === "remote-server-not-found";
		const knows = lifeCycle.owner != null || lifeCycle.state === "reset" || lifeCycle.state === "leaving";
		if (gone && given == null && !knows) this.#registry = undefined;
	}

	/** Says so, and tries again after a pause that grows and is never quite the same (power comes back to a thousand things at once). */
	private fail(what: string): void {
		const options = this.#options;
		const pause = Math.min(limits.retrySeconds, FIRST_PAUSE * 2 ** Math.min(this.#failures++, 10)) * (0.5 + 0.5 * fraction(options.random));
		options.onEvent({ event: "error", message: `${what}; trying again in ${Math.ceil(pause)} s.` });
		options.scheduler.clear(this.#task);
		this.#task = options.scheduler.set(pause * 1000, this.proceedAgain, this);
	}

	/** From the registry and about ourselves, or not at all (R-347-25). */
	private heed(request: IQRequest): void {
		const registry = this.#registry?.jid;
		if (registry == null || !sameJID(request.from, registry)) {
			request.fail("forbidden", "Only this thing's registry may say so.", "cancel");
			this.#options.onEvent({ event: "denied", from: request.from, what: "claim" });
		} else if (parseNotice(request.payload) != null) request.fail("item-not-found", "There is no such node.");
		else if (request.payload.name === "claimed") this.receiveClaimed(request);
		else if (request.payload.name === "removed") this.receiveRemoved(request);
		else this.receiveDisowned(request);
	}

	private receiveClaimed(request: IQRequest): void {
		const claim = parseClaimed(request.payload);
		if (!claim) request.fail("bad-request", "claimed needs the owner's JID.");
		else if (this.claim(claim)) request.succeed();
		else request.fail("not-allowed", "This thing has another owner.");
	}

	private receiveRemoved(request: IQRequest): void {
		this.remove();
		request.succeed();
	}

	/** Kept before it is acknowledged: a registry that heard nothing still has the owner, and we ask it at the next boot. */
	private receiveDisowned(request: IQRequest): void {
		this.#takings++;
		this.disown(() => request.succeed());
	}

	private claim(claim: Claim): boolean {
		const options = this.#options;
		const known = options.lifeCycle.state === "claimed";
		if (!options.lifeCycle.take("claimed", claim)) return false;
		if (known) return true;
		options.onEvent({ event: "claimed", owner: claim.owner, public: claim.public });
		options.onClaimed(claim.owner);
		this.#checked = false;
		options.scheduler.clear(this.#task);
		this.#task = options.scheduler.set(SETTLE * (1000 + 1000 * fraction(options.random)), this.proceedAgain, this);
		return true;
	}

	private remove(): void {
		const options = this.#options;
		const known = options.lifeCycle.state === "removed";
		if (options.lifeCycle.take("removed") && !known) options.onEvent({ event: "removed" });
	}

	private disown(acknowledge?: () => void): void {
		const options = this.#options;
		const owner = options.lifeCycle.owner;
		const taken = options.lifeCycle.take("disowned");
		acknowledge?.();
		if (!taken || owner == null) return;
		this.#checked = false;
		options.onEvent({ event: "disowned" });
		options.onDisowned(owner);
		options.scheduler.clear(this.#task);
		this.#task = undefined;
		this.proceed();
	}

	private load(): { jid: string; dialect: Dialect } | undefined {
		const { vault, domain, given } = this.#options;
		const record = vault.read(REGISTRY);
		const dialect = dialects.find((one) => one.name === record?.dialect);
		if (!dialect || typeof record?.jid !== "string" || record.domain !== domain) return;
		return given == null || sameJID(given, record.jid) ? { jid: record.jid, dialect } : undefined;
	}
}

/** Uniform from 0 up to 1. */
function fraction(random: Host["random"]): number {
	const bytes = random(2);
	return (bytes[0]! * 256 + bytes[1]!) / 65_536;
}

function said(error: StanzaError): string {
	return error.text ? `${error.condition}: ${error.text}` : error.condition;
}
