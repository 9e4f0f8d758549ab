// A Prosody one host of which takes client certificates alone (mod_auth_ccert, XEP-0178); nobody has a password there.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Box, startBox } from "../../hosts/broker/box.js";
import type { Authority, Pair } from "../unit-node/node/certificates.js";

export const DOMAIN = "certified.example";

export async function startCertified(folder: string, authority: Authority, program: string, modules: readonly string[]): Promise<Box> {
	const { cert, key } = authority.leaf({ names: `DNS:${DOMAIN}` });
	await writeFile(join(folder, "server.pem"), cert);
	await writeFile(join(folder, "server.key"), key, { mode: 0o600 });
	const verify = `verify = { "peer" }, verifyext = { lsec_continue = true, lsec_ignore_purpose = false }`;
	const settings = [
		`VirtualHost "${DOMAIN}"`,
		`	authentication = "ccert"`,
		`	certificate_match = "xmppaddr"`,
		`	c2s_ssl = { certificate = "${folder}/server.pem", key = "${folder}/server.key", cafile = "${authority.anchorsFile}", ${verify} }`
	];
	return await startBox({ data: join(folder, "box"), log: () => {}, prosody: { program, modules, settings } });
}

/** Whose certificate says that he is this account of that host. */
export const person = (by: Authority, account: string): Pair =>
	by.leaf({ names: `otherName:1.3.6.1.5.5.7.8.5;UTF8:${account}@${DOMAIN}`, usage: "clientAuth" });
