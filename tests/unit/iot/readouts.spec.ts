// Readouts over a real router in both dialects, judged as a reader sees them: stanzas in, stanzas out.
import type { SensorValue } from "../../../src/host.js";
import { dialects } from "../../../src/iot/dialect.js";
import type { Permission } from "../../../src/iot/provisioning.js";
import { Readouts } from "../../../src/iot/readouts.js";
import { categorySet, parseReadoutRequest, type SensorField } from "../../../src/iot/sensor-data.js";
import { limits } from "../../../src/limits.js";
import { utf8Length } from "../../../src/text/utf8.js";
import { IQRouter } from "../../../src/xmpp/iq.js";
import { Scheduler } from "../../../src/xmpp/scheduler.js";
import { type DialectName, inWords, namesIn, sensorData, type Told, toldIn } from "../../support/readout-words.js";
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
	readonly features: string[] = [];
	readonly readouts: Readouts;
	readonly dialect: DialectName;

	constructor(dialect: DialectName, own: readonly SensorField[] = fields, legacyPeers?: boolean) {
		this.dialect = dialect;
		this.router.setAddress("thing@example.org/1");
		this.readouts = new Readouts({
			router: this.router,
			disco: { add: (feature) => this.features.push(feature) },
			outbox: this.wire,
			scheduler: this.scheduler,
			clock: this.time.clock,
			node: { id: "thing" },
			fields: own,
			legacyPeers,
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

	/** In the words of the XEP. */
	req(attributes: string, children = "", from = OWNER): string[] {
		const { dialect } = this;
		return this.ask(`<req xmlns='${sensorData[dialect]}' ${inWords(dialect, attributes)}>${inWords(dialect, children)}</req>`, from);
	}

	cancel(sequence: string, from = OWNER, type = "get"): string[] {
		const { dialect } = this;
		return this.ask(`<cancel xmlns='${sensorData[dialect]}' ${inWords(dialect, `seqnr='${sequence}'`)}/>`, from, type);
	}

	told(sent: readonly string[]): Told[] {
		return toldIn(this.dialect, sent);
	}

	names(sent: readonly string[]): string[] {
		return namesIn(this.dialect, sent);
	}
}

function conditionIn(sent: readonly string[]): string {
	const error = sent.length === 1 ? stanza(sent[0]!).child("error") : undefined;
	return `${error?.attribute("type")}/${error?.children[0]?.name}`;
}

const RESULT = "undefined/undefined";

test("R-323-3 R-323-4 R-323-16 R-323-18 R-323-19 accepted comes once, then the data to the full JID, both with the request's seqnr", () => {
	const sent = new Bench("xep").req("seqnr='17' momentary='true'");
	expect(sent).toEqual([
		`<iq to='${OWNER}' type='result' id='1'><accepted xmlns='urn:xmpp:iot:sensordata' seqnr='17'/></iq>`,
		`<message to='${OWNER}'><fields xmlns='urn:xmpp:iot:sensordata' seqnr='17' done='true'><node nodeId='thing'><timestamp value='${NOW}'>` +
			"<numeric name='Temperature' momentary='true' automaticReadout='true' value='23.40' unit='°C'/>" +
			"<int name='Count' momentary='true' computed='true' automaticReadout='true' value='7'/>" +
			"</timestamp></node></fields></message>"
	]);
});

test("R-323-3 R-323-4 R-323-16 R-323-19 R-323-29 in the ieee dialect the data are the result; a node stands there where one was named", () => {
	const bench = new Bench("ieee");
	const answer = (container: string, end: string): string =>
		`<iq to='${OWNER}' type='result' id='1'><resp xmlns='urn:ieee:iot:sd:1.0' id='17'>${container}<ts v='${NOW}'>` +
		`<q n='Temperature' m='true' v='23.40' u='°C'/><i n='Count' m='true' c='true' v='7'/></ts>${end}</resp></iq>`;
	expect(bench.req("seqnr='17' momentary='true'")).toEqual([answer("", "")]);
	expect(bench.req("seqnr='17' momentary='true'", "<node nodeId='thing'/>")).toEqual([answer("<nd id='thing'>", "</nd>")]);
});

test("R-323-1 both dialects are said to be spoken", () => {
	expect(new Bench("xep").features).toEqual(["urn:xmpp:iot:sensordata", "urn:ieee:iot:sd:1.0"]);
});

test("identification, as an example of the XEP writes identity, is understood", () => {
	const bench = new Bench("xep");
	expect(bench.names(bench.req("seqnr='1' identification='true'"))).toEqual(["Model"]);
});

const historical = "Second Minute Hour Day Week Month Quarter Year Other".split(" ").map((span) => `historical${span}='true'`);

test("R-323-12 historical is every historical flag, one by one the same and none of the others", () => {
	const asked = (attributes: string, dialect = dialects[0]!): unknown =>
		parseReadoutRequest(stanza(`<req xmlns='${dialect.sensorData}' ${dialect.sequence}='1' ${attributes}/>`), dialect);
	expect(asked("historical='true'")).toEqual(asked(historical.join(" ")));
	expect(asked("all='true'")).toEqual(asked(`momentary='1' peak='1' status='1' computed='1' identity='1' ${historical.join(" ")}`));
	expect(asked("historical='true'")).not.toEqual(asked("all='true'"));
	for (const one of historical) expect(asked(one)).not.toEqual(asked("historical='true'"));
	// The ieee dialect has one flag for all of them.
	expect(asked("h='true'", dialects[1])).toEqual(asked("historical='true'"));
	expect(asked("h='true' m='true'", dialects[1])).toEqual(asked("historical='true' momentary='true'"));
});

test("R-323-29 each answers in the namespace of its request, though both run at once under one seqnr, and neither's cancel ends the other", () => {
	const bench = new Bench("xep");
	const waiting: Answer[] = [];
	bench.values.set("Relay", (answer) => waiting.push(answer));
	bench.ask(`<req xmlns='${sensorData.xep}' seqnr='1' status='1'/>`);
	bench.ask(`<req xmlns='${sensorData.ieee}' id='1' s='1'/>`);
	bench.ask(`<cancel xmlns='${sensorData.xep}' seqnr='1'/>`);
	for (const answer of waiting) answer(undefined, true);
	const [message, ...more] = bench.wire.take();
	expect(more).toEqual([]);
	expect(toldIn("ieee", [message!]).map(({ namespace, fields }) => [namespace, fields.length])).toEqual([[sensorData.ieee, 1]]);
});

test.each(["get", "set"])("a cancelled readout: the XEP's is told so, by %s", (type) => {
	const bench = new Bench("xep");
	bench.values.set("Temperature", () => {});
	bench.req("seqnr='5' all='true'");
	expect(bench.cancel("5", OWNER, type)).toEqual([
		`<iq to='${OWNER}' type='result' id='1'><cancelled xmlns='urn:xmpp:iot:sensordata' seqnr='5'/></iq>`
	]);
	expect(conditionIn(bench.cancel("5"))).toBe("cancel/item-not-found");
});

test.each(["get", "set"])(
	"in the ieee dialect a cancel has an empty result, whether there was something to be cancelled or not, and the request is answered, by %s",
	(type) => {
		const bench = new Bench("ieee");
		bench.values.set("Temperature", () => {});
		expect(bench.req("seqnr='5' all='true'")).toEqual([]);
		expect(bench.cancel("5", OWNER, type)).toEqual([
			`<iq to='${OWNER}' type='result' id='1'><accepted xmlns='urn:ieee:iot:sd:1.0' id='5'/></iq>`,
			`<iq to='${OWNER}' type='result' id='1'/>`
		]);
		expect(bench.cancel("5", OWNER, type)).toEqual([`<iq to='${OWNER}' type='result' id='1'/>`]);
		expect(bench.cancel("5", STRANGER, type)).toEqual([`<iq to='${STRANGER}' type='error' id='1'>${FORBIDDEN}`]);
	}
);

test("R-323-34 old peers are told of a refusal in their words too, in the XEP's dialect and where their readout has a number", () => {
	const rejected = (seqnr: string, text: string): string =>
		`</error><rejected xmlns='urn:xmpp:iot:sensordata' seqnr='${seqnr}'><error>${text}</error></rejected></iq>`;
	const bench = new Bench("xep", fields, true);
	expect(bench.req("seqnr='4' all='1'", "", STRANGER)[0]).toBe(
		`<iq to='${STRANGER}' type='error' id='1'>${FORBIDDEN.replace("</error></iq>", rejected("4", "Access denied."))}`
	);
	expect(bench.req("seqnr='5' all='maybe'")[0]).toContain(rejected("5", "all is no boolean."));
	expect(bench.cancel("6")[0]).toContain(rejected("6", "No such readout is running."));
	for (const answer of [bench.req("all='1'"), bench.req(`seqnr='${"1".repeat(65)}' all='1'`)]) {
		expect(conditionIn(answer)).toBe("modify/bad-request");
		expect(answer[0]).not.toContain("rejected");
	}
	for (const other of [new Bench("xep"), new Bench("xep", fields, false), new Bench("ieee", fields, true)])
		expect(other.req("seqnr='4' all='1'", "", STRANGER)).toEqual([`<iq to='${STRANGER}' type='error' id='1'>${FORBIDDEN}`]);
});

test.each([
	["forgotten", (bench: Bench) => bench.readouts.forget("owner@example.org")],
	["disowned, or its connection ended in order", (bench: Bench) => bench.readouts.clear()]
])("R-CORE-5 whoever waits for a result gets one, though the readout ends before: %s", (_what, end) => {
	const bench = new Bench("ieee");
	let late: Answer = () => {};
	bench.values.set("Temperature", (answer) => {
		late = answer;
	});
	bench.req("seqnr='5' all='true'");
	end(bench);
	expect(bench.wire.take()).toEqual([`<iq to='${OWNER}' type='error' id='1'>${FORBIDDEN}`]);
	late(undefined, 1);
	bench.time.pass(60_000);
	expect(bench.wire.take()).toEqual([]);
	expect(bench.ended).toEqual([`${OWNER} Temperature,Count,Relay,Model cancelled`]);
});

test("a result of a connection that has ended goes nowhere", () => {
	const bench = new Bench("ieee");
	let late: Answer = () => {};
	bench.values.set("Temperature", (answer) => {
		late = answer;
	});
	bench.req("seqnr='5' all='true'");
	bench.router.setAddress(undefined);
	bench.router.setAddress("thing@example.org/1");
	late(undefined, 1);
	bench.readouts.clear();
	expect(bench.wire.take()).toEqual([]);
});

describe.each(["xep", "ieee"] as const)("in the %s dialect", (dialect) => {
	/** In how many stanzas a short answer comes. */
	const short = dialect === "xep" ? 2 : 1;

	test("R-323-3 R-323-4 R-323-16 R-323-19 R-323-29 one result, and everything under the request's number and namespace", () => {
		const bench = new Bench(dialect);
		const sent = bench.req("seqnr='17' momentary='true'");
		expect(sent.map((text) => stanza(text)).filter(({ name }) => name === "iq")).toHaveLength(1);
		expect(sent).toHaveLength(short);
		const value = { timestamp: NOW, node: dialect === "xep" ? "thing" : undefined, dataType: undefined };
		expect(bench.told(sent)).toEqual([
			{
				...{ to: OWNER, stanza: dialect === "xep" ? "message" : "iq", namespace: sensorData[dialect], sequence: "17", last: true },
				fields: [
					{ ...value, type: "numeric", name: "Temperature", value: "23.40", unit: "°C", flags: ["momentary"] },
					{ ...value, type: "int", name: "Count", value: "7", unit: undefined, flags: ["momentary", "computed"] }
				],
				errors: []
			}
		]);
	});

	test("R-323-5 two clients with one seqnr get separate data", () => {
		const bench = new Bench(dialect);
		const waiting: Answer[] = [];
		bench.values.set("Temperature", (answer) => waiting.push(answer));
		bench.req("seqnr='1' momentary='1'", "<field name='Temperature'/>", OWNER);
		bench.req("seqnr='1' momentary='1'", "<field name='Temperature'/>", OTHER);
		const values = () => bench.told(bench.wire.take()).map(({ to, fields: [field] }) => [to, field?.value]);
		waiting[1]!(undefined, 2);
		expect(values()).toEqual([[OTHER, "2.00"]]);
		waiting[0]!(undefined, 1);
		expect(values()).toEqual([[OWNER, "1.00"]]);
	});

	test("a second request with the seqnr of one that runs is refused", () => {
		const bench = new Bench(dialect);
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
		const bench = new Bench(dialect);
		expect(bench.names(bench.req(`seqnr='1' ${attributes}`)).join(",")).toBe(names);
	});

	test("R-323-12 all gives what every category flag gives", () => {
		const categories = "momentary peak status computed identity historical".split(" ").map((flag) => `${flag}='true'`);
		const bench = new Bench(dialect);
		const all = bench.req("seqnr='1' all='true'");
		expect(all).toEqual(bench.req(`seqnr='1' ${categories.join(" ")}`));
		expect(bench.names(all)).toHaveLength(4);
	});

	test("R-323-14 only the fields that were named; without categories they are found in all", () => {
		const bench = new Bench(dialect);
		expect(bench.names(bench.req("seqnr='1' all='true'", "<field name='Relay'/><field name='Nonsense'/>"))).toEqual(["Relay"]);
		expect(bench.names(bench.req("seqnr='1'", "<field name='Model'/>"))).toEqual(["Model"]);
	});

	test.each([
		["values alone", []],
		["values and failures", ["Relay"]],
		["failures alone", ["Temperature", "Count", "Relay", "Model"]]
	] as [string, readonly string[]][])("R-323-6 R-323-30 one end marker, on the last message: %s", (_what, failing) => {
		for (const late of [false, true]) {
			const bench = new Bench(dialect);
			for (const name of failing) bench.values.set(name, (answer) => late || answer("broken"));
			const first = bench.req("seqnr='1' all='true'");
			bench.time.pass(3_600_000);
			const told = bench.told([...first, ...bench.wire.take()]);
			expect(told.map(({ last }) => last)).toEqual(told.map((_each, index) => index === told.length - 1));
			expect(told.flatMap(({ errors }) => errors)).toHaveLength(failing.length);
		}
	});

	test("R-323-4 R-323-7 R-323-29 R-323-33 a readout of several messages: each under number and namespace to the full JID, the last alone without more to come", () => {
		const many: SensorField[] = [];
		for (let i = 0; i < 24; i++) many.push({ name: `Field${i}`, type: "string", categories: categorySet(["status"]) });
		const bench = new Bench(dialect, many);
		for (const { name } of many) bench.values.set(name, name.endsWith("3") ? (answer) => answer("x".repeat(500)) : "y".repeat(500));
		const [accepted, ...sent] = bench.req("seqnr='a&lt;7' status='true'");
		// Too long for the result: both dialects accept first.
		expect(
			stanza(accepted!)
				.child("accepted", sensorData[dialect])
				?.attribute(dialect === "xep" ? "seqnr" : "id")
		).toBe("a<7");
		expect(sent.length).toBeGreaterThan(3);
		const told = bench.told(sent);
		expect(told).toHaveLength(sent.length);
		for (const { to, stanza, namespace, sequence } of told)
			expect([to, stanza, namespace, sequence]).toEqual([OWNER, "message", sensorData[dialect], "a<7"]);
		expect(told.map(({ last }) => last)).toEqual(told.map((_each, index) => index === told.length - 1));
		const word = dialect === "xep" ? "done='true'" : "more='true'";
		expect(sent.map((text) => text.includes(word))).toEqual(told.map(({ last }) => last === (dialect === "xep")));
	});

	test("R-323-6 a request that nothing answers to still ends", () => {
		expect(new Bench(dialect).req("seqnr='9' peak='true'").at(-1)).toBe(
			dialect === "xep"
				? `<message to='${OWNER}'><fields xmlns='urn:xmpp:iot:sensordata' seqnr='9' done='true'/></message>`
				: `<iq to='${OWNER}' type='result' id='1'><resp xmlns='urn:ieee:iot:sd:1.0' id='9'/></iq>`
		);
	});

	test("R-323-15 every type goes out under its element with what its schema requires", () => {
		const all: SensorField[] = (
			["numeric", "string", "boolean", "int", "long", "enum", "date", "dateTime", "duration", "time"] as const
		).map((type) => ({ name: type, type, categories: categorySet(["status"]), dataType: type === "enum" ? "Mode" : undefined }));
		const bench = new Bench(dialect, all);
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
		const sent = bench.req("seqnr='1' status='true'");
		const [told] = bench.told(sent);
		expect(told?.fields.map(({ type, value }) => `${type} ${value}`)).toEqual([
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
		expect(told?.fields.map(({ type, name }) => type === name)).not.toContain(false);
		// The schema of the XEP has a unit on every number.
		const numeric = dialect === "xep" ? "<numeric name='numeric' status='true' automaticReadout='true' value='2' unit=''/>" : "";
		expect(sent.at(-1)).toContain(dialect === "xep" ? numeric : "<q n='numeric' s='true' v='2'/>");
		expect(told?.fields.map(({ dataType }) => dataType)).toEqual(all.map(({ dataType }) => dataType));
	});

	test("R-323-17 what comes at another second stands under its own timestamp", () => {
		const bench = new Bench(dialect);
		let late: Answer = () => {};
		bench.values.set("Count", (answer) => {
			late = answer;
		});
		bench.req("seqnr='1' momentary='true'");
		bench.time.pass(2500);
		late(undefined, 8);
		const told = bench.told(bench.wire.take());
		expect(told.flatMap(({ fields }) => fields.map(({ name, timestamp }) => [name, timestamp]))).toEqual([
			["Temperature", NOW],
			["Count", "2026-01-02T03:04:07Z"]
		]);
	});

	test("R-323-17 what is asked for twice, or answered twice, is there once", () => {
		const bench = new Bench(dialect);
		bench.values.set("Temperature", (answer) => {
			answer(undefined, 1);
			answer(undefined, 2);
		});
		const names = "<node nodeId='thing'/><node nodeId='thing'/><field name='Temperature'/><field name='Count'/><field name='Temperature'/>";
		expect(bench.names(bench.req("seqnr='1' momentary='true' computed='true' all='true'", names))).toEqual(["Temperature", "Count"]);
	});

	test("R-323-20 R-323-21 a value that is missing is told as a failure with its time, never as a reading; the others are delivered", () => {
		const bench = new Bench(dialect);
		bench.values.set("Temperature", Number.NaN);
		const sent = bench.req("seqnr='1' momentary='true'", "<node nodeId='thing'/>");
		expect(bench.names(sent)).toEqual(["Count"]);
		const end = bench.told(sent).at(-1);
		expect(end?.last).toBe(true);
		expect(end?.errors).toEqual([{ text: "Temperature: the sensor gave no value", timestamp: NOW, node: "thing" }]);
		expect(bench.ended).toEqual([`${OWNER} Temperature,Count failed`]);
		expect(sent.at(-1)).toContain(
			dialect === "xep"
				? `<failure xmlns='urn:xmpp:iot:sensordata' seqnr='1' done='true'><error nodeId='thing' timestamp='${NOW}'>Temperature: the sensor gave no value</error></failure>`
				: "<i n='Count' m='true' c='true' v='7'/><err>Temperature: the sensor gave no value</err></ts></nd></resp>"
		);
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
	])("R-323-21 R-323-30 failures come last, behind what was read: %s", (_what, sensor, text) => {
		const bench = new Bench(dialect);
		bench.values.set("Temperature", sensor);
		const told = bench.told(bench.req("seqnr='1' all='true'"));
		expect(told).toHaveLength(short);
		expect(told.flatMap(({ fields }) => fields.map(({ name }) => name))).toEqual(["Count", "Relay", "Model"]);
		expect(told.at(-1)?.errors.map((error) => error.text)).toEqual([text]);
	});

	test("a sensor that never answers costs its field after a while, and a late answer changes nothing", () => {
		const bench = new Bench(dialect);
		let late: Answer = () => {};
		bench.values.set("Relay", (answer) => {
			late = answer;
		});
		const first = bench.req("seqnr='1' all='true'");
		expect(first).toHaveLength(short - 1);
		bench.time.pass(limits.readoutSeconds * 1000);
		const sent = bench.wire.take();
		expect(bench.names(sent)).toEqual(["Temperature", "Count", "Model"]);
		expect(
			bench
				.told(sent)
				.at(-1)
				?.errors.map(({ text }) => text)
		).toEqual(["Relay: the sensor did not answer in time"]);
		late(undefined, true);
		expect(bench.wire.take()).toEqual([]);
		expect(bench.time.waiting).toBeUndefined();
	});

	test("a sensor that answers twice counts once", () => {
		const bench = new Bench(dialect);
		bench.values.set("Temperature", (answer) => {
			answer(undefined, 1);
			answer(undefined, 2);
		});
		expect(bench.names(bench.req("seqnr='1' momentary='true'"))).toEqual(["Temperature", "Count"]);
	});

	test("R-323-22 a stranger is refused in the same words whatever the request holds", () => {
		const bench = new Bench(dialect);
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
		expect(bench.denied).toHaveLength(asked.length);
	});

	test("R-324-6 R-324-26 who may read one field gets that one, whatever he asked for, and who may read none of those he asked for none", () => {
		const bench = new Bench(dialect);
		bench.permissions.set(STRANGER, { categories: categorySet(["momentary"]), fields: ["Temperature", "Relay"] });
		expect(bench.names(bench.req("seqnr='1' all='true'", "", STRANGER))).toEqual(["Temperature"]);
		expect(conditionIn(bench.req("seqnr='2' all='true'", "<field name='Relay'/>", STRANGER))).toBe("cancel/forbidden");
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
		["a flag of several that is no boolean", "seqnr='1' momentary='1' all='yes'", "", "modify/bad-request"],
		["a time to come", "seqnr='1' all='true' when='2026-01-02T03:04:06Z'", "", "cancel/feature-not-implemented"],
		["33 fields", "seqnr='1'", "<field name='a'/>".repeat(33), "modify/policy-violation"]
	])("R-323-23 refused: %s", (_what, attributes, children, condition) => {
		expect(conditionIn(new Bench(dialect).req(attributes, children))).toBe(condition);
	});

	test("R-323-23 a cancel without seqnr is refused", () => {
		expect(conditionIn(new Bench(dialect).cancel(""))).toBe("modify/bad-request");
	});

	test("a past when, the own node, tokens and unknown children are no obstacle", () => {
		const bench = new Bench(dialect);
		const sent = bench.req(
			"seqnr='1' momentary='true' when='2026-01-02T03:04:04' from='2000-01-01T00:00:00' serviceToken='x' colour='red'",
			"<node nodeId='thing'/><extra xmlns='urn:example'/>"
		);
		expect(bench.names(sent)).toEqual(["Temperature", "Count"]);
	});

	test.each(["1", "true", " true "])("R-323-24 a flag may be %j", (value) => {
		const bench = new Bench(dialect);
		expect(bench.names(bench.req(`seqnr='1' status='${value}' momentary='0' identity='false'`))).toEqual(["Relay"]);
		const short = ["all", "historical"];
		const names = dialect === "xep" ? [...short, "identification", ...historical.map((text) => text.slice(0, text.indexOf("=")))] : short;
		for (const flag of names) expect(bench.names(bench.req(`seqnr='1' status='1' ${flag}='${value}'`))).toContain("Relay");
	});

	test.each(["get", "set"])("a running readout is cancelled by %s, and nothing more comes", (type) => {
		const bench = new Bench(dialect);
		let late: Answer = () => {};
		bench.values.set("Temperature", (answer) => {
			late = answer;
		});
		const asked = bench.req("seqnr='5' all='true'");
		const sent = [...asked, ...bench.cancel("5", OWNER, type)].map(stanza);
		// The request, and the cancel: one result each.
		expect(sent.map((each) => `${each.name} ${each.attribute("type")}`)).toEqual(["iq result", "iq result"]);
		expect(sent[0]!.child("accepted", sensorData[dialect])).toBeDefined();
		late(undefined, 1);
		bench.time.pass(60_000);
		expect(bench.wire.take()).toEqual([]);
		expect(bench.ended).toEqual([`${OWNER} Temperature,Count,Relay,Model cancelled`]);
	});

	test("R-323-10 another JID's cancel changes nothing, even with the same seqnr", () => {
		const bench = new Bench(dialect);
		let late: Answer = () => {};
		bench.values.set("Temperature", (answer) => {
			late = answer;
		});
		bench.req("seqnr='5' all='true'");
		expect(conditionIn(bench.cancel("5", OTHER))).toBe(dialect === "xep" ? "cancel/item-not-found" : RESULT);
		expect(conditionIn(bench.cancel("5", STRANGER))).toBe("cancel/forbidden");
		late(undefined, 1);
		expect(bench.names(bench.wire.take())).toHaveLength(4);
	});

	test("R-323-31 too many readouts at once: wait", () => {
		const bench = new Bench(dialect);
		bench.values.set("Temperature", () => {});
		for (let i = 0; i < limits.readoutsPerPeer; i++) expect(conditionIn(bench.req(`seqnr='${i}' all='true'`))).toBe(RESULT);
		expect(conditionIn(bench.req("seqnr='more' all='true'"))).toBe("wait/resource-constraint");
		for (let i = limits.readoutsPerPeer; i < limits.readouts; i++) bench.req(`seqnr='${i}' all='true'`, "", `owner@example.org/${i}`);
		expect(conditionIn(bench.req("seqnr='1' all='true'", "", "owner@example.org/last"))).toBe("wait/resource-constraint");
		bench.time.pass(limits.readoutSeconds * 1000);
		bench.wire.take();
		expect(conditionIn(bench.req("seqnr='1' all='true'", "", "owner@example.org/last"))).toBe(RESULT);
	});

	test("R-323-31 a flood of readouts leaves nothing behind: neither a timer nor a place taken", () => {
		const bench = new Bench(dialect);
		bench.values.set("Temperature", () => {});
		for (let i = 0; i < 500; i++) bench.req(`seqnr='${i}' all='true'`, "", `owner@example.org/${i % 100}`);
		expect(bench.ended).toEqual([]);
		bench.time.pass(limits.readoutSeconds * 1000);
		expect(bench.ended).toHaveLength(limits.readouts);
		expect(bench.time.waiting).toBeUndefined();
		bench.wire.take();
		for (let i = 0; i < limits.readouts; i++)
			expect(conditionIn(bench.req("seqnr='1' all='true'", "", `owner@example.org/${i}`))).toBe(RESULT);
	});

	test.each([
		["its full JID", OWNER, 1],
		["its bare JID", "owner@example.org", 0],
		["someone else", STRANGER, 2]
	])("R-323-32 the sessions of a peer that has gone are freed: %s", (_what, gone, left) => {
		const bench = new Bench(dialect);
		const waiting: Answer[] = [];
		bench.values.set("Temperature", (answer) => waiting.push(answer));
		bench.req("seqnr='1' momentary='true'", "", OWNER);
		bench.req("seqnr='1' momentary='true'", "", OTHER);
		bench.readouts.forget(gone);
		for (const answer of waiting) answer(undefined, 1);
		const sent = bench.wire.take();
		expect(bench.told(sent)).toHaveLength(left);
		expect(sent.filter((text) => text.startsWith("<message"))).toHaveLength(dialect === "xep" ? left : 0);
	});

	test("R-323-33 a long readout is split into messages of at most 4 KiB, done on the last alone", () => {
		const many: SensorField[] = [];
		for (let i = 0; i < 32; i++) many.push({ name: `Field${i}`, type: "string", categories: categorySet(["status"]) });
		const bench = new Bench(dialect, many);
		for (const { name } of many) bench.values.set(name, `${name} ${"é&'".repeat(50)}`);
		bench.values.set("Field31", (answer) => answer("x".repeat(500)));
		const sent = bench.req("seqnr='1' status='true'").slice(1);
		expect(sent.length).toBeGreaterThan(2);
		for (const message of sent) expect(utf8Length(message)).toBeLessThanOrEqual(4096);
		expect(bench.told(sent).map(({ last }) => last)).toEqual(sent.map((_message, index) => index === sent.length - 1));
		expect(bench.names(sent)).toEqual(many.slice(0, 31).map(({ name }) => name));
	});

	test.each([3000, 300_000])("a value of %i characters, which no reader could take, is a failure", (count) => {
		const bench = new Bench(dialect);
		bench.values.set("Model", "é".repeat(count));
		expect(bench.told(bench.req("seqnr='1' identity='true'")).at(-1)?.errors[0]?.text).toContain("Model:");
	});

	test("a connection that ends while it is answered leaves nothing behind", () => {
		const bench = new Bench(dialect);
		const send = bench.wire.send.bind(bench.wire);
		bench.wire.send = () => {
			send();
			bench.readouts.clear();
		};
		expect(bench.req("seqnr='1' all='true'")).toHaveLength(1);
		expect(bench.ended).toEqual([`${OWNER} Temperature,Count,Relay,Model ${dialect === "xep" ? "cancelled" : "done"}`]);
		expect(bench.time.waiting).toBeUndefined();
	});
});

test("an id of the request that is long itself leaves its result in messages", () => {
	const bench = new Bench("ieee");
	const id = "i".repeat(3000);
	bench.values.set("Model", "m".repeat(1000));
	bench.router.receive(stanza(`<iq type='get' id='${id}' from='${OWNER}'><req xmlns='${sensorData.ieee}' id='1' all='1'/></iq>`));
	const sent = bench.wire.take();
	expect(sent.map((text) => stanza(text).name)).toEqual(["iq", "message"]);
	for (const text of sent) expect(utf8Length(text)).toBeLessThanOrEqual(4096);
	expect(bench.names(sent)).toHaveLength(4);
});
