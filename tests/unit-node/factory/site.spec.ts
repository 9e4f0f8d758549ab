// What an image is told, and what `make footprint` reads.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { prepareCertificates } from "../../../hosts/broker/certificates.js";
import { codeOf, functionBytes, imagePart, instructionsOf, putPart, sectionsOf } from "../../../hosts/factory/footprint.js";
import { createSite } from "../../../hosts/factory/site.js";

const manifests = { app: "../../../manifest.json", small: "../../../small.json", wifi: false };

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
		const { include, config } = createSite(environment, manifests, 1_700_000_000_999);
		expect(include).toEqual(["../../../manifest.json"]);
		expect(Object.keys(config).sort()).toEqual(["ANCHORS", "BUILT", "DOMAIN", "PASSWORD", "SSID"]);
		expect(config).toMatchObject({ BUILT: "1700000000", DOMAIN: "box.example", PASSWORD: "x y", SSID: 'a "network"' });
		expect(config.ANCHORS).toMatch(/^-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]+-----END CERTIFICATE-----\n$/);
	});

	test.each([
		["no domain", { DOMAIN: "" }, "DOMAIN=… is missing"],
		["no CA", { CA: "" }, "CA=… is missing"],
		["no such file", { CA: "/nowhere.pem" }, "CA=/nowhere.pem cannot be read (ENOENT)"]
	])("with %s there is none", (_name, wrong, message) => {
		expect(() => createSite({ DOMAIN: "box.example", CA, ...wrong }, manifests, 0)).toThrow(message);
	});

	test.each([
		["no network", {}, "SSID=… is missing"],
		["a network with too long a name", { SSID: "ü".repeat(17) }, "longer than the 32 bytes"],
		["a short password", { SSID: "x", PASSWORD: "1234567" }, "PASSWORD=… is none of Wi-Fi"],
		["a long password", { SSID: "x", PASSWORD: "x".repeat(64) }, "PASSWORD=… is none of Wi-Fi"],
		["a password in other letters", { SSID: "x", PASSWORD: "schlüssel" }, "PASSWORD=… is none of Wi-Fi"]
	])("with %s a board with Wi-Fi has none", (_name, wifi, message) => {
		expect(() => createSite({ DOMAIN: "box.example", CA, ...wifi }, { ...manifests, wifi: true }, 0)).toThrow(message);
	});

	test("a board with Wi-Fi is told its network, be it open, with a passphrase or with a key", () => {
		for (const wifi of [{ SSID: "x" }, { SSID: "x", PASSWORD: "eight ch" }, { SSID: "x", PASSWORD: "0f".repeat(32) }])
			expect(createSite({ DOMAIN: "box.example", CA, ...wifi }, { ...manifests, wifi: true }, 0).config).toMatchObject(wifi);
	});

	test("its heap is the board's, or of 64 KiB, and no other", () => {
		const make = (HEAP: string) => createSite({ DOMAIN: "box.example", CA, HEAP }, manifests, 0).include;
		expect(make("")).toEqual([manifests.app]);
		// The later one has the last word on `creation`.
		expect(make("64")).toEqual([manifests.app, manifests.small]);
		expect(() => make("32")).toThrow("HEAP must be 64");
	});

	test("a file without a certificate, with a broken one or with a whole system's is refused", () => {
		const make = (text: string) => () => createSite({ DOMAIN: "box.example", CA: file("ca.pem", text) }, manifests, 0);
		const [whole] = [createSite({ DOMAIN: "box.example", CA }, manifests, 0).config.ANCHORS!];
		expect(make("a key\n")).toThrow("holds no certificate");
		expect(make("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")).toThrow("holds a certificate that is none");
		expect(make(whole.repeat(Math.ceil(32_769 / whole.length)))).toThrow("32768 bytes at most");
	});
});

describe("make flash, told wrongly, ends with one sentence before anything is built", () => {
	const run = (...words: string[]): string => {
		const { status, stderr } = spawnSync("make", ["-s", "flash", ...words], { encoding: "utf8", env: { PATH: process.env.PATH } });
		expect(status).toBe(2);
		return stderr.split("\n")[0]!;
	};

	test("where no port is", () => {
		expect(run("UPLOAD_PORT=/dev/nowhere")).toBe(
			"There is no serial port /dev/nowhere: plug the board in, or name its port in UPLOAD_PORT."
		);
		expect(run(`UPLOAD_PORT=${CA}`)).toContain("There is no serial port");
	});

	test("where no SDK is", () => {
		// Whatever it is, it is a device of characters.
		expect(run("UPLOAD_PORT=/dev/null", "MODDABLE=")).toContain("This needs the Moddable SDK 8.2.3");
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

	test("in flash and in RAM is the sum of what lies there", () => {
		const sections = [
			".iram0.text 0x1 0x100",
			".dram0.data 0x2 0x20",
			".dram0.dummy 0x2 0x7000",
			".dram0.bss 0x3 0x3",
			".flash.text 0x4 0x1000"
		];
		const text = imagePart("some-board", `Linker script and memory map\n${sections.join("\n")}\n.debug_info 0x0 0x99999\n`);
		expect(text).toContain("**4,384** bytes of flash");
		expect(text).toContain("**291** bytes of RAM");
		expect(text).not.toContain("dummy");
	});

	test("takes its own part of a page, and leaves the others", () => {
		const page = "# Page\n\n<!-- a -->\nold\n<!-- /a -->\n\n<!-- b -->\nkept\n<!-- /b -->\n";
		expect(putPart(page, "a", "new\n")).toBe(page.replace("old", "new"));
		expect(putPart(page, "c", "new")).toBe(`${page}\n<!-- c -->\nnew\n<!-- /c -->\n`);
	});
});
