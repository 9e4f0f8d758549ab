// What differs between the engines and src/ must not notice: names from the wire are no keys on XS, emoji are whole, no number is "-0", errors are told by class.

import { decodePercent, parseSticker } from "../../hosts/factory/sticker.js";
import { type FieldType, writeValue } from "../../src/iot/sensor-data.js";
import { writeNumber, writeSticker } from "../../src/iot/sticker.js";
import { xmlLimits } from "../../src/limits.js";
import { decodeBase64, encodeBase64 } from "../../src/text/base64.js";
import { writeDateTime } from "../../src/text/datetime.js";
import { writeDecimal } from "../../src/text/decimal.js";
import { foldASCII, sameFolded } from "../../src/text/fold.js";
import { encodePercent } from "../../src/text/percent.js";
import { decodeUTF8, encodeUTF8, utf8Length } from "../../src/text/utf8.js";
import type { Element } from "../../src/xml/element.js";
import { XMLError } from "../../src/xml/error.js";
import { XMLParser } from "../../src/xml/parser.js";
import { Writer } from "../../src/xml/writer.js";
import { parseForm } from "../../src/xmpp/forms.js";
import { bareJID, foldJID, isJID, resourceOf, sameBare } from "../../src/xmpp/jid.js";

interface Counting {
	figures(): string;
}

/** Keys that were ever made on XS, which never gives one back; on Node there is nothing to count. */
function keys(): number {
	const { simulator } = globalThis as { simulator?: Counting };
	return simulator === undefined ? 0 : (JSON.parse(simulator.figures()) as { keys: number }).keys;
}

function parse(text: string, onElement: (element: Element) => void, cut = 1 << 20): void {
	const parser = new XMLParser({ onOpen() {}, onElement, onSkipped() {}, onClose() {} }, xmlLimits);
	const bytes = encodeUTF8(text);
	for (let at = 0; at < bytes.length; at += cut) parser.write(bytes.subarray(at, at + cut));
}

describe("names from the wire become keys that XS never collects:", () => {
	const many = 10_000;

	/** How many keys the last nine of ten rounds made: the first may make those of the code itself. */
	function keysOf(round: (n: number) => void): number {
		// Its own answer has names too.
		let before = keys();
		for (let n = 0; n < many; n++) {
			if (n === many / 10) before = keys();
			round(n);
		}
		return keys() - before;
	}

	test("elements, attributes, prefixes and namespaces", () => {
		let seen = 0;
		const parser = new XMLParser(
			{
				onOpen() {},
				onElement(element) {
					if (element.children[0]?.attribute("b") === "1" && element.child("c") === undefined) seen++;
				},
				onSkipped() {},
				onClose() {}
			},
			xmlLimits
		);
		parser.write(encodeUTF8("<s xmlns='u'>"));
		const made = keysOf((n) =>
			parser.write(encodeUTF8(`<e${n} a${n}='1'><p${n}:e xmlns:p${n}='urn:${n}' p${n}:a${n}='v${n}' b='1'/></e${n}>`))
		);
		expect(seen).toBe(many);
		expect(made).toBe(0);
	});

	test("addresses, tags of stickers, fields of forms", () => {
		let form: Element | undefined;
		const made = keysOf((n) => {
			expect(foldJID(`Local${n}@Domain${n}.example/Resource${n}`)).toBe(`local${n}@domain${n}.example/Resource${n}`);
			if (n % 10 > 0) return;
			expect(parseSticker(`iotdisco:SN=${n};TAG${n}=${n};#NUM${n}=1`)?.tags).toHaveLength(3);
			parse(`<s><x xmlns='jabber:x:data' type='form'><field var='v${n}' type='t${n}'/></x></s>`, (element) => {
				form = element;
			});
			expect(parseForm(form!)?.fields[0]?.name).toBe(`v${n}`);
		});
		expect(made).toBe(0);
	});
});

describe("a character beyond U+FFFF is cut in two, or counted twice:", () => {
	const emoji = "😀\u{10ffff}";

	test("where a long text is put together from runs", () => {
		for (let before = 1020; before <= 1026; before++) {
			const text = `${"x".repeat(before)}${emoji.repeat(3)}y`;
			const bytes = encodeUTF8(text);
			expect(bytes).toHaveLength(before + 25);
			expect(utf8Length(text)).toBe(before + 25);
			expect(decodeUTF8(bytes)).toBe(text);
		}
	});

	test("in XML, wherever the network cuts it", () => {
		const text = `a${emoji}é${emoji}`;
		for (const cut of [1, 2, 3, 5]) {
			const seen: Element[] = [];
			parse(`<s><m a='${text}'>${text}&#x1F600;</m></s>`, (element) => seen.push(element), cut);
			expect(seen.map((element) => [element.attribute("a"), element.text])).toEqual([[text, `${text}😀`]]);
		}
		const writer = new Writer({ limit: 1000 });
		expect(decodeUTF8(writer.open("m").attribute("a", text).text(text).close().take())).toBe(`<m a='${text}'>${text}</m>`);
	});

	test("in addresses", () => {
		const jid = `😀@a.example/${emoji}`;
		expect([isJID(jid), bareJID(jid), resourceOf(jid), foldJID(`😀X@A.example/${emoji}X`)]).toEqual([
			true,
			"😀@a.example",
			emoji,
			`😀x@a.example/${emoji}X`
		]);
		expect(sameBare("😀A@a.example/1", "😀a@A.example/2")).toBe(true);
		expect(isJID(`${"😀".repeat(255)}@a.example`)).toBe(true);
		expect(isJID(`${"😀".repeat(256)}@a.example`)).toBe(false);
	});

	test("in stickers, escapes and folded names", () => {
		const tags = [{ name: "NAME", value: `a;=${emoji}` }];
		expect(parseSticker(writeSticker(tags))?.tags).toEqual(tags);
		expect(encodePercent(emoji)).toBe("%F0%9F%98%80%F4%8F%BF%BF");
		expect(decodePercent("%F0%9F%98%80%F4%8F%BF%BF")).toBe(emoji);
		expect([foldASCII(`A${emoji}B`), sameFolded(`A${emoji}`, `a${emoji}`)]).toEqual([`a${emoji}b`, true]);
		expect(decodeUTF8(decodeBase64(encodeBase64(encodeUTF8(emoji)))!)).toBe(emoji);
	});
});

test("a zero that is negative on Node, and not always on XS, is written with its sign", () => {
	const [zero, minus, small] = [0, -1, -0.004];
	for (const value of [zero * minus, Math.round(small), Number("-0"), minus % 1, Math.ceil(-0.5)]) {
		for (const decimals of [0, 1, 20]) expect(writeDecimal(value, decimals)?.startsWith("0")).toBe(true);
		for (const type of ["numeric", "int", "long"] as FieldType[])
			expect(writeValue({ name: "N", type, categories: 1, decimals: 1 }, value)?.startsWith("0")).toBe(true);
		expect(writeNumber(value)).toBe("0");
		expect(writeDateTime(value)).toBe("1970-01-01T00:00:00Z");
	}
	expect(writeDecimal(small, 2)).toBe("0.00");
});

test("an error cannot be made, or is told by a name that XS does not let it have", () => {
	const error = new XMLError("bad-format", 7);
	expect([error instanceof XMLError, error instanceof Error, error.name, error.condition, error.offset]).toEqual([
		true,
		true,
		"Error",
		"bad-format",
		7
	]);
	expect(error.message).toBe("bad-format at byte 7");
	let caught: unknown;
	try {
		parse("<s><m></n></s>", () => {});
	} catch (thrown) {
		caught = thrown;
	}
	expect(caught instanceof XMLError && caught.condition).toBe("not-well-formed");
});
