// The TLS module of the chip, by its driver under valgrind: servers that it must connect to, and how connections live and end.
import { createHash, X509Certificate } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import type { TLSSocket } from "node:tls";
import { describe, expect, test } from "@jest/globals";
import { createBench, type Words } from "../../tls/bench.js";
import type { Outcome } from "../../tls/driver.js";
import { EC, RSA } from "../../tls/pki.js";
import { startTLSServer, type TLSOptions } from "../../tls/server.js";

const bench = createBench();

/** What every accepted connection shows; the client says "ping", hears "hello" and ends. */
const connect = async (options: TLSOptions, words: Words = {}, index = 0): Promise<Outcome> => {
	bench.server ??= await startTLSServer(options);
	const outcome = await bench.driver.run("client", {
		...{ port: bench.server.port, name: "a.test", anchors: bench.ca.certificateFile, write: "ping", read: 5 },
		...words
	});
	expect(outcome).toMatchObject({ state: "closed", failure: "fine", detail: "", read: "hello", heapLeft: 0 });
	expect(await bench.server.over(index)).toEqual({ data: "ping", orderly: true, secure: true, error: undefined });
	return outcome;
};

describe("certificates", () => {
	test("ECDSA, the leaf alone under a private root", async () => {
		expect((await connect({ pair: bench.leaf })).version).toBe(bench.driver.library === 4 ? "TLSv1.3" : "TLSv1.2");
	});

	test("TLS 1.2", async () => {
		expect((await connect({ pair: bench.leaf, context: { maxVersion: "TLSv1.2" } })).version).toBe("TLSv1.2");
	});

	test("RSA of 2048 bits, root and leaf", async () => {
		const root = await bench.certificates.make({ name: "rsa-ca", ca: true, key: RSA });
		const pair = await bench.certificates.make({ name: "rsa", by: root, key: RSA });
		await connect({ pair }, { anchors: root.certificateFile });
	});

	test("P-384 signed by SHA-384", async () => {
		const pair = await bench.certificates.make({
			name: "p384",
			by: bench.ca,
			key: ["ec", "-pkeyopt", "ec_paramgen_curve:P-384"],
			hash: "sha384"
		});
		const outcome = await connect({ pair });
		expect(outcome["tls-server-end-point"]).toBe(createHash("sha384").update(new X509Certificate(pair.certificate).raw).digest("hex"));
	});

	test("a chain with an intermediate", async () => {
		const between = await bench.certificates.make({ name: "between", by: bench.ca, ca: true });
		const pair = await bench.certificates.make({ name: "below", by: between });
		await connect({ pair, chain: between.certificate });
	});

	test("a wildcard", async () => {
		const pair = await bench.certificates.make({ name: "wild", by: bench.ca, names: ["*.a.test"] });
		await connect({ pair }, { name: "things.a.test" });
	});

	test("the name among others, in other letters", async () => {
		const pair = await bench.certificates.make({ name: "many", by: bench.ca, names: ["b.test", "A.test"] });
		await connect({ pair });
	});

	test("no extended key usage at all", async () => {
		const pair = await bench.certificates.make({ name: "unrestricted", by: bench.ca, extendedUsage: null });
		await connect({ pair });
	});

	test("a large chain: six intermediates, 300 names, 12 KB and more", async () => {
		let by = bench.ca;
		let chain = "";
		for (let depth = 0; depth < 6; depth++) {
			by = await bench.certificates.make({ name: `deep-${depth}`, by, ca: true, key: depth % 2 ? ["rsa:3072"] : EC });
			chain = by.certificate + chain;
		}
		const names = ["a.test", ...Array.from({ length: 300 }, (_, index) => `thing-number-${index}.a.test`)];
		const pair = await bench.certificates.make({ name: "large", by, names });
		const outcome = await connect({ pair, chain });
		expect(outcome.received).toBeGreaterThan(12_000);
	}, 180_000);

	test("one of several anchors, PEM, and one in DER", async () => {
		const other = await bench.certificates.make({ name: "other-ca", ca: true });
		await connect({ pair: bench.leaf }, { anchors: await bench.certificates.file("both.pem", other.certificate, bench.ca.certificate) });
		const anchors = await bench.certificates.file("ca.der", new X509Certificate(bench.ca.certificate).raw);
		await connect({ pair: bench.leaf }, { anchors }, 1);
	});

	test("by the clock it is given and not by the machine's", async () => {
		const pair = await bench.certificates.make({ name: "past", by: bench.ca, from: -60, to: -30 });
		const now = Math.floor(Date.now() / 1000) - 45 * 86_400;
		const past = await bench.certificates.make({ name: "past-ca", ca: true, from: -60, to: -30 });
		const below = await bench.certificates.make({ name: "below-past", by: past, from: -60, to: -30 });
		await connect({ pair: below }, { now, anchors: past.certificateFile });
		const outcome = await bench.driver.run("client", { port: bench.server!.port, name: "a.test", anchors: past.certificateFile });
		expect(outcome.failure).toBe("expired");
		expect(pair.certificate).not.toBe("");
	});
});

describe("records", () => {
	test("of 512 bytes, handshake and data", async () => {
		const names = ["a.test", ...Array.from({ length: 60 }, (_, index) => `thing-number-${index}.a.test`)];
		const pair = await bench.certificates.make({ name: "cut", by: bench.ca, names });
		const onSecure = (socket: TLSSocket): void => void socket.write("hello".repeat(500));
		bench.server = await startTLSServer({ pair, fragment: 512, onSecure, context: { maxVersion: "TLSv1.2" } });
		const words = { port: bench.server.port, name: "a.test", anchors: bench.ca.certificateFile, write: "ping", read: 2500 };
		expect(await bench.driver.run("client", words)).toMatchObject({ state: "closed", readBytes: 2500, heapLeft: 0 });
		if (bench.driver.library === 4) {
			await bench.server.close();
			bench.server = await startTLSServer({ pair, fragment: 512, onSecure });
			expect(await bench.driver.run("client", { ...words, port: bench.server.port })).toMatchObject({ state: "closed", readBytes: 2500 });
		}
	});

	test("a byte at a time in both directions", async () => {
		await connect({ pair: bench.leaf }, { drip: 1, sends: 1 });
	}, 180_000);

	test("much data in both directions through the small buffers", async () => {
		let got = 0;
		const onSecure = (socket: TLSSocket): void => void socket.write("x".repeat(300_000));
		const onData = (_socket: TLSSocket, _raw: unknown, data: string): void => {
			got += data.length;
		};
		bench.server = await startTLSServer({ pair: bench.leaf, onSecure, onData });
		const words = {
			port: bench.server.port,
			name: "a.test",
			anchors: bench.ca.certificateFile,
			write: "0123456789".repeat(100),
			repeat: 100,
			read: 300_000
		};
		expect(await bench.driver.run("client", words)).toMatchObject({ state: "closed", readBytes: 300_000, written: 100_000, heapLeft: 0 });
		await bench.server.over(0);
		expect(got).toBe(100_000);
	}, 180_000);

	test("STARTTLS", async () => {
		await connect({ pair: bench.leaf, startTLS: true }, { starttls: 1 });
	});
});

describe("ALPN", () => {
	test("xmpp-client, chosen by the server", async () => {
		const outcome = await connect({ pair: bench.leaf, socket: { ALPNProtocols: ["xmpp-client"] } }, { alpn: "xmpp-client" });
		expect(outcome.alpn).toBe(1);
	});

	test("ignored by the server", async () => {
		expect((await connect({ pair: bench.leaf }, { alpn: "xmpp-client" })).alpn).toBe(0);
	});
});

test("a client's certificate", async () => {
	const pair = await bench.certificates.make({ name: "thing", by: bench.ca, names: [], extendedUsage: "clientAuth" });
	let shown: Buffer | undefined;
	const onSecure = (socket: TLSSocket): void => {
		shown = socket.getPeerCertificate().raw;
		socket.write("hello");
	};
	await connect(
		{ pair: bench.leaf, context: { ca: bench.ca.certificate }, socket: { requestCert: true, rejectUnauthorized: true }, onSecure },
		{ certificate: pair.certificateFile, key: pair.keyFile }
	);
	// OpenSSL has checked that the client has its key.
	expect(shown).toEqual(new X509Certificate(pair.certificate).raw);
});

describe.each(["TLSv1.2", "TLSv1.3"] as const)("a session of a server up to %s", (version) => {
	const options = (reused: boolean[] = []): TLSOptions => ({
		pair: bench.leaf,
		context: { maxVersion: version, sessionIdContext: "test" },
		onSecure: (socket) => {
			reused.push(socket.isSessionReused());
			socket.write("hello");
		}
	});
	const save = async (reused: boolean[], words: Words = {}): Promise<{ readonly path: string; readonly first: Outcome }> => {
		const path = bench.certificates.path(`session-${version}-${Math.random()}`);
		const first = await connect(options(reused), { save: path, ...words });
		expect(first.session).toBeGreaterThan(200);
		expect(first.session).toBeLessThanOrEqual(4096);
		return { path, first };
	};

	test("is resumed, with the same end point", async () => {
		const reused: boolean[] = [];
		const { path, first } = await save(reused);
		const second = await connect(options(), { session: path }, 1);
		expect(reused).toEqual([false, true]);
		expect([first.resumed, second.resumed]).toEqual([0, 1]);
		expect(second["tls-server-end-point"]).toBe(first["tls-server-end-point"]);
	});

	test("is not offered once its certificates have expired, nor for another name, nor under other anchors, nor with a broken bit", async () => {
		const reused: boolean[] = [];
		const wild = await bench.certificates.make({ name: `wild-${version}`, by: bench.ca, names: ["a.test", "b.test"] });
		const { path } = await save(reused);
		await bench.server!.close();
		bench.server = await startTLSServer({ ...options(reused), pair: wild });
		const now = Math.floor(Date.now() / 1000) + 200 * 86_400;
		const late = await bench.driver.run("client", {
			port: bench.server.port,
			name: "a.test",
			anchors: bench.ca.certificateFile,
			session: path,
			now
		});
		expect(late).toMatchObject({ state: "failed", failure: "expired", resumed: 0 });
		const saved = await readFile(path);
		const bits = [0, 4, 100, saved.length - 1].map(async (at, index) => {
			const broken = Buffer.from(saved);
			broken[at]! ^= 1;
			const file = `${path}-${index}`;
			await writeFile(file, broken);
			return file;
		});
		let index = 1;
		for (const file of [
			...(await Promise.all(bits)),
			await bench.certificates.file(`none-${version}`, "TLS"),
			await bench.certificates.file(`empty-${version}`, "")
		]) {
			expect((await connect(options(), { session: file }, index++)).resumed).toBe(0);
		}
		expect((await connect(options(), { session: path, name: "b.test" }, index++)).resumed).toBe(0);
		const other = await bench.certificates.make({ name: `other-ca-${version}`, ca: true });
		const anchors = await bench.certificates.file(`more-${version}.pem`, bench.ca.certificate, other.certificate);
		expect((await connect(options(), { session: path, anchors }, index++)).resumed).toBe(0);
	}, 180_000);

	test("that the server does not know falls back to a whole handshake", async () => {
		const { path } = await save([]);
		await bench.server!.close();
		bench.server = undefined;
		expect((await connect(options(), { session: path })).resumed).toBe(0);
	});
});

describe("channel bindings", () => {
	test("are the server's own", async () => {
		const finished: string[] = [];
		const exported: string[] = [];
		const options = (version: "TLSv1.2" | "TLSv1.3"): TLSOptions => ({
			pair: bench.leaf,
			context: { maxVersion: version, sessionIdContext: "test" },
			onSecure: (socket) => {
				const first = socket.isSessionReused() ? socket.getFinished() : socket.getPeerFinished();
				finished.push(first?.toString("hex") ?? "none");
				if (version === "TLSv1.3")
					exported.push(socket.exportKeyingMaterial(32, "EXPORTER-Channel-Binding", Buffer.alloc(0)).toString("hex"));
				socket.write("hello");
			}
		});
		const endPoint = createHash("sha256").update(new X509Certificate(bench.leaf.certificate).raw).digest("hex");
		const path = bench.certificates.path("binding-session");
		const outcomes = [await connect(options("TLSv1.2"), { save: path }), await connect(options("TLSv1.2"), { session: path }, 1)];
		for (const [index, outcome] of outcomes.entries()) {
			expect(outcome.resumed).toBe(index);
			expect(outcome["tls-server-end-point"]).toBe(endPoint);
			// mbedTLS 4 offers none of TLS 1.2's own.
			expect(outcome["tls-unique"]).toBe(bench.driver.library === 4 ? "" : finished[index]);
			expect(outcome["tls-exporter"]).toBe("");
		}
		await bench.server!.close();
		bench.server = undefined;
		if (bench.driver.library !== 4) return;
		const outcome = await connect(options("TLSv1.3"));
		expect(outcome["tls-exporter"]).toBe(exported[0]);
		expect(outcome["tls-unique"]).toBe("");
	});
});

describe("the end", () => {
	const words = (): Words => ({ port: bench.server!.port, name: "a.test", anchors: bench.ca.certificateFile });

	test("by the server is orderly and answered", async () => {
		// Node says no close_notify when it is ended within "secure" under TLS 1.3.
		bench.server = await startTLSServer({ pair: bench.leaf, onSecure: () => {}, onData: (socket) => void socket.end("bye") });
		expect(await bench.driver.run("client", { ...words(), write: "ping" })).toMatchObject({
			state: "closed",
			failure: "fine",
			read: "bye",
			heapLeft: 0
		});
		expect(await bench.server.over(0)).toMatchObject({ orderly: true, error: undefined });
	});

	test("without close_notify is told apart, and what came before it is read", async () => {
		bench.server = await startTLSServer({
			pair: bench.leaf,
			onSecure: (socket, raw) => void socket.write("half", () => raw.end())
		});
		const outcome = await bench.driver.run("client", words());
		expect(outcome).toMatchObject({ state: "failed", failure: "truncated", reason: "closed", read: "half", heapLeft: 0 });
	});

	test("of a server that asks for a renegotiation, which is refused", async () => {
		bench.server = await startTLSServer({
			pair: bench.leaf,
			context: { maxVersion: "TLSv1.2" },
			onSecure: (socket) => {
				socket.write("hello");
				socket.renegotiate({}, () => {});
			}
		});
		const outcome = await bench.driver.run("client", { ...words(), write: "ping" });
		expect(outcome).toMatchObject({ state: "failed", read: "hello", heapLeft: 0 });
		expect((await bench.server.over(0)).error).toMatch(/no.renegotiation/i);
	});
});
