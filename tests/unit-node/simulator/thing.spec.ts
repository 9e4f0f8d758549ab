// Holds what becomes of a thing on the simulator when it is greedy, its storage fails, its host is killed, its peer floods.
import { fork } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer, type Socket as TCPSocket } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeAll } from "@jest/globals";
import { createNodeHost } from "../../../hosts/node/index.js";
import { describeAbort } from "../../../hosts/simulator/abort.js";
import { SimulatedThing } from "../../../hosts/simulator/index.js";
import type { ConnectOptions, ThingEvent } from "../../../src/host.js";
import type { Definition } from "../../../src/thing/definition.js";
import { weatherStation } from "../../../src/things/weather-station.js";
import { Life } from "./life.js";
import { engineHere, inFolder } from "./program.js";

beforeAll(engineHere, 180_000);

let life: Life;
let more: SimulatedThing | undefined;
afterEach(async () => {
	await life?.kill();
	more?.kill();
	await more?.ended;
});

const greedy = (bytes: number): Definition => ({
	...weatherStation,
	fields: { Text: { type: "string", category: "identity", value: "x".repeat(bytes) } }
});

describe("memory", () => {
	test("a definition with a string of 100 KB: the memory report and code 11, no hang, and the runner lives", async () => {
		life = new Life();
		await expect(life.start({ definition: greedy(100_000) })).rejects.toThrow("The thing ended while it booted.");
		const { code, abort } = await life.thing.ended;
		expect(code).toBe(11);
		expect(abort).toMatchObject({ abort: "memory full", code: 11, heap: 65_536 * (life.engine.bits / 32) });
		expect(describeAbort(abort!)).toMatch(/^memory full\nheap \d+ bytes: slots \d+, chunks \d+, never used \d+; \d+ collections/);
		await expect(life.thing.tell()).rejects.toThrow("The thing has ended.");
		await expect(life.thing.measure()).rejects.toThrow("The thing has ended.");
		expect(await life.thing.stop()).toMatchObject({ code: 11 });
	});

	test("it says by file and line of TypeScript where the memory ended", async () => {
		life = new Life();
		await expect(life.start({ heap: 38_000 })).rejects.toThrow("ended while it booted");
		const { code, abort } = await life.thing.ended;
		expect(code).toBe(11);
		expect(abort!.stack.length).toBeGreaterThan(2);
		for (const place of abort!.stack) expect(place).toMatch(/^(src|hosts\/simulator\/device)\/.*\.ts:\d+$/);
		expect(abort!.stack.at(-1)).toMatch(/^hosts\/simulator\/device\/main\.ts:/);
	});

	test("a heap without room for a stack is misuse, said in one sentence", async () => {
		life = new Life();
		await expect(life.start({ heap: 8192 })).rejects.toThrow("ended while it booted");
		expect(await life.thing.ended).toMatchObject({ code: 2, message: expect.stringContaining("has no room for a stack") });
	});
});

describe("boot", () => {
	test("options that make no thing are refused in a sentence: 2", async () => {
		life = new Life();
		await expect(life.start({ domain: "not/a.domain" })).rejects.toThrow("domain must be the broker's domain name.");
		expect(await life.thing.ended).toMatchObject({ code: 2 });
	});

	test("a program that cannot be started is told", async () => {
		life = new Life();
		const engine = { ...(await engineHere()), program: "/nonexistent/simulator" };
		await expect(life.start({ engine })).rejects.toThrow("ended while it booted");
		expect(await life.thing.ended).toMatchObject({ code: 1, message: expect.stringContaining("ENOENT") });
	});
});

describe("storage", () => {
	test("a write that fails arrives in the firmware as the exception that it is", async () => {
		life = new Life();
		let fails = false;
		const write = life.storage.write.bind(life.storage);
		life.storage.write = (key, bytes) => {
			if (fails) throw new Error("the flash is worn");
			write(key, bytes);
		};
		const errors: unknown[] = [];
		life.onEvent = (event) => {
			if (event.event === "account") fails = true;
			if (event.event === "error") errors.push(event.message);
		};
		await life.start();
		await life.until("the error", () => errors.length > 0);
		expect(errors.join()).toContain("the flash is worn");
		// The engine lives: it is the firmware's to go on.
		expect(await life.thing.tell()).toMatchObject({ state: expect.any(String) });
		expect(await life.thing.stop()).toMatchObject({ code: 0 });
	});

	test("what was stored is there after kill -9 and a restart: the same account, the same owner", async () => {
		life = new Life();
		const owner = await life.claimed();
		life.thing.kill();
		expect(await life.thing.ended).toMatchObject({ code: 1, signal: "SIGKILL" });
		const online = life.events.get("online");
		await life.start();
		await life.next("online", online);
		expect(life.events.get("account")).toBe(1);
		expect(await life.thing.tell()).toEqual({ state: "claimed", owner: owner.bare, jid: life.jid });
		await life.read(owner, "after");
	}, 60_000);
});

test("a host that throws where it must not ends the thing with its words", async () => {
	life = new Life();
	const socket = Object.freeze({ read: () => undefined, write: () => 0, startTLS: () => {}, close: () => {} });
	const network = Object.freeze({
		connect: ({ onError }: ConnectOptions) => {
			setImmediate(() => onError({ reason: "refused", detail: "nobody there" }));
			return socket;
		}
	});
	const event = (): void => {
		throw new Error("nobody listens");
	};
	await life.start({ host: { ...life.host, network, event } });
	expect(await life.thing.ended).toEqual({ code: 1, signal: "SIGKILL", message: expect.stringContaining("nobody listens") });
});

describe("no orphans", () => {
	/** Gone, or a zombie that only waits for its exit code to be read. */
	async function gone(pid: number): Promise<void> {
		const end = Date.now() + 20_000;
		while (Date.now() < end) {
			try {
				process.kill(pid, 0);
			} catch {
				return;
			}
			await new Promise((resolve) => setTimeout(resolve, 20));
		}
		throw new Error(`${pid} lives on`);
	}

	test.each([
		["that waits", "simulator.listen(() => {}); simulator.report('up');"],
		["that never returns", "simulator.report('up'); for (;;);"]
	])("a program %s ends when its parent is killed -9", async (_, code) => {
		const { program } = await engineHere();
		await inFolder(async (folder) => {
			const path = join(folder, "main.js");
			await writeFile(path, code);
			const parent = fork(fileURLToPath(new URL("parent.js", import.meta.url)), [program, path], {
				...{ stdio: ["ignore", "ignore", "inherit", "ipc"], execArgv: [] },
				env: { ...process.env, NODE_OPTIONS: "" }
			});
			const [pid] = (await once(parent, "message")) as [number];
			parent.kill("SIGKILL");
			await gone(pid);
		});
	});
});

describe("a peer that floods", () => {
	const megabytes = 16;
	interface Flood {
		/** Bytes. */
		taken: number;
		closed: boolean;
	}

	/** Writes as fast as the socket takes it; counts what it took. */
	function flood(socket: TCPSocket, text: string, state: Flood): void {
		const block = Buffer.from(text.repeat(Math.ceil(65_536 / text.length)));
		socket
			.on("error", () => {})
			.on("close", () => {
				state.closed = true;
			});
		const next = (): void => {
			if (state.closed || state.taken >= megabytes << 20) return;
			socket.write(block, () => {
				state.taken += block.length;
				next();
			});
		};
		next();
	}

	const header =
		"<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='1' from='a.example' version='1.0'>";

	async function flooded(
		text: string,
		first: (thing: SimulatedThing, state: Flood, events: readonly ThingEvent[]) => Promise<void>
	): Promise<void> {
		await inFolder(async (folder) => {
			const states: Flood[] = [];
			const events: ThingEvent[] = [];
			const server = createServer((socket) => {
				const state = { taken: 0, closed: false };
				states.push(state);
				socket.resume();
				socket.write(header);
				flood(socket, text, state);
			});
			server.listen(0, "127.0.0.1");
			await once(server, "listening");
			const { port } = server.address() as { port: number };
			const host = createNodeHost({ store: join(folder, "store"), definition: weatherStation, onEvent: (event) => events.push(event) });
			const thing = new SimulatedThing({
				...{ engine: await engineHere(), host, definition: weatherStation, domain: "a.example", tls: "starttls" },
				address: { host: "127.0.0.1", port },
				code: fileURLToPath(new URL("../../../build/", import.meta.url))
			});
			more = thing;
			try {
				await thing.booted;
				while (states[0] === undefined) await new Promise(setImmediate);
				await first(thing, states[0], events);
				const { slots, chunks } = await thing.measure();
				expect(slots + chunks).toBeLessThan((50_000 * (await engineHere()).bits) / 32);
				expect(await thing.stop()).toMatchObject({ code: 0 });
			} finally {
				thing.kill();
				server.close();
				await host.close();
			}
		});
	}

	test("16 MiB of white space through a thing that reads: its heap is as it was", async () => {
		await flooded(" \n\t ", async (thing, state) => {
			const before = await thing.measure();
			while (state.taken < megabytes << 20 && !state.closed) await new Promise((resolve) => setTimeout(resolve, 20));
			const after = await thing.measure();
			expect(state.taken).toBeGreaterThan(8 << 20);
			expect(after.free).toBeGreaterThan(before.free - 4096);
		});
	}, 120_000);

	test("16 MiB of elements that never end: the connection is given up, the heap stands", async () => {
		await flooded("<a b='c'>text", async (_, state, events) => {
			while (!state.closed) await new Promise((resolve) => setTimeout(resolve, 20));
			expect(events).toContainEqual(expect.objectContaining({ event: "offline" }));
		});
	}, 60_000);

	test("16 MiB for a thing that does not read: the window closes, Node keeps little, and the thing goes on", async () => {
		await flooded(" ", async (thing, state) => {
			process.kill(thing.pid!, "SIGSTOP");
			const memory = process.memoryUsage();
			// The system's own buffers fill up; then nothing moves any more.
			let taken = -1;
			while (taken !== state.taken) {
				taken = state.taken;
				await new Promise((resolve) => setTimeout(resolve, 500));
			}
			expect(state.taken).toBeLessThan(megabytes << 19);
			expect(process.memoryUsage().arrayBuffers - memory.arrayBuffers).toBeLessThan(1 << 20);
			process.kill(thing.pid!, "SIGCONT");
			while (taken === state.taken && !state.closed) await new Promise((resolve) => setTimeout(resolve, 20));
		});
	}, 60_000);
});
