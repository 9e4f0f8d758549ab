// The rest of the host on Node: clock, timer, crypto, virtual sensors.
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "@jest/globals";
import { createNodeHost, type NodeHost } from "../../../hosts/node/index.js";
import { virtualValue } from "../../../hosts/node/sensors.js";
import type { SensorValue } from "../../../src/host.js";
import { defineThing } from "../../../src/thing/definition.js";

const store = mkdtempSync(join(tmpdir(), "extasis-host-"));
const events: unknown[] = [];
const definition = defineThing({
	manufacturer: "example.org",
	model: "M",
	version: 1,
	fields: {
		Temperature: { type: "numeric", category: "momentary", unit: "°C", range: [-30, 50], sensor: "t1" },
		Count: { type: "int", category: "momentary", range: [0, 10] },
		Lamp: { type: "boolean", category: "status" },
		Model: { type: "string", category: "identity", value: "M" },
		Since: { type: "dateTime", category: "status" }
	},
	parameters: { Lamp: { type: "boolean", actuator: "gpio4" } },
	nodes: [
		{
			id: "bed",
			fields: { Count: { type: "int", category: "momentary", range: [20, 30] }, Valve: { type: "boolean", category: "status" } },
			parameters: { Valve: { type: "boolean", actuator: "gpio5" } }
		}
	]
});
const host: NodeHost = createNodeHost({ store, definition, onEvent: (event) => events.push(event) });

afterAll(async () => {
	await host.close();
	expect(readdirSync(store)).toEqual([]);
	rmSync(store, { recursive: true });
});

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const hex = (value: Uint8Array): string => Buffer.from(value).toString("hex");

async function sample(name: string): Promise<SensorValue | undefined> {
	return await new Promise((resolve, reject) => {
		let answered = false;
		host.sensors.sample(name, (error, value) => {
			expect(answered).toBe(false);
			answered = true;
			if (error === undefined) resolve(value);
			else reject(new Error(error));
		});
		expect(answered).toBe(false);
	});
}

describe("host", () => {
	test("is frozen, tells its events and is refused a second time for the same store", () => {
		expect(Object.isFrozen(host)).toBe(true);
		host.event({ event: "removed" });
		expect(events).toEqual([{ event: "removed" }]);
		expect(() => createNodeHost({ store, definition })).toThrow("in use");
		expect(host.clock.trusted).toBe(true);
		expect(Math.abs(host.clock.now() - Date.now())).toBeLessThan(1000);
	});

	test("crypto gives the published vectors, as plain arrays", () => {
		expect(hex(host.crypto.digest("SHA-1", text("abc")))).toBe("a9993e364706816aba3e25717850c26c9cd0d89d");
		expect(hex(host.crypto.digest("SHA-256", text("abc")))).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
		// RFC 2202 case 2, RFC 4231 case 2, RFC 6070 case 2.
		const what = text("what do ya want for nothing?");
		expect(hex(host.crypto.hmac("SHA-1", text("Jefe"), what))).toBe("effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
		expect(hex(host.crypto.hmac("SHA-256", text("Jefe"), what))).toBe("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
		expect(hex(host.crypto.pbkdf2("SHA-1", text("password"), text("salt"), 2))).toBe("ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957");
		expect(host.crypto.pbkdf2("SHA-256", text("p"), text("s"), 1)).toHaveLength(32);
		expect(host.crypto.digest("SHA-1", text("")).constructor).toBe(Uint8Array);
	});

	test("equal compares, and unequal lengths are unequal", () => {
		expect(host.crypto.equal(text("abc"), text("abc"))).toBe(true);
		expect(host.crypto.equal(text("abc"), text("abd"))).toBe(false);
		expect(host.crypto.equal(text("abc"), text("ab"))).toBe(false);
	});

	test("random gives what was asked and never the same", () => {
		expect(host.random(16)).toHaveLength(16);
		expect(host.random(16).constructor).toBe(Uint8Array);
		expect(hex(host.random(16))).not.toBe(hex(host.random(16)));
	});

	test("the one timer: a second set replaces the first, clear silences it, weeks are not at once", async () => {
		const calls: string[] = [];
		host.timer.set(1, () => calls.push("first"));
		await new Promise<void>((resolve) => host.timer.set(5, resolve));
		host.timer.set(5, () => calls.push("cleared"));
		host.timer.clear();
		host.timer.set(40 * 24 * 3_600_000, () => calls.push("weeks"));
		await new Promise((resolve) => setTimeout(resolve, 20));
		host.timer.clear();
		expect(calls).toEqual([]);
	});
});

describe("virtual parts", () => {
	test("a field's sensor answers by its own name, later, with the type of the field", async () => {
		const temperature = await sample("t1");
		expect(typeof temperature).toBe("number");
		expect(Number.isInteger(await sample("Count"))).toBe(true);
		expect(await sample("Model")).toBe("M");
		expect(await sample("Since")).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
		await expect(sample("Temperature")).rejects.toThrow("no sensor");
	});

	test("a status shows what its actuator was set to", async () => {
		expect(await sample("Lamp")).toBe(false);
		expect(await new Promise((resolve) => host.actuators!.set("gpio4", true, resolve))).toBeUndefined();
		expect(await sample("Lamp")).toBe(true);
		expect(await new Promise((resolve) => host.actuators!.set("Lamp", true, resolve))).toContain("no actuator");
	});

	test("what is of a node is called by its id and its name", async () => {
		expect(await sample("bed.Count")).toBeGreaterThanOrEqual(20);
		expect(await sample("bed.Valve")).toBe(false);
		expect(await new Promise((resolve) => host.actuators!.set("bed.gpio5", true, resolve))).toBeUndefined();
		expect(await sample("bed.Valve")).toBe(true);
		await expect(sample("Valve")).rejects.toThrow("no sensor");
	});

	test("a week of weather stays in range, moves, and never jumps", () => {
		const field = { unit: "°C", range: [-30, 50] as const };
		const start = Date.UTC(2026, 0, 1);
		const values: number[] = [];
		for (let minute = 0; minute < 7 * 24 * 60; minute++) values.push(virtualValue("seed", field, start + minute * 60_000));
		expect(Math.min(...values)).toBeGreaterThanOrEqual(-30);
		expect(Math.max(...values)).toBeLessThanOrEqual(50);
		expect(Math.max(...values) - Math.min(...values)).toBeGreaterThan(5);
		for (let at = 1; at < values.length; at++) expect(Math.abs(values[at]! - values[at - 1]!)).toBeLessThan(1);
		expect(virtualValue("seed", field, start)).toBe(values[0]);
		expect(virtualValue("other", field, start)).not.toBe(values[0]);
	});
});
