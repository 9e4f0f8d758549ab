// The words between a thing and its provisioning service (XEP-0324): questions, answers that can only narrow them, and what the service says unasked.

import { limits } from "../limits.js";
import { parseBoolean } from "../text/boolean.js";
import type { Element } from "../xml/element.js";
import type { Writer } from "../xml/writer.js";
import type { Parameter } from "./control.js";
import { type Dialect, isNode, type NodeReference, nodeText, openNode, parseNodeAttributes } from "./dialect.js";
import { ALL_CATEGORIES, type SensorField, writeCategories } from "./sensor-data.js";

/** What is to be read, or set. */
export interface Asked {
	/** Of fields, a set of bits as in sensor-data.ts; 0 where parameters are to be set. */
	readonly categories: number;
	/** None means the thing itself. */
	readonly nodes: readonly NodeReference[];
	/** Names of fields or parameters; none means every one. */
	readonly fields: readonly string[];
}

/** May this bare JID do that? */
export interface Wish extends Asked {
	readonly jid: string;
	/** What the requester showed of device, service and user, space-separated each (R-324-20). */
	readonly tokens: readonly (string | undefined)[];
}

/** What of the question is allowed: never more than was asked (R-324-26). */
export interface Permission {
	readonly categories: number;
	/** undefined: all that were asked for. */
	readonly fields: readonly string[] | undefined;
	/** Of the nodes that were asked for, ours was named. */
	readonly narrowed?: boolean;
}

/** A node of the thing's that is read and set, and decided about, by itself. */
export interface Part {
	readonly node: NodeReference;
	readonly fields: readonly SensorField[];
	readonly parameters?: Readonly<Record<string, Parameter & { readonly actuator?: string }>>;
}

/** What of a request that names nodes is allowed of one of them. */
export interface Grant {
	/** undefined: the thing itself. */
	readonly part: Part | undefined;
	readonly permission: Permission | "all";
}

/** Who wants to read or set something, and waits to be told whether he may. */
export interface Applicant {
	/** Full JID as the broker stamped it. */
	readonly from: string;
	/** Of his request, where it can show tokens. */
	readonly dialect?: Dialect;
	/** undefined where it is nothing that anybody could mean. */
	readonly asked: Asked | undefined;
	/** undefined where they are none. */
	readonly tokens: Wish["tokens"] | undefined;
	/** Characters that are held until it is decided. */
	readonly weight: number;
	/** The first word counts. `grants`: where the thing has nodes and the request names some, at least one; none at all where one of them is not there. */
	decide(permission: Permission | "all" | undefined, grants?: readonly Grant[]): void;
}

/** Bytes of a name in a list, besides its characters. */
const NAME = 32;

/** Characters that an applicant holds by what he asked. */
export function weightOf({ asked, tokens }: Pick<Applicant, "asked" | "tokens">): number {
	let weight = 0;
	for (let i = 0; asked && i < asked.fields.length; i++) weight += NAME + asked.fields[i]!.length;
	for (let i = 0; asked && i < asked.nodes.length; i++) weight += 2 * NAME + nodeText(asked.nodes[i]!).length;
	for (let i = 0; i < (tokens?.length ?? 0); i++) weight += tokens![i]?.length ?? 0;
	return weight;
}

/** Of a request; undefined where one is longer than anybody's token. */
export function parseTokens(request: Element, dialect: Dialect): Wish["tokens"] | undefined {
	const tokens = dialect.tokens.map((name) => request.attribute(name));
	return tokens.some((token) => token != null && token.length > limits.token) ? undefined : tokens;
}

/** Whether a permission, or nothing less than everything, lets a field out. */
export function isPermitted(permission: Permission | "all", field: SensorField): boolean {
	if (permission === "all") return true;
	return (permission.categories & field.categories) !== 0 && permission.fields?.includes(field.name) !== false;
}

export function writeIsFriend(writer: Writer, dialect: Dialect, jid: string): void {
	writer.open("isFriend", dialect.provisioning).attribute("jid", jid).close();
}

/** False where it is anything but a yes (R-324-2). */
export function parseIsFriend(answer: Element | undefined, dialect: Dialect): boolean {
	return answer?.name === "isFriendResponse" && isYes(answer, dialect);
}

/** The same categories, nodes, names and tokens as the request (R-324-3). */
export function writeWish(writer: Writer, dialect: Dialect, wish: Wish): void {
	const { categories, fields, nodes } = wish;
	const control = categories === 0;
	writer.open(control ? "canControl" : "canRead", dialect.provisioning).attribute("jid", wish.jid);
	for (let i = 0; i < dialect.tokens.length; i++) writer.attribute(dialect.tokens[i]!, wish.tokens[i]);
	if (categories === ALL_CATEGORIES) writer.attribute("all", "true");
	else writeCategories(writer, dialect, categories);
	for (let i = 0; i < nodes.length; i++) openNode(writer, dialect, nodes[i]!).close();
	// Parameters have the XEP's words in both dialects (R-324-30).
	for (let i = 0; i < fields.length; i++)
		writer
			.open(control ? "parameter" : dialect.field)
			.attribute(control ? "name" : dialect.fieldName, fields[i])
			.close();
	writer.close();
}

/** What of `wish` the answer allows; undefined when nothing. `node` is the one that it is about. */
export function parsePermission(answer: Element | undefined, dialect: Dialect, wish: Wish, node: NodeReference): Permission | undefined {
	const control = wish.categories === 0;
	if (answer?.name !== (control ? "canControlResponse" : "canReadResponse") || !isYes(answer, dialect)) return;
	const listed = listsOf(answer, dialect, control);
	// A list of what we do not understand allows nothing we could name.
	if (!listed) return;
	const narrowed = listed.nodes.length > 0 || undefined;
	if (narrowed && !listed.nodes.some((one) => isNode(node, one))) return;
	const categories = control ? 0 : wish.categories & allowedCategories(answer, dialect, listed.fields.length > 0);
	if (categories === 0 && !control) return;
	if (listed.fields.length === 0) return { categories, fields: undefined, narrowed };
	const fields = wish.fields.length === 0 ? listed.fields : listed.fields.filter((name) => wish.fields.includes(name));
	return fields.length === 0 ? undefined : { categories, fields, narrowed };
}

function listsOf(answer: Element, dialect: Dialect, control: boolean): { nodes: NodeReference[]; fields: string[] } | undefined {
	const nodes: NodeReference[] = [];
	const fields: string[] = [];
	const children = answer.children;
	for (let i = 0; i < children.length; i++) {
		const child = children[i]!;
		if (child.namespace !== dialect.provisioning) continue;
		const name = child.name;
		if (name === dialect.node) {
			const node = parseNodeAttributes(child, dialect);
			if (!node) return;
			nodes.push(node);
			continue;
		}
		// <p n=''/> is what the generation after ieee says.
		const isName = control ? name === "parameter" || name === "p" : name === dialect.field;
		const value = control ? (child.attribute("name") ?? child.attribute("n")) : child.attribute(dialect.fieldName);
		if (!isName || value == null) return;
		fields.push(value);
	}
	return { nodes, fields };
}

/** Flags that are there limit; where there is none the specification is silent: the XEP's own services mean all, others only beside a list of fields. */
function allowedCategories(answer: Element, dialect: Dialect, hasFields: boolean): number {
	let categories = 0;
	let flagged = false;
	for (let bit = 0; bit < dialect.categories.length; bit++) {
		const value = answer.attribute(dialect.categories[bit]!);
		if (value == null) continue;
		flagged = true;
		if (parseBoolean(value) === true) categories |= 1 << bit;
	}
	if (parseBoolean(answer.attribute("all") ?? "") === true) return ALL_CATEGORIES;
	if (flagged) return categories;
	return dialect.name === "xep" || hasFields ? ALL_CATEGORIES : 0;
}

function isYes(answer: Element, dialect: Dialect): boolean {
	return answer.namespace === dialect.provisioning && parseBoolean(answer.attribute("result") ?? "") === true;
}

/** Into the result to clearCache (R-324-10). */
export function writeCacheCleared(writer: Writer, dialect: Dialect): void {
	if (dialect.answersClearCache) writer.open("clearCacheResponse", dialect.provisioning).close();
}
