// What an image is told, and what `make footprint` reads.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { prepareCertificates } from "../../../hosts/broker/certificates.js";
import { codeOf, functionBytes, instructionsOf, sectionsOf } from "../../../hosts/factory/footprint.js";
import { createSite } from "../../../hosts/factory/site.js";

let folder: string;
let CA: string;

beforeAll(async () => {
	folder = mkdtempSync(join(tmpdir(), "extasis-site-"));
	CA = (await prepareCertificates(join(folder, "box"), ["box.example"])).caFile;
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string): string {
	const path = join(folder, name);
	writeFileSync(path, text);
	return path;
}

describe("the site of an image", () => {
	test("holds what was said and the certificates, and nothing else of the environment", () => {
		const environment = { DOMAIN: "box.example", CA, SSID: 'a "network"', PASSWORD: "x y", HOME: "/home/maker", TLS: "" };
		const { include, config } = createSite(environment, "../../../manifest.json", 1_700_000_000_999);
		expect(include).toBe("../../../manifest.json");
		expect(Object.keys(config).sort()).toEqual(["ANCHORS", "BUILT", "DOMAIN", "PASSWORD", "SSID"]);
		expect(config).toMatchObject({ BUILT: "1700000000", DOMAIN: "box.example", PASSWORD: "x y", SSID: 'a "network"' });
		expect(config.ANCHORS).toMatch(/^-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]+-----END CERTIFICATE-----\n$/);
	});

	test.each([
		["no domain", { DOMAIN: "" }, "DOMAIN=… is missing"],
		["no CA", { CA: "" }, "CA=… is missing"],
		["no such file", { CA: "/nowhere.pem" }, "CA=/nowhere.pem cannot be read (ENOENT)"]
	])("with %s there is none", (_name, wrong, message) => {
		expect(() => createSite({ DOMAIN: "box.example", CA, ...wrong }, "x", 0)).toThrow(message);
	});

	test("a file without a certificate, with a broken one or with a whole system's is refused", () => {
		const make = (text: string) => () => createSite({ DOMAIN: "box.example", CA: file("ca.pem", text) }, "x", 0);
		const [whole] = [createSite({ DOMAIN: "box.example", CA }, "x", 0).config.ANCHORS!];
		expect(make("a key\n")).toThrow("holds no certificate");
		expect(make("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")).toThrow("holds a certificate that is none");
		expect(make(whole.repeat(Math.ceil(32_769 / whole.length)))).toThrow("32768 bytes at most");
	});
});

describe("the footprint", () => {
	const atom = (name: string, ...parts: number[]) => [0, 0, 0, 8 + parts.length, ...Buffer.from(name), ...parts];

	test("of a module is its byte code alone", () => {
		const module = Uint8Array.from(atom("XS_B", ...atom("VERS", 17, 7, 0, 0), ...atom("SYMB", 1, 0), ...atom("CODE", 1, 2, 3, 4, 5)));
		expect([...codeOf(module)]).toEqual([1, 2, 3, 4, 5]);
		expect(() => codeOf(module.subarray(0, module.length - 1))).toThrow("no byte code");
		expect(() => codeOf(new Uint8Array(3))).toThrow("no byte code");
	});

	test("in flash is that of its functions, not of what made them", () => {
		const instructions = instructionsOf(
			"const txS1 gxCodeSizes[XS_CODE_COUNT] = {\n\t1 /* XS_NO_CODE */,\n\t2 /* XS_CODE_CODE_1 */,\n\t3 /* XS_CODE_CODE_2 */,\n\t0 /* XS_CODE_NAME */,\n\t-1 /* XS_CODE_STRING_1 */,\n\t1 /* XS_CODE_END */\n};"
		);
		expect(instructions).toHaveLength(6);
		const [inner, text, end] = [[1, 2, 5, 5], [4, 2, 1, 1], [5]];
		const method = [...inner, ...text, ...end];
		const body = [3, 9, 9, 1, method.length, ...method, 2, 1, 0, 5, ...end];
		expect(functionBytes(Uint8Array.from([1, body.length, ...body, ...end]), instructions)).toBe(method.length + 1);
	});

	test("of an image is its sections, those with long names too", () => {
		const map = `.discarded 0x0 0x99\nLinker script and memory map\n\n.flash.text     0x42000020    0x1000\n .text.inner    0x42000020       0x10\n.a_section_with_a_long_name\n                0x3c000000       0x20\n.empty          0x00000000        0x0\n`;
		expect([...sectionsOf(map)]).toEqual([
			[".flash.text", 4096],
			[".a_section_with_a_long_name", 32]
		]);
	});
});
