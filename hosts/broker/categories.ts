// The kinds of values a field can have (XEP-0323 3.1), as bits; the names of both dialects.

import type { Element } from "@xmpp/xml";
import { parseBoolean } from "./search.js";

const LONG = [
	...["momentary", "peak", "status", "computed", "identity", "historicalSecond", "historicalMinute", "historicalHour"],
	...["historicalDay", "historicalWeek", "historicalMonth", "historicalQuarter", "historicalYear", "historicalOther"]
];
const SHORT = ["m", "p", "s", "c", "i"];
const HISTORICAL_FROM = SHORT.length;

export const ALL_CATEGORIES = (1 << LONG.length) - 1;
export const HISTORICAL = ALL_CATEGORIES & ~((1 << HISTORICAL_FROM) - 1);

/** Those whose flags are set; 0 when none is. */
export const parseCategories = ({ attrs }: Element, short: boolean): number => {
	const isSet = (name: string) => parseBoolean(attrs[name], false);
	if (isSet("all")) return ALL_CATEGORIES;
	const names = short ? SHORT : LONG;
	const single = names.reduce((bits, name, at) => (isSet(name) ? bits | (1 << at) : bits), 0);
	return isSet(short ? "h" : "historical") ? single | HISTORICAL : single;
};

/** The dialect of short names has one flag for all of history: it is set only where all of it is meant. */
export const categoryFlags = (categories: number, short: boolean): Record<string, string> => {
	if (categories === ALL_CATEGORIES) return { all: "true" };
	const names = (short ? SHORT : LONG).filter((_, at) => categories & (1 << at));
	if (short && (categories & HISTORICAL) === HISTORICAL) names.push("h");
	return Object.fromEntries(names.map((name) => [name, "true"]));
};

/** For a person; "" for what a thing shows at the moment. */
export const describeCategories = (categories: number): string => {
	if (categories === 1) return "";
	if (categories === ALL_CATEGORIES) return "all values, past ones too";
	const names = LONG.slice(0, HISTORICAL_FROM).filter((_, at) => categories & (1 << at));
	if (categories & HISTORICAL) names.push("past");
	return `${names.join(", ")} values`;
};
