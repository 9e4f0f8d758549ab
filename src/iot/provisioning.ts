// The words between a thing and its provisioning service (XEP-0324): questions, answers that can only narrow them, and what the service says unasked.

import { limits } from "../limits.js";
import { parseBoolean } from "../text/boolean.js";
import type { Element } from "../xml/element.js";
import type { Writer } from "../xml/writer.js";
import type { Dialect } from "./dialect.js";
import { ALL_CATEGORIES, type SensorField } from "./sensor-data.js";

/** May this bare JID read that? */
export interface ReadQuestion {
	readonly jid: string;
	/** A set of bits as in sensor-data.ts. */
	readonly categories: number;
	/** Node ids; none means the whole thing. */
	readonly nodes: readonly string[];
	/** Field names; none means every one. */
	readonly fields: readonly string[];
	/** What the requester showed of device, service and user, space-separated each (R-324-20). */
	readonly tokens: readonly (string | undefined)[];
}

/** What of the question is allowed: never more than was asked (R-324-26). */
export interface ReadPermission {
	readonly categories: number;
	/** undefined: all that were asked for. */
	readonly fields: readonly string[] | undefined;
}

/** Of a request; undefined where one is longer than anybody's token. */
export function parseTokens(request: Element, dialect: Dialect): ReadQuestion["tokens"] | undefined {
	const tokens = dialect.tokens.map((name) => request.attribute(name));
	return tokens.some((token) => token !== undefined && token.length > limits.token) ? undefined : tokens;
}

/** Whether a permission, or nothing less than everything, lets a field out. */
export function isPermitted(permission: ReadPermission | "all", field: SensorField): boolean {
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

/** The same categories, nodes, fields and tokens as the request (R-324-3). */
export function writeCanRead(writer: Writer, dialect: Dialect, question: ReadQuestion): void {
	writer.open("canRead", dialect.provisioning).attribute("jid", question.jid);
	for (let i = 0; i < dialect.tokens.length; i++) writer.attribute(dialect.tokens[i]!, question.tokens[i]);
	const { categories } = dialect;
	if (question.categories === ALL_CATEGORIES) writer.attribute("all", "true");
	else
		for (let bit = 0; bit < categories.length; bit++)
			if (
				question.categories & (1 << bit) &&
				(bit === 0 || categories[bit - 1] !== categories[bit] || !(question.categories & (1 << (bit - 1))))
			)
				writer.attribute(categories[bit]!, "true");
	const nodes = question.nodes;
	for (let j = 0; j < nodes.length; j++) writer.open(dialect.node).attribute(dialect.nodeId, nodes[j]!).close();
	const fields = question.fields;
	for (let j = 0; j < fields.length; j++) writer.open(dialect.field).attribute(dialect.fieldName, fields[j]!).close();
	writer.close();
}

/** What of `question` the answer allows; undefined when nothing. `node` is the one that this thing is. */
export function parseCanRead(
	answer: Element | undefined,
	dialect: Dialect,
	question: ReadQuestion,
	node: string
): ReadPermission | undefined {
	if (answer?.name !== "canReadResponse" || !isYes(answer, dialect)) return;
	const listed = listsOf(answer, dialect);
	// A list of what we do not understand allows nothing we could name.
	if (!listed) return;
	if (listed.nodes.length > 0 && !listed.nodes.includes(node)) return;
	const categories = allowedCategories(answer, dialect, listed.fields.length > 0);
	const fields = listed.fields.length === 0 ? undefined : listed.fields;
	const kept = question.fields.length === 0 || !fields ? fields : fields.filter((name) => question.fields.includes(name));
	const permission = { categories: categories & question.categories, fields: kept };
	return permission.categories === 0 || permission.fields?.length === 0 ? undefined : permission;
}

function listsOf(answer: Element, dialect: Dialect): { nodes: string[]; fields: string[] } | undefined {
	const nodes: string[] = [];
	const fields: string[] = [];
	const children = answer.children;
	for (let i = 0; i < children.length; i++) {
		const child = children[i]!;
		if (child.namespace !== dialect.provisioning) continue;
		const list = child.name === dialect.node ? nodes : child.name === dialect.field ? fields : undefined;
		const value = child.attribute(child.name === dialect.node ? dialect.nodeId : dialect.fieldName);
		if (!list || value === undefined) return;
		list.push(value);
	}
	return { nodes, fields };
}

/** Flags that are there limit; where there is none the specification is silent: the XEP's own services mean all, others only beside a list of fields. */
function allowedCategories(answer: Element, dialect: Dialect, hasFields: boolean): number {
	let categories = 0;
	let flagged = false;
	for (let bit = 0; bit < dialect.categories.length; bit++) {
		const value = answer.attribute(dialect.categories[bit]!);
		if (value === undefined) continue;
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
