// A stranger who floods a thing in a chip's heap, its session counted by the broker (XEP-0198): bounded work, and nobody else is hurt.
import { afterEach, beforeAll } from "@jest/globals";
import type { Figures } from "../../../hosts/simulator/report.js";
import { limits } from "../../../src/limits.js";
import type { VirtualClient } from "../../world/client.js";
import { xml } from "../../world/xml.js";
import { Life, SENSOR_DATA } from "./life.js";
import { engineHere } from "./program.js";

const requests = 3000;
/** As many as come before any is answered. */
const burst = 100;

beforeAll(engineHere, 180_000);

let life: Life;
afterEach(() => life.kill());

/** Floods it while the owner reads; the conditions of the answers, each request having one. */
async function flood(stranger: VirtualClient, owner: VirtualClient): Promise<Map<string, number>> {
	const ids: string[] = [];
	const answered = new Set<string>();
	let seen = 0;
	while (ids.length < requests) {
		for (let i = 0; i < burst; i++) {
			const wish = ids.length % 3;
			const payload = [
				xml("req", { xmlns: SENSOR_DATA, seqnr: `${ids.length}`, momentary: "true" }, xml("field", { name: "Temperature" })),
				xml("query", { xmlns: "http://jabber.org/protocol/disco#info" }),
				xml("ping", { xmlns: "urn:xmpp:ping" })
			][wish]!;
			ids.push(stranger.ask("get", life.jid, payload));
		}
		if (ids.length % 1000 === 0) await life.read(owner, `amid-${ids.length}`);
		life.pump();
		await life.until("each answer", () => {
			for (; seen < stranger.received.length; seen++) answered.add(stranger.received[seen]!.attrs.id ?? "");
			return ids.every((id) => answered.has(id));
		});
	}
	const conditions = new Map<string, number>();
	for (const stanza of stranger.received) {
		const condition = stanza.getChild("error")?.getChildElements()[0]?.getName() ?? stanza.name;
		if (ids.includes(stanza.attrs.id ?? "")) conditions.set(condition, (conditions.get(condition) ?? 0) + 1);
	}
	expect([...conditions.values()].reduce((sum, count) => sum + count, 0)).toBe(requests);
	return conditions;
}

/** What it holds when little waits for an acknowledgement: up to 16 stanzas may (XEP-0198). */
async function settled(owner: VirtualClient): Promise<Figures> {
	let least: Figures | undefined;
	for (let i = 0; i < 6; i++) {
		await life.request(owner, "get", life.jid, xml("ping", { xmlns: "urn:xmpp:ping" }));
		const figures = await life.thing.measure();
		if (least === undefined || figures.slots + figures.chunks < least.slots + least.chunks) least = figures;
	}
	return least!;
}

test(`R-CORE-14 R-CORE-5 ${requests} requests of a stranger, the broker keeping nobody away: each is answered once, the heap stays as it was, the session can be resumed`, async () => {
	life = new Life("flood");
	life.world.broker.habits.blocking = false;
	const owner = await life.claimed();
	const stranger = life.world.client("mallory");
	await flood(stranger, owner);
	const before = await settled(owner);
	const conditions = await flood(stranger, owner);
	const after = await settled(owner);
	expect(conditions.get("resource-constraint")).toBeGreaterThan(requests / 2);
	expect(after.keys).toBe(before.keys);
	expect(after.slots - before.slots).toBeLessThanOrEqual(16 * life.engine.bits);
	expect(after.chunks - before.chunks).toBeLessThanOrEqual(16 * life.engine.bits);
	expect(after.free).toBeGreaterThan(0);
	life.attachment.cut();
	await life.next("resumed");
	await life.read(owner, "after");
	expect(life.events.get("online")).toBe(1);
}, 600_000);

test("R-CORE-14 the broker, asked by the thing, keeps him away: it hears no more than it took to find out", async () => {
	life = new Life("flood");
	const owner = await life.claimed();
	const stranger = life.world.client("mallory");
	const account = life.world.broker.account(life.jid.split("@")[0]!)!;
	let asked = 0;
	while (account.blocked.size === 0 && asked < requests) {
		for (let i = 0; i < burst; i++, asked++) stranger.ask("get", life.jid, xml("ping", { xmlns: "urn:xmpp:ping" }));
		// Behind what it said to him, in order.
		await life.request(owner, "get", life.jid, xml("ping", { xmlns: "urn:xmpp:ping" }));
	}
	expect(account.blocked).toEqual(new Set([stranger.bare]));
	expect(asked).toBeLessThan(limits.floodBlock + 2 * burst);
	const answer = await life.request(stranger, "get", life.jid, xml("ping", { xmlns: "urn:xmpp:ping" }));
	expect(answer.getChild("error")?.getChild("service-unavailable")).toBeDefined();
	await life.read(owner, "after");
}, 600_000);
