// What is set, and above all what is not: all of a request or nothing, in order, by nobody who may not.
import { dialects } from "../../../src/iot/dialect.js";
import type { Permission, Wish } from "../../../src/iot/provisioning.js";
import { limits } from "../../../src/limits.js";
import { Authorizer } from "../../../src/thing/authorizer.js";
import { Controls } from "../../../src/thing/controls.js";
import type { Definition, ParameterDefinition } from "../../../src/thing/definition.js";
import type { LifeEvent } from "../../../src/thing/events.js";
import { Disco } from "../../../src/xmpp/disco.js";
import { ADDRESS, errorAnswer, IQBench } from "../../support/iq-bench.js";
import { stanza } from "../../support/wire.js";

const OWNER = "owner@a.example/phone";
const STRANGER = "stranger@b.example/x";
const XEP = dialects[0]!.control;
const IEEE = dialects[1]!.control;

const parameters: Readonly<Record<string, ParameterDefinition>> = {
	Relay: { type: "boolean" },
	Level: { type: "int", range: [0, 100], actuator: "dimmer" },
	Count: { type: "long" },
	Ratio: { type: "double", range: [-1, 1] },
	Name: { type: "string" },
	Colour: { type: "color" },
	Day: { type: "date" },
	Start: { type: "dateTime" },
	Alarm: { type: "time" },
	Steps: { type: "int" }
};

class Bench extends IQBench {
	readonly sets: string[] = [];
	readonly events: LifeEvent[] = [];
	readonly wishes: Wish[] = [];
	/** What the service says to any question. */
	permission: Permission | undefined;
	/** How each actuator answers; a silent one is asked and says nothing. */
	actuate: (name: string) => string | undefined | "silent" = () => undefined;
	readonly disco: Disco;
	readonly controls: Controls;

	constructor(change: Partial<Definition> = {}) {
		super();
		const definition: Definition = { manufacturer: "m", model: "M", version: 1, fields: {}, parameters, ...change };
		this.disco = new Disco({ router: this.router, identity: { category: "client", type: "bot" }, node: "n", allowed: () => true });
		const set = (name: string, value: unknown, callback: (error: string | undefined) => void): void => {
			this.sets.push(`${name}=${JSON.stringify(value)}`);
			const said = this.actuate(name);
			if (said !== "silent") callback(said);
			// More than once is once.
			if (said !== "silent") callback("again");
		};
		this.controls = new Controls({
			host: { clock: this.time.clock, actuators: { set } },
			definition,
			router: this.router,
			disco: this.disco,
			scheduler: this.scheduler,
			node: { id: "thing" },
			authorizer: new Authorizer({
				owner: () => OWNER.split("/")[0],
				provisioning: { jid: "provisioning.a.example" },
				decisions: {
					...{ changes: 0, node: { id: "thing" }, nodes: [] },
					judge: (wish, applicant) => {
						this.wishes.push(wish);
						applicant.decide(this.permission);
					}
				}
			}),
			onEvent: (event) => this.events.push(event)
		});
	}

	/** What is said to a set in the XEP's words, once the actuators are done. */
	set(children: string, from = OWNER, attributes = ""): string {
		const at = this.ask("set", `<set xmlns='${XEP}'${attributes}>${children}</set>`, from);
		this.time.pass(0);
		return [...at, ...this.wire.take()].join("");
	}

	setIEEE(children: string, from = OWNER): string {
		const at = this.ask("set", `<set xmlns='${IEEE}'>${children}</set>`, from);
		this.time.pass(0);
		return [...at, ...this.wire.take()].join("");
	}

	message(children: string, from = OWNER, type = "", more = ""): void {
		const named = type === "" ? "" : ` type='${type}'`;
		this.controls.receive(stanza(`<message from='${from}' to='${ADDRESS}'${named}>${more}<set xmlns='${XEP}'>${children}</set></message>`));
		this.time.pass(0);
	}
}

const on = "<boolean name='Relay' value='true'/>";
const level = (value: string): string => `<int name='Level' value='${value}'/>`;
const done = `<iq to='${OWNER}' type='result' id='q1'><setResponse xmlns='${XEP}' responseCode='OK'/></iq>`;

test("R-325-1 control is among the features, in both dialects", () => {
	for (const namespace of [XEP, IEEE]) expect(new Bench().disco.features).toContain(namespace);
});

test("R-325-2 R-325-26 what is set is acknowledged by an empty answer in the words of the request", () => {
	const bench = new Bench();
	expect(bench.set(on)).toBe(done);
	expect(bench.setIEEE("<i n='Level' v='7'/>")).toBe(`<iq to='${OWNER}' type='result' id='q1'><resp xmlns='${IEEE}'/></iq>`);
	expect(bench.sets).toEqual(["Relay=true", "dimmer=7"]);
});

test.each([
	["boolean", "Relay", " 1 ", true],
	["int", "Steps", "-2147483648", -2147483648],
	["int", "Level", "100", 100],
	["long", "Count", "9007199254740991", 9007199254740991],
	["double", "Ratio", "-1.0E0", -1],
	["double", "Ratio", ".5", 0.5],
	["string", "Name", "Ein &amp; Aus", "Ein & Aus"],
	["string", "Name", "", ""],
	["color", "Colour", "FF8000", "FF8000"],
	["color", "Colour", "ff800080", "ff800080"],
	["date", "Day", "2026-04-01", "2026-04-01"],
	["dateTime", "Start", "2026-04-01T06:30:00Z", "2026-04-01T06:30:00Z"],
	["time", "Alarm", "23:59:59", "23:59:59"]
])("R-325-2 a %s: %s is set to %j", (type, name, text, value) => {
	const bench = new Bench();
	expect(bench.set(`<${type} name='${name}' value='${text}'/>`)).toBe(done);
	const short = dialects[1]!.values[dialects[0]!.values.indexOf(type as string)];
	expect(bench.setIEEE(`<${short} n='${name}' v='${text}'/>`)).toContain("type='result'");
	const set = `${name === "Level" ? "dimmer" : name}=${JSON.stringify(value)}`;
	expect(bench.sets).toEqual([set, set]);
});

test.each([
	["boolean", "Relay", "maybe"],
	["boolean", "Relay", ""],
	["int", "Steps", "2147483648"],
	["int", "Steps", "-2147483649"],
	["int", "Steps", "1.0"],
	["int", "Steps", "0x10"],
	["int", "Steps", "1e3"],
	["int", "Steps", ""],
	["int", "Level", "101"],
	["int", "Level", "-1"],
	["long", "Count", "9007199254740993"],
	["long", "Count", "Infinity"],
	["double", "Ratio", "NaN"],
	["double", "Ratio", "INF"],
	["double", "Ratio", "1e999"],
	["double", "Ratio", "1.0001"],
	["double", "Ratio", "--1"],
	["string", "Name", "x".repeat(257)],
	["color", "Colour", "FF800"],
	["color", "Colour", "FF80000"],
	["color", "Colour", "GG8000"],
	["date", "Day", "2026-02-30"],
	["dateTime", "Start", "2026-04-01"],
	["time", "Alarm", "24:00:01"],
	["int", "Relay", "1"],
	["string", "Level", "1"],
	["duration", "Level", "PT1S"]
])("R-325-7 R-325-8 R-325-10 R-325-23 no %s for %s: %s", (type, name, text) => {
	const bench = new Bench();
	const said = bench.set(`${on}<${type} name='${name}' value='${text}'/>`);
	expect(said).toContain("<error type='modify'><bad-request");
	expect(said).toContain(`<paramError xmlns='${XEP}' var='${name}' n='${name}'>`);
	expect(bench.sets).toEqual([]);
});

test("R-325-4 all is done in document order, each after the one before", () => {
	const bench = new Bench();
	bench.actuate = () => "silent";
	bench.set(level("1") + on + level("2"));
	expect(bench.sets).toEqual(["dimmer=1"]);
	const other = new Bench();
	expect(other.set(level("1") + on + level("2"))).toBe(done);
	expect(other.sets).toEqual(["dimmer=1", "Relay=true", "dimmer=2"]);
	expect(other.events).toEqual([{ event: "control", from: OWNER, parameters: ["Level", "Relay", "Level"], outcome: "done" }]);
});

test("R-325-5 R-325-8 one bad one among several: each bad one is named, and none is set", () => {
	const bench = new Bench();
	const bad = bench.set(`${on}${level("200")}<boolean name='Relay' value='2'/>`);
	expect(bad.match(/<paramError /g)).toHaveLength(2);
	const unknown = bench.set(`${on}<boolean name='Nothing' value='true'/>`);
	expect(unknown).toContain("<error type='cancel'><item-not-found");
	expect(unknown).toContain(" var='Nothing' n='Nothing'>There is no such parameter.</paramError>");
	expect(bench.sets).toEqual([]);
});

test("R-325-6 R-325-8 a node that is not there makes all of it void", () => {
	const bench = new Bench();
	expect(bench.set(`<node nodeId='thing'/>${on}`)).toBe(done);
	for (const nodes of ["<node nodeId='other'/>", "<node nodeId='thing'/><node nodeId='other'/>"])
		expect(bench.set(nodes + on)).toContain("<error type='cancel'><item-not-found");
	expect(bench.sets).toEqual(["Relay=true"]);
});

test.each([
	"<thing/>",
	`<boolean xmlns='urn:x' name='Relay' value='true'/>`,
	"<boolean value='true'/>",
	"<boolean name='Relay'/>",
	`<boolean name='${"x".repeat(65)}' value='true'/>`,
	"<node/>",
	"<b n='Relay' v='true'/>",
	""
])("R-325-28 what is not understood is refused as a whole: %j", (child) => {
	const bench = new Bench();
	expect(bench.set(child === "" ? "" : on + child)).toContain("<error type='modify'><bad-request");
	expect(bench.sets).toEqual([]);
});

test("R-325-9 forms are not spoken yet, and who may do nothing is not even told that", () => {
	const bench = new Bench();
	const form = "<x xmlns='jabber:x:data' type='submit'><field var='Relay'><value>1</value></field></x>";
	expect(bench.set(form)).toContain("<error type='cancel'><feature-not-implemented");
	expect(bench.ask("get", `<getForm xmlns='${XEP}'/>`, OWNER)[0]).toContain("<error type='cancel'><feature-not-implemented");
	expect(bench.ask("get", `<getForm xmlns='${IEEE}'/>`, STRANGER)[0]).toContain("<error type='cancel'><forbidden");
	expect(bench.set(form, STRANGER)).toContain("<forbidden");
	expect(bench.set("<thing/>", STRANGER)).toContain("<forbidden");
	expect([bench.sets, bench.wishes]).toEqual([[], []]);
});

test("R-325-9 while one is being set, another finds it locked", () => {
	const bench = new Bench();
	bench.actuate = () => "silent";
	expect(bench.set(on)).toBe("");
	expect(bench.set(level("1"))).toContain("<error type='wait'><conflict");
	expect(bench.sets).toEqual(["Relay=true"]);
});

test("R-324-8 R-325-9 R-325-29 whom the service does not let is refused and told of, and no actuator hears of it", () => {
	const bench = new Bench();
	expect(bench.set(on + level("200"), STRANGER)).toBe(errorAnswer("forbidden", "cancel", STRANGER, "Access denied."));
	expect(bench.sets).toEqual([]);
	expect(bench.events).toEqual([{ event: "denied", from: STRANGER, what: "control", parameters: ["Relay", "Level"] }]);
});

test("R-325-20 names, nodes and tokens of the request are what is asked about", () => {
	const bench = new Bench();
	bench.set(`<node nodeId='thing'/>${on}${level("1")}`, STRANGER, " serviceToken='a:1 a:2' userToken='u'");
	expect(bench.wishes).toEqual([
		{
			jid: "stranger@b.example",
			categories: 0,
			nodes: [{ id: "thing" }],
			fields: ["Relay", "Level"],
			tokens: [undefined, "a:1 a:2", "u"]
		}
	]);
	bench.setIEEE("<b n='Relay' v='1'/>", STRANGER);
	expect(bench.wishes[1]?.fields).toEqual(["Relay"]);
});

test("R-324-9 R-325-19 what is allowed is done and named, and what is not allowed is not even looked at", () => {
	const bench = new Bench();
	bench.permission = { categories: 0, fields: ["Level"] };
	const said = bench.set(`<node nodeId='thing'/>${on}${level("3")}<int name='Nothing' value='x'/>`, STRANGER);
	expect(said).toBe(
		`<iq to='${STRANGER}' type='result' id='q1'><setResponse xmlns='${XEP}' responseCode='OK'><node nodeId='thing'/><parameter name='Level'/></setResponse></iq>`
	);
	expect(bench.setIEEE("<b n='Relay' v='1'/><i n='Level' v='4'/>", STRANGER)).toContain(`<resp xmlns='${IEEE}'><p n='Level'/></resp>`);
	expect(bench.set(on, STRANGER)).toContain("<forbidden");
	expect(bench.set(level("200"), STRANGER)).toContain("<bad-request");
	bench.permission = { categories: 0, fields: undefined };
	expect(bench.set(on, STRANGER)).toContain(`<setResponse xmlns='${XEP}' responseCode='OK'/>`);
	expect(bench.sets).toEqual(["dimmer=3", "dimmer=4", "Relay=true"]);
});

test("R-324-9 of several nodes, those that the answer names and no other; all that were asked for must be there", () => {
	const bench = new Bench();
	const both = `<node nodeId='thing'/><node nodeId='other'/>${on}`;
	bench.permission = { categories: 0, fields: undefined, narrowed: true };
	expect(bench.set(both, STRANGER)).toContain("<node nodeId='thing'/><parameter name='Relay'/>");
	bench.permission = { categories: 0, fields: undefined };
	expect(bench.set(both, STRANGER)).toContain("<item-not-found");
	expect(bench.sets).toEqual(["Relay=true"]);
});

test("R-325-3 by message: done without a word, and not done without a word", () => {
	const bench = new Bench();
	bench.message(on);
	bench.message(on, OWNER, "chat");
	bench.message(on + level("200"));
	bench.message("<thing/>");
	bench.message(on, STRANGER);
	for (const type of ["error", "groupchat", "headline"]) bench.message(on, OWNER, type);
	expect(bench.sets).toEqual(["Relay=true", "Relay=true"]);
	expect(bench.wire.sent).toEqual([]);
	expect(bench.events.map(({ event }) => event)).toEqual(["control", "control", "denied"]);
});

test("R-325-25 a message that waited too long, or nobody knows how long, sets nothing and is told of", () => {
	const bench = new Bench();
	const delay = (stamp: string): string => `<delay xmlns='urn:xmpp:delay' stamp='${stamp}'/>`;
	bench.message(on, OWNER, "", delay("2026-01-02T03:04:00Z"));
	expect(bench.sets).toEqual(["Relay=true"]);
	for (const stamp of ["2026-01-02T03:03:00Z", "yesterday"]) bench.message(on, OWNER, "", delay("2026-01-02T03:04:05Z") + delay(stamp));
	bench.time.clock.trusted = false;
	bench.message(on, OWNER, "", delay("2026-01-02T03:04:05Z"));
	expect(bench.sets).toHaveLength(1);
	expect(bench.events.filter(({ event }) => event === "denied")).toHaveLength(3);
});

test("an actuator that fails ends it there: what was done is told to the log, that it failed to who asked", () => {
	const bench = new Bench();
	bench.actuate = (name) => (name === "dimmer" ? "stuck" : undefined);
	const said = bench.set(on + level("1") + on);
	expect(said).toContain("<error type='cancel'><internal-server-error");
	expect(said).toContain(" var='Level' n='Level'>The actuator failed.</paramError>");
	expect(bench.sets).toEqual(["Relay=true", "dimmer=1"]);
	expect(bench.events).toEqual([{ event: "control", from: OWNER, parameters: ["Relay"], outcome: "failed", reason: "stuck" }]);
});

test("an actuator that throws has failed, and one that says nothing has in time", () => {
	const bench = new Bench();
	bench.actuate = () => {
		throw new Error("no power");
	};
	expect(bench.set(on)).toContain("<internal-server-error");
	bench.actuate = () => "silent";
	expect(bench.set(on)).toBe("");
	bench.time.pass(limits.actuatorSeconds * 1000);
	expect(bench.wire.take().join()).toContain("<internal-server-error");
	expect(bench.events.map((event) => event.reason)).toEqual(["no power", "the actuator did not answer in time"]);
});

test("when the connection or the owner goes, what is not done yet is not done", () => {
	const bench = new Bench();
	bench.actuate = () => "silent";
	bench.set(on + level("1"));
	bench.controls.clear();
	expect(bench.wire.take()).toEqual([errorAnswer("forbidden", "cancel", OWNER, "Access denied.")]);
	bench.time.pass(60_000);
	expect(bench.wire.take()).toEqual([]);
	expect(bench.sets).toEqual(["Relay=true"]);
	expect(bench.events).toEqual([{ event: "control", from: OWNER, parameters: [], outcome: "cancelled" }]);
	bench.actuate = () => undefined;
	expect(bench.set(on)).toBe(done);
	// To a connection of before nothing is said.
	bench.actuate = () => "silent";
	bench.set(on);
	bench.router.setAddress(undefined);
	bench.controls.clear();
	expect(bench.wire.take()).toEqual([]);
});

test("R-325-26 peers of old hear a refusal in their own words, if the definition wants it, and only in the XEP's dialect", () => {
	const bench = new Bench({ legacyPeers: true });
	const code = (children: string, from?: string): string => {
		return /<\/error><setResponse xmlns='[^']*' responseCode='([^']*)'\/><\/iq>$/.exec(bench.set(children, from))?.[1] ?? "none";
	};
	expect(code(on, STRANGER)).toBe("InsufficientPrivileges");
	expect(code(level("200"))).toBe("FormError");
	expect(code("<int name='Nothing' value='1'/>")).toBe("NotFound");
	expect(code("<x xmlns='jabber:x:data'/>")).toBe("NotImplemented");
	bench.actuate = () => "stuck";
	expect(code(on)).toBe("OtherError");
	bench.actuate = () => "silent";
	bench.set(on);
	expect(code(on)).toBe("Locked");
	expect(bench.setIEEE("<b n='Relay' v='1'/>")).not.toContain("resp");
	expect(new Bench().set(level("200"))).not.toContain("setResponse");
});

test("more than anybody means to set at once is refused", () => {
	const bench = new Bench();
	expect(bench.set(on.repeat(limits.settings))).toBe(done);
	expect(bench.set(on.repeat(limits.settings + 1))).toContain("<policy-violation");
	expect(bench.sets).toHaveLength(limits.settings);
});

test("R-325-27 more sets of one than a few in a second are put off, in an iq and in a message, by whatever resource; nobody else's are", () => {
	const bench = new Bench();
	bench.permission = { categories: 0, fields: undefined };
	const late = "<resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>";
	for (let i = 0; i < limits.setsPerSecond; i++)
		expect(bench.set(level(`${i}`), i === 0 ? "OWNER@a.example/tablet" : OWNER)).toContain("result");
	expect(bench.sets).toHaveLength(limits.setsPerSecond);
	expect(bench.set(on)).toContain(`type='error' id='q1'><error type='wait'>${late}`);
	expect(bench.setIEEE("<b n='Relay' v='1'/>")).toContain(`<error type='wait'>${late}`);
	bench.message(on);
	expect(bench.wire.take()).toEqual([]);
	expect(bench.sets).toHaveLength(limits.setsPerSecond);
	expect(bench.events.slice(-3).map(({ event }) => event)).toEqual(["denied", "denied", "denied"]);
	expect(bench.set(on, STRANGER)).toContain("result");
	bench.time.pass(1000);
	expect(bench.set(on)).toBe(done);
	expect(bench.sets).toHaveLength(limits.setsPerSecond + 2);
});

test("R-325-27 who may not set is refused as ever, however often he tries, and keeps nobody else from it", () => {
	const bench = new Bench();
	for (let i = 0; i < 3 * limits.setsPerSecond; i++) expect(bench.set(on, STRANGER)).toContain("<forbidden");
	expect(bench.set(on)).toBe(done);
});
