// What a thing is given when it boots.
import type { Host } from "../host.js";
import { foldASCII } from "../text/fold.js";
import { isJID } from "../xmpp/jid.js";
import type { APIKey } from "../xmpp/signed-form.js";
import type { Definition } from "./definition.js";

export interface ThingOptions {
	readonly host: Host;
	readonly definition: Definition;
	/** The broker's domain: of our JID, and of the certificate. */
	readonly domain: string;
	/** Where to connect; default is what the domain's SRV records say, else the domain itself. */
	readonly address?: { readonly host: string; readonly port: number };
	/** The one kind that is wanted; default is what the records say, else STARTTLS. */
	readonly tls?: "direct" | "starttls";
	/** PEM text of the trust anchors; default is the host's. */
	readonly anchors?: string;
	/** Bare JID of the registry; default is to look for it. */
	readonly registry?: string;
	/** Bare JID of the provisioning service; default is to look for it. */
	readonly provisioning?: string;
	/** For brokers that make accounts only on signed forms (XEP-0348); kept in the vault. */
	readonly apiKey?: APIKey;
	/** Serial number and claim KEY, where the factory gave them; else the thing makes them once. */
	readonly serial?: string;
	readonly key?: string;
	/** So for its nodes, by their ids. */
	readonly nodeKeys?: Readonly<Record<string, string>>;
	/** Begins as from the factory: see factoryReset(). */
	readonly factoryReset?: boolean;
	/** When the firmware was built, milliseconds since 1970: no earlier time is believed of a clock that is not trusted. */
	readonly built?: number;
}

/** The broker's domain; throws what is wrong with the addresses. What is stored is known by it, and capitals make no other broker. */
export function domainIn(options: ThingOptions): string {
	const domain = foldASCII(options.domain);
	if (!isJID(domain) || domain.includes("@") || domain.includes("/")) throw new Error("domain must be the broker's domain name.");
	checkService("registry", options.registry);
	checkService("provisioning", options.provisioning);
	return domain;
}

function checkService(what: string, jid: string | undefined): void {
	if (jid !== undefined && (!isJID(jid) || jid.includes("/"))) throw new Error(`${what} must be an address without resource.`);
}
