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
	/** Attributes that name a node behind a concentrator. */
	readonly nodeId: string;
	readonly sourceId: string;
	readonly partition: string;
}

export type DialectFunction = "discovery" | "sensorData" | "provisioning";

/** In the order in which a component that speaks several is spoken to. */
export const dialects: readonly Dialect[] = Object.freeze([
	Object.freeze({
		name: "xep",
		discovery: "urn:xmpp:iot:discovery",
		sensorData: "urn:xmpp:iot:sensordata",
		provisioning: "urn:xmpp:iot:provisioning",
		nodeId: "nodeId",
		sourceId: "sourceId",
		partition: "cacheType"
	}),
	Object.freeze({
		name: "ieee",
		discovery: "urn:ieee:iot:disco:1.0",
		sensorData: "urn:ieee:iot:sd:1.0",
		provisioning: "urn:ieee:iot:prov:d:1.0",
		nodeId: "id",
		sourceId: "src",
		partition: "pt"
	})
]);

/** The dialect that has `namespace` for this function; without function, for any. */
export function dialectOf(namespace: string, what?: DialectFunction): Dialect | undefined {
	for (const dialect of dialects) {
		if (what !== undefined) {
			if (dialect[what] === namespace) return dialect;
		} else if (dialect.discovery === namespace || dialect.sensorData === namespace || dialect.provisioning === namespace) {
			return dialect;
		}
	}
	return undefined;
}

/** A node behind a concentrator; the thing itself has none. */
export interface NodeReference {
	readonly id: string;
	readonly source?: string;
	readonly partition?: string;
}

/** Attributes of the element opened last. */
export function writeNodeAttributes(writer: Writer, dialect: Dialect, node: NodeReference | undefined): void {
	if (node === undefined) return;
	writer.attribute(dialect.nodeId, node.id).attribute(dialect.sourceId, node.source).attribute(dialect.partition, node.partition);
}

/** Undefined when the element speaks of the thing itself. Empty is absent: some peers write every attribute. */
export function parseNodeAttributes(element: Element, dialect: Dialect): NodeReference | undefined {
	const id = element.attribute(dialect.nodeId) || undefined;
	if (id === undefined) return undefined;
	return {
		id,
		source: element.attribute(dialect.sourceId) || undefined,
		partition: element.attribute(dialect.partition) || undefined
	};
}
