// The box's certificates as a client sees them, and when they are made anew.

import { X509Certificate } from "node:crypto";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createServer as createTLS, type TLSSocket } from "node:tls";
import { afterAll, beforeAll } from "@jest/globals";
import { type Certificates, prepareCertificates } from "../../../hosts/broker/certificates.js";

const NAMES = ["box.example", "registry.box.example"];
const DAY = 86_400_000;
let folder = "";
let made: Certificates;
const certificate = (path = made.certificate) => new X509Certificate(readFileSync(path));

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "extasis-ca-"));
	made = await prepareCertificates(folder, NAMES);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** What a client that trusts the CA makes of the server under this name: undefined when it is content. */
const handshake = async (serverName: string, ca: string): Promise<string | undefined> => {
	const server = createTLS({ cert: readFileSync(made.certificate), key: readFileSync(made.key) });
	server.on("tlsClientError", () => {});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as { port: number };
	const socket: TLSSocket = connect({ port, host: "127.0.0.1", servername: serverName, ca: readFileSync(ca) });
	const outcome = await new Promise<string | undefined>((resolve) => {
		socket.once("secureConnect", () => resolve(undefined));
		socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code));
	});
	socket.destroy();
	await new Promise((resolve) => server.close(resolve));
	return outcome;
};

test("they are ECDSA, for servers only, for the domain and its component and nobody else", async () => {
	expect(certificate().publicKey.asymmetricKeyDetails?.namedCurve).toBe("prime256v1");
	expect(certificate().subjectAltName).toBe("DNS:box.example, DNS:registry.box.example");
	expect(certificate().keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
	expect(certificate().ca).toBe(false);
	expect(await handshake("box.example", made.caFile)).toBeUndefined();
	expect(await handshake("registry.box.example", made.caFile)).toBeUndefined();
	expect(await handshake("other.example", made.caFile)).toBe("ERR_TLS_CERT_ALTNAME_INVALID");
});

test("keys are readable by their user alone", async () => {
	expect((await readdir(folder)).sort()).toEqual(["ca.key", "ca.pem", "served"]);
	expect(await readdir(made.served)).toEqual(["box.example.crt", "box.example.key"]);
	for (const path of [made.key, join(folder, "ca.key")]) expect(statSync(path).mode & 0o777).toBe(0o600);
	expect(statSync(made.served).mode & 0o777).toBe(0o700);
});

test("they stay as they are while they last", async () => {
	const before = [certificate().fingerprint256, certificate(made.caFile).fingerprint256];
	await prepareCertificates(folder, NAMES);
	expect([certificate().fingerprint256, certificate(made.caFile).fingerprint256]).toEqual(before);
});

test.each<[string, () => Promise<unknown>]>([
	["a month before they end", () => prepareCertificates(folder, NAMES, Date.now() + 380 * DAY)],
	[
		"when the key is another's",
		() => {
			writeFileSync(made.key, readFileSync(join(folder, "ca.key")));
			return prepareCertificates(folder, NAMES);
		}
	],
	[
		"when a file is spoiled",
		() => {
			writeFileSync(made.certificate, "nonsense");
			return prepareCertificates(folder, NAMES);
		}
	]
])("%s the server's is remade and the CA kept", async (_, again) => {
	const before = [certificate().fingerprint256, certificate(made.caFile).fingerprint256];
	await again();
	expect(certificate().fingerprint256).not.toBe(before[0]);
	expect(certificate(made.caFile).fingerprint256).toBe(before[1]);
	expect(await handshake("box.example", made.caFile)).toBeUndefined();
});

test("for another domain the server's is remade and the CA kept", async () => {
	const ca = certificate(made.caFile).fingerprint256;
	made = await prepareCertificates(folder, ["other.example", "registry.other.example"]);
	expect(await readdir(made.served)).toEqual(["other.example.crt", "other.example.key"]);
	expect(await handshake("other.example", made.caFile)).toBeUndefined();
	expect(await handshake("box.example", made.caFile)).toBe("ERR_TLS_CERT_ALTNAME_INVALID");
	expect(certificate(made.caFile).fingerprint256).toBe(ca);
});

test("with a new CA the server's certificate is new too", async () => {
	const before = certificate(made.caFile).fingerprint256;
	await rm(join(folder, "ca.key"));
	await prepareCertificates(folder, ["other.example", "registry.other.example"]);
	expect(certificate(made.caFile).fingerprint256).not.toBe(before);
	expect(await handshake("other.example", made.caFile)).toBeUndefined();
});
