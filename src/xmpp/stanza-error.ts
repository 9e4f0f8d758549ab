// The <error/> of a stanza (RFC 6120 8.3): conditions, their usual types, both directions.
import type { Element } from "../xml/element.js";
import type { Writer } from "../xml/writer.js";

export const STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas";

export type ErrorType = "auth" | "cancel" | "continue" | "modify" | "wait";

/** Every condition with the type that RFC 6120 8.3.3 recommends for it. */
const types = Object.freeze({
	"bad-request": "modify",
	conflict: "cancel",
	"feature-not-implemented": "cancel",
	forbidden: "auth",
	gone: "cancel",
	"internal-server-error": "cancel",
	"item-not-found": "cancel",
	"jid-malformed": "modify",
	"not-acceptable": "modify",
	"not-allowed": "cancel",
	"not-authorized": "auth",
	"policy-violation": "modify",
	"recipient-unavailable": "wait",
	redirect: "modify",
	"registration-required": "auth",
	"remote-server-not-found": "cancel",
	"remote-server-timeout": "wait",
	"resource-constraint": "wait",
	"service-unavailable": "cancel",
	"subscription-required": "auth",
	"undefined-condition": "cancel",
	"unexpected-request": "wait"
} as const);

export type Condition = keyof typeof types;

/** Names from the network are looked up here: as property names XS would keep each for ever. */
const conditions: readonly string[] = Object.freeze(Object.keys(types));

export interface StanzaError {
	readonly condition: Condition;
	readonly type: ErrorType;
	readonly text?: string;
}

/** Writes `<error/>` into an open stanza and leaves it open, for who has more to say. The IoT XEPs want some conditions under another type than the RFC's. */
export function writeStanzaError(writer: Writer, condition: Condition, text?: string, type?: ErrorType): Writer {
	writer
		.open("error")
		.attribute("type", type ?? types[condition])
		.open(condition, STANZAS)
		.close();
	if (text != null) writer.open("text", STANZAS).attribute("xml:lang", "en").text(text).close();
	return writer;
}

/** What an error stanza says; one without a known condition is "undefined-condition" (RFC 6120 8.3.2, old peers write none). */
export function parseStanzaError(stanza: Element): StanzaError {
	const error = stanza.child("error");
	let condition: Condition = "undefined-condition";
	let text: string | undefined;
	const list = error?.children ?? [];
	for (let i = 0; i < list.length; i++) {
		const child = list[i]!;
		if (child.namespace !== STANZAS) continue;
		if (child.name === "text") text = child.text;
		else if (isCondition(child.name)) condition = child.name;
	}
	const type = error?.attribute("type");
	return { condition, type: isErrorType(type) ? type : types[condition], text };
}

/** For failures that no stanza told: a time-out, a lost connection. */
export function stanzaError(condition: Condition, text?: string, type?: ErrorType): StanzaError {
	return { condition, type: type ?? types[condition], text };
}

function isCondition(name: string): name is Condition {
	return conditions.includes(name);
}

function isErrorType(type: string | undefined): type is ErrorType {
	return type === "auth" || type === "cancel" || type === "continue" || type === "modify" || type === "wait";
}
