// The TLS module of the chip, by its driver under valgrind: servers that it must refuse, each for its reason, and give no data to.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { createBench, type Words } from "../../tls/bench.js";
import type { Outcome } from "../../tls/driver.js";
import { Certificates, EC, RSA, type Wish } from "../../tls/pki.js";
import { startRawServer, startTLSServer, type TLSOptions } from "../../tls/server.js";

const bench = createBench();

/** The client tries to write all the time; what it must never do is succeed. */
const refuse = async (failure: string, reason: string, words: Words = {}): Promise<Outcome> => {
	const outcome = await bench.driver.run("client", {
		port: bench.server!.port,
		name: "a.test",
		anchors: bench.ca.certificateFile,
		write: "secret",
		...words
	});
	expect(outcome).toMatchObject({ state: "failed", failure, reason, version: "", read: "", written: 0, heapLeft: 0 });
	expect(outcome.detail).not.toBe("");
	const seen = await bench.server!.over(bench.server!.seen.length - 1);
	expect(seen.data).not.toContain("secret");
	return outcome;
};

/** By a real server on OpenSSL, which sends any certificate that it is told to. */
const refuseTLS = async (failure: string, reason: string, options: TLSOptions, words: Words = {}): Promise<void> => {
	bench.server = await startTLSServer({ ...options, context: { ciphers: "DEFAULT@SECLEVEL=0", ...options.context } });
	await refuse(failure, reason, words);
	expect(bench.server.seen[0]).toMatchObject({ data: "", orderly: false });
	// Under TLS 1.3 the server learns it only after its own handshake: as an alert.
	expect(bench.server.seen[0]!.error).toMatch(/alert/);
};

describe("R-CORE-1 certificates", () => {
	test("of an unknown CA", async () => {
		const other = await bench.certificates.make({ name: "other-ca", ca: true });
		await refuseTLS("unknownCA", "unknown-ca", { pair: await bench.certificates.make({ name: "foreign", by: other }) });
	});

	test("of an unknown CA with the known one's name", async () => {
		const folder = await mkdtemp(join(tmpdir(), "extasis-tls-"));
		const twin = await new Certificates(folder).make({ name: "ca", ca: true });
		await refuseTLS("unknownCA", "unknown-ca", {
			pair: await bench.certificates.make({ name: "twin", by: twin }),
			chain: twin.certificate
		});
		await rm(folder, { recursive: true });
	});

	test("signed by itself", async () => {
		await refuseTLS("selfSigned", "unknown-ca", { pair: await bench.certificates.make({ name: "self" }) });
	});

	test("whose intermediate is missing", async () => {
		const between = await bench.certificates.make({ name: "between", by: bench.ca, ca: true });
		await refuseTLS("unknownCA", "unknown-ca", { pair: await bench.certificates.make({ name: "orphan", by: between }) });
	});

	test("signed by a leaf", async () => {
		const pair = await bench.certificates.make({ name: "grandchild", by: bench.leaf });
		await refuseTLS("notCA", "unknown-ca", { pair, chain: bench.leaf.certificate });
	});

	test("signed by a CA that may not sign certificates", async () => {
		const blunt = await bench.certificates.make({ name: "blunt", by: bench.ca, ca: true, usage: "cRLSign" });
		const pair = await bench.certificates.make({ name: "below-blunt", by: blunt });
		await refuseTLS("notCA", "unknown-ca", { pair, chain: blunt.certificate });
	});

	test.each([
		["another name", ["b.test"], "a.test"],
		["a name that begins with ours", ["a.test.example"], "a.test"],
		["a wildcard two labels up", ["*.test"], "things.a.test"],
		["a wildcard for the domain itself", ["*.a.test"], "a.test"]
	])("for %s", async (what, names, name) => {
		const pair = await bench.certificates.make({ name: what.replaceAll(" ", "-"), by: bench.ca, names });
		await refuseTLS("wrongName", "wrong-name", { pair }, { name });
	});

	test("with the name in the subject only", async () => {
		await refuseTLS(
			"wrongName",
			"wrong-name",
			{ pair: await bench.certificates.make({ name: "c.test", by: bench.ca, names: [] }) },
			{ name: "c.test" }
		);
	});

	test("that has expired", async () => {
		await refuseTLS("expired", "expired", { pair: await bench.certificates.make({ name: "old", by: bench.ca, from: -30, to: -1 }) });
	});

	test("that is not valid yet", async () => {
		await refuseTLS("notYetValid", "not-yet-valid", {
			pair: await bench.certificates.make({ name: "young", by: bench.ca, from: 2, to: 30 })
		});
	});

	test("whose intermediate has expired", async () => {
		const between = await bench.certificates.make({ name: "old-between", by: bench.ca, ca: true, from: -30, to: -1 });
		const pair = await bench.certificates.make({ name: "below-old", by: between });
		await refuseTLS("expired", "expired", { pair, chain: between.certificate });
	});

	test.each([
		["valid for the machine, not yet by the given clock", -2, "notYetValid", "not-yet-valid"],
		["valid for the machine, expired by the given clock", 101, "expired", "expired"]
	])("%s", async (_what, days, failure, reason) => {
		await refuseTLS(failure, reason, { pair: bench.leaf }, { now: Math.floor(Date.now() / 1000) + days * 86_400 });
	});

	test.each([
		["a client", { extendedUsage: "clientAuth" }],
		["signing code", { extendedUsage: "codeSigning" }],
		["taking keys", { key: RSA, usage: "keyEncipherment" }]
	] as readonly (readonly [string, Partial<Wish>])[])("for %s", async (what, wish) => {
		const pair = await bench.certificates.make({ name: what.replaceAll(" ", "-"), by: bench.ca, ...wish });
		await refuseTLS("wrongUsage", "tls", { pair });
	});

	test.each([
		["RSA of 1024 bits", { key: ["rsa:1024"] }],
		["P-224", { key: ["ec", "-pkeyopt", "ec_paramgen_curve:P-224"] }],
		["a signature with SHA-1", { hash: "sha1" }]
	] as readonly (readonly [string, Partial<Wish>])[])("with %s", async (what, wish) => {
		const pair = await bench.certificates.make({ name: what.replaceAll(" ", "-"), by: bench.ca, ...wish });
		bench.server = await startTLSServer({ pair, context: { ciphers: "DEFAULT@SECLEVEL=0" } });
		// P-224 is not in the client's offer, so that the server may have nothing to show for it.
		if (what === "P-224") await refuse("protocol", "tls");
		else await refuse("weakKey", "tls");
		expect(bench.server.seen[0]).toMatchObject({ data: "", orderly: false });
	});

	test("under an intermediate with RSA of 1024 bits", async () => {
		const weak = await bench.certificates.make({ name: "weak-ca", by: bench.ca, ca: true, key: ["rsa:1024"] });
		const pair = await bench.certificates.make({ name: "below-weak", by: weak });
		await refuseTLS("weakKey", "tls", { pair, chain: weak.certificate });
	});

	test("whose chain is longer than the library goes", async () => {
		let by = bench.ca;
		let chain = "";
		for (let depth = 0; depth < 10; depth++) {
			by = await bench.certificates.make({ name: `deep-${depth}`, by, ca: true });
			chain = by.certificate + chain;
		}
		await refuseTLS("protocol", "tls", { pair: await bench.certificates.make({ name: "deepest", by }), chain });
	}, 180_000);

	test.each([
		["ECDSA", EC],
		["RSA", RSA]
	])(
		"of %s, by a server without the private key",
		async (what, key) => {
			// OpenSSL refuses to be such a server; mbedTLS does not look.
			const pair = await bench.certificates.make({ name: `stolen-${what}`, by: bench.ca, key });
			const other = await bench.certificates.make({ name: `thief-${what}`, by: bench.ca, key });
			for (const twelve of bench.driver.library === 4 ? [0, 1] : [1]) {
				const words = { servercert: pair.certificateFile, serverkey: other.keyFile, anchors: bench.ca.certificateFile, twelve };
				const outcome = await bench.driver.run("memory", words);
				expect(outcome).toMatchObject({
					state: "failed",
					failure: "wrongKey",
					reason: "tls",
					serverRead: "",
					version: "",
					wrong: "",
					heapLeft: 0
				});
				const right = await bench.driver.run("memory", { ...words, serverkey: pair.keyFile });
				expect(right).toMatchObject({
					state: "closed",
					failure: "fine",
					serverRead: "from the client",
					read: "from the server",
					heapLeft: 0
				});
			}
		},
		120_000
	);
});

describe("several things wrong at once: first what makes the rest unbelievable, last what a right clock cures", () => {
	const all: Wish = { name: "all", names: ["b.test"], key: ["rsa:1024"], extendedUsage: "clientAuth", from: -30, to: -1 };
	const steps: readonly (readonly [string, string, Partial<Wish>])[] = [
		["weakKey", "tls", {}],
		["wrongUsage", "tls", { key: RSA }],
		["wrongName", "wrong-name", { key: RSA, extendedUsage: "serverAuth" }],
		["expired", "expired", { key: RSA, extendedUsage: "serverAuth", names: ["a.test"] }]
	];

	test("selfSigned", async () => {
		await refuseTLS("selfSigned", "unknown-ca", { pair: await bench.certificates.make(all) });
	});

	test.each(steps)("%s", async (failure, reason, wish) => {
		await refuseTLS(failure, reason, { pair: await bench.certificates.make({ ...all, by: bench.ca, ...wish, name: `all-${failure}` }) });
	});

	test("notYetValid before expired, in one chain", async () => {
		const between = await bench.certificates.make({ name: "mixed-ca", by: bench.ca, ca: true, from: -30, to: -1 });
		const pair = await bench.certificates.make({ name: "mixed", by: between, from: 2, to: 30 });
		await refuseTLS("notYetValid", "not-yet-valid", { pair, chain: between.certificate });
	});
});

describe("protocols", () => {
	test.each([
		["TLS 1.1", { minVersion: "TLSv1", maxVersion: "TLSv1.1" }, EC],
		["RSA key exchange", { maxVersion: "TLSv1.2", ciphers: "AES128-GCM-SHA256@SECLEVEL=0" }, RSA],
		["CBC", { maxVersion: "TLSv1.2", ciphers: "ECDHE-ECDSA-AES128-SHA256@SECLEVEL=0" }, EC]
	] as const)("%s", async (what, context, key) => {
		const pair = await bench.certificates.make({
			name: what.replaceAll(" ", "-"),
			by: bench.ca,
			key,
			usage: "digitalSignature,keyEncipherment"
		});
		bench.server = await startTLSServer({ pair, context: { ciphers: "DEFAULT@SECLEVEL=0", ...context } });
		expect((await refuse("protocol", "tls")).detail).toMatch(/^the server takes no TLS that we speak/);
		expect(bench.server.seen[0]).toMatchObject({ secure: false, data: "" });
	});

	test("a server that chooses none of our ALPN", async () => {
		bench.server = await startTLSServer({ pair: bench.leaf, socket: { ALPNProtocols: ["h2"] } });
		// Node sends its own without asking OpenSSL to refuse when a bare socket has none in common.
		const outcome = await bench.driver.run("client", {
			...{ port: bench.server.port, name: "a.test", anchors: bench.ca.certificateFile, alpn: "xmpp-client", write: "ping", read: 5 }
		});
		expect(["failed", "closed"]).toContain(outcome.state);
		expect(outcome.alpn).toBe(0);
	});

	test("a server that wants a certificate which we have not", async () => {
		const context = { ca: bench.ca.certificate, maxVersion: "TLSv1.2" } as const;
		bench.server = await startTLSServer({ pair: bench.leaf, context, socket: { requestCert: true, rejectUnauthorized: true } });
		expect((await refuse("protocol", "tls")).detail).toMatch(/alert 40/);
	});
});

describe("bytes that are no TLS", () => {
	const alert = Buffer.from([21, 3, 3, 0, 2, 2, 40]);
	const noise = Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * 7919 + (index >> 3) * 104_729) & 255));
	test.each([
		[
			"plain text",
			Buffer.from("<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>")
		],
		["noise", noise],
		["noise in a record of the handshake", Buffer.concat([Buffer.from([22, 3, 3, 16, 0]), noise.subarray(0, 4096)])],
		["a handshake message of 16 MB", Buffer.concat([Buffer.from([22, 3, 3, 16, 0, 2, 255, 255, 255]), noise.subarray(0, 4092)])],
		["a record of 64 KB", Buffer.concat([Buffer.from([22, 3, 3, 255, 255, 2, 0, 255, 0]), noise])],
		["an empty record of the handshake", Buffer.from([22, 3, 3, 0, 0, 22, 3, 3, 0, 0])],
		["a record of another kind inside a message", Buffer.concat([Buffer.from([22, 3, 3, 0, 5, 2, 0, 0, 90, 3]), alert])],
		["application data", Buffer.concat([Buffer.from([23, 3, 3, 0, 64]), noise.subarray(0, 64)])],
		["a change of the cipher first", Buffer.from([20, 3, 3, 0, 1, 1, 22, 3, 3, 0, 40, ...noise.subarray(0, 40)])],
		["a fatal alert", alert],
		["SSL 2", Buffer.from([128, 46, 4, 0, 1, 0, 2, ...noise.subarray(0, 41)])]
	])("%s", async (what, bytes) => {
		bench.server = await startRawServer(bytes);
		// mbedTLS 4 puts messages together by itself, and waits for the rest of one until its buffer is full.
		const waits = bench.driver.library === 4 && /handshake|cipher/.test(what) && what !== "an empty record of the handshake";
		const outcome = await (waits ? refuse("truncated", "closed") : refuse("protocol", "tls"));
		if (what === "a fatal alert") expect(outcome.detail).toMatch(/alert 40/);
		else if (!waits) expect(outcome.detail).toMatch(/^what the server says is no TLS/);
	});

	test.each([
		["nothing", Buffer.alloc(0)],
		["the head of a record", Buffer.from([22, 3, 3])],
		["half a message", Buffer.from([22, 3, 3, 0, 80, 2, 0, 0, 76, 3, 3])],
		["a close_notify", Buffer.from([21, 3, 3, 0, 2, 1, 0])]
	])("%s, then the end", async (what, bytes) => {
		bench.server = await startRawServer(bytes);
		const outcome = await bench.driver.run("client", {
			port: bench.server.port,
			name: "a.test",
			anchors: bench.ca.certificateFile,
			write: "secret"
		});
		expect(outcome).toMatchObject({ state: "failed", version: "", written: 0, heapLeft: 0 });
		if (what === "a close_notify") expect(["truncated", "protocol"]).toContain(outcome.failure);
		else expect(outcome).toMatchObject({ failure: "truncated", reason: "closed" });
		expect((await bench.server.over(0)).data).not.toContain("secret");
	});
});

describe("arguments that can never work", () => {
	test.each(["127.0.0.1", "::1", "a..test", ".test", "a.test.", "a/b.test", "ä.test", `${"a".repeat(64)}.test`, `${"a.".repeat(127)}test`])(
		"the server name %s",
		async (name) => {
			bench.server = await startRawServer(Buffer.alloc(0));
			const outcome = await bench.driver.run("client", { port: bench.server.port, anchors: bench.ca.certificateFile, name });
			expect(outcome).toMatchObject({ state: "refused", failure: "misuse" });
		}
	);

	test("anchors, keys and certificates", async () => {
		const broken = await bench.certificates.file("broken.pem", bench.ca.certificate.replace("MII", "MIJ"));
		const half = await bench.certificates.file("half.pem", bench.ca.certificate, bench.ca.certificate.slice(0, 200));
		const huge = await bench.certificates.file("huge.pem", bench.ca.certificate.repeat(100));
		for (const anchors of [
			await bench.certificates.file("empty", ""),
			await bench.certificates.file("text", "no certificate"),
			broken,
			huge,
			bench.ca.keyFile
		]) {
			expect(await bench.driver.run("client", { anchors })).toMatchObject({ state: "refused", failure: "misuse", heapLeft: 0 });
		}
		// What a writer of flash left behind a whole certificate must not count either way.
		expect((await bench.driver.run("client", { anchors: half, port: 1 })).state).toMatch(/refused|unconnected/);
		const anchors = bench.ca.certificateFile;
		for (const [certificate, key] of [
			[bench.leaf.certificateFile, bench.ca.keyFile],
			[bench.leaf.certificateFile, undefined],
			[undefined, bench.leaf.keyFile],
			[bench.leaf.keyFile, bench.leaf.certificateFile]
		]) {
			expect(await bench.driver.run("client", { anchors, certificate, key })).toMatchObject({
				state: "refused",
				failure: "misuse",
				heapLeft: 0
			});
		}
	});
});
