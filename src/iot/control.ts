// The words of control (XEP-0325 3): what is to be set, read in both dialects; answers written. Knows no session and no actuator.
import type { SensorValue } from "../host.js";
import { limits } from "../limits.js";
import { parseBoolean } from "../text/boolean.js";
import { parseDateTime } from "../text/datetime.js";
import type { Element } from "../xml/element.js";
import type { Writer } from "../xml/writer.js";
import type { Condition } from "../xmpp/stanza-error.js";
import { type Dialect, type NodeReference, openNode, parseNodeAttributes } from "./dialect.js";
import type { Asked } from "./provisioning.js";
import type { Refusal } from "./sensor-data.js";

/** In the order of Dialect.values. */
export const parameterTypes = Object.freeze(["boolean", "color", "date", "dateTime", "double", "int", "long", "string", "time"] as const);

export type ParameterType = (typeof parameterTypes)[number];

/** What a thing can be told. */
export interface Parameter {
	readonly type: ParameterType;
	/** Of a number: the least and the most that it may be. */
	readonly range?: readonly [number, number];
}

/** One value to be set, as it came. */
export interface Setting {
	readonly name: string;
	/** Index into Dialect.values. */
	readonly type: number;
	readonly text: string;
}

export interface SetRequest extends Asked {
	/** In document order, which is the order of execution (R-325-4). */
	readonly settings: readonly Setting[];
}

const FORMS = "jabber:x:data";
const INT = 0x7fff_ffff;

/** Reads <set/>. Whether names, types and values are any of ours is not looked at here: who may not set them must not learn it. */
export function parseSet(set: Element, dialect: Dialect): SetRequest | Refusal {
	const nodes: NodeReference[] = [];
	const fields: string[] = [];
	const settings: Setting[] = [];
	const children = set.children;
	for (let i = 0; i < children.length; i++) {
		const child = children[i]!;
		if (child.namespace === FORMS)
			return { condition: "feature-not-implemented", text: "Forms are not spoken here: set parameters by name." };
		const isNode = child.name === dialect.node;
		const node = isNode ? parseNodeAttributes(child, dialect) : undefined;
		const type = dialect.values.indexOf(child.name);
		const name = isNode ? node?.id : child.attribute(dialect.fieldName);
		// R-325-28
		if (child.namespace !== dialect.control || (!isNode && type < 0)) return bad("There is something in it that cannot be set.");
		// Nothing of ours has such a name.
		if (!name || name.length > limits.fieldName) return bad(isNode ? "A node has a short id." : "A parameter has a short name.");
		if (node) nodes.push(node);
		else {
			const text = child.attribute(dialect.value);
			if (text == null) return bad("A parameter has no value.");
			if (settings.length === limits.settings)
				return { condition: "policy-violation", text: `At most ${limits.settings} parameters can be set at once.` };
			settings.push({ name, type, text });
			fields.push(name);
		}
	}
	return settings.length === 0 ? bad("Nothing is to be set.") : { categories: 0, nodes, fields, settings };
}

function bad(text: string): Refusal {
	return { condition: "bad-request", text };
}

/** The value for the actuator; undefined where it is none that the parameter can have (R-325-7, 8, 10, 23). */
export function settingValue({ type, range }: Parameter, { type: given, text }: Setting): SensorValue | undefined {
	if (parameterTypes[given] !== type) return;
	switch (type) {
		case "boolean":
			return parseBoolean(text);
		case "color":
			return (text.length === 6 || text.length === 8) && consistsOf(text, "0123456789abcdefABCDEF") ? text : undefined;
		case "date":
			return parseDateTime(`${text}T00:00:00`) == null ? undefined : text;
		case "dateTime":
			return parseDateTime(text) == null ? undefined : text;
		case "time":
			return parseDateTime(`1970-01-01T${text}`) == null ? undefined : text;
		case "string":
			return text.length > limits.parameterText ? undefined : text;
		default: {
			// Number() alone would take "", "0x10" and "Infinity".
			const trimmed = text.trim();
			const value = consistsOf(trimmed, type === "double" ? "+-.0123456789eE" : "+-0123456789") ? Number(trimmed) : Number.NaN;
			if (trimmed === "" || !Number.isFinite(value) || (range && (value < range[0] || value > range[1]))) return;
			// A long beyond 2^53 would be another number here.
			if (type === "long" && !Number.isSafeInteger(value)) return;
			return type === "int" && (value > INT || value < -INT - 1) ? undefined : value;
		}
	}
}

function consistsOf(text: string, characters: string): boolean {
	for (let i = 0; i < text.length; i++) if (!characters.includes(text[i]!)) return false;
	return true;
}

/** Into a result. `done`: the names of what was set, where that is less than was asked for (R-324-9, R-325-19); `nodes`: where it was. */
export function writeSetResponse(
	writer: Writer,
	dialect: Dialect,
	done: readonly string[] | undefined,
	nodes: readonly NodeReference[]
): void {
	writer.open(dialect.setResponse, dialect.control);
	// Older peers see nothing without it (R-325-26).
	if (dialect.name === "xep") writer.attribute("responseCode", "OK");
	if (!done) return;
	for (let i = 0; i < nodes.length; i++) openNode(writer, dialect, nodes[i]!).close();
	for (let i = 0; i < done.length; i++) writer.open(dialect.parameter).attribute(dialect.fieldName, done[i]).close();
}

/** Into an open <error/>: what is wrong with one parameter. Peers look for its name in either attribute. */
export function writeParameterError(writer: Writer, dialect: Dialect, name: string, text: string): void {
	writer.open("paramError", dialect.control).attribute("var", name).attribute("n", name).text(text).close();
}

/** Beside <error/>, for peers of before XEP-0325 0.3, which understand nothing else (R-325-26). */
export function writeRefusalCode(writer: Writer, dialect: Dialect, condition: Condition): void {
	if (dialect.name === "xep") writer.open(dialect.setResponse, dialect.control).attribute("responseCode", codeOf(condition));
}

function codeOf(condition: Condition): string {
	switch (condition) {
		case "forbidden":
			return "InsufficientPrivileges";
		case "item-not-found":
			return "NotFound";
		case "conflict":
			return "Locked";
		case "feature-not-implemented":
			return "NotImplemented";
		case "bad-request":
			return "FormError";
		default:
			return "OtherError";
	}
}
