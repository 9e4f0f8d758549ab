// The socket on Node against real servers: who is refused, and what the firmware is told.
import { createHash, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket as TCPSocket } from "node:net";
import { createServer as createTLSServer, TLSSocket } from "node:tls";
import { afterAll, afterEach, beforeAll } from "@jest/globals";
import { NodeSocket } from "../../../hosts/node/socket.js";
import type { ConnectOptions, SocketError } from "../../../src/host.js";
import { Authority, type Pair } from "./certificates.js";

let authority: Authority;
let other: Authority;
let good: Pair;

beforeAll(() => {
	authority = new Authority();
	other = new Authority("another CA");
	good = authority.leaf({ names: "DNS:a.example" });
}, 60_000);

afterAll(() => {
	authority.remove();
	other.remove();
});

const ends: (() => void)[] = [];
afterEach(() => {
	for (const end of ends.splice(0)) end();
});

async function listen(server: Server): Promise<number> {
	const peers = new Set<TCPSocket>();
	server.on("connection", (peer: TCPSocket) => {
		peers.add(peer);
		peer.on("error", () => {});
	});
	server.on("tlsClientError", () => {});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	ends.push(() => {
		for (const peer of peers) peer.destroy();
		server.close();
	});
	return (server.address() as AddressInfo).port;
}

async function serveTLS(pair: Pair, onConnection: (peer: TLSSocket) => void = () => {}, options = {}): Promise<number> {
	return await listen(
		createTLSServer({ ...pair, ...options }, (peer) => {
			peer.on("error", () => {});
			onConnection(peer);
		})
	);
}

/** What the firmware is told, in order, and promises of it. */
class Told {
	readonly words: string[] = [];
	readonly rooms: number[] = [];
	readonly socket: NodeSocket;
	error: SocketError | undefined;
	received = "";
	closed = false;
	read = true;
	onSecure = (): void => {};
	onClear = (): void => {};
	onRead = (_text: string): void => {};
	#waiting: (() => void)[] = [];

	constructor(port: number, options: Partial<ConnectOptions> = {}) {
		this.socket = new NodeSocket(
			{
				host: "127.0.0.1",
				port,
				tls: "direct",
				serverName: "a.example",
				anchors: authority.anchors,
				onReadable: (count) => {
					this.#say("readable");
					expect(count).toBeGreaterThan(0);
					if (this.read) this.take();
				},
				onWritable: (room) => {
					this.rooms.push(room);
					if (this.words.at(-1) !== "writable") this.#say("writable");
					if (!this.words.includes("secure")) this.onClear();
				},
				onSecure: () => {
					this.#say("secure");
					this.onSecure();
				},
				onError: (error) => {
					this.error = error;
					this.#say("error");
				},
				...options
			},
			() => {
				this.closed = true;
				this.#wake();
			}
		);
		expect(this.words).toEqual([]);
		ends.push(() => this.socket.close());
	}

	take(): void {
		const bytes = this.socket.read();
		if (bytes === undefined) return;
		const text = Buffer.from(bytes).toString();
		this.received += text;
		this.onRead(text);
	}

	async until(met: () => boolean): Promise<void> {
		while (!met()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
	}

	async failure(): Promise<string> {
		await this.until(() => this.error !== undefined);
		return this.error!.reason;
	}

	#say(word: string): void {
		this.words.push(word);
		this.#wake();
	}

	#wake(): void {
		for (const wake of this.#waiting.splice(0)) wake();
	}
}

describe("a server that is what it says", () => {
	test.each(["TLSv1.2", "TLSv1.3"] as const)("R-CORE-4 %s: what it binds a login to is the server's too, or nothing", async (version) => {
		let exporter: Buffer | undefined;
		let unique: Buffer | undefined;
		const port = await serveTLS(
			good,
			(peer) => {
				exporter = peer.exportKeyingMaterial(32, "EXPORTER-Channel-Binding", Buffer.alloc(0));
				unique = peer.getPeerFinished();
				peer.write("here");
			},
			{ minVersion: version, maxVersion: version }
		);
		const told = new Told(port);
		expect(told.socket.channelBinding("tls-exporter")).toBeUndefined();
		await told.until(() => told.received !== "");
		const ours = (type: string) => told.socket.channelBinding(type);
		expect(ours("tls-exporter")).toEqual(version === "TLSv1.3" ? Uint8Array.from(exporter!) : undefined);
		expect(ours("tls-unique")).toEqual(version === "TLSv1.2" ? Uint8Array.from(unique!) : undefined);
		const hash = createHash("sha256").update(new X509Certificate(good.cert).raw).digest();
		expect(ours("tls-server-end-point")).toEqual(Uint8Array.from(hash));
		expect(ours("tls-other")).toBeUndefined();
		told.socket.close();
		expect(ours("tls-exporter")).toBeUndefined();
		expect(ours("tls-server-end-point")).toBeUndefined();
	});

	test.each(["TLSv1.2", "TLSv1.3"] as const)("%s: secure first, then room, bytes both ways, orderly end", async (version) => {
		const port = await serveTLS(
			good,
			(peer) => {
				expect((peer as TLSSocket & { servername: string }).servername).toBe("a.example");
				expect(peer.alpnProtocol).toBe("xmpp-client");
				peer.on("data", (data) => peer.end(`echo ${data}`));
			},
			{ minVersion: version, maxVersion: version, ALPNProtocols: ["xmpp-client"] }
		);
		const told = new Told(port, { alpn: "xmpp-client" });
		await told.until(() => told.words.includes("writable"));
		expect(told.words).toEqual(["secure", "writable"]);
		expect(told.rooms[0]).toBe(16_384);
		const bytes = new TextEncoder().encode("hello");
		expect(told.socket.write(bytes)).toBeLessThan(16_384);
		bytes.fill(0);
		expect(await told.failure()).toBe("closed");
		expect(told.received).toBe("echo hello");
	});

	test("the name checked is the domain's, whatever address was opened", async () => {
		const told = new Told(await serveTLS(good), { host: "localhost" });
		await told.until(() => told.words.includes("secure"));
	});

	test("an address as server name is found among the certificate's addresses", async () => {
		const told = new Told(await serveTLS(authority.leaf({ names: "IP:127.0.0.1" })), { serverName: "127.0.0.1" });
		await told.until(() => told.words.includes("secure"));
	});
});

describe("a server that is not", () => {
	test.each<[string, string, () => Pair, Partial<ConnectOptions>]>([
		["another host's certificate", "wrong-name", () => authority.leaf({ names: "DNS:b.example" }), {}],
		["one for the address instead of the domain", "wrong-name", () => authority.leaf({ names: "IP:127.0.0.1" }), {}],
		["the host only as common name", "wrong-name", () => authority.leaf({ names: "" }), {}],
		["a wildcard one label too high", "wrong-name", () => authority.leaf({ names: "DNS:*.example" }), { serverName: "x.a.example" }],
		["expired", "expired", () => authority.leaf({ names: "DNS:a.example", until: "20240102000000Z" }), {}],
		["not valid yet", "not-yet-valid", () => authority.leaf({ names: "DNS:a.example", from: "20980101000000Z" }), {}],
		["another CA's", "unknown-ca", () => other.leaf({ names: "DNS:a.example" }), {}],
		["a private CA's where the host's own anchors count", "unknown-ca", () => good, { anchors: undefined }],
		["anything where the anchors are empty", "unknown-ca", () => good, { anchors: "" }],
		["a client's", "tls", () => authority.leaf({ names: "DNS:a.example", usage: "clientAuth" }), {}]
	])("%s is refused: %s", async (_what, reason, pair, options) => {
		// The variable would switch verification off in any program that leaves the choice to Node.
		const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED;
		process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
		try {
			const told = new Told(await serveTLS(pair()), options);
			expect(await told.failure()).toBe(reason);
			expect(told.words).toEqual(["error"]);
			expect(told.error?.detail).not.toBe("");
			expect(() => told.socket.write(new Uint8Array(1))).toThrow("no room");
		} finally {
			if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
			else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before;
		}
	});

	test("a self-signed certificate is refused", async () => {
		const self = new Authority("a.example");
		const told = new Told(await serveTLS(self.leaf({ names: "DNS:a.example" })));
		expect(await told.failure()).toBe("unknown-ca");
		self.remove();
	});

	test("a server that speaks no TLS is refused", async () => {
		const told = new Told(await listen(createServer((peer) => peer.write("<stream:stream>"))));
		expect(await told.failure()).toBe("tls");
	});

	test("TLS 1.1 is refused", async () => {
		const port = await serveTLS(good, () => {}, { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT:@SECLEVEL=0" });
		expect(await new Told(port).failure()).toBe("tls");
	});

	test("a server that hangs up in the handshake has closed", async () => {
		const told = new Told(await listen(createServer((peer) => peer.once("data", () => peer.destroy()))));
		expect(await told.failure()).toBe("closed");
	});
});

describe("a server that is not there", () => {
	test("nobody listens: refused", async () => {
		const server = createServer();
		const port = await listen(server);
		await new Promise((resolve) => server.close(resolve));
		expect(await new Told(port).failure()).toBe("refused");
	});

	test("the name does not resolve: dns", async () => {
		expect(await new Told(5222, { host: "nowhere.invalid" }).failure()).toBe("dns");
	});

	test("a server name that is no host name: dns, and nothing is opened", async () => {
		expect(await new Told(5222, { serverName: "not a name" }).failure()).toBe("dns");
	});

	test.each([0, 65_536, 1.5, Number.NaN])("port %s is misuse", (port) => {
		expect(() => new Told(port)).toThrow("port");
	});

	test("an empty host is misuse: Node would take it for this machine", () => {
		expect(() => new Told(5222, { host: "" })).toThrow("host");
	});
});

describe("STARTTLS", () => {
	/** Answers `go` in clear and then speaks TLS. */
	async function serve(pair: Pair, afterGo = ""): Promise<number> {
		return await listen(
			createServer((tcp) => {
				tcp.once("data", () => {
					tcp.write(`go${afterGo}`, () => {
						const peer = new TLSSocket(tcp, { isServer: true, ...pair });
						peer.on("error", () => {});
						peer.on("data", (data) => peer.write(`echo ${data}`));
					});
				});
			})
		);
	}

	function begin(port: number): Told {
		const told = new Told(port, { tls: "starttls" });
		let asked = false;
		told.onClear = () => {
			if (!asked) told.socket.write(new TextEncoder().encode("starttls"));
			asked = true;
		};
		told.onRead = (text) => {
			if (text.startsWith("go")) told.socket.startTLS();
		};
		return told;
	}

	test("clear bytes first, then TLS on the same connection", async () => {
		const told = begin(await serve(good));
		told.onSecure = () => told.socket.write(new TextEncoder().encode("hello"));
		await told.until(() => told.received.includes("echo hello"));
		expect(told.words.filter((word) => word === "secure")).toHaveLength(1);
		expect(told.words.indexOf("writable")).toBe(0);
	});

	test("a wrong name is refused here too", async () => {
		const told = begin(await serve(authority.leaf({ names: "DNS:b.example" })));
		expect(await told.failure()).toBe("wrong-name");
		expect(told.words).not.toContain("secure");
	});

	test("unread clear text does not reach the firmware as if it had come over TLS", async () => {
		const port = await serve(good, "<injected/>");
		const told = new Told(port, { tls: "starttls" });
		told.read = false;
		let asked = false;
		told.onClear = () => {
			if (!asked) told.socket.write(new TextEncoder().encode("starttls"));
			asked = true;
		};
		await told.until(() => told.words.includes("readable"));
		told.read = true;
		told.socket.startTLS();
		told.onSecure = () => told.socket.write(new TextEncoder().encode("hello"));
		await told.until(() => told.received !== "" || told.error !== undefined);
		expect(told.received).not.toContain("injected");
	});

	test("startTLS before the connection stands, or twice, is misuse", async () => {
		const told = begin(await serve(good));
		expect(() => told.socket.startTLS()).toThrow("clear");
		await told.until(() => told.words.includes("secure"));
		expect(() => told.socket.startTLS()).toThrow("clear");
	});
});

describe("bytes and callbacks", () => {
	test("more than there is room for is refused whole; room comes back when it has left", async () => {
		let count = 0;
		const port = await serveTLS(good, (peer) =>
			peer.on("data", (data: Buffer) => {
				count += data.length;
				if (count === 16_384) peer.write("all");
			})
		);
		const told = new Told(port);
		await told.until(() => told.rooms.length > 0);
		expect(() => told.socket.write(new Uint8Array(16_385))).toThrow("no room");
		expect(told.socket.write(new Uint8Array(16_000))).toBe(384);
		expect(() => told.socket.write(new Uint8Array(385))).toThrow("no room");
		expect(told.socket.write(new Uint8Array(384))).toBe(0);
		await told.until(() => told.rooms.length > 1 && told.received === "all");
		expect(told.rooms.at(-1)).toBe(16_384);
		expect(count).toBe(16_384);
	});

	test("who does not read is not flooded, and loses nothing", async () => {
		const size = 1 << 20;
		let sent: Promise<unknown> = Promise.resolve();
		const port = await serveTLS(good, (peer) => {
			sent = new Promise((resolve) => peer.end("x".repeat(size), () => resolve(undefined)));
		});
		const told = new Told(port);
		told.read = false;
		await told.until(() => told.words.includes("readable"));
		await new Promise((resolve) => setTimeout(resolve, 100));
		const first = told.socket.read();
		expect(first!.length).toBeLessThan(200_000);
		told.read = true;
		await told.failure();
		await sent;
		expect(first!.length + told.received.length).toBe(size);
		expect(told.error?.reason).toBe("closed");
	});

	test("the last bytes can still be read when the server has gone; the end is told after them, once", async () => {
		const told = new Told(await serveTLS(good, (peer) => peer.end("goodbye")));
		told.read = false;
		await told.until(() => told.words.includes("readable"));
		await new Promise((resolve) => setTimeout(resolve, 50));
		expect(told.error).toBeUndefined();
		told.take();
		expect(told.received).toBe("goodbye");
		await told.failure();
		await told.until(() => told.closed);
		expect(told.words.filter((word) => word === "error")).toHaveLength(1);
	});

	test("what was written before close() arrives, and nothing is told after it", async () => {
		let received = "";
		let gone = (): void => {};
		const end = new Promise<void>((resolve) => {
			gone = resolve;
		});
		const port = await serveTLS(good, (peer) => {
			peer.on("data", (data) => {
				received += data;
			});
			peer.on("end", () => {
				peer.end("too late");
				gone();
			});
		});
		const told = new Told(port);
		await told.until(() => told.rooms.length > 0);
		told.socket.write(new TextEncoder().encode("</stream:stream>"));
		told.socket.close();
		const said = told.words.length;
		await end;
		await told.until(() => told.closed);
		expect(received).toBe("</stream:stream>");
		expect(told.words).toHaveLength(said);
		expect(told.socket.read()).toBeUndefined();
	});

	test.each(["at once", "in onSecure", "in onError"])("close() %s: no callback follows", async (when) => {
		const port =
			when === "in onError" ? await listen(createServer((peer) => peer.destroy())) : await serveTLS(good, (peer) => peer.write("hello"));
		const told: Told = new Told(port, when === "in onError" ? { onError: () => told.socket.close() } : {});
		if (when === "at once") told.socket.close();
		told.onSecure = () => told.socket.close();
		await told.until(() => told.closed);
		await new Promise((resolve) => setTimeout(resolve, 30));
		expect(told.words).toEqual(when === "in onSecure" ? ["secure"] : []);
	});

	test("a connection that is cut is told as closed", async () => {
		const port = await serveTLS(good, (peer) => {
			peer.write("half a sta");
			setTimeout(() => peer.destroy(), 20);
		});
		expect(await new Told(port).failure()).toBe("closed");
	});
});
