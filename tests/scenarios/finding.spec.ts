// Finding the broker by its domain alone: real DNS, real Prosody, and a way out that passes nothing but TLS from the first byte.
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTLSServer } from "node:tls";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll } from "@jest/globals";
import multicastDNS from "multicast-dns";
import { type Box, startBox } from "../../hosts/broker/box.js";
import { createNodeHost, type NodeHostOptions } from "../../hosts/node/index.js";
import { createNames } from "../../hosts/node/names.js";
import { buildEngine } from "../../hosts/simulator/build.js";
import { SimulatedThing } from "../../hosts/simulator/index.js";
import type { SocketError, ThingEvent } from "../../src/host.js";
import { boot } from "../../src/main.js";
import { weatherStation } from "../../src/things/weather-station.js";
import { Authority } from "../unit-node/node/certificates.js";
import { freeUDPPort, type NameServer, startNameServer } from "./name-server.js";

const CODE = fileURLToPath(new URL("../../build", import.meta.url));

/** Passes what begins like TLS and speaks XMPP by its ALPN; everything else is cut at its first byte. */
interface Gate {
	readonly port: number;
	readonly passed: string[];
	cut: number;
	close(): Promise<void>;
}

async function startGate(target: number): Promise<Gate> {
	const open = new Set<Socket>();
	const server = createServer((near) => {
		open.add(near);
		near.on("error", () => {});
		near.on("close", () => open.delete(near));
		near.once("data", (first) => {
			const isHello = first[0] === 0x16 && first[5] === 0x01 && first.includes("\x0bxmpp-client");
			if (!isHello) {
				gate.cut++;
				near.resetAndDestroy();
				return;
			}
			gate.passed.push(first.includes("box.example") ? "box.example" : "another name");
			const far = connect(target, "127.0.0.1");
			far.on("error", () => near.destroy());
			far.on("close", () => near.destroy());
			near.on("close", () => far.destroy());
			far.write(first);
			near.pipe(far).pipe(near);
		});
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	const gate: Gate = {
		port: (server.address() as AddressInfo).port,
		passed: [],
		cut: 0,
		async close() {
			for (const socket of open) socket.destroy();
			server.close();
			await once(server, "close");
		}
	};
	return gate;
}

let folder: string;
let box: Box;
let gate: Gate;
let names: NameServer;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "extasis-finding-"));
	box = await startBox({ data: join(folder, "box"), log: () => {} });
	gate = await startGate(box.ports.direct);
	// Compiled when nobody has needed it yet.
	await buildEngine();
	names = await startNameServer([
		// The gate cuts STARTTLS, which the operator would like better.
		`srv-host=_xmpp-client._tcp.box.example,gate.box.example,${gate.port},5,0`,
		`srv-host=_xmpps-client._tcp.box.example,gate.box.example,${gate.port},10,100`,
		"srv-host=_xmpp-client._tcp.none.example",
		// Nobody listens on the IPv6 address, which stands first.
		"host-record=gate.box.example,127.0.0.1,::1",
		"host-record=four.example,192.0.2.1"
	]);
}, 180_000);

afterAll(async () => {
	await names?.stop();
	await gate?.close();
	await box?.stop();
	await rm(folder, { recursive: true, force: true });
});

describe("names by DNS", () => {
	type Answer = { error: SocketError | undefined; list: readonly unknown[] };
	async function ask(kind: "resolve" | "services", name: string, server = names.address): Promise<Answer> {
		const asked = createNames([server]);
		try {
			return await new Promise((resolve) => asked[kind](name, (error, list: readonly unknown[]) => resolve({ error, list })));
		} finally {
			asked.close();
		}
	}

	test("records come as they are, one without service by its dot", async () => {
		const { error, list } = await ask("services", "_xmpps-client._tcp.box.example");
		expect(error).toBeUndefined();
		expect(list).toEqual([{ target: "gate.box.example", port: gate.port, priority: 10, weight: 100 }]);
		expect((await ask("services", "_xmpp-client._tcp.none.example")).list).toEqual([{ target: ".", port: 1, priority: 0, weight: 0 }]);
	});

	test("what is not there is an empty list; a server that is not there is an error", async () => {
		expect(await ask("services", "_xmpp-client._tcp.four.example")).toEqual({ error: undefined, list: [] });
		expect(await ask("resolve", "nobody.example")).toEqual({ error: undefined, list: [] });
		const nobody = `127.0.0.1:${await freeUDPPort()}`;
		for (const kind of ["services", "resolve"] as const) {
			const { error, list } = await ask(kind, "four.example", nobody);
			expect([error?.reason, list]).toEqual(["dns", []]);
		}
	}, 60_000);

	test("addresses of both families", async () => {
		const { list } = await ask("resolve", "gate.box.example");
		expect([...(list as string[])].sort()).toEqual(["127.0.0.1", "::1"]);
		expect((await ask("resolve", "four.example")).list).toEqual(["192.0.2.1"]);
	});
});

/** Lives until the registry has it; what happened on the way. */
async function live(
	kind: "node" | "simulator",
	where: Pick<NodeHostOptions, "nameServers" | "discovery"> = { nameServers: [names.address] },
	otherAnchors = ""
): Promise<ThingEvent[]> {
	const events: ThingEvent[] = [];
	let tell = (): void => {};
	const registered = new Promise<void>((resolve) => {
		tell = resolve;
	});
	const host = createNodeHost({
		...where,
		store: await mkdtemp(join(folder, kind)),
		definition: weatherStation,
		onEvent: (event) => {
			events.push(event);
			if (event.event === "registered") tell();
		}
	});
	const options = { definition: weatherStation, domain: "box.example", anchors: `${await readFile(box.caFile, "utf8")}${otherAnchors}` };
	if (kind === "node") {
		const thing = boot({ ...options, host });
		await registered;
		thing.stop();
	} else {
		const thing = new SimulatedThing({ ...options, engine: await buildEngine(), host, code: CODE });
		await Promise.race([registered, thing.ended.then(({ message }) => Promise.reject(new Error(message)))]);
		await thing.stop();
	}
	await host.close();
	return events;
}

test.each(["node", "simulator"] as const)(
	"R-CORE-1 on %s a thing that knows nothing but the domain gets out where only direct TLS does",
	async (kind) => {
		gate.passed.length = 0;
		gate.cut = 0;
		const events = await live(kind);
		const place = `gate.box.example:${gate.port}`;
		const steps = events.map(({ event, reason, address, retry }) => [event, reason, address, retry].filter((word) => word !== undefined));
		// STARTTLS at both addresses, then direct TLS at the IPv4 one, which is known to lead somewhere.
		expect(steps).toEqual([
			["offline", "refused", place, 0],
			["offline", "closed", place, 0],
			["offline", "refused", place, 0],
			["account"],
			["online"],
			["registered"]
		]);
		expect(gate.cut).toBe(1);
		expect(gate.passed).toEqual(["box.example"]);
	},
	60_000
);

describe("R-347-1 a broker that no name server knows", () => {
	const authority = new Authority();
	let nothing: NameServer;
	let stranger: ReturnType<typeof createTLSServer>;
	let responder: ReturnType<typeof multicastDNS>;
	let discovery: NonNullable<NodeHostOptions["discovery"]>;

	beforeAll(async () => {
		nothing = await startNameServer([]);
		// With a good certificate, but of another name.
		const { key, cert } = authority.leaf({ names: "DNS:other.example" });
		stranger = createTLSServer({ key, cert, ALPNProtocols: ["xmpp-client"] }, (socket) => socket.on("error", () => {}));
		stranger.on("tlsClientError", () => {});
		stranger.listen(0, "127.0.0.1");
		await once(stranger, "listening");
		discovery = { port: await freeUDPPort(), interface: "127.0.0.1" };
		responder = multicastDNS({ ...discovery, bind: "0.0.0.0" });
		const service = "_xmpps-client._tcp.local";
		const srv = (name: string, port: number, priority: number) =>
			({ name: `${name}.${service}`, type: "SRV", ttl: 120, data: { target: "here.local", port, priority } }) as const;
		responder.on("query", ({ questions }) => {
			if (questions.some(({ name }) => name === service))
				responder.respond([
					...["stranger", "box"].map((name) => ({ name: service, type: "PTR", ttl: 120, data: `${name}.${service}` }) as const),
					srv("stranger", (stranger.address() as AddressInfo).port, 0),
					srv("box", box.ports.direct, 1),
					{ name: "here.local", type: "A", ttl: 120, data: "127.0.0.1" }
				]);
		});
	});

	afterAll(async () => {
		authority.remove();
		await nothing?.stop();
		stranger?.close();
		await new Promise<void>((resolve) => responder.destroy(resolve));
	});

	test.each(["node", "simulator"] as const)(
		"on %s is found by multicast, and by its certificate among those who say that they serve XMPP",
		async (kind) => {
			const events = await live(kind, { nameServers: [nothing.address], discovery }, authority.anchors);
			const steps = events.map(({ event, reason, address, retry }) => [event, reason, address, retry].filter((word) => word !== undefined));
			expect(steps).toEqual([
				["offline", "wrong-name", `127.0.0.1:${(stranger.address() as AddressInfo).port}`, 0],
				["account"],
				["online"],
				["registered"]
			]);
		},
		60_000
	);
});
