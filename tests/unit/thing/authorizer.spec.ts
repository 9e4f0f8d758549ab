// The one door, tried by everyone.
import type { ReadPermission, ReadQuestion } from "../../../src/iot/provisioning.js";
import { ALL_CATEGORIES, type ReadoutRequest } from "../../../src/iot/sensor-data.js";
import { Authorizer } from "../../../src/thing/authorizer.js";

const request: ReadoutRequest = { sequence: "1", categories: ALL_CATEGORIES, when: undefined, nodes: [], fields: ["T"] };
const none: ReadQuestion["tokens"] = [undefined, undefined, undefined];

interface Door {
	owner?: string;
	service?: string;
	/** What the decision will be. */
	permission?: ReadPermission;
	/** Decides at once unless it is there. */
	later?: (() => void)[];
}

/** What is said at the door, and what is asked behind it. */
function ask(door: Door, from: string, asked: ReadoutRequest | null = request): string[] {
	const said: string[] = [];
	const authorizer = new Authorizer({
		owner: () => door.owner,
		service: () => door.service,
		canRead: ({ jid, fields }, decide) => {
			said.push(`asked ${jid} ${fields.join()}`);
			if (door.later === undefined) decide(door.permission);
			else door.later.push(() => decide(door.permission));
		},
		onDenied: (who, what) => said.push(`denied ${who} ${what}`)
	});
	authorizer.mayRead(from, asked ?? undefined, none, (permission) =>
		said.push(permission === undefined ? "no" : permission === "all" ? "all" : "some")
	);
	return said;
}

const owner = "owner@example.org";
const stranger = "stranger@example.org/x";

test.each([owner, "owner@example.org/phone", "OWNER@Example.Org/x"])("R-324-24 the owner may, unasked: %s", (from) => {
	expect(ask({ owner }, from)).toEqual(["all"]);
	expect(ask({ owner }, from, null)).toEqual(["all"]);
});

test("R-324-24 the provisioning service may, unasked, and only while somebody owns the thing", () => {
	const service = "provisioning.example.org";
	expect(ask({ owner, service }, service)).toEqual(["all"]);
	expect(ask({ owner }, service)).toEqual([`asked ${service} T`, `denied ${service} readout`, "no"]);
	expect(ask({ service }, service)).toEqual([`denied ${service} readout`, "no"]);
});

test.each([stranger, "example.org", "owner@example.org.evil.net/x", "owner", "owner@example.net", ""])(
	"R-323-22 about others the decision is asked: %j",
	(from) => {
		const bare = from.split("/")[0];
		expect(ask({ owner }, from)).toEqual([`asked ${bare} T`, `denied ${from} readout`, "no"]);
		expect(ask({ owner, permission: { categories: 1, fields: undefined } }, from)).toEqual([`asked ${bare} T`, "some"]);
	}
);

test("R-324-29 R-347-28 nobody may while nobody owns the thing, and nobody is asked", () => {
	expect(ask({}, "owner@example.org/x")).toEqual(["denied owner@example.org/x readout", "no"]);
	expect(ask({}, "")).toEqual(["denied  readout", "no"]);
});

test("a decision that comes when the owner has gone, or another has come, lets nobody in", () => {
	for (const heir of [undefined, "heir@example.org"]) {
		const door: Door = { owner, permission: { categories: 1, fields: undefined }, later: [] };
		const said = ask(door, stranger);
		door.owner = heir;
		for (const decide of door.later!) decide();
		expect(said).toEqual(["asked stranger@example.org T", `denied ${stranger} readout`, "no"]);
	}
});

test("what nobody can mean is refused without asking", () => {
	expect(ask({ owner }, stranger, null)).toEqual([`denied ${stranger} readout`, "no"]);
	for (const strange of [{ fields: ["x".repeat(65)] }, { nodes: ["x".repeat(65)] }])
		expect(ask({ owner }, stranger, { ...request, ...strange })).toEqual([`denied ${stranger} readout`, "no"]);
});
