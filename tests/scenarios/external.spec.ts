// A client certificate in place of a password (SASL EXTERNAL, XEP-0178), on Prosody 13 with mod_auth_ccert: by SASL and by SASL2, on Node and on XS.
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe } from "@jest/globals";
import type { Box } from "../../hosts/broker/box.js";
import { createNodeHost } from "../../hosts/node/index.js";
import { buildEngine } from "../../hosts/simulator/build.js";
import { SimulatedThing } from "../../hosts/simulator/index.js";
import { root } from "../../hosts/simulator/root.js";
import type { Host, ThingEvent } from "../../src/host.js";
import { boot } from "../../src/main.js";
import type { ThingOptions } from "../../src/thing/thing-options.js";
import { weatherStation } from "../../src/things/weather-station.js";
import { Authority, type Pair } from "../unit-node/node/certificates.js";
import { DOMAIN, person, startCertified } from "./certified.js";
import { prosody13, SASL2_MODULES } from "./prosody-13.js";

const program = await prosody13();
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

/** Boots it; what it gives ends it. */
type Run = (options: ThingOptions) => Promise<() => Promise<unknown>>;

const runs: Readonly<Record<string, Run>> = Object.freeze({
	Node: async (options) => {
		const thing = boot(options);
		return async () => thing.stop();
	},
	// Its TLS is that of Node; the firmware only learns whose certificate it is.
	XS: async (options) => {
		const thing = new SimulatedThing({ ...options, engine: await buildEngine(), code: join(root, "build") });
		return () => thing.stop();
	}
});

/** What happened first of these two, and what was said on the way. */
async function first(run: Run, account: string, { cert, key }: Pair, store: string): Promise<{ event: ThingEvent; said: string }> {
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
			const host: Host = Object.freeze({ ...node, network });
			const running = run({
				definition: weatherStation,
				domain: DOMAIN,
				anchors: authority.anchors,
				address,
				tls: "starttls",
				serial: "SN-1",
				host
			});
			end = async () => {
				await (await running)();
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
		["SASL", "Node", []],
		["SASL2", "Node", SASL2_MODULES],
		["SASL", "XS", []],
		["SASL2", "XS", SASL2_MODULES]
	] as const)("%s on %s", (kind, where, modules) => {
		const run = runs[where]!;
		const stores = `${kind}-${where}`;

		test("the certificate is the account: online, twice, without a password or a registration", async () => {
			box = await startCertified(folder, authority, program, modules);
			for (let start = 0; start < 2; start++) {
				const { event, said } = await first(run, "thing", person(authority, "thing"), `thing-${stores}`);
				expect(event).toMatchObject({ event: "online", jid: expect.stringMatching(/^thing@certified\.example\/./) });
				expect(said).toContain(kind === "SASL" ? "<auth xmlns=" : "<authenticate xmlns=");
				// The second time a token serves, where it was given one.
				expect(said).toContain(kind === "SASL2" && start === 1 ? "mechanism='HT-SHA-256-EXPR'" : "mechanism='EXTERNAL'");
				expect(said).not.toContain("jabber:iq:register");
			}
			const files = await readdir(join(folder, `thing-${stores}`));
			expect(files).not.toContain("account.rec");
			expect(files).not.toContain("scram.rec");
		}, 120_000);

		test("another's certificate, or one of another CA, is refused, and no account is made instead", async () => {
			box = await startCertified(folder, authority, program, modules);
			const another = await first(run, "thing", person(authority, "another"), `another-${stores}`);
			expect(another.event).toMatchObject({ event: "offline", reason: "bind:other-account" });
			expect(another.said).not.toContain("jabber:iq:register");
			const unknown = await first(run, "thing", person(other, "thing"), `unknown-${stores}`);
			// Prosody's word for it.
			expect(unknown.event).toMatchObject({ event: "offline", reason: "sasl:account-disabled" });
			expect(unknown.said).not.toContain("jabber:iq:register");
		}, 120_000);
	});
