// A stranger of another domain, whose broker is another real Prosody on another address: asked about, let in for one field, put out again.
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "@jest/globals";
import { type Box, startBox } from "../../hosts/broker/box.js";
import { BrokerClient } from "./broker-client.js";
import { extasis, type Outcome, ThingProcess } from "./extasis-process.js";
import { type NameServer, startNameServer } from "./name-server.js";

const sticker = "iotdisco:SN=0031;MAN=extasis.example;MODEL=WeatherStation;#V=1;CLASS=Weather;KEY=a-key-of-the-federation-test";
const password = "password of the stranger";

let folder: string;
let names: NameServer;
let near: Box;
let far: Box;
let farPort: number;
let thing: ThingProcess;
const log: string[] = [];

const freePort = async (host: string): Promise<number> => {
	const server = createServer().listen(0, host);
	await once(server, "listening");
	const { port } = server.address() as { port: number };
	await new Promise((resolve) => server.close(resolve));
	return port;
};

const start = async (domain: string, listen: string, port: number, trust: string): Promise<Box> =>
	await startBox({
		...{ data: join(folder, domain), domain, listen, signedOnly: true, log: (line: string) => log.push(`${domain} ${line}`) },
		federation: { port, trust, resolver: names.address }
	});

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "extasis-federation-"));
	const portA = await freePort("127.0.0.1");
	const portB = await freePort("127.0.0.2");
	farPort = portB;
	names = await startNameServer([
		...["a.example", "registry.a.example"].map((name) => `srv-host=_xmpp-server._tcp.${name},host.a.example,${portA},0,0`),
		...["b.example", "registry.b.example"].map((name) => `srv-host=_xmpp-server._tcp.${name},host.b.example,${portB},0,0`),
		...["host-record=host.a.example,127.0.0.1", "host-record=host.b.example,127.0.0.2"]
	]);
	// Each has a private CA of its own, which does not exist before its first start; each believes both.
	const trust = join(folder, "both.pem");
	await writeFile(trust, "");
	const boxes = [await start("a.example", "127.0.0.1", portA, trust), await start("b.example", "127.0.0.2", portB, trust)];
	await writeFile(trust, (await Promise.all(boxes.map(({ caFile }) => readFile(caFile, "utf8")))).join("\n"));
	for (const box of boxes) await box.stop();
	near = await start("a.example", "127.0.0.1", portA, trust);
	far = await start("b.example", "127.0.0.2", portB, trust);
	await far.createAccount("stranger", password);
}, 120_000);

afterAll(async () => {
	await thing?.stop();
	await near?.stop();
	await far?.stop();
	await names?.stop();
	await rm(folder, { recursive: true, force: true });
});

const at = (box: Box, host: string): string[] => ["--address", `${host}:${box.ports.starttls}`, "--ca", box.caFile];
const asOwner = async (...words: string[]): Promise<Outcome> =>
	await extasis([...words, "--as", near.owner.jid, ...at(near, "127.0.0.1")], { EXTASIS_PASSWORD: near.owner.password });
const asStranger = async (...words: string[]): Promise<Outcome> =>
	await extasis([...words, "--as", "stranger@b.example", ...at(far, "127.0.0.2")], { EXTASIS_PASSWORD: password });
const refused = (text: unknown = expect.any(String)): object => ({ code: 1, stdout: "", stderr: text });

test("R-324-4 R-324-6 R-324-10 a stranger of domain B reads one field of a thing of domain A with its owner's consent, and not before or after", async () => {
	const { key, secret } = near.apiKey("batch", 1);
	thing = new ThingProcess([
		...["--domain", "a.example", ...at(near, "127.0.0.1"), "--store", join(folder, "thing"), "--api-key", key, "--api-secret", secret],
		...["--serial", "0031", "--key", "a-key-of-the-federation-test"]
	]);
	await thing.until("registered", 90);
	const claimed = await asOwner("claim", sticker);
	expect(claimed.code).toBe(0);
	const jid = /^\S+@a\.example/.exec(claimed.stdout)![0];

	expect(await asStranger("read", jid, "Temperature")).toEqual(refused(expect.stringContaining("its owner decides who may be one")));
	expect((await asOwner("owner", "questions")).stdout).toBe("1: stranger@b.example wants to be a friend of 0031\n");
	expect((await asOwner("owner", "allow", "stranger@b.example", "--until", "1h")).code).toBe(0);
	expect(await asStranger("read", jid, "Temperature", "Humidity")).toEqual(refused());
	expect((await asOwner("owner", "allow", "stranger@b.example", "Temperature")).code).toBe(0);

	const read = await asStranger("read", jid, "Temperature", "Humidity");
	expect(read.stdout).toMatch(/^Temperature +-?\d+\.\d °C\n$/);

	const rules = (await asOwner("owner", "rules")).stdout;
	const [, number] = /^(\d+): stranger@b\.example may read Temperature/m.exec(rules)!;
	expect((await asOwner("owner", "forget", number!)).code).toBe(0);
	expect(await asStranger("read", jid, "Temperature")).toEqual(refused());
	expect((await asOwner("owner", "deny", "stranger@b.example", "--domain")).code).toBe(0);
	expect(await asStranger("read", jid, "Temperature")).toEqual(refused());
}, 240_000);

test("who is of another domain neither owns, nor decides, nor has to do with keys", async () => {
	const stranger = await BrokerClient.login(far, "stranger", password, "r", "127.0.0.2");
	const outcomes: string[] = [];
	for (const [type, payload] of [
		["set", "<disown xmlns='urn:xmpp:iot:discovery' jid='anything@a.example'/>"],
		["set", "<canReadRule xmlns='urn:xmpp:iot:provisioning' jid='t@a.example' remoteJid='stranger@b.example' key='k' result='true'/>"],
		["get", "<keys xmlns='urn:extasis:keys:0'/>"],
		["set", "<registration xmlns='urn:extasis:keys:0' user='x'/>"]
	] as const) {
		const answer = await stranger.ask(type, payload, near.registry);
		outcomes.push(answer.getChild("error")?.getChildElements()[0]?.getName() ?? "done");
	}
	await stranger.end();
	expect(outcomes).toEqual(["item-not-found", "item-not-found", "forbidden", "forbidden"]);
});

test("a broker whose certificate nobody vouches for is not talked to", async () => {
	await far.stop();
	// The same name and place, with a CA of its own making.
	await rm(join(folder, "b.example", "certificates"), { recursive: true });
	far = await start("b.example", "127.0.0.2", farPort, join(folder, "both.pem"));
	const stranger = await BrokerClient.login(far, "stranger", password, "r", "127.0.0.2");
	const answer = await stranger.ask("get", "<ping xmlns='urn:xmpp:ping'/>", near.registry);
	await stranger.end();
	expect(answer.attrs.type).toBe("error");
	expect(answer.getChild("error")?.getChildElements()[0]?.getName()).toMatch(/^(remote-server|internal-server|not-auth|undefined)/);
}, 60_000);
