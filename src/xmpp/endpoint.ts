// Where a server can be reached, and how.

export interface Endpoint {
	/** Name or address to open. The certificate is for the domain whatever stands here. */
	readonly host: string;
	readonly port: number;
	/** "direct": TLS from byte 0 (XEP-0368); "starttls": clear until the server agrees (RFC 6120 5). */
	readonly tls: "direct" | "starttls";
	/** What `host` resolved to, where somebody has resolved it. */
	readonly address?: string;
}

/** RFC 6120 14.7; XEP-0368 leaves the other to SRV records: this is the one in common use. */
export function usualPort(tls: Endpoint["tls"]): number {
	return tls === "direct" ? 5223 : 5222;
}

/** Of a DNS name with its dots, RFC 1035 3.1. */
const LONGEST_NAME = 253;

/** What could be opened: letters, digits, dots, hyphens and underscores of a name or IPv4, or an IPv6 address without brackets. */
export function isHost(text: string): boolean {
	if (text === "" || text.length > LONGEST_NAME) return false;
	const address = text.includes(":");
	for (let at = 0; at < text.length; at++) {
		const code = text.charCodeAt(at);
		const digit = code >= 0x30 && code <= 0x39;
		const letter = (code | 0x20) >= 0x61 && (code | 0x20) <= (address ? 0x66 : 0x7a);
		const mark = code === 0x2e || (address ? code === 0x3a : code === 0x2d || code === 0x5f);
		if (!digit && !letter && !mark) return false;
	}
	return text[0] !== "." && text[0] !== "-";
}

/** "host", "host:port" or "[IPv6]:port" (RFC 6120 4.9.3.19), and nothing else; undefined when it is something else. */
export function parseHostPort(text: string, tls: Endpoint["tls"]): Endpoint | undefined {
	const end = text[0] === "[" ? text.indexOf("]") : -1;
	if (text[0] === "[" && end < 0) return;
	const colon = text.indexOf(":", end + 1);
	const host = end < 0 ? text.slice(0, colon < 0 ? text.length : colon) : text.slice(1, end);
	if (end >= 0 && (!host.includes(":") || (colon < 0 ? text.length : colon) !== end + 1)) return;
	const port = colon < 0 ? usualPort(tls) : parsePort(text.slice(colon + 1));
	return port == null || !isHost(host) ? undefined : Object.freeze({ host, port, tls });
}

/** As parseHostPort() reads it. */
export function writeHostPort({ host, port }: Pick<Endpoint, "host" | "port">): string {
	return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

function parsePort(text: string): number | undefined {
	if (text === "" || text.length > 5) return;
	for (let at = 0; at < text.length; at++) if (text[at]! < "0" || text[at]! > "9") return;
	const port = Number(text);
	return port >= 1 && port <= 65_535 ? port : undefined;
}
