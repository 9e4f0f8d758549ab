// Decisions: asked once, kept over a boot, taken back at once; whatever is no answer is a no that nobody keeps.
import { dialects } from "../../../src/iot/dialect.js";
import type { Applicant, Permission, Wish } from "../../../src/iot/provisioning.js";
import { ALL_CATEGORIES } from "../../../src/iot/sensor-data.js";
import { limits } from "../../../src/limits.js";
import { Decisions } from "../../../src/thing/decisions.js";
import { LifeCycle } from "../../../src/thing/life-cycle.js";
import type { Service } from "../../../src/thing/provisioning.js";
import { Vault } from "../../../src/thing/vault.js";
import { TestCrypto } from "../../support/crypto.js";
import { errorElement, IQBench } from "../../support/iq-bench.js";
import { FakeStorage, fakeRandom } from "../../support/storage.js";

const SERVICE = "provisioning.a.example";
const NS = dialects[0]!.provisioning;
const OWNER = "owner@a.example";

const question = (change: Partial<Wish> = {}): Wish => ({
	jid: "c@b.example",
	categories: ALL_CATEGORIES,
	nodes: [],
	fields: [],
	tokens: [],
	...change
});
const yes = (children = ""): string => `<canReadResponse xmlns='${NS}' jid='c@b.example' result='true'>${children}</canReadResponse>`;
const no = `<canReadResponse xmlns='${NS}' jid='c@b.example' result='false'/>`;

class Bench extends IQBench {
	readonly storage: FakeStorage;
	readonly vault: Vault;
	readonly lifeCycle: LifeCycle;
	readonly decisions: Decisions;
	readonly decided: (Permission | undefined)[] = [];
	/** Who decided, in order. */
	readonly by: string[] = [];
	service: string | undefined = SERVICE;
	/** It is known, and nobody is there. */
	provisioningAway = false;

	constructor(storage = new FakeStorage(), hours?: number) {
		super();
		this.storage = storage;
		this.vault = new Vault(storage, () => {});
		this.lifeCycle = new LifeCycle(this.vault, fakeRandom());
		if (this.lifeCycle.state === "factory") {
			this.lifeCycle.take("account");
			this.lifeCycle.take("claimed", { owner: OWNER, public: true });
		}
		this.decisions = new Decisions({
			router: this.router,
			scheduler: this.scheduler,
			crypto: new TestCrypto(),
			lifeCycle: this.lifeCycle,
			clock: this.time.clock,
			node: { id: "thing" },
			nodes: [],
			provisioning: this,
			hours,
			onEvent: (event) => {
				if (event.event === "decision") this.by.push(`${event.by} ${event.allowed}`);
			}
		});
	}

	get jid(): string | undefined {
		return this.service;
	}

	find(onService: (service: Service | undefined) => void): void {
		onService(this.service === undefined || this.provisioningAway ? undefined : { jid: this.service, dialect: dialects[0]! });
	}

	/** What is asked of the service. */
	pose(change: Partial<Wish> = {}, times = 1): string[] {
		const asked = question(change);
		for (let i = 0; i < times; i++) this.decisions.judge(asked, this.applicant(asked));
		this.time.pass(0);
		return this.wire.sent.slice();
	}

	applicant({ jid, tokens }: Wish): Applicant {
		const decide: Applicant["decide"] = (permission) => {
			if (permission === "all") throw new Error("only the owner may do all");
			this.decided.push(permission);
		};
		return { from: `${jid}/r`, asked: undefined, tokens, weight: 30, decide };
	}
}

test("R-324-3 R-324-15 a question is asked once and then answered from what is kept", () => {
	const bench = new Bench();
	expect(bench.pose()).toHaveLength(1);
	expect(bench.request).toBe(`<iq to='${SERVICE}' type='get'><canRead xmlns='${NS}' jid='c@b.example' all='true'/></iq>`);
	bench.answer(yes("<field name='T'/>"));
	expect(bench.decided).toEqual([{ categories: ALL_CATEGORIES, fields: ["T"] }]);
	expect(bench.pose()).toEqual([]);
	expect(bench.pose({ jid: "C@B.example" })).toEqual([]);
	expect(bench.decided).toHaveLength(3);
	// Something else is another question.
	for (const change of [
		{ fields: ["T"] },
		{ nodes: [{ id: "thing" }] },
		{ nodes: [{ id: "thing", source: "s" }] },
		{ nodes: [{ id: "thing", partition: "s" }] },
		{ categories: 1 },
		{ tokens: ["x"] },
		{ jid: "d@b.example" }
	]) {
		expect(bench.pose(change)).toHaveLength(1);
		bench.answer(no);
	}
});

test("order and repetition make no other question, and names that look like several make no such one", () => {
	const bench = new Bench();
	bench.pose({ fields: ["A", "B"] });
	bench.answer(yes());
	expect(bench.pose({ fields: ["B", "A", "B"] })).toEqual([]);
	for (const fields of [["A\nB"], ["A,B"], ['A","B']]) {
		expect(bench.pose({ fields })).toHaveLength(1);
		bench.answer(no);
	}
});

test("R-324-4 R-324-15 a no is kept too, and clearCache makes it be asked anew", () => {
	const bench = new Bench();
	bench.pose();
	bench.answer(no);
	expect(bench.pose()).toEqual([]);
	bench.decisions.clear();
	expect(bench.pose()).toHaveLength(1);
	bench.answer(yes());
	expect(bench.decided).toEqual([undefined, undefined, { categories: ALL_CATEGORIES, fields: undefined }]);
});

test("R-324-16 what was decided is known after a boot, and not to the next owner", () => {
	const first = new Bench();
	first.pose();
	first.answer(yes());
	const second = new Bench(first.storage);
	expect(second.pose()).toEqual([]);
	expect(second.decided).toEqual([{ categories: ALL_CATEGORIES, fields: undefined }]);
	second.lifeCycle.take("disowned");
	second.decisions.disowned();
	second.lifeCycle.take("claimed", { owner: "heir@a.example", public: true });
	expect(second.pose()).toHaveLength(1);
	expect(first.storage.list("o.d.")).toEqual([]);
});

test("R-324-16 the one used least recently makes room", () => {
	const bench = new Bench();
	const decide = (index: number): void => {
		if (bench.pose({ fields: [`F${index}`] }).length > 0) bench.answer(yes());
	};
	for (let index = 0; index < limits.decisions; index++) decide(index);
	decide(0);
	decide(limits.decisions);
	expect(bench.storage.list("o.d.")).toHaveLength(limits.decisions);
	expect(bench.pose({ fields: ["F0"] })).toEqual([]);
	expect(bench.pose({ fields: ["F1"] })).toHaveLength(1);
});

test.each([
	["an error", errorElement("internal-server-error", "cancel"), "error"],
	["an empty result", "", "result"],
	["somebody else's words", "<canReadResponse xmlns='urn:x' result='true'/>", "result"]
])("R-324-25 %s denies and is not kept", (_what, payload, type) => {
	const bench = new Bench();
	bench.pose();
	bench.answer(payload, type as "result");
	expect(bench.decided).toEqual([undefined]);
	expect(bench.pose()).toHaveLength(1);
});

test("R-324-25 silence denies in time and is not kept; no service denies at once", () => {
	const bench = new Bench();
	bench.pose();
	bench.time.pass(limits.requestSeconds * 1000);
	expect(bench.decided).toEqual([undefined]);
	bench.wire.take();
	bench.service = undefined;
	expect(bench.pose()).toEqual([]);
	expect(bench.decided).toEqual([undefined, undefined]);
});

test("R-324-27 an answer from anybody else is none", () => {
	const bench = new Bench();
	bench.pose();
	const id = /id='([^']*)'/.exec(bench.wire.sent[0]!)![1];
	bench.receive(`<iq type='result' id='${id}' from='evil.a.example'>${yes()}</iq>`);
	expect(bench.decided).toEqual([]);
});

test("R-324-28 twenty at once are one question, within the bound of who may wait", () => {
	const bench = new Bench();
	bench.pose({}, 20);
	expect(bench.wire.sent).toHaveLength(1);
	const refused = bench.decided.length;
	expect(refused).toBeGreaterThan(0);
	bench.answer(yes());
	expect(bench.decided.filter((permission) => permission !== undefined)).toHaveLength(20 - refused);
	expect(refused).toBeLessThan(18);
	// Whoever waited has made room.
	bench.decisions.clear();
	expect(bench.pose()).toHaveLength(1);
});

test("one who asks many things has two questions at once and no more; others get their turn", () => {
	const bench = new Bench();
	for (let i = 0; i < 10; i++) bench.pose({ fields: [`F${i}`] });
	expect(bench.wire.sent).toHaveLength(limits.questionsPerPeer);
	expect(bench.pose({ jid: "other@b.example" })).toHaveLength(limits.questionsPerPeer + 1);
});

test("R-324-10 an answer that was on its way when all was taken back is not kept", () => {
	const bench = new Bench();
	bench.pose();
	bench.decisions.clear();
	// Nor is it what a later request waits for.
	expect(bench.pose()).toHaveLength(2);
	bench.answer(no);
	expect(bench.decided).toEqual([undefined]);
	bench.wire.take();
	expect(bench.pose()).toEqual([]);
});

test("R-324-10 after a login the service speaks first: what it takes back then is not granted from what was kept", () => {
	const bench = new Bench();
	bench.pose();
	bench.answer(yes());
	bench.decisions.drop();
	bench.decisions.online();
	expect(bench.pose()).toEqual([]);
	expect(bench.decided).toHaveLength(1);
	bench.decisions.clear();
	bench.time.pass(limits.serviceFirstSeconds * 1000);
	expect(bench.wire.sent).toHaveLength(1);
	bench.answer(no);
	expect(bench.decided[1]).toBeUndefined();
});

test("R-324-15 after a login what nobody took back is granted from what was kept, when the service has had its time and not before", () => {
	const bench = new Bench();
	bench.pose();
	bench.answer(yes());
	bench.decisions.drop();
	bench.decisions.online();
	bench.pose();
	bench.time.pass(limits.serviceFirstSeconds * 1000 - 1);
	expect(bench.decided).toHaveLength(1);
	bench.time.pass(1);
	expect(bench.decided[1]).toEqual(bench.decided[0]);
	expect(bench.by).toEqual(["service true", "memory true"]);
	expect(bench.wire.sent).toEqual([]);
});

test("R-324-13 after a login a friend whom the service parts first is none, though he was kept as one", () => {
	const bench = new Bench();
	const told: boolean[] = [];
	const ask = (): void => bench.decisions.isFriend("c@b.example", (friend) => told.push(friend));
	ask();
	bench.time.pass(0);
	bench.answer(`<isFriendResponse xmlns='${NS}' jid='c@b.example' result='true'/>`);
	bench.decisions.drop();
	bench.decisions.online();
	ask();
	bench.decisions.part("c@b.example");
	bench.time.pass(limits.serviceFirstSeconds * 1000);
	expect(told).toEqual([true]);
	bench.answer(`<isFriendResponse xmlns='${NS}' jid='c@b.example' result='false'/>`);
	expect(told).toEqual([true, false]);
});

test("a connection that ends takes with it whoever waits; a disowning refuses him", () => {
	const bench = new Bench();
	bench.pose();
	bench.decisions.drop();
	expect(bench.decided).toEqual([]);
	bench.wire.take();
	bench.pose();
	bench.decisions.disowned();
	expect(bench.decided).toEqual([undefined]);
});

test("a storage that keeps nothing costs questions, and one that erases nothing is told to who wanted it erased", () => {
	const bench = new Bench();
	bench.storage.write = () => {
		throw new Error("full");
	};
	bench.pose();
	bench.answer(yes());
	expect(bench.decided).toHaveLength(1);
	expect(bench.pose()).toHaveLength(1);
	const other = new Bench();
	other.pose();
	other.answer(yes());
	other.storage.delete = () => {
		throw new Error("worn out");
	};
	expect(() => other.decisions.clear()).toThrow("worn out");
	expect(other.pose()).toHaveLength(1);
});

test("R-324-1 R-324-2 friendship is asked, kept, and no when there is no answer", () => {
	const bench = new Bench();
	const friends: boolean[] = [];
	const ask = (): void => {
		bench.decisions.isFriend("c@b.example", (allowed) => friends.push(allowed));
		bench.time.pass(0);
	};
	ask();
	expect(bench.request).toBe(`<iq to='${SERVICE}' type='get'><isFriend xmlns='${NS}' jid='c@b.example'/></iq>`);
	bench.answer(errorElement("internal-server-error", "cancel"), "error");
	ask();
	bench.answer(`<isFriendResponse xmlns='${NS}' jid='c@b.example' result='true'/>`);
	ask();
	expect(friends).toEqual([false, true, true]);
});

test("R-324-3 R-324-8 what is to be set is asked as canControl, kept, and is another question than what is to be read", () => {
	const bench = new Bench();
	bench.pose({ categories: 0, fields: ["Relay"], tokens: ["d:1 d:2", undefined, "u:1"] });
	expect(bench.request).toBe(
		`<iq to='${SERVICE}' type='get'><canControl xmlns='${NS}' jid='c@b.example' deviceToken='d:1 d:2' userToken='u:1'><parameter name='Relay'/></canControl></iq>`
	);
	const answer = (result: string, name = "canControlResponse"): void =>
		bench.answer(`<${name} xmlns='${NS}' jid='c@b.example' result='${result}'/>`);
	answer("false");
	bench.pose({ categories: 0, fields: ["Relay"] });
	answer("true");
	expect(bench.pose({ categories: 0, fields: ["Relay"] })).toEqual([]);
	expect(bench.pose({ fields: ["Relay"] })).toHaveLength(1);
	answer("true", "canControlResponse");
	const control = { categories: 0, fields: undefined };
	expect(bench.decided).toEqual([undefined, control, control, undefined]);
});

test("each decision is told with by whose word it is", () => {
	const bench = new Bench();
	bench.pose();
	bench.answer(yes());
	bench.pose();
	bench.service = undefined;
	bench.pose();
	bench.service = SERVICE;
	bench.pose({ fields: ["T"] });
	bench.answer(errorElement("service-unavailable", "cancel"), "error");
	expect(bench.by).toEqual(["service true", "memory true", "nobody false", "nobody false"]);
});

test("R-324-15 while the service is away, what was decided is answered from what is kept, and nothing else", () => {
	const bench = new Bench();
	bench.pose();
	bench.answer(yes());
	const next = new Bench(bench.storage);
	next.provisioningAway = true;
	next.pose();
	next.pose({ fields: ["T"] });
	expect(next.by).toEqual(["memory true", "nobody false"]);
});

test("R-324-17 what was kept is no word of a service that is not trusted now", () => {
	const bench = new Bench();
	bench.pose();
	bench.answer(yes());
	const next = new Bench(bench.storage);
	next.service = undefined;
	next.pose();
	expect(next.by).toEqual(["nobody false"]);
});

test("with an age limit a decision is asked anew when it is old, from the future, or nobody knows the time", () => {
	const hour = 3_600_000;
	const bench = new Bench(undefined, 1);
	bench.pose();
	bench.answer(yes());
	bench.time.pass(hour - 1);
	expect(bench.pose()).toEqual([]);
	bench.time.pass(1);
	expect(bench.pose()).toHaveLength(1);
	bench.answer(yes());
	bench.time.jump(-hour);
	expect(bench.pose()).toHaveLength(1);
	bench.answer(yes());
	expect(bench.pose()).toEqual([]);
	bench.time.clock.trusted = false;
	expect(bench.pose()).toHaveLength(1);
	bench.answer(yes());
	expect(bench.pose()).toHaveLength(1);
});

test("R-324-13 whom the service parts is no friend from memory, though an answer about him was on its way", () => {
	const bench = new Bench();
	const answers: boolean[] = [];
	const ask = (jid: string): void => {
		bench.decisions.isFriend(jid, (allowed) => answers.push(allowed));
		bench.time.pass(0);
	};
	const isFriend = (): void => bench.answer(`<isFriendResponse xmlns='${NS}' jid='c@b.example' result='true'/>`);
	for (const jid of ["c@b.example", "d@b.example"]) {
		ask(jid);
		isFriend();
	}
	bench.decisions.part("C@b.example");
	ask("d@b.example");
	expect(bench.wire.sent).toEqual([]);
	ask("c@b.example");
	expect(bench.wire.sent).toHaveLength(1);
	bench.decisions.part("c@b.example");
	isFriend();
	ask("c@b.example");
	expect(bench.wire.sent).toHaveLength(1);
});

test("R-324-24 the service may be a friend and is not asked about itself; nobody at its address is it", () => {
	const bench = new Bench();
	const answers: boolean[] = [];
	bench.decisions.isFriend("Provisioning.A.example", (allowed) => answers.push(allowed));
	bench.time.pass(0);
	expect([answers, bench.wire.sent]).toEqual([[true], []]);
	bench.decisions.isFriend(`x@${SERVICE}`, (allowed) => answers.push(allowed));
	bench.time.pass(0);
	expect([answers.length, bench.wire.sent.length]).toEqual([1, 1]);
});
