// The thing: everything it is made of, tied together. It speaks to its broker and to nobody else.
import type { Host } from "../host.js";
import { Readouts, type ReadoutsOptions } from "../iot/readouts.js";
import { type Tag, writeSticker } from "../iot/sticker.js";
import { messageOf } from "../text/message.js";
import type { Element } from "../xml/element.js";
import type { Disco } from "../xmpp/disco.js";
import { bareJID, sameBare } from "../xmpp/jid.js";
import { PresenceBook } from "../xmpp/presence.js";
import { Roster } from "../xmpp/roster.js";
import { Scheduler } from "../xmpp/scheduler.js";
import { Session, type SessionHandler } from "../xmpp/session.js";
import { Accounts } from "./accounts.js";
import { Authorizer } from "./authorizer.js";
import { Chat } from "./chat.js";
import { Controls } from "./controls.js";
import { Decisions } from "./decisions.js";
import { type Definition, fieldsOf } from "./definition.js";
import type { LifeEvent } from "./events.js";
import { checkSticker, type FactoryData, factoryNow, forgetAPIKey, loadAPIKey, loadFactory, tagsOf } from "./factory.js";
import { Friends } from "./friends.js";
import { LifeCycle, type State } from "./life-cycle.js";
import { introduce } from "./manners.js";
import { endNodes, makeNodes, type Node, type NodeKeeper, ownersOf, partFormer } from "./nodes.js";
import { Pairing } from "./pairing.js";
import { Provisioning } from "./provisioning.js";
import { Registering } from "./registering.js";
import { Renewal } from "./renewal.js";
import { sample } from "./sample.js";
import { fallAsleep, takeSession } from "./sleep.js";
import { domainIn, type ThingOptions } from "./thing-options.js";
import { Timekeeper } from "./timekeeper.js";
import { Vault } from "./vault.js";

const THING = Object.freeze({ id: "thing" });
/** Of the owner's: the roster holds nobody of an earlier one. */
const SWEPT = "roster";

export class Thing implements SessionHandler, NodeKeeper {
	#host: Host;
	#definition: Definition;
	#domain: string;
	#vault: Vault;
	#factory: FactoryData;
	#renewal: Renewal;
	#lifeCycle: LifeCycle;
	#nodes: readonly Node[];
	#session: Session;
	#disco: Disco;
	#book: PresenceBook;
	#friends: Friends;
	#registering: Registering;
	#readouts: Readouts;
	#controls: Controls | undefined;
	#chat: Chat | undefined;
	#provisioning: Provisioning;
	#decisions: Decisions;
	#timekeeper: Timekeeper;
	#pairing: Pairing | undefined;
	#awake = false; // What the broker knows of us was asked for in this life.
	#goes: boolean; // A reset takes the account away: the API key is there to make another.

	/** Throws, in one sentence, what is wrong with the options or with what is stored. */
	constructor(options: ThingOptions) {
		const { host, definition, provisioning, registry } = options;
		const domain = domainIn(options);
		this.#host = host;
		this.#domain = domain;
		this.#definition = definition;
		const node = definition.node == null ? THING : { id: definition.node };
		const tell = (event: LifeEvent): void => this.tell(event);
		const vault = new Vault(host.storage, (message) => this.tell({ event: "error", message }));
		const random = host.random;
		this.#vault = vault;
		this.#factory = loadFactory(vault, random, options);
		checkSticker(tagsOf(definition, this.#factory));
		const lifeCycle = new LifeCycle(vault, random);
		this.#lifeCycle = lifeCycle;
		const nodes = makeNodes(this, options, vault);
		this.#nodes = nodes;
		const { clock, crypto } = host;
		const accounts = new Accounts(vault, random, domain, lifeCycle, host.network.account);
		const stands = accounts.account()?.registered === true;
		for (let i = 0; i < nodes.length; i++) nodes[i]!.lifeCycle.agree(accounts.moved, stands);
		lifeCycle.agree(accounts.moved, stands);
		// What has been erased stays so, whoever gives it again.
		const forgets = definition.forgetAPIKey === true;
		const apiKey = forgets && stands ? undefined : loadAPIKey(vault, options.apiKey);
		this.#goes = apiKey != null && !forgets;
		if (options.factoryReset === true) this.reset();

		const scheduler = new Scheduler(host, (error) => this.onError(error));
		const session = new Session({
			host,
			scheduler,
			domain,
			address: options.address,
			tls: options.tls,
			anchors: options.anchors,
			accounts,
			seed: this.#factory.serial,
			apiKey,
			tlsUnique: definition.tlsUnique,
			held: takeSession(host.memory, domain, options.factoryReset === true ? undefined : accounts.account()),
			handler: this
		});
		this.#session = session;
		const router = session.router;
		this.#renewal = new Renewal(router, domain, accounts, lifeCycle);
		this.#timekeeper = new Timekeeper({ clock, vault, scheduler, router, domain, built: options.built });
		this.#disco = introduce(router, definition, clock, apiKey != null, (from) => this.isFamiliar(from));
		this.#book = new PresenceBook({
			outbox: session,
			onSubscription: (step, from) => this.#friends.step(step, from),
			onUnavailable: (from) => this.#readouts.forget(from)
		});
		this.#friends = new Friends({
			book: this.#book,
			roster: new Roster({ router, onItem: (item) => this.#friends.receive(item) }),
			owners: () => ownersOf(lifeCycle, nodes),
			registry: () => this.#registering.jid,
			isFriend: (jid, decide) => this.isFriend(jid, decide),
			swept: {
				get: () => this.master != null && lifeCycle.readOwned(SWEPT) != null,
				set: () => this.master != null && lifeCycle.mark(SWEPT)
			},
			onDenied: (from) => this.tell({ event: "denied", from, what: "subscription" })
		});
		this.#provisioning = new Provisioning({
			...{ router, scheduler, vault, domain },
			get given() {
				return provisioning ?? (lifeCycle.state === "paired" ? lifeCycle.owner : undefined);
			},
			onService: (jid) => this.greet(jid),
			onClear: () => this.#decisions.clear(),
			onFriend: (jid) => this.#friends.introduce(jid),
			onUnfriend: (jid, onDone) => this.part(jid, onDone),
			onDenied: (from) => this.tell({ event: "denied", from, what: "clearCache" })
		});
		if (lifeCycle.state === "reset" || lifeCycle.state === "leaving") {
			endNodes(nodes);
			this.#provisioning.forget();
		}
		if (host.button)
			this.#pairing = new Pairing({
				...{ host, scheduler, router, domain, lifeCycle },
				isFree: () => this.#registering.jid == null && this.#provisioning.jid == null,
				onPaired: (service) => this.onClaimed({ event: "paired", service }),
				onHeld: definition.resetButton === true ? () => this.factoryReset() : undefined
			});
		this.#decisions = new Decisions({
			...{ router, scheduler, crypto, clock, lifeCycle, node, nodes, provisioning: this.#provisioning },
			hours: definition.decisionHours,
			onEvent: tell
		});
		this.#registering = new Registering({
			...{ router, scheduler, random, vault, lifeCycle, domain, nodes },
			tags: () => this.tags(),
			selfOwned: definition.selfOwned === true,
			given: registry,
			onRegistry: (jid) => this.#book.announce(this.#disco.caps(crypto), jid),
			onClaimed: () => this.onClaimed(),
			onDisowned: (owner) => this.onDisowned(owner),
			onUnregistered: () => this.#renewal.leave(this.#registering, () => this.restart()),
			onEvent: (event) => this.onLife(event)
		});
		const judges = { provisioning: this.#provisioning, decisions: this.#decisions };
		const authorizer = new Authorizer({ owner: () => this.master, ...judges });
		const fields = fieldsOf(definition, host.actuators != null);
		const read: ReadoutsOptions["read"] = (field, onValue) =>
			sample(host.sensors, definition, field, onValue, (error) => this.onError(error));
		this.#readouts = new Readouts({
			...{ router, disco: this.#disco, outbox: session, scheduler, clock, node, fields, authorizer, read },
			legacyPeers: definition.legacyPeers,
			onDenied: (from) => this.tell({ event: "denied", from, what: "readout" }),
			onEnd: (from, fields, outcome) => this.tell({ event: "readout", from, fields, outcome })
		});
		if ((definition.parameters || nodes.some((one) => one.parameters)) && host.actuators)
			this.#controls = new Controls({ host, definition, router, disco: this.#disco, scheduler, node, authorizer, onEvent: tell });
		if (definition.chat !== false)
			this.#chat = new Chat({
				...{ host, name: definition.name ?? definition.model, outbox: session, scheduler, lifeCycle, fields, read, authorizer },
				...{ ...judges, registering: this.#registering }
			});
	}

	/** Who may let others in: an owner, the service that the thing is paired with, or the thing itself where it is its own. Bare JID. */
	private get master(): string | undefined {
		const own = this.#definition.selfOwned === true ? this.#session.jid : undefined;
		return this.#lifeCycle.owner ?? (own && bareJID(own));
	}

	get state(): State {
		return this.#lifeCycle.state;
	}

	/** Bare JID of the owner. */
	get owner(): string | undefined {
		return this.#lifeCycle.owner;
	}

	/** Full JID while online. */
	get jid(): string | undefined {
		return this.#session.jid;
	}

	get serial(): string {
		return this.#factory.serial;
	}

	/** The URI of the sticker, or of that of a node, with its KEY: for a person in front of the thing, never for a log. */
	sticker(node?: string): string {
		return writeSticker((node == null ? this : this.#nodes.find((one) => one.node.id === node)!).tags(), this.#registering.jid);
	}

	tags(): readonly Tag[] {
		return tagsOf(this.#definition, factoryNow(this.#definition, this.#factory, this.#host.crypto, this.#lifeCycle.epoch));
	}

	start(): void {
		this.#session.start();
	}

	/** Before the board sleeps; false while it should not (sleep.ts). */
	suspend(): boolean {
		return fallAsleep(this.#host.memory, this.#session, this, [this.#decisions, this.#readouts, this.#controls, this.#chat]);
	}

	/** Says goodbye and stays away. */
	stop(): void {
		this.onLost();
		this.#session.stop();
	}

	/**
	 * Makes it as it came from the factory, of which only serial number, KEY and API key stay. The registry is told to forget it;
	 * the account is another one where the API key is there to make it, else it gets another password. The next login binds another resource.
	 */
	factoryReset(): void {
		if (!this.reset()) return;
		this.#decisions.forget();
		this.#provisioning.forget();
		this.restart();
	}

	private restart(): void {
		this.stop();
		this.#session.start();
	}

	/** One write; what it makes void is erased after it, if need be at the next boot. */
	private reset(): boolean {
		if (!this.#lifeCycle.take(this.#goes ? "leaving" : "reset")) return false;
		endNodes(this.#nodes);
		this.tell({ event: "reset" });
		return true;
	}

	/** Nobody waits for an answer any more. */
	onLost(): void {
		this.#pairing?.stop();
		this.#registering.offline();
		this.#decisions.drop();
		this.#provisioning.offline();
		this.#timekeeper.offline();
		this.#readouts.clear();
		this.#controls?.clear();
		this.#chat?.clear();
	}

	/** Called by the session, as the rest of SessionHandler is. */
	onAccount(jid: string): void {
		if (this.#definition.forgetAPIKey === true) forgetAPIKey(this.#vault);
		this.#lifeCycle.take("account");
		this.tell({ event: "account", jid: bareJID(jid) });
	}

	onOnline(jid: string, event: "online" | "resumed" = "online"): void {
		this.tell({ event, jid });
		this.#awake = true;
		// Who knows where we are may ask before we have said that we are here.
		if (this.#session.router.address === jid) this.#decisions.online();
		this.#friends.online(() => {
			// The roster's answer may be that the connection ended.
			if (this.#session.router.address !== jid) return;
			if (event === "online") this.#book.announce(this.#disco.caps(this.#host.crypto));
			this.#decisions.online();
			partFormer(this.#nodes, this.#friends, this.#decisions);
			this.#registering.online();
			this.#provisioning.online();
			this.#timekeeper.online();
			this.#renewal.renew();
		});
	}

	/** While the session is held everything goes on: readings that are done meanwhile leave when it is resumed. */
	onOffline(reason: string, detail: string, retry: number | undefined, held: boolean, address: string | undefined): void {
		if (!held) this.onLost();
		this.tell({ event: "offline", reason, detail, retry: retry == null ? undefined : Math.round(retry / 1000), address });
	}

	onResumed(jid: string): void {
		if (this.#awake) this.tell({ event: "resumed", jid });
		// After a sleep all is asked for that is not stored, but who sees us knows that we are here.
		else this.onOnline(jid, "resumed");
	}

	/** Who may learn what we are. To others it is as if nobody were there. */
	isFamiliar(from: string): boolean {
		const ours = [...ownersOf(this.#lifeCycle, this.#nodes), this.#registering.jid, this.#provisioning.jid, this.jid, this.#domain];
		return ours.some((jid) => jid && sameBare(from, jid));
	}

	onPresence(stanza: Element): void {
		this.#book.receive(stanza);
	}

	/** Its service speaks, somebody sets something or just writes; one that comes back says that its reader has gone. */
	onMessage(stanza: Element): void {
		const from = stanza.attribute("from");
		if (stanza.attribute("type") === "error" && from != null) this.#readouts.forget(from);
		else {
			this.#provisioning.receive(stanza);
			this.#controls?.receive(stanza);
			this.#chat?.receive(stanza);
		}
	}

	/** Who is told that it can be claimed finds the sticker shown. */
	onLife(event: LifeEvent, node?: Node): void {
		try {
			if (event.event === "registered") this.#host.display?.sticker(this.sticker(node?.node.id));
		} catch (error) {
			this.onError(error);
		}
		this.tell(event);
	}

	private onClaimed(event?: LifeEvent): void {
		if (event) this.tell(event);
		this.#friends.claimed();
		this.#renewal.renew();
	}

	onNodeClaimed(): void {
		this.#friends.befriend();
	}

	/** What he and those whom he let in were reading of it ends here. */
	onDisowned(owner: string, node?: Node): void {
		this.#decisions.disowned(node);
		this.#readouts.disowned(node);
		this.#controls?.disowned(node);
		// He gives it to the next, who needs the KEY that holds from now on.
		if ((node?.node ?? this.#definition).key === "fresh") {
			this.#session.open("message", owner).attribute("type", "chat").open("body").text(this.sticker(node?.node.id));
			this.#session.send();
		}
		if (node) {
			partFormer(this.#nodes, this.#friends, this.#decisions);
			return;
		}
		this.#chat?.clear();
		this.#friends.disowned(owner);
		this.#renewal.renew();
	}

	/** Only an owner can let somebody in (R-324-29); before there is one, who stands in front of the thing perhaps can. */
	private isFriend(jid: string, decide: (allowed: boolean) => void): void {
		if (this.master != null) this.#decisions.isFriend(jid, decide);
		else if (this.#pairing) this.#pairing.offer(jid, decide);
		else decide(false);
	}

	/** The registry, which may be the same component, knows already. */
	private greet(service: string): void {
		const registry = this.#registering.jid;
		if (registry == null || !sameBare(service, registry)) this.#book.announce(this.#disco.caps(this.#host.crypto), service);
	}

	private part(jid: string, onDone: (done: boolean) => void): void {
		this.#readouts.forget(jid);
		this.#friends.part(jid, onDone);
		this.#decisions.part(jid);
	}

	/** A mistake of ours: the thing lives on. */
	onError(error: unknown): void {
		this.tell({ event: "error", message: `Something unforeseen happened: ${messageOf(error)}` });
	}

	private tell(event: LifeEvent): void {
		try {
			this.#host.event(event);
		} catch {
			// Whoever listens must not bring us down.
		}
	}
}
