// The thing and its Thing Registry (XEP-0347): found, told of the thing and of its nodes, heard when it speaks of one of them.
import type { Host } from "../host.js";
import { type Dialect, dialects, isNode, namespaces } from "../iot/dialect.js";
import { parseNotice, parseRegisterAnswer, type RegistryAnswer } from "../iot/registry.js";
import { findService } from "../iot/service-discovery.js";
import { messageOf } from "../text/message.js";
import type { Writer } from "../xml/writer.js";
import type { IQRequest, IQRouter } from "../xmpp/iq.js";
import { sameJID } from "../xmpp/jid.js";
import type { Scheduler } from "../xmpp/scheduler.js";
import type { Condition, StanzaError } from "../xmpp/stanza-error.js";
import { NodeRegistration, type Registrant, Registration, type RegistryLink } from "./registration.js";
import type { Vault } from "./vault.js";

export interface RegisteringOptions extends Registrant {
	readonly router: IQRouter;
	readonly scheduler: Scheduler;
	readonly random: Host["random"];
	readonly vault: Vault;
	readonly domain: string;
	readonly nodes?: readonly Registrant[];
	/** Address of the registry where it is configured; else it is looked for among the components of the domain. */
	readonly given: string | undefined;
	/** Once per connection, before anything is asked of it: it must know where we are. */
	readonly onRegistry: (jid: string) => void;
	/** After a reset: the registry has forgotten us, and all our nodes. */
	readonly onUnregistered: () => void;
}

const NOTICES: readonly string[] = Object.freeze(["claimed", "removed", "disowned"]);
const REGISTRY = "registry";
const NONE: readonly Registration[] = Object.freeze([]);

/** The thing's own registration, and the way to the registry for those of its nodes. */
export class Registering extends Registration implements RegistryLink {
	#options: RegisteringOptions;
	#nodes: readonly Registration[];
	#registry: { readonly jid: string; readonly dialect: Dialect } | undefined;
	#online = false;
	/** The registry is being asked, or looked for. */
	#busy = false;

	constructor(options: RegisteringOptions) {
		super(options);
		this.#options = options;
		this.#nodes = options.nodes && options.nodes.length > 0 ? options.nodes.map((node) => new NodeRegistration(node, this)) : NONE;
		this.#registry = this.load();
		for (let i = 0; i < NOTICES.length; i++) options.router.handle("set", NOTICES[i]!, namespaces.discovery, this.heed, this);
	}

	get link(): this {
		return this;
	}

	/** Bare address of the registry once it is known. */
	get jid(): string | undefined {
		return this.#registry?.jid;
	}

	get scheduler(): Scheduler {
		return this.#options.scheduler;
	}

	/** Somebody can be told something now. */
	get isFree(): boolean {
		return this.#online && !this.#busy;
	}

	/** Uniform from 0 up to 1. */
	fraction(): number {
		const bytes = this.#options.random(2);
		return (bytes[0]! * 256 + bytes[1]!) / 65_536;
	}

	/** Our presence is out. */
	online(): void {
		this.#online = true;
		this.#busy = false;
		this.begin();
		for (let i = 0; i < this.#nodes.length; i++) this.#nodes[i]!.begin();
		if (this.#registry) this.#options.onRegistry(this.#registry.jid);
		this.proceed();
	}

	offline(): void {
		this.#online = false;
		this.stop();
		for (let i = 0; i < this.#nodes.length; i++) this.#nodes[i]!.stop();
	}

	/** The thing is nobody's, and nobody knows it. */
	resume(): void {
		this.begin();
		this.proceed();
	}

	/** One after the other: the thing first, but at its end last, since the account that its nodes are known by may go with it. */
	proceed(): void {
		const nodes = this.#nodes;
		const ends = this.ends;
		if (!ends) this.advance();
		for (let i = 0; i < nodes.length; i++) if (!ends || nodes[i]!.ends) nodes[i]!.advance();
		if (ends && nodes.every((node) => node.isNew)) this.advance();
	}

	protected forgotten(): void {
		this.#options.onUnregistered();
	}

	/** The registry is found first where it is not known. */
	ask(
		life: Registration,
		write: (writer: Writer, dialect: Dialect) => void,
		onAnswer: (answer: RegistryAnswer, refusal: Condition | undefined) => boolean
	): void {
		const registry = this.#registry;
		if (registry == null) {
			if (!this.waits) this.find();
			return;
		}
		const router = this.#options.router;
		this.#busy = true;
		write(router.open("set", registry.jid), registry.dialect);
		router.send((answer) =>
			this.answered(life, () => {
				const error = answer.error;
				if (onAnswer(parseRegisterAnswer(answer.payload), error?.condition) || !error) life.succeeded();
				else {
					this.forget(error);
					life.fail(`The registry ${registry.jid} did not take what we told it (${said(error)})`);
				}
			})
		);
	}

	/** An answer that a lost connection made up is none: online() begins anew. */
	private answered(life: Registration, proceed: () => void): void {
		if (!this.#online || this.#options.router.address == null) return;
		this.#busy = false;
		try {
			proceed();
		} catch (error) {
			life.fail(`What the registry said could not be kept (${messageOf(error)})`);
		}
		this.proceed();
	}

	private find(): void {
		const { router, domain, given } = this.#options;
		this.#busy = true;
		findService(router, domain, namespaces.discovery, given, (jid, dialect, error) =>
			this.answered(this, () => {
				if (jid == null || !dialect) {
					const where = given == null ? `No Thing Registry was found at ${domain}` : `The Thing Registry ${given} could not be reached`;
					this.fail(!error ? where : `${where} (${said(error)})`);
					return;
				}
				this.#registry = { jid, dialect };
				this.succeeded();
				this.#options.onRegistry(jid);
				this.#options.vault.write(REGISTRY, { jid, dialect: dialect.name, domain });
			})
		);
	}

	/** An address that nobody is at is looked for again, unless it may be the one that knows an owner of ours. */
	private forget(error: StanzaError): void {
		const gone = error.condition === "service-unavailable" || error.condition === "remote-server-not-found";
		if (gone && this.#options.given == null && !this.isKnown && !this.#nodes.some((node) => node.isKnown)) this.#registry = undefined;
	}

	/** From the registry and about ourselves or a node of ours, or not at all (R-347-20, R-347-25). */
	private heed(request: IQRequest): void {
		const registry = this.#registry?.jid;
		if (registry == null || !sameJID(request.from, registry)) {
			request.fail("forbidden", "Only this thing's registry may say so.", "cancel");
			this.#options.onEvent({ event: "denied", from: request.from, what: "claim" });
			return;
		}
		const meant = parseNotice(request.payload);
		const life = meant ? this.#nodes.find((node) => isNode(node.who.node!, meant)) : this;
		if (!life) request.fail("item-not-found", "There is no such node.");
		else if (request.payload.name === "claimed") life.receiveClaimed(request);
		else if (request.payload.name === "removed") life.receiveRemoved(request);
		else life.receiveDisowned(request);
	}

	private load(): { jid: string; dialect: Dialect } | undefined {
		const { vault, domain, given } = this.#options;
		const record = vault.read(REGISTRY);
		const dialect = dialects.find((one) => one.name === record?.dialect);
		if (!dialect || typeof record?.jid !== "string" || record.domain !== domain) return;
		return given == null || sameJID(given, record.jid) ? { jid: record.jid, dialect } : undefined;
	}
}

function said(error: StanzaError): string {
	return error.text ? `${error.condition}: ${error.text}` : error.condition;
}
