// Why a thing is offline, for a person: every cause that is told apart has a line of its own.
import { explainOffline } from "../../../hosts/cli/reasons.js";

const place = { domain: "a.example", address: "b.example:5222" };

const reasons = [
	...["dns", "refused", "closed", "timeout", "unknown-ca", "wrong-name", "expired", "not-yet-valid", "tls"],
	...["no-service", "no-starttls", "no-mechanism", "server-signature", "not-authorized", "overflow", "conflict", "shutdown"],
	...["link", "sasl:tasks", "sm:no-count", "sm:handled-count-too-high", "sm:forgotten"],
	...["refused-account", "account-conflict", "account-throttled", "bind:resource-constraint"],
	...["sasl:temporary-auth-failure", "sasl:account-disabled", "sasl:credentials-expired"],
	...["system-shutdown", "reset", "resource-constraint", "see-other-host", "policy-violation"].map((name) => `stream-error:${name}`),
	...["host-unknown", "not-authorized", "unsupported-version"].map((name) => `stream-error:${name}`)
];

test("each cause has its own line, which is not the one for what nobody foresaw", () => {
	const lines = reasons.map((reason) => explainOffline(reason, "said so", place));
	expect(new Set(lines).size).toBe(reasons.length);
	const unforeseen = (reason: string) => explainOffline("?", "said so", place).replace("?", reason);
	for (const [index, reason] of reasons.entries()) expect(lines[index]).not.toBe(unforeseen(reason));
	for (const line of lines) expect(line).toMatch(/^[A-Z].*([.?]|said so)$/);
});

test.each([
	["sasl:account-disabled", "account-disabled", "The broker has disabled the account: its operator can enable it."],
	["stream-error:resource-constraint", "too many", "The broker at b.example:5222 is busy (too many)."],
	["stream-error:see-other-host", "c.example:5222", "The broker at b.example:5222 sends us to c.example:5222."],
	["stream-error:see-other-host", "", "The broker at b.example:5222 sends us to nowhere."],
	["stream-error:bad-format", "bad-format", "The connection to b.example:5222 ended: stream-error:bad-format (bad-format)."]
])("%s, %j", (reason, detail, line) => {
	expect(explainOffline(reason, detail, place)).toBe(line);
});
