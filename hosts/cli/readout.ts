// Reading a thing as a consumer does.
import { randomInt } from "node:crypto";
import type { Element } from "@xmpp/client";
import type { Consumer, Refusal } from "./consumer.js";
import { Failure, printable } from "./errors.js";
import { type Category, type DialectName, parseTold, type Reading, writeRequest } from "./readout-words.js";

export type { Reading } from "./readout-words.js";

/** Between two messages of one readout. */
const patience = 20_000;

export interface Wanted {
	readonly fields: readonly string[];
	/** Of every category, not only the momentary values. Named fields are wanted whatever their category. */
	readonly all?: boolean;
	/** Status values beside the momentary ones. */
	readonly status?: boolean;
	/** In whose words; those of the XEP unless said. */
	readonly dialect?: DialectName;
	/** One behind the thing, in place of the thing itself. */
	readonly node?: string;
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
	const answer = await consumer.ask("get", address, request(newSequence(), { fields: [] }));
	return answer.refusal;
}

const newSequence = (): string => String(randomInt(1, 2 ** 31));

function request(sequence: string, { fields, all = false, status = false, dialect = "xep", node }: Wanted): Element {
	const momentary: Category[] = status ? ["momentary", "status"] : ["momentary"];
	return writeRequest(dialect, sequence, all || fields.length > 0 ? ["all"] : momentary, fields, node);
}

/** The fields, or why nobody is at this address any more. */
async function readAddress(consumer: Consumer, address: string, wanted: Wanted): Promise<Reading[] | string> {
	const sequence = newSequence();
	const bare = address.split("/")[0] ?? address;
	const readings: Reading[] = [];
	const faults: string[] = [];
	let wake = (): void => {};
	let progress = 0;
	let ended = false;
	const take = (payload: Element): void => {
		const told = parseTold(wanted.dialect ?? "xep", sequence, payload);
		if (told === undefined) return;
		readings.push(...told.readings);
		faults.push(...told.faults);
		progress++;
		ended ||= told.ended;
		wake();
	};
	const stop = consumer.listen((stanza) => {
		if (stanza.name === "message" && stanza.attrs.from === address) for (const payload of stanza.getChildElements()) take(payload);
	});
	try {
		const answer = await consumer.ask("get", address, request(sequence, wanted), patience);
		if (answer.refusal !== undefined) {
			const { condition } = answer.refusal;
			if (["service-unavailable", "recipient-unavailable", "remote-server-timeout", "gone"].includes(condition)) {
				const words = wanted.dialect === "ieee" ? " in the ieee dialect" : "";
				return `Nobody at ${address} answers readouts${words}: the thing is offline, or it is none.`;
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

/** For a person: "21.4 °C", "45 %", "true". */
export function writeValue({ type, value, unit }: Reading): string {
	if (type === "boolean") return /^(true|1)$/.test(value) ? "true" : "false";
	return printable(unit === undefined || unit === "" ? value : `${value} ${unit}`);
}
