// What the environment says to a thing in the Moddable simulator: EXTASIS_DOMAIN and the like.
import { isIPv4 } from "../moddable/address.js";

const option = native("xs_extasis_option") as (name: string) => string | undefined;
const file = native("xs_extasis_file") as (path: string) => ArrayBuffer;

export interface Options {
	readonly domain: string;
	readonly address: { readonly host: string; readonly port: number } | undefined;
	readonly tls: "direct" | "starttls";
	/** Of the file that EXTASIS_CA names. */
	readonly anchors: Uint8Array;
	readonly registry: string | undefined;
	readonly serial: string | undefined;
	readonly key: string | undefined;
	/** The sticker, KEY included, may be told on standard output. */
	readonly showSticker: boolean;
}

/** Throws, in one sentence, what is missing or wrong. */
export function readOptions(): Options {
	const domain = option("DOMAIN");
	if (domain === undefined) throw new Error("EXTASIS_DOMAIN must be the broker's domain.");
	const ca = option("CA");
	if (ca === undefined) throw new Error("EXTASIS_CA must be a file of the CAs to trust (PEM).");
	const tls = option("TLS") ?? "starttls";
	if (tls !== "direct" && tls !== "starttls") throw new Error('EXTASIS_TLS must be "direct" or "starttls".');
	return {
		domain,
		address: parseAddress(option("ADDRESS")),
		tls,
		anchors: new Uint8Array(file(ca)),
		registry: option("REGISTRY"),
		serial: option("SERIAL"),
		key: option("KEY"),
		showSticker: option("SHOW_STICKER") === "1"
	};
}

function parseAddress(text: string | undefined): Options["address"] {
	if (text === undefined) return undefined;
	const colon = text.indexOf(":");
	const host = text.slice(0, colon);
	const port = Number(text.slice(colon + 1));
	if (colon < 1 || !Number.isInteger(port) || port < 1 || port > 65_535 || (!isIPv4(host) && host.includes(":")))
		throw new Error("EXTASIS_ADDRESS must be HOST:PORT, such as 127.0.0.1:5222.");
	return { host, port };
}
