// Readouts over a real router, judged as a reader sees them: stanzas in, stanzas out.
import type { SensorValue } from "../../../src/host.js";
import type { Permission } from "../../../src/iot/provisioning.js";
import { Readouts } from "../../../src/iot/readouts.js";
import { categorySet, parseReadoutRequest, SENSOR_DATA, type SensorField } from "../../../src/iot/sensor-data.js";
import { limits } from "../../../src/limits.js";
import { utf8Length } from "../../../src/text/utf8.js";
import { IQRouter } from "../../../src/xmpp/iq.js";
import { Scheduler } from "../../../src/xmpp/scheduler.js";
import { FakeTime } from "../../support/time.js";
import { stanza, Wire } from "../../support/wire.js";

const OWNER = "owner@example.org/phone";
const OTHER = "owner@example.org/desk";
const STRANGER = "stranger@example.org/x";
const NOW = "2026-01-02T03:04:05Z";
const FORBIDDEN =
	"<error type='cancel'><forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>" +
	"<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>Access denied.</text></error></iq>";

type Answer = (error: string | undefined, value?: SensorValue) => void;

const fields: readonly SensorField[] = [
	{ name: "Temperature", type: "numeric", categories: categorySet(["momentary"]), unit: "°C", decimals: 2 },
	{ name: "Count", type: "int", categories: categorySet(["momentary", "computed"]) },
	{ name: "Relay", type: "boolean", categories: categorySet(["status"]) },
	{ name: "Model", type: "string", categories: categorySet(["identity"]) }
];

class Bench {
	readonly time = new FakeTime(Date.parse(NOW));
	readonly scheduler = new Scheduler(this.time);
	readonly wire = new Wire();
	readonly router = new IQRouter({ outbox: this.wire, scheduler: this.scheduler, random: (count) => new Uint8Array(count) });
	readonly ended: string[] = [];
	/** What each sensor gives; a function is called with the callback. */
	readonly values = new Map<string, SensorValue | ((answer: Answer) => void)>([
		["Temperature", 23.4],
		["Count", 7],
		["Relay", true],
		["Model", "T<1>"]
	]);
	readonly denied: string[] = [];
	/** What others than the owner may read. */
	readonly permissions = new Map<string, Permission>();
	readonly readouts: Readouts;

	constructor(own: readonly SensorField[] = fields) {
		this.router.setAddress("thing@example.org/1");
		this.readouts = new Readouts({
			router: this.router,
			outbox: this.wire,
			scheduler: this.scheduler,
			clock: this.time.clock,
			node: "thing",
			fields: own,
			authorizer: {
				admit: (applicant) => applicant.decide(applicant.from.startsWith("owner@") ? "all" : this.permissions.get(applicant.from))
			},
			onDenied: (from) => this.denied.push(from),
			read: (field, onValue) => {
				const value = this.values.get(field.name);
				if (typeof value === "function") value(onValue);
				else onValue(undefined, value);
			},
			onEnd: (from, names, outcome) => this.ended.push(`${from} ${names.join(",")} ${outcome}`)
		});
	}

	ask(content: string, from = OWNER, type = "get"): string[] {
		this.router.receive(stanza(`<iq type='${type}' id='1' from='${from}' to='thing@example.org/1'>${content}</iq>`));
		return this.wire.take();
	}

	req(attributes: string, children = "", from = OWNER): string[] {
		return this.ask(`<req xmlns='${SENSOR_DATA}' ${attributes}>${children}</req>`, from);
	}

	cancel(sequence: string, from = OWNER, type = "get"): string[] {
		return this.ask(`<cancel xmlns='${SENSOR_DATA}' seqnr='${sequence}'/>`, from, type);
	}
}

/** Names of the fields in all messages, in order. */
function namesIn(sent: readonly string[]): string[] {
	return sent
		.filter((text) => text.startsWith("<message"))
		.flatMap((text) => stanza(text).child("fields")?.child("node")?.children ?? [])
		.flatMap((timestamp) => timestamp.children.map((field) => field.attribute("name") ?? ""));
}

function conditionIn(sent: readonly string[]): string {
	const error = sent.length === 1 ? stanza(sent[0]!).child("error") : undefined;
	return `${error?.attribute("type")}/${error?.children[0]?.name}`;
}

test("R-323-3 R-323-4 R-323-16 R-323-18 R-323-19 accepted comes once, then the data to the full JID, both with the request's seqnr", () => {
	const sent = new Bench().req("seqnr='17' momentary='true'");
	expect(sent).toEqual([
		`<iq to='${OWNER}' type='result' id='1'><accepted xmlns='${SENSOR_DATA}' seqnr='17'/></iq>`,
		`<message to='${OWNER}'><fields xmlns='${SENSOR_DATA}' seqnr='17' done='true'><node nodeId='thing'><timestamp value='${NOW}'>` +
			"<numeric name='Temperature' momentary='true' automaticReadout='true' value='23.40' unit='°C'/>" +
			"<int name='Count' momentary='true' computed='true' automaticReadout='true' value='7'/>" +
			"</timestamp></node></fields></message>"
	]);
});

test("R-323-5 two clients with one seqnr get separate data", () => {
	const bench = new Bench();
	const waiting: Answer[] = [];
	bench.values.set("Temperature", (answer) => waiting.push(answer));
	bench.req("seqnr='1' momentary='1'", "<field name='Temperature'/>", OWNER);
	bench.req("seqnr='1' momentary='1'", "<field name='Temperature'/>", OTHER);
	waiting[1]!(undefined, 2);
	expect(bench.wire.take().map((text) => [stanza(text).attribute("to"), text.includes("value='2.00'")])).toEqual([[OTHER, true]]);
	waiting[0]!(undefined, 1);
	expect(bench.wire.take().map((text) => [stanza(text).attribute("to"), text.includes("value='1.00'")])).toEqual([[OWNER, true]]);
});

test("a second request with the seqnr of one that runs is refused", () => {
	const bench = new Bench();
	bench.values.set("Temperature", () => {});
	bench.req("seqnr='1' momentary='1'");
	expect(conditionIn(bench.req("seqnr='1' momentary='1'"))).toBe("cancel/conflict");
});

test.each([
	["momentary='true'", "Temperature,Count"],
	["computed='true'", "Count"],
	["status='true' identity='true'", "Relay,Model"],
	["momentary='true' computed='true'", "Temperature,Count"],
	["peak='true'", ""],
	["historical='true'", ""],
	["historicalHour='true' status='true'", "Relay"]
])("R-323-11 the union of categories: %s", (attributes, names) => {
	expect(namesIn(new Bench().req(`seqnr='1' ${attributes}`)).join(",")).toBe(names);
});

test("R-323-12 all gives what every category flag gives", () => {
	const flags = "momentary peak status computed identity historical".split(" ").map((flag) => `${flag}='true'`);
	expect(new Bench().req("seqnr='1' all='true'")).toEqual(new Bench().req(`seqnr='1' ${flags.join(" ")}`));
	expect(namesIn(new Bench().req("seqnr='1' all='true'"))).toHaveLength(4);
});

const historical = "Second Minute Hour Day Week Month Quarter Year Other".split(" ").map((span) => `historical${span}='true'`);

test("R-323-12 historical is every historical flag, one by one the same and none of the others", () => {
	const asked = (attributes: string): unknown => parseReadoutRequest(stanza(`<req xmlns='${SENSOR_DATA}' seqnr='1' ${attributes}/>`));
	expect(asked("historical='true'")).toEqual(asked(historical.join(" ")));
	expect(asked("all='true'")).toEqual(asked(`momentary='1' peak='1' status='1' computed='1' identity='1' ${historical.join(" ")}`));
	expect(asked("historical='true'")).not.toEqual(asked("all='true'"));
	for (const one of historical) expect(asked(one)).not.toEqual(asked("historical='true'"));
});

test("identification, as an example of the XEP writes identity, is understood", () => {
	expect(namesIn(new Bench().req("seqnr='1' identification='true'"))).toEqual(["Model"]);
});

test("R-323-14 only the fields that were named; without categories they are found in all", () => {
	expect(namesIn(new Bench().req("seqnr='1' all='true'", "<field name='Relay'/><field name='Nonsense'/>"))).toEqual(["Relay"]);
	expect(namesIn(new Bench().req("seqnr='1'", "<field name='Model'/>"))).toEqual(["Model"]);
});

type Failing = readonly string[];
test.each([
	["values alone", []],
	["values and failures", ["Relay"]],
	["failures alone", ["Temperature", "Count", "Relay", "Model"]]
] as [string, Failing][])("R-323-6 R-323-30 one end marker, on the last message: %s", (_what, failing) => {
	for (const late of [false, true]) {
		const bench = new Bench();
		for (const name of failing) bench.values.set(name, (answer) => late || answer("broken"));
		const first = bench.req("seqnr='1' all='true'");
		bench.time.pass(3_600_000);
		const sent = [...first, ...bench.wire.take()];
		const ends = sent.map((message) => message.split("done='true'").length - 1);
		expect(ends).toEqual(sent.map((_message, index) => (index === sent.length - 1 ? 1 : 0)));
	}
});

test("R-323-4 every later message has the seqnr and goes to the full JID, failures and pieces too", () => {
	const many: SensorField[] = [];
	for (let i = 0; i < 24; i++) many.push({ name: `Field${i}`, type: "string", categories: categorySet(["status"]) });
	const bench = new Bench(many);
	for (const { name } of many) bench.values.set(name, name.endsWith("3") ? (answer) => answer("x".repeat(500)) : "y".repeat(500));
	const sent = bench.req("seqnr='a&lt;7' status='true'").slice(1);
	expect(sent.length).toBeGreaterThan(3);
	for (const message of sent.map(stanza)) {
		expect([message.attribute("to"), message.children.length, message.children[0]?.attribute("seqnr")]).toEqual([OWNER, 1, "a<7"]);
	}
});

test("R-323-6 a request that nothing answers to still ends", () => {
	expect(new Bench().req("seqnr='9' peak='true'")[1]).toBe(
		`<message to='${OWNER}'><fields xmlns='${SENSOR_DATA}' seqnr='9' done='true'/></message>`
	);
});

test("R-323-15 every type goes out under its element with what its schema requires", () => {
	const all: SensorField[] = (["numeric", "string", "boolean", "int", "long", "enum", "date", "dateTime", "duration", "time"] as const).map(
		(type) => ({ name: type, type, categories: categorySet(["status"]), dataType: type === "enum" ? "Mode" : undefined })
	);
	const bench = new Bench(all);
	const values: Record<string, SensorValue> = {
		numeric: 1.5,
		string: "a'b",
		boolean: false,
		int: -3,
		long: 2 ** 40,
		enum: "Auto",
		date: "2026-01-02",
		dateTime: NOW,
		duration: "PT5M",
		time: "03:04:05"
	};
	for (const type of Object.keys(values)) bench.values.set(type, values[type]!);
	const message = bench.req("seqnr='1' status='true'")[1]!;
	expect(message).toContain("<numeric name='numeric' status='true' automaticReadout='true' value='2' unit=''/>");
	expect(message).toContain("<enum name='enum' status='true' automaticReadout='true' value='Auto' dataType='Mode'/>");
	const written = stanza(message).child("fields")?.child("node")?.child("timestamp")?.children ?? [];
	expect(written.map((field) => `${field.name} ${field.attribute("value")}`)).toEqual([
		"numeric 2",
		"string a'b",
		"boolean false",
		"int -3",
		"long 1099511627776",
		"enum Auto",
		"date 2026-01-02",
		`dateTime ${NOW}`,
		"duration PT5M",
		"time 03:04:05"
	]);
});

test("R-323-17 what comes at another second stands under its own timestamp", () => {
	const bench = new Bench();
	let late: Answer = () => {};
	bench.values.set("Count", (answer) => {
		late = answer;
	});
	bench.req("seqnr='1' momentary='true'");
	bench.time.pass(2500);
	late(undefined, 8);
	const [message] = bench.wire.take();
	const timestamps = stanza(message!).child("fields")?.child("node")?.children ?? [];
	expect(timestamps.map((timestamp) => timestamp.attribute("value"))).toEqual([NOW, "2026-01-02T03:04:07Z"]);
	expect(namesIn([message!])).toEqual(["Temperature", "Count"]);
});

test("R-323-17 what is asked for twice, or answered twice, is there once", () => {
	const bench = new Bench();
	bench.values.set("Temperature", (answer) => {
		answer(undefined, 1);
		answer(undefined, 2);
	});
	const names = "<node nodeId='thing'/><node nodeId='thing'/><field name='Temperature'/><field name='Count'/><field name='Temperature'/>";
	expect(namesIn(bench.req("seqnr='1' momentary='true' computed='true' all='true'", names))).toEqual(["Temperature", "Count"]);
});

test("R-323-20 a value that is missing is told as a failure, never as a reading", () => {
	const bench = new Bench();
	bench.values.set("Temperature", Number.NaN);
	const sent = bench.req("seqnr='1' momentary='true'");
	expect(namesIn(sent)).toEqual(["Count"]);
	expect(sent[2]).toBe(
		`<message to='${OWNER}'><failure xmlns='${SENSOR_DATA}' seqnr='1' done='true'>` +
			`<error nodeId='thing' timestamp='${NOW}'>Temperature: the sensor gave no value</error></failure></message>`
	);
	expect(bench.ended).toEqual([`${OWNER} Temperature,Count failed`]);
});

test.each([
	["a sensor's error", (answer: Answer) => answer("bus\u0000 stuck"), "Temperature: bus? stuck"],
	["text for a number", (answer: Answer) => answer(undefined, "hot"), "Temperature: the sensor gave no value"],
	[
		"an exception",
		() => {
			throw new Error("no driver");
		},
		"Temperature: no driver"
	]
])("R-323-30 failures come last and carry done: %s", (_what, sensor, text) => {
	const bench = new Bench();
	bench.values.set("Temperature", sensor);
	const sent = bench.req("seqnr='1' all='true'");
	expect(sent.map((message) => message.includes("done='true'"))).toEqual([false, false, true]);
	expect(stanza(sent[2]!).child("failure")?.child("error")?.text).toBe(text);
	expect(namesIn(sent)).toEqual(["Count", "Relay", "Model"]);
});

test("a sensor that never answers costs its field after a while, and a late answer changes nothing", () => {
	const bench = new Bench();
	let late: Answer = () => {};
	bench.values.set("Relay", (answer) => {
		late = answer;
	});
	expect(bench.req("seqnr='1' all='true'")).toHaveLength(1);
	bench.time.pass(limits.readoutSeconds * 1000);
	const sent = bench.wire.take();
	expect(namesIn(sent)).toEqual(["Temperature", "Count", "Model"]);
	expect(stanza(sent[1]!).child("failure")?.child("error")?.text).toBe("Relay: the sensor did not answer in time");
	late(undefined, true);
	expect(bench.wire.take()).toEqual([]);
	expect(bench.time.waiting).toBeUndefined();
});

test("a sensor that answers twice counts once", () => {
	const bench = new Bench();
	bench.values.set("Temperature", (answer) => {
		answer(undefined, 1);
		answer(undefined, 2);
	});
	expect(namesIn(bench.req("seqnr='1' momentary='true'"))).toEqual(["Temperature", "Count"]);
});

test("R-323-22 a stranger is refused in the same words whatever the request holds", () => {
	const bench = new Bench();
	const asked = [
		bench.req("seqnr='1' all='true'", "", STRANGER),
		bench.req("seqnr='1' all='true'", "<field name='Temperature'/>", STRANGER),
		bench.req("seqnr='1' all='true'", "<field name='Nonsense'/>", STRANGER),
		bench.req("seqnr='1'", "<node nodeId='no such node'/>", STRANGER),
		bench.req("when='never'", "", STRANGER),
		bench.req("", "", STRANGER),
		bench.cancel("1", STRANGER)
	];
	for (const sent of asked) expect(sent).toEqual([`<iq to='${STRANGER}' type='error' id='1'>${FORBIDDEN}`]);
});

test.each([
	["an unknown node", "seqnr='1' all='true'", "<node nodeId='other'/>", "cancel/item-not-found"],
	["no seqnr", "all='true'", "", "modify/bad-request"],
	["an empty seqnr", "seqnr='' all='true'", "", "modify/bad-request"],
	["a bad from", "seqnr='1' all='true' from='yesterday'", "", "modify/bad-request"],
	["a bad to", "seqnr='1' all='true' to='2026-13-01T00:00:00Z'", "", "modify/bad-request"],
	["a bad when", "seqnr='1' all='true' when='soon'", "", "modify/bad-request"],
	["a node without id", "seqnr='1' all='true'", "<node/>", "modify/bad-request"],
	["a field without name", "seqnr='1' all='true'", "<field/>", "modify/bad-request"],
	["nothing asked for", "seqnr='1'", "", "modify/bad-request"],
	["every flag false", "seqnr='1' momentary='false' all='0'", "", "modify/bad-request"],
	["a flag that is no boolean", "seqnr='1' momentary='yes'", "", "modify/bad-request"],
	["a time to come", "seqnr='1' all='true' when='2026-01-02T03:04:06Z'", "", "cancel/feature-not-implemented"],
	["33 fields", "seqnr='1'", "<field name='a'/>".repeat(33), "modify/policy-violation"]
])("R-323-23 refused: %s", (_what, attributes, children, condition) => {
	expect(conditionIn(new Bench().req(attributes, children))).toBe(condition);
});

test("a past when, the own node, tokens and unknown children are no obstacle", () => {
	const sent = new Bench().req(
		"seqnr='1' momentary='true' when='2026-01-02T03:04:04' from='2000-01-01T00:00:00' serviceToken='x' colour='red'",
		"<node nodeId='thing'/><extra xmlns='urn:example'/>"
	);
	expect(namesIn(sent)).toEqual(["Temperature", "Count"]);
});

test.each(["1", "true", " true "])("R-323-24 a flag may be %j", (value) => {
	expect(namesIn(new Bench().req(`seqnr='1' status='${value}' momentary='0' identity='false'`))).toEqual(["Relay"]);
	for (const flag of ["all", "historical", "identification", ...historical.map((text) => text.slice(0, text.indexOf("=")))])
		expect(namesIn(new Bench().req(`seqnr='1' status='1' ${flag}='${value}'`))).toContain("Relay");
});

test.each(["get", "set"])("a running readout is cancelled by %s, and nothing more comes", (type) => {
	const bench = new Bench();
	let late: Answer = () => {};
	bench.values.set("Temperature", (answer) => {
		late = answer;
	});
	bench.req("seqnr='5' all='true'");
	expect(bench.cancel("5", OWNER, type)).toEqual([
		`<iq to='${OWNER}' type='result' id='1'><cancelled xmlns='${SENSOR_DATA}' seqnr='5'/></iq>`
	]);
	late(undefined, 1);
	bench.time.pass(60_000);
	expect(bench.wire.take()).toEqual([]);
	expect(bench.ended).toEqual([`${OWNER} Temperature,Count,Relay,Model cancelled`]);
	expect(conditionIn(bench.cancel("5"))).toBe("cancel/item-not-found");
});

test("R-323-10 another JID's cancel changes nothing, even with the same seqnr", () => {
	const bench = new Bench();
	let late: Answer = () => {};
	bench.values.set("Temperature", (answer) => {
		late = answer;
	});
	bench.req("seqnr='5' all='true'");
	expect(conditionIn(bench.cancel("5", OTHER))).toBe("cancel/item-not-found");
	expect(conditionIn(bench.cancel("5", STRANGER))).toBe("cancel/forbidden");
	late(undefined, 1);
	expect(bench.wire.take()).toHaveLength(1);
});

test("R-323-31 too many readouts at once: wait", () => {
	const bench = new Bench();
	bench.values.set("Temperature", () => {});
	for (let i = 0; i < limits.readoutsPerPeer; i++) expect(conditionIn(bench.req(`seqnr='${i}' all='true'`))).toBe("undefined/undefined");
	expect(conditionIn(bench.req("seqnr='more' all='true'"))).toBe("wait/resource-constraint");
	for (let i = limits.readoutsPerPeer; i < limits.readouts; i++) bench.req(`seqnr='${i}' all='true'`, "", `owner@example.org/${i}`);
	expect(conditionIn(bench.req("seqnr='1' all='true'", "", "owner@example.org/last"))).toBe("wait/resource-constraint");
	bench.time.pass(limits.readoutSeconds * 1000);
	bench.wire.take();
	expect(conditionIn(bench.req("seqnr='1' all='true'", "", "owner@example.org/last"))).toBe("undefined/undefined");
});

test("R-323-31 a flood of readouts leaves nothing behind: neither a timer nor a place taken", () => {
	const bench = new Bench();
	bench.values.set("Temperature", () => {});
	for (let i = 0; i < 500; i++) bench.req(`seqnr='${i}' all='true'`, "", `owner@example.org/${i % 100}`);
	expect(bench.ended).toEqual([]);
	bench.time.pass(limits.readoutSeconds * 1000);
	expect(bench.ended).toHaveLength(limits.readouts);
	expect(bench.time.waiting).toBeUndefined();
	bench.wire.take();
	for (let i = 0; i < limits.readouts; i++)
		expect(conditionIn(bench.req("seqnr='1' all='true'", "", `owner@example.org/${i}`))).toBe("undefined/undefined");
});

test.each([
	["its full JID", OWNER, 1],
	["its bare JID", "owner@example.org", 0],
	["someone else", STRANGER, 2]
])("R-323-32 the sessions of a peer that has gone are freed: %s", (_what, gone, left) => {
	const bench = new Bench();
	const waiting: Answer[] = [];
	bench.values.set("Temperature", (answer) => waiting.push(answer));
	bench.req("seqnr='1' momentary='true'", "", OWNER);
	bench.req("seqnr='1' momentary='true'", "", OTHER);
	bench.readouts.forget(gone);
	for (const answer of waiting) answer(undefined, 1);
	expect(bench.wire.take()).toHaveLength(left);
});

test("R-323-33 a long readout is split into messages of at most 4 KiB, done on the last alone", () => {
	const many: SensorField[] = [];
	for (let i = 0; i < 32; i++) many.push({ name: `Field${i}`, type: "string", categories: categorySet(["status"]) });
	const bench = new Bench(many);
	for (const { name } of many) bench.values.set(name, `${name} ${"é&'".repeat(50)}`);
	bench.values.set("Field31", (answer) => answer("x".repeat(500)));
	const sent = bench.req("seqnr='1' status='true'").slice(1);
	expect(sent.length).toBeGreaterThan(2);
	for (const message of sent) expect(utf8Length(message)).toBeLessThanOrEqual(4096);
	expect(sent.map((message) => message.includes("done='true'"))).toEqual(sent.map((_message, index) => index === sent.length - 1));
	expect(namesIn(sent)).toEqual(many.slice(0, 31).map(({ name }) => name));
});

test.each([3000, 300_000])("a value of %i characters, which no reader could take, is a failure", (count) => {
	const bench = new Bench();
	bench.values.set("Model", "é".repeat(count));
	expect(stanza(bench.req("seqnr='1' identity='true'")[1]!).child("failure")?.child("error")?.text).toContain("Model:");
});

test("a connection that ends while the request is accepted leaves nothing behind", () => {
	const bench = new Bench();
	const send = bench.wire.send.bind(bench.wire);
	bench.wire.send = () => {
		send();
		bench.readouts.clear();
	};
	expect(bench.req("seqnr='1' all='true'")).toHaveLength(1);
	expect(bench.ended).toEqual([`${OWNER} Temperature,Count,Relay,Model cancelled`]);
	expect(bench.time.waiting).toBeUndefined();
});
