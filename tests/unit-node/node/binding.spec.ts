// The hash of a certificate that a login is bound to (tls-server-end-point), against what openssl says of certificates of every kind.
import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "@jest/globals";
import { endPoint } from "../../../hosts/node/binding.js";

const folder = mkdtempSync(join(tmpdir(), "extasis-binding-"));
const run = (...args: string[]): string => execFileSync("openssl", args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] }).toString();

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function certificate(key: readonly string[], sign: readonly string[]): Uint8Array {
	run(
		"req",
		"-x509",
		"-newkey",
		...key,
		"-nodes",
		"-keyout",
		"key.pem",
		"-out",
		"cert.pem",
		"-days",
		"2",
		"-subj",
		"/CN=a.example",
		...sign
	);
	return new X509Certificate(readFileSync(join(folder, "cert.pem"))).raw;
}

/** What openssl says. */
const fingerprint = (hash: string): string =>
	run("x509", "-in", "cert.pem", "-noout", "-fingerprint", `-${hash}`).split("=")[1]!.trim().replaceAll(":", "").toLowerCase();

const RSA = ["rsa:2048"];
const EC = ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
const pss = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32"];

test.each([
	["RSA with SHA-256", RSA, ["-sha256"], "sha256"],
	["RSA with SHA-384", RSA, ["-sha384"], "sha384"],
	["RSA with SHA-512", RSA, ["-sha512"], "sha512"],
	["RSA with SHA-1, which counts as SHA-256", RSA, ["-sha1"], "sha256"],
	["RSA-PSS with SHA-384", RSA, ["-sha384", ...pss], "sha384"],
	["RSA-PSS with SHA-1, its default", RSA, ["-sha1", ...pss.slice(0, 2), "-sigopt", "rsa_pss_saltlen:20"], "sha256"],
	["ECDSA with SHA-256", EC, ["-sha256"], "sha256"],
	["ECDSA with SHA-384", EC, ["-sha384"], "sha384"],
	["ECDSA with SHA-512", EC, ["-sha512"], "sha512"]
])("R-CORE-4 %s", (_, key, sign, hash) => {
	const bytes = certificate(key, sign);
	expect(Buffer.from(endPoint(bytes)!).toString("hex")).toBe(fingerprint(hash));
});

test("R-CORE-4 a signature without a hash of its own has no such binding", () => {
	expect(endPoint(certificate(["ed25519"], []))).toBeUndefined();
});

test("what is no certificate has none, cut at every byte", () => {
	const bytes = certificate(EC, ["-sha256"]);
	expect(endPoint(undefined)).toBeUndefined();
	for (let length = 0; length < bytes.length; length++) expect(endPoint(bytes.subarray(0, length))).toBeUndefined();
	expect(endPoint(Uint8Array.from([0x30, 0x80, 0, 0]))).toBeUndefined();
	expect(endPoint(Uint8Array.from([0x30, 0x88, 1, 1, 1, 1, 1, 1, 1, 1]))).toBeUndefined();
});
