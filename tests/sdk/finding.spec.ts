// The firmware of the SDK finds its broker by DNS: what a real name server says of a real Prosody, and whom it does not believe.
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import { type Box, startBox } from "../../hosts/broker/box.js";
import { startNameServer } from "../scenarios/name-server.js";
import { HeadlessThing } from "./headless.js";
import { type Answer, answerOf, HostileNames, nothingFor, type StreamAnswer, serviceAt } from "./hostile-names.js";

const patience = 60_000;
const DIRECT = "_xmpps-client._tcp.box.example";
const STARTTLS = "_xmpp-client._tcp.box.example";

let folder: string;
let box: Box;
let count = 0;
/** Whoever comes here believed a lie. */
let decoy: Server;
let deceived = 0;
/** All that a hostile name server was asked for. */
const asked: string[] = [];
const ends: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "extasis-finding-"));
	box = await startBox({ data: join(folder, "box"), log: () => {} });
	decoy = createServer((socket) => {
		deceived++;
		socket.destroy();
	});
	decoy.listen(0, "127.0.0.1");
	await once(decoy, "listening");
}, 60_000);

afterEach(async () => {
	for (const end of ends.splice(0)) await end();
	expect(deceived).toBe(0);
	expect(asked.filter((name) => name.startsWith("evil"))).toEqual([]);
});

afterAll(async () => {
	decoy?.close();
	await box?.stop();
	await rm(folder, { recursive: true, force: true });
});

function start(nameServer: string, options: Readonly<Record<string, string>> = {}): HeadlessThing {
	const store = join(folder, `store-${count++}`);
	const thing = new HeadlessThing({ DOMAIN: box.domain, CA: box.caFile, STORE: store, NAME_SERVER: nameServer, TLS: "", ...options });
	ends.push(() => thing.kill());
	thing.start();
	return thing;
}

async function happens(thing: HeadlessThing, name: string): Promise<Record<string, unknown>> {
	const end = Date.now() + patience;
	for (;;) {
		const found = thing.events.find(({ event }) => event === name);
		if (found !== undefined) return found;
		if (Date.now() > end) throw new Error(`no ${name} within ${patience / 1000} s\n${JSON.stringify(thing.events)}\n${thing.output}`);
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
}

async function startHostile(...how: [Answer, StreamAnswer?]): Promise<HostileNames> {
	const names = new HostileNames(...how);
	await names.start();
	ends.push(async () => {
		asked.push(...names.asked.map(({ name }) => name));
		await names.stop();
	});
	return names;
}

function portOf(server: Server): number {
	return (server.address() as AddressInfo).port;
}

test("its domain's SRV records lead it to the box, past a server that is not there", async () => {
	const names = await startNameServer([
		`srv-host=${DIRECT},gone.example,1,1,0`,
		`srv-host=${STARTTLS},prosody.example,${box.ports.starttls},2,0`,
		"host-record=gone.example,127.0.0.1",
		"cname=prosody.example,host.example",
		"host-record=host.example,127.0.0.1"
	]);
	ends.push(() => names.stop());
	const thing = start(names.address);
	await happens(thing, "registered");
	// Both kinds were asked for; the better place was tried first.
	expect(thing.events.map(({ event }) => event)).toEqual(["offline", "account", "online", "registered"]);
	expect(thing.events[0]).toMatchObject({ reason: "refused" });
	expect(await thing.stop()).toBe(0);
}, 90_000);

test("a domain whose records say that it serves nobody is left alone", async () => {
	const names = await startNameServer([`srv-host=${DIRECT},.,0,0,0`, `srv-host=${STARTTLS},.,0,0,0`, "host-record=box.example,127.0.0.1"]);
	ends.push(() => names.stop());
	expect(await happens(start(names.address), "offline")).toMatchObject({ reason: "no-service" });
}, 90_000);

test("it believes the server that it asked, of what it asked, and nobody else", async () => {
	const names = await startHostile(({ message, type }, send) => {
		const lie = answerOf(message, type === 33 ? serviceAt(portOf(decoy), "evil.example") : [127, 0, 0, 1]);
		const turned = (at: number, bytes: Uint8Array = lie): Buffer => {
			const other = Buffer.from(bytes);
			other[at]! ^= 1;
			return other;
		};
		send(lie, "other port");
		send(lie, "other address");
		// Another id, another name, no answer at all, an end before the end, a name that leads to itself.
		for (const at of [1, 14]) send(turned(at));
		send(turned(2, nothingFor(message, 0, 0)));
		send(lie.subarray(0, lie.length - 1));
		const circle = Buffer.from(lie);
		circle.writeUInt16BE(0xc000 | message.length, message.length);
		circle.writeUInt16BE(2, 6);
		send(circle);
		send(Buffer.concat([lie, Buffer.alloc(1024)]));
		send(answerOf(message, type === 33 ? serviceAt(box.ports.starttls, "real.example") : [127, 0, 0, 1]));
	});
	const thing = start(names.address, { TLS: "starttls" });
	await happens(thing, "registered");
	expect(await thing.stop()).toBe(0);
}, 90_000);

test("who guesses is not listened to for long, and each try has an id and a port of its own", async () => {
	const names = await startHostile(({ message, times, type }, send) => {
		if (times === 3) send(answerOf(message, type === 33 ? serviceAt(box.ports.direct, "real.example") : [127, 0, 0, 1]));
		else if (times === 2) send(nothingFor(message, 2));
		else if (times === 1) {
			const lie = answerOf(message, type === 33 ? serviceAt(portOf(decoy), "evil.example") : [127, 0, 0, 3]);
			// A wrong id each time, the right one at last: too late.
			for (let n = 0; n < 40; n++) {
				const guess = Buffer.from(lie);
				if (n < 39) guess.writeUInt16BE((lie.readUInt16BE(0) + n + 1) & 0xffff, 0);
				send(guess);
			}
		}
	});
	const thing = start(names.address, { TLS: "direct" });
	await happens(thing, "registered");
	const tries = names.asked.filter(({ type }) => type === 33);
	expect(tries).toHaveLength(4);
	expect(new Set(tries.map(({ message }) => message.readUInt16BE(0))).size).toBe(4);
	expect(new Set(tries.map(({ from }) => from.port)).size).toBe(4);
	expect(await thing.stop()).toBe(0);
}, 90_000);

test("an answer that is too long for UDP is fetched over TCP", async () => {
	const names = await startHostile(
		({ message, type }, send) => send(type === 33 ? nothingFor(message, 0, 0x8380) : answerOf(message, [127, 0, 0, 1])),
		(message) => answerOf(message, serviceAt(box.ports.direct, "real.example"))
	);
	const thing = start(names.address, { TLS: "direct" });
	await happens(thing, "registered");
	expect(names.streamed).toEqual([DIRECT]);
	expect(await thing.stop()).toBe(0);
}, 90_000);

test.each<[string, [Answer, StreamAnswer?], string]>([
	["says nothing", [() => {}], "no name server answers"],
	["knows nothing", [({ message }, send) => send(nothingFor(message, 5))], "the name server answers with code 5"],
	[
		"has too much to say",
		[
			({ message }, send) => send(nothingFor(message, 0, 0x8380)),
			(message) => Buffer.concat([nothingFor(message, 0), Buffer.alloc(60_000)])
		],
		"no name server answers"
	]
])(
	"with a name server that %s it is offline, says why, and lives",
	async (_what, how, detail) => {
		const names = await startHostile(...how);
		const thing = start(names.address, { TLS: "direct" });
		expect(await happens(thing, "offline")).toMatchObject({ reason: "dns", detail: expect.stringContaining(detail) });
		expect(await thing.stop()).toBe(0);
	},
	90_000
);
