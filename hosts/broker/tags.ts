// What things say of themselves to a registry: tags, their limits, and the fingerprint that a claim must meet (XEP-0347 3.6, 5.2).

import { type Element, xml } from "@xmpp/xml";

export interface Tag {
	readonly name: string;
	readonly value: string | number;
}

/** A request that says something the specification does not allow; the text tells what. */
export class BadRequest extends Error {}

export interface Dialect {
	readonly namespace: string;
	/** The attributes that tell nodes behind one JID apart. */
	readonly node: readonly [string, string, string];
	readonly tagName: number;
}

const dialects: readonly Dialect[] = [
	{ namespace: "urn:xmpp:iot:discovery", node: ["nodeId", "sourceId", "cacheType"], tagName: 32 },
	{ namespace: "urn:ieee:iot:disco:1.0", node: ["id", "src", "pt"], tagName: 64 }
];
export const namespaces: readonly string[] = dialects.map(({ namespace }) => namespace);
export const dialectOf = (namespace: string | undefined): Dialect | undefined => dialects.find((each) => each.namespace === namespace);

const TAGS = 32;
const VALUE = 128;
const PREDEFINED_STRINGS = "APT AREA BLD CITY CLASS COUNTRY KEY MAN MLOC MNR MODEL NAME PURL REGION ROOM SN STREET STREETNR".split(" ");
const PREDEFINED_NUMBERS = "ALT LAT LON V".split(" ");

/** Tag names are case insensitive (XEP-0347 3.6). */
export const sameName = (a: string, b: string): boolean => a.toUpperCase() === b.toUpperCase();

const DOUBLE = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;

export const parseNumber = (text: string | undefined): number | undefined => {
	const number = text !== undefined && DOUBLE.test(text.trim()) ? Number(text) : Number.NaN;
	return Number.isFinite(number) ? number : undefined;
};

const checkName = (name: string | undefined, most: number): string => {
	if (name === undefined || name === "") throw new BadRequest("A tag has no name.");
	if ([...name].length > most) throw new BadRequest(`A tag name has more than ${most} characters.`);
	if (/[:#\s]/u.test(name)) throw new BadRequest("A tag name contains a colon, a hash sign or white space.");
	return name;
};

const checkPredefined = (tag: Tag): void => {
	const upper = tag.name.toUpperCase();
	const wanted = PREDEFINED_STRINGS.includes(upper) ? "string" : PREDEFINED_NUMBERS.includes(upper) ? "number" : typeof tag.value;
	if (typeof tag.value !== wanted) throw new BadRequest(`The tag ${upper} is a ${wanted} by its definition.`);
};

/** Holds the tags of a sticker or a request to the limits; R, the registry's address, is never part of them. */
export const checkTags = (tags: readonly Tag[], most = 64): readonly Tag[] => {
	if (tags.length > TAGS) throw new BadRequest(`There are more than ${TAGS} tags.`);
	const seen = new Set<string>();
	for (const tag of tags) {
		const name = checkName(tag.name, most).toUpperCase();
		if (seen.has(name)) throw new BadRequest("A tag stands twice.");
		seen.add(name);
		checkPredefined(tag);
		if (typeof tag.value === "string" && [...tag.value].length > VALUE)
			throw new BadRequest(`A tag value has more than ${VALUE} characters.`);
	}
	return tags.filter(({ name }) => !sameName(name, "R"));
};

/** The str and num children of a request; other children are not known and not looked at. */
export const parseTags = (payload: Element, dialect: Dialect): readonly Tag[] => {
	const tags: Tag[] = [];
	for (const child of payload.getChildElements()) {
		if (child.getNS() !== dialect.namespace) continue;
		const { name = "", value } = child.attrs;
		if (child.is("str")) {
			if (value === undefined) throw new BadRequest("A str tag has no value.");
			tags.push({ name, value });
		} else if (child.is("num")) {
			const number = parseNumber(value);
			if (number === undefined) throw new BadRequest("The value of a num tag is not a number.");
			tags.push({ name, value: number });
		}
	}
	return checkTags(tags, dialect.tagName);
};

/** KEY is the secret between thing and owner: it goes into the fingerprint and is kept nowhere else. */
export const withoutKey = (tags: readonly Tag[]): readonly Tag[] =>
	tags.filter(({ name, value }) => !sameName(name, "KEY") && value !== "");

/** Two sets of tags are EXACTLY the same (XEP-0347 3.6) when their fingerprints are: order and the case of names do not matter, types do. */
export const fingerprint = (tags: readonly Tag[], sha256: (text: string) => string): string => {
	const rows = tags
		.filter(({ value }) => value !== "")
		.map(({ name, value }) => JSON.stringify([name.toUpperCase(), typeof value, value]))
		.sort();
	return sha256(rows.join("\n"));
};

/** Updates overwrite by name; an empty string removes (XEP-0347 3.10). */
export const mergeTags = (old: readonly Tag[], changes: readonly Tag[]): readonly Tag[] => {
	const kept = old.filter((tag) => !changes.some((change) => sameName(change.name, tag.name)));
	const merged = [...kept, ...withoutKey(changes)];
	if (merged.length > TAGS) throw new BadRequest(`There would be more than ${TAGS} tags.`);
	return merged;
};

export const writeTags = (tags: readonly Tag[]): Element[] =>
	tags.map(({ name, value }) => xml(typeof value === "number" ? "num" : "str", { name, value: `${value}` }));

export const tagValue = (tags: readonly Tag[], name: string): string | number | undefined =>
	tags.find((tag) => sameName(tag.name, name))?.value;
