// Pauses: how they grow, what they depend on, what ends their growth.
import { Backoff } from "../../../src/xmpp/reconnect.js";
import { ACCOUNT, SessionBench } from "../../support/session-bench.js";

const most = (count: number): Uint8Array => new Uint8Array(count).fill(255);
const least = (count: number): Uint8Array => new Uint8Array(count);

describe("back-off", () => {
	test("R-CORE-9 pauses double up to five minutes, with full jitter", () => {
		const backoff = new Backoff(most);
		const pauses = Array.from({ length: 12 }, () => backoff.next("closed"));
		expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000, 300_000, 300_000]);
		const lucky = new Backoff(least);
		for (let i = 0; i < 12; i++) expect(lucky.next("closed")).toBe(0);
	});

	test("a connection that proved stable starts the pauses anew", () => {
		const backoff = new Backoff(most);
		for (let i = 0; i < 8; i++) backoff.next("dns");
		backoff.reset();
		expect(backoff.next("dns")).toBe(1000);
	});

	test.each(["refused-account", "not-authorized", "sasl:account-disabled", "unknown-ca", "no-starttls", "stream-error:host-unknown"])(
		"%s needs a person: the pause is long from the first",
		(reason) => {
			expect(new Backoff(least).next(reason)).toBe(150_000);
			expect(new Backoff(most).next(reason)).toBe(300_000);
		}
	);

	test.each(["dns", "refused", "timeout", "not-yet-valid", "sasl:temporary-auth-failure", "stream-error:see-other-host", "xml:bad-format"])(
		"%s passes: the first pause is short",
		(reason) => {
			expect(new Backoff(most).next(reason)).toBe(1000);
		}
	);

	test("things that a server sent away together do not come back together", () => {
		const backoff = new Backoff(most);
		expect(backoff.next("stream-error:system-shutdown")).toBe(16_000);
		expect(backoff.next("refused")).toBe(32_000);
	});

	test("R-CORE-9 a server that takes a login and throws it out is not stormed", () => {
		const bench = new SessionBench(ACCOUNT);
		bench.randomByte = 255;
		const pauses: number[] = [];
		for (let i = 0; i < 4; i++) {
			bench.login();
			bench.time.pass(59_000);
			bench.say(" ");
			bench.randomByte = 255;
			bench.line.fails("closed");
			pauses.push(bench.pauses[i]!);
			bench.time.pass(bench.pauses[i]!);
			bench.line.writable();
			bench.session.stop();
		}
		expect(pauses).toEqual([1000, 2000, 4000, 8000]);
		bench.login();
		bench.time.pass(60_000);
		bench.randomByte = 255;
		bench.line.fails("closed");
		expect(bench.pauses[4]).toBe(1000);
	});
});
