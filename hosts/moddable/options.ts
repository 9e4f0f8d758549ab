// What a thing is told from outside, by the environment of the simulator or by the build for the chip: DOMAIN and the like.
import { isIPv4 } from "./address.js";

export interface Options {
	readonly domain: string;
	readonly address: { readonly host: string; readonly port: number } | undefined;
	readonly tls: "direct" | "starttls";
	readonly registry: string | undefined;
	readonly serial: string | undefined;
	readonly key: string | undefined;
	/** The sticker, KEY included, may be told where events are. */
	readonly showSticker: boolean;
}

/** `option` gives the text for a name in capitals. Throws, in one sentence, what is missing or wrong. */
export function readOptions(option: (name: string) => string | undefined): Options {
	const domain = option("DOMAIN");
	if (domain === undefined) throw new Error("DOMAIN must be the broker's domain.");
	const tls = option("TLS") ?? "starttls";
	if (tls !== "direct" && tls !== "starttls") throw new Error('TLS must be "direct" or "starttls".');
	return {
		domain,
		address: parseAddress(option("ADDRESS")),
		tls,
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
	// A number without dots is no host, and another colon is IPv6, which the SDK's sockets do not speak.
	const known = host.length > 0 && (isIPv4(host) || !host.includes(":"));
	if (colon < 1 || !known || !Number.isInteger(port) || port < 1 || port > 65_535)
		throw new Error("ADDRESS must be HOST:PORT, such as 192.0.2.1:5222.");
	return { host, port };
}
