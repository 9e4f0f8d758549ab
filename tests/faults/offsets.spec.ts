// A wire to a real Prosody that fails in the login, by seeded dice: the thing comes back, with the one account and the one registration it had.
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "@jest/globals";
import { type Box, startBox } from "../../hosts/broker/box.js";
import { createNodeHost } from "../../hosts/node/index.js";
import type { ThingEvent } from "../../src/host.js";
import { boot } from "../../src/main.js";
import { weatherStation } from "../../src/things/weather-station.js";
import { Dice } from "../world/dice.js";
import { type Fault, type FaultProxy, startFaultProxy } from "./fault-proxy.js";

/** `make soak` asks for more. */
const HISTORIES = Number(process.env.HISTORIES ?? 50);
const SEED = process.env.SEED ?? "1";

let folder: string;
let box: Box;
let wire: FaultProxy;
let anchors: string;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "extasis-offsets-"));
	box = await startBox({ data: join(folder, "box"), log: () => {} });
	anchors = await readFile(box.caFile, "utf8");
	wire = await startFaultProxy(box.ports.direct);
}, 60_000);

afterAll(async () => {
	await wire?.close();
	await box?.stop();
	await rm(folder, { recursive: true, force: true });
});

/** Boots from the same store and lives until it is registered; what happened on the way. */
async function live(fault: Fault | undefined): Promise<ThingEvent[]> {
	wire.fault = fault;
	const events: ThingEvent[] = [];
	let end = async (): Promise<void> => {};
	const registered = new Promise<void>((resolve, reject) => {
		const timer = setTimeout(() => reject(new Error(`not registered: ${JSON.stringify(events)}`)), 60_000);
		const onEvent = (event: ThingEvent): void => {
			events.push(event);
			if (event.event !== "registered") return;
			clearTimeout(timer);
			resolve();
		};
		const host = createNodeHost({ store: join(folder, "thing"), definition: weatherStation, onEvent });
		const address = { host: "127.0.0.1", port: wire.port };
		const thing = boot({ definition: weatherStation, domain: box.domain, anchors, address, tls: "direct", serial: "SN-1", host });
		end = async () => {
			clearTimeout(timer);
			thing.stop();
			await host.close();
		};
	});
	try {
		await registered;
	} finally {
		await end();
	}
	return events;
}

test(
	`R-077-5 ${HISTORIES} seeded faults in the login leave one account and one registration`,
	async () => {
		await live(undefined);
		const events = await live(undefined);
		const whole = wire.passed;
		expect(whole).toBeGreaterThan(3000);
		const jid = String(events.find(({ event }) => event === "online")?.jid).split("/")[0];
		const dice = new Dice(SEED);
		const kinds = new Set<string>();
		let breaks = 0;
		for (let history = 0; history < HISTORIES; history++) {
			const lot = dice.below(10);
			let fault: Fault = { kind: "reset", at: 1 + dice.below(whole) };
			if (lot === 7) fault = { kind: "refuse" };
			if (lot === 8) fault = { kind: "delay", milliseconds: 1 + dice.below(50) };
			if (lot === 9) fault = { kind: "chop", bytes: 1 + dice.below(64) };
			kinds.add(fault.kind);
			const told = await live(fault);
			const where = `seed ${SEED}, history ${history}: ${JSON.stringify(fault)}: ${JSON.stringify(told)}`;
			const names = told.map(({ event }) => event);
			const online = told.filter(({ event }) => event === "online");
			const reasons = told.filter(({ event }) => event === "offline").map(({ reason }) => reason);
			const broken = fault.kind === "reset" || fault.kind === "refuse";
			// What the fault comes too late for ends nothing.
			const fine =
				!names.includes("account") &&
				online.every((event) => String(event.jid).split("/")[0] === jid) &&
				(broken ? reasons.length <= 1 && reasons.every((reason) => reason === "closed") : reasons.length === 0);
			if (!fine) throw new Error(where);
			breaks += reasons.length;
		}
		expect(breaks).toBeGreaterThan(HISTORIES / 3);
		if (HISTORIES >= 50) expect([...kinds].sort()).toEqual(["chop", "delay", "refuse", "reset"]);
		const files = await readdir(join(folder, "box"), { recursive: true });
		// The thing's and the box's own.
		expect(files.filter((name) => /accounts\/.*\.dat$/.test(name))).toHaveLength(2);
	},
	HISTORIES * 18_000
);

test("a connection that falls silent in the login, its peer still there, is given up by the watchdog", async () => {
	await live(undefined);
	const told = await live({ kind: "hold", at: Math.floor(wire.passed / 2) });
	expect(told.map(({ event, reason }) => reason ?? event)).toEqual(["timeout", "online", "registered"]);
}, 120_000);
