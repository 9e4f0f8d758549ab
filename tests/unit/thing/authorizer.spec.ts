// The one door, tried by everyone.
import type { Applicant, Permission } from "../../../src/iot/provisioning.js";
import { ALL_CATEGORIES, type ReadoutRequest } from "../../../src/iot/sensor-data.js";
import { Authorizer } from "../../../src/thing/authorizer.js";

const request: ReadoutRequest = { categories: ALL_CATEGORIES, when: undefined, nodes: [], fields: ["T"] };
/** What nobody can mean. */
const nothing: ReadoutRequest = { ...request };
const none: Applicant["tokens"] = [undefined, undefined, undefined];

interface Door {
	owner?: string;
	service?: string;
	/** What the decision will be. */
	permission?: Permission;
}

/** What is said at the door, and what is asked behind it. */
function ask(door: Door, from: string, asked: ReadoutRequest | undefined = request, tokens: Applicant["tokens"] | null = none): string[] {
	const said: string[] = [];
	const decide: Applicant["decide"] = (permission) => {
		said.push(permission === undefined ? "no" : permission === "all" ? "all" : "some");
	};
	const authorizer = new Authorizer({
		owner: () => door.owner,
		provisioning: { jid: door.service },
		decisions: {
			...{ changes: 0, node: { id: "thing" }, nodes: [] },
			judge: ({ jid, fields }, applicant) => {
				said.push(`asked ${jid} ${fields.join()}`);
				applicant.decide(door.permission);
			}
		}
	});
	authorizer.admit({ from, asked: asked === nothing ? undefined : asked, tokens: tokens ?? undefined, weight: 0, decide });
	return said;
}

const owner = "owner@example.org";
const stranger = "stranger@example.org/x";

test.each([owner, "owner@example.org/phone", "OWNER@Example.Org/x"])("R-324-24 the owner may, unasked: %s", (from) => {
	expect(ask({ owner }, from)).toEqual(["all"]);
	expect(ask({ owner }, from, nothing)).toEqual(["all"]);
});

test("R-324-24 the provisioning service may, unasked, and only while somebody owns the thing", () => {
	const service = "provisioning.example.org";
	expect(ask({ owner, service }, service)).toEqual(["all"]);
	expect(ask({ owner }, service)).toEqual([`asked ${service} T`, "no"]);
	expect(ask({ service }, service)).toEqual(["no"]);
});

test.each([stranger, "example.org", "owner@example.org.evil.net/x", "owner", "owner@example.net", ""])(
	"R-323-22 about others the decision is asked: %j",
	(from) => {
		const bare = from.split("/")[0];
		expect(ask({ owner }, from)).toEqual([`asked ${bare} T`, "no"]);
		expect(ask({ owner, permission: { categories: 1, fields: undefined } }, from)).toEqual([`asked ${bare} T`, "some"]);
	}
);

test("R-324-29 R-347-28 nobody may while nobody owns the thing, and nobody is asked", () => {
	expect(ask({}, "owner@example.org/x")).toEqual(["no"]);
	expect(ask({}, "")).toEqual(["no"]);
});

test("what nobody can mean is refused without asking", () => {
	expect(ask({ owner }, stranger, nothing)).toEqual(["no"]);
	for (const strange of [
		{ fields: ["x".repeat(65)] },
		{ nodes: [{ id: "x".repeat(65) }] },
		{ nodes: [{ id: "x", source: "x".repeat(65) }] },
		{ nodes: [{ id: "x", partition: "x".repeat(65) }] }
	])
		expect(ask({ owner }, stranger, { ...request, ...strange })).toEqual(["no"]);
	expect(ask({ owner }, stranger, request, null)).toEqual(["no"]);
});
