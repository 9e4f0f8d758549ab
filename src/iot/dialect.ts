// The generations of wire names: one row each. Logic takes names from here and answers in the dialect of the request.
import type { Element } from "../xml/element.js";
import type { Writer } from "../xml/writer.js";

export interface Dialect {
	readonly name: "xep" | "ieee";
	/** XEP-0347. */
	readonly discovery: string;
	/** XEP-0323. */
	readonly sensorData: string;
	/** XEP-0324, what a thing asks and is told. */
	readonly provisioning: string;
	/** XEP-0325. */
	readonly control: string;
	/** Of challenges of tokens (XEP-0324). */
	readonly challenge: string;
	/** The element that names a node, and the attributes that do. */
	readonly node: string;
	readonly nodeId: string;
	readonly sourceId: string;
	readonly partition: string;
	/** The element that names a field in a request, and its attribute. */
	readonly field: string;
	readonly fieldName: string;
	/** What a readout is known by. */
	readonly sequence: string;
	/** Flags of categories; a dialect that has one for all historical ones says it for each. The order is that of sensor-data.ts. */
	readonly categories: readonly string[];
	/** Flags of several categories, in the order of sensor-data.ts. */
	readonly categorySets: readonly string[];
	/** What carries readings, and those of one time. */
	readonly readings: string;
	readonly timestamp: string;
	/** Elements of fields: those of the XEP's row, which are the types, in its order. */
	readonly types: readonly string[];
	/** Attributes of a field. The one that a value was read by itself is left out where nothing else is meant without it. */
	readonly unit: string;
	readonly dataType: string;
	readonly writable: string;
	readonly automatic: string | undefined;
	/** What a number without unit says of it. */
	readonly noUnit: string | undefined;
	/** Readings stand in the result where they fit, failures among them, and say when more follow; else in messages that say when they are done. */
	readonly inResult: boolean;
	/** Attributes with what a requester shows of device, service and user. */
	readonly tokens: readonly string[];
	/** Elements of typed values to be set: those of ParameterType in its order, then such as no parameter here has. */
	readonly values: readonly string[];
	/** The attribute with such a value. */
	readonly value: string;
	/** The result to a set, and what names a parameter in it. */
	readonly setResponse: string;
	readonly parameter: string;
	/** The result to clearCache has a `clearCacheResponse` in it. */
	readonly answersClearCache: boolean;
}

export type DialectFunction = "discovery" | "sensorData" | "provisioning" | "control" | "challenge";

/** In the order in which a component that speaks several is spoken to. */
export const dialects: readonly Dialect[] = Object.freeze([
	Object.freeze({
		name: "xep",
		discovery: "urn:xmpp:iot:discovery",
		sensorData: "urn:xmpp:iot:sensordata",
		provisioning: "urn:xmpp:iot:provisioning",
		control: "urn:xmpp:iot:control",
		challenge: "urn:xmpp:iot:provisioning",
		node: "node",
		nodeId: "nodeId",
		sourceId: "sourceId",
		partition: "cacheType",
		field: "field",
		fieldName: "name",
		sequence: "seqnr",
		categories: Object.freeze([
			"momentary",
			"peak",
			"status",
			"computed",
			"identity",
			"historicalSecond",
			"historicalMinute",
			"historicalHour",
			"historicalDay",
			"historicalWeek",
			"historicalMonth",
			"historicalQuarter",
			"historicalYear",
			"historicalOther"
		]),
		categorySets: Object.freeze(["all", "historical", "identification"]),
		readings: "fields",
		timestamp: "timestamp",
		types: Object.freeze(["boolean", "date", "dateTime", "duration", "enum", "int", "long", "numeric", "string", "time"]),
		unit: "unit",
		dataType: "dataType",
		writable: "writable",
		automatic: "automaticReadout",
		noUnit: "",
		inResult: false,
		tokens: Object.freeze(["deviceToken", "serviceToken", "userToken"]),
		values: Object.freeze(["boolean", "color", "date", "dateTime", "double", "int", "long", "string", "time", "duration"]),
		value: "value",
		setResponse: "setResponse",
		parameter: "parameter",
		answersClearCache: true
	}),
	Object.freeze({
		name: "ieee",
		discovery: "urn:ieee:iot:disco:1.0",
		sensorData: "urn:ieee:iot:sd:1.0",
		provisioning: "urn:ieee:iot:prov:d:1.0",
		control: "urn:ieee:iot:ctr:1.0",
		challenge: "urn:ieee:iot:prov:t:1.0",
		node: "nd",
		nodeId: "id",
		sourceId: "src",
		partition: "pt",
		field: "f",
		fieldName: "n",
		sequence: "id",
		categories: Object.freeze(["m", "p", "s", "c", "i", "h", "h", "h", "h", "h", "h", "h", "h", "h"]),
		categorySets: Object.freeze(["all"]),
		readings: "resp",
		timestamp: "ts",
		types: Object.freeze(["b", "d", "dt", "dr", "e", "i", "l", "q", "s", "t"]),
		unit: "u",
		dataType: "t",
		writable: "ctr",
		automatic: undefined,
		noUnit: undefined,
		inResult: true,
		tokens: Object.freeze(["dt", "st", "ut"]),
		values: Object.freeze(["b", "cl", "d", "dt", "db", "i", "l", "s", "t", "dr", "e"]),
		value: "v",
		setResponse: "resp",
		parameter: "p",
		answersClearCache: false
	})
]);

/** Of each function, in the order of `dialects`. */
export const namespaces: Readonly<Record<DialectFunction, readonly string[]>> = Object.freeze({
	discovery: namesOf("discovery"),
	sensorData: namesOf("sensorData"),
	provisioning: namesOf("provisioning"),
	control: namesOf("control"),
	challenge: namesOf("challenge")
});

function namesOf(what: DialectFunction): readonly string[] {
	return Object.freeze(dialects.map((dialect) => dialect[what]));
}

/** The dialect that has `namespace` for this function; without function, for any. */
export function dialectOf(namespace: string, what?: DialectFunction): Dialect | undefined {
	for (let i = 0; i < dialects.length; i++) {
		const dialect = dialects[i]!;
		if (what != null) {
			if (dialect[what] === namespace) return dialect;
		} else if (dialect.discovery === namespace || dialect.sensorData === namespace || dialect.provisioning === namespace) {
			return dialect;
		}
	}
	return;
}

/** A node behind a concentrator; the thing itself has none. */
export interface NodeReference {
	readonly id: string;
	readonly source?: string;
	readonly partition?: string;
}

/** Whether it is this node of ours that is meant: what is left out may be anything. */
export function isNode(node: NodeReference, meant: NodeReference): boolean {
	return (
		node.id === meant.id &&
		(meant.source == null || meant.source === node.source) &&
		(meant.partition == null || meant.partition === node.partition)
	);
}

/** What is called so in a thing, in a node of it. */
export function nameIn(node: NodeReference | undefined, name: string): string {
	return node ? `${node.id}.${name}` : name;
}

/** The same for the same node, and for no other. */
export function nodeText({ id, source, partition }: NodeReference): string {
	return JSON.stringify([id, source, partition]);
}

/** Attributes of the element opened last. */
export function writeNodeAttributes(writer: Writer, dialect: Dialect, node: NodeReference | undefined): void {
	if (!node) return;
	writer.attribute(dialect.nodeId, node.id).attribute(dialect.sourceId, node.source).attribute(dialect.partition, node.partition);
}

/** The element that names one, left open. */
export function openNode(writer: Writer, dialect: Dialect, node: NodeReference): Writer {
	writeNodeAttributes(writer.open(dialect.node), dialect, node);
	return writer;
}

/** Undefined when the element speaks of the thing itself. Empty is absent: some peers write every attribute. */
export function parseNodeAttributes(element: Element, dialect: Dialect): NodeReference | undefined {
	const id = element.attribute(dialect.nodeId) || undefined;
	if (id == null) return;
	return {
		id,
		source: element.attribute(dialect.sourceId) || undefined,
		partition: element.attribute(dialect.partition) || undefined
	};
}
