// `extasis thing` without a broker that is right: it says why, goes on trying, and ends when it is asked to.
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTLSServer } from "node:tls";
import { afterAll, afterEach, beforeAll } from "@jest/globals";
import { Authority } from "../node/certificates.js";
import { Running } from "./command.js";

const folder = mkdtempSync(join(tmpdir(), "extasis-thing-"));
let authority: Authority;
let nobody = "";
const servers: Server[] = [];
const running: Running[] = [];
let count = 0;

beforeAll(async () => {
	authority = new Authority();
	const server = createServer();
	nobody = await listen(server);
	server.close();
}, 60_000);

afterEach(async () => {
	for (const thing of running.splice(0)) await thing.end("SIGKILL");
	for (const server of servers.splice(0)) server.close();
});

afterAll(() => {
	authority.remove();
	rmSync(folder, { recursive: true });
});

async function listen(server: Server): Promise<string> {
	server.on("tlsClientError", () => {});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	servers.push(server);
	return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function start(address: string, ...more: string[]): Running {
	const store = more.includes("--store") ? [] : ["--store", join(folder, `store-${++count}`)];
	const thing = new Running(["thing", "--domain", "a.example", "--address", address, "--ca", authority.anchorsFile, ...store, ...more], {
		cwd: folder
	});
	running.push(thing);
	return thing;
}

async function firstOffline(thing: Running): Promise<Record<string, unknown>> {
	await thing.until(() => thing.stdout.includes('"event":"offline"') && thing.stdout.endsWith("\n"));
	return thing.events.find(({ event }) => event === "offline")!;
}

test.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)("nobody there: it says so, tries again, and %s ends it cleanly", async (signal) => {
	const thing = start(nobody, "--show-sticker");
	expect(await firstOffline(thing)).toMatchObject({ reason: "refused", retry: expect.anything() });
	await thing.until(() => thing.stderr.includes("is the broker running there? Next try"));
	const { code, stdout, stderr } = await thing.end(signal);
	expect(code).toBe(0);
	expect(stderr).not.toMatch(/\n {4}at /);
	for (const line of stdout.trim().split("\n")) JSON.parse(line);
	expect(existsSync(join(folder, `store-${count}`, "lock"))).toBe(false);
});

test.each<[string, string, () => Promise<string>]>([
	["another host's certificate", "wrong-name", async () => await serveTLS("DNS:b.example")],
	["an expired certificate", "expired", async () => await serveTLS("DNS:a.example", { until: "20240102000000Z" })],
	["an unknown CA's certificate", "unknown-ca", async () => await serveTLS("DNS:a.example", {}, new Authority("other"))],
	["no TLS at all", "tls", async () => await listen(createServer((peer) => peer.write("hello")))]
])("%s: %s, told to the person in a sentence of its own", async (_what, reason, serve) => {
	const thing = start(await serve(), "--tls", "direct");
	expect((await firstOffline(thing)).reason).toBe(reason);
	await thing.until(() => /\d certificate|The certificate of|No safe connection/.test(thing.stderr));
	expect((await thing.end("SIGTERM")).code).toBe(0);
});

async function serveTLS(names: string, dates = {}, by = authority): Promise<string> {
	const pair = by.leaf({ names, ...dates });
	if (by !== authority) by.remove();
	return await listen(createTLSServer(pair));
}

test("a server that offers no STARTTLS gets nothing but a stream header", async () => {
	let heard = "";
	const address = await listen(
		createServer((peer) => {
			peer.on("error", () => {});
			peer.on("data", (data) => {
				if (heard === "") {
					peer.write(
						"<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='1' from='a.example' version='1.0'>"
					);
					peer.write(
						"<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism><mechanism>SCRAM-SHA-1</mechanism></mechanisms><register xmlns='http://jabber.org/features/iq-register'/></stream:features>"
					);
				}
				heard += data;
			});
		})
	);
	const thing = start(address);
	expect((await firstOffline(thing)).reason).toBe("no-starttls");
	await thing.end("SIGTERM");
	expect(heard).not.toMatch(/<iq|<auth/);
});

test("--quiet says nothing to a person; an API key's secret is seen nowhere", async () => {
	const quiet = start(nobody, "--quiet");
	await firstOffline(quiet);
	expect((await quiet.end("SIGTERM")).stderr).toBe("");
	const thing = start(nobody, "--api-key", "k3y", "--api-secret", "s3cret");
	await firstOffline(thing);
	const { stderr, stdout } = await thing.end("SIGTERM");
	expect(stderr + stdout).not.toMatch(/k3y|s3cret/);
});

test("two things in one store: the second is refused with what to do; after kill -9 the store is free", async () => {
	const store = join(folder, "shared");
	const first = start(nobody, "--store", store);
	await firstOffline(first);
	const second = await start(nobody, "--store", store).outcome();
	expect(second).toMatchObject({ code: 1, stdout: "" });
	expect(second.stderr).toMatch(/^extasis: The store .* is in use by another thing \(process \d+\): stop it or give another folder\.\n$/);
	await first.end("SIGKILL");
	const third = start(nobody, "--store", store);
	await firstOffline(third);
	expect((await third.end("SIGTERM")).code).toBe(0);
});

test("another serial number than the store's is refused", async () => {
	const store = join(folder, "serial");
	const first = start(nobody, "--store", store, "--serial", "A1");
	await firstOffline(first);
	await first.end("SIGTERM");
	const second = await start(nobody, "--store", store, "--serial", "A2").outcome();
	expect(second.code).toBe(2);
	expect(second.stderr).toContain("A1");
});

test("without --store the serial number names the folder", async () => {
	const words = ["thing", "--domain", "a.example", "--address", nobody, "--serial", "../S 1"];
	const thing = new Running(words, { cwd: folder });
	running.push(thing);
	await firstOffline(thing);
	await thing.end("SIGTERM");
	expect(existsSync(join(folder, "data", "things", ".._S_1"))).toBe(true);
});

test("a store that cannot be made is a sentence", async () => {
	writeFileSync(join(folder, "file"), "");
	const { code, stderr } = await start(nobody, "--store", join(folder, "file", "store")).outcome();
	expect(code).toBe(1);
	expect(stderr).toMatch(/^extasis: [^\n]+ name another by --store\.\n$/);
});

test("a person's own definition, as TypeScript with what it imports, or as JavaScript", async () => {
	const source = new URL("../../../src/thing/definition.js", import.meta.url).pathname;
	const text = `{ manufacturer: "a.example", model: "Lamp", version: 1, fields: { On: { type: "boolean", category: "status" } } }`;
	writeFileSync(join(folder, "lamp.ts"), `import { defineThing } from "${source}";\nexport const lamp = defineThing(${text} as const);\n`);
	writeFileSync(join(folder, "lamp.mjs"), `export default ${text};\n`);
	for (const file of ["lamp.ts", "lamp.mjs"]) {
		const thing = start(nobody, "--definition", file);
		await firstOffline(thing);
		expect((await thing.end("SIGTERM")).code).toBe(0);
	}
});

test("when nobody reads its events any more it ends, without a word", async () => {
	const thing = start(nobody);
	await firstOffline(thing);
	thing.child.stdout?.destroy();
	const { code, stderr } = await thing.outcome();
	expect(code).toBe(0);
	expect(stderr).not.toMatch(/EPIPE|Error/);
}, 60_000);

test("a log that nobody reads is no reason to end", async () => {
	const thing = start(nobody);
	thing.child.stderr?.destroy();
	await thing.until(() => thing.events.filter(({ event }) => event === "offline").length > 1);
	expect((await thing.end("SIGTERM")).code).toBe(0);
}, 60_000);

test("a client certificate comes with its key and the account that it is for", async () => {
	const mine = authority.leaf({ names: "DNS:thing", usage: "clientAuth" });
	const others = authority.leaf({ names: "DNS:other", usage: "clientAuth" });
	const file = (name: string, text: string): string => {
		writeFileSync(join(folder, name), text);
		return join(folder, name);
	};
	const certificate = ["--certificate", file("thing.pem", mine.cert)];
	const key = ["--certificate-key", file("thing.key", mine.key)];
	const account = ["--account", "thing"];
	const said = async (...options: string[]): Promise<string> => {
		const { code, stderr } = await start(nobody, ...options).outcome();
		expect(code).toBe(2);
		return stderr;
	};
	for (const two of [
		[...certificate, ...key],
		[...certificate, ...account],
		[...key, ...account]
	])
		expect(await said(...two)).toContain("belong together");
	expect(await said(...certificate, ...key, "--account", "a@b")).toContain("no user name");
	expect(await said(...certificate, ...account, "--certificate-key", file("other.key", others.key))).toContain(
		"that the certificate is for"
	);
	expect(await said(...certificate, ...account, "--certificate-key", file("no.key", "none"))).toContain("that the certificate is for");
	const thing = start(nobody, ...certificate, ...key, ...account);
	expect(await firstOffline(thing)).toMatchObject({ reason: "refused" });
});
