// A real thing on a real Prosody, read by peers that we did not write: slixmpp's XEP-0323 plugin and @xmpp/client.

import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll } from "@jest/globals";
import { type Box, startBox } from "../../hosts/broker/box.js";
import { weatherStation } from "../../src/things/weather-station.js";
import { extasis, outcome, ThingProcess } from "./extasis-process.js";

const READER = fileURLToPath(new URL("./slixmpp_reader.py", import.meta.url));
const STRANGER = { user: "stranger", password: "a stranger's password" };

let folder: string;
let definition: string;
let box: Box;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "extasis-peers-"));
	box = await startBox({ data: join(folder, "box"), log: () => {} });
	await box.createAccount(STRANGER.user, STRANGER.password);
	definition = join(folder, "definition.mjs");
	await writeFile(definition, `export const thing = ${JSON.stringify({ ...weatherStation, legacyPeers: true })};\n`);
}, 60_000);

afterAll(async () => {
	await box?.stop();
	await rm(folder, { recursive: true, force: true });
});

/** One line of what slixmpp's callback was told. */
interface Told {
	readonly event?: string;
	readonly error?: string;
	readonly node?: string;
	readonly fields?: readonly { name: string; value: string; unit: string; typename: string; flags: Record<string, string> }[];
}

describe.each(["direct", "starttls"] as const)("over %s", (tls) => {
	const address = () => `127.0.0.1:${box.ports[tls]}`;
	const client = (jid: string) => ["--as", jid, "--address", address(), "--tls", tls, "--ca", box.caFile];
	const owner = () => ({ EXTASIS_PASSWORD: box.owner.password });
	let thing: ThingProcess;
	let jid: string;
	const slixmpp = async (who: string, password: string, whom: string): Promise<Told[]> => {
		const { hostname, port } = new URL(`xmpp://${address()}`);
		const reader = spawn("/usr/bin/python3", [READER, who, hostname, port, tls, box.caFile, whom, "Temperature"], {
			env: { ...process.env, EXTASIS_PASSWORD: password }
		});
		const { code, stdout, stderr } = await outcome(reader);
		expect({ code, stderr }).toMatchObject({ code: 0 });
		return stdout
			.trim()
			.split("\n")
			.map((line) => JSON.parse(line));
	};

	beforeAll(async () => {
		thing = new ThingProcess([
			...["--domain", box.domain, "--address", address(), "--tls", tls, "--ca", box.caFile],
			...["--store", join(folder, `thing-${tls}`), "--serial", `PEERS-${tls}`, "--show-sticker", "--definition", definition]
		]);
		const { sticker } = await thing.until("registered");
		jid = String((await thing.until("online")).jid);
		const claim = await extasis(["claim", String(sticker), ...client(box.owner.jid)], owner());
		expect(claim).toMatchObject({ code: 0 });
		expect(await thing.until("claimed")).toMatchObject({ owner: box.owner.jid });
	}, 60_000);

	afterAll(async () => {
		expect(await thing?.stop()).toBe(0);
	});

	test("@xmpp/client reads one field as the owner", async () => {
		const read = await extasis(["read", jid.split("/")[0]!, "Temperature", "--json", ...client(box.owner.jid)], owner());
		expect(read).toMatchObject({ code: 0 });
		expect(read.stdout).toMatch(/Temperature/);
		expect(read.stdout).not.toMatch(/Humidity/);
	});

	test("R-323-30 slixmpp's own plugin reads the thing as the owner and completes", async () => {
		const told = await slixmpp(box.owner.jid, box.owner.password, jid.split("/")[0]!);
		expect(told.map(({ event }) => event)).toEqual(["seen", "accepted", "fields", "done"]);
		const field = told[2]?.fields?.[0];
		expect(field).toMatchObject({ name: "Temperature", typename: "numeric", unit: "°C" });
		expect(field?.value).toMatch(/^-?\d+\.\d$/);
	});

	test("R-323-34 slixmpp's own plugin hears that it is refused", async () => {
		const told = await slixmpp(`${STRANGER.user}@${box.domain}`, STRANGER.password, jid);
		expect(told.map(({ event, error }) => [event, error])).toEqual([["rejected", "Access denied."]]);
	});

	test("R-323-22 a stranger who knows the full JID is refused, and not told whether a field exists", async () => {
		const stranger = `${STRANGER.user}@${box.domain}`;
		const ask = async (field: string) => await extasis(["read", jid, field, ...client(stranger)], { EXTASIS_PASSWORD: STRANGER.password });
		const existing = await ask("Temperature");
		const absent = await ask("NoSuchField");
		expect(existing).toMatchObject({ code: 1, stdout: "" });
		expect(absent).toEqual(existing);
		expect((await thing.until("denied")).from).toMatch(new RegExp(`^${stranger}/`));
	});

	test("the thing listens nowhere, and all it says goes over one connection", async () => {
		const own = new Set<string>();
		for (const fd of await readdir(`/proc/${thing.pid}/fd`)) {
			const target = await readlink(`/proc/${thing.pid}/fd/${fd}`).catch(() => "");
			if (target.startsWith("socket:[")) own.add(target.slice(8, -1));
		}
		const states: string[] = [];
		for (const table of ["tcp", "tcp6", "udp", "udp6"]) {
			for (const line of (await readFile(`/proc/${thing.pid}/net/${table}`, "utf8")).split("\n").slice(1)) {
				const column = line.trim().split(/\s+/);
				if (own.has(column[9] ?? "")) states.push(`${table} ${column[3]}`);
			}
		}
		// 01 is ESTABLISHED, 0A would be LISTEN.
		expect(states).toEqual(["tcp 01"]);
	});
});
