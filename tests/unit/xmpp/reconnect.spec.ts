// Pauses: how they grow, what they depend on, what ends their growth.
import { limits } from "../../../src/limits.js";
import { Backoff } from "../../../src/xmpp/reconnect.js";
import { ACCOUNT, SessionBench } from "../../support/session-bench.js";
import { fakeRandom } from "../../support/storage.js";

const SIZE = 200;
const LONGEST = limits.retrySeconds * 1000;

/** Some two hundred things that live the same: the pauses of each, by failure. */
function herd(reasons: readonly string[], random = fakeRandom): number[][] {
	const rows: number[][] = [];
	for (let index = 0; index < SIZE; index++) {
		const backoff = new Backoff({ random: random(index), seed: `SN-${index}` });
		rows.push(reasons.map((reason) => backoff.next(reason)));
	}
	return reasons.map((_, at) => rows.map((row) => row[at]!));
}

/** They fill the range and do not leave it. */
function expectSpread(pauses: readonly number[], least: number, most: number): void {
	const width = most - least;
	expect(Math.min(...pauses)).toBeGreaterThanOrEqual(least);
	expect(Math.min(...pauses)).toBeLessThan(least + width * 0.05);
	expect(Math.max(...pauses)).toBeLessThanOrEqual(most);
	expect(Math.max(...pauses)).toBeGreaterThan(most - width * 0.05);
	const mean = pauses.reduce((sum, pause) => sum + pause, 0) / pauses.length;
	expect(Math.abs(mean - (least + width / 2))).toBeLessThan(width * 0.1);
}

describe("back-off", () => {
	test("R-CORE-9 pauses double up to five minutes, with full jitter", () => {
		expect(LONGEST).toBe(300_000);
		const pauses = herd(new Array<string>(12).fill("closed"));
		const ceilings = [1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000, 300_000, 300_000];
		for (const [at, ceiling] of ceilings.entries()) expectSpread(pauses[at]!, 0, ceiling);
	});

	test("R-CORE-9 boards whose randomness is still the same come at different moments, and so does each of them", () => {
		const stuck = () => () => Uint8Array.of(7, 7, 7, 7);
		const pauses = herd(new Array<string>(12).fill("refused"), stuck);
		for (const row of pauses) expect(new Set(row).size).toBeGreaterThan(SIZE * 0.8);
		expectSpread(pauses[11]!, 0, LONGEST);
		const one = new Backoff({ random: stuck(), seed: "SN-1" });
		for (let i = 0; i < 10; i++) one.next("refused");
		const row = Array.from({ length: SIZE }, () => one.next("refused"));
		expectSpread(row, 0, LONGEST);
	});

	test("R-CORE-9 one and the same seed is not one and the same row of pauses", () => {
		const rows = [1, 2].map((random) => {
			const backoff = new Backoff({ random: fakeRandom(random), seed: "SN-1" });
			return Array.from({ length: 10 }, () => backoff.next("closed"));
		});
		expect(rows[0]!.join() === rows[1]!.join()).toBe(false);
	});

	test("a connection that proved stable starts the pauses anew", () => {
		const pauses: number[] = [];
		for (let index = 0; index < SIZE; index++) {
			const backoff = new Backoff({ random: fakeRandom(index), seed: `SN-${index}` });
			for (let i = 0; i < 8; i++) backoff.next("dns");
			backoff.reset();
			pauses.push(backoff.next("dns"));
		}
		expectSpread(pauses, 0, 1000);
	});

	test.each([
		"refused-account",
		"account-conflict",
		"account-throttled",
		"not-authorized",
		"sasl:account-disabled",
		"sasl:credentials-expired",
		"unknown-ca",
		"wrong-name",
		"expired",
		"no-service",
		"no-starttls",
		"stream-error:host-unknown",
		"stream-error:policy-violation"
	])("%s needs a person: the pause is long from the first and always the same", (reason) => {
		for (const pauses of herd([reason, reason, reason])) expectSpread(pauses, LONGEST / 2, LONGEST);
	});

	test.each(["dns", "refused", "timeout", "closed", "tls", "not-yet-valid", "sasl:aborted", "xml:bad-format", "toString"])(
		"%s passes: the first pause is short",
		(reason) => {
			expectSpread(herd([reason])[0]!, 0, 1000);
		}
	);

	test.each(["stream-error:resource-constraint", "bind:resource-constraint", "sasl:temporary-auth-failure"])(
		"%s: a server that is busy gets half a minute at least",
		(reason) => {
			const pauses = herd([reason, reason, "refused", reason]);
			expectSpread(pauses[0]!, 30_000, 64_000);
			expectSpread(pauses[1]!, 30_000, 128_000);
			expectSpread(pauses[2]!, 0, 256_000);
			expectSpread(pauses[3]!, 30_000, LONGEST);
		}
	);

	test.each(["stream-error:system-shutdown", "stream-error:reset", "conflict"])(
		"%s: things that a server sent away together do not come back together",
		(reason) => {
			const pauses = herd([reason, "refused", "refused"]);
			expectSpread(pauses[0]!, 0, 32_000);
			expectSpread(pauses[1]!, 0, 64_000);
			expectSpread(pauses[2]!, 0, 128_000);
		}
	);

	test("what lasts does not make longer what passes", () => {
		const pauses = herd(["closed", "expired", "expired", "closed"]);
		expectSpread(pauses[3]!, 0, 2000);
	});

	test("R-CORE-9 a server that takes a login and throws it out is not stormed, and a stable minute is forgiven", () => {
		let afterMinute = 0;
		for (const stable of [59_000, 60_000]) {
			const bench = new SessionBench(ACCOUNT);
			for (let i = 0; i < 8; i++) {
				bench.login();
				bench.time.pass(stable);
				bench.say(" ");
				bench.line.fails("closed");
				bench.time.pass(bench.pauses[i]!);
				bench.line.writable();
				bench.session.stop();
			}
			const longest = Math.max(...(bench.pauses as number[]));
			if (stable < limits.stableSeconds * 1000) expect(longest).toBeGreaterThan(4000);
			else afterMinute = longest;
		}
		expect(afterMinute).toBeLessThanOrEqual(1000);
	});
});
