// Finding the server of a domain (RFC 6120 3.2, XEP-0368): configured, or by SRV records, or at the domain itself, or on the
// network around (XEP-0347 section 3.1); one place after the other.
import type { Host, Network, ServiceRecord, SocketError } from "../host.js";
import { limits } from "../limits.js";
import { type Endpoint, isHost, usualPort } from "./endpoint.js";
import type { Scheduler, Task } from "./scheduler.js";

export interface LocatorOptions {
	readonly network: Network;
	readonly scheduler: Scheduler;
	readonly random: Host["random"];
	readonly domain: string;
	/** Where it is known to be: nothing is looked for. */
	readonly address?: { readonly host: string; readonly port: number };
	/** The one kind that is wanted. Undefined takes both where there are records, and STARTTLS where there are none. */
	readonly tls?: Endpoint["tls"];
}

interface Candidate extends Endpoint {
	readonly priority: number;
	readonly weight: number;
}

type OnEndpoint = (endpoint: Endpoint) => void;
type OnFailure = (reason: string, detail: string) => void;

const SERVICES = Object.freeze({ direct: "_xmpps-client._tcp.", starttls: "_xmpp-client._tcp." });

export class Locator {
	#options: LocatorOptions;
	/** Of this round, in the order in which they are to be tried. */
	#targets: Endpoint[] = [];
	/** What the target before them resolved to. */
	#addresses: Endpoint[] = [];
	/** Places given in this round. */
	#given = 0;
	/** The network around is still to be asked in this round. */
	#lan = false;
	/** Raised to make late answers void. */
	#asking = 0;
	#timer: Task | undefined;
	/** The address that worked last: the other family may lead nowhere here. */
	#good: string | undefined;

	constructor(options: LocatorOptions) {
		this.#options = options;
	}

	/** There is another place to try before a pause. */
	get more(): boolean {
		return this.#lan || (this.#given < limits.endpoints && (this.#addresses.length > 0 || this.#targets.length > 0));
	}

	/** The next place of this round, or the first of a new one. One of both is called, once, now or later. */
	next(onEndpoint: OnEndpoint, onFailure: OnFailure): void {
		if (this.#given >= limits.endpoints) this.clear();
		const address = this.#addresses.shift();
		if (address) {
			this.#given++;
			onEndpoint(address);
			return;
		}
		const target = this.#targets.shift();
		if (target) this.resolve(target, onEndpoint, onFailure);
		else if (this.#lan) {
			this.#lan = false;
			this.search(true, onEndpoint, onFailure);
		} else this.begin(onEndpoint, onFailure);
	}

	/** This is the place to try next (RFC 6120 4.9.3.19), and no other of this round. */
	goTo(endpoint: Endpoint): void {
		this.stop();
		this.#targets = [endpoint];
	}

	/** TLS stands there. */
	worked(endpoint: Endpoint): void {
		this.#good = endpoint.address;
	}

	/** The round is over, whatever was asked is void. */
	stop(): void {
		this.forget();
		this.#lan = false;
		this.clear();
	}

	private clear(): void {
		this.#targets = [];
		this.#addresses = [];
		this.#given = 0;
	}

	private begin(onEndpoint: OnEndpoint, onFailure: OnFailure): void {
		const options = this.#options;
		this.#given = 0;
		if (options.address) {
			const { host, port } = options.address;
			this.resolve({ host, port, tls: options.tls ?? "starttls" }, onEndpoint, onFailure);
			return;
		}
		this.#lan = options.network.discover !== undefined;
		if (!options.network.services || isAddress(options.domain)) this.resolve(this.fallback(), onEndpoint, onFailure);
		else this.search(false, onEndpoint, onFailure);
	}

	/** RFC 6120 3.2.2: where there are no records. */
	private fallback(): Endpoint {
		const { domain, tls = "starttls" } = this.#options;
		return { host: domain, port: usualPort(tls), tls };
	}

	/** Both kinds at once, merged (XEP-0368 section 2): where the domain says that it is, or what stands on the network around. */
	private search(lan: boolean, onEndpoint: OnEndpoint, onFailure: OnFailure): void {
		const { network, domain, tls } = this.#options;
		const found: Candidate[] = [];
		let refused = false;
		let unanswered = 0;
		let waiting = tls == null ? 2 : 1;
		const conclude = (): void => {
			this.#targets = this.order(found);
			if (this.#targets.length > 0) this.next(onEndpoint, onFailure);
			// What is found there is a place to knock at: its certificate must be the domain's as anywhere.
			else if (lan) onFailure("dns", `nothing leads to ${domain}, and nobody on this network says that he serves XMPP`);
			// A target of "." is an answer: RFC 6120 3.2.1 knows no way round it.
			else if (!refused) this.resolve(this.fallback(), onEndpoint, onFailure);
			else if (unanswered > 0) onFailure("dns", `no answer to ${unanswered} of the questions where ${domain} is served`);
			else {
				this.#lan = false;
				onFailure("no-service", `the SRV records of ${domain} say that there is none`);
			}
		};
		const asking = this.ask(() => {
			unanswered = waiting;
			conclude();
		});
		const list = ["direct", "starttls"] as const;
		for (let i = 0; i < list.length; i++) {
			const kind = list[i]!;
			if (tls != null && tls !== kind) continue;
			const hear = (error: SocketError | undefined, records: readonly ServiceRecord[]): void => {
				if (error) unanswered++;
				else for (let i = 0; i < records.length; i++) refused = this.collect(found, kind, records[i]!) || refused;
				if (--waiting > 0) return;
				this.forget();
				conclude();
			};
			const heard = (error: SocketError | undefined, records: readonly ServiceRecord[]): void =>
				this.guard(asking, onFailure, () => hear(error, records));
			this.guard(asking, onFailure, () =>
				lan ? network.discover!(`${SERVICES[kind]}local`, heard) : network.services!(`${SERVICES[kind]}${domain}`, heard)
			);
		}
	}

	/** Keeps one record; says whether it is the one that there is no service. */
	private collect(found: Candidate[], tls: Endpoint["tls"], { target, port, priority, weight }: ServiceRecord): boolean {
		if (target === "." || target === "") return true;
		const host = target.endsWith(".") ? target.slice(0, -1) : target;
		if (found.length < limits.serviceRecords && isHost(host) && isShort(port) && port > 0 && isShort(priority) && isShort(weight))
			found.push({ host, port, tls, priority, weight });
		return false;
	}

	/** By priority; within one, each next by weighted lot (RFC 2782, page 4). */
	private order(found: Candidate[]): Endpoint[] {
		const ordered: Endpoint[] = [];
		while (found.length > 0) {
			let priority = found[0]!.priority;
			for (let i = 0; i < found.length; i++) {
				const candidate = found[i]!;
				if (candidate.priority < priority) priority = candidate.priority;
			}
			let sum = 0;
			for (let i = 0; i < found.length; i++) {
				const candidate = found[i]!;
				if (candidate.priority === priority) sum += candidate.weight;
			}
			// From 0 to the sum, both included: who has no weight is chosen seldom rather than never.
			let lot = Math.floor(this.fraction() * (sum + 1));
			let chosen = -1;
			// Those without weight stand first in their row.
			const list = [true, false];
			for (let i = 0; i < list.length; i++) {
				for (let at = 0; chosen < 0 && at < found.length; at++) {
					const candidate = found[at]!;
					if (candidate.priority !== priority || (candidate.weight === 0) !== list[i]) continue;
					lot -= candidate.weight;
					if (lot <= 0) chosen = at;
				}
			}
			const [{ host, port, tls }] = found.splice(chosen, 1) as [Candidate];
			ordered.push({ host, port, tls });
		}
		return ordered;
	}

	/** A name becomes its addresses where the host knows how to ask; else its own connect() will. */
	private resolve(target: Endpoint, onEndpoint: OnEndpoint, onFailure: OnFailure): void {
		const network = this.#options.network;
		if (!network.resolve || isAddress(target.host)) {
			this.#given++;
			onEndpoint(target);
			return;
		}
		const fail = (error: Pick<SocketError, "reason" | "detail">): void => {
			if (this.more) this.next(onEndpoint, onFailure);
			else onFailure(error.reason, error.detail);
		};
		const asking = this.ask(() => fail({ reason: "dns", detail: `no answer where ${target.host} is` }));
		const hear = (error: SocketError | undefined, addresses: readonly string[]): void => {
			this.forget();
			this.#addresses = this.spread(addresses).map((address) => ({ ...target, address }));
			if (error) fail(error);
			else if (this.#addresses.length === 0) fail({ reason: "dns", detail: `${target.host} has no address` });
			else this.next(onEndpoint, onFailure);
		};
		this.guard(asking, onFailure, () =>
			network.resolve!(target.host, (error, addresses) => this.guard(asking, onFailure, () => hear(error, addresses)))
		);
	}

	/** What worked last, then both families in turn (RFC 8305 section 4): where one leads nowhere, the other is soon tried. */
	private spread(addresses: readonly string[]): string[] {
		const left = addresses.filter((address) => isHost(address));
		const good = this.#good ? left.indexOf(this.#good) : -1;
		const spread: string[] = good < 0 ? [] : left.splice(good, 1);
		while (left.length > 0 && spread.length < limits.addresses) {
			const last = spread[spread.length - 1];
			const other = last == null ? 0 : left.findIndex((address) => address.includes(":") !== last.includes(":"));
			spread.push(...left.splice(Math.max(0, other), 1));
		}
		return spread;
	}

	/** A question with an end to the waiting for its answer. */
	private ask(onTimeout: () => void): number {
		this.forget();
		const asking = this.#asking;
		this.#timer = this.#options.scheduler.set(limits.stepSeconds * 1000, () => {
			if (asking !== this.#asking) return;
			this.forget();
			onTimeout();
		});
		return asking;
	}

	/** Late answers are not heard; what breaks in the host, or in us at what it says, ends this try and nothing else. */
	private guard(asking: number, onFailure: OnFailure, step: () => void): void {
		if (asking !== this.#asking) return;
		try {
			step();
		} catch (error) {
			this.stop();
			onFailure("internal", error instanceof Error ? error.message : String(error));
		}
	}

	private forget(): void {
		this.#asking++;
		this.#options.scheduler.clear(this.#timer);
		this.#timer = undefined;
	}

	private fraction(): number {
		const bytes = this.#options.random(4);
		return (((bytes[0]! << 24) | (bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!) >>> 0) / 2 ** 32;
	}
}

function isShort(value: number): boolean {
	return Number.isInteger(value) && value >= 0 && value <= 65_535;
}

/** Not a name: IPv6, or nothing but digits and dots. */
function isAddress(host: string): boolean {
	if (host.includes(":")) return true;
	for (let at = 0; at < host.length; at++) {
		const code = host.charCodeAt(at);
		if (code !== 0x2e && (code < 0x30 || code > 0x39)) return false;
	}
	return true;
}
