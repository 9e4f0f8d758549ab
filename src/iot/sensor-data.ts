// The words of sensor data (XEP-0323): requests read, readings written. Knows no session and no sensor.
import type { SensorValue } from "../host.js";
import { limits } from "../limits.js";
import { parseBoolean } from "../text/boolean.js";
import { parseDateTime } from "../text/datetime.js";
import { writeDecimal } from "../text/decimal.js";
import { encodeUnchecked } from "../text/utf8.js";
import { isChar } from "../xml/characters.js";
import type { Element } from "../xml/element.js";
import type { Writer } from "../xml/writer.js";
import type { Condition } from "../xmpp/stanza-error.js";
import { dialects } from "./dialect.js";

/** The XEP's own generation is the one spoken so far. */
export const SENSOR_DATA = dialects[0]!.sensorData;

/** The field elements of the wire (XEP-0323 schema). */
export type FieldType = "numeric" | "string" | "boolean" | "int" | "long" | "enum" | "date" | "dateTime" | "duration" | "time";

export type FieldCategory = "momentary" | "peak" | "status" | "computed" | "identity";

/** Bit i of a set of categories is the flag of this name. Those from HISTORICAL_FROM on are the historical ones. */
const flags = dialects[0]!.categories;
const HISTORICAL_FROM = 5;
export const ALL_CATEGORIES = (1 << flags.length) - 1;
const HISTORICAL = ALL_CATEGORIES & ~((1 << HISTORICAL_FROM) - 1);
const IDENTITY = 1 << 4;

/** What a thing can read of itself. */
export interface SensorField {
	readonly name: string;
	readonly type: FieldType;
	/** A set of bits as categorySet() makes it. */
	readonly categories: number;
	readonly unit?: string;
	readonly decimals?: number;
	readonly dataType?: string;
}

export interface ReadoutRequest {
	/** As it came: the peer knows its readout by it. */
	readonly sequence: string;
	/** A field that has one of these is asked for (R-323-11). */
	readonly categories: number;
	/** Not before this time, ms since 1970. */
	readonly when: number | undefined;
	/** Node ids; none means the whole thing. */
	readonly nodes: readonly string[];
	/** Field names; none means every one. */
	readonly fields: readonly string[];
}

/** What is wrong with a request, ready for IQRequest.fail(). */
export interface Refusal {
	readonly condition: Condition;
	readonly text: string;
}

/** A field's value as the wire has it, or why there is none. */
export interface Reading {
	readonly field: SensorField;
	/** xs:dateTime. */
	readonly timestamp: string;
	readonly value?: string;
	readonly error?: string;
}

export function categorySet(categories: readonly FieldCategory[]): number {
	let set = 0;
	for (let i = 0; i < categories.length; i++) set |= 1 << flags.indexOf(categories[i]!);
	return set;
}

/** Reads <req/> (XEP-0323 3.1). Tokens are for provisioning and not looked at here. */
export function parseReadoutRequest(request: Element): ReadoutRequest | Refusal {
	const sequence = parseSequence(request);
	if (sequence == null) return bad("seqnr is missing.");
	let categories = 0;
	for (let bit = 0; bit < flags.length; bit++) {
		const set = flag(request, flags[bit]!);
		if (set == null) return bad(`${flags[bit]} is no boolean.`);
		if (set) categories |= 1 << bit;
	}
	// An example of the XEP says identification where its schema says identity.
	const all = flag(request, "all");
	const historical = flag(request, "historical");
	const identification = flag(request, "identification");
	if (all == null || historical == null || identification == null) return bad("A category flag is no boolean.");
	if (all) categories = ALL_CATEGORIES;
	if (historical) categories |= HISTORICAL;
	if (identification) categories |= IDENTITY;

	// An interval chooses among historical values; it must still be one.
	if (moment(request, "from") === null || moment(request, "to") === null) return bad("from and to must be dates with a time.");
	const when = moment(request, "when");
	if (when === null) return bad("when must be a date with a time.");

	const nodes: string[] = [];
	const fields: string[] = [];
	const children = request.children;
	for (let i = 0; i < children.length; i++) {
		const child = children[i]!;
		if (child.namespace !== request.namespace) continue;
		if (child.name === "node") {
			const id = child.attribute("nodeId");
			if (id == null) return bad("A node has no nodeId.");
			nodes.push(id);
		} else if (child.name === "field") {
			const name = child.attribute("name");
			if (name == null) return bad("A field has no name.");
			if (fields.length === limits.requestedFields)
				return { condition: "policy-violation", text: `At most ${limits.requestedFields} fields can be named.` };
			fields.push(name);
		}
	}
	if (categories === 0) {
		if (fields.length === 0) return bad("Neither a category nor a field is asked for.");
		categories = ALL_CATEGORIES;
	}
	return { sequence, categories, when, nodes, fields };
}

/** The seqnr of <req/> or <cancel/>. The schema's xs:int is not insisted on: it is only ever given back. */
export function parseSequence(element: Element): string | undefined {
	const sequence = element.attribute("seqnr");
	return sequence == null || sequence === "" || sequence.length > limits.sequence ? undefined : sequence;
}

function flag(element: Element, name: string): boolean | undefined {
	const value = element.attribute(name);
	return value == null ? false : parseBoolean(value);
}

/** undefined: not given; null: no date. */
function moment(element: Element, name: string): number | undefined | null {
	const value = element.attribute(name);
	return value == null ? undefined : (parseDateTime(value) ?? null);
}

function bad(text: string): Refusal {
	return { condition: "bad-request", text };
}

/** Whether the request asks for the field (R-323-11, 14). */
export function isRequested(request: ReadoutRequest, field: SensorField): boolean {
	return (request.categories & field.categories) !== 0 && (request.fields.length === 0 || request.fields.includes(field.name));
}

/** What a sensor gave as the wire has it; undefined where it is no value of the field's type (R-323-15, 16). */
export function writeValue(field: SensorField, value: SensorValue | undefined): string | undefined {
	switch (field.type) {
		case "numeric":
			return typeof value === "number" ? writeDecimal(value, field.decimals ?? 0) : undefined;
		case "int":
			return whole(value, 0x7fff_ffff);
		case "long":
			return whole(value, Number.MAX_SAFE_INTEGER);
		case "boolean":
			return typeof value === "boolean" ? String(value) : undefined;
		case "dateTime":
			return typeof value === "string" && parseDateTime(value) != null ? value : undefined;
		default:
			return typeof value === "string" && isSendable(value) ? value : undefined;
	}
}

function whole(value: SensorValue | undefined, most: number): string | undefined {
	if (typeof value !== "number" || !(Math.abs(value) <= most)) return;
	return writeDecimal(value, 0);
}

/** Short enough for a message beside its markup, and no character that XML cannot carry. */
function isSendable(text: string): boolean {
	const most = limits.fragmentBytes / 2;
	if (text.length > most) return false;
	for (const character of text) if (!isChar(character.codePointAt(0)!)) return false;
	return escapedLength(text) <= most;
}

/** At most this many bytes on the wire, references included. */
function escapedLength(text: string): number {
	let length = 0;
	const list = encodeUnchecked(text);
	for (let i = 0; i < list.length; i++) {
		const byte = list[i]!;
		length += byte === 0x26 || byte === 0x3c || byte === 0x3e || byte === 0x22 || byte === 0x27 || byte < 0x20 ? 6 : 1;
	}
	return length;
}

export function writeAccepted(writer: Writer, sequence: string): void {
	writer.open("accepted", SENSOR_DATA).attribute("seqnr", sequence).close();
}

export function writeCancelled(writer: Writer, sequence: string): void {
	writer.open("cancelled", SENSOR_DATA).attribute("seqnr", sequence).close();
}

/** What every message of one readout has around its readings. */
export interface Envelope {
	/** The requester's full JID. */
	readonly to: string;
	readonly sequence: string;
	readonly node: string;
}

/** The index after the last reading that fits into one message together with the one at `start` (R-323-33). */
export function fragmentEnd(envelope: Envelope, readings: readonly Reading[], start: number): number {
	// 256: the markup around; 64 for each timestamp that opens anew.
	let length = 256 + escapedLength(envelope.to) + escapedLength(envelope.sequence) + escapedLength(envelope.node);
	let end = start;
	while (end < readings.length) {
		length += 64 + readingLength(envelope, readings[end]!);
		if (length > limits.fragmentBytes && end > start) break;
		end++;
	}
	return end;
}

function readingLength(envelope: Envelope, { field, value, error }: Reading): number {
	if (value === undefined) return 64 + escapedLength(envelope.node) + escapedLength(error ?? "");
	let length =
		64 + escapedLength(field.name) + escapedLength(value) + escapedLength(field.unit ?? "") + escapedLength(field.dataType ?? "");
	for (let bit = 0; bit < flags.length; bit++) if (field.categories & (1 << bit)) length += flags[bit]!.length + 8;
	return length;
}

/** <fields/> with the readings from `start` to `end` (XEP-0323 3.3); `done` only on the last message of all. */
export function writeFields(
	writer: Writer,
	envelope: Envelope,
	readings: readonly Reading[],
	start: number,
	end: number,
	done: boolean
): void {
	writer.open("fields", SENSOR_DATA).attribute("seqnr", envelope.sequence);
	if (done) writer.attribute("done", "true");
	if (start < end) {
		writer.open("node").attribute("nodeId", envelope.node);
		for (let i = start; i < end; i++) {
			const reading = readings[i]!;
			if (i === start || readings[i - 1]!.timestamp !== reading.timestamp) {
				if (i > start) writer.close();
				writer.open("timestamp").attribute("value", reading.timestamp);
			}
			writeReading(writer, reading);
		}
		writer.close().close();
	}
	writer.close();
}

function writeReading(writer: Writer, { field, value }: Reading): void {
	writer.open(field.type).attribute("name", field.name);
	for (let bit = 0; bit < flags.length; bit++) if (field.categories & (1 << bit)) writer.attribute(flags[bit]!, "true");
	writer.attribute("automaticReadout", "true").attribute("value", value);
	// The schema requires unit even of a bare number.
	if (field.type === "numeric") writer.attribute("unit", field.unit ?? "");
	if (field.type === "enum") writer.attribute("dataType", field.dataType ?? "");
	writer.close();
}

/** <failure/> with the errors from `start` to `end` (XEP-0323 3.4). */
export function writeFailure(
	writer: Writer,
	envelope: Envelope,
	readings: readonly Reading[],
	start: number,
	end: number,
	done: boolean
): void {
	writer.open("failure", SENSOR_DATA).attribute("seqnr", envelope.sequence);
	if (done) writer.attribute("done", "true");
	for (let i = start; i < end; i++) {
		const reading = readings[i]!;
		writer.open("error").attribute("nodeId", envelope.node).attribute("timestamp", reading.timestamp);
		writer.text(reading.error ?? "").close();
	}
	writer.close();
}
