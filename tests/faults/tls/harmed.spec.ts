// The TLS module of the chip under valgrind, against a server of mbedTLS in the same process: cut, changed and starved, by seed.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { Driver } from "../../tls/driver.js";
import { Certificates, RSA } from "../../tls/pki.js";

/** TLS_ROUNDS=100 makes it a hundred times as long, with other seeds. */
const rounds = Number(process.env.TLS_ROUNDS ?? 1);
const patience = 300_000 * rounds;

let folder: string;
let driver: Driver;
let quick: Driver;
let words: Record<string, string | number>;
let rsa: Record<string, string | number>;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "extasis-tls-"));
	const certificates = new Certificates(folder);
	driver = await Driver.start("valgrind");
	quick = await Driver.start("sanitizers");
	const ca = await certificates.make({ name: "ca", ca: true });
	const between = await certificates.make({ name: "between", by: ca, ca: true });
	const leaf = await certificates.make({ name: "leaf", by: between });
	const other = await certificates.make({ name: "rsa", by: ca, key: RSA });
	const chain = await certificates.file("chain.pem", leaf.certificate, between.certificate);
	words = { servercert: chain, serverkey: leaf.keyFile, anchors: ca.certificateFile };
	rsa = { servercert: other.certificateFile, serverkey: other.keyFile, anchors: ca.certificateFile };
}, 120_000);

afterAll(async () => {
	const ends = [await driver.end(), await quick.end()];
	await rm(folder, { recursive: true, force: true });
	expect(ends).toEqual([1, 2].map(() => ({ code: 0, errors: "" })));
});

test("any cut of the server's records into others, and any pieces", async () => {
	// mbedTLS 4 puts messages together itself and wants four bytes of each in its first record.
	for (const records of driver.library === 4 ? [4, 7, 200] : [1, 2, 3, 5, 200]) {
		const outcome = await driver.run("memory", { ...words, records, chunk: 1 + ((records * 37) % 90), twelve: 1 });
		expect(outcome).toMatchObject({ state: "closed", failure: "fine", wrong: "", read: "from the server", heapLeft: 0 });
	}
}, 60_000);

const versions = (): readonly number[] => (driver.library === 4 ? [0, 1] : [1]);
const tools = (few: number, many: number): readonly (readonly [Driver, number])[] => [
	[driver, few * rounds],
	[quick, many * rounds]
];

test(
	"cut off at a byte of the handshake or behind it: always told as such",
	async () => {
		for (const twelve of versions()) {
			for (const [driver, count] of tools(8, 150)) {
				const outcome = await driver.run("cut", { ...words, twelve, seed: 41 + rounds, count });
				expect(outcome).toMatchObject({ state: "done", truncated: count, closed: 0, failed: 0, heapLeft: 0 });
				expect(Number(outcome.bytes)).toBeGreaterThan(1000);
			}
		}
	},
	patience
);

test(
	"changed bytes: it fails or both sides read what the other wrote",
	async () => {
		for (const [index, server] of [words, rsa].entries()) {
			for (const twelve of versions()) {
				for (const [driver, count] of tools(8, 200)) {
					const outcome = await driver.run("fuzz", { ...server, twelve, seed: 7 + index + 100 * rounds, count });
					expect(outcome).toMatchObject({ state: "done", runs: count, heapLeft: 0 });
					expect(Number(outcome.failed)).toBeGreaterThan(count / 2);
				}
			}
		}
	},
	patience
);

test(
	"an allocation that finds no memory: it ends, and all is freed",
	async () => {
		for (const twelve of versions()) {
			for (const [driver, count] of tools(8, 200)) {
				const outcome = await driver.run("starve", { ...words, twelve, seed: 3 + rounds, count });
				expect(outcome).toMatchObject({ state: "done", runs: count, heapLeft: 0 });
				expect(Number(outcome.memory)).toBeGreaterThan(count / 10);
			}
		}
	},
	patience
);
