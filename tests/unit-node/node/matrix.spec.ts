// The socket on Node against chains of every kind: those that must be taken, and those of which a byte more must not be said.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll } from "@jest/globals";
import { NodeSocket } from "../../../hosts/node/socket.js";
import { Certificates, EC, type Pair, RSA, type Wish } from "../../tls/pki.js";
import { startRawServer, startTLSServer, type TestServer, type TLSOptions } from "../../tls/server.js";

let folder: string;
let certificates: Certificates;
let ca: Pair;
let server: TestServer | undefined;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "extasis-matrix-"));
	certificates = new Certificates(folder);
	ca = await certificates.make({ name: "ca", ca: true });
}, 60_000);

afterEach(async () => {
	await server?.close();
	server = undefined;
});

afterAll(() => rm(folder, { recursive: true, force: true }));

interface Outcome {
	readonly heard?: string;
	readonly reason?: string;
	readonly detail?: string;
}

/** What is told first by the socket to the server that runs: the server's word, or why it was refused. */
function connect(serverName = "a.test"): Promise<Outcome> {
	const { port } = server!;
	return new Promise((resolve) => {
		const socket: NodeSocket = new NodeSocket(
			{
				...{ host: "127.0.0.1", port, tls: "direct", serverName, anchors: ca.certificate, onWritable: () => {} },
				onSecure: () => void socket.write(new TextEncoder().encode("secret")),
				onReadable: () => {
					const heard = new TextDecoder().decode(socket.read());
					socket.close();
					resolve({ heard });
				},
				onError: resolve
			},
			() => {}
		);
	});
}

async function meet(options: TLSOptions, serverName?: string): Promise<Outcome> {
	server = await startTLSServer({ ...options, context: { ciphers: "DEFAULT@SECLEVEL=0", ...options.context } });
	return connect(serverName);
}

const by = async (name: string, wish: Partial<Wish>): Promise<Pair> => certificates.make({ name, by: ca, ...wish });

test.each<[string, Partial<Wish>, string]>([
	["ECDSA", { key: EC }, "a.test"],
	["RSA of 2048 bits", { key: RSA }, "a.test"],
	["a wildcard", { names: ["*.a.test"] }, "things.a.test"]
])("%s, the leaf alone under a private root, is taken", async (what, wish, name) => {
	expect(await meet({ pair: await by(what.replaceAll(" ", "-"), wish) }, name)).toEqual({ heard: "hello" });
});

test.each([1, 6])(
	"a chain with %d intermediates is taken, in fragments of 512 bytes too",
	async (depth) => {
		let signer = ca;
		let chain = "";
		for (let step = 0; step < depth; step++) {
			signer = await certificates.make({ name: `between-${depth}-${step}`, by: signer, ca: true });
			chain = signer.certificate + chain;
		}
		const names = ["a.test", ...Array.from({ length: depth * 30 }, (_, index) => `n${index}.a.test`)];
		const pair = await certificates.make({ name: `below-${depth}`, by: signer, names });
		expect(await meet({ pair, chain })).toEqual({ heard: "hello" });
		await server?.close();
		expect(await meet({ pair, chain, fragment: 512 })).toEqual({ heard: "hello" });
	},
	60_000
);

test("a certificate without key usage is taken", async () => {
	expect(await meet({ pair: await by("free", { usage: null }) })).toEqual({ heard: "hello" });
});

describe("R-CORE-1 refused, each in its own words, and nothing said", () => {
	const words: string[] = [];

	afterAll(() => expect(new Set(words).size).toBe(words.length));

	async function refuse(outcome: Promise<Outcome>, reason: string, detail: RegExp): Promise<void> {
		const said = await outcome;
		expect(said).toEqual({ reason, detail: expect.stringMatching(detail) });
		words.push(said.detail!);
		expect((await server!.over(0)).data).not.toContain("secret");
	}

	test.each<[string, string, RegExp, Partial<Wish>]>([
		["expired", "expired", /has expired/, { from: -30, to: -1 }],
		["not valid yet", "not-yet-valid", /not yet valid/, { from: 2, to: 30 }],
		["for another name", "wrong-name", /b\.test/, { names: ["b.test"] }],
		["for a client", "tls", /certificate purpose/, { extendedUsage: "clientAuth" }],
		["for taking keys", "tls", /key usage/, { key: RSA, usage: "keyEncipherment" }],
		["with RSA of 1024 bits", "tls", /key too weak/, { key: ["rsa:1024"] }],
		["signed with SHA-1", "tls", /digest algorithm too weak/, { hash: "sha1" }]
	])("a certificate %s", async (what, reason, detail, wish) => {
		await refuse(meet({ pair: await by(what.replaceAll(" ", "-"), wish) }), reason, detail);
	});

	test("one of an unknown CA", async () => {
		const other = await certificates.make({ name: "other", ca: true });
		const pair = await certificates.make({ name: "foreign", by: other });
		await refuse(meet({ pair, chain: other.certificate }), "unknown-ca", /self-signed certificate in certificate chain/);
	});

	test("one whose CA is not shown", async () => {
		const between = await by("missing", { ca: true });
		await refuse(meet({ pair: await certificates.make({ name: "orphan", by: between }) }), "unknown-ca", /unable to verify/);
	});

	test("one signed by itself", async () => {
		await refuse(meet({ pair: await certificates.make({ name: "self" }) }), "unknown-ca", /^self-signed certificate$/);
	});

	test("one signed by a leaf", async () => {
		const leaf = await by("leaf", {});
		const pair = await certificates.make({ name: "grandchild", by: leaf });
		await refuse(meet({ pair, chain: leaf.certificate }), "unknown-ca", /does not include certificate signing/);
	});

	test("plain text where TLS was to be", async () => {
		server = await startRawServer(Buffer.from("<?xml version='1.0'?><stream:stream xmlns='jabber:client'>"));
		await refuse(connect(), "tls", /wrong version number/);
	});

	test("TLS 1.1", async () => {
		const context = { minVersion: "TLSv1", maxVersion: "TLSv1.1" } as const;
		await refuse(meet({ pair: await by("ancient", {}), context }), "tls", /protocol version/);
	});
});

test("a certificate signed by a leaf that says of no key what it may do is refused as for another purpose", async () => {
	const leaf = await by("loose", { usage: null, extendedUsage: null });
	const pair = await certificates.make({ name: "below-loose", by: leaf });
	expect(await meet({ pair, chain: leaf.certificate })).toEqual({ reason: "tls", detail: "unsuitable certificate purpose" });
	expect((await server!.over(0)).data).toBe("");
});
