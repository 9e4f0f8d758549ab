// A real broker that is restarted without its data: after five refusals over an hour a thing makes the same account again, and where its name has become another's it says so and takes none.
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll } from "@jest/globals";
import { limits } from "../../src/limits.js";
import { Life, Site } from "./life.js";

/** Of a thing's time: an hour is ninety seconds. */
const FACTOR = 40;
/** The hour, one pause more, and what this machine needs. */
const BACK = (limits.lostSeconds + 2 * limits.retrySeconds) / FACTOR + 60;

const site = new Site();
const forgotten = new Life({ site, serial: "SN-1", factor: FACTOR });
const robbed = new Life({ site, serial: "SN-2", factor: FACTOR });

beforeAll(async () => {
	await site.begin();
	await Promise.all([forgotten.claimed(), robbed.claimed()]);
}, 120_000);

afterAll(async () => {
	await Promise.all([forgotten.end(), robbed.end()]);
	await site.end();
}, 60_000);

const localOf = (life: Life): string => String(life.events.find(({ event }) => event === "account")?.jid).split("@")[0]!;

test("R-077-5 an account that the broker has lost is made again after five refusals over an hour; one that is another's now never, and under no other name", async () => {
	const before = [localOf(forgotten), localOf(robbed)];
	await site.box.stop();
	for (const lost of ["prosody/data", "registry.db"]) await rm(join(site.folder, "box", lost), { recursive: true, force: true });
	const start = Date.now();
	await site.startBox();
	await site.box.createAccount(before[1]!, "of somebody else");
	site.owner = await site.person("owner");

	await forgotten.until("its account again", () => forgotten.count("account") === 2, BACK);
	expect((Date.now() - start) / 1000).toBeGreaterThan(limits.lostSeconds / FACTOR);
	expect(forgotten.count("offline", "not-authorized")).toBeGreaterThanOrEqual(limits.lostRefusals);
	await forgotten.back();
	expect(localOf(forgotten)).toBe(before[0]);

	await robbed.until("it says so", () => robbed.count("offline", "account-conflict"), BACK);
	expect(robbed.count("account")).toBe(1);
	expect(robbed.thing.jid).toBeUndefined();
	expect((await site.accounts()).sort()).toEqual([...before].sort());
}, 400_000);
