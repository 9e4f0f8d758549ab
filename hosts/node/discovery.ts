// Who says on the network around that he serves something: DNS-SD (RFC 6763) by multicast DNS (RFC 6762). Anybody there may say anything.
import multicastDNS, { type ResponsePacket } from "multicast-dns";
import type { Network, ServiceRecord, SocketError } from "../../src/host.js";

export interface DiscoveryOptions {
	/** Default is 5353. */
	readonly port?: number;
	/** Address of the one interface to ask by; default is all. */
	readonly interface?: string;
}

export interface Discovery extends Required<Pick<Network, "discover">> {
	/** Ends what is being asked; nobody is called any more. */
	close(): void;
}

/** When it is asked (RFC 6762 5.2), how long it waits, and how long for others once somebody has answered: milliseconds. */
const askedAt = Object.freeze([0, 1000, 3000]);
const patience = 5000;
const courtesy = 1000;
/** Of each kind of name. */
const namesMost = 16;

type Answer = ResponsePacket["answers"][number];

/** What was heard so far of one service. */
class Heard {
	readonly #service: string;
	readonly #places = new Map<string, Omit<ServiceRecord, "target"> & { readonly host: string }>();
	readonly #addresses = new Map<string, Set<string>>();
	readonly #instances = new Set<string>();

	constructor(service: string) {
		this.#service = service;
	}

	/** What points comes before what it points to, in whatever order they were sent: nothing is kept that nobody asked for. */
	hear({ answers, additionals }: ResponsePacket): void {
		// A time to live of 0 takes leave.
		const said = [...answers, ...additionals].filter((answer) => "ttl" in answer && answer.ttl !== 0);
		for (const answer of said)
			if (answer.type === "PTR" && fold(answer.name) === this.#service && this.#instances.size < namesMost)
				this.#instances.add(fold(answer.data));
		for (const answer of said) this.#place(answer);
		for (const answer of said) this.#address(answer);
	}

	get records(): ServiceRecord[] {
		return [...this.#places.values()].flatMap(({ host, ...place }) =>
			[...(this.#addresses.get(host) ?? [])].map((target) => ({ target, ...place }))
		);
	}

	/** Not every responder sends along what comes next. */
	get questions(): { readonly name: string; readonly type: "PTR" | "SRV" | "A" | "AAAA" }[] {
		const instances = [...this.#instances].filter((name) => !this.#places.has(name));
		const hosts = [...this.#addresses].filter(([, addresses]) => addresses.size === 0);
		return [
			{ name: this.#service, type: "PTR" },
			...instances.map((name) => ({ name, type: "SRV" as const })),
			...hosts.flatMap(([name]) => [
				{ name, type: "A" as const },
				{ name, type: "AAAA" as const }
			])
		];
	}

	#place(answer: Answer): void {
		if (answer.type !== "SRV" || !this.#instances.has(fold(answer.name))) return;
		const { port, priority = 0, weight = 0 } = answer.data;
		const host = fold(answer.data.target);
		this.#places.set(fold(answer.name), { host, port, priority, weight });
		if (!this.#addresses.has(host) && this.#addresses.size < namesMost) this.#addresses.set(host, new Set());
	}

	#address(answer: Answer): void {
		if (answer.type !== "A" && answer.type !== "AAAA") return;
		const addresses = this.#addresses.get(fold(answer.name));
		// One of the link alone (fe80::/10) leads nowhere without the name of an interface.
		if (addresses !== undefined && addresses.size < namesMost && !/^fe[89ab]/i.test(answer.data)) addresses.add(answer.data);
	}
}

export function createDiscovery(options: DiscoveryOptions): Discovery {
	const open = new Set<() => void>();

	function discover(service: string, onRecords: (error: SocketError | undefined, records: readonly ServiceRecord[]) => void): void {
		const heard = new Heard(fold(service));
		// Of one interface too, what is sent to all is received only by who is bound to all.
		const socket = multicastDNS({ ...options, bind: "0.0.0.0" });
		const timers: NodeJS.Timeout[] = [];
		let answered = false;
		const close = (): void => {
			if (!open.delete(close)) return;
			for (const timer of timers) clearTimeout(timer);
			socket.destroy();
		};
		const end = (error?: Error): void => {
			if (!open.has(close)) return;
			close();
			onRecords(error && { reason: "dns", detail: error.message }, error ? [] : heard.records);
		};
		const after = (milliseconds: number, step: () => void): void => {
			timers.push(setTimeout(step, milliseconds));
		};
		const asked = new Set<string>();
		const ask = (): void => {
			const { questions } = heard;
			for (const { name, type } of questions) asked.add(`${type} ${name}`);
			socket.query([...questions]);
		};
		open.add(close);
		socket.on("error", end);
		// A packet that is none, an interface without multicast: the others may do.
		socket.on("warning", () => {});
		socket.on("response", (packet) => {
			heard.hear(packet);
			if (answered) return;
			answered = heard.records.length > 0;
			if (answered) after(courtesy, end);
			// No more often than there is something new to ask: bounded by the names.
			else if (heard.questions.some(({ name, type }) => !asked.has(`${type} ${name}`))) ask();
		});
		for (const milliseconds of askedAt) after(milliseconds, ask);
		after(patience, end);
	}

	return Object.freeze({
		discover,
		close(): void {
			for (const close of [...open]) close();
		}
	});
}

function fold(name: string): string {
	return name.toLowerCase();
}
