// The words of sensor data (XEP-0323 and the ieee dialect): requests read, readings written. Knows no session and no sensor.
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
import { type Dialect, dialects, type NodeReference, nodeText, openNode, parseNodeAttributes, writeNodeAttributes } from "./dialect.js";

/** The field elements of the wire (XEP-0323 schema). */
export type FieldType = "numeric" | "string" | "boolean" | "int" | "long" | "enum" | "date" | "dateTime" | "duration" | "time";

export type FieldCategory = "momentary" | "peak" | "status" | "computed" | "identity";

/** Bit i of a set of categories is the flag of this name. Those from HISTORICAL_FROM on are the historical ones. */
const flags = dialects[0]!.categories;
const HISTORICAL_FROM = 5;
export const ALL_CATEGORIES = (1 << flags.length) - 1;
/** Of Dialect.categorySets. An example of the XEP says identification where its schema says identity. */
const sets: readonly number[] = Object.freeze([ALL_CATEGORIES, ALL_CATEGORIES & ~((1 << HISTORICAL_FROM) - 1), 1 << 4]);
const types = dialects[0]!.types;

/** What a thing can read of itself. */
export interface SensorField {
	readonly name: string;
	readonly type: FieldType;
	/** A set of bits as categorySet() makes it. */
	readonly categories: number;
	readonly unit?: string;
	readonly decimals?: number;
	readonly dataType?: string;
	/** There is a parameter of this name (R-323-25). */
	readonly writable?: boolean;
	/** undefined: of the thing itself. */
	readonly node?: NodeReference;
}

export interface ReadoutRequest {
	/** A field that has one of these is asked for (R-323-11). */
	readonly categories: number;
	/** Not before this time, ms since 1970. */
	readonly when: number | undefined;
	/** None means the thing itself. */
	readonly nodes: readonly NodeReference[];
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
export function parseReadoutRequest(request: Element, dialect: Dialect): ReadoutRequest | Refusal {
	if (parseSequence(request, dialect) == null) return bad(`${dialect.sequence} is missing.`);
	let categories = 0;
	for (let i = 0; i < flags.length + dialect.categorySets.length; i++) {
		const name = i < flags.length ? dialect.categories[i]! : dialect.categorySets[i - flags.length]!;
		const set = flag(request, name);
		if (set == null) return bad(`${name} is no boolean.`);
		if (set) categories |= i < flags.length ? 1 << i : sets[i - flags.length]!;
	}

	// An interval chooses among historical values; it must still be one.
	if (moment(request, "from") === null || moment(request, "to") === null) return bad("from and to must be dates with a time.");
	const when = moment(request, "when");
	if (when === null) return bad("when must be a date with a time.");

	const nodes: NodeReference[] = [];
	const fields: string[] = [];
	const children = request.children;
	for (let i = 0; i < children.length; i++) {
		const child = children[i]!;
		if (child.namespace !== request.namespace) continue;
		if (child.name === dialect.node) {
			const node = parseNodeAttributes(child, dialect);
			if (!node) return bad("A node has no id.");
			nodes.push(node);
		} else if (child.name === dialect.field) {
			const name = child.attribute(dialect.fieldName);
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
	return { categories, when, nodes, fields };
}

/** What the peer knows its readout by, of <req/> or <cancel/>. The schema's xs:int is not insisted on: it is only ever given back. */
export function parseSequence(element: Element, dialect: Dialect): string | undefined {
	const sequence = element.attribute(dialect.sequence);
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

/** What every message of one readout has around its readings. */
export interface Envelope {
	/** The requester's full JID. */
	readonly to: string;
	readonly dialect: Dialect;
	/** As it came. */
	readonly sequence: string;
	/** Of readings that are the thing's own; undefined where there is none to be told apart. */
	readonly node: NodeReference | undefined;
	/** The request, while it is not answered. */
	readonly request: { readonly id: string } | undefined;
}

/** Opens what is said of one readout. */
export function writeStep(
	writer: Writer,
	name: string,
	{ dialect, sequence }: Pick<Envelope, "dialect"> & { sequence: string | undefined }
): Writer {
	return writer.open(name, dialect.sensorData).attribute(dialect.sequence, sequence);
}

/** Flags of the element opened last. */
export function writeCategories(writer: Writer, dialect: Dialect, set: number): void {
	const names = dialect.categories;
	for (let bit = 0; bit < names.length; bit++)
		// Several have one flag.
		if (set & (1 << bit) && !(bit > 0 && names[bit - 1] === names[bit] && set & (1 << (bit - 1)))) writer.attribute(names[bit]!, "true");
}

/** The index after the last reading before `stop` that fits into one message together with the one at `start` (R-323-33). */
export function fragmentEnd(envelope: Envelope, readings: readonly Reading[], start: number, stop: number): number {
	const { request, sequence, to } = envelope;
	// 256: the markup around; 64 for each timestamp that opens anew, and for each node.
	let length = 256 + escapedLength(to) + escapedLength(sequence) + escapedLength(request?.id ?? "");
	let end = start;
	while (end < stop) {
		const reading = readings[end]!;
		const node = nodeLength(reading.field.node ?? envelope.node);
		length += 64 + readingLength(node, reading);
		if (end === start || readings[end - 1]!.field.node !== reading.field.node) length += 64 + node;
		if (length > limits.fragmentBytes && end > start) break;
		end++;
	}
	return end;
}

function nodeLength(node: NodeReference | undefined): number {
	return node ? escapedLength(nodeText(node)) : 0;
}

/** In the longer dialect. */
function readingLength(node: number, { field, value, error }: Reading): number {
	if (value === undefined) return 64 + node + escapedLength(error ?? "");
	let length =
		64 + escapedLength(field.name) + escapedLength(value) + escapedLength(field.unit ?? "") + escapedLength(field.dataType ?? "");
	for (let bit = 0; bit < flags.length; bit++) if (field.categories & (1 << bit)) length += flags[bit]!.length + 8;
	return field.writable === true ? length + 16 : length;
}

/** The readings from `start` to `end` (XEP-0323 3.3); `last`: nothing follows (R-323-7). */
export function writeReadings(
	writer: Writer,
	envelope: Envelope,
	readings: readonly Reading[],
	start: number,
	end: number,
	last: boolean
): void {
	const dialect = envelope.dialect;
	const named = envelope.node != null;
	writeStep(writer, dialect.readings, envelope);
	if (last !== dialect.inResult) writer.attribute(last ? "done" : "more", "true");
	for (let i = start; i < end; i++) {
		const { error, field, timestamp, value } = readings[i]!;
		const before = i > start ? readings[i - 1] : undefined;
		const moved = before?.field.node !== field.node;
		const later = moved || before?.timestamp !== timestamp;
		if (before && later) writer.close();
		if (before && moved && named) writer.close();
		if ((!before || moved) && named) openNode(writer, dialect, field.node ?? envelope.node!);
		if (!before || later) writer.open(dialect.timestamp).attribute(dialect.value, timestamp);
		if (value == null) writer.open("err").text(error ?? "");
		else writeField(writer, dialect, field, value);
		writer.close();
	}
	if (start < end) writer.close();
	if (start < end && named) writer.close();
	writer.close();
}

/** Left open. */
function writeField(writer: Writer, dialect: Dialect, field: SensorField, value: string): void {
	writer.open(dialect.types[types.indexOf(field.type)]!).attribute(dialect.fieldName, field.name);
	writeCategories(writer, dialect, field.categories);
	if (dialect.automatic != null) writer.attribute(dialect.automatic, "true");
	writer.attribute(dialect.value, value);
	if (field.type === "numeric") writer.attribute(dialect.unit, field.unit ?? dialect.noUnit);
	if (field.writable === true) writer.attribute(dialect.writable, "true");
	if (field.type === "enum") writer.attribute(dialect.dataType, field.dataType ?? "");
}

/** <failure/> with the errors from `start` to `end` (XEP-0323 3.4), where they stand apart from readings. */
export function writeFailure(
	writer: Writer,
	envelope: Envelope,
	readings: readonly Reading[],
	start: number,
	end: number,
	last: boolean
): void {
	writeStep(writer, "failure", envelope);
	if (last) writer.attribute("done", "true");
	for (let i = start; i < end; i++) {
		const reading = readings[i]!;
		writeNodeAttributes(writer.open("error"), envelope.dialect, reading.field.node ?? envelope.node);
		writer.attribute("timestamp", reading.timestamp);
		writer.text(reading.error ?? "").close();
	}
	writer.close();
}
