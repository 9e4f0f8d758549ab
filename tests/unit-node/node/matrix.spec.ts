// The socket on Node against chains of every kind: those that must be taken, and those of which a byte more must not be said.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll } from "@jest/globals";
import { NodeSocket } from "../../../hosts/node/socket.js";
import { Certificates, EC, type Pair, RSA, type Wish } from "../../tls/pki.js";
import { startTLSServer, type TestServer, type TLSOptions } from "../../tls/server.js";

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

/** What it was told first: "hello", or the reason of the refusal. */
async function meet(options: TLSOptions, serverName = "a.test"): Promise<string> {
	server = await startTLSServer({ ...options, context: { ciphers: "DEFAULT@SECLEVEL=0", ...options.context } });
	const { port } = server;
	return await new Promise((resolve) => {
		const socket: NodeSocket = new NodeSocket(
			{
				...{ host: "127.0.0.1", port, tls: "direct", serverName, anchors: ca.certificate, onWritable: () => {} },
				onSecure: () => void socket.write(new TextEncoder().encode("secret")),
				onReadable: () => {
					const text = new TextDecoder().decode(socket.read());
					socket.close();
					resolve(text);
				},
				onError: ({ reason }) => resolve(reason)
			},
			() => {}
		);
	});
}

const by = async (name: string, wish: Partial<Wish>): Promise<Pair> => certificates.make({ name, by: ca, ...wish });

test.each<[string, Partial<Wish>, string]>([
	["ECDSA", { key: EC }, "a.test"],
	["RSA of 2048 bits", { key: RSA }, "a.test"],
	["a wildcard", { names: ["*.a.test"] }, "things.a.test"]
])("%s, the leaf alone under a private root, is taken", async (what, wish, name) => {
	expect(await meet({ pair: await by(what.replaceAll(" ", "-"), wish) }, name)).toBe("hello");
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
		expect(await meet({ pair, chain })).toBe("hello");
		await server?.close();
		expect(await meet({ pair, chain, fragment: 512 })).toBe("hello");
	},
	60_000
);

test.each<[string, string, Partial<Wish>]>([
	["RSA of 1024 bits", "tls", { key: ["rsa:1024"] }],
	["a signature with SHA-1", "tls", { hash: "sha1" }],
	["for a client", "tls", { extendedUsage: "clientAuth" }]
])("%s is refused, and nothing said", async (what, reason, wish) => {
	expect(await meet({ pair: await by(what.replaceAll(" ", "-"), wish) })).toBe(reason);
	expect((await server!.over(0)).data).toBe("");
});

test("a leaf signed by a leaf is refused, and nothing said", async () => {
	const leaf = await by("leaf", {});
	const pair = await certificates.make({ name: "grandchild", by: leaf });
	expect(["unknown-ca", "tls"]).toContain(await meet({ pair, chain: leaf.certificate }));
	expect((await server!.over(0)).data).toBe("");
});
