// The provisioning service that a thing trusts (XEP-0324): found once, kept, and the only one that is heard.
import { type Dialect, dialectOf, dialects, namespaces } from "../iot/dialect.js";
import { writeCacheCleared } from "../iot/provisioning.js";
import { findService } from "../iot/service-discovery.js";
import type { Element } from "../xml/element.js";
import type { IQRequest, IQRouter } from "../xmpp/iq.js";
import { bareJID, isJID, sameJID } from "../xmpp/jid.js";
import type { Scheduler, Task } from "../xmpp/scheduler.js";
import type { Vault } from "./vault.js";

export interface Service {
	readonly jid: string;
	readonly dialect: Dialect;
}

export interface ProvisioningOptions {
	readonly router: IQRouter;
	readonly scheduler: Scheduler;
	readonly vault: Vault;
	readonly domain: string;
	/** Its address where it is configured; else it is looked for among the components of the domain. */
	readonly given: string | undefined;
	/** Once per connection, before anything is asked of it: it must know where we are. */
	readonly onService: (jid: string) => void;
	/** It takes back what it decided. What is thrown is told to it. */
	readonly onClear: () => void;
	/** It introduces somebody, by bare JID, or parts us. */
	readonly onFriend: (jid: string) => void;
	/** `onDone` comes once: whether the broker has done it. */
	readonly onUnfriend: (jid: string, onDone: (done: boolean) => void) => void;
	readonly onDenied: (from: string) => void;
}

const PROVISIONING = "provisioning";
/** Nobody answered: so many seconds without another search, whoever asks. */
const PAUSE = 60;

export class Provisioning {
	#options: ProvisioningOptions;
	#service: Service | undefined;
	#searching: ((service: Service | undefined) => void)[] | undefined;
	#pause: Task | undefined;
	/** It has been told where we are since the last login. */
	#greeted = false;
	/** Partings that the broker has not confirmed yet, whether it failed one, and the clearCache after them: acknowledged with them, else it says both again. */
	#parting = 0;
	#failed = false;
	#held: IQRequest | undefined;

	constructor(options: ProvisioningOptions) {
		this.#options = options;
		this.#service = this.load();
		options.router.handle("set", "clearCache", namespaces.provisioning, this.clearCache, this);
	}

	/** Bare address once it is known. */
	get jid(): string | undefined {
		return this.#service?.jid;
	}

	/** Logged in: it learns that we are here, and takes back now what it could not while we were away. */
	online(): void {
		this.#greeted = false;
		this.endPause();
		this.greet();
	}

	offline(): void {
		this.#parting = 0;
		this.#failed = false;
		this.#held = undefined;
		this.endPause();
		this.found(undefined);
	}

	/** After a reset it is any other. */
	forget(): void {
		this.#service = undefined;
		this.#options.vault.delete(PROVISIONING);
	}

	/** Once, perhaps later: the service, found now if it was not known; undefined when there is none. */
	find(onService: (service: Service | undefined) => void): void {
		if (this.#service || this.#pause) {
			this.greet();
			onService(this.#service);
			return;
		}
		if (this.#searching) {
			this.#searching.push(onService);
			return;
		}
		this.#searching = [onService];
		const { domain, given, router } = this.#options;
		findService(router, domain, namespaces.provisioning, given, (jid, dialect) => {
			if (!this.#searching || router.address == null) return;
			if (jid != null && dialect) this.keep({ jid: bareJID(jid), dialect });
			else this.#pause = this.#options.scheduler.set(PAUSE * 1000, this.endPause, this);
			this.found(this.#service);
		});
	}

	/** A message that the service may have sent; anybody else's is not looked at, and never answered (R-324-12). */
	receive(message: Element): void {
		const options = this.#options;
		const from = message.attribute("from");
		if (from == null || !this.trusts(from) || message.attribute("type") === "error") return;
		for (let i = 0; i < dialects.length; i++) {
			const provisioning = dialects[i]!.provisioning;
			const friend = message.child("friend", provisioning)?.attribute("jid");
			const unfriend = message.child("unfriend", provisioning)?.attribute("jid");
			if (friend != null && isJID(friend)) options.onFriend(bareJID(friend));
			if (unfriend == null || !isJID(unfriend)) continue;
			this.#parting++;
			options.onUnfriend(bareJID(unfriend), (done) => this.parted(done));
		}
	}

	private clearCache(request: IQRequest): void {
		const options = this.#options;
		if (!this.trusts(request.from)) {
			request.fail("forbidden", "Only this thing's provisioning service may say so.", "cancel");
			options.onDenied(request.from);
			return;
		}
		try {
			options.onClear();
		} catch {
			// From here on all of it is asked anew; a boot would bring it back.
			this.acknowledge(request, false);
			return;
		}
		if (this.#parting > 0 && !this.#held) this.#held = request;
		else this.acknowledge(request, this.#parting === 0);
	}

	private parted(done: boolean): void {
		// Of a connection that has ended.
		if (this.#parting === 0) return;
		if (!done) this.#failed = true;
		if (--this.#parting > 0) return;
		const held = this.#held;
		const failed = this.#failed;
		this.#held = undefined;
		this.#failed = false;
		if (held) this.acknowledge(held, !failed);
	}

	private acknowledge(request: IQRequest, done: boolean): void {
		if (!done) request.fail("internal-server-error", "Not all of it could be undone for good: say it again.", "wait");
		else {
			writeCacheCleared(request.result(), dialectOf(request.payload.namespace, "provisioning")!);
			request.send();
		}
	}

	private trusts(from: string): boolean {
		return this.#service != null && sameJID(from, this.#service.jid);
	}

	private greet(): void {
		if (this.#greeted || !this.#service || this.#options.router.address == null) return;
		this.#greeted = true;
		this.#options.onService(this.#service.jid);
	}

	private keep(service: Service): void {
		const options = this.#options;
		this.#service = service;
		this.greet();
		try {
			// What another one said holds no longer (R-324-17); if it stays, the next boot finds out again.
			const before = options.vault.read(PROVISIONING);
			if (before && before.jid !== service.jid) options.onClear();
			options.vault.write(PROVISIONING, { jid: service.jid, dialect: service.dialect.name, domain: options.domain });
		} catch {
			// It is found again after the next boot.
		}
	}

	private found(service: Service | undefined): void {
		const searching = this.#searching ?? [];
		this.#searching = undefined;
		for (let i = 0; i < searching.length; i++) searching[i]!(service);
	}

	private endPause(): void {
		this.#options.scheduler.clear(this.#pause);
		this.#pause = undefined;
	}

	private load(): Service | undefined {
		const { vault, domain, given } = this.#options;
		const record = vault.read(PROVISIONING);
		const dialect = dialects.find((one) => one.name === record?.dialect);
		if (!dialect || typeof record?.jid !== "string" || record.domain !== domain) return;
		return given == null || sameJID(given, record.jid) ? { jid: record.jid, dialect } : undefined;
	}
}
