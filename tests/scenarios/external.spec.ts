// A client certificate in place of a password (SASL EXTERNAL, XEP-0178), on Prosody 13 with mod_auth_ccert: by SASL and by SASL2.
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe } from "@jest/globals";
import { type Box, startBox } from "../../hosts/broker/box.js";
import { createNodeHost } from "../../hosts/node/index.js";
import type { ThingEvent } from "../../src/host.js";
import { boot } from "../../src/main.js";
import { weatherStation } from "../../src/things/weather-station.js";
import { Authority, type Pair } from "../unit-node/node/certificates.js";
import { prosody13, SASL2_MODULES } from "./prosody-13.js";

const program = await prosody13();
const DOMAIN = "certified.example";

let authority: Authority;
let other: Authority;
let folder: string;
let box: Box | undefined;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "extasis-external-"));
	authority = new Authority("CA of brokers and things");
	other = new Authority("CA of nobody");
}, 60_000);

afterEach(async () => {
	await box?.stop();
	box = undefined;
});

afterAll(async () => {
	authority.remove();
	other.remove();
	await rm(folder, { recursive: true, force: true });
});

/** One host of the server takes certificates alone; nobody has a password there. */
async function serve(modules: readonly string[]): Promise<void> {
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
	box = await startBox({ data: join(folder, "box"), log: () => {}, prosody: { program: program!, modules, settings } });
}

const person = (by: Authority, account: string): Pair =>
	by.leaf({ names: `otherName:1.3.6.1.5.5.7.8.5;UTF8:${account}@${DOMAIN}`, usage: "clientAuth" });

/** What happened first of these two, and what was said on the way. */
async function first(account: string, { cert, key }: Pair, store: string): Promise<{ event: ThingEvent; said: string }> {
	let said = "";
	let end = async (): Promise<void> => {};
	try {
		const event = await new Promise<ThingEvent>((resolve) => {
			const onEvent = (event: ThingEvent): void => {
				if (event.event === "online" || event.event === "offline") resolve(event);
			};
			const certificate = { account, chain: cert, key };
			const node = createNodeHost({ store: join(folder, store), definition: weatherStation, onEvent, certificate });
			const network = Object.freeze({
				...node.network,
				connect(options: Parameters<typeof node.network.connect>[0]) {
					const socket = node.network.connect(options);
					return {
						read: () => socket.read(),
						write(bytes: Uint8Array) {
							said += Buffer.from(bytes).toString();
							return socket.write(bytes);
						},
						startTLS: () => socket.startTLS(),
						channelBinding: (type: string) => socket.channelBinding?.(type),
						close: () => socket.close()
					};
				}
			});
			const address = { host: "127.0.0.1", port: box!.ports.starttls };
			const host = Object.freeze({ ...node, network });
			const thing = boot({
				definition: weatherStation,
				domain: DOMAIN,
				anchors: authority.anchors,
				address,
				tls: "starttls",
				serial: "SN-1",
				host
			});
			end = async () => {
				thing.stop();
				await node.close();
			};
		});
		return { event, said };
	} finally {
		await end();
	}
}

if (program !== undefined)
	describe.each([
		["SASL", []],
		["SASL2", SASL2_MODULES]
	] as const)("%s", (kind, modules) => {
		test("the certificate is the account: online, twice, without a password or a registration", async () => {
			await serve(modules);
			for (let start = 0; start < 2; start++) {
				const { event, said } = await first("thing", person(authority, "thing"), `thing-${kind}`);
				expect(event).toMatchObject({ event: "online", jid: expect.stringMatching(/^thing@certified\.example\/./) });
				expect(said).toContain(kind === "SASL" ? "<auth xmlns=" : "<authenticate xmlns=");
				// The second time a token serves, where it was given one.
				expect(said).toContain(kind === "SASL2" && start === 1 ? "mechanism='HT-SHA-256-EXPR'" : "mechanism='EXTERNAL'");
				expect(said).not.toContain("jabber:iq:register");
			}
			const files = await readdir(join(folder, `thing-${kind}`));
			expect(files).not.toContain("account.rec");
			expect(files).not.toContain("scram.rec");
		}, 120_000);

		test("another's certificate, or one of another CA, is refused, and no account is made instead", async () => {
			await serve(modules);
			const another = await first("thing", person(authority, "another"), `another-${kind}`);
			expect(another.event).toMatchObject({ event: "offline", reason: "bind:other-account" });
			expect(another.said).not.toContain("jabber:iq:register");
			const unknown = await first("thing", person(other, "thing"), `unknown-${kind}`);
			// Prosody's word for it.
			expect(unknown.event).toMatchObject({ event: "offline", reason: "sasl:account-disabled" });
			expect(unknown.said).not.toContain("jabber:iq:register");
		}, 120_000);
	});
