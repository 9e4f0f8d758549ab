// What a provisioning service hears and says (XEP-0324 and the ieee dialect), towards things and towards owners.

import { type Element, xml } from "@xmpp/xml";
import { ALL_CATEGORIES, categoryFlags, parseCategories } from "./categories.js";
import type { News, Question, Range, Scope } from "./decision-store.js";
import { bare } from "./jid.js";
import { parseBoolean } from "./search.js";
import type { ThingID } from "./store.js";
import { BadRequest } from "./tags.js";

interface Dialect {
	/** What things say and are told. */
	readonly device: string;
	/** What owners say and are asked. */
	readonly owner: string;
	/** The registry's namespace that belongs to it. */
	readonly discovery: string;
	readonly node: string;
	/** In the order of ThingID.node. */
	readonly nodeAttributes: readonly [string, string, string];
	readonly field: string;
	readonly fieldName: string;
	/** Its flags of categories are single letters. */
	readonly short: boolean;
}

const dialects: readonly Dialect[] = [
	{
		device: "urn:xmpp:iot:provisioning",
		owner: "urn:xmpp:iot:provisioning",
		discovery: "urn:xmpp:iot:discovery",
		node: "node",
		nodeAttributes: ["nodeId", "sourceId", "cacheType"],
		field: "field",
		fieldName: "name",
		short: false
	},
	{
		device: "urn:ieee:iot:prov:d:1.0",
		owner: "urn:ieee:iot:prov:o:1.0",
		discovery: "urn:ieee:iot:disco:1.0",
		node: "nd",
		nodeAttributes: ["id", "src", "pt"],
		field: "f",
		fieldName: "n",
		short: true
	}
];
export const provisioningNamespaces: readonly string[] = [...new Set(dialects.flatMap(({ device, owner }) => [device, owner]))];

const NODES = 16;
const FIELDS = 64;
const NAME = 256;
/** RFC 7622 3.1: both parts and the sign between. */
const JID = 2047;

/** What is heard, in words that no longer depend on the dialect. */
export type Heard =
	| { readonly what: "isFriend"; readonly jid: string }
	| { readonly what: "canRead"; readonly jid: string; readonly nodes: readonly ThingID["node"][]; readonly scope: Scope }
	| {
			readonly what: "rule";
			readonly kind: "friend" | "read";
			readonly thing: string;
			readonly who: string;
			readonly key: string;
			readonly allowed: boolean;
			readonly range: Range;
			readonly fields: readonly string[];
			/** 0 where none is named. */
			readonly categories: number;
	  };

/** undefined when it is nothing that a provisioning service is asked. Throws BadRequest. */
export const parseHeard = (type: "get" | "set", payload: Element): Heard | undefined => {
	const namespace = payload.getNS();
	const dialect = dialects.find(({ device, owner }) => namespace === device || namespace === owner);
	if (dialect === undefined) return undefined;
	const name = payload.getName();
	if (type === "get" && namespace === dialect.device) {
		if (name === "isFriend") return { what: name, jid: parseJID(payload.attrs.jid) };
		if (name === "canRead") {
			const { nodes, fields } = parseLists(payload, dialect);
			const scope = { fields, categories: parseCategories(payload, dialect.short) || ALL_CATEGORIES };
			return { what: name, jid: parseJID(payload.attrs.jid), nodes, scope };
		}
	}
	if (type === "set" && namespace === dialect.owner && (name === "isFriendRule" || name === "canReadRule")) {
		const { jid, remoteJid, key, result, range = "Caller" } = payload.attrs;
		if (key === undefined || result === undefined) throw new BadRequest("A rule has a key and a result.");
		if (range !== "Caller" && range !== "Domain" && range !== "All") throw new BadRequest("A rule's range is Caller, Domain or All.");
		return {
			...{ what: "rule", kind: name === "canReadRule" ? "read" : "friend", thing: parseJID(jid), who: parseJID(remoteJid), key, range },
			...{ allowed: parseBoolean(result, false), ...parseLists(payload, dialect), categories: parseCategories(payload, dialect.short) }
		};
	}
	return undefined;
};

const parseJID = (text: string | undefined): string => {
	const jid = bare(text ?? "");
	if (!/^[^@\s]+@[^@\s]+$/.test(jid) || jid.length > JID) throw new BadRequest("An account's address is wanted.");
	return jid;
};

const parseLists = (payload: Element, dialect: Dialect): { nodes: readonly ThingID["node"][]; fields: readonly string[] } => {
	const nodes = new Map<string, ThingID["node"]>();
	const fields = new Set<string>();
	for (const child of payload.getChildElements()) {
		if (child.getNS() !== payload.getNS()) continue;
		if (child.getName() === dialect.node) {
			const [id = "", source = "", partition = ""] = dialect.nodeAttributes.map((name) => child.attrs[name]);
			if (id === "" || [id, source, partition].some((part) => part.length > NAME)) throw new BadRequest("A node has a short name.");
			nodes.set(JSON.stringify([id, source, partition]), [id, source, partition]);
		} else if (child.getName() === dialect.field) {
			const name = child.attrs[dialect.fieldName] ?? "";
			if (name === "" || name.length > NAME) throw new BadRequest("A field has a short name.");
			fields.add(name);
		}
	}
	if (nodes.size > NODES || fields.size > FIELDS) throw new BadRequest("That is too much for one question.");
	return { nodes: [...nodes.values()], fields: [...fields] };
};

export const writeIsFriendResponse = (namespace: string, jid: string, result: boolean): Element =>
	xml("isFriendResponse", { xmlns: namespace, jid, result: `${result}` });

/** What is allowed is always said in full: where there are no flags, dialects differ in what that means. */
export const writeCanReadResponse = (
	namespace: string,
	jid: string,
	allowed: (Scope & { readonly nodes: readonly ThingID["node"][] }) | undefined
): Element => {
	const dialect = dialects.find(({ device }) => device === namespace)!;
	const flags = allowed === undefined ? {} : categoryFlags(allowed.categories, dialect.short);
	// Part of history cannot be said with one flag for all of it; without any flag nothing is left.
	if (allowed === undefined || Object.keys(flags).length === 0) {
		return xml("canReadResponse", { xmlns: namespace, jid, result: "false" });
	}
	return xml("canReadResponse", { xmlns: namespace, jid, result: "true", ...flags }, [
		...allowed.nodes.map((node) => writeNode(node, dialect)),
		...allowed.fields.map((name) => xml(dialect.field, { [dialect.fieldName]: name }))
	]);
};

const writeNode = (node: ThingID["node"], dialect: Dialect): Element =>
	xml(dialect.node, Object.fromEntries(dialect.nodeAttributes.map((name, at) => [name, node[at] || undefined])));

export const writeClearCache = (namespace: string): Element => xml("clearCache", { xmlns: namespace });

export const writeNews = (namespace: string, { what, jid }: News): Element => xml(what, { xmlns: namespace, jid });

/** The namespace for a thing that registered in `discovery`. */
export const deviceNamespace = (discovery: string): string =>
	(dialects.find((dialect) => dialect.discovery === discovery) ?? dialects[0]!).device;

/** A question for an owner's program, in both dialects: which one it speaks is not known. */
export const writeForOwner = ({ jid, node, kind, who, key, fields, categories }: Question): Element[] =>
	dialects.map((dialect) => {
		const flags = kind === "read" ? categoryFlags(categories, dialect.short) : {};
		const nodes = node[0] === "" ? [] : [writeNode(node, dialect)];
		const names = fields.map((name) => xml(dialect.field, { [dialect.fieldName]: name }));
		const name = kind === "read" ? "canRead" : "isFriend";
		return xml(name, { xmlns: dialect.owner, jid, remoteJid: who, key, ...flags }, [...nodes, ...names]);
	});
