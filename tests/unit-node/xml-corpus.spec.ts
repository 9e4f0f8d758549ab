// Every stanza of tests/corpus, cut at every byte: the parser says the same, and saxes agrees.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { xmlLimits } from "../../src/limits.js";
import { encodeUTF8 } from "../../src/text/utf8.js";
import { XMLParser } from "../../src/xml/parser.js";
import { show } from "../support/xml-events.js";
import { judge } from "../support/xml-judge.js";

const folder = fileURLToPath(new URL("../corpus/", import.meta.url));
const files = readdirSync(folder).sort();
const stanzasOf = (file: string): string[] => readFileSync(`${folder}${file}`, "utf8").trimEnd().split("\n").slice(1);
const header = "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>";

/** What a stanza is read as when it comes in these pieces after the header; an error is not caught. */
function read(...pieces: Uint8Array[]): string {
	let result = "";
	const parser = new XMLParser(
		{
			onOpen() {},
			onElement: (element) => {
				result += show(element);
			},
			onSkipped: (head) => {
				result += `skipped ${show(head)}`;
			},
			onClose() {}
		},
		xmlLimits
	);
	parser.write(encodeUTF8(header));
	for (const piece of pieces) parser.write(piece);
	return result;
}

test("the corpus has shrunk", () => {
	const stanzas = files.flatMap(stanzasOf);
	expect(new Set(stanzas).size).toBe(stanzas.length);
	expect(stanzas.length).toBeGreaterThanOrEqual(300);
});

test.each(files)("a stanza of %s is read otherwise when it is cut", (file) => {
	for (const stanza of stanzasOf(file)) {
		const bytes = encodeUTF8(stanza);
		const whole = read(bytes);
		expect(whole.startsWith("{")).toBe(true);
		const wrong: number[] = [];
		for (let at = 1; at < bytes.length; at++) {
			if (read(bytes.subarray(0, at), bytes.subarray(at)) !== whole) wrong.push(at);
		}
		expect({ stanza, wrong }).toEqual({ stanza, wrong: [] });
		expect(read(...Array.from(bytes, (byte) => Uint8Array.of(byte)))).toBe(whole);
	}
});

test.each(files)("a stanza of %s is read otherwise than by saxes", (file) => {
	for (const stanza of stanzasOf(file)) {
		expect({ stanza, verdict: judge(`${header}${stanza}</stream:stream>`, 64) }).toEqual({ stanza, verdict: "taken" });
	}
});
