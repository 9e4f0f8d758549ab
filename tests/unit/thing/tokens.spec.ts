// Tokens on their way: shown by a requester, handed to the service, challenged by it, and answered by nobody but who showed them.
import { type Dialect, dialects } from "../../../src/iot/dialect.js";
import { Readouts } from "../../../src/iot/readouts.js";
import { limits } from "../../../src/limits.js";
import { Authorizer } from "../../../src/thing/authorizer.js";
import { Controls } from "../../../src/thing/controls.js";
import { Decisions } from "../../../src/thing/decisions.js";
import { LifeCycle } from "../../../src/thing/life-cycle.js";
import { Vault } from "../../../src/thing/vault.js";
import { Disco } from "../../../src/xmpp/disco.js";
import { TestCrypto } from "../../support/crypto.js";
import { ADDRESS, attributeOf, errorAnswer, errorElement, IQBench } from "../../support/iq-bench.js";
import { FakeStorage, fakeRandom } from "../../support/storage.js";

const SERVICE = "provisioning.a.example";
const CONSUMER = "consumer@b.example/x";
const [xep, ieee] = dialects as [Dialect, Dialect];
const REFUSED = errorAnswer("forbidden", "cancel", SERVICE, "No such token was shown to you by way of this thing lately.");

class Bench extends IQBench {
	readonly decisions: Decisions;
	/** What the service speaks. */
	dialect = xep;

	constructor() {
		super();
		const { router, scheduler } = this;
		const lifeCycle = new LifeCycle(new Vault(new FakeStorage(), () => {}), fakeRandom());
		lifeCycle.take("account");
		lifeCycle.take("claimed", { owner: "owner@a.example", public: true });
		const clock = this.time.clock;
		const provisioning = {
			jid: SERVICE,
			find: (found: (service: { jid: string; dialect: Dialect }) => void) => found({ jid: SERVICE, dialect: this.dialect })
		};
		const options = { router, scheduler, clock, lifeCycle, node: { id: "thing" }, nodes: [], onEvent() {} };
		this.decisions = new Decisions({ ...options, crypto: new TestCrypto(), provisioning });
		const authorizer = new Authorizer({ owner: () => lifeCycle.owner, provisioning, decisions: this.decisions });
		const disco = new Disco({ router, identity: { category: "client", type: "bot" }, node: "n", allowed: () => true });
		const definition = { manufacturer: "m", model: "M", version: 1, fields: {}, parameters: { Relay: { type: "boolean" } } } as const;
		new Controls({ ...options, host: { clock, actuators: { set() {} } }, definition, disco, authorizer });
		const reading = { fields: [], onDenied() {}, read() {}, onEnd() {} };
		new Readouts({ router, disco, outbox: this.wire, scheduler, clock, node: options.node, authorizer, ...reading });
	}

	/** Somebody wants to set something; what the service is asked. */
	set(tokens: string, from = CONSUMER, { control, node }: Dialect = xep): string {
		const [name, value, element] = node === "node" ? ["name", "value", "boolean"] : ["n", "v", "b"];
		this.ask("set", `<set xmlns='${control}' ${tokens}><${element} ${name}='Relay' ${value}='true'/></set>`, from, "s1");
		this.time.pass(0);
		return this.request;
	}

	/** The service's word on it. */
	deny(): void {
		const { provisioning } = this.dialect;
		this.answer(`<canControlResponse xmlns='${provisioning}' jid='x@y' result='false'/>`);
		this.wire.take();
	}

	challenge(token: string, from = SERVICE, { challenge }: Dialect = xep): string {
		return this.ask("get", `<tokenChallenge xmlns='${challenge}' token='${token}'>Y2hhbGxlbmdl</tokenChallenge>`, from).at(-1) ?? "";
	}

	/** The requester's word. */
	say(request: string, payload: string, type = "result", from = CONSUMER): string {
		return this.receive(`<iq type='${type}' id='${attributeOf(request, "id")}' from='${from}' to='${ADDRESS}'>${payload}</iq>`).join("");
	}
}

const response = ({ challenge }: Dialect): string => `<tokenChallengeResponse xmlns='${challenge}'>YW5zd2Vy</tokenChallengeResponse>`;
const result = (dialect: Dialect): string => `<iq to='${SERVICE}' type='result' id='q1'>${response(dialect)}</iq>`;
const relayed = (token: string, { challenge }: Dialect, to = CONSUMER): RegExp =>
	new RegExp(
		`^<iq to='${to}' type='get' id='[^']+'><tokenChallenge xmlns='${challenge}' token='${token}'>Y2hhbGxlbmdl</tokenChallenge></iq>$`
	);

test("R-323-26 R-325-20 R-324-20 tokens go to the service as they came, in its own words", () => {
	const bench = new Bench();
	bench.ask("get", `<req xmlns='${xep.sensorData}' seqnr='1' momentary='true' serviceToken='s:1 s:2' userToken='u&amp;:1'/>`, CONSUMER);
	bench.time.pass(0);
	const asked =
		"<canRead xmlns='urn:xmpp:iot:provisioning' jid='consumer@b.example' serviceToken='s:1 s:2' userToken='u&amp;:1' momentary='true'/>";
	expect(bench.request).toBe(`<iq to='${SERVICE}' type='get'>${asked}</iq>`);
	expect(bench.set("dt='d:1' ut='u:1 u:2'", "other@b.example/x", ieee)).toContain(" deviceToken='d:1' userToken='u:1 u:2'>");
	const other = new Bench();
	other.dialect = ieee;
	expect(other.set("serviceToken='s:1 s:2'")).toContain(" st='s:1 s:2'>");
});

test.each([
	["xep", "xep", xep, xep],
	["xep", "ieee", xep, ieee],
	["ieee", "xep", ieee, xep],
	["ieee", "ieee", ieee, ieee]
])("R-324-18 R-324-19 the service's challenge in %s goes to who showed the token in %s, and his answer back", (_a, _b, theirs, his) => {
	for (const answered of [false, true]) {
		const bench = new Bench();
		bench.dialect = theirs;
		bench.set(his === xep ? "deviceToken='a:1 a:2'" : "dt='a:1 a:2'", CONSUMER, his);
		// A service may decide first and challenge then.
		if (answered) bench.deny();
		const request = bench.challenge("a:2", SERVICE, theirs);
		expect(request).toMatch(relayed("a:2", his));
		expect(bench.say(request, response(his))).toBe(result(theirs));
		expect(bench.errors).toEqual([]);
	}
});

test("R-324-19 who cannot answer, says something else or nothing, has it refused", () => {
	const say = (payload: string, type?: string): string => {
		const bench = new Bench();
		bench.set("userToken='a:1'");
		return bench.say(bench.challenge("a:1"), payload, type);
	};
	expect(say(errorElement("service-unavailable", "cancel"), "error")).toBe(REFUSED);
	expect(say("")).toBe(REFUSED);
	expect(say("<tokenChallengeResponse xmlns='urn:other'>YQ==</tokenChallengeResponse>")).toBe(REFUSED);
	expect(say(`<tokenChallenge xmlns='${xep.challenge}'>YQ==</tokenChallenge>`)).toBe(REFUSED);
	const bench = new Bench();
	bench.set("userToken='a:1'");
	const request = bench.challenge("a:1");
	// Not from him.
	expect(bench.say(request, response(xep), "result", "thief@b.example/x")).toBe("");
	bench.time.pass(limits.requestSeconds * 1000);
	expect(bench.wire.take().at(-1)).toBe(REFUSED);
	expect(bench.say(request, response(xep))).toBe("");
});

test("R-324-18 a token that was not shown, not to this service, or too long ago is not answered for", () => {
	const bench = new Bench();
	const refusedTo = (from: string) => REFUSED.replace(SERVICE, from);
	expect(bench.challenge("a:1")).toBe(REFUSED);
	bench.set("userToken='a:1'");
	bench.deny();
	for (const token of ["", "a", "a:1 ", " a:1", "a:2", "undefined"]) expect(bench.challenge(token)).toBe(REFUSED);
	for (const from of [CONSUMER, "owner@a.example/phone", "registry.a.example", "a.example"]) {
		expect(bench.challenge("a:1", from)).toBe(refusedTo(from));
	}
	bench.time.pass(limits.challengeSeconds * 1000);
	expect(bench.challenge("a:1")).toMatch(relayed("a:1", xep));
	bench.time.pass(1);
	expect(bench.challenge("a:1")).toBe(REFUSED);
});

test("R-324-18 R-347-29 with the owner, or the connection, goes all that was shown", () => {
	for (const end of ["disowned", "drop"] as const) {
		const bench = new Bench();
		bench.set("userToken='a:1'");
		bench.deny();
		bench.decisions[end]();
		expect(bench.challenge("a:1")).toBe(REFUSED);
	}
});

test("R-324-18 a token that two have shown is answered for by neither: one of them stole it", () => {
	for (const [first, second] of [
		[false, false],
		[true, true]
	]) {
		const bench = new Bench();
		bench.set("userToken='a:1'", "thief@c.example/x");
		if (first) bench.deny();
		bench.set("userToken='b:1 a:1'");
		if (second) bench.deny();
		expect(bench.challenge("a:1")).toBe(REFUSED);
		expect(bench.challenge("b:1")).toMatch(relayed("b:1", xep));
	}
});

test("R-324-18 of two who have shown a token, the one about whom the service still has to decide is challenged, by whatever of his resources", () => {
	const bench = new Bench();
	bench.set("userToken='a:1'", "other@c.example/x");
	bench.deny();
	bench.set("userToken='a:1'");
	expect(bench.challenge("a:1")).toMatch(relayed("a:1", xep));
	bench.set("userToken='c:1 a:1'", "consumer@b.example/y");
	expect(bench.challenge("a:1")).toMatch(relayed("a:1", xep, "consumer@b.example/y"));
});

test("R-324-18 each is challenged for his own, whatever the order in which the service decides", () => {
	const bench = new Bench();
	bench.set("userToken='a:1'");
	bench.set("userToken='b:1'", "other@c.example/x");
	bench.deny();
	expect(bench.challenge("a:1")).toMatch(relayed("a:1", xep));
	expect(bench.challenge("b:1")).toMatch(relayed("b:1", xep, "other@c.example/x"));
});

test("R-324-18 the latest few are remembered, more than can be asked about at once", () => {
	expect(limits.shownTokens).toBeGreaterThan(limits.questions);
	const bench = new Bench();
	for (let i = 0; i <= limits.shownTokens; i++) {
		bench.set(`userToken='a:${i}'`, `c${i}@b.example/x`);
		bench.deny();
	}
	expect(bench.challenge("a:0")).toBe(REFUSED);
	for (let i = 1; i <= limits.shownTokens; i++) {
		const request = bench.challenge(`a:${i}`);
		expect(request).toMatch(relayed(`a:${i}`, xep, `c${i}@b.example/x`));
		expect(bench.say(request, response(xep), "result", `c${i}@b.example/x`)).toBe(result(xep));
	}
});

test("who shows none cannot be challenged, and pushes nobody out", () => {
	const bench = new Bench();
	bench.set("userToken='a:1'");
	bench.deny();
	for (let i = 0; i <= limits.shownTokens; i++) {
		bench.set("userToken=''", `c${i}@b.example/x`);
		bench.deny();
	}
	expect(bench.challenge("")).toBe(REFUSED);
	expect(bench.challenge("a:1")).toMatch(relayed("a:1", xep));
});
