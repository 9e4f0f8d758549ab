// What is built of a stanza: whole, in parts, or not at all.
import { limits } from "../../../src/limits.js";
import { encodeUTF8 } from "../../../src/text/utf8.js";
import type { Element } from "../../../src/xml/element.js";
import { type Parts, XMLParser } from "../../../src/xml/parser.js";
import { events, show } from "../../support/xml-events.js";

const long = (bytes: number) => "x".repeat(bytes);

describe("a stanza that is too large", () => {
	test("comes with more than its head, or without it", () => {
		expect(events(`<s><m a='1'>text<p b='2'>${long(5000)}</p><q/></m><n/></s>`)).toEqual([
			"open s",
			'skipped m a="1"[p b="2"]',
			"n",
			"close"
		]);
		expect(events(`<s><m a='1'>${long(5000)}<p/></m></s>`)).toEqual(["open s", 'skipped m a="1"', "close"]);
		expect(events(`<s><m><p b='${long(2000)}' c='${long(2000)}' d='${long(100)}'/></m></s>`)).toEqual(["open s", "skipped m", "close"]);
		expect(events(`<s><m><o/><p>${long(5000)}</p></m></s>`)).toEqual(["open s", "skipped m[o]", "close"]);
	});

	test("is built up to the byte", () => {
		const stanza = (bytes: number) => `<m>${long(bytes - 7)}</m>`;
		for (const cut of [1, 64, 5000]) {
			expect(events(`<s>${stanza(4096)}</s>`, { cut })[1]!.slice(0, 5)).toBe('m:"xx');
			expect(events(`<s>${stanza(4097)}</s>`, { cut })[1]).toBe("skipped m");
		}
	});

	test("in elements, few bytes each, takes all memory", () => {
		const stanza = (elements: number) => `<m>${"<x/>".repeat(elements - 1)}</m>`;
		const builtElements = limits.builtElements;
		for (const cut of [1, 5000]) {
			const lines = events(`<s>${stanza(builtElements)}${stanza(builtElements + 1)}${stanza(builtElements)}</s>`, { cut });
			expect(lines.map((line) => line.slice(0, 11))).toEqual(["open s", "m[x,x,x,x,x", "skipped m[x", "m[x,x,x,x,x", "close"]);
		}
		const part = (elements: number) => `<i>${"<x/>".repeat(elements - 1)}</i>`;
		const parts = `<s><m><query>${part(builtElements)}${part(builtElements + 1)}${part(builtElements)}</query>${"<y/>".repeat(100)}</m></s>`;
		expect(events(parts, { parts: 2 }).map((line) => line.slice(0, 15))).toEqual([
			"open s",
			"part i[x,x,x,x,",
			"part i[x,x,x,x,",
			"skipped m[query",
			"close"
		]);
		const rest = `<s><m><query>${part(builtElements)}</query>${"<y/>".repeat(builtElements - 2)}</m></s>`;
		expect(events(rest, { parts: 2 })[2]!.slice(0, 10)).toBe("m[query,y,");
	});

	test("takes its neighbours with it", () => {
		expect(events(`<s><m/><m>${long(5000)}</m><m/>${`<m>${long(1000)}</m>`.repeat(5)}</s>`).map((line) => line.slice(0, 9))).toEqual([
			"open s",
			"m",
			"skipped m",
			"m",
			...Array.from({ length: 5 }, () => 'm:"xxxxxx'),
			"close"
		]);
	});

	test("is asked for its payloads when it is already skipped", () => {
		const asked: string[] = [];
		const parser = new XMLParser({
			onOpen() {},
			onPayload: (_, payload) => {
				asked.push(payload.name);
				return undefined;
			},
			onElement() {},
			onSkipped() {},
			onClose() {}
		});
		parser.write(encodeUTF8(`<s><m><p/><q>${long(5000)}</q><r/></m></s>`));
		expect(asked).toEqual(["p", "q"]);
	});
});

describe("parts", () => {
	test("come out of order, or what is around them gets lost", () => {
		const document = "<s><iq id='1'>t<query ver='2'>x<i a='1'>y<j>z</j></i> <i/></query><error><gone/></error></iq><m/></s>";
		expect(events(document, { parts: 2 })).toEqual([
			"open s",
			'part i a="1":"y"[j:"z"]',
			"part i",
			'iq id="1":"t"[query ver="2",error[gone]]',
			"m",
			"close"
		]);
	});

	test("at another depth are not found, or found where they are not", () => {
		const document = "<s><iq><query><i><j>1</j>t<j><k/></j></i><i/><j>no</j></query></iq></s>";
		expect(events(document, { parts: 3 })).toEqual(["open s", 'part j:"1"', "part j[k]", "iq[query]", "close"]);
		expect(events(document, { parts: 4 })).toEqual(["open s", "part k", "iq[query]", "close"]);
		expect(events(document, { parts: 5 })).toEqual(["open s", "iq[query]", "close"]);
	});

	test("of two payloads are mixed up", () => {
		const document = "<s><iq><query a='1'><i n='1'/></query><p><i/></p><query a='2'><i n='2'/></query></iq></s>";
		expect(events(document, { parts: 2 })).toEqual(["open s", 'part i n="1"', 'part i n="2"', 'iq[query a="1",p[i],query a="2"]', "close"]);
	});

	test("count for what is built of the stanza", () => {
		const document = (rest: number) => `<s><iq>${long(2000)}<query>${"<i/>".repeat(3000)}${long(5000)}</query>${long(rest)}</iq></s>`;
		const lines = events(document(2000), { parts: 2 });
		expect(lines).toHaveLength(3003);
		expect(lines[3001]!.slice(0, 6)).toBe('iq:"xx');
		expect(events(document(2200), { parts: 2 })[3001]).toBe("skipped iq[query]");
	});

	test("that are too large are built, or end the others", () => {
		const document = `<s><iq id='1'><query v='2'><i/><i>${long(5000)}</i><i a='${long(2000)}' b='${long(2000)}' c='${long(99)}'/><i n='3'/></query></iq><m/></s>`;
		for (const cut of [1, 64, 100_000]) {
			expect(events(document, { parts: 2, cut })).toEqual([
				"open s",
				"part i",
				'part i n="3"',
				'skipped iq id="1"[query v="2"]',
				"m",
				"close"
			]);
		}
	});

	test("see content in the stanza or the payload when they are asked for", () => {
		const seen: string[] = [];
		const parser = new XMLParser({
			onOpen() {},
			onPayload: (stanza: Element, payload: Element): Parts | undefined => {
				seen.push(`${show(stanza)} ${show(payload)}`);
				return undefined;
			},
			onElement() {},
			onSkipped() {},
			onClose() {}
		});
		parser.write(encodeUTF8("<s><iq id='1'><query v='2'>x<i/></query></iq></s>"));
		expect(seen).toEqual(['iq id="1" query v="2"']);
	});

	test("of a roster of 1,000 friends are too many", () => {
		let count = 0;
		let last = "";
		const parts: Parts = {
			depth: 2,
			onPart: (part) => {
				count++;
				last = part.attribute("jid")!;
			}
		};
		let ended = "";
		const parser = new XMLParser({
			onOpen() {},
			onPayload: (_, payload) => (payload.namespace === "jabber:iq:roster" ? parts : undefined),
			onElement: (stanza) => {
				ended = show(stanza);
			},
			onSkipped() {},
			onClose() {}
		});
		parser.write(encodeUTF8("<s xmlns='jabber:client'><iq type='result' id='r'><query xmlns='jabber:iq:roster'>"));
		for (let n = 1; n <= 1000; n++) {
			parser.write(encodeUTF8(`<item jid='friend-${n}@example.org' name='Friend ${n}' subscription='both'><group>All</group></item>`));
		}
		parser.write(encodeUTF8("</query></iq>"));
		expect(count).toBe(1000);
		expect(last).toBe("friend-1000@example.org");
		expect(ended).toBe('{jabber:client}iq type="result" id="r"[{jabber:iq:roster}query]');
	});
});
