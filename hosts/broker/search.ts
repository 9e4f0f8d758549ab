// Searches of a registry (XEP-0347 3.12): every operator must hold; what a thing does not say never matches.

import type { Element } from "@xmpp/xml";
import { BadRequest, type Dialect, parseNumber, type Tag, tagValue } from "./tags.js";

export interface Search {
	readonly offset: number;
	readonly maxCount: number;
	matches(tags: readonly Tag[]): boolean;
}

const OPERATORS = 32;
const MOST = 100;

type Value = string | number;
type Test = (value: Value) => boolean;

/** xs:boolean. */
export const parseBoolean = (text: string | undefined, otherwise: boolean): boolean => {
	if (text === undefined) return otherwise;
	if (/^\s*(true|1)\s*$/.test(text)) return true;
	if (/^\s*(false|0)\s*$/.test(text)) return false;
	throw new BadRequest(`"${text.slice(0, 16)}" is neither true nor false.`);
};

const parseCount = (text: string | undefined, least: number, otherwise: number): number => {
	if (text === undefined) return otherwise;
	const number = /^\s*\d{1,9}\s*$/.test(text) ? Number(text) : Number.NaN;
	if (!(number >= least)) throw new BadRequest("offset and maxCount are whole numbers.");
	return number;
};

/** Whether the text fits a mask: linear in its length, so that no mask of a stranger can keep the registry busy. */
const fits = (text: string, parts: readonly string[]): boolean => {
	const first = parts[0]!;
	const last = parts.at(-1)!;
	if (parts.length === 1) return text === first;
	if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
	let at = first.length;
	for (const part of parts.slice(1, -1)) {
		const found = text.indexOf(part, at);
		if (found < 0) return false;
		at = found + part.length;
	}
	return at <= text.length - last.length;
};

const parseTest = (operator: Element): Test => {
	const { name, value, min, max, minIncluded, maxIncluded, wildcard } = operator.attrs;
	const [, type, kind] = /^(str|num)(Eq|NEq|Gt|GtEq|Lt|LtEq|Range|NRange|Mask)$/.exec(operator.getName()) ?? [];
	if (kind === undefined || (type === "num" && kind === "Mask"))
		throw new BadRequest("There is a search operator that this registry does not know.");
	if (name === undefined) throw new BadRequest("A search operator has no tag name.");
	const constant = (text: string | undefined): Value => {
		const parsed = type === "num" ? parseNumber(text) : text;
		if (parsed === undefined) throw new BadRequest("A search operator lacks its value.");
		return parsed;
	};
	if (kind === "Mask") {
		const mask = constant(value) as string;
		if (!wildcard) throw new BadRequest("strMask has no wildcard.");
		const parts = mask.split(wildcard);
		return (tag) => fits(tag as string, parts);
	}
	if (kind === "Range" || kind === "NRange") {
		const [low, high] = [constant(min), constant(max)];
		const [withLow, withHigh] = [parseBoolean(minIncluded, true), parseBoolean(maxIncluded, true)];
		const isWithin: Test = (tag) => (tag > low || (withLow && tag === low)) && (tag < high || (withHigh && tag === high));
		// What belongs to the range is not outside of it: an end that is included there is left out here.
		return kind === "Range" ? isWithin : (tag) => !isWithin(tag);
	}
	const other = constant(value);
	switch (kind) {
		case "Eq":
			return (tag) => tag === other;
		case "NEq":
			return (tag) => tag !== other;
		case "Gt":
			return (tag) => tag > other;
		case "GtEq":
			return (tag) => tag >= other;
		case "Lt":
			return (tag) => tag < other;
		default:
			return (tag) => tag <= other;
	}
};

/** Throws BadRequest. */
export const parsePage = ({ attrs }: Element): Pick<Search, "offset" | "maxCount"> => ({
	offset: parseCount(attrs.offset, 0, 0),
	maxCount: Math.min(parseCount(attrs.maxCount, 1, MOST), MOST)
});

export const parseSearch = (payload: Element, dialect: Dialect): Search => {
	const operators = payload.getChildElements().filter((child) => child.getNS() === dialect.namespace);
	if (operators.length === 0) throw new BadRequest("A search needs at least one operator.");
	if (operators.length > OPERATORS) throw new BadRequest(`A search has at most ${OPERATORS} operators.`);
	const tests = operators.map((operator) => {
		const test = parseTest(operator);
		const type = operator.getName().startsWith("num") ? "number" : "string";
		return (tags: readonly Tag[]) => {
			const value = tagValue(tags, operator.attrs.name!);
			return typeof value === type && test(value!);
		};
	});
	return {
		...parsePage(payload),
		matches: (tags) => tests.every((test) => test(tags))
	};
};
