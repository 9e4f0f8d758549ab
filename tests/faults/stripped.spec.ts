// Who stands between thing and broker before TLS does: STARTTLS taken away, bytes slipped in behind <proceed/>, by real sockets, on Node and on the engine of the chip.
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TLSSocket } from "node:tls";
import { afterAll, afterEach, beforeAll, describe } from "@jest/globals";
import { createNodeHost } from "../../hosts/node/index.js";
import { buildEngine } from "../../hosts/simulator/build.js";
import { SimulatedThing } from "../../hosts/simulator/index.js";
import { root } from "../../hosts/simulator/root.js";
import type { ThingEvent } from "../../src/host.js";
import { boot } from "../../src/main.js";
import { weatherStation } from "../../src/things/weather-station.js";
import { Authority } from "../unit-node/node/certificates.js";

const DOMAIN = "a.example";
const HEADER =
	"<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='1' version='1.0'>";
const features = (inside: string): string => `<stream:features>${inside}</stream:features>`;
const STARTTLS = features("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>");
const LOGIN = features(
	"<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism><mechanism>SCRAM-SHA-1</mechanism></mechanisms>" +
		"<register xmlns='http://jabber.org/features/iq-register'/>"
);
const PROCEED = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
/** What a thing may say in clear: its header, without its own name, the wish for TLS, and goodbye. */
const OURS =
	/^<\?xml version='1\.0'\?><stream:stream xmlns='jabber:client' xmlns:stream='[^']*' to='a\.example' version='1\.0' xml:lang='en'>(<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'\/>)?(<\/stream:stream>)?$/;

let authority: Authority;
let folder: string;
let server: Server | undefined;
let sockets: Socket[] = [];
let count = 0;

beforeAll(async () => {
	authority = new Authority();
	folder = await mkdtemp(join(tmpdir(), "extasis-stripped-"));
}, 60_000);

afterEach(async () => {
	for (const socket of sockets) socket.destroy();
	sockets = [];
	server?.close();
});

afterAll(async () => {
	authority.remove();
	await rm(folder, { recursive: true, force: true });
});

interface Seen {
	/** In clear, and inside TLS. */
	clear: string;
	inside: string;
}

/** Answers the header with `first`, the wish for TLS with `then`; what follows may be TLS by the right certificate. */
async function serve(first: string, then: string, late?: string): Promise<{ readonly port: number; readonly seen: Seen }> {
	const seen: Seen = { clear: "", inside: "" };
	const pair = authority.leaf({ names: `DNS:${DOMAIN}` });
	server = createServer((socket) => {
		sockets.push(socket);
		socket.on("error", () => {});
		const onData = (data: Buffer): void => {
			const before = seen.clear;
			// TLS begins with a byte that no text has.
			if (data[0] !== 22) seen.clear += data.toString();
			if (!before.includes("<stream:stream")) socket.write(first);
			if (before.includes("<starttls") || !seen.clear.includes("<starttls")) return;
			socket.off("data", onData);
			socket.write(then, () => {
				const secure = (): void => {
					const inner = new TLSSocket(socket, { isServer: true, ...pair });
					inner.on("error", () => {});
					inner.on("data", (bytes: Buffer) => {
						seen.inside += bytes.toString();
					});
				};
				if (late === undefined) secure();
				// In a segment of its own, where TLS was to begin.
				else setTimeout(() => socket.write(late, secure), 50);
			});
		};
		socket.on("data", onData);
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	return { port: (server.address() as AddressInfo).port, seen };
}

/** What a new thing says first of its connection. */
type Live = (port: number) => Promise<ThingEvent>;

async function onNode(port: number): Promise<ThingEvent> {
	let end = async (): Promise<void> => {};
	try {
		return await new Promise<ThingEvent>((resolve) => {
			const host = createNodeHost({ store: join(folder, `node-${count++}`), definition: weatherStation, onEvent: resolve });
			const address = { host: "127.0.0.1", port };
			const thing = boot({ definition: weatherStation, domain: DOMAIN, anchors: authority.anchors, address, tls: "starttls", host });
			end = async () => {
				thing.stop();
				await host.close();
			};
		});
	} finally {
		await end();
	}
}

async function onXS(port: number): Promise<ThingEvent> {
	const engine = await buildEngine();
	let end = async (): Promise<void> => {};
	try {
		return await new Promise<ThingEvent>((resolve) => {
			const host = createNodeHost({ store: join(folder, `xs-${count++}`), definition: weatherStation, onEvent: resolve });
			const address = { host: "127.0.0.1", port };
			const code = join(root, "build");
			const thing = new SimulatedThing({
				...{ engine, host, code, definition: weatherStation, domain: DOMAIN, anchors: authority.anchors, address, tls: "starttls" }
			});
			end = async () => {
				await thing.stop();
				await host.close();
			};
		});
	} finally {
		await end();
	}
}

describe.each<[string, Live]>([
	["on Node", onNode],
	["on XS", onXS]
])("%s", (_where, live) => {
	test("R-CORE-2 without STARTTLS on offer nothing but goodbye is said, whatever else is", async () => {
		const { port, seen } = await serve(HEADER + LOGIN, "");
		expect(await live(port)).toMatchObject({ event: "offline", reason: "no-starttls" });
		expect(seen).toEqual({ clear: expect.stringMatching(OURS), inside: "" });
		expect(seen.clear).not.toContain("<starttls");
	}, 60_000);

	test("R-CORE-2 a refusal of TLS is the end of it", async () => {
		const { port, seen } = await serve(HEADER + STARTTLS, "<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:stream>");
		expect(await live(port)).toMatchObject({ event: "offline", reason: "no-starttls" });
		expect(seen).toEqual({ clear: expect.stringMatching(OURS), inside: "" });
	}, 60_000);

	test.each([
		["in the same segment", PROCEED + HEADER + LOGIN, undefined],
		["a single byte", `${PROCEED} `, undefined],
		["later, where TLS was to begin", PROCEED, HEADER + LOGIN]
	])(
		"R-CORE-2 what is slipped in behind <proceed/>, %s, ends the connection, and is never taken for the broker's",
		async (_what, then, late) => {
			const { port, seen } = await serve(HEADER + STARTTLS, then, late);
			expect(await live(port)).toMatchObject({ event: "offline", reason: "tls" });
			expect(seen).toEqual({ clear: expect.stringMatching(OURS), inside: "" });
		},
		60_000
	);

	test("R-CORE-2 and without any of that the header is all that it says under TLS, with no name in clear", async () => {
		const { port, seen } = await serve(HEADER + STARTTLS, PROCEED);
		const lives = live(port);
		for (const end = Date.now() + 30_000; seen.inside === "" && Date.now() < end; ) await new Promise((resolve) => setTimeout(resolve, 20));
		for (const socket of sockets) socket.destroy();
		expect(await lives).toMatchObject({ event: "offline", reason: "closed" });
		expect(seen).toEqual({ clear: expect.stringMatching(OURS), inside: expect.stringMatching(/^<\?xml [^<]*<stream:stream [^<]*>$/) });
	}, 60_000);
});
