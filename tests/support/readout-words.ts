// The words of a readout in both dialects, written down a second time: requests made of the XEP's words, and what a reader hears in words of no dialect.
import { stanza } from "./wire.js";

export type DialectName = "xep" | "ieee";

export const sensorData = Object.freeze({ xep: "urn:xmpp:iot:sensordata", ieee: "urn:ieee:iot:sd:1.0" });

const spans = "Second Minute Hour Day Week Month Quarter Year Other".split(" ").map((span) => `historical${span}`);
const flags: Readonly<Record<string, string>> = Object.freeze({
	momentary: "m",
	peak: "p",
	status: "s",
	computed: "c",
	identity: "i",
	historical: "h"
});
const attributes: Readonly<Record<string, string>> = Object.freeze({
	...flags,
	seqnr: "id",
	serviceToken: "st",
	deviceToken: "dt",
	userToken: "ut"
});
const types: Readonly<Record<string, string>> = Object.freeze({
	boolean: "b",
	date: "d",
	dateTime: "dt",
	duration: "dr",
	enum: "e",
	int: "i",
	long: "l",
	numeric: "q",
	string: "s",
	time: "t"
});

/** Attributes and children of a request as the dialect has them. */
export function inWords(dialect: DialectName, text: string): string {
	if (dialect === "xep") return text;
	let words = text.replaceAll("<field name=", "<f n=").replaceAll("<field/>", "<f/>").replaceAll("<node nodeId=", "<nd id=");
	words = words.replaceAll("<node/>", "<nd/>");
	for (const span of spans) words = words.replaceAll(`${span}=`, "h=");
	for (const name of Object.keys(attributes)) words = words.replaceAll(`${name}=`, `${attributes[name]}=`);
	return words;
}

export interface ToldField {
	readonly type: string;
	readonly name: string;
	readonly value: string;
	readonly unit: string | undefined;
	readonly dataType: string | undefined;
	readonly timestamp: string;
	readonly node: string | undefined;
	readonly flags: readonly string[];
}

export interface Told {
	readonly to: string;
	/** An iq, or a message of its own. */
	readonly stanza: string;
	readonly namespace: string;
	readonly sequence: string | undefined;
	/** Nothing follows: the two dialects say it the other way round (R-323-7). */
	readonly last: boolean;
	readonly fields: readonly ToldField[];
	readonly errors: readonly { readonly text: string; readonly timestamp: string; readonly node: string | undefined }[];
}

type Node = ReturnType<typeof stanza>;

/** Everything of a readout in what was sent: readings and failures, in order. */
export function toldIn(dialect: DialectName, sent: readonly string[]): Told[] {
	const told: Told[] = [];
	for (const text of sent) {
		const whole = stanza(text);
		for (const payload of whole.children) {
			const isReadings = payload.name === (dialect === "xep" ? "fields" : "resp");
			if (!isReadings && !(dialect === "xep" && payload.name === "failure")) continue;
			const isTrue = (name: string): boolean => payload.attribute(name) === "true";
			const last = dialect === "xep" ? isTrue("done") : !isTrue("more");
			const sequence = payload.attribute(dialect === "xep" ? "seqnr" : "id");
			told.push({
				...{ to: whole.attribute("to") ?? "", stanza: whole.name, namespace: payload.namespace, sequence, last },
				...{ fields: fieldsIn(dialect, payload), errors: errorsIn(dialect, payload) }
			});
		}
	}
	return told;
}

/** Names of the fields in all of it, in order. */
export function namesIn(dialect: DialectName, sent: readonly string[]): string[] {
	return toldIn(dialect, sent).flatMap(({ fields }) => fields.map(({ name }) => name));
}

function timesIn(dialect: DialectName, payload: Node): { time: Node; timestamp: string; node: string | undefined }[] {
	const isTime = ({ name }: Node): boolean => name === (dialect === "xep" ? "timestamp" : "ts");
	const of = (holder: Node, node: string | undefined) =>
		holder.children.filter(isTime).map((time) => ({ time, timestamp: time.attribute(dialect === "xep" ? "value" : "v") ?? "", node }));
	const nodes = payload.children.filter(({ name }) => name === (dialect === "xep" ? "node" : "nd"));
	return [...of(payload, undefined), ...nodes.flatMap((node) => of(node, node.attribute(dialect === "xep" ? "nodeId" : "id")))];
}

function fieldsIn(dialect: DialectName, payload: Node): ToldField[] {
	if (payload.name === "failure") return [];
	const short = dialect === "ieee";
	return timesIn(dialect, payload).flatMap(({ time, timestamp, node }) =>
		time.children
			.filter(({ name }) => name !== "err")
			.map((field) => ({
				type: short ? (Object.keys(types).find((type) => types[type] === field.name) ?? "") : field.name,
				name: field.attribute(short ? "n" : "name") ?? "",
				value: field.attribute(short ? "v" : "value") ?? "",
				unit: field.attribute(short ? "u" : "unit"),
				dataType: field.attribute(short ? "t" : "dataType"),
				timestamp,
				node,
				flags: Object.keys(flags).filter((flag) => field.attribute(short ? flags[flag]! : flag) === "true")
			}))
	);
}

function errorsIn(dialect: DialectName, payload: Node): Told["errors"] {
	if (dialect === "ieee")
		return timesIn(dialect, payload).flatMap(({ time, timestamp, node }) =>
			time.children.filter(({ name }) => name === "err").map(({ text }) => ({ text, timestamp, node }))
		);
	if (payload.name !== "failure") return [];
	return payload.children.map((error) => ({
		text: error.text,
		timestamp: error.attribute("timestamp") ?? "",
		node: error.attribute("nodeId")
	}));
}
