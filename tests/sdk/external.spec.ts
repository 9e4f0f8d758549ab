// The firmware as mcconfig builds it with a client certificate in place of a password (SASL EXTERNAL): mbedTLS shows it, Prosody 13 takes it.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe } from "@jest/globals";
import type { Box } from "../../hosts/broker/box.js";
import { DOMAIN, person, startCertified } from "../scenarios/certified.js";
import { prosody13, SASL2_MODULES } from "../scenarios/prosody-13.js";
import { Authority } from "../unit-node/node/certificates.js";
import { HeadlessThing } from "./headless.js";

const program = await prosody13();
const patience = 60_000;

let folder: string;
let authority: Authority;
let box: Box | undefined;
let thing: HeadlessThing | undefined;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "extasis-certified-"));
	authority = new Authority("CA of brokers and things");
}, 60_000);

afterEach(async () => {
	await thing?.kill();
	await box?.stop();
	thing = undefined;
	box = undefined;
});

afterAll(async () => {
	authority.remove();
	await rm(folder, { recursive: true, force: true });
});

/** The first event of a thing with this certificate, that says that it is for that account. */
async function first(account: string, whose: string, store: string): Promise<unknown> {
	const { cert, key } = person(authority, whose);
	const files = { CERTIFICATE: join(folder, `${store}.pem`), CERTIFICATE_KEY: join(folder, `${store}.key`) };
	await writeFile(files.CERTIFICATE, cert);
	await writeFile(files.CERTIFICATE_KEY, key, { mode: 0o600 });
	const address = { TLS: "starttls", ADDRESS: `127.0.0.1:${box!.ports.starttls}` };
	const options = { DOMAIN, CA: authority.anchorsFile, STORE: join(folder, store), ACCOUNT: account, ...files, ...address };
	thing = new HeadlessThing(options);
	thing.start();
	for (const end = Date.now() + patience; thing.events.length === 0; ) {
		if (Date.now() > end) throw new Error(thing.output);
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
	const event = thing.events[0];
	await thing.kill();
	return event;
}

if (program !== undefined)
	describe.each([
		["SASL", []],
		["SASL2", SASL2_MODULES]
	] as const)("%s", (kind, modules) => {
		test("its certificate is its account, and another's is refused", async () => {
			box = await startCertified(folder, authority, program, modules);
			for (let start = 0; start < 2; start++)
				expect(await first("thing", "thing", `thing-${kind}`)).toMatchObject({
					event: "online",
					jid: expect.stringMatching(/^thing@certified\.example\/./)
				});
			expect(await first("thing", "another", `another-${kind}`)).toMatchObject({ event: "offline", reason: "bind:other-account" });
		}, 180_000);
	});

test("a certificate without its key, or for no account, is said in one sentence", async () => {
	thing = new HeadlessThing({ DOMAIN, CA: authority.anchorsFile, STORE: join(folder, "half"), ACCOUNT: "thing" });
	thing.start();
	expect(await thing.end).toBe(2);
	expect(thing.events).toEqual([{ event: "error", message: expect.stringContaining("belong together: give all or none.") }]);
}, 60_000);
