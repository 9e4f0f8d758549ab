// The broker has lost the account, or only seems to: the same name and password are registered again after an hour, another name never.
import { TestCrypto } from "../support/crypto.js";
import { type VirtualThing, World } from "./world.js";

const crypto = new TestCrypto();
const MINUTE = 60_000;

function registered(): { world: World; thing: VirtualThing; username: string } {
	const world = new World(1, { crypto });
	world.broker.habits.iterations = 4096;
	const thing = world.thing({ serial: "SN-1", key: "abcdefghijklmnopqrstuvwxyz" });
	thing.start();
	world.until("registered", () => thing.events.some(({ event }) => event === "registered"));
	return { world, thing, username: world.broker.registrations[0]! };
}

const count = (thing: VirtualThing, event: string, reason?: string) =>
	thing.events.filter((each) => each.event === event && (reason === undefined || each.reason === reason)).length;

test("restarted without its data, the broker gets the same account again, after five refusals over an hour", () => {
	const { world, thing, username } = registered();
	world.broker.restartWithoutData();
	world.clock.pass(60 * MINUTE);
	expect(world.broker.accounts).toEqual([]);
	expect(count(thing, "offline", "not-authorized")).toBeGreaterThanOrEqual(5);
	world.clock.pass(11 * MINUTE);
	expect(world.broker.registrations).toEqual([username, username]);
	expect(count(thing, "account")).toBe(2);
	expect(thing.firmware.jid).toContain(`${username}@`);
	// Back in the registry, as the one it was.
	world.until("registered again", () => count(thing, "registered") === 2);
	expect(world.store.ofJID(`${username}@${world.domain}`)).toHaveLength(1);
	const refusals = count(thing, "offline", "not-authorized");
	world.clock.pass(120 * MINUTE);
	expect(count(thing, "offline", "not-authorized")).toBe(refusals);
	expect(world.broker.accounts).toEqual([username]);
});

test("a password that is wrong is reported as that, hour after hour, and answered with no other name", () => {
	const { world, thing, username } = registered();
	const password = world.broker.account(username)!.password;
	world.broker.account(username)!.password = "another";
	thing.attachment.cut();
	world.clock.pass(60 * MINUTE);
	expect(count(thing, "offline", "account-conflict")).toBe(0);
	world.clock.pass(300 * MINUTE);
	const conflicts = count(thing, "offline", "account-conflict");
	expect(conflicts).toBeGreaterThanOrEqual(4);
	expect(conflicts).toBeLessThanOrEqual(6);
	expect(world.broker.registrations).toEqual([username]);
	expect(world.broker.accounts).toEqual([username]);
	// Put right, it needs nobody to come.
	world.broker.account(username)!.password = password;
	world.until("online", () => thing.firmware.jid !== undefined);
	expect(count(thing, "account")).toBe(1);
});

test("an account that is away for less than an hour is not made again", () => {
	const { world, thing, username } = registered();
	const account = { ...world.broker.account(username)! };
	world.broker.restartWithoutData();
	world.clock.pass(55 * MINUTE);
	world.broker.createAccount(username, account.password);
	world.until("online", () => thing.firmware.jid !== undefined);
	world.clock.pass(120 * MINUTE);
	expect(world.broker.registrations).toEqual([username]);
});

test("a broker that makes no accounts any more is asked in vain, and nothing else changes", () => {
	const { world, thing, username } = registered();
	world.broker.restartWithoutData();
	world.broker.habits.refuseRegistration = "not-allowed";
	world.clock.pass(180 * MINUTE);
	expect(count(thing, "offline", "refused-account")).toBeGreaterThan(5);
	expect(thing.firmware.state).toBe("registered");
	world.broker.habits.refuseRegistration = undefined;
	world.clock.pass(6 * MINUTE);
	expect(world.broker.registrations).toEqual([username, username]);
	expect(thing.firmware.jid).toContain(`${username}@`);
});
