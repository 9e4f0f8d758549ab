// What one image is told where it will live: writes the manifest with which mcconfig builds it, from variables of the environment.

import { X509Certificate } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { checkBoards } from "./boards.js";

/** Taken as they are; the firmware judges them. PASSWORD is of the Wi-Fi network. */
const names = Object.freeze([
	"DOMAIN",
	"ADDRESS",
	"TLS",
	"REGISTRY",
	"SERIAL",
	"KEY",
	"API_KEY",
	"API_SECRET",
	"SSID",
	"PASSWORD",
	"SNTP",
	"NAME_SERVER",
	"SHOW_STICKER"
]);
/** As many bytes as TLS takes. */
const anchorBytes = 32_768;

export interface SiteManifest {
	readonly build: Readonly<Record<string, string>>;
	readonly include: readonly string[];
	readonly config: Readonly<Record<string, string>>;
}

export interface Manifests {
	/** Of the board, and of the smaller heap: seen from where the site's will lie. */
	readonly app: string;
	readonly small: string;
	/** The board's link. */
	readonly wifi: boolean;
}

/** Throws, in one sentence, what is missing or wrong. */
export function createSite(
	environment: Readonly<Record<string, string | undefined>>,
	{ app, small, wifi }: Manifests,
	now: number
): SiteManifest {
	if (!environment.DOMAIN) throw new Error("DOMAIN=… is missing: the domain of the broker.");
	if (!environment.CA) throw new Error("CA=… is missing: a file of the CAs that the broker's certificate comes from (PEM).");
	if (wifi) checkWiFi(environment.SSID, environment.PASSWORD);
	const heap = environment.HEAP || "board";
	if (heap !== "board" && heap !== "64") throw new Error("HEAP must be 64 (KiB for all of XS), or left out: as the board has it.");
	const config: Record<string, string> = { BUILT: String(Math.floor(now / 1000)), ANCHORS: readAnchors(environment.CA) };
	for (const name of names) {
		const value = environment[name];
		if (value) config[name] = value;
	}
	return { build: { NAME: "extasis" }, include: heap === "64" ? [app, small] : [app], config };
}

/** IEEE 802.11: 32 bytes; a passphrase of WPA has 8 to 63 characters, its key 64 digits. */
function checkWiFi(ssid: string | undefined, password: string | undefined): void {
	if (!ssid) throw new Error("SSID=… is missing: the Wi-Fi network of the board.");
	if (Buffer.byteLength(ssid) > 32) throw new Error("SSID=… is longer than the 32 bytes that a Wi-Fi network's name has at most.");
	if (password && !/^([ -~]{8,63}|[0-9A-Fa-f]{64})$/.test(password))
		throw new Error(
			"PASSWORD=… is none of Wi-Fi: 8 to 63 characters of ASCII, or 64 hexadecimal digits; leave it out for an open network."
		);
}

/** Only the certificates: a file may hold text about them, and the flash is small. */
function readAnchors(file: string): string {
	let text: string;
	try {
		text = readFileSync(file, "utf8");
	} catch (error) {
		throw new Error(`CA=${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`);
	}
	const found = text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
	try {
		for (const one of found) new X509Certificate(one);
	} catch {
		throw new Error(`CA=${file} holds a certificate that is none.`);
	}
	const anchors = found.map((one) => `${one}\n`).join("");
	if (found.length === 0) throw new Error(`CA=${file} holds no certificate in PEM form.`);
	if (anchors.length > anchorBytes)
		throw new Error(
			`CA=${file} holds ${found.length} certificates: name only those the broker's comes from (${anchorBytes} bytes at most).`
		);
	return anchors;
}

async function main([app, small, target]: readonly string[]): Promise<void> {
	if (app === undefined || small === undefined || target === undefined)
		throw new Error("usage: site.js MANIFEST-OF-THE-BOARD MANIFEST-OF-64-KiB MANIFEST-TO-WRITE");
	await checkBoards(fileURLToPath(new URL("../../../hosts/esp32/boards", import.meta.url)));
	const folder = dirname(resolve(target));
	const seen = (file: string): string => relative(folder, resolve(file));
	const wifi = readFileSync(app, "utf8").includes("links/wifi/");
	const site = createSite(process.env, { app: seen(app), small: seen(small), wifi }, Date.now());
	mkdirSync(folder, { recursive: true, mode: 0o700 });
	// It holds a password and perhaps a KEY.
	writeFileSync(target, `${JSON.stringify(site, undefined, "\t")}\n`, { mode: 0o600 });
}

if (process.argv[1]?.endsWith("site.js")) {
	try {
		await main(process.argv.slice(2));
	} catch (error) {
		process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
		process.exitCode = 2;
	}
}
