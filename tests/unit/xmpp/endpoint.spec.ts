// What a server may write as the place of another, and what not.
import { isHost, parseHostPort, usualPort } from "../../../src/xmpp/endpoint.js";

describe("host and port", () => {
	test.each([
		["b.example", "b.example", 5222],
		["b.example:5269", "b.example", 5269],
		["192.0.2.1:80", "192.0.2.1", 80],
		["[2001:db8::1]", "2001:db8::1", 5222],
		["[2001:db8::1]:443", "2001:db8::1", 443],
		["_x.B-1.example:65535", "_x.B-1.example", 65_535]
	])("%s", (text, host, port) => {
		expect(parseHostPort(text, "starttls")).toEqual({ host, port, tls: "starttls" });
	});

	test("without a port it is the usual one of the same kind of TLS", () => {
		expect(parseHostPort("b.example", "direct")).toEqual({ host: "b.example", port: 5223, tls: "direct" });
		expect(usualPort("starttls")).toBe(5222);
	});

	test.each([
		"",
		":5222",
		"b.example:",
		"b.example:0",
		"b.example:65536",
		"b.example:-1",
		"b.example:1e3",
		"b.example: 80",
		"b.example:0000080",
		"b.example/path",
		"http://b.example",
		"user@b.example",
		"b example",
		"b.example\n",
		"bücher.example",
		"-b.example",
		".example",
		"2001:db8::1",
		"[2001:db8::1",
		"[b.example]",
		"[]:80",
		"[::1]80",
		"[::g]:80",
		"[::1%eth0]:80",
		`${"a".repeat(254)}`
	])("%j is none", (text) => {
		expect(parseHostPort(text, "starttls")).toBeUndefined();
	});

	test("a host is a name or an address", () => {
		for (const host of ["localhost", "127.0.0.1", "::1", "a_b.example"]) expect(isHost(host)).toBe(true);
		for (const host of ["", "a b", "a\0b", "a;b", "[::1]"]) expect(isHost(host)).toBe(false);
	});
});
