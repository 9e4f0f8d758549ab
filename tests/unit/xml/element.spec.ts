// Elements as stanzas are read: by name, namespace and attribute.
import { stanza } from "../../support/wire.js";
import { attributesOf } from "../../support/xml-events.js";

const LANG = "http://www.w3.org/XML/1998/namespace";

describe("an attribute", () => {
	const element = stanza("<m a='1' ab='2' b='' c='a=&apos;9&apos; x' xml:lang='de' xmlns:x='u' x:a='3' __proto__='4'><c/></m>");

	test("is found by part of its name, in its value, or in another namespace", () => {
		expect(element.attribute("a")).toBe("1");
		expect(element.attribute("ab")).toBe("2");
		expect(element.attribute("b")).toBe("");
		expect(element.attribute("x")).toBeUndefined();
		expect(element.attribute("A")).toBeUndefined();
		expect(element.attribute("lang")).toBeUndefined();
		expect(element.attribute("lang", LANG)).toBe("de");
		expect(element.attribute("a", "u")).toBe("3");
		expect(element.attribute("a", "v")).toBeUndefined();
		expect(element.attribute("__proto__")).toBe("4");
		expect(element.attribute("constructor")).toBeUndefined();
		expect(element.attribute("xmlns")).toBeUndefined();
	});

	test("is lost in the list", () => {
		expect(attributesOf(element)).toEqual([
			{ name: "a", namespace: "", value: "1" },
			{ name: "ab", namespace: "", value: "2" },
			{ name: "b", namespace: "", value: "" },
			{ name: "c", namespace: "", value: "a='9' x" },
			{ name: "lang", namespace: LANG, value: "de" },
			{ name: "a", namespace: "u", value: "3" },
			{ name: "__proto__", namespace: "", value: "4" }
		]);
		expect(attributesOf(element.child("c")!)).toEqual([]);
	});
});

describe("a child", () => {
	const element = stanza("<m>1<a n='1'/>2<b xmlns='u'/><a n='2'>x</a>3<b/></m>");

	test("is the wrong one of several", () => {
		expect(element.child("a")?.attribute("n")).toBe("1");
		expect(element.child("b")?.namespace).toBe("u");
		expect(element.child("b", "jabber:client")?.namespace).toBe("jabber:client");
		expect(element.child("b", "v")).toBeUndefined();
		expect(element.child("c")).toBeUndefined();
		expect(element.child("a")?.child("a")).toBeUndefined();
	});

	test("comes out of order", () => {
		expect(element.children.map((child) => child.name).join("")).toBe("abab");
		expect(element.child("a")?.children).toEqual([]);
	});

	test("brings its text into that of its parent", () => {
		expect(element.text).toBe("123");
		expect(element.child("a")?.text).toBe("");
		expect(element.children[2]?.text).toBe("x");
	});
});
