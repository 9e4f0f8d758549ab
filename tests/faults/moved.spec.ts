// A domain that moves: its SRV records name another place, or the server says where to go. The thing follows, and is the one it was.
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createServer, type TLSSocket } from "node:tls";
import { afterAll, beforeAll } from "@jest/globals";
import { type NameServer, startNameServer } from "../scenarios/name-server.js";
import { type FaultProxy, startFaultProxy } from "./fault-proxy.js";
import { Life, Site } from "./life.js";

const FACTOR = 10;

const site = new Site();
let elsewhere: FaultProxy;
let names: NameServer;
let life: Life;

const records = (port: number): string[] => [
	`srv-host=_xmpps-client._tcp.box.example,place.box.example,${port},0,0`,
	"host-record=place.box.example,127.0.0.1"
];

beforeAll(async () => {
	await site.begin();
	elsewhere = await startFaultProxy(site.box.ports.direct);
	// Nobody is there yet: the wire of the life has a port of its own.
	names = await startNameServer(records(1));
	life = new Life({ site, serial: "SN-1", factor: FACTOR, options: { address: undefined }, nameServers: [names.address] });
	await names.stop();
	await life.claimed(async (wire) => {
		names = await startNameServer(records(wire.port), names);
	});
}, 120_000);

afterAll(async () => {
	await life?.end();
	await names?.stop();
	await elsewhere?.close();
	await site.end();
}, 60_000);

async function unharmed(): Promise<void> {
	await life.read();
	expect([life.count("account"), life.count("registered"), life.count("claimed"), life.count("online")]).toEqual([1, 1, 1, 1]);
	expect(life.seen).toEqual([life.thing.jid]);
	expect(await site.accounts()).toHaveLength(1);
}

test("R-CORE-9 its SRV records name another place: the session goes on there", async () => {
	await names.stop();
	names = await startNameServer(records(elsewhere.port), names);
	await life.wire.deafen();
	const seqnr = life.ask(life.thing.jid!);
	life.wire.strike({ kind: "reset", at: 0 });
	await life.until("resumed", () => life.count("resumed"), 60);
	expect(elsewhere.open).toBe(1);
	await life.until("answered", () => life.told(seqnr).fields);
	expect(life.told(seqnr)).toEqual({ answers: ["result"], fields: 1 });
	await unharmed();
}, 120_000);

test("the server says where to go, under its certificate: the session goes on there", async () => {
	const resumed = life.count("resumed");
	const offline = life.count("offline");
	const served = join(site.folder, "box/certificates/served");
	const [cert, key] = await Promise.all(["crt", "key"].map((ending) => readFile(join(served, `${site.box.domain}.${ending}`), "utf8")));
	// A real server with the domain's own certificate, and nothing but this to say.
	const sayings: string[] = [];
	const server = createServer({ cert, key }, (socket: TLSSocket) => {
		socket.on("error", () => {});
		socket.once("data", (header) => {
			sayings.push(`${header}`);
			socket.end(
				`<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='1' from='${site.box.domain}' version='1.0'><stream:error><see-other-host xmlns='urn:ietf:params:xml:ns:xmpp-streams'>127.0.0.1:${elsewhere.port}</see-other-host></stream:error></stream:stream>`
			);
		});
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	try {
		await names.stop();
		names = await startNameServer(records((server.address() as AddressInfo).port), names);
		elsewhere.strike({ kind: "reset", at: 0 });
		await life.until("resumed", () => life.count("resumed") > resumed, 60);
		expect(sayings).toHaveLength(1);
		const reasons = life.events.filter(({ event }) => event === "offline").map(({ reason }) => reason);
		expect(reasons.slice(offline)).toEqual(["closed", "stream-error:see-other-host"]);
		await unharmed();
	} finally {
		server.close();
	}
}, 120_000);
