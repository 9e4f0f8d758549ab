// The disk of the thing is full, by the kernel's own word: nothing is believed that could not be kept, and with room again it goes on as the one it was.
import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll } from "@jest/globals";
import { ThingProcess } from "../scenarios/extasis-process.js";
import { bareOf, conditionOf, DISCOVERY, SENSOR_DATA } from "../world/scenarios/steps.js";
import { xml } from "../world/xml.js";
import { startFaultProxy } from "./fault-proxy.js";
import { Site } from "./life.js";

const site = new Site();
let folder: string;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "extasis-disk-"));
	await site.begin();
}, 120_000);

afterAll(async () => {
	await site.end();
	await rm(folder, { recursive: true, force: true });
}, 60_000);

/** No file can grow (EFBIG), or all can: the process goes on. */
const setRoom = (pid: number, room: boolean) =>
	promisify(execFile)("prlimit", ["--pid", `${pid}`, `--fsize=${room ? "unlimited" : 0}:unlimited`]);

const start = (serial: string, port = site.box.ports.direct) =>
	new ThingProcess([
		...["--host", "node", "--domain", site.box.domain, "--address", `127.0.0.1:${port}`, "--tls", "direct"],
		...["--ca", site.box.caFile, "--store", join(folder, serial), "--serial", serial, "--key", `key-of-${serial}`]
	]);

const claim = (serial: string) => {
	const tags = { SN: serial, MAN: "extasis.example", MODEL: "WeatherStation", CLASS: "Weather", KEY: `key-of-${serial}` };
	const texts = Object.entries(tags).map(([name, value]) => xml("str", { name, value }));
	return site.owner.request("set", site.box.registry, xml("mine", { xmlns: DISCOVERY }, ...texts, xml("num", { name: "V", value: "1" })));
};

test("R-347-11 a claim that cannot be kept is not believed, nothing is lost by it, and the next one after there is room is", async () => {
	const thing = start("SN-1");
	const jid = String((await thing.until("online")).jid);
	await thing.until("registered");
	const files = await readdir(join(folder, "SN-1"));
	await setRoom(thing.pid, false);

	await claim("SN-1");
	await thing.settle(() => thing.events.some(({ event }) => event === "error" || event === "claimed"), 60, "what becomes of the claim");
	expect(thing.events.map(({ event }) => event)).not.toContain("claimed");
	const request = xml("req", { xmlns: SENSOR_DATA, seqnr: "1", momentary: "true" });
	expect(conditionOf(await site.owner.request("get", jid, request))).toBe("forbidden");
	// What stood before stands: no file has been shortened.
	expect((await readdir(join(folder, "SN-1"))).sort()).toEqual(files.sort());

	await setRoom(thing.pid, true);
	// The registry has it as his, and tells it again when it comes online.
	await thing.kill();
	const again = start("SN-1");
	await again.until("claimed", 90);
	expect(bareOf(String((await again.until("online")).jid))).toBe(bareOf(jid));
	expect(again.events.map(({ event }) => event)).not.toContain("account");
	await again.stop();
	expect(await site.accounts()).toHaveLength(1);
}, 240_000);

test("R-077-5 no account is asked for before its password is kept", async () => {
	const before = await site.accounts();
	const wire = await startFaultProxy(site.box.ports.direct);
	await wire.deafen();
	const thing = start("SN-2", wire.port);
	try {
		await thing.until("offline");
		await setRoom(thing.pid, false);
		const tries = () => thing.events.filter(({ event, reason }) => event === "offline" && reason !== "refused").length;
		await wire.listen();
		await thing.settle(() => tries() >= 2, 60, "two tries in vain");
		expect(thing.events.map(({ event }) => event)).not.toContain("account");
		expect(await site.accounts()).toEqual(before);
		await setRoom(thing.pid, true);
		await thing.until("registered", 90);
		expect((await site.accounts()).length).toBe(before.length + 1);
	} finally {
		await thing.kill();
		await wire.close();
	}
}, 240_000);
