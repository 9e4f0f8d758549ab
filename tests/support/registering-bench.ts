// Registering between a wire and a store: a registry that is written by hand.
import type { Tag } from "../../src/iot/sticker.js";
import type { LifeEvent } from "../../src/thing/events.js";
import { LifeCycle } from "../../src/thing/life-cycle.js";
import { Registering } from "../../src/thing/registering.js";
import { Vault } from "../../src/thing/vault.js";
import { IQBench } from "./iq-bench.js";
import { FakeStorage, fakeRandom } from "./storage.js";

export const DOMAIN = "a.example";
export const REGISTRY = "registry.a.example";
export const OWNER = "owner@b.example";
export const DISCOVERY = "urn:xmpp:iot:discovery";
export const TAGS =
	"<str name='SN' value='1'/><str name='MAN' value='m.example'/><str name='MODEL' value='M'/><num name='V' value='1.5'/><str name='KEY' value='k'/>";

export class RegisteringBench extends IQBench {
	readonly events: LifeEvent[] = [];
	tags: readonly Tag[] = [
		{ name: "SN", value: "1" },
		{ name: "MAN", value: "m.example" },
		{ name: "MODEL", value: "M" },
		{ name: "V", value: 1.5 },
		{ name: "KEY", value: "k" }
	];
	/** What the thing beside asked for. */
	readonly told: string[] = [];
	readonly storage: FakeStorage;
	readonly vault: Vault;
	readonly lifeCycle: LifeCycle;
	readonly registering: Registering;

	constructor(storage = new FakeStorage(), given?: string, state: "factory" | "account" = "account", selfOwned = false) {
		super(fakeRandom(storage.writes + 7));
		this.storage = storage;
		this.vault = new Vault(storage, () => {});
		this.lifeCycle = new LifeCycle(this.vault, fakeRandom());
		if (state === "account" && this.lifeCycle.state === "factory") this.lifeCycle.take("account");
		this.registering = new Registering({
			router: this.router,
			scheduler: this.scheduler,
			random: fakeRandom(),
			vault: this.vault,
			lifeCycle: this.lifeCycle,
			domain: DOMAIN,
			tags: () => this.tags,
			selfOwned,
			given,
			onRegistry: (jid) => this.told.push(`registry ${jid}`),
			onClaimed: () => this.told.push(`claimed ${this.lifeCycle.owner}`),
			onDisowned: (owner) => this.told.push(`disowned ${owner}`),
			onUnregistered: () => {
				this.told.push("unregistered");
				if (this.lifeCycle.state === "reset") {
					this.lifeCycle.take("account");
					this.registering.resume();
				}
			},
			onEvent: (event) => this.events.push(event)
		});
	}

	/** Online, with a registry that is found at once. */
	find(namespace = DISCOVERY): this {
		this.registering.online();
		this.answer(`<query xmlns='http://jabber.org/protocol/disco#items'><item jid='${REGISTRY}'/></query>`);
		this.answer(`<query xmlns='http://jabber.org/protocol/disco#info'><feature var='${namespace}'/></query>`);
		return this;
	}

	registered(): this {
		this.find();
		this.answer("");
		return this;
	}

	/** Registered, claimed, and the first update answered. */
	claimed(isPublic = " public='true'"): this {
		this.registered();
		this.tell(`<claimed xmlns='${DISCOVERY}' jid='${OWNER}'${isPublic}/>`);
		this.time.pass(5000);
		if (this.wire.sent.length > 0) this.answer("");
		return this;
	}

	tell(payload: string, from = REGISTRY): string[] {
		return this.ask("set", payload, from);
	}

	/** The same store in a new boot, online again with the registry it knows. */
	reboot(given?: string, tags = this.tags): RegisteringBench {
		const next = new RegisteringBench(new FakeStorage(this.storage.records), given);
		next.tags = tags;
		next.registering.online();
		return next;
	}

	get names(): string[] {
		return this.events.map(({ event }) => event);
	}

	get message(): string {
		const last = this.events[this.events.length - 1];
		return last?.event === "error" ? last.message : "";
	}
}

export const request = (payload: string): string => `<iq to='${REGISTRY}' type='set'>${payload}</iq>`;
export const result = `<iq to='${REGISTRY}' type='result' id='q1'/>`;
