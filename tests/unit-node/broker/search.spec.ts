// Searches: every operator, pages, and what must never be found (XEP-0347 3.12).

import type { Element } from "@xmpp/xml";
import { Bench, IEEE, XEP } from "./bench.js";

const SEEKER = "curious@example.org/client";

/** Five public things A to E: V is 1 to 5, CITY is Aberdeen to Essen; C has no CITY, D says V as a text under another name. */
const populated = (): Bench => {
	const bench = new Bench();
	const cities: Record<string, string> = { A: "Aberdeen", B: "Bergen", D: "Dresden", E: "Essen" };
	for (const [at, name] of ["A", "B", "C", "D", "E"].entries()) {
		const city = cities[name] === undefined ? "" : `<str name='CITY' value='${cities[name]}'/>`;
		const tags = `<str name='SN' value='${name}'/><num name='V' value='${at + 1}'/>${city}<str name='KEY' value='k${name}'/>`;
		const thing = `${name.toLowerCase()}@example.org/x`;
		bench.ask(thing, "set", `<register xmlns='${XEP}'>${tags}</register>`);
		const [toThing] = bench.ask("owner@example.org/x", "set", `<mine xmlns='${XEP}'>${tags}</mine>`);
		bench.answer(toThing!);
	}
	bench.ask("unclaimed@example.org/x", "set", `<register xmlns='${XEP}'><str name='SN' value='U'/><num name='V' value='3'/></register>`);
	return bench;
};

const find = (bench: Bench, operators: string, attributes = "", ns = XEP): Element => {
	const [answer] = bench.ask(SEEKER, "get", `<search xmlns='${ns}' ${attributes}>${operators}</search>`);
	return answer!.getChild("found", ns)!;
};

const names = (found: Element): string =>
	found
		.getChildElements()
		.map(({ attrs }) => attrs.jid!.charAt(0).toUpperCase())
		.join("");

test.each([
	["strEq", "<strEq name='CITY' value='Bergen'/>", "B"],
	["strEq with the tag's name in small letters", "<strEq name='city' value='Bergen'/>", "B"],
	["strEq is exact", "<strEq name='CITY' value='bergen'/>", ""],
	["strNEq leaves out who does not say", "<strNEq name='CITY' value='Bergen'/>", "ADE"],
	["strGt", "<strGt name='CITY' value='Bergen'/>", "DE"],
	["strGtEq", "<strGtEq name='CITY' value='Bergen'/>", "BDE"],
	["strLt", "<strLt name='CITY' value='Dresden'/>", "AB"],
	["strLtEq", "<strLtEq name='CITY' value='Dresden'/>", "ABD"],
	["strRange with both ends", "<strRange name='CITY' min='Bergen' max='Dresden'/>", "BD"],
	["strRange without its ends", "<strRange name='CITY' min='Bergen' minIncluded='false' max='Dresden' maxIncluded='0'/>", ""],
	["strNRange, whose range has its ends", "<strNRange name='CITY' min='Bergen' max='Dresden'/>", "AE"],
	[
		"strNRange, whose range is without",
		"<strNRange name='CITY' min='Bergen' minIncluded='false' max='Dresden' maxIncluded='false'/>",
		"ABDE"
	],
	["strMask at the end", "<strMask name='CITY' value='B*' wildcard='*'/>", "B"],
	["strMask in the middle", "<strMask name='CITY' value='%e%en' wildcard='%'/>", "ABD"],
	["strMask does not use a letter twice", "<strMask name='CITY' value='Essen*n' wildcard='*'/>", ""],
	["strMask with a long wildcard", "<strMask name='CITY' value='ANYsen' wildcard='ANY'/>", "E"],
	["strMask without a wildcard in it", "<strMask name='CITY' value='Essen' wildcard='*'/>", "E"],
	["strMask is no regular expression", "<strMask name='CITY' value='.....' wildcard='*'/>", ""],
	["numEq", "<numEq name='V' value='2.0'/>", "B"],
	["numNEq", "<numNEq name='V' value='2'/>", "ACDE"],
	["numGt", "<numGt name='V' value='3'/>", "DE"],
	["numGtEq", "<numGtEq name='V' value='3'/>", "CDE"],
	["numLt", "<numLt name='V' value='3'/>", "AB"],
	["numLtEq", "<numLtEq name='V' value='3'/>", "ABC"],
	["numRange", "<numRange name='V' min='2' max='4' maxIncluded='false'/>", "BC"],
	["numNRange", "<numNRange name='V' min='2' minIncluded='false' max='4'/>", "ABE"],
	["all operators must hold", "<numGt name='V' value='1'/><strLt name='CITY' value='E'/>", "BD"],
	["a number is not found as a text", "<strEq name='V' value='2'/>", ""],
	["a text is not found as a number", "<numEq name='SN' value='1'/>", ""],
	["a tag that nobody says", "<strNEq name='NOPE' value='x'/>", ""],
	["R-347-33 KEY never finds", "<strEq name='KEY' value='kA'/>", ""],
	["R-347-33 KEY never finds by what it is not", "<strNEq name='key' value='x'/>", ""]
])("%s", (_, operators, expected) => {
	expect(names(find(populated(), operators))).toBe(expected);
	expect(names(find(populated(), operators, "", IEEE))).toBe(expected);
});

test("what nobody has claimed is never found", () => {
	expect(names(find(populated(), "<strEq name='SN' value='U'/>"))).toBe("");
});

test("pages follow one another without gap and end with more='false'", () => {
	const bench = populated();
	const page = (offset: number) => {
		const found = find(bench, "<numGt name='V' value='0'/>", `offset='${offset}' maxCount='2'`);
		return [names(found), found.attrs.more];
	};
	expect([page(0), page(2), page(4), page(6)]).toEqual([
		["AB", "true"],
		["CD", "true"],
		["E", "false"],
		["", "false"]
	]);
});

test("a page has at most 100 things, whatever is asked for", () => {
	const bench = new Bench();
	for (let at = 0; at < 101; at++) {
		bench.ask(
			`t${at}@example.org/x`,
			"set",
			`<register xmlns='${XEP}' selfOwned='1'><str name='CLASS' value='Lamp'/><num name='N' value='${at}'/></register>`
		);
	}
	const found = find(bench, "<strEq name='CLASS' value='Lamp'/>", "maxCount='5000'");
	expect([found.getChildElements().length, found.attrs.more]).toEqual([100, "true"]);
});

test("things that say very much do not make a page that the broker refuses", () => {
	const bench = new Bench();
	const much = Array.from({ length: 31 }, (_, at) => `<str name='T${at}' value='${"&quot;".repeat(128)}'/>`).join("");
	for (let at = 0; at < 30; at++) {
		bench.ask(`t${at}@example.org/x`, "set", `<register xmlns='${XEP}' selfOwned='1'><str name='CLASS' value='Lamp'/>${much}</register>`);
	}
	let seen = 0;
	for (let more = "true"; more === "true"; ) {
		const found = find(bench, "<strEq name='CLASS' value='Lamp'/>", `offset='${seen}'`);
		expect(found.toString().length).toBeLessThan(128 * 1024);
		seen += found.getChildElements().length;
		more = found.attrs.more!;
	}
	expect(seen).toBe(30);
});

test.each([
	["no operator", "", ""],
	["an unknown operator", "<strRegEx name='SN' value='.*'/>", ""],
	["a mask of numbers", "<numMask name='V' value='1*' wildcard='*'/>", ""],
	["no name", "<strEq value='x'/>", ""],
	["no value", "<strEq name='SN'/>", ""],
	["no wildcard", "<strMask name='SN' value='*'/>", ""],
	["half a range", "<numRange name='V' min='1'/>", ""],
	["a number that is none", "<numEq name='V' value='one'/>", ""],
	["a boolean that is none", "<numRange name='V' min='1' max='2' minIncluded='TRUE'/>", ""],
	["a negative offset", "<strEq name='SN' value='A'/>", "offset='-1'"],
	["a page of nothing", "<strEq name='SN' value='A'/>", "maxCount='0'"],
	["too many operators", "<strEq name='SN' value='A'/>".repeat(33), ""]
])("%s: bad-request", (_, operators, attributes) => {
	expect(populated().outcome(SEEKER, "get", `<search xmlns='${XEP}' ${attributes}>${operators}</search>`)).toBe("bad-request");
});
