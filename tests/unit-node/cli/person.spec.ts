// The commands of a person against servers that are not the broker: what they send, and what they say.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTLSServer } from "node:tls";
import { afterAll, afterEach, beforeAll } from "@jest/globals";
import { Authority, type LeafOptions } from "../node/certificates.js";
import { extasis, type Outcome, program } from "./command.js";

const folder = mkdtempSync(join(tmpdir(), "extasis-person-"));
const servers: Server[] = [];
let authority: Authority;

beforeAll(() => {
	authority = new Authority();
}, 60_000);

afterEach(() => {
	for (const server of servers.splice(0)) server.close();
});

afterAll(() => {
	authority.remove();
	rmSync(folder, { recursive: true });
});

async function listen(server: Server): Promise<string> {
	server.on("connection", (peer) => peer.on("error", () => {}));
	server.on("tlsClientError", () => {});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	servers.push(server);
	return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function read(address: string, ...more: string[]): Promise<Outcome> {
	return await extasis(["read", "t@a.example", "--as", "o@a.example", "--address", address, ...more], {
		cwd: folder,
		env: { EXTASIS_PASSWORD: "a secret of o" }
	});
}

const header =
	"<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='1' from='a.example' version='1.0'>";
const mechanisms =
	"<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>SCRAM-SHA-1</mechanism><mechanism>PLAIN</mechanism></mechanisms>";

/** Says `features` to whoever opens a stream; what was heard is in the array. */
function speak(features: string, heard: string[], answer?: string) {
	return (peer: import("node:net").Socket): void => {
		peer.on("error", () => {});
		peer.on("data", (data) => {
			heard.push(String(data));
			if (/<stream:stream/.test(String(data))) peer.write(`${header}<stream:features>${features}</stream:features>`);
			else if (answer !== undefined) peer.write(answer);
		});
	};
}

test("nobody there: one sentence, exit 1", async () => {
	const server = createServer();
	const address = await listen(server);
	server.close();
	expect(await read(address)).toEqual({
		code: 1,
		stdout: "",
		stderr: `extasis: Nobody answers at ${address}: is the broker running there?\n`
	});
});

test.each<[string, string, LeafOptions | undefined]>([
	["another host's certificate", "is not for a.example", { names: "DNS:b.example" }],
	["an expired certificate", "has expired", { names: "DNS:a.example", until: "20240102000000Z" }],
	["a certificate of an unknown CA", "is not trusted here", undefined]
])("%s is refused before anything is said", async (_what, said, leaf) => {
	const other = new Authority("other");
	const heard: string[] = [];
	const pair = leaf === undefined ? other.leaf({ names: "DNS:a.example" }) : authority.leaf(leaf);
	const address = await listen(createTLSServer(pair, speak(mechanisms, heard)));
	const { code, stderr } = await read(address, "--tls", "direct", "--ca", authority.anchorsFile);
	other.remove();
	expect(stderr).toContain(said);
	expect(stderr).toMatch(/^extasis: [^\n]+\n$/);
	expect(code).toBe(1);
	expect(heard).toEqual([]);
});

test("the password is not shown to a server without TLS, whatever it offers", async () => {
	const heard: string[] = [];
	const { code, stderr } = await read(await listen(createServer(speak(mechanisms, heard))));
	expect(code).toBe(1);
	expect(stderr).toMatch(/^extasis: [^\n]*offers no encryption[^\n]*\n$/);
	expect(heard.join("")).not.toContain("<auth");
});

test("over direct TLS the certificate is the domain's, whatever the address; a refused password is a sentence", async () => {
	const heard: string[] = [];
	const failure = "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>";
	const address = await listen(createTLSServer(authority.leaf({ names: "DNS:a.example" }), speak(mechanisms, heard, failure)));
	const { code, stderr } = await read(address, "--tls", "direct", "--ca", authority.anchorsFile);
	expect(stderr).toBe("extasis: The broker does not accept the password of o@a.example.\n");
	expect(code).toBe(1);
	expect(heard.join("")).toContain("mechanism='SCRAM-SHA-1'".replaceAll("'", '"'));
});

test("a server that hangs up is a sentence", async () => {
	const { code, stderr } = await read(await listen(createServer((peer) => peer.once("data", () => peer.destroy()))));
	expect(stderr).toMatch(/^extasis: The broker at [^\n]+ closed the connection\.\n$/);
	expect(code).toBe(1);
});

test("a server that says nothing is not waited for without end", async () => {
	const { code, stderr } = await read(await listen(createServer()));
	expect(stderr).toMatch(/^extasis: The broker at [^\n]+ does not answer in time\.\n$/);
	expect(code).toBe(1);
});

test("a box that was started in the data folder is found without being named", async () => {
	const heard: string[] = [];
	const failure = "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>";
	const address = await listen(createTLSServer(authority.leaf({ names: "DNS:a.example" }), speak(mechanisms, heard, failure)));
	const port = Number(address.split(":")[1]);
	const passwordFile = join(folder, "o.password");
	writeFileSync(passwordFile, "from the box\n");
	const box = {
		domain: "a.example",
		host: "127.0.0.1",
		ports: { starttls: 1, direct: port },
		caFile: authority.anchorsFile,
		owner: "o@a.example",
		passwordFile
	};
	writeFileSync(join(folder, "box.json"), JSON.stringify(box));
	const words = ["read", "t@a.example", "--tls", "direct", "--data", folder];
	const found = await extasis([...words, "--as", "o@a.example"]);
	expect(found.stderr).toContain("does not accept the password");
	const stranger = await extasis([...words, "--as", "s@a.example"]);
	expect(stranger).toMatchObject({ code: 2, stderr: expect.stringContaining("password of s@a.example is missing") });
});

test("asked for at a terminal, the password is not shown; Ctrl-C gives none", async () => {
	const command = `${process.execPath} ${program} read t@a.example --as o@a.example --address 127.0.0.1:1`;
	const ask = async (typed: string): Promise<string> => {
		const terminal = spawn("script", ["-qec", command, "/dev/null"], {
			cwd: folder,
			env: { ...process.env, NODE_OPTIONS: "", EXTASIS_PASSWORD: "" }
		});
		let shown = "";
		terminal.stdout.on("data", (data) => {
			const before = shown;
			shown += data;
			if (!before.includes("Password of") && shown.includes("Password of o@a.example: ")) terminal.stdin.write(typed);
		});
		await once(terminal, "close");
		return shown;
	};
	const shown = await ask("typed secret\r");
	expect(shown).toContain("Nobody answers at 127.0.0.1:1");
	expect(shown).not.toContain("secret");
	expect(await ask("half\u0003")).toContain("No password was given.");
});
