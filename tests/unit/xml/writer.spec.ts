// What is written, and what is refused to be.
import { decodeUTF8, encodeUTF8 } from "../../../src/text/utf8.js";
import { Writer } from "../../../src/xml/writer.js";
import { events } from "../../support/xml-events.js";

function write(build: (writer: Writer) => void, namespace?: string): string {
	const writer = new Writer({ limit: 10_000, namespace });
	build(writer);
	return decodeUTF8(writer.closeAll().take());
}

describe("what is written", () => {
	test("differs from what was meant", () => {
		expect(
			write((w) =>
				w.open("a").attribute("b", "1").attribute("c", undefined).attribute("xml:lang", "de").text("x").open("d").close().text("y")
			)
		).toBe("<a b='1' xml:lang='de'>x<d/>y</a>");
		expect(write((w) => w.open("a").text("").close())).toBe("<a/>");
		expect(write((w) => w.open("a").close().open("b").close())).toBe("<a/><b/>");
	});

	test("declares a namespace where it does not change, or not where it does", () => {
		expect(write((w) => w.open("iq").open("q", "u").open("r").open("s", "u").close().open("t", "v"), "jabber:client")).toBe(
			"<iq><q xmlns='u'><r><s/><t xmlns='v'/></r></q></iq>"
		);
		expect(write((w) => w.open("iq", "jabber:client").open("q", "").open("r"), "jabber:client")).toBe("<iq><q xmlns=''><r/></q></iq>");
		expect(write((w) => w.open("q", "u&'").close().open("r"))).toBe("<q xmlns='u&amp;&apos;'/><r/>");
	});

	test("is read back as something else", () => {
		const hard = "<>&\"' \t\n\r\r\n ]]> é€😀 \u0085\u2028\ufffd\u{10ffff} &lt; <![CDATA[";
		const document = write((w) => w.open("s").open("m").attribute("a", hard).attribute("ö", "").text(hard));
		expect(events(document)).toEqual(["open s", `m a=${JSON.stringify(hard)} ö="":${JSON.stringify(hard)}`, "close"]);
	});

	test("has characters that XML does not allow", () => {
		const writer = new Writer({ limit: 1000 }).open("a").attribute("b", "1");
		for (const text of ["\0", "a\0b", "\x01", "\x08", "\x0b", "\x1f", "\ud83d", "x\ude00", "\ufffe", "\uffff"]) {
			expect(() => writer.text(text)).toThrow("XML does not allow");
			expect(() => writer.attribute("c", text)).toThrow("XML does not allow");
			expect(() => writer.open("c", text)).toThrow("XML does not allow");
		}
		expect(decodeUTF8(writer.close().take())).toBe("<a b='1'/>");
	});

	test("has names that are none", () => {
		const writer = new Writer({ limit: 1000 }).open("a");
		for (const name of ["", "1", "-a", "a b", "a:b", "a'", "a>", "a\0", "é×", "\ud83d"]) {
			expect(() => writer.open(name)).toThrow("no element name");
			expect(() => writer.attribute(name, "")).toThrow("no attribute name");
		}
		expect(() => writer.attribute("xmlns", "u")).toThrow("no attribute name");
		expect(() => writer.attribute("xmlns:a", "u")).toThrow("no attribute name");
		expect(() => writer.open("b", "http://www.w3.org/2000/xmlns/")).toThrow();
		expect(() => writer.open("b", "http://www.w3.org/XML/1998/namespace")).toThrow();
		expect(decodeUTF8(writer.close().take())).toBe("<a/>");
	});

	test("has two attributes of one name, or one after the content", () => {
		const writer = new Writer({ limit: 1000 }).open("a").attribute("b", "1");
		expect(() => writer.attribute("b", "2")).toThrow("two attributes");
		writer.open("c").attribute("b", "1").close();
		expect(() => writer.attribute("d", "1")).toThrow("outside");
		writer.text("x");
		expect(() => writer.attribute("d", "1")).toThrow("outside");
		expect(decodeUTF8(writer.close().take())).toBe("<a b='1'><c b='1'/>x</a>");
		expect(() => writer.attribute("d", "1")).toThrow("outside");
	});
});

describe("calls out of order", () => {
	test("give half a stanza", () => {
		const writer = new Writer({ limit: 1000 });
		expect(() => writer.text("x")).toThrow();
		expect(() => writer.close()).toThrow();
		writer.open("a").open("b");
		expect(writer.depth).toBe(2);
		expect(() => writer.take()).toThrow("open");
		expect(decodeUTF8(writer.closeAll().take())).toBe("<a><b/></a>");
		expect(writer.length).toBe(0);
		expect(writer.take()).toHaveLength(0);
	});

	test("leave something after reset()", () => {
		const writer = new Writer({ limit: 100_000, namespace: "u" });
		writer.open("a", "v").text("x".repeat(50_000)).open("b").reset();
		expect(writer.depth).toBe(0);
		expect(() => writer.attribute("c", "1")).toThrow();
		expect(decodeUTF8(writer.open("d", "u").close().take())).toBe("<d/>");
	});

	test("change bytes that were taken", () => {
		const writer = new Writer({ limit: 100 });
		const bytes = writer.open("a").close().take();
		writer.open("b").close();
		expect(decodeUTF8(bytes)).toBe("<a/>");
	});
});

describe("the limit", () => {
	test("is passed, or leaves half of what went over it", () => {
		const writer = new Writer({ limit: 20 }).open("a").text("0123456789");
		const length = writer.length;
		expect(() => writer.text("0123456789")).toThrow("20 bytes");
		expect(() => writer.text("&&&")).toThrow("20 bytes");
		expect(() => writer.open("bcdefgh")).toThrow("20 bytes");
		expect(() => writer.open("b", "uvwxyz")).toThrow("20 bytes");
		expect(writer.length).toBe(length);
		expect(writer.depth).toBe(1);
		expect(decodeUTF8(writer.close().take())).toBe("<a>0123456789</a>");
	});

	test("is another error than a wrong name", () => {
		const writer = new Writer({ limit: 5 });
		let error: unknown;
		try {
			writer.open("abcdef");
		} catch (caught) {
			error = caught;
		}
		expect(error instanceof RangeError).toBe(true);
	});

	test("is not reached", () => {
		const writer = new Writer({ limit: 4096 });
		const bytes = writer.open("a").text("é".repeat(2044)).text("x").close().take();
		expect(bytes).toHaveLength(4096);
		expect(encodeUTF8("é")).toHaveLength(2);
	});
});
