// A handler that stops or restarts the parser, and one that throws.
import { encodeUTF8 } from "../../../src/text/utf8.js";
import { XMLError } from "../../../src/xml/error.js";
import { XMLParser } from "../../../src/xml/parser.js";
import { show } from "../../support/xml-events.js";

/** A parser that does `act` at the events of that line. */
function parserThat(act: Record<string, (parser: XMLParser) => void>): { parser: XMLParser; lines: string[] } {
	const lines: string[] = [];
	const say = (line: string): void => {
		lines.push(line);
		if (Object.hasOwn(act, line)) {
			act[line]!(parser);
		}
	};
	const parser: XMLParser = new XMLParser({
		onOpen: (root) => say(`open ${show(root)}`),
		onPayload: (_, payload) => {
			say(`payload ${show(payload)}`);
			return payload.name === "parts" ? { depth: 2, onPart: (part) => say(`part ${show(part)}`) } : undefined;
		},
		onElement: (element) => say(show(element)),
		onSkipped: (head) => say(`skipped ${show(head)}`),
		onClose: () => say("close")
	});
	return { parser, lines };
}

function caught(act: () => void): unknown {
	try {
		act();
	} catch (error) {
		return error;
	}
	return undefined;
}

describe("stop()", () => {
	test("takes bytes after the tag", () => {
		const { parser, lines } = parserThat({ proceed: (p) => p.stop() });
		const bytes = encodeUTF8("<s><proceed/><evil/></s>");
		expect(parser.write(bytes)).toBe(13);
		expect(lines).toEqual(["open s", "proceed"]);
	});

	test("counts wrong where the bytes came in pieces, or in one longer than the window", () => {
		const before = `<s>${"<m>x</m>".repeat(700)}`;
		for (const start of [0, 1, 64, before.length - 1, before.length + 4]) {
			const { parser } = parserThat({ proceed: (p) => p.stop() });
			const bytes = encodeUTF8(`${before}<proceed/>${"<m/>".repeat(2000)}`);
			expect(parser.write(bytes.subarray(0, start))).toBe(start);
			expect(parser.write(bytes.subarray(start))).toBe(before.length + 10 - start);
		}
	});

	test("cannot be followed by more", () => {
		const { parser, lines } = parserThat({ proceed: (p) => p.stop() });
		parser.write(encodeUTF8("<s><proceed/>dropped"));
		expect(parser.write(encodeUTF8("<m/></s>"))).toBe(8);
		expect(lines).toEqual(["open s", "proceed", "m", "close"]);
	});

	test("in any callback, or outside one, does something else", () => {
		const document = "<s><m><p/></m><m><parts><i></i></parts></m></s>";
		for (const [line, taken] of [
			["open s", 3],
			["payload p", 10],
			["payload parts", 24],
			["part i", 31],
			["close", document.length]
		] as [string, number][]) {
			const { parser } = parserThat({ [line]: (p) => p.stop() });
			parser.stop();
			expect(parser.write(encodeUTF8(document))).toBe(taken);
		}
	});
});

describe("restart()", () => {
	test("keeps something of the old stream", () => {
		const { parser, lines } = parserThat({ success: (p) => p.restart() });
		parser.write(encodeUTF8("<x:s xmlns:x='u' xmlns='v' ><success xmlns=''/><?xml version='1.0'?><x:s xmlns:x='w'><m/></x:s>"));
		expect(lines).toEqual(["open {u}s", "success", "open {w}s", "m", "close"]);
	});

	test("between two writes keeps half a tag", () => {
		const { parser, lines } = parserThat({});
		parser.write(encodeUTF8("<s><m a='&am"));
		parser.restart();
		parser.write(encodeUTF8("<?xml version='1.0'?><t><n>&lt;</n></t>"));
		expect(lines).toEqual(["open s", "open t", 'n:"<"', "close"]);
	});

	test("does not heal a parser that refused", () => {
		const { parser, lines } = parserThat({});
		expect(caught(() => parser.write(encodeUTF8("<s><m>&#x"))) === undefined).toBe(true);
		expect(caught(() => parser.write(encodeUTF8("z"))) instanceof XMLError).toBe(true);
		parser.restart();
		parser.write(encodeUTF8("<t><n>&amp;</n>"));
		expect(lines).toEqual(["open s", "open t", 'n:"&"']);
	});

	test("in any callback leaves the old element open", () => {
		for (const line of ["open s", "payload p", "payload parts", "part i", "m[p]", "close"]) {
			const { parser, lines } = parserThat({ [line]: (p) => p.restart() });
			const document = "<s><m><p/></m><m><parts><i/></parts></m></s>";
			const bytes = encodeUTF8(document);
			const cut = { "open s": 3, "payload p": 10, "payload parts": 24, "part i": 28, "m[p]": 14, close: document.length }[line]!;
			parser.write(bytes.subarray(0, cut));
			expect(lines[lines.length - 1]).toBe(line);
			parser.write(encodeUTF8("<t><n/></t>"));
			expect(lines.slice(-3)).toEqual(["open t", "n", "close"]);
		}
	});

	test("leaves the offsets of the old stream", () => {
		const { parser } = parserThat({ m: (p) => p.restart() });
		const error = caught(() => parser.write(encodeUTF8("<s><m/><t>x")));
		expect(error instanceof XMLError && error.offset).toBe(3);
	});
});

describe("after an error", () => {
	test("more is parsed, or another error comes", () => {
		const { parser, lines } = parserThat({});
		const first = caught(() => parser.write(encodeUTF8("<s>x")));
		expect(first instanceof XMLError && first.condition).toBe("bad-format");
		expect(caught(() => parser.write(encodeUTF8("<m/>"))) === first).toBe(true);
		expect(caught(() => parser.write(new Uint8Array(0))) === first).toBe(true);
		expect(lines).toEqual(["open s"]);
	});

	test("of a handler the parser goes on", () => {
		const mistake = new Error("mistake");
		const { parser } = parserThat({
			m: () => {
				throw mistake;
			}
		});
		expect(caught(() => parser.write(encodeUTF8("<s><m/><n/>"))) === mistake).toBe(true);
		expect(caught(() => parser.write(encodeUTF8("<n/>"))) === mistake).toBe(true);
	});

	test("write() in a callback is not one", () => {
		const { parser } = parserThat({ m: (p) => void p.write(encodeUTF8("<n/>")) });
		expect(() => parser.write(encodeUTF8("<s><m/>"))).toThrow("callback");
	});
});
