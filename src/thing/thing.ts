// The thing: everything it is made of, tied together. It speaks to its broker and to nobody else.
import type { Host, SensorValue } from "../host.js";
import { Readouts, type ReadoutsOptions } from "../iot/readouts.js";
import { SENSOR_DATA, type SensorField } from "../iot/sensor-data.js";
import { checkValue, type Tag, writeSticker } from "../iot/sticker.js";
import { foldASCII } from "../text/fold.js";
import { messageOf } from "../text/message.js";
import type { Element } from "../xml/element.js";
import { Disco } from "../xmpp/disco.js";
import { bareJID, isJID, sameBare } from "../xmpp/jid.js";
import { answerPing } from "../xmpp/ping.js";
import { PresenceBook } from "../xmpp/presence.js";
import { Roster } from "../xmpp/roster.js";
import { Scheduler } from "../xmpp/scheduler.js";
import { Session } from "../xmpp/session.js";
import { type APIKey, SIGNATURE } from "../xmpp/signed-form.js";
import { answerTime } from "../xmpp/time.js";
import { answerVersion } from "../xmpp/version.js";
import { Accounts } from "./accounts.js";
import { Authorizer } from "./authorizer.js";
import { Chat } from "./chat.js";
import { Controls } from "./controls.js";
import { Decisions } from "./decisions.js";
import { type Definition, fieldsOf } from "./definition.js";
import type { LifeEvent } from "./events.js";
import { forgetAPIKey, loadAPIKey, loadFactory, tagsOf } from "./factory.js";
import { Friends } from "./friends.js";
import { LifeCycle, type State } from "./life-cycle.js";
import { Provisioning } from "./provisioning.js";
import { Registering } from "./registering.js";
import { Timekeeper } from "./timekeeper.js";
import { Vault } from "./vault.js";

export interface ThingOptions {
	readonly host: Host;
	readonly definition: Definition;
	/** The broker's domain: of our JID, and of the certificate. */
	readonly domain: string;
	/** Where to connect; default is what the domain's SRV records say, else the domain itself. */
	readonly address?: { readonly host: string; readonly port: number };
	/** The one kind that is wanted; default is what the records say, else STARTTLS. */
	readonly tls?: "direct" | "starttls";
	/** PEM text of the trust anchors; default is the host's. */
	readonly anchors?: string;
	/** Bare JID of the registry; default is to look for it. */
	readonly registry?: string;
	/** Bare JID of the provisioning service; default is to look for it. */
	readonly provisioning?: string;
	/** For brokers that make accounts only on signed forms (XEP-0348); kept in the vault. */
	readonly apiKey?: APIKey;
	/** Serial number and claim KEY, where the factory gave them; else the thing makes them once. */
	readonly serial?: string;
	readonly key?: string;
	/** When the firmware was built, milliseconds since 1970: no earlier time is believed of a clock that is not trusted. */
	readonly built?: number;
}

const SOFTWARE = Object.freeze({ name: "Extasis", version: "0.1.0" });
const DEFAULT_NODE = "thing";
/** Of the owner's: the roster holds nobody of an earlier one. */
const SWEPT = "roster";

export class Thing {
	#host: Host;
	#definition: Definition;
	#tags: readonly Tag[];
	#lifeCycle: LifeCycle;
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

	/** Throws, in one sentence, what is wrong with the options or with what is stored. */
	constructor(options: ThingOptions) {
		const { host, definition, provisioning, registry } = options;
		// What is stored is known by it, and capitals make no other broker.
		const domain = foldASCII(options.domain);
		if (!isJID(domain) || domain.includes("@") || domain.includes("/")) throw new Error("domain must be the broker's domain name.");
		if (registry !== undefined && (!isJID(registry) || registry.includes("/")))
			throw new Error("registry must be an address without resource.");
		if (provisioning !== undefined && (!isJID(provisioning) || provisioning.includes("/")))
			throw new Error("provisioning must be an address without resource.");
		this.#host = host;
		this.#definition = definition;

		const node = definition.node ?? DEFAULT_NODE;
		const tell = (event: LifeEvent): void => this.tell(event);
		const vault = new Vault(host.storage, (message) => this.tell({ event: "error", message }));
		const random = host.random;
		const factory = loadFactory(vault, random, options);
		this.#tags = tagsOf(definition, factory);
		// Serial number and KEY come from elsewhere than the definition.
		for (let i = 0; i < this.#tags.length; i++) {
			const { name, value } = this.#tags[i]!;
			const fault = typeof value === "string" ? checkValue(value) : undefined;
			if (fault !== undefined) throw new Error(`The sticker cannot be made: the value of the tag ${name} ${fault}.`);
		}
		const lifeCycle = new LifeCycle(vault, random);
		this.#lifeCycle = lifeCycle;
		const accounts = new Accounts(vault, random, domain);
		if (accounts.moved && lifeCycle.state !== "factory") lifeCycle.restart();
		// The power went between the account and its mark in the life-cycle.
		if (lifeCycle.state === "factory" && accounts.account()?.registered === true) lifeCycle.take("account");

		// What has been erased stays so, whoever gives it again.
		const erased = definition.forgetAPIKey === true && accounts.account()?.registered === true;
		const apiKey = erased ? undefined : loadAPIKey(vault, options.apiKey);

		const scheduler = new Scheduler(host, (error) => this.report(error));
		const session = new Session({
			host,
			scheduler,
			domain,
			address: options.address,
			tls: options.tls,
			anchors: options.anchors,
			accounts,
			seed: factory.serial,
			apiKey,
			tlsUnique: definition.tlsUnique,
			onAccount: (jid) => {
				if (definition.forgetAPIKey === true) forgetAPIKey(vault);
				this.onAccount(jid);
			},
			onOnline: (jid) => this.onOnline(jid),
			onOffline: (reason, detail, retry, held, place) => this.onOffline(reason, detail, retry, held, place),
			onResumed: (jid) => this.tell({ event: "resumed", jid }),
			onLost: () => this.leave(),
			onMessage: (stanza) => this.onMessage(stanza),
			onPresence: (stanza) => this.#book.receive(stanza),
			onError: (error) => this.report(error)
		});
		this.#session = session;
		const { router } = session;
		this.#timekeeper = new Timekeeper({ clock: host.clock, vault, scheduler, router, domain, built: options.built });

		const allowed = (from: string): boolean => this.mayLook(from, domain);
		const identity = { category: "client", type: "bot", name: definition.name ?? definition.model };
		this.#disco = new Disco({ router, identity, node: `https://${definition.manufacturer}`, allowed });
		this.#disco.add(SENSOR_DATA);
		if (apiKey) this.#disco.add(SIGNATURE);
		answerPing(this.#disco);
		answerVersion(this.#disco, SOFTWARE);
		answerTime(this.#disco, host.clock);

		this.#book = new PresenceBook({
			outbox: session,
			onSubscription: (step, from) => this.#friends.step(step, from),
			onUnavailable: (from) => this.#readouts.forget(from)
		});
		this.#friends = new Friends({
			book: this.#book,
			roster: new Roster({ router, onItem: (item) => this.#friends.receive(item) }),
			owner: () => lifeCycle.owner,
			registry: () => this.#registering.jid,
			isFriend: (jid, decide) => this.isFriend(jid, decide),
			swept: {
				get: () => lifeCycle.readOwned(SWEPT) !== undefined,
				set: () => {
					try {
						lifeCycle.writeOwned(SWEPT, {});
					} catch {
						// The next login sweeps again.
					}
				}
			},
			onDenied: (from) => this.tell({ event: "denied", from, what: "subscription" })
		});
		this.#provisioning = new Provisioning({
			router,
			scheduler,
			vault,
			domain,
			given: provisioning,
			onService: (jid) => this.greet(jid),
			onClear: () => this.#decisions.clear(),
			onFriend: (jid) => this.#friends.introduce(jid),
			onUnfriend: (jid) => this.part(jid),
			onDenied: (from) => this.tell({ event: "denied", from, what: "clearCache" })
		});
		this.#decisions = new Decisions({
			router,
			scheduler,
			crypto: host.crypto,
			clock: host.clock,
			lifeCycle,
			node,
			provisioning: this.#provisioning,
			hours: definition.decisionHours,
			onEvent: tell
		});
		this.#registering = new Registering({
			router,
			scheduler,
			random,
			vault,
			lifeCycle,
			domain,
			tags: this.#tags,
			given: registry,
			onRegistry: (jid) => this.#book.announce(this.#disco.caps(host.crypto), jid),
			onClaimed: () => this.#friends.claimed(),
			onDisowned: (owner) => this.onDisowned(owner),
			onEvent: (event) => this.onLife(event)
		});

		const authorizer = new Authorizer({
			owner: () => lifeCycle.owner,
			service: () => this.#provisioning.jid,
			ask: (wish, applicant) => this.#decisions.judge(wish, applicant)
		});
		const fields = fieldsOf(definition);
		const read: ReadoutsOptions["read"] = (field, onValue) => this.read(field, onValue);
		this.#readouts = new Readouts({
			router,
			outbox: session,
			scheduler,
			clock: host.clock,
			node,
			fields,
			authorize: (applicant) => authorizer.admit(applicant),
			onDenied: (from) => this.tell({ event: "denied", from, what: "readout" }),
			read,
			onEnd: (from, fields, outcome) => this.tell({ event: "readout", from, fields, outcome })
		});
		if (definition.parameters !== undefined && host.actuators !== undefined)
			this.#controls = new Controls({ host, definition, router, disco: this.#disco, scheduler, node, authorizer, onEvent: tell });
		if (definition.chat !== false)
			this.#chat = new Chat({
				...{ host, name: definition.name ?? definition.model, outbox: session, scheduler, lifeCycle, fields, read, authorizer },
				...{ decisions: this.#decisions, provisioning: this.#provisioning, registering: this.#registering }
			});
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

	/** The URI of the sticker, with its KEY: for a person in front of the thing, never for a log. */
	sticker(): string {
		return writeSticker(this.#tags, this.#registering.jid);
	}

	start(): void {
		this.#session.start();
	}

	/** Says goodbye and stays away. */
	stop(): void {
		this.leave();
		this.#session.stop();
	}

	/** Nobody waits for an answer any more. */
	private leave(): void {
		this.#registering.offline();
		this.#decisions.drop();
		this.#provisioning.offline();
		this.#timekeeper.offline();
		this.#readouts.clear();
		this.#controls?.clear();
		this.#chat?.clear();
	}

	private onAccount(jid: string): void {
		this.#lifeCycle.take("account");
		this.tell({ event: "account", jid: bareJID(jid) });
	}

	private onOnline(jid: string): void {
		this.tell({ event: "online", jid });
		// Who knows where we are may ask before we have said that we are here.
		if (this.#session.router.address === jid) this.#decisions.online();
		this.#friends.online(() => {
			// The roster's answer may be that the connection ended.
			if (this.#session.router.address !== jid) return;
			this.#book.announce(this.#disco.caps(this.#host.crypto));
			this.#decisions.online();
			this.#registering.online();
			this.#provisioning.online();
			this.#timekeeper.online();
		});
	}

	/** While the session is held everything goes on: readings that are done meanwhile leave when it is resumed. */
	private onOffline(reason: string, detail: string, retry: number | undefined, held: boolean, address: string | undefined): void {
		if (!held) this.leave();
		this.tell({ event: "offline", reason, detail, retry: retry === undefined ? undefined : Math.round(retry / 1000), address });
	}

	/** Its service speaks, somebody sets something or just writes; one that comes back says that its reader has gone. */
	private onMessage(stanza: Element): void {
		const from = stanza.attribute("from");
		if (stanza.attribute("type") === "error" && from !== undefined) this.#readouts.forget(from);
		else {
			this.#provisioning.receive(stanza);
			this.#controls?.receive(stanza);
			this.#chat?.receive(stanza);
		}
	}

	/** Who is told that it can be claimed finds the sticker shown. */
	private onLife(event: LifeEvent): void {
		try {
			if (event.event === "registered") this.#host.display?.sticker(this.sticker());
		} catch (error) {
			this.report(error);
		}
		this.tell(event);
	}

	/** What he and those whom he let in were reading ends here. */
	private onDisowned(owner: string): void {
		this.#decisions.disowned();
		this.#readouts.clear();
		this.#controls?.clear();
		this.#chat?.clear();
		this.#friends.disowned(owner);
	}

	/** Only an owner can let somebody in (R-324-29). */
	private isFriend(jid: string, decide: (allowed: boolean) => void): void {
		if (this.#lifeCycle.owner === undefined) decide(false);
		else this.#decisions.isFriend(jid, decide);
	}

	/** The registry, which may be the same component, knows already. */
	private greet(service: string): void {
		const registry = this.#registering.jid;
		if (registry === undefined || !sameBare(service, registry)) this.#book.announce(this.#disco.caps(this.#host.crypto), service);
	}

	private part(jid: string): void {
		this.#readouts.forget(jid);
		this.#friends.part(jid);
		this.#decisions.part(jid);
	}

	/** Who may learn what we are. To others it is as if nobody were there. */
	private mayLook(from: string, domain: string): boolean {
		const { owner } = this.#lifeCycle;
		const registry = this.#registering.jid;
		const service = this.#provisioning.jid;
		const self = this.#session.jid;
		if (owner !== undefined && sameBare(from, owner)) return true;
		if (registry !== undefined && sameBare(from, registry)) return true;
		if (service !== undefined && sameBare(from, service)) return true;
		return sameBare(from, domain) || (self !== undefined && sameBare(from, self));
	}

	private read(field: SensorField, onValue: (error: string | undefined, value?: SensorValue) => void): void {
		const { sensor, value } = this.#definition.fields[field.name]!;
		if (value !== undefined) {
			onValue(undefined, value);
			return;
		}
		this.#host.sensors.sample(sensor ?? field.name, (error, sampled) => {
			try {
				onValue(error, sampled);
			} catch (thrown) {
				this.report(thrown);
			}
		});
	}

	/** A mistake of ours: the thing lives on. */
	private report(error: unknown): void {
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
