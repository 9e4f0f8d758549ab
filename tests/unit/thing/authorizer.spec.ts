// The one door, tried by everyone.
import { Authorizer } from "../../../src/thing/authorizer.js";

function ask(owner: string | undefined, from: string): string {
	const said: string[] = [];
	new Authorizer({ owner: () => owner, onDenied: (who, what) => said.push(`denied ${who} ${what}`) }).mayRead(from, (allowed) =>
		said.push(String(allowed))
	);
	return said.join(", ");
}

test.each(["owner@example.org", "owner@example.org/phone", "OWNER@Example.Org/x"])("the owner may: %s", (from) => {
	expect(ask("owner@example.org", from)).toBe("true");
});

test.each(["stranger@example.org/x", "example.org", "owner@example.org.evil.net/x", "owner", "owner@example.net", ""])(
	"R-323-22 others may not: %j",
	(from) => {
		expect(ask("owner@example.org", from)).toBe(`denied ${from} readout, false`);
	}
);

test("R-347-28 nobody may while nobody owns the thing", () => {
	expect(ask(undefined, "owner@example.org/x")).toBe("denied owner@example.org/x readout, false");
	expect(ask(undefined, "")).toBe("denied  readout, false");
});
