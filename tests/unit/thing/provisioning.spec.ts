// Who is heard as provisioning service, and what is done when it speaks.
import { dialects } from "../../../src/iot/dialect.js";
import { Provisioning, type Service } from "../../../src/thing/provisioning.js";
import { Vault } from "../../../src/thing/vault.js";
import { ADDRESS, errorElement, IQBench } from "../../support/iq-bench.js";
import { FakeStorage } from "../../support/storage.js";
import { stanza } from "../../support/wire.js";

const SERVICE = "provisioning.a.example";
const DISCO_INFO = "http://jabber.org/protocol/disco#info";
const DISCO_ITEMS = "http://jabber.org/protocol/disco#items";
const [xep, ieee] = [dialects[0]!, dialects[1]!];

class Bench extends IQBench {
	readonly happened: string[] = [];
	readonly vault: Vault;
	readonly provisioning: Provisioning;
	readonly found: (Service | undefined)[] = [];
	onClear: () => void = () => {};
	/** Tells that the broker has parted us, or could not. */
	readonly partings: ((done: boolean) => void)[] = [];

	constructor(storage = new FakeStorage(), given?: string) {
		super();
		this.vault = new Vault(storage, () => {});
		this.provisioning = new Provisioning({
			router: this.router,
			scheduler: this.scheduler,
			vault: this.vault,
			domain: "a.example",
			given,
			onService: (jid) => this.happened.push(`greets ${jid}`),
			onClear: () => {
				this.happened.push("clears");
				this.onClear();
			},
			onFriend: (jid) => this.happened.push(`friend ${jid}`),
			onUnfriend: (jid, onDone) => {
				this.happened.push(`unfriend ${jid}`);
				this.partings.push(onDone);
			},
			onDenied: (from) => this.happened.push(`denies ${from}`)
		});
		this.provisioning.online();
	}

	find(): void {
		this.provisioning.find((service) => this.found.push(service));
	}

	/** The broker has this component with that feature. */
	offers(jid: string, feature: string): void {
		this.answer(`<query xmlns='${DISCO_ITEMS}'><item jid='${jid}'/></query>`);
		if (jid.endsWith(".a.example")) this.answer(`<query xmlns='${DISCO_INFO}'><feature var='${feature}'/></query>`);
	}

	message(payload: string, from = SERVICE, type = "normal"): void {
		this.provisioning.receive(stanza(`<message from='${from}' to='${ADDRESS}' type='${type}'>${payload}</message>`));
	}
}

/** With the service found. */
function found(dialect = xep): Bench {
	const bench = new Bench();
	bench.find();
	bench.offers(SERVICE, dialect.provisioning);
	bench.happened.length = 0;
	return bench;
}

test("R-324-21 a component of the own domain is found, greeted by presence and kept; who asks meanwhile waits", () => {
	const storage = new FakeStorage();
	const bench = new Bench(storage);
	bench.find();
	bench.find();
	expect(bench.wire.sent).toHaveLength(1);
	bench.offers(SERVICE, xep.provisioning);
	expect(bench.found).toEqual([
		{ jid: SERVICE, dialect: xep },
		{ jid: SERVICE, dialect: xep }
	]);
	expect(bench.happened).toEqual([`greets ${SERVICE}`]);
	const next = new Bench(storage);
	expect(next.happened).toEqual([`greets ${SERVICE}`]);
	next.find();
	expect(next.found).toEqual([{ jid: SERVICE, dialect: xep }]);
	expect(next.wire.sent).toEqual([]);
});

test("R-324-22 R-347-31 one of another domain is not even asked, and a second one changes nothing", () => {
	const bench = new Bench();
	bench.find();
	bench.offers("provisioning.evil.example", xep.provisioning);
	expect(bench.found).toEqual([undefined]);
	const trusting = found();
	trusting.find();
	expect(trusting.wire.sent).toEqual([]);
	expect(trusting.provisioning.jid).toBe(SERVICE);
});

test("where there is none it is not looked for again at every request, but at the next login, and after a while", () => {
	const bench = new Bench();
	const fail = (): void => bench.answer(errorElement("service-unavailable", "cancel"), "error");
	bench.find();
	fail();
	bench.find();
	expect(bench.wire.sent).toEqual([]);
	expect(bench.found).toEqual([undefined, undefined]);
	bench.provisioning.online();
	bench.find();
	fail();
	bench.time.pass(60_000);
	bench.find();
	expect(bench.wire.sent).toHaveLength(1);
});

test("a given address is asked alone, and another one that was kept is not believed", () => {
	const storage = new FakeStorage();
	const first = new Bench(storage);
	first.find();
	first.offers(SERVICE, xep.provisioning);
	const bench = new Bench(storage, "elsewhere.example");
	bench.find();
	expect(bench.request).toBe(`<iq to='elsewhere.example' type='get'><query xmlns='${DISCO_INFO}'/></iq>`);
	bench.answer(`<query xmlns='${DISCO_INFO}'><feature var='${ieee.provisioning}'/></query>`);
	expect(bench.found).toEqual([{ jid: "elsewhere.example", dialect: ieee }]);
});

test("R-324-17 when another service is trusted, what the one before said is dropped; when the same is found again, nothing is", () => {
	const storage = new FakeStorage();
	const first = new Bench(storage);
	first.find();
	first.offers(SERVICE, xep.provisioning);
	expect(first.happened).not.toContain("clears");
	const bench = new Bench(storage, "elsewhere.example");
	expect(bench.provisioning.jid).toBeUndefined();
	bench.onClear = () => {
		throw new Error("worn out");
	};
	const found = (other: Bench): void => {
		other.find();
		other.answer(`<query xmlns='${DISCO_INFO}'><feature var='${ieee.provisioning}'/></query>`);
	};
	found(bench);
	expect(bench.happened).toContain("clears");
	// What could not be erased is found again by the next boot.
	const next = new Bench(storage, "elsewhere.example");
	found(next);
	expect(next.happened).toContain("clears");
	const last = new Bench(storage, "elsewhere.example");
	expect(last.provisioning.jid).toBe("elsewhere.example");
	expect(last.happened).not.toContain("clears");
});

test("R-324-10 clearCache of the service is done and acknowledged in its own dialect", () => {
	const bench = found();
	const [answer] = bench.ask("set", `<clearCache xmlns='${xep.provisioning}'/>`, SERVICE);
	expect(answer).toContain(`type='result' id='q1'><clearCacheResponse xmlns='${xep.provisioning}'/></iq>`);
	const [empty] = bench.ask("set", `<clearCache xmlns='${ieee.provisioning}' id='n'/>`, SERVICE);
	expect(empty).toBe(`<iq to='${SERVICE}' type='result' id='q1'/>`);
	expect(bench.happened).toEqual(["clears", "clears"]);
});

test("what could not be erased for good is not acknowledged", () => {
	const bench = found();
	bench.onClear = () => {
		throw new Error("worn out");
	};
	expect(bench.ask("set", `<clearCache xmlns='${xep.provisioning}'/>`, SERVICE)[0]).toContain("<internal-server-error");
	expect(bench.errors).toEqual([]);
});

describe("R-324-13 what is cleared after somebody was parted", () => {
	const clear = `<clearCache xmlns='${xep.provisioning}'/>`;
	const parting = (...jids: string[]): Bench => {
		const bench = found();
		for (const jid of jids) bench.message(`<unfriend xmlns='${xep.provisioning}' jid='${jid}'/>`);
		return bench;
	};

	test("is cleared at once, and acknowledged when the broker has parted all of them: else the service says it again", () => {
		const bench = parting("c@b.example", "d@b.example");
		expect(bench.ask("set", clear, SERVICE)).toEqual([]);
		expect(bench.happened).toEqual(["unfriend c@b.example", "unfriend d@b.example", "clears"]);
		bench.partings[1]!(true);
		expect(bench.wire.take()).toEqual([]);
		bench.partings[0]!(true);
		expect(bench.wire.take()[0]).toContain("type='result' id='q1'><clearCacheResponse ");
		// A second word of it has nothing to wait for.
		expect(bench.ask("set", clear, SERVICE)[0]).toContain("<clearCacheResponse ");
	});

	test("is not acknowledged where the broker did not part one; the next is", () => {
		const bench = parting("c@b.example", "d@b.example");
		bench.ask("set", clear, SERVICE);
		bench.partings[0]!(false);
		bench.partings[1]!(true);
		expect(bench.wire.take()[0]).toContain("<error type='wait'><internal-server-error");
		bench.message(`<unfriend xmlns='${xep.provisioning}' jid='c@b.example'/>`);
		expect(bench.ask("set", clear, SERVICE, "q2")).toEqual([]);
		// One waits, no more.
		expect(bench.ask("set", clear, SERVICE, "q3")[0]).toContain("id='q3'><error type='wait'>");
		bench.partings[2]!(true);
		expect(bench.wire.take()[0]).toContain("id='q2'><clearCacheResponse ");
	});

	test("is not acknowledged where the connection ended first", () => {
		const bench = parting("c@b.example");
		bench.ask("set", clear, SERVICE);
		bench.router.setAddress(undefined);
		bench.provisioning.offline();
		bench.partings[0]!(false);
		expect(bench.wire.take()).toEqual([]);
		bench.router.setAddress(ADDRESS);
		bench.provisioning.online();
		bench.wire.take();
		expect(bench.ask("set", clear, SERVICE)[0]).toContain("<clearCacheResponse ");
	});
});

test.each([
	"stranger@a.example/x",
	"a.example",
	"registry.a.example",
	"owner@a.example",
	`x@${SERVICE}`,
	`${SERVICE}/x`,
	"provisioning.a.example.evil"
])("R-324-11 clearCache of %s is forbidden and clears nothing", (from) => {
	const bench = found();
	expect(bench.ask("set", `<clearCache xmlns='${xep.provisioning}'/>`, from)[0]).toContain("<error type='cancel'><forbidden");
	expect(bench.happened).toEqual([`denies ${from}`]);
});

test("R-324-11 before a service is known nobody is heard as one", () => {
	const bench = new Bench();
	expect(bench.ask("set", `<clearCache xmlns='${xep.provisioning}'/>`, SERVICE)[0]).toContain("<forbidden");
	bench.message(`<friend xmlns='${xep.provisioning}' jid='c@b.example'/>`);
	expect(bench.happened).toEqual([`denies ${SERVICE}`]);
});

test("R-324-12 friend and unfriend are heard from the service alone, in both dialects, and never answered", () => {
	const bench = found();
	for (const { provisioning } of dialects) {
		bench.message(`<friend xmlns='${provisioning}' jid='c@b.example/x'/>`);
		bench.message(`<unfriend xmlns='${provisioning}' jid='c@b.example'/>`);
	}
	for (const from of ["stranger@a.example/x", "a.example", `${SERVICE}/x`])
		bench.message(`<unfriend xmlns='${xep.provisioning}' jid='c@b.example'/>`, from);
	bench.message(`<friend xmlns='${xep.provisioning}'/>`);
	bench.message(`<friend xmlns='${xep.provisioning}' jid='@'/>`);
	bench.message(`<friend xmlns='${xep.provisioning}' jid='c@b.example'/>`, SERVICE, "error");
	expect(bench.happened).toEqual(["friend c@b.example", "unfriend c@b.example", "friend c@b.example", "unfriend c@b.example"]);
	expect(bench.wire.sent).toEqual([]);
});

test("a search that its connection outlived tells nobody of another", () => {
	const bench = new Bench();
	bench.find();
	bench.provisioning.offline();
	expect(bench.found).toEqual([undefined]);
	bench.offers(SERVICE, xep.provisioning);
	expect(bench.provisioning.jid).toBeUndefined();
});
