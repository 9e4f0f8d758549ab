// Sensor data by golden stanzas, in both dialects: what a thing answers to them, and what the consumer of the command line says and hears.

import type { Element as ClientElement } from "@xmpp/client";
import { type Category, type DialectName, parseTold, type Reading, writeRequest } from "../../../hosts/cli/readout-words.js";
import type { SensorValue } from "../../../src/host.js";
import type { Applicant } from "../../../src/iot/provisioning.js";
import { Readouts } from "../../../src/iot/readouts.js";
import { categorySet, type SensorField } from "../../../src/iot/sensor-data.js";
import { IQBench } from "../../support/iq-bench.js";
import { canonical, type Element, goldens, payloadsOf } from "./golden.js";

interface Means {
	readonly sequence?: string;
	readonly categories?: readonly Category[];
	readonly fields?: readonly string[];
	readonly tokens?: readonly (string | null)[];
	readonly nodes?: readonly string[];
	readonly last?: boolean;
}

const READER = "reader@b.example/x";
const fields: readonly SensorField[] = [
	{ name: "Temperature", type: "numeric", categories: categorySet(["momentary"]), unit: "°C", decimals: 2 },
	{ name: "Count", type: "int", categories: categorySet(["momentary", "computed"]) },
	{ name: "Relay", type: "boolean", categories: categorySet(["status"]), writable: true },
	{ name: "Mode", type: "enum", categories: categorySet(["status"]), dataType: "Modes" },
	{ name: "Model", type: "string", categories: categorySet(["identity"]) },
	{ name: "Broken", type: "numeric", categories: categorySet(["momentary"]) }
];
const values: Readonly<Record<string, SensorValue>> = { Temperature: 23.4, Count: 7, Relay: true, Mode: "Auto", Model: "T<1>" };

/** A thing that lets everybody read. */
function thing(): { bench: IQBench; applicants: Applicant[] } {
	const bench = new IQBench();
	const applicants: Applicant[] = [];
	new Readouts({
		...{ router: bench.router, disco: { add: () => {} }, outbox: bench.wire, scheduler: bench.scheduler, clock: bench.time.clock },
		...{ node: { id: "thing" }, fields, onDenied: () => {}, onEnd: () => {} },
		authorizer: {
			admit: (applicant) => {
				applicants.push(applicant);
				applicant.decide("all");
			}
		},
		read: ({ name }, onValue) => (values[name] === undefined ? onValue("bus stuck") : onValue(undefined, values[name]))
	});
	return { bench, applicants };
}

/** Both packages have the same class, and types of their own. */
const forClient = (payload: Element) => payload as unknown as ClientElement;
const forUs = (payload: ClientElement) => payload as unknown as Element;

type Row = [string, string, string, string | null, readonly string[]];
const rowsOf = (readings: readonly Reading[]): Row[] =>
	readings.map(({ name, type, value, unit = null, categories }) => [name, type, value, unit, categories]);

describe.each(["xep", "ieee"] as const)("golden stanzas of sensor data in %s", (dialect: DialectName) => {
	const all = goldens<Means>(`sensor-data-${dialect}`).map((golden) => [golden.title, golden] as const);
	const asked = all.filter(([, { name }]) => name === "req" || name === "cancel");
	const told = all.filter(([, golden]) => golden.text("told") !== undefined);

	test.each(asked)("%s is answered just so", (_title, { answer, means, name, payload }) => {
		const { bench, applicants } = thing();
		const sent = bench.ask(name === "cancel" ? "set" : "get", `${payload}`, READER);
		expect(payloadsOf(sent)).toEqual(answer.map(canonical));
		// Each in a stanza of its own, to the reader.
		expect(sent).toHaveLength(Math.max(1, answer.length));
		for (const text of sent) expect(text).toMatch(/^<(iq|message) to='reader@b\.example\/x'[ >]/);
		const [applicant] = applicants;
		if (means.tokens) expect(applicant?.tokens).toEqual(means.tokens);
		if (means.nodes) expect(applicant?.asked?.nodes).toEqual(means.nodes.map((id) => ({ id })));
	});

	test.each(all.filter(([, { says }]) => says === "consumer"))("%s is asked just so", (_title, { means, payload }) => {
		expect(canonical(forUs(writeRequest(dialect, means.sequence!, means.categories!, means.fields!)))).toBe(canonical(payload));
	});

	test.each(told)("%s: the answer is understood", (_title, golden) => {
		const { answer, means, name, payload, text } = golden;
		const payloads: readonly Element[] = name === "req" ? answer : [payload];
		const heard = payloads.map((each) => parseTold(dialect, means.sequence!, forClient(each))!);
		expect(rowsOf(heard.flatMap(({ readings }) => readings))).toEqual(JSON.parse(text("told")!));
		expect(heard.flatMap(({ faults }) => faults)).toEqual(text("fault") === undefined ? [] : [text("fault")]);
		expect(heard.map(({ ended }) => ended)).toEqual(payloads.map((_each, at) => at === payloads.length - 1 && means.last !== false));
		const writable = heard.flatMap(({ readings }) => readings).flatMap(({ name, writable }) => (writable === true ? name : []));
		expect(writable).toEqual(name === "req" ? ["Relay"] : []);
		for (const each of payloads) expect(parseTold(dialect, "another", forClient(each))).toBeUndefined();
	});
});

test("what is said of a value is understood in both dialects", () => {
	for (const dialect of ["xep", "ieee"] as const) {
		const [answer] = goldens<Means>(`sensor-data-${dialect}`).filter(({ name }) => name === "answer");
		const [volume, since] = parseTold(dialect, "6", forClient(answer!.payload))!.readings;
		expect([volume?.quality, since?.quality]).toEqual([["manualEstimate", "signed"], ["automaticReadout"]]);
		expect([volume?.node, volume?.timestamp]).toEqual(["n1", "2026-01-02T03:04:05Z"]);
	}
});
