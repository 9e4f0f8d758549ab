// Who serves XMPP on the network around, asked by real multicast on loopback: responders of every kind, and none.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { afterEach } from "@jest/globals";
import multicastDNS, { type MulticastDNS, type ResponseOutgoingPacket } from "multicast-dns";
import { createDiscovery, type Discovery } from "../../../hosts/node/discovery.js";
import type { ServiceRecord, SocketError } from "../../../src/host.js";
import { freeUDPPort } from "../../scenarios/name-server.js";

type Answers = ResponseOutgoingPacket["answers"];

const SERVICE = "_xmpp-client._tcp.local";
const BOX = `Box.${SERVICE}`;
const pointer: Answers = [{ name: SERVICE, type: "PTR", ttl: 120, data: BOX }];
const place: Answers = [{ name: BOX, type: "SRV", ttl: 120, data: { target: "Box.local", port: 25_222, priority: 3, weight: 4 } }];
const addresses: Answers = [
	{ name: "box.local", type: "A", ttl: 120, data: "192.0.2.1" },
	{ name: "box.local", type: "AAAA", ttl: 120, data: "fe80::1" },
	{ name: "box.local", type: "AAAA", ttl: 120, data: "2001:db8::1" }
];
const found = ["192.0.2.1", "2001:db8::1"].map((target) => ({ target, port: 25_222, priority: 3, weight: 4 }));

/** xorshift32 */
function seeded(state: number): () => number {
	return () => {
		state ^= state << 13;
		state ^= state >>> 17;
		state ^= state << 5;
		return state >>> 0;
	};
}

const closing: (() => unknown)[] = [];

afterEach(async () => {
	for (const close of closing.splice(0)) await close();
});

interface Net {
	readonly discovery: Discovery;
	readonly port: number;
	/** Questions that the responder saw, each kind once. */
	readonly asked: Set<string>;
}

/** `respond` is the only other there. */
async function net(respond: (questions: readonly string[], socket: MulticastDNS) => void): Promise<Net> {
	const options = { port: await freeUDPPort(), interface: "127.0.0.1" };
	const asked = new Set<string>();
	const socket = multicastDNS({ ...options, bind: "0.0.0.0" });
	closing.push(() => new Promise<void>((resolve) => socket.destroy(resolve)));
	await new Promise<void>((resolve) => socket.once("ready", resolve));
	socket.on("query", ({ questions }) => {
		const words = questions.map(({ name, type }) => `${type} ${name}`);
		for (const word of words) asked.add(word);
		respond(words, socket);
	});
	const discovery = createDiscovery(options);
	closing.push(() => discovery.close());
	return { discovery, port: options.port, asked };
}

function discover({ discovery }: Net): Promise<{ error: SocketError | undefined; records: readonly ServiceRecord[] }> {
	return new Promise((resolve) => discovery.discover(SERVICE, (error, records) => resolve({ error, records })));
}

test("R-347-1 one who says everything at once, in whatever order", async () => {
	const all = await net((_, socket) => socket.respond([...addresses, ...place, ...pointer]));
	expect(await discover(all)).toEqual({ error: undefined, records: found });
	const apart = await net((_, socket) => socket.respond({ answers: [...pointer], additionals: [...place, ...addresses] }));
	expect((await discover(apart)).records).toEqual(found);
});

test("R-347-1 one who says only what he is asked is asked on", async () => {
	const one = await net((questions, socket) => {
		if (questions.includes("A box.local")) socket.respond(addresses);
		else if (questions.includes(`SRV ${BOX.toLowerCase()}`)) socket.respond(place);
		else socket.respond(pointer);
	});
	expect((await discover(one)).records).toEqual(found);
	expect([...one.asked]).toEqual([`PTR ${SERVICE}`, `SRV ${BOX.toLowerCase()}`, "A box.local", "AAAA box.local"]);
});

test("R-347-1 two answer, and the slower is waited for a little", async () => {
	const other = `other.${SERVICE}`;
	const both = await net((_, socket) => {
		socket.respond([...pointer, ...place, ...addresses]);
		setTimeout(
			() =>
				socket.respond([
					{ name: SERVICE, type: "PTR", ttl: 120, data: other },
					{ name: other, type: "SRV", ttl: 120, data: { target: "other.local", port: 5222 } },
					{ name: "other.local", type: "A", ttl: 120, data: "192.0.2.9" }
				]),
			100
		);
	});
	expect((await discover(both)).records).toEqual([...found, { target: "192.0.2.9", port: 5222, priority: 0, weight: 0 }]);
});

test("nobody, noise, who takes his leave and who serves something else are nothing, and the waiting has an end", async () => {
	const raw = createSocket("udp4");
	closing.push(() => raw.close());
	raw.bind(0, "127.0.0.1");
	await once(raw, "listening");
	raw.setMulticastInterface("127.0.0.1");
	const quiet = await net((_, socket) => {
		for (const noise of ["", "x", "\0".repeat(12), "\xff".repeat(600)]) raw.send(Buffer.from(noise, "latin1"), quiet.port, "224.0.0.251");
		socket.respond([
			{ name: SERVICE, type: "PTR", ttl: 0, data: BOX },
			{ name: "_http._tcp.local", type: "PTR", ttl: 120, data: BOX },
			...place,
			...addresses
		]);
	});
	expect(await discover(quiet)).toEqual({ error: undefined, records: [] });
	expect([...quiet.asked]).toEqual([`PTR ${SERVICE}`]);
}, 20_000);

test("one with thousands of names costs no more than a few", async () => {
	let count = 0;
	const liar = await net((_, socket) => {
		for (let packet = 0; packet < 20; packet++) {
			const names = Array.from({ length: 20 }, () => ++count);
			socket.respond([
				...names.map((n) => ({ name: SERVICE, type: "PTR" as const, ttl: 9, data: `${n}.${SERVICE}` })),
				...names.map((n) => ({ name: `${n}.${SERVICE}`, type: "SRV" as const, ttl: 9, data: { target: "a.local", port: n } })),
				...names.map((n) => ({ name: "a.local", type: "A" as const, ttl: 9, data: `192.0.2.${n % 256}` }))
			]);
		}
	});
	const { records } = await discover(liar);
	expect(records).toHaveLength(16 * 16);
	expect(liar.asked.size).toBeLessThan(60);
});

test("R-347-1 two places of one host", async () => {
	const names = [1, 2].map((n) => `${n}.${SERVICE}`);
	const two = await net((questions, socket) => {
		if (questions.includes("A box.local")) socket.respond(addresses);
		else if (questions.length === 1) socket.respond(names.map((data) => ({ name: SERVICE, type: "PTR", ttl: 120, data })));
		else socket.respond(names.map((name, n) => ({ name, type: "SRV", ttl: 120, data: { target: "box.local", port: n + 1 } })));
	});
	expect((await discover(two)).records).toHaveLength(4);
});

test("answers that somebody broke, a thousand of them, break nothing here", async () => {
	const raw = createSocket("udp4");
	closing.push(() => raw.close());
	raw.bind(0, "127.0.0.1");
	await once(raw, "listening");
	raw.setMulticastInterface("127.0.0.1");
	const speaker = multicastDNS({ multicast: false, bind: false });
	closing.push(() => speaker.destroy());
	speaker.respond([...pointer, ...place, ...addresses], raw.address());
	const [whole] = (await once(raw, "message")) as [Buffer];
	const random = seeded(1);
	let sent = 0;
	const broken = await net((_, socket) => {
		for (; sent < 1000; sent++) {
			const bytes = Buffer.from(whole);
			for (let n = 1 + (random() % 6); n > 0; n--) bytes[12 + (random() % (bytes.length - 12))] = random();
			raw.send(bytes, broken.port, "224.0.0.251");
		}
		socket.respond([...pointer, ...place, ...addresses]);
	});
	const { error, records } = await discover(broken);
	expect(error).toBeUndefined();
	expect(records.length).toBeGreaterThan(0);
}, 20_000);

test("a port that cannot be had is an error; after close() nobody is called", async () => {
	const taken = createSocket("udp4");
	closing.push(() => taken.close());
	taken.bind(0, "0.0.0.0");
	await once(taken, "listening");
	const discovery = createDiscovery({ port: taken.address().port, interface: "127.0.0.1" });
	closing.push(() => discovery.close());
	const error = await new Promise<SocketError | undefined>((resolve) => discovery.discover(SERVICE, resolve));
	expect(error).toMatchObject({ reason: "dns", detail: expect.stringContaining("EADDRINUSE") });

	const one = await net((_, socket) => socket.respond([...pointer, ...place, ...addresses]));
	let called = false;
	one.discovery.discover(SERVICE, () => {
		called = true;
	});
	one.discovery.close();
	expect((await discover(one)).records).toEqual(found);
	expect(called).toBe(false);
});
