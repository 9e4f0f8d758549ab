// Reading a thing as a consumer does (XEP-0323).
import { randomInt } from "node:crypto";
import { type Element, xml } from "@xmpp/client";
import type { Consumer, Refusal } from "./consumer.js";
import { Failure, printable } from "./errors.js";

const namespace = "urn:xmpp:iot:sensordata";
/** Between two messages of one readout. */
const patience = 20_000;

const typeNames = ["numeric", "string", "boolean", "int", "long", "enum", "date", "dateTime", "duration", "time"];
const categoryNames = ["momentary", "peak", "status", "computed", "identity", "historicalSecond", "historicalMinute", "historicalHour"];
const qualityNames = [
	"missing",
	"automaticEstimate",
	"manualEstimate",
	"manualReadout",
	"automaticReadout",
	"timeOffset",
	"warning",
	"error"
];

export interface Reading {
	readonly name: string;
	readonly type: string;
	readonly value: string;
	readonly unit?: string;
	readonly timestamp: string;
	readonly node: string;
	readonly categories: readonly string[];
	readonly quality: readonly string[];
}

export interface Wanted {
	readonly fields: readonly string[];
	/** Of every category, not only the momentary values. Named fields are wanted whatever their category. */
	readonly all?: boolean;
	/** Status values beside the momentary ones. */
	readonly status?: boolean;
}

/** Asks each address until one is there. Throws a Failure with a sentence. */
export async function readThing(consumer: Consumer, addresses: readonly string[], wanted: Wanted): Promise<Reading[]> {
	let silent = "";
	for (const address of addresses) {
		const found = await readAddress(consumer, address, wanted);
		if (Array.isArray(found)) return found;
		silent = found;
	}
	throw new Failure(silent);
}

/** The refusal of a readout, or undefined where it was accepted: what a stranger hears. */
export async function tryReadout(consumer: Consumer, address: string): Promise<Refusal | undefined> {
	const answer = await consumer.ask("get", address, request(randomInt(1, 2 ** 31), { fields: [] }));
	return answer.refusal;
}

function request(seqnr: number, { fields, all = false, status = false }: Wanted): Element {
	const category = all || fields.length > 0 ? { all: "true" } : { momentary: "true", status: status ? "true" : undefined };
	return xml("req", { xmlns: namespace, seqnr: String(seqnr), ...category }, ...fields.map((name) => xml("field", { name })));
}

/** The fields, or why nobody is at this address any more. */
async function readAddress(consumer: Consumer, address: string, wanted: Wanted): Promise<Reading[] | string> {
	const seqnr = randomInt(1, 2 ** 31);
	const bare = address.split("/")[0] ?? address;
	const readings: Reading[] = [];
	const faults: string[] = [];
	let wake = (): void => {};
	let progress = 0;
	let ended = false;
	const take = (payload: Element): void => {
		if (payload.getNS() !== namespace || payload.attrs.seqnr !== String(seqnr)) return;
		if (payload.name === "fields") readings.push(...readFields(payload));
		else if (payload.name === "failure") faults.push(...payload.getChildren("error").map((fault) => fault.text()));
		else if (payload.name === "cancelled") faults.push("it was cancelled");
		progress++;
		ended ||= payload.name === "done" || payload.name === "cancelled" || /^(true|1)$/.test(payload.attrs.done ?? "");
		wake();
	};
	const stop = consumer.listen((stanza) => {
		if (stanza.name === "message" && stanza.attrs.from === address) for (const payload of stanza.getChildElements()) take(payload);
	});
	try {
		const answer = await consumer.ask("get", address, request(seqnr, wanted), patience);
		if (answer.refusal !== undefined) {
			const { condition } = answer.refusal;
			if (["service-unavailable", "recipient-unavailable", "remote-server-timeout", "gone"].includes(condition)) {
				return `Nobody at ${address} answers readouts: the thing is offline, or it is none.`;
			}
			throw new Failure(explainRefusal(bare, consumer.jid, answer.refusal));
		}
		if (answer.payload !== undefined) take(answer.payload);
		while (!ended) {
			const before = progress;
			const timer = setTimeout(() => wake(), patience);
			await new Promise<void>((resolve) => {
				wake = resolve;
				if (progress !== before) resolve();
			});
			clearTimeout(timer);
			if (progress === before) throw new Failure(`${bare} began to answer and fell silent.`);
		}
	} finally {
		stop();
	}
	if (faults.length > 0 && readings.length === 0) throw new Failure(`${bare} could not read its sensors: ${faults.join("; ")}.`);
	return readings;
}

function explainRefusal(thing: string, reader: string, { condition, text }: Refusal): string {
	// One sentence for all that is forbidden, whatever the thing wrote beside it.
	if (condition === "forbidden") return `${thing} refuses: ${reader} may not read it. Its owner decides who may.`;
	const detail = text === "" ? condition : `${text} (${condition})`;
	if (condition === "resource-constraint") return `${thing} is busy with other readouts: try again in a moment.`;
	return `${thing} refuses the readout: ${detail}.`;
}

function readFields(fields: Element): Reading[] {
	const readings: Reading[] = [];
	for (const node of fields.getChildren("node")) {
		for (const timestamp of node.getChildren("timestamp")) {
			for (const field of timestamp.getChildElements()) {
				const { name, value, unit } = field.attrs;
				if (!typeNames.includes(field.name) || name === undefined || value === undefined) continue;
				const isSet = (flag: string): boolean => /^(true|1)$/.test(field.attrs[flag] ?? "");
				readings.push({
					name,
					type: field.name,
					value,
					...(unit === undefined ? {} : { unit }),
					timestamp: timestamp.attrs.value ?? "",
					node: node.attrs.nodeId ?? "",
					categories: categoryNames.filter(isSet),
					quality: qualityNames.filter(isSet)
				});
			}
		}
	}
	return readings;
}

/** For a person: "21.4 °C", "45 %", "true". */
export function writeValue({ type, value, unit }: Reading): string {
	if (type === "boolean") return /^(true|1)$/.test(value) ? "true" : "false";
	return printable(unit === undefined || unit === "" ? value : `${value} ${unit}`);
}
