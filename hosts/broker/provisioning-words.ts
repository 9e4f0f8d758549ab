// What a provisioning service hears and says (XEP-0324 and the ieee dialect), towards things and towards owners.

import { type Element, xml } from "@xmpp/xml";
import { ALL_CATEGORIES, categoryFlags, parseCategories } from "./categories.js";
import type { Kind, News, Question, Range, Scope, ShownToken, TokenKind } from "./decision-store.js";
import { bare } from "./jid.js";
import { parseBoolean, parsePage } from "./search.js";
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
	/** Parameters are <parameter name/> in both; the schema of the ieee dialect has a short form, too (R-324-30). */
	readonly parameters: Readonly<Record<string, string>>;
	/** Attributes with tokens, in the order of TOKENS. */
	readonly tokens: readonly [string, string, string];
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
		parameters: { parameter: "name" },
		tokens: ["deviceToken", "serviceToken", "userToken"],
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
		parameters: { parameter: "name", p: "n" },
		tokens: ["dt", "st", "ut"],
		short: true
	}
];
export const provisioningNamespaces: readonly string[] = [...new Set(dialects.flatMap(({ device, owner }) => [device, owner]))];

const TOKENS: readonly TokenKind[] = ["Device", "Service", "User"];
const KINDS: readonly Kind[] = ["friend", "read", "control"];
/** What is asked about each; rules and answers are named after it. */
const WORDS = { friend: "isFriend", read: "canRead", control: "canControl" } as const;
/** Where there are no kinds of values, the one bit. */
const CONTROL = 1;

/** Tokens that are looked up for one question. */
const SHOWN = 16;
const NODES = 16;
const FIELDS = 64;
const NAME = 256;
/** RFC 7622 3.1: both parts and the sign between. */
const JID = 2047;

/** What is heard, in words that no longer depend on the dialect. */
export type Heard =
	| { readonly what: "isFriend"; readonly jid: string }
	| {
			readonly what: "can";
			readonly kind: "read" | "control";
			readonly jid: string;
			readonly nodes: readonly ThingID["node"][];
			readonly scope: Scope;
			/** Whatever he calls so: none of it is proved. */
			readonly shown: readonly ShownToken[];
	  }
	/** An owner wants his thing to ask anew, or all his rules of it gone; none of its nodes named is the thing itself. */
	| { readonly what: "clearCache" | "deleteRules"; readonly thing: string; readonly nodes: readonly ThingID["node"][] }
	| { readonly what: "devices"; readonly discovery: string; readonly offset: number; readonly maxCount: number }
	| {
			readonly what: "rule";
			readonly kind: Kind;
			readonly thing: string;
			readonly who: string;
			readonly key: string;
			readonly allowed: boolean;
			readonly range: Range;
			/** Where the range is whoever shows it. */
			readonly token: string | undefined;
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
			const { nodes, fields } = parseLists(payload, dialect, "read");
			const scope = { fields, categories: parseCategories(payload, dialect.short) || ALL_CATEGORIES };
			return { what: "can", kind: "read", jid: parseJID(payload.attrs.jid), nodes, scope, shown: parseShown(payload, dialect) };
		}
		if (name === "canControl") {
			const { nodes, fields } = parseLists(payload, dialect, "control");
			const scope = { fields, categories: CONTROL };
			return { what: "can", kind: "control", jid: parseJID(payload.attrs.jid), nodes, scope, shown: parseShown(payload, dialect) };
		}
	}
	if (namespace !== dialect.owner) return undefined;
	if (type === "get") return name === "getDevices" ? { what: "devices", discovery: dialect.discovery, ...parsePage(payload) } : undefined;
	if (name === "clearCache" || name === "deleteRules")
		return { what: name, thing: parseJID(payload.attrs.jid), nodes: parseNodes(payload, dialect) };
	const kind = KINDS.find((kind) => name === `${WORDS[kind]}Rule`);
	return kind && parseRule(payload, kind, dialect);
};

/** Separated by blanks (R-324-20). */
const parseShown = ({ attrs }: Element, { tokens }: Dialect): readonly ShownToken[] => {
	const shown = tokens.flatMap((name, at) => (attrs[name] ?? "").split(" ").map((token) => ({ kind: TOKENS[at]!, token })));
	return shown.filter(({ token }) => token !== "" && token.length <= NAME).slice(0, SHOWN);
};

/** One by attributes, or any number by elements. */
const parseNodes = (payload: Element, dialect: Dialect): readonly ThingID["node"][] => {
	const { nodes } = parseLists(payload, dialect, "read");
	const [id = "", source = "", partition = ""] = dialect.nodeAttributes.map((name) => payload.attrs[name]);
	return nodes.length > 0 ? nodes : [[id, source, partition]];
};

const parseRule = (payload: Element, kind: Kind, dialect: Dialect): Heard => {
	const { jid, remoteJid, key, result } = payload.attrs;
	if (key === undefined || result === undefined) throw new BadRequest("A rule has a key and a result.");
	// Less than all may be said in an element of its own, beside nodes that are only repeated.
	const holder = payload.getChild("partial", payload.getNS()) ?? payload;
	const { fields } = parseLists(holder, dialect, kind);
	const categories = kind === "read" ? parseCategories(holder, dialect.short) : 0;
	if (holder !== payload && fields.length === 0 && categories === 0) throw new BadRequest("Part of it, but which?");
	return {
		...{ what: "rule", kind, thing: parseJID(jid), who: parseJID(remoteJid), key, ...parseRange(payload, kind) },
		...{ allowed: parseBoolean(result, false), fields, categories }
	};
};

/** By attribute or by an element. */
const parseRange = (payload: Element, kind: Kind): { readonly range: Range; readonly token: string | undefined } => {
	const said: { range: Range | undefined; token?: string }[] = [];
	if (payload.attrs.range !== undefined) said.push({ range: Object.values(RANGES).find((range) => range === payload.attrs.range) });
	for (const child of payload.getChildElements()) {
		const name = child.getName();
		if (child.getNS() !== payload.getNS() || !(name === "all" || name.startsWith("from"))) continue;
		const token = TOKENS.find((each) => name === `from${each}`);
		said.push(token === undefined ? { range: RANGES[name] } : { range: token, token: child.attrs.token ?? "" });
	}
	const [{ range, token } = { range: "Caller" as const, token: undefined }, ...more] = said;
	if (more.length > 0 || range === undefined) throw new BadRequest("A rule's range is Caller, Domain, All, or whoever shows a token.");
	// Who wants to be a friend shows none.
	if (token !== undefined && kind === "friend") throw new BadRequest("A friend is let in by address, for a domain or for all.");
	return { range, token };
};

const RANGES: Readonly<Record<string, Range>> = { fromJid: "Caller", fromDomain: "Domain", all: "All" };

const parseJID = (text: string | undefined): string => {
	const jid = bare(text ?? "");
	if (!/^[^@\s]+@[^@\s]+$/.test(jid) || jid.length > JID) throw new BadRequest("An account's address is wanted.");
	return jid;
};

const parseLists = (payload: Element, dialect: Dialect, kind: Kind): { nodes: readonly ThingID["node"][]; fields: readonly string[] } => {
	const nodes = new Map<string, ThingID["node"]>();
	const fields = new Set<string>();
	const names: Readonly<Record<string, string>> = kind === "control" ? dialect.parameters : { [dialect.field]: dialect.fieldName };
	for (const child of payload.getChildElements()) {
		if (child.getNS() !== payload.getNS()) continue;
		if (child.getName() === dialect.node) {
			const [id = "", source = "", partition = ""] = dialect.nodeAttributes.map((name) => child.attrs[name]);
			if (id === "" || [id, source, partition].some((part) => part.length > NAME)) throw new BadRequest("A node has a short name.");
			nodes.set(JSON.stringify([id, source, partition]), [id, source, partition]);
		} else if (Object.hasOwn(names, child.getName())) {
			const name = child.attrs[names[child.getName()]!] ?? "";
			if (name === "" || name.length > NAME) throw new BadRequest("A field or parameter has a short name.");
			fields.add(name);
		}
	}
	if (nodes.size > NODES || fields.size > FIELDS) throw new BadRequest("That is too much for one question.");
	return { nodes: [...nodes.values()], fields: [...fields] };
};

export const writeIsFriendResponse = (namespace: string, jid: string, result: boolean): Element =>
	xml("isFriendResponse", { xmlns: namespace, jid, result: `${result}` });

/** What is allowed is always said in full: where there are no flags, dialects differ in what that means. */
export const writeCanResponse = (
	namespace: string,
	kind: "read" | "control",
	jid: string,
	allowed: (Scope & { readonly nodes: readonly ThingID["node"][] }) | undefined
): Element => {
	const dialect = dialects.find(({ device }) => device === namespace)!;
	const flags = allowed === undefined || kind === "control" ? {} : categoryFlags(allowed.categories, dialect.short);
	const name = `${WORDS[kind]}Response`;
	// Part of history cannot be said with one flag for all of it; without any flag nothing is left.
	if (allowed === undefined || (kind === "read" && Object.keys(flags).length === 0)) {
		return xml(name, { xmlns: namespace, jid, result: "false" });
	}
	return xml(name, { xmlns: namespace, jid, result: "true", ...flags }, [
		...allowed.nodes.map((node) => writeNode(node, dialect)),
		...writeNames(kind, allowed.fields, dialect)
	]);
};

const writeNames = (kind: Kind, names: readonly string[], dialect: Dialect): Element[] =>
	names.map((name) => (kind === "control" ? xml("parameter", { name }) : xml(dialect.field, { [dialect.fieldName]: name })));

const writeNode = (node: ThingID["node"], dialect: Dialect): Element =>
	xml(dialect.node, Object.fromEntries(dialect.nodeAttributes.map((name, at) => [name, node[at] || undefined])));

export const writeClearCache = (namespace: string): Element => xml("clearCache", { xmlns: namespace });

export const writeNews = (namespace: string, { what, jid }: News): Element => xml(what, { xmlns: namespace, jid });

/** The namespace for a thing that registered in `discovery`. */
export const deviceNamespace = (discovery: string): string =>
	(dialects.find((dialect) => dialect.discovery === discovery) ?? dialects[0]!).device;

/** A question for an owner's program, in both dialects: which one it speaks is not known. */
export const writeForOwner = ({ jid, node, kind, who, key, tokens, fields, categories }: Question): Element[] =>
	dialects.map((dialect) => {
		const lists = TOKENS.map((kind) => tokens.flatMap((each) => (each.kind === kind ? each.token : [])).join(" ") || undefined);
		const shown = Object.fromEntries(dialect.tokens.map((name, at) => [name, lists[at]]));
		const flags = kind === "read" ? categoryFlags(categories, dialect.short) : {};
		const nodes = node[0] === "" ? [] : [writeNode(node, dialect)];
		const content = [...nodes, ...writeNames(kind, fields, dialect)];
		return xml(WORDS[kind], { xmlns: dialect.owner, jid, remoteJid: who, key, ...shown, ...flags }, content);
	});
