// The words of provisioning in both dialects, as golden stanzas; and that an answer can never widen a question.
import { dialects } from "../../../src/iot/dialect.js";
import {
	isPermitted,
	parseIsFriend,
	parsePermission,
	parseTokens,
	type Wish,
	writeCacheCleared,
	writeIsFriend,
	writeWish
} from "../../../src/iot/provisioning.js";
import { ALL_CATEGORIES, categorySet, type SensorField } from "../../../src/iot/sensor-data.js";
import { decodeUTF8 } from "../../../src/text/utf8.js";
import { Writer } from "../../../src/xml/writer.js";
import { stanza } from "../../support/wire.js";

const [xep, ieee] = [dialects[0]!, dialects[1]!];
const both = [xep, ieee].map((dialect) => [dialect.name, dialect] as const);

const question: Wish = {
	jid: "c@b.example",
	categories: categorySet(["momentary", "identity"]),
	nodes: [{ id: "thing" }],
	fields: ["Temperature", "Relay"],
	tokens: ["a:1 a:2", undefined, "u:1"]
};

function written(write: (writer: Writer) => void): string {
	const writer = new Writer({ limit: 4096 });
	write(writer);
	return decodeUTF8(writer.take());
}

test("R-324-3 R-324-20 the question has the bare JID, categories, nodes, fields and tokens of the request", () => {
	expect(written((writer) => writeWish(writer, xep, question))).toBe(
		"<canRead xmlns='urn:xmpp:iot:provisioning' jid='c@b.example' deviceToken='a:1 a:2' userToken='u:1' momentary='true' identity='true'><node nodeId='thing'/><field name='Temperature'/><field name='Relay'/></canRead>"
	);
	expect(written((writer) => writeWish(writer, ieee, question))).toBe(
		"<canRead xmlns='urn:ieee:iot:prov:d:1.0' jid='c@b.example' dt='a:1 a:2' ut='u:1' m='true' i='true'><nd id='thing'/><f n='Temperature'/><f n='Relay'/></canRead>"
	);
});

test("R-324-3 every category is all; historical ones are one flag in ieee", () => {
	const none = { ...question, nodes: [], fields: [], tokens: [] };
	expect(written((writer) => writeWish(writer, ieee, { ...none, categories: ALL_CATEGORIES }))).toContain(" all='true'/>");
	const hours = 0b1_1110_0000 | 1;
	expect(written((writer) => writeWish(writer, ieee, { ...none, categories: hours }))).toContain("jid='c@b.example' m='true' h='true'/>");
	expect(written((writer) => writeWish(writer, xep, { ...none, categories: 0b10_0000 }))).toContain(" historicalSecond='true'/>");
});

test.each(both)("R-324-1 R-324-2 friendship in %s", (_name, dialect) => {
	expect(written((writer) => writeIsFriend(writer, dialect, "c@b.example"))).toBe(
		`<isFriend xmlns='${dialect.provisioning}' jid='c@b.example'/>`
	);
	const answer = (attributes: string, name = "isFriendResponse", namespace = dialect.provisioning): boolean =>
		parseIsFriend(stanza(`<${name} xmlns='${namespace}' jid='c@b.example' ${attributes}/>`), dialect);
	expect(answer("result='true'")).toBe(true);
	expect(answer("result=' 1 '")).toBe(true);
	for (const no of ["", "result='false'", "result='yes'", "result=''"]) expect(answer(no)).toBe(false);
	expect(answer("result='true'", "canReadResponse")).toBe(false);
	expect(answer("result='true'", "isFriendResponse", "urn:x")).toBe(false);
	expect(parseIsFriend(undefined, dialect)).toBe(false);
});

const allowed = (dialect: (typeof dialects)[number], attributes: string, children = "") =>
	parsePermission(
		stanza(`<canReadResponse xmlns='${dialect.provisioning}' jid='c@b.example' ${attributes}>${children}</canReadResponse>`),
		dialect,
		question,
		{ id: "thing" }
	);

test.each(["result='false'", "", "result='maybe'", "result='false' all='true'"])(
	"R-324-4 anything but a yes allows nothing: %s",
	(attributes) => {
		for (const [, dialect] of both) expect(allowed(dialect, attributes)).toBeUndefined();
	}
);

test("R-324-7 without a list, all that was asked is allowed; without flags too where the XEP speaks, and in ieee only beside fields", () => {
	expect(allowed(xep, "result='true'")).toEqual({ categories: question.categories, fields: undefined });
	expect(allowed(ieee, "result='true'")).toBeUndefined();
	expect(allowed(ieee, "result='true'", "<f n='Relay'/>")).toEqual({ categories: question.categories, fields: ["Relay"] });
	expect(allowed(ieee, "result='true' m='true' i='true'")).toEqual({ categories: question.categories, fields: undefined });
});

test("R-324-5 a list of nodes without ours allows nothing", () => {
	expect(allowed(xep, "result='true'", "<node nodeId='other'/>")).toBeUndefined();
	expect(allowed(xep, "result='true'", "<node nodeId='other'/><node nodeId='thing'/>")).toBeDefined();
	expect(allowed(ieee, "result='true' all='true'", "<nd id='thing'/>")).toBeDefined();
});

test("R-324-6 R-324-26 lists and flags narrow, and never widen", () => {
	expect(allowed(xep, "result='true'", "<field name='Relay'/><field name='Secret'/>")?.fields).toEqual(["Relay"]);
	expect(allowed(xep, "result='true'", "<field name='Secret'/>")).toBeUndefined();
	expect(allowed(xep, "result='true' momentary='true' peak='true'")?.categories).toBe(categorySet(["momentary"]));
	expect(allowed(xep, "result='true' peak='true'")).toBeUndefined();
	expect(allowed(xep, "result='true' momentary='false'")).toBeUndefined();
	expect(allowed(xep, "result='true' all='true'")?.categories).toBe(question.categories);
});

test.each(["<thing/>", "<node/>", "<field/>", "<node name='thing'/>", "<field name='Relay'/><odd/>"])(
	"a list that nobody understands allows nothing: %s",
	(children) => {
		expect(allowed(xep, "result='true'", children)).toBeUndefined();
	}
);

const control: Wish = { ...question, categories: 0 };
const controlled = (dialect: (typeof dialects)[number], attributes: string, children = "", wish = control) =>
	parsePermission(
		stanza(`<canControlResponse xmlns='${dialect.provisioning}' jid='c@b.example' ${attributes}>${children}</canControlResponse>`),
		dialect,
		wish,
		{ id: "thing" }
	);

test("R-324-30 R-324-20 what is to be set is asked with the same tokens and nodes, and parameters in the XEP's words", () => {
	expect(written((writer) => writeWish(writer, xep, control))).toBe(
		"<canControl xmlns='urn:xmpp:iot:provisioning' jid='c@b.example' deviceToken='a:1 a:2' userToken='u:1'><node nodeId='thing'/><parameter name='Temperature'/><parameter name='Relay'/></canControl>"
	);
	expect(written((writer) => writeWish(writer, ieee, control))).toBe(
		"<canControl xmlns='urn:ieee:iot:prov:d:1.0' jid='c@b.example' dt='a:1 a:2' ut='u:1'><nd id='thing'/><parameter name='Temperature'/><parameter name='Relay'/></canControl>"
	);
});

test("R-324-7 R-324-8 R-324-9 R-324-26 R-324-30 a list of parameters narrows, in either form, and never widens; flags mean nothing", () => {
	for (const [, dialect] of both) {
		expect(controlled(dialect, "result='true'")).toEqual({ categories: 0, fields: undefined });
		expect(controlled(dialect, "result='false' all='true'")).toBeUndefined();
		expect(controlled(dialect, "result='true'", "<parameter name='Relay'/><p n='Secret'/>")?.fields).toEqual(["Relay"]);
		expect(controlled(dialect, "result='true'", "<p n='Temperature'/>")?.fields).toEqual(["Temperature"]);
		expect(controlled(dialect, "result='true'", "<parameter name='Secret'/>")).toBeUndefined();
		expect(controlled(dialect, "result='true'", "<field name='Relay'/><f n='Relay'/>")).toBeUndefined();
		expect(controlled(dialect, "result='true'", `<${dialect.node} ${dialect.nodeId}='other'/>`)).toBeUndefined();
		expect(controlled(dialect, "result='true'", `<${dialect.node} ${dialect.nodeId}='thing'/>`)?.narrowed).toBe(true);
	}
});

test("an answer to the one question is none to the other", () => {
	const read = stanza(`<canReadResponse xmlns='${xep.provisioning}' jid='c@b.example' result='true'/>`);
	const set = stanza(`<canControlResponse xmlns='${xep.provisioning}' jid='c@b.example' result='true'/>`);
	expect(parsePermission(read, xep, control, { id: "thing" })).toBeUndefined();
	expect(parsePermission(set, xep, question, { id: "thing" })).toBeUndefined();
});

test("a permission lets out the fields that it names, of the categories that it names", () => {
	const field = (name: string, categories: number): SensorField => ({ name, type: "string", categories });
	const permission = { categories: categorySet(["momentary"]), fields: ["Relay"] };
	expect(isPermitted(permission, field("Relay", categorySet(["momentary", "status"])))).toBe(true);
	expect(isPermitted(permission, field("Relay", categorySet(["status"])))).toBe(false);
	expect(isPermitted(permission, field("relay", categorySet(["momentary"])))).toBe(false);
	expect(isPermitted({ ...permission, fields: undefined }, field("Any", categorySet(["momentary"])))).toBe(true);
	expect(isPermitted("all", field("Any", 0))).toBe(true);
});

test("tokens are read where each dialect has them; one that is too long makes all of them none", () => {
	expect(parseTokens(stanza("<req deviceToken='d' userToken='u'/>"), xep)).toEqual(["d", undefined, "u"]);
	expect(parseTokens(stanza("<req st='s'/>"), ieee)).toEqual([undefined, "s", undefined]);
	expect(parseTokens(stanza(`<req deviceToken='${"x".repeat(257)}'/>`), xep)).toBeUndefined();
});

test("R-324-10 the cleared cache is told in the XEP's words, and by an empty result in ieee", () => {
	expect(written((writer) => writeCacheCleared(writer, xep))).toBe("<clearCacheResponse xmlns='urn:xmpp:iot:provisioning'/>");
	expect(written((writer) => writeCacheCleared(writer, ieee))).toBe("");
});
