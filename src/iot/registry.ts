// What a thing and its registry say to each other (XEP-0347): register, update, unregister; claimed, removed, disowned.
import { parseBoolean } from "../text/boolean.js";
import type { Element } from "../xml/element.js";
import type { Writer } from "../xml/writer.js";
import { bareJID, isJID } from "../xmpp/jid.js";
import { type Dialect, dialectOf, type NodeReference, parseNodeAttributes, writeNodeAttributes } from "./dialect.js";
import { type Tag, writeNumber } from "./sticker.js";

export interface Claim {
	/** Bare JID. */
	readonly owner: string;
	/** Schema and text disagree on what absent means, so absent is unknown (R-347-27). */
	readonly public: boolean | undefined;
	readonly node: NodeReference | undefined;
}

export interface RegistryAnswer {
	/** It has an owner already; the tags were not looked at (R-347-10). */
	readonly claimed?: Claim;
	/** It is known and has no owner any more: register again (R-347-17). */
	readonly disowned?: boolean;
}

/** The complete set of tags: what was registered before and is missing here vanishes (R-347-24). `selfOwned`: nobody can claim it. */
export function writeRegister(writer: Writer, dialect: Dialect, tags: readonly Tag[], node?: NodeReference, selfOwned?: boolean): void {
	writer.open("register", dialect.discovery);
	if (selfOwned === true) writer.attribute("selfOwned", "true");
	writeTags(writer, dialect, tags, node);
}

/** Only what changed; an empty text deletes its tag (R-347-15). */
export function writeUpdate(writer: Writer, dialect: Dialect, tags: readonly Tag[], node?: NodeReference): void {
	writeTags(writer.open("update", dialect.discovery), dialect, tags, node);
}

export function writeUnregister(writer: Writer, dialect: Dialect, node?: NodeReference): void {
	writeTags(writer.open("unregister", dialect.discovery), dialect, [], node);
}

/** Of the result to register or update; an empty one, and one of another namespace, says nothing. */
export function parseRegisterAnswer(payload: Element | undefined): RegistryAnswer {
	if (!payload || !dialectOf(payload.namespace, "discovery")) return {};
	if (payload.name === "disowned") return { disowned: true };
	const claimed = payload.name === "claimed" ? parseClaimed(payload) : undefined;
	return claimed ? { claimed } : {};
}

/** Of `<claimed/>`, in a request or a result; undefined when it names no owner. */
export function parseClaimed(payload: Element): Claim | undefined {
	const dialect = dialectOf(payload.namespace, "discovery");
	const jid = payload.attribute("jid");
	if (!dialect || jid == null || !isJID(jid)) return;
	const isPublic = payload.attribute("public");
	return {
		owner: bareJID(jid),
		public: isPublic == null ? undefined : parseBoolean(isPublic),
		node: parseNodeAttributes(payload, dialect)
	};
}

/** Of `<removed/>` and `<disowned/>`: the node that is meant, or undefined for the thing itself. */
export function parseNotice(payload: Element): NodeReference | undefined {
	const dialect = dialectOf(payload.namespace, "discovery");
	return dialect ? parseNodeAttributes(payload, dialect) : undefined;
}

function writeTags(writer: Writer, dialect: Dialect, tags: readonly Tag[], node: NodeReference | undefined): void {
	writeNodeAttributes(writer, dialect, node);
	for (const { name, value } of tags) {
		const isNumber = typeof value === "number";
		writer
			.open(isNumber ? "num" : "str")
			.attribute("name", name)
			.attribute("value", isNumber ? writeNumber(value) : value)
			.close();
	}
	writer.close();
}
