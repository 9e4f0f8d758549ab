// The stickers that owners paste, in both forms and with every escape (XEP-0347 3.6, the iotdisco URI).

import { sha256 } from "../../../hosts/broker/digest.js";
import { findSticker } from "../../../hosts/broker/sticker.js";
import { BadRequest, fingerprint, type Tag } from "../../../hosts/broker/tags.js";

const tags: readonly Tag[] = [
	{ name: "SN", value: "394872348732948723" },
	{ name: "MAN", value: "www.ktc.se" },
	{ name: "V", value: 1.2 },
	{ name: "KEY", value: "4857402340298342" }
];

test.each([
	["the XEP's form", "IoTDisco;SN:394872348732948723;MAN:www.ktc.se;#V:1.2;KEY:4857402340298342"],
	["the URI", "iotdisco:SN=394872348732948723;MAN=www.ktc.se;#V=1.2;KEY=4857402340298342"],
	[
		"the URI with a registry at its end",
		"iotdisco:SN=394872348732948723;MAN=www.ktc.se;#V=1.2;KEY=4857402340298342;R=registry.example.org"
	],
	["in capitals", "IOTDISCO:SN=394872348732948723;MAN=www.ktc.se;#V=1.2;KEY=4857402340298342"],
	["with a leading semicolon", "iotdisco:;SN=394872348732948723;MAN=www.ktc.se;#V=1.2;KEY=4857402340298342"],
	["escaped by percent", "iotdisco:SN=394872348732948723;MAN=www%2Ektc.se;#V=1.2;KEY=4857402340298342"],
	["escaped by backslash", "iotdisco:SN=394872348732948723;MAN=www\\.ktc.se;#V=1.2;KEY=4857402340298342"],
	["among other words", "Claim this, please: iotdisco:SN=394872348732948723;MAN=www.ktc.se;#V=1.2;KEY=4857402340298342 thanks!"],
	["over several lines", "Look:\nIoTDisco;SN:394872348732948723;MAN:www.ktc.se;#V:1.2;KEY:4857402340298342\nThanks"]
])("R-347-8 %s", (_, text) => {
	expect(fingerprint(findSticker(text)!.tags, sha256)).toBe(fingerprint(tags, sha256));
});

test.each([
	["IoTDisco;A:b\\;c;B:d\\\\e:f;C:two words", ["b;c", "d\\e:f", "two words"]],
	["iotdisco:A=b%3Bc;B=d%5Ce=f;C=two%20words", ["b;c", "d\\e=f", "two words"]],
	["iotdisco:A=%E2%82%AC;B=€", ["€", "€"]]
])("%s holds these values", (text, values) => {
	expect(findSticker(text)!.tags.map(({ value }) => value)).toEqual(values);
});

test("it says which registry it belongs to, and that is no tag", () => {
	expect(findSticker("iotdisco:SN=1;R=registry.example.org")).toEqual({
		tags: [{ name: "SN", value: "1" }],
		registry: "registry.example.org"
	});
});

test.each(["things", "", "iot disco:SN=1", "https://example.org/iotdisco"])("%j is no sticker", (text) => {
	expect(findSticker(text)).toBeUndefined();
});

test.each([
	["a search", "iotdisco:SN~*9*;#V>=1.0"],
	["a broken percent sign", "iotdisco:SN=100%"],
	["a number that is none", "iotdisco:#V=new"],
	["the same name twice", "iotdisco:SN=1;sn=2"],
	["no value", "iotdisco:SN"]
])("%s is told apart from nothing", (_, text) => {
	expect(() => findSticker(text)).toThrow(BadRequest);
});
