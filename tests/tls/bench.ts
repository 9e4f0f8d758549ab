// What the suites of servers have in common: a driver under valgrind, a root with a leaf, and one server for each test.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect } from "@jest/globals";
import { Driver } from "./driver.js";
import { Certificates, type Pair } from "./pki.js";
import type { TestServer } from "./server.js";

export interface Bench {
	readonly folder: string;
	readonly certificates: Certificates;
	readonly driver: Driver;
	readonly ca: Pair;
	/** Of "a.test", by `ca`. */
	readonly leaf: Pair;
	/** Closed after each test. */
	server: TestServer | undefined;
}

/** Of the suite that calls it; filled before its first test. */
export function createBench(): Bench {
	const bench = {} as { -readonly [name in keyof Bench]: Bench[name] };

	beforeAll(async () => {
		bench.folder = await mkdtemp(join(tmpdir(), "extasis-tls-"));
		bench.certificates = new Certificates(bench.folder);
		bench.driver = await Driver.start("valgrind");
		bench.ca = await bench.certificates.make({ name: "ca", ca: true });
		bench.leaf = await bench.certificates.make({ name: "leaf", by: bench.ca });
	}, 120_000);

	afterEach(async () => {
		await bench.server?.close();
		bench.server = undefined;
	});

	afterAll(async () => {
		const { code, errors } = await bench.driver.end();
		await rm(bench.folder, { recursive: true, force: true });
		// valgrind: no error, and nothing left on the heap.
		expect(errors).toBe("");
		expect(code).toBe(0);
	});

	return bench;
}

export type Words = Readonly<Record<string, string | number | undefined>>;
