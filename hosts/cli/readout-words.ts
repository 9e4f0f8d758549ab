// What a consumer says and hears in a readout, in both dialects (XEP-0323; IEEE P1451-99).
import { type Element, xml } from "@xmpp/client";

export type DialectName = "xep" | "ieee";
export const dialectNames: readonly DialectName[] = ["xep", "ieee"];

export interface Reading {
	readonly name: string;
	readonly type: string;
	readonly value: string;
	readonly unit?: string;
	readonly timestamp: string;
	readonly node: string;
	readonly categories: readonly string[];
	readonly quality: readonly string[];
	/** It can be set under this name. */
	readonly writable?: true;
}

/** What one element of a readout says. */
export interface Told {
	readonly readings: readonly Reading[];
	readonly faults: readonly string[];
	/** Nothing follows. */
	readonly ended: boolean;
}

/** By type, what the ieee dialect calls it. */
const types: Readonly<Record<string, string>> = {
	numeric: "q",
	string: "s",
	boolean: "b",
	int: "i",
	long: "l",
	enum: "e",
	date: "d",
	dateTime: "dt",
	duration: "dr",
	time: "t"
};
const categories: Readonly<Record<string, string>> = {
	momentary: "m",
	peak: "p",
	status: "s",
	computed: "c",
	identity: "i",
	historical: "h",
	historicalSecond: "",
	historicalMinute: "",
	historicalHour: "",
	historicalDay: "",
	historicalWeek: "",
	historicalMonth: "",
	historicalQuarter: "",
	historicalYear: "",
	historicalOther: ""
};
const qualities: Readonly<Record<string, string>> = {
	missing: "ms",
	inProgress: "pr",
	automaticEstimate: "ae",
	manualEstimate: "me",
	manualReadout: "mr",
	automaticReadout: "ar",
	timeOffset: "of",
	warning: "w",
	error: "er",
	signed: "so",
	invoiced: "iv",
	endOfSeries: "eos",
	powerFailure: "pf",
	invoiceConfirmed: "ic"
};

interface Dialect {
	readonly namespace: string;
	readonly sequence: string;
	readonly field: string;
	readonly name: string;
	readonly value: string;
	readonly unit: string;
	readonly writable: string;
	readonly readings: string;
	readonly node: string;
	readonly nodeId: string;
	readonly timestamp: string;
	/** Types and flags are said in the other column. */
	readonly short: boolean;
}

const dialects: Readonly<Record<DialectName, Dialect>> = {
	xep: {
		...{ namespace: "urn:xmpp:iot:sensordata", sequence: "seqnr", field: "field", name: "name", value: "value", unit: "unit" },
		...{ readings: "fields", node: "node", nodeId: "nodeId", timestamp: "timestamp", writable: "writable", short: false }
	},
	ieee: {
		...{ namespace: "urn:ieee:iot:sd:1.0", sequence: "id", field: "f", name: "n", value: "v", unit: "u" },
		...{ readings: "resp", node: "nd", nodeId: "id", timestamp: "ts", writable: "ctr", short: true }
	}
};

export type Category = "all" | "momentary" | "status";

/** `node`: one behind the thing, in place of the thing itself. */
export function writeRequest(
	dialectName: DialectName,
	sequence: string,
	wanted: readonly Category[],
	fields: readonly string[],
	node?: string
): Element {
	const dialect = dialects[dialectName];
	const flags = wanted.map((name) => [dialect.short ? (categories[name] ?? name) : name, "true"]);
	const attributes = { xmlns: dialect.namespace, [dialect.sequence]: sequence, ...Object.fromEntries(flags) };
	const nodes = node === undefined ? [] : [xml(dialect.node, { [dialect.nodeId]: node })];
	return xml("req", attributes, ...nodes, ...fields.map((name) => xml(dialect.field, { [dialect.name]: name })));
}

/** undefined where the element is of no readout, or of another one. */
export function parseTold(dialectName: DialectName, sequence: string, payload: Element): Told | undefined {
	const dialect = dialects[dialectName];
	if (payload.getNS() !== dialect.namespace || payload.attrs[dialect.sequence] !== sequence) return undefined;
	const isReadings = payload.name === dialect.readings;
	const times = isReadings ? timesOf(payload, dialect) : [];
	const faults = times.flatMap(({ time }) => (dialect.short ? time.getChildren("err").map((fault) => fault.text()) : []));
	if (!dialect.short && payload.name === "failure") faults.push(...payload.getChildren("error").map((fault) => fault.text()));
	const cancelled = payload.name === "cancelled";
	if (cancelled) faults.push("it was cancelled");
	const ended =
		payload.name === "done" || cancelled || (dialect.short ? isReadings && !isTrue(payload.attrs.more) : isTrue(payload.attrs.done));
	return { readings: times.flatMap((each) => readingsOf(each, dialect)), faults, ended };
}

interface Time {
	readonly time: Element;
	readonly node: string;
}

/** In the ieee dialect a thing need not say which node it is. */
function timesOf(payload: Element, { node, nodeId, timestamp, short }: Dialect): Time[] {
	const of = (holder: Element, name: string): Time[] => holder.getChildren(timestamp).map((time) => ({ time, node: name }));
	return [...(short ? of(payload, "") : []), ...payload.getChildren(node).flatMap((each) => of(each, each.attrs[nodeId] ?? ""))];
}

function readingsOf({ time, node }: Time, dialect: Dialect): Reading[] {
	const timestamp = time.attrs[dialect.value] ?? "";
	const readings: Reading[] = [];
	for (const field of time.getChildElements()) {
		const type = Object.keys(types).find((name) => field.name === (dialect.short ? types[name] : name));
		const { [dialect.name]: name, [dialect.value]: value, [dialect.unit]: unit } = field.attrs;
		if (type === undefined || name === undefined || value === undefined) continue;
		const set = (flags: Readonly<Record<string, string>>): string[] =>
			Object.keys(flags).filter((flag) => isTrue(field.attrs[dialect.short ? (flags[flag] ?? "") : flag]));
		const quality = set(qualities);
		readings.push({
			...{ name, type, value, ...(unit === undefined ? {} : { unit }), timestamp, node, categories: set(categories) },
			// What is not said to be anything else was read by itself.
			quality: quality.length === 0 ? ["automaticReadout"] : quality,
			...(isTrue(field.attrs[dialect.writable]) ? { writable: true } : {})
		});
	}
	return readings;
}

function isTrue(flag: string | undefined): boolean {
	return /^(true|1)$/.test(flag ?? "");
}
