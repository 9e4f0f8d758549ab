// An account counts as lost after five refusals over an hour, and not for anything that passes.
import { limits } from "../../../src/limits.js";
import { AccountLoss } from "../../../src/xmpp/account-loss.js";

const REFUSED = "not-authorized";
const HOUR = 3_600_000;

test("five refusals over an hour", () => {
	expect([limits.lostRefusals, limits.lostSeconds]).toEqual([5, 3600]);
	const loss = new AccountLoss();
	for (let i = 0; i < 4; i++) loss.ended(REFUSED, HOUR);
	expect(loss.lost).toBe(false);
	loss.ended(REFUSED, 0);
	expect(loss.lost).toBe(true);
});

test("five refusals within less than an hour are none", () => {
	const loss = new AccountLoss();
	for (let i = 0; i < 100; i++) loss.ended(REFUSED, HOUR / 100 - 1);
	expect(loss.lost).toBe(false);
	loss.ended(REFUSED, 100);
	expect(loss.lost).toBe(true);
});

test("what else fails counts as time and not as refusal", () => {
	const loss = new AccountLoss();
	for (let i = 0; i < 100; i++) loss.ended("refused", HOUR);
	for (let i = 0; i < 5; i++) loss.ended(REFUSED, 1000);
	expect(loss.lost).toBe(false);
	for (const reason of ["timeout", "sasl:temporary-auth-failure", "closed"]) loss.ended(reason, HOUR / 3);
	expect(loss.lost).toBe(true);
});

test.each([
	["a login", (loss: AccountLoss) => loss.reset()],
	["a conflict", (loss: AccountLoss) => loss.ended("account-conflict", 300_000)]
])("%s begins the count anew", (_, happens) => {
	const loss = new AccountLoss();
	for (let i = 0; i < 5; i++) loss.ended(REFUSED, HOUR);
	happens(loss);
	expect(loss.lost).toBe(false);
	for (let i = 0; i < 4; i++) loss.ended(REFUSED, HOUR);
	expect(loss.lost).toBe(false);
	loss.ended(REFUSED, HOUR);
	expect(loss.lost).toBe(true);
});
