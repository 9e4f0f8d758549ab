// What a thing is told from outside, by the environment of the simulator or by the build for the chip: DOMAIN and the like.
import { isIPv4, isName } from "./address.js";

export interface Options {
	readonly domain: string;
	readonly address: { readonly host: string; readonly port: number } | undefined;
	/** Undefined takes both kinds where the domain's SRV records name them, else STARTTLS. */
	readonly tls: "direct" | "starttls" | undefined;
	readonly registry: string | undefined;
	readonly serial: string | undefined;
	readonly key: string | undefined;
	/** Asked for names instead of those of the system or of DHCP. */
	readonly nameServer: { readonly host: string; readonly port: number } | undefined;
	/** For a broker that wants registrations signed (XEP-0348). */
	readonly apiKey: { readonly key: string; readonly secret: string } | undefined;
	/** The sticker, KEY included, may be told where events are. */
	readonly showSticker: boolean;
}

/** `option` gives the text for a name in capitals. Throws, in one sentence, what is missing or wrong. */
export function readOptions(option: (name: string) => string | undefined): Options {
	const domain = option("DOMAIN");
	if (domain === undefined) throw new Error("DOMAIN must be the broker's domain.");
	const tls = option("TLS");
	if (tls !== undefined && tls !== "direct" && tls !== "starttls") throw new Error('TLS must be "direct" or "starttls".');
	return {
		domain,
		address: parseAddress("ADDRESS", option("ADDRESS")),
		tls,
		registry: option("REGISTRY"),
		serial: option("SERIAL"),
		key: option("KEY"),
		nameServer: parseAddress("NAME_SERVER", option("NAME_SERVER")),
		apiKey: parseAPIKey(option("API_KEY"), option("API_SECRET")),
		showSticker: option("SHOW_STICKER") === "1"
	};
}

function parseAPIKey(key: string | undefined, secret: string | undefined): Options["apiKey"] {
	if (key !== undefined && secret !== undefined) return { key, secret };
	if (key !== secret) throw new Error("API_KEY and API_SECRET belong together: give both or neither.");
	return undefined;
}

function parseAddress(what: string, text: string | undefined): Options["address"] {
	if (text === undefined) return undefined;
	const colon = text.indexOf(":");
	const host = text.slice(0, colon);
	const port = Number(text.slice(colon + 1));
	const server = what === "NAME_SERVER";
	// Another colon is IPv6, which the SDK's sockets do not speak.
	const known = isIPv4(host) || (!server && isName(host));
	if (colon < 0 || !known || !Number.isInteger(port) || port < 1 || port > 65_535)
		throw new Error(`${what} must be ${server ? "IPV4:PORT, such as 192.0.2.1:53" : "HOST:PORT, such as 192.0.2.1:5222"}.`);
	return { host, port };
}
