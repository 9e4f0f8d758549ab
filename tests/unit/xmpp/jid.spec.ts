// Addresses: their parts, their form, and when two are the same.
import { bareJID, domainOf, foldJID, isJID, localOf, resourceOf, sameBare, sameJID } from "../../../src/xmpp/jid.js";

describe("jid", () => {
	test.each([
		["a.example", undefined, "a.example", undefined],
		["thing@a.example", "thing", "a.example", undefined],
		["thing@a.example/s", "thing", "a.example", "s"],
		["a.example/x@y", undefined, "a.example", "x@y"],
		["thing@a.example/x/y@z", "thing", "a.example", "x/y@z"],
		["thing@a.example/", "thing", "a.example", ""]
	])("%s comes apart at the first slash, then at the first @", (jid, local, domain, resource) => {
		expect(localOf(jid)).toBe(local);
		expect(domainOf(jid)).toBe(domain);
		expect(resourceOf(jid)).toBe(resource);
		expect(bareJID(jid)).toBe(local === undefined ? domain : `${local}@${domain}`);
	});

	test.each([
		"a.example",
		"localhost",
		"192.0.2.1",
		"[2001:db8::1]",
		"thing@a.example",
		"thing@a.example/resource with spaces",
		"thing@a.example/x@y/z",
		"δ@παράδειγμα.example/😀",
		"x@a.example."
	])("%s is a JID", (jid) => {
		expect(isJID(jid)).toBe(true);
	});

	test.each([
		"",
		"@a.example",
		"thing@",
		"thing@/r",
		"/r",
		"thing@a.example/",
		"a b@a.example",
		"a@b@c",
		"a'b@a.example",
		'a"b@a.example',
		"a:b@a.example",
		"a<b@a.example",
		"a&b@a.example",
		"a@.example",
		"a@a..example",
		"a@a.exa mple",
		"a@a.example\n",
		"a@a.example/\u0007",
		"a@a.example/\u007f"
	])("%j is no JID", (text) => {
		expect(isJID(text)).toBe(false);
	});

	test("a part of more than 1023 bytes is no JID", () => {
		expect(isJID(`${"a".repeat(1023)}@${"b".repeat(1023)}/${"c".repeat(1023)}`)).toBe(true);
		expect(isJID(`${"a".repeat(1024)}@a.example`)).toBe(false);
		expect(isJID(`${"ä".repeat(512)}@a.example`)).toBe(false);
		expect(isJID(`a@${"b".repeat(1024)}`)).toBe(false);
		expect(isJID(`a@a.example/${"c".repeat(1024)}`)).toBe(false);
	});

	test("case counts in the resource only", () => {
		expect(sameJID("Thing@A.Example/R", "thing@a.example/R")).toBe(true);
		expect(sameJID("thing@a.example/R", "thing@a.example/r")).toBe(false);
		expect(sameJID("thing@a.example", "thing@a.example/r")).toBe(false);
		expect(sameJID("thing@a.example/", "thing@a.example")).toBe(false);
		expect(sameBare("Thing@A.Example/R", "thing@a.example/s")).toBe(true);
		expect(sameBare("thing@a.example", "a.example")).toBe(false);
	});

	test("only ASCII letters are folded", () => {
		expect(sameBare("ÄB@a.example", "äb@a.example")).toBe(false);
		expect(sameBare("ÄB@a.example", "Äb@a.example")).toBe(true);
	});

	test("JIDs that are the same have one key", () => {
		expect(foldJID("Thing@A.Example/R")).toBe("thing@a.example/R");
		expect(foldJID("thing@a.example/R")).toBe("thing@a.example/R");
		expect(foldJID("A.Example")).toBe("a.example");
	});
});
