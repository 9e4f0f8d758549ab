// Thing and registry, word for word, in both dialects.
import { dialects } from "../../../src/iot/dialect.js";
import { parseClaimed, parseNotice, parseRegisterAnswer, writeRegister, writeUnregister, writeUpdate } from "../../../src/iot/registry.js";
import type { Tag } from "../../../src/iot/sticker.js";
import type { Element } from "../../../src/xml/element.js";
import type { Writer } from "../../../src/xml/writer.js";
import { stanza, Wire } from "../../support/wire.js";

const [xep, ieee] = dialects as [(typeof dialects)[0], (typeof dialects)[0]];
const XEP = "urn:xmpp:iot:discovery";
const IEEE = "urn:ieee:iot:disco:1.0";
const node = { id: "n1", source: "s1", partition: "p1" };
const tags: readonly Tag[] = [
	{ name: "SN", value: "394872348732948723" },
	{ name: "MAN", value: "www.ktc.se" },
	{ name: "MODEL", value: "IMC" },
	{ name: "V", value: 1.2 },
	{ name: "KEY", value: "4857402340298342" }
];

function written(write: (writer: Writer) => void): string {
	const wire = new Wire();
	write(wire.open("iq"));
	wire.send();
	return wire.take()[0]!.slice("<iq>".length, -"</iq>".length);
}

function payload(text: string): Element {
	return stanza(`<iq>${text}</iq>`).children[0]!;
}

describe("to the registry", () => {
	test("R-347-6 R-347-24 register has all tags, strings as str and numbers as num", () => {
		const content =
			"<str name='SN' value='394872348732948723'/><str name='MAN' value='www.ktc.se'/><str name='MODEL' value='IMC'/>" +
			"<num name='V' value='1.2'/><str name='KEY' value='4857402340298342'/></register>";
		expect(written((writer) => writeRegister(writer, xep, tags))).toBe(`<register xmlns='${XEP}'>${content}`);
		expect(written((writer) => writeRegister(writer, ieee, tags))).toBe(`<register xmlns='${IEEE}'>${content}`);
	});

	test("what is its own says so, and has a sticker that claims nothing", () => {
		const own = tags.filter(({ name }) => name === "SN");
		const content = "<str name='SN' value='394872348732948723'/></register>";
		expect(written((writer) => writeRegister(writer, xep, own, undefined, true))).toBe(
			`<register xmlns='${XEP}' selfOwned='true'>${content}`
		);
		expect(written((writer) => writeRegister(writer, ieee, own, undefined, true))).toBe(
			`<register xmlns='${IEEE}' selfOwned='true'>${content}`
		);
	});

	test("R-347-13 R-347-15 update has what changed, and an empty text deletes", () => {
		expect(written((writer) => writeUpdate(writer, xep, [{ name: "KEY", value: "" }]))).toBe(
			`<update xmlns='${XEP}'><str name='KEY' value=''/></update>`
		);
	});

	test("R-347-21 unregister is bare", () => {
		expect(written((writer) => writeUnregister(writer, xep))).toBe(`<unregister xmlns='${XEP}'/>`);
		expect(written((writer) => writeUnregister(writer, ieee))).toBe(`<unregister xmlns='${IEEE}'/>`);
	});

	test("R-347-20 a node is named in the words of the dialect", () => {
		const inXEP = " nodeId='n1' sourceId='s1' cacheType='p1'";
		const inIEEE = " id='n1' src='s1' pt='p1'";
		expect(written((writer) => writeRegister(writer, xep, [], node))).toBe(`<register xmlns='${XEP}'${inXEP}/>`);
		expect(written((writer) => writeRegister(writer, ieee, [], node))).toBe(`<register xmlns='${IEEE}'${inIEEE}/>`);
		expect(written((writer) => writeUpdate(writer, xep, [], { id: "n1" }))).toBe(`<update xmlns='${XEP}' nodeId='n1'/>`);
		expect(written((writer) => writeUnregister(writer, ieee, node))).toBe(`<unregister xmlns='${IEEE}'${inIEEE}/>`);
	});
});

describe("from the registry", () => {
	test.each([
		["public", " public='true'", true],
		["public by number", " public=' 1 '", true],
		["private", " public='false'", false],
		["private by number", " public='0'", false],
		["without a word (R-347-27)", "", undefined],
		["with a word that is none (R-347-27)", " public='maybe'", undefined]
	])("R-347-9 claimed %s", (_, attribute, isPublic) => {
		for (const namespace of [XEP, IEEE]) {
			expect(parseClaimed(payload(`<claimed xmlns='${namespace}' jid='owner@clayster.com'${attribute}/>`))).toEqual({
				owner: "owner@clayster.com",
				public: isPublic,
				node: undefined
			});
		}
	});

	test("the owner is a bare JID", () => {
		expect(parseClaimed(payload(`<claimed xmlns='${XEP}' jid='owner@clayster.com/phone'/>`))?.owner).toBe("owner@clayster.com");
	});

	test("R-347-20 a node is read in the words of the dialect only", () => {
		const both = "nodeId='n1' sourceId='s1' cacheType='p1' id='n2' src='' pt='p2'";
		expect(parseClaimed(payload(`<claimed xmlns='${XEP}' jid='o@a.example' ${both}/>`))?.node).toEqual(node);
		expect(parseClaimed(payload(`<claimed xmlns='${IEEE}' jid='o@a.example' ${both}/>`))?.node).toEqual({ id: "n2", partition: "p2" });
		expect(parseNotice(payload(`<removed xmlns='${XEP}' ${both}/>`))).toEqual(node);
		expect(parseNotice(payload(`<disowned xmlns='${IEEE}' ${both}/>`))).toEqual({ id: "n2", partition: "p2" });
		expect(parseNotice(payload(`<disowned xmlns='${XEP}' nodeId=''/>`))).toBeUndefined();
		expect(parseNotice(payload(`<removed xmlns='${IEEE}'/>`))).toBeUndefined();
	});

	test.each([
		["nobody", `<claimed xmlns='${XEP}'/>`],
		["no JID", `<claimed xmlns='${XEP}' jid='@'/>`],
		["another namespace", "<claimed xmlns='urn:example' jid='owner@a.example'/>"]
	])("a claim by %s is none", (_, text) => {
		expect(parseClaimed(payload(text))).toBeUndefined();
		expect(parseRegisterAnswer(payload(text))).toEqual({});
	});

	test("the answer to register is empty, or tells the owner (R-347-10)", () => {
		expect(parseRegisterAnswer(undefined)).toEqual({});
		expect(parseRegisterAnswer(payload(`<claimed xmlns='${XEP}' jid='owner@clayster.com' public='true'/>`))).toEqual({
			claimed: { owner: "owner@clayster.com", public: true }
		});
	});

	test("R-347-17 the answer to update may be that nobody owns it", () => {
		expect(parseRegisterAnswer(payload(`<disowned xmlns='${XEP}'/>`))).toEqual({ disowned: true });
		expect(parseRegisterAnswer(payload(`<disowned xmlns='${IEEE}'/>`))).toEqual({ disowned: true });
		expect(parseRegisterAnswer(payload("<disowned xmlns='urn:example'/>"))).toEqual({});
		expect(parseRegisterAnswer(payload(`<removed xmlns='${XEP}'/>`))).toEqual({});
	});
});
