// The world's reader and its bytes are the same on either engine, whatever an engine takes for one element of a string.
import { base64, bytesOf, fromBase64, hex, TextReader } from "./bytes.js";
import { type Element, parseStanza, StreamReader, xml } from "./xml.js";

const text = "a é € 😀 \u{10ffff}";

function read(bytes: Uint8Array, cut: number): { stanzas: Element[]; errors: string[] } {
	const stanzas: Element[] = [];
	const errors: string[] = [];
	const reader = new StreamReader({
		onStream: () => {},
		onStanza: (stanza) => stanzas.push(stanza),
		onEnd: () => {},
		onError: ({ message }) => errors.push(message)
	});
	for (let at = 0; at < bytes.length; at += cut) reader.write(bytes.subarray(at, at + cut));
	return { stanzas, errors };
}

test("characters of every length come through, wherever they are cut", () => {
	const bytes = bytesOf(`<stream xmlns='jabber:client'><m a='${text}'>${text}<![CDATA[${text}]]>&#x1f600;</m>`);
	for (const cut of [1, 2, 3, 4, 5, 7, 1000]) {
		const { stanzas, errors } = read(bytes, cut);
		expect(errors).toEqual([]);
		expect(stanzas).toHaveLength(1);
		expect(stanzas[0]!.attrs.a).toBe(text);
		expect(stanzas[0]!.children.join("")).toBe(`${text}${text}😀`);
	}
});

test.each([
	["a byte of no character", [0xff]],
	["a continuation alone", [0x80]],
	["an overlong slash", [0xc0, 0xaf]],
	["a surrogate", [0xed, 0xa0, 0x80]],
	["what is above U+10FFFF", [0xf4, 0x90, 0x80, 0x80]],
	["a character that is broken off", [0xe2, 0x82, 0x20]]
])("%s is refused", (_, wrong) => {
	const bytes = Uint8Array.from([...bytesOf("<stream xmlns='jabber:client'><m>"), ...wrong, ...bytesOf("</m>")]);
	for (const cut of [1, 2, 1000]) {
		const { stanzas, errors } = read(bytes, cut);
		expect(stanzas).toEqual([]);
		expect(errors).toHaveLength(1);
	}
});

test("bytes of a text, and base64 there and back", () => {
	expect(hex(bytesOf("é€😀"))).toBe("c3a9e282acf09f9880");
	expect(new TextReader().read(bytesOf(text))).toBe(text);
	expect(["", "f", "fo", "foo", "foob", "fooba", "foobar"].map((word) => base64(bytesOf(word)))).toEqual([
		"",
		"Zg==",
		"Zm8=",
		"Zm9v",
		"Zm9vYg==",
		"Zm9vYmE=",
		"Zm9vYmFy"
	]);
	for (const word of ["", "f", "fo", "foo", "foob", text]) expect(fromBase64(base64(bytesOf(word)))).toBe(word);
	expect(() => fromBase64("Zg=")).toThrow();
	expect(() => fromBase64("Zm$v")).toThrow();
});

test("what is written is what is read", () => {
	const stanza = xml("message", { to: text }, xml("body", {}, `<&>"' ${text}`));
	expect(parseStanza(stanza.toString()).toString()).toBe(stanza.toString());
});
