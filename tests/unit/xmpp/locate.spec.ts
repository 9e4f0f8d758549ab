// Where a domain's server is: what its records say, in which order, and what is done when they say nothing.
import type { Network, ServiceRecord, SocketError } from "../../../src/host.js";
import { limits } from "../../../src/limits.js";
import { type Endpoint, writeHostPort } from "../../../src/xmpp/endpoint.js";
import { Locator, type LocatorOptions } from "../../../src/xmpp/locate.js";
import { Scheduler } from "../../../src/xmpp/scheduler.js";
import { ACCOUNT, DOMAIN, failure, HEADER, mechanisms, SessionBench } from "../../support/session-bench.js";
import type { FakeNetwork } from "../../support/socket.js";
import { fakeRandom } from "../../support/storage.js";
import { FakeTime } from "../../support/time.js";

const DIRECT = `_xmpps-client._tcp.${DOMAIN}`;
const STARTTLS = `_xmpp-client._tcp.${DOMAIN}`;
const NOBODY: SocketError = { reason: "dns", detail: "nobody answers" };

/** An answer, an error, or silence (undefined). */
type Said<T> = readonly T[] | SocketError | undefined;

function record(target: string, priority = 0, weight = 0, port = 5222): ServiceRecord {
	return { target, port, priority, weight };
}

class Names {
	readonly asked: string[] = [];
	readonly records: Record<string, Said<ServiceRecord>> = {};
	readonly addresses: Record<string, Said<string>> = {};
	/** On the network around. */
	readonly around: Record<string, Said<ServiceRecord>> = {};

	services(name: string, onRecords: (error: SocketError | undefined, records: readonly ServiceRecord[]) => void): void {
		this.asked.push(name);
		answer(name in this.records ? this.records[name] : [], onRecords);
	}

	discover(service: string, onRecords: (error: SocketError | undefined, records: readonly ServiceRecord[]) => void): void {
		this.asked.push(service);
		answer(service in this.around ? this.around[service] : [], onRecords);
	}

	resolve(name: string, onAddresses: (error: SocketError | undefined, addresses: readonly string[]) => void): void {
		this.asked.push(name);
		answer(name in this.addresses ? this.addresses[name] : [], onAddresses);
	}
}

function answer<T>(said: Said<T>, onAnswer: (error: SocketError | undefined, list: readonly T[]) => void): void {
	if (said === undefined) return;
	if (Array.isArray(said)) onAnswer(undefined, said as readonly T[]);
	else onAnswer(said as SocketError, []);
}

class Bench {
	readonly time = new FakeTime();
	readonly names = new Names();
	/** Places in order, and the end of the round. */
	readonly told: string[] = [];
	readonly locator: Locator;

	constructor(options: Partial<LocatorOptions> & { resolves?: boolean; serves?: boolean; looks?: boolean } = {}) {
		const { resolves = false, serves = true, looks = false, ...rest } = options;
		const { names } = this;
		const network: Network = {
			connect: () => {
				throw new Error("a locator connects nothing");
			},
			...(serves ? { services: names.services.bind(names) } : {}),
			...(resolves ? { resolve: names.resolve.bind(names) } : {}),
			...(looks ? { discover: names.discover.bind(names) } : {})
		};
		this.locator = new Locator({ network, scheduler: new Scheduler(this.time), random: fakeRandom(1), domain: DOMAIN, ...rest });
	}

	next(): void {
		this.locator.next(
			(endpoint) => this.told.push(write(endpoint)),
			(reason, detail) => this.told.push(`${reason}: ${detail}`)
		);
	}

	/** One whole round. */
	round(): string[] {
		this.told.length = 0;
		do this.next();
		while (this.locator.more);
		this.locator.stop();
		return [...this.told];
	}
}

function write(endpoint: Endpoint): string {
	return `${endpoint.tls} ${writeHostPort(endpoint)}${endpoint.address === undefined ? "" : ` ${endpoint.address}`}`;
}

describe("the places of a domain", () => {
	test("a configured address is the only one, and nobody is asked", () => {
		const bench = new Bench({ address: { host: "b.example", port: 1234 }, tls: "direct" });
		expect(bench.round()).toEqual(["direct b.example:1234"]);
		expect(bench.names.asked).toEqual([]);
		expect(new Bench({ address: { host: "::1", port: 1 } }).round()).toEqual(["starttls [::1]:1"]);
	});

	test("R-CORE-1 both kinds of record are one list, by priority", () => {
		const bench = new Bench();
		bench.names.records[STARTTLS] = [record("c.example.", 30), record("a.example", 10)];
		bench.names.records[DIRECT] = [record("b.example", 20, 0, 443)];
		expect(bench.round()).toEqual(["starttls a.example:5222", "direct b.example:443", "starttls c.example:5222"]);
		expect(bench.names.asked).toEqual([DIRECT, STARTTLS]);
	});

	test("within a priority the lot decides, by weight; who has none comes seldom but comes", () => {
		const bench = new Bench();
		bench.names.records[STARTTLS] = [record("heavy", 1, 60), record("none", 1, 0)];
		bench.names.records[DIRECT] = [record("light", 1, 20)];
		const first: Record<string, number> = {};
		const rounds = 2000;
		for (let i = 0; i < rounds; i++) {
			const round = bench.round();
			expect(round).toHaveLength(3);
			expect(new Set(round).size).toBe(3);
			first[round[0]!] = (first[round[0]!] ?? 0) + 1;
		}
		expect(Math.abs(first["starttls heavy:5222"]! / rounds - 60 / 81)).toBeLessThan(0.04);
		expect(Math.abs(first["direct light:5222"]! / rounds - 20 / 81)).toBeLessThan(0.04);
		expect(first["starttls none:5222"]).toBeGreaterThan(0);
	});

	test('a target of "." for direct TLS leaves STARTTLS', () => {
		const bench = new Bench();
		bench.names.records[DIRECT] = [record(".", 0, 0, 0)];
		bench.names.records[STARTTLS] = [record("a.example")];
		expect(bench.round()).toEqual(["starttls a.example:5222"]);
	});

	test.each([
		[[record(".")], [record(".")]],
		[[], [record(".")]],
		[[record("")], []]
	])('"." and nothing else is no service, and no way round it is tried', (direct, starttls) => {
		const bench = new Bench();
		bench.names.records[DIRECT] = direct;
		bench.names.records[STARTTLS] = starttls;
		expect(bench.round()).toEqual([`no-service: the SRV records of ${DOMAIN} say that there is none`]);
	});

	test("no record of either kind: the domain itself, STARTTLS, the usual port", () => {
		expect(new Bench().round()).toEqual([`starttls ${DOMAIN}:5222`]);
		expect(new Bench({ serves: false }).round()).toEqual([`starttls ${DOMAIN}:5222`]);
		const address = new Bench({ domain: "192.0.2.1" });
		expect(address.round()).toEqual(["starttls 192.0.2.1:5222"]);
		expect(address.names.asked).toEqual([]);
	});

	test.each([
		["direct", [DIRECT], "direct b.example:443", `direct ${DOMAIN}:5223`],
		["starttls", [STARTTLS], "starttls a.example:5222", `starttls ${DOMAIN}:5222`]
	] as const)("%s is wanted: the other kind is not even asked for", (tls, asked, found, fallback) => {
		const bench = new Bench({ tls });
		bench.names.records[DIRECT] = [record("b.example", 20, 0, 443)];
		bench.names.records[STARTTLS] = [record("a.example", 10)];
		expect(bench.round()).toEqual([found]);
		expect(bench.names.asked).toEqual(asked);
		expect(new Bench({ tls }).round()).toEqual([fallback]);
	});

	test("nobody answers: the domain itself (RFC 6120 3.2.2)", () => {
		const bench = new Bench();
		bench.names.records[DIRECT] = NOBODY;
		bench.names.records[STARTTLS] = NOBODY;
		expect(bench.round()).toEqual([`starttls ${DOMAIN}:5222`]);
	});

	test("one question is answered: its records are taken", () => {
		const bench = new Bench();
		bench.names.records[DIRECT] = NOBODY;
		bench.names.records[STARTTLS] = [record("a.example")];
		expect(bench.round()).toEqual(["starttls a.example:5222"]);
	});

	test("one question is answered, by a dot: a passing failure", () => {
		const bench = new Bench();
		bench.names.records[DIRECT] = [record(".")];
		bench.names.records[STARTTLS] = NOBODY;
		expect(bench.round()).toEqual([`dns: no answer to 1 of the questions where ${DOMAIN} is served`]);
	});

	test("silence is waited for so long and no longer; an answer after that is not heard", () => {
		const bench = new Bench({ serves: false });
		const late: ((error: SocketError | undefined, records: readonly ServiceRecord[]) => void)[] = [];
		const network: Network = { connect: () => undefined as never, services: (_, onRecords) => void late.push(onRecords) };
		const told: string[] = [];
		new Locator({ network, scheduler: new Scheduler(bench.time), random: fakeRandom(1), domain: DOMAIN }).next(
			(endpoint) => told.push(write(endpoint)),
			(reason) => told.push(reason)
		);
		bench.time.pass(limits.stepSeconds * 1000 - 1);
		expect(told).toEqual([]);
		bench.time.pass(1);
		expect(told).toEqual([`starttls ${DOMAIN}:5222`]);
		for (const answer of late) answer(undefined, [record("a.example")]);
		expect(told).toHaveLength(1);
		expect(late).toHaveLength(2);
		expect(bench.time.waiting).toBeUndefined();
	});

	test("half an answer is better than none", () => {
		const bench = new Bench();
		bench.names.records[DIRECT] = undefined;
		bench.names.records[STARTTLS] = [record("a.example")];
		bench.next();
		bench.time.pass(limits.stepSeconds * 1000);
		expect(bench.told).toEqual(["starttls a.example:5222"]);
	});

	test("what no record may say is left out", () => {
		const bench = new Bench();
		const bad = ["a b", "a/b", "user@b", "", "x".repeat(300)].slice(0, 3).map((target) => record(target));
		const odd = [record("p.example", 0, 0, 0), record("p.example", 0, 0, 65_536), record("p.example", -1), record("p.example", 0, 70_000)];
		bench.names.records[STARTTLS] = [...bad, ...odd, record("x".repeat(300)), record("good.example")];
		expect(bench.round()).toEqual(["starttls good.example:5222"]);
	});

	test("a domain with a thousand records costs no more than a few tries", () => {
		const bench = new Bench();
		bench.names.records[STARTTLS] = Array.from({ length: 1000 }, (_, index) => record(`s${index}.example`));
		expect(bench.round()).toHaveLength(limits.endpoints);
	});

	test("a host that breaks, or lies, ends the try and not the thing", () => {
		const bench = new Bench();
		bench.names.services = () => {
			throw new Error("no stack");
		};
		const network: Network = { connect: () => undefined as never, services: () => bench.names.services("", () => undefined) };
		const told: string[] = [];
		const options = { scheduler: new Scheduler(bench.time), random: fakeRandom(1), domain: DOMAIN };
		new Locator({ network, ...options }).next(
			() => told.push("found"),
			(reason, detail) => told.push(`${reason}: ${detail}`)
		);
		const liar: Network = { connect: () => undefined as never, services: (_, onRecords) => onRecords(undefined, undefined as never) };
		new Locator({ network: liar, ...options }).next(
			() => told.push("found"),
			(reason) => told.push(reason)
		);
		expect(told).toEqual(["internal: no stack", "internal"]);
		expect(bench.time.waiting).toBeUndefined();
	});

	test("stopped, it hears nothing more", () => {
		const bench = new Bench();
		bench.names.records[DIRECT] = undefined;
		bench.next();
		bench.locator.stop();
		bench.time.pass(60_000);
		expect(bench.told).toEqual([]);
	});
});

const AROUND = Object.freeze({ direct: "_xmpps-client._tcp.local", starttls: "_xmpp-client._tcp.local" });
const NOWHERE = `dns: nothing leads to ${DOMAIN}, and nobody on this network says that he serves XMPP`;

describe("the network around", () => {
	test("R-347-1 is asked last, before the thing gives up, both kinds in one list", () => {
		const bench = new Bench({ looks: true });
		bench.names.records[STARTTLS] = [record("a.example")];
		bench.names.around[AROUND.starttls] = [record("192.0.2.2", 20)];
		bench.names.around[AROUND.direct] = [record("2001:db8::3", 10, 0, 5223)];
		expect(bench.round()).toEqual(["starttls a.example:5222", "direct [2001:db8::3]:5223", "starttls 192.0.2.2:5222"]);
		expect(bench.names.asked).toEqual([DIRECT, STARTTLS, AROUND.direct, AROUND.starttls]);
		// The next round begins again with the domain's own word.
		bench.next();
		expect(bench.told.at(-1)).toBe("starttls a.example:5222");
	});

	test("R-347-1 is asked where the domain has neither records nor an address, and once", () => {
		const bench = new Bench({ looks: true, resolves: true });
		bench.names.around[AROUND.starttls] = [record("192.0.2.2")];
		expect(bench.round()).toEqual(["starttls 192.0.2.2:5222"]);
		delete bench.names.around[AROUND.starttls];
		bench.names.asked.length = 0;
		expect(bench.round()).toEqual([NOWHERE]);
		expect(bench.names.asked).toEqual([DIRECT, STARTTLS, DOMAIN, AROUND.direct, AROUND.starttls]);
	});

	test("R-347-1 is asked after as many dead places as a round has, and has as many itself", () => {
		const bench = new Bench({ looks: true });
		bench.names.records[STARTTLS] = Array.from({ length: 16 }, (_, index) => record(`s${index}.example`));
		bench.names.around[AROUND.starttls] = Array.from({ length: 1000 }, (_, index) => record(`192.0.2.${index}`));
		const round = bench.round();
		expect(round).toHaveLength(2 * limits.endpoints);
		expect(round.filter((place) => place.includes("192.0.2."))).toHaveLength(limits.endpoints);
	});

	test.each([
		["a configured address", { address: { host: "b.example", port: 1 } }, [], ["starttls b.example:1"]],
		["a domain that says that it has no server", {}, [record(".")], [`no-service: the SRV records of ${DOMAIN} say that there is none`]]
	])("is not asked after %s", (_, options, records, told) => {
		const bench = new Bench({ looks: true, ...options });
		bench.names.records[STARTTLS] = records;
		bench.names.around[AROUND.starttls] = [record("192.0.2.2")];
		expect(bench.round()).toEqual(told);
		expect(bench.names.asked).not.toContain(AROUND.starttls);
	});

	test("R-347-1 only the kind that is wanted; what is no address to open, or a dot, is left out; silence has an end", () => {
		const bench = new Bench({ looks: true, tls: "direct" });
		bench.names.around[AROUND.direct] = [record("."), record("a b"), record("192.0.2.1", 0, 0, 0)];
		expect(bench.round()).toEqual([`direct ${DOMAIN}:5223`, NOWHERE]);
		expect(bench.names.asked).toEqual([DIRECT, AROUND.direct]);
		bench.names.around[AROUND.direct] = undefined;
		bench.told.length = 0;
		bench.next();
		bench.next();
		bench.time.pass(limits.stepSeconds * 1000);
		expect(bench.told).toEqual([`direct ${DOMAIN}:5223`, NOWHERE]);
		expect(bench.locator.more).toBe(false);
	});
});

describe("addresses", () => {
	test("each of a name's is tried before the next name, both families in turn", () => {
		const bench = new Bench({ resolves: true });
		bench.names.records[STARTTLS] = [record("a.example", 1), record("b.example", 2)];
		bench.names.addresses["a.example"] = ["2001:db8::1", "2001:db8::2", "192.0.2.1"];
		bench.names.addresses["b.example"] = ["192.0.2.2"];
		const a = ["2001:db8::1", "192.0.2.1", "2001:db8::2"].map((address) => `starttls a.example:5222 ${address}`);
		expect(bench.round()).toEqual([...a, "starttls b.example:5222 192.0.2.2"]);
	});

	test("the one that worked is tried first next time", () => {
		const bench = new Bench({ resolves: true, address: { host: "a.example", port: 1 } });
		bench.names.addresses["a.example"] = ["2001:db8::1", "192.0.2.1"];
		bench.locator.worked({ host: "a.example", port: 1, tls: "starttls", address: "192.0.2.1" });
		expect(bench.round()).toEqual(["starttls a.example:1 192.0.2.1", "starttls a.example:1 2001:db8::1"]);
		bench.names.addresses["a.example"] = ["2001:db8::1"];
		expect(bench.round()).toEqual(["starttls a.example:1 2001:db8::1"]);
	});

	test("a name without addresses is passed over", () => {
		const bench = new Bench({ resolves: true });
		bench.names.records[STARTTLS] = [record("gone.example", 1), record("broken.example", 2), record("b.example", 3)];
		bench.names.addresses["broken.example"] = NOBODY;
		bench.names.addresses["b.example"] = ["192.0.2.2"];
		expect(bench.round()).toEqual(["starttls b.example:5222 192.0.2.2"]);
		delete bench.names.addresses["b.example"];
		expect(bench.round()).toEqual(["dns: b.example has no address"]);
	});

	test("a name that nobody answers about costs its time and no more", () => {
		const bench = new Bench({ resolves: true });
		bench.names.records[STARTTLS] = [record("silent.example", 1), record("b.example", 2)];
		bench.names.addresses["silent.example"] = undefined;
		bench.names.addresses["b.example"] = ["192.0.2.2"];
		bench.next();
		bench.time.pass(limits.stepSeconds * 1000);
		expect(bench.told).toEqual(["starttls b.example:5222 192.0.2.2"]);
	});

	test("no more than a few of one name, and nothing that is no address", () => {
		const bench = new Bench({ resolves: true, address: { host: "a.example", port: 1 } });
		bench.names.addresses["a.example"] = ["a b", ...Array.from({ length: 100 }, (_, index) => `192.0.2.${index}`)];
		expect(bench.round()).toHaveLength(limits.addresses);
	});

	test("an address is not looked up", () => {
		const bench = new Bench({ resolves: true, address: { host: "192.0.2.1", port: 1 } });
		expect(bench.round()).toEqual(["starttls 192.0.2.1:1"]);
		expect(bench.names.asked).toEqual([]);
	});
});

describe("a session that looks for its server", () => {
	class Lost extends SessionBench {
		readonly names: Names;

		constructor() {
			const names = new Names();
			super(ACCOUNT, { tls: undefined });
			this.names = names;
			const network: FakeNetwork & Partial<Network> = this.network;
			Object.assign(network, { services: names.services.bind(names) });
		}
	}

	function two(): Lost {
		const bench = new Lost();
		bench.names.records[DIRECT] = [record("one.example", 1, 0, 443)];
		bench.names.records[STARTTLS] = [record("two.example", 2)];
		return bench;
	}

	test("R-CORE-1 goes on to the next place at once; the certificate is always the domain's", () => {
		const bench = two();
		bench.session.start();
		const first = bench.line.options;
		expect([first.host, first.port, first.tls, first.alpn, first.serverName]).toEqual([
			"one.example",
			443,
			"direct",
			"xmpp-client",
			DOMAIN
		]);
		bench.line.fails("wrong-name");
		expect(bench.pauses).toEqual([0]);
		bench.time.pass(0);
		const second = bench.line.options;
		expect([second.host, second.port, second.tls, second.alpn, second.serverName]).toEqual([
			"two.example",
			5222,
			"starttls",
			undefined,
			DOMAIN
		]);
		bench.line.fails("refused");
		expect(bench.happened).toEqual(["offline wrong-name", "offline refused"]);
		// Both are tried: now the pause, and then it asks anew.
		const asked = bench.names.asked.length;
		bench.time.pass(bench.pauses[1]!);
		expect(bench.names.asked.length).toBe(2 * asked);
		expect(bench.line.options.host).toBe("one.example");
	});

	test("R-347-1 what the network around says is knocked at, and must be the domain by its certificate", () => {
		const bench = new Lost();
		Object.assign(bench.network, { discover: bench.names.discover.bind(bench.names) });
		bench.names.around[AROUND.starttls] = [record("192.0.2.66", 0), record("192.0.2.2", 1)];
		bench.session.start();
		const steps: string[] = [];
		for (const reason of ["refused", "wrong-name", "unknown-ca"] as const) {
			const { host, serverName } = bench.line.options;
			steps.push(`${host} ${serverName}`);
			bench.line.fails(reason);
			bench.time.pass(bench.pauses.at(-1)!);
		}
		expect(steps).toEqual([`${DOMAIN} ${DOMAIN}`, `192.0.2.66 ${DOMAIN}`, `192.0.2.2 ${DOMAIN}`]);
		// All were tried: a pause, and from the beginning.
		expect(bench.pauses.slice(0, 2)).toEqual([0, 0]);
		expect(bench.pauses[2]).toBeGreaterThan(0);
		expect(bench.line.options.host).toBe(DOMAIN);
	});

	test("a server that refuses the account is no reason to try the next", () => {
		const bench = two();
		bench.session.start();
		bench.line.secures();
		bench.say(HEADER + mechanisms("SCRAM-SHA-1"));
		bench.say(failure("not-authorized"));
		expect(bench.happened).toEqual(["offline not-authorized"]);
		expect(bench.pauses[0]).toBeGreaterThanOrEqual(150_000);
	});

	test("a server that falls silent after TLS is", () => {
		const bench = two();
		bench.session.start();
		bench.line.secures();
		bench.time.pass(limits.stepSeconds * 1000);
		expect(bench.happened).toEqual(["offline timeout"]);
		expect(bench.pauses).toEqual([0]);
		bench.time.pass(0);
		expect(bench.line.options.host).toBe("two.example");
	});

	test("while it looks, nothing is opened, and stop() ends it", () => {
		const bench = new Lost();
		bench.names.records[DIRECT] = undefined;
		bench.session.start();
		expect(bench.network.connections).toHaveLength(0);
		bench.session.stop();
		bench.time.pass(3_600_000);
		expect(bench.network.connections).toHaveLength(0);
		expect(bench.happened).toEqual([]);
	});

	test("no service is told, and asked again after a long pause", () => {
		const bench = new Lost();
		bench.names.records[STARTTLS] = [record(".")];
		bench.session.start();
		expect(bench.happened).toEqual(["offline no-service"]);
		bench.names.records[STARTTLS] = [record("two.example")];
		bench.time.pass(bench.pauses[0]!);
		expect(bench.line.options.host).toBe("two.example");
	});

	test("a server that sends it elsewhere makes the rest of the list void", () => {
		const bench = two();
		bench.session.start();
		bench.line.secures();
		bench.say(
			`${HEADER}<stream:error><see-other-host xmlns='urn:ietf:params:xml:ns:xmpp-streams'>three.example:1</see-other-host></stream:error>`
		);
		bench.time.pass(0);
		expect([bench.line.options.host, bench.line.options.port, bench.line.options.tls]).toEqual(["three.example", 1, "direct"]);
		bench.line.fails("refused");
		bench.time.pass(bench.pauses[1]!);
		expect(bench.line.options.host).toBe("one.example");
	});
});
