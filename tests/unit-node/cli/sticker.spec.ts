// `extasis sticker`: whatever it makes, a phone reads the same text from it.
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "@jest/globals";
import { terminalQR } from "../../../hosts/cli/qr.js";
import { extasis } from "./command.js";

// Both are CommonJS; pngjs comes with qrcode.
const require = createRequire(import.meta.url);
const jsQR: (data: Uint8ClampedArray, width: number, height: number, options?: object) => { data: string } | null = require("jsqr").default;
const { PNG } = require("pngjs") as { PNG: { sync: { read(file: Buffer): { data: Buffer; width: number; height: number } } } };

const folder = mkdtempSync(join(tmpdir(), "extasis-sticker-"));
const uri =
	"iotdisco:SN=394872348732948723;MAN=www.example.org;MODEL=Weather%20%C3%9Cber;#V=1.2;KEY=4857402340298342;R=registry.example.org";

afterAll(() => rmSync(folder, { recursive: true }));

/** As a camera sees a terminal: each half character a square. */
function scanTerminal(text: string, coloured: boolean): string | undefined {
	const scale = 4;
	const lines = text.split("\n").map((line) => line.replaceAll(/\u001b\[[\d;]*m/g, ""));
	const width = lines[0]!.length * scale;
	const height = lines.length * 2 * scale;
	const image = new Uint8ClampedArray(width * height * 4).fill(255);
	for (let y = 0; y < height; y++) {
		for (let x = 0; x < width; x++) {
			const character = lines[Math.floor(y / (2 * scale))]![Math.floor(x / scale)]!;
			const isUpper = y % (2 * scale) < scale;
			const isDrawn = character === "█" || character === (isUpper ? "▀" : "▄");
			// Coloured: black on white. Otherwise what is drawn is light on a dark terminal.
			image.fill(isDrawn === coloured ? 0 : 255, (y * width + x) * 4, (y * width + x) * 4 + 3);
		}
	}
	return jsQR(image, width, height, { inversionAttempts: "dontInvert" })?.data;
}

test.each([true, false])("in the terminal, colours %s", (coloured) => {
	expect(scanTerminal(terminalQR(uri, coloured), coloured)).toBe(uri);
});

test("without a terminal there is no colour; tags and text stand below, the KEY only in the text", async () => {
	const { code, stdout } = await extasis(["sticker", uri]);
	expect(code).toBe(0);
	expect(stdout).not.toContain("\u001b");
	const [qr = "", tags = ""] = stdout.split("\n\n");
	expect(scanTerminal(qr, false)).toBe(uri);
	expect(tags).toContain("MODEL  Weather Über");
	expect(tags).toContain("V      1.2");
	expect(tags).toContain("R      registry.example.org");
	expect(tags).not.toContain("4857402340298342");
	expect(stdout.endsWith(`\n${uri}\n`)).toBe(true);
});

test("the older form is read, too", async () => {
	const { code, stdout } = await extasis(["sticker", "IoTDisco;SN:1;#V:1.0;KEY:k"]);
	expect(code).toBe(0);
	expect(stdout).toContain("SN  1");
});

test("as PNG and SVG, for this user only", async () => {
	const png = join(folder, "sticker.png");
	const svg = join(folder, "sticker.svg");
	const { code, stdout } = await extasis(["sticker", uri, "--png", png, "--svg", svg]);
	expect(code).toBe(0);
	expect(stdout).not.toContain("█");
	const { data, width, height } = PNG.sync.read(readFileSync(png));
	expect(jsQR(new Uint8ClampedArray(data), width, height)?.data).toBe(uri);
	expect(readFileSync(svg, "utf8")).toMatch(/^<svg /);
	expect(statSync(png).mode & 0o777).toBe(0o600);
});

test("R-347-20 of a thing with nodes, one sticker for each, or that of one", async () => {
	const file = join(folder, "nodes.json");
	const nodes = [
		{ id: "bed", source: "garden", name: "Bed", key: "k2" },
		{ id: "tank", model: "T1", key: "k3" }
	];
	writeFileSync(file, JSON.stringify({ manufacturer: "extasis.example", model: "Rack", version: 1, serial: "S1", key: "k1", nodes }));
	const bed = "iotdisco:SN=S1-bed;MAN=extasis.example;MODEL=Rack;#V=1;NAME=Bed;KEY=k2";
	const uris = async (...words: string[]): Promise<string[]> => {
		const { code, stdout } = await extasis(["sticker", file, ...words]);
		expect(code).toBe(0);
		return stdout.split("\n").filter((line) => line.startsWith("iotdisco:"));
	};
	expect(await uris()).toEqual([
		"iotdisco:SN=S1;MAN=extasis.example;MODEL=Rack;#V=1;KEY=k1",
		bed,
		"iotdisco:SN=S1-tank;MAN=extasis.example;MODEL=T1;#V=1;KEY=k3"
	]);
	expect(await uris("--node", "bed")).toEqual([bed]);
	for (const [words, sentence] of [
		[["--node", "well"], "there is no node well"],
		[["--png", join(folder, "x.png")], "more than one sticker"]
	] as const) {
		const { code, stderr } = await extasis(["sticker", file, ...words]);
		expect([code, stderr.includes(sentence)]).toEqual([2, true]);
	}
	writeFileSync(file, JSON.stringify({ manufacturer: "a", model: "b", version: 1, serial: "S1", key: "k1", nodes: [{ id: "bed" }] }));
	expect((await extasis(["sticker", file])).stderr).toContain("the key of node bed must be a text");
});

test("from what the factory gave, the tags are those that the thing registers", async () => {
	const file = join(folder, "factory.json");
	const factory = { manufacturer: "extasis.example", model: "WeatherStation", version: 1, class: "Weather", serial: "S1", key: "k1" };
	writeFileSync(file, JSON.stringify({ ...factory, registry: "registry.example.org" }));
	const { code, stdout } = await extasis(["sticker", file]);
	expect(code).toBe(0);
	expect(stdout.trim().split("\n").at(-1)).toBe(
		"iotdisco:SN=S1;MAN=extasis.example;MODEL=WeatherStation;#V=1;CLASS=Weather;KEY=k1;R=registry.example.org"
	);
});
