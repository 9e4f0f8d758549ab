// kill -9 at any piece on the wire of a first life: one account, one registration, and a claim that is kept.
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "@jest/globals";
import { type Box, startBox } from "../../hosts/broker/box.js";
import { ThingProcess } from "../scenarios/extasis-process.js";
import { createProsodyStage } from "../scenarios/prosody-stage.js";
import type { Stage, StageClient } from "../world/stage.js";
import { xml } from "../world/xml.js";
import { type CountingProxy, startCountingProxy } from "./counting-proxy.js";

const LIVES = 50;
const DISCOVERY = "urn:xmpp:iot:discovery";
const SENSOR_DATA = "urn:xmpp:iot:sensordata";

let folder: string;
let box: Box;
let wire: CountingProxy;
let stage: Stage;
let owner: StageClient;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "extasis-kill-"));
	box = await startBox({ data: join(folder, "box"), log: () => {} });
	wire = await startCountingProxy(box.ports.direct);
	stage = await createProsodyStage({ box, folder: join(folder, "stage"), name: "kill", tls: "starttls" });
	owner = await stage.client("owner");
}, 60_000);

afterAll(async () => {
	await stage?.end();
	await wire?.close();
	await box?.stop();
	await rm(folder, { recursive: true, force: true });
});

const thing = (serial: string) =>
	new ThingProcess([
		...["--domain", box.domain, "--address", `127.0.0.1:${wire.port}`, "--tls", "direct", "--ca", box.caFile, "--quiet"],
		...["--store", join(folder, serial), "--serial", serial, "--key", `key-of-${serial}`]
	]);

/** Says whether the registry took it; an owner who asks twice is no matter. */
async function claim(serial: string): Promise<boolean> {
	const tags = { SN: serial, MAN: "extasis.example", MODEL: "WeatherStation", CLASS: "Weather", KEY: `key-of-${serial}` };
	const texts = Object.entries(tags).map(([name, value]) => xml("str", { name, value }));
	const mine = xml("mine", { xmlns: DISCOVERY }, ...texts, xml("num", { name: "V", value: "1" }));
	return (await owner.request("set", box.registry, mine)).attrs.type === "result";
}

let seqnr = 0;
async function mayRead(jid: string): Promise<boolean> {
	const req = xml("req", { xmlns: SENSOR_DATA, seqnr: String(++seqnr), momentary: "true" });
	return (await owner.request("get", jid, req)).attrs.type === "result";
}

/** Lives until claimed, or until piece number `point` is about to pass; returns how many pieces there were. */
async function firstLife(serial: string, point: number): Promise<number> {
	const one = thing(serial);
	let before = -1;
	let pieces = 0;
	const killed = new Promise<void>((resolve) => {
		wire.onPiece = (count) => {
			if (before < 0) before = count - 1;
			pieces = count - before;
			if (pieces === point) resolve(one.kill().then(() => {}));
		};
	});
	const lived = (async () => {
		await one.until("registered");
		await claim(serial);
		await one.until("claimed");
	})();
	await lived.catch(async (error) => {
		// Killed, it never comes to be claimed.
		if (pieces < point) throw error;
		await killed;
	});
	wire.onPiece = () => {};
	await one.kill();
	return pieces;
}

test(`R-077-5 R-347-11 killed at ${LIVES} points of its first life, a thing keeps one account, one registration and its owner`, async () => {
	const whole = await firstLife("whole", Number.POSITIVE_INFINITY);
	expect(whole).toBeGreaterThan(20);
	const points = new Set<number>();
	for (let life = 0; life < LIVES; life++) {
		const serial = `life-${life}`;
		// Evenly over the whole life, both ends included.
		const point = 1 + Math.round((life * (whole - 1)) / (LIVES - 1));
		points.add(point);
		await firstLife(serial, point);

		const second = thing(serial);
		const { jid } = await second.until("online");
		for (let seen = 0; !(await mayRead(String(jid))); ) {
			if (second.events.some(({ event }) => event === "registered")) await claim(serial);
			await second.settle(() => second.events.length > seen, 30, `life ${life}, killed at piece ${point}: an owner`);
			seen = second.events.length;
		}
		await second.kill();

		const third = thing(serial);
		expect(await mayRead(String((await third.until("online")).jid))).toBe(true);
		expect(third.events.map(({ event }) => event)).not.toContain("registered");
		await third.kill();
	}
	expect(points.size).toBeGreaterThan(Math.min(whole, LIVES) / 2);

	const names = await readdir(join(folder, "box"), { recursive: true });
	const accounts = names.filter((name) => /accounts\/.*\.dat$/.test(name));
	// One for each life, the whole one, the stage's owner and the box's own.
	expect(accounts).toHaveLength(LIVES + 3);
	const found = await owner.request(
		"get",
		box.registry,
		xml("search", { xmlns: DISCOVERY }, xml("strEq", { name: "MODEL", value: "WeatherStation" }))
	);
	expect((found.children[0] as typeof found).children).toHaveLength(LIVES + 1);
}, 900_000);
