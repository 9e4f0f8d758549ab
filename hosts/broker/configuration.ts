// The configuration of Prosody that a box writes anew at each start.

import type { Ports } from "./ports.js";

/** Other brokers, whose people may want something of our things. */
export interface Federation {
	/** Where they reach us. */
	readonly port: number;
	/** PEM of the CAs whose brokers are believed, instead of the system's. */
	readonly trust?: string;
	/** The name server to ask, as 127.0.0.1:53, instead of the system's; Prosody needs lua-unbound for it. */
	readonly resolver?: string;
}

export interface Configuration {
	readonly domain: string;
	readonly registry: string;
	readonly secret: string;
	readonly ports: Ports;
	/** Addresses to listen on for clients; the component port never leaves this machine. */
	readonly listen: readonly string[];
	readonly folder: string;
	readonly modules: string;
	/** Enabled beside ours. */
	readonly more: readonly string[];
	/** Lines of their own, global. */
	readonly settings: readonly string[];
	readonly served: string;
	readonly certificate: string;
	readonly key: string;
	/** None is talked to when absent. */
	readonly federation?: Federation;
}

type Value = string | number | boolean | readonly Value[];

/** JSON strings are Lua strings but for \u and \/, which JSON.stringify writes for control characters only. */
const lua = (value: Value): string => {
	if (Array.isArray(value)) return `{ ${value.map(lua).join(", ")} }`;
	return typeof value === "string" ? JSON.stringify(value).replace(/\\u([0-9a-f]{4})/g, (_, hex) => `\\u{${hex}}`) : `${value}`;
};

const MODULES = [
	...["extasis_leash", "disco", "roster", "saslauth", "tls", "extasis_register", "user_account_management", "smacks", "ping", "time"],
	...["version", "blocklist", "websocket"]
];

const federationLines = ({ federation, folder }: Configuration): string[] => {
	const lines: string[] = [];
	// A folder that is not there: the system's CAs would be believed besides.
	if (federation?.trust !== undefined)
		lines.push(`s2s_ssl = { cafile = ${lua(federation.trust)}, capath = ${lua(`${folder}/no-others`)} }`);
	const server = federation?.resolver?.replace(/:(\d+)$/, "@$1");
	if (server !== undefined) {
		lines.push(
			`unbound = { resolvconf = false, hoststxt = false, forward = { ${lua(server)} }, options = { ["do-not-query-localhost:"] = "no" } }`
		);
	}
	return lines;
};

export const writeConfiguration = (c: Configuration): string => {
	const options: Record<string, Value> = {
		// As root (containers, CI) Prosody would refuse to start; it is confined to its folder and to loopback.
		run_as_root: process.getuid?.() === 0,
		data_path: `${c.folder}/data`,
		pidfile: `${c.folder}/prosody.pid`,
		plugin_paths: [c.modules],
		certificates: c.served,
		modules_enabled: [...MODULES, ...c.more],
		// Without federation no other server is talked to: things and owners of one box share its domain.
		modules_disabled: c.federation === undefined ? ["s2s", "offline"] : ["offline"],
		// By certificates alone: dialback would believe whoever answers for a name.
		s2s_require_encryption: true,
		s2s_secure_auth: true,
		s2s_interfaces: c.listen,
		s2s_ports: c.federation === undefined ? [] : [c.federation.port],
		s2s_direct_tls_ports: [],
		authentication: "extasis",
		storage: "internal",
		allow_registration: true,
		// Asked whether an account may be made (mod_extasis_register).
		extasis_office: c.registry,
		c2s_require_encryption: true,
		interfaces: c.listen,
		c2s_ports: [c.ports.starttls],
		c2s_direct_tls_ports: [c.ports.direct],
		legacy_ssl_ports: [],
		http_interfaces: c.listen,
		http_ports: [c.ports.websocket],
		https_ports: [],
		http_default_host: c.domain,
		// The console is a page on the same machine; no password travels anyway, for there is no PLAIN (mod_auth_extasis).
		consider_websocket_secure: true,
		component_interfaces: ["127.0.0.1"],
		component_ports: [c.ports.component]
	};
	return `${[
		...Object.entries(options).map(([name, value]) => `${name} = ${lua(value)}`),
		`log = { { levels = { min = "info" }, to = "console" }, { levels = { min = "info" }, to = "file", filename = ${lua(`${c.folder}/prosody.log`)} } }`,
		// Direct TLS has no host name to choose by when a client sends none.
		`ssl = { certificate = ${lua(c.certificate)}, key = ${lua(c.key)} }`,
		...federationLines(c),
		...c.settings,
		`VirtualHost ${lua(c.domain)}`,
		`Component ${lua(c.registry)}`,
		`	name = "Thing Registry"`,
		`	component_secret = ${lua(c.secret)}`
	].join("\n")}\n`;
};
