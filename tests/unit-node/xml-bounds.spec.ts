// Documents that meet bounds at every turn: what becomes of them depends on no cut.

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { encodeUTF8 } from "../../src/text/utf8.js";
import { events } from "../support/xml-events.js";
import { Dice } from "../world/dice.js";

/** EXTASIS_FUZZ and EXTASIS_SEED as in xml-fuzz.spec.ts. */
const DOCUMENTS = Number(process.env.EXTASIS_FUZZ ?? 6000);
const dice = new Dice(Number(process.env.EXTASIS_SEED ?? 1));
const roll = (below: number): number => dice.below(below);
const pick = <T>(list: readonly T[]): T => list[roll(list.length)]!;
const several = (most: number, make: () => string): string => Array.from({ length: roll(most) }, make).join("");

const corpus = fileURLToPath(new URL("../corpus/", import.meta.url));
const stanzas = readdirSync(corpus).flatMap((file) => readFileSync(`${corpus}${file}`, "utf8").trimEnd().split("\n").slice(1));
const names = ["a", "b", "p:a", "q:b", "é", "abcdefgh", "xml:lang", "__proto__", "xmlns1", "xmlnś", "日本"];
const texts = "t|é|€|😀|]|]]|\r|\n|\r\n|&lt;|&#x41;|&#128512;|>|&gt;|0123456789|<![CDATA[|]]>|<![CDATA[]]|x]]>| |\t|<![CDATA[<&>]]]>".split(
	"|"
);
const values = 'v|é|😀|\r|\n|\r\n|\t|&lt;|&#65;|&#x20AC;|"|>|0123456789'.split("|");
const noise = "<|>|&|]]>|'|\"|/|=|\x01|é| |&#|xmlns:|<!|<?".split("|");
const text = (): string => several(8, () => pick(texts));
const value = (): string => several(6, () => pick(values));

function attribute(): string {
	switch (roll(5)) {
		case 0:
			return ` xmlns='u${value()}'`;
		case 1:
			return ` xmlns:p='${value()}'`;
		case 2:
			return ` xmlns:q='v'`;
		case 3:
			return `\n a${roll(99)} =\r "${value().replaceAll('"', "")}"`;
		default:
			return ` ${pick(names)}='${value()}'`;
	}
}

function element(depth: number): string {
	const name = pick(["query", "m", "i", pick(names)]);
	const start = `<${name}${several(4, attribute)}`;
	if (depth > 6 || roll(4) === 0) return `${start}/>`;
	return `${start}>${several(4, () => (roll(2) === 0 ? text() : element(depth + 1)))}</${name}${pick(["", "", " \n"])}>`;
}

function changed(bytes: Uint8Array): Uint8Array {
	const list = Array.from(bytes);
	for (let change = roll(3); change >= 0; change--) {
		const at = roll(list.length);
		if (roll(4) === 0) list[at] = roll(256);
		else if (roll(3) === 0) list.splice(at, 1 + roll(4));
		else if (roll(2) === 0) list.splice(at, 0, ...encodeUTF8(pick(noise)));
		else list.splice(at, 0, ...list.slice(at, at + roll(60)));
	}
	return Uint8Array.from(list);
}

const small = (): number => pick([3, 5, 10, 20, 40, 80, 200, 1000]);

test("a document near its bounds is refused, skipped or read otherwise when it is cut", () => {
	const ends = new Set<string>();
	for (let n = 0; n < DOCUMENTS; n++) {
		const content = roll(3) === 0 ? pick(stanzas) + pick(stanzas) : `${element(2)}${element(2)} ${element(2)}`;
		const document = encodeUTF8(`${pick(["", "<?xml version='1.0'?>"])}<s xmlns:p='u' xmlns:q='w'>${content}</s>`);
		const bytes = roll(2) === 0 ? document : changed(document);
		const bounds =
			roll(3) === 0
				? {}
				: {
						builtBytes: small() * 2,
						builtElements: 1 + roll(10),
						stanzaBytes: small() * 4,
						depth: 2 + roll(6),
						attributes: 1 + roll(5),
						nameBytes: small(),
						attributeBytes: small(),
						textBytes: small(),
						namespaces: 1 + roll(6),
						namespaceBytes: small(),
						hardDepth: 3 + roll(8),
						hardAttributes: 2 + roll(6),
						hardNameBytes: 8 + small(),
						openBytes: small() * 2
					};
		const parts = roll(3) === 0 ? 2 + roll(3) : 0;
		const whole = events(bytes, { bounds, parts });
		for (const line of whole) ends.add(line.split(" ")[0]!);
		for (const cut of [1, 2 + roll(6), 1 + roll(100)]) {
			const other = events(bytes, { bounds, parts, cut });
			// expect() is slow
			if (JSON.stringify(other) !== JSON.stringify(whole))
				expect({ n, cut, bounds, parts, other }).toEqual({ n, cut, bounds, parts, other: whole });
		}
	}
	for (const end of ["close", "skipped", "part", "policy-violation", "not-well-formed", "bad-format", "restricted-xml"])
		expect(ends).toContain(end);
	for (const end of ["unsupported-encoding", "bad-namespace-prefix"]) expect(ends).toContain(end);
});
