// SASL2, tokens and inline resumption on Prosody 13: what a login costs, counted on the wire, and what the thing does when the server has changed its mind.
import { createHash, createHmac, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import tls from "node:tls";
import { afterAll, afterEach, beforeAll, describe } from "@jest/globals";
import { type Box, type BoxOptions, startBox } from "../../hosts/broker/box.js";
import { crypto } from "../../hosts/node/crypto.js";
import { createNodeHost, type NodeHost } from "../../hosts/node/index.js";
import type { ConnectOptions, Network, ThingEvent } from "../../src/host.js";
import { boot } from "../../src/main.js";
import type { Definition } from "../../src/thing/definition.js";
import type { Thing } from "../../src/thing/thing.js";
import { weatherStation } from "../../src/things/weather-station.js";
import { agentOf } from "../../src/xmpp/inline.js";
import { type FlightCounter, startFlightCounter, type Tally } from "../support/flights.js";
import { BreakableWire } from "../world/breakable.js";
import { BrokerClient } from "./broker-client.js";
import { prosody13, SASL2_MODULES } from "./prosody-13.js";

const program = await prosody13();

let folder: string;
let box: Box;
let wire: FlightCounter;
const newest = tls.DEFAULT_MAX_VERSION;

/** One life of the thing, between power on and off. */
class Life {
	readonly events: ThingEvent[] = [];
	/** What it said, each connection by itself. */
	readonly said: string[] = [];
	/** The next login is cut as soon as it has begun. */
	breaksNext = false;
	readonly #host: NodeHost;
	readonly #thing: Thing;
	readonly #breakable = new BreakableWire();
	readonly #waiting = new Set<() => void>();

	constructor(anchors: string, definition: Definition = weatherStation) {
		this.#host = createNodeHost({
			store: join(folder, "thing"),
			definition,
			onEvent: (event) => {
				this.events.push(event);
				for (const wake of this.#waiting) wake();
			}
		});
		const network = this.#breakable.wrap({ ...this.#host.network, connect: (options) => this.#connect(options) });
		const host = Object.freeze({ ...this.#host, network });
		const address = { host: "127.0.0.1", port: wire.port };
		this.#thing = boot({ definition, domain: box.domain, anchors, address, tls: "direct", serial: "SN-1", host });
	}

	/** What the last connection had cost when the event came. */
	cost(event: string, known = 0): Promise<Tally> {
		return new Promise((resolve, reject) => {
			const timer = setTimeout(() => reject(new Error(`no ${event}: ${JSON.stringify(this.events)}`)), 60_000);
			const wake = (): void => {
				if (this.events.filter((each) => each.event === event).length <= known) return;
				clearTimeout(timer);
				this.#waiting.delete(wake);
				resolve(structuredClone(wire.tally));
			};
			this.#waiting.add(wake);
			wake();
		});
	}

	cut(): void {
		this.#breakable.cut();
	}

	get sticker(): string {
		return this.#thing.sticker();
	}

	get offline(): unknown[] {
		return this.events.filter(({ event }) => event === "offline").map(({ reason }) => reason);
	}

	async end(): Promise<void> {
		this.#thing.stop();
		await this.#host.close();
	}

	#connect(options: ConnectOptions): ReturnType<Network["connect"]> {
		const at = this.said.push("") - 1;
		const socket = this.#host.network.connect(options);
		return {
			read: () => socket.read(),
			write: (bytes) => {
				this.said[at] += Buffer.from(bytes).toString();
				if (this.breaksNext && this.said[at]!.includes("<authenticate ")) {
					this.breaksNext = false;
					setImmediate(() => this.cut());
				}
				return socket.write(bytes);
			},
			startTLS: () => socket.startTLS(),
			channelBinding: (type) => socket.channelBinding?.(type),
			close: () => socket.close()
		};
	}
}

/** Lives once, until it is online; what that cost and what it said. */
async function live(
	then: (life: Life) => Promise<void> = async () => {},
	definition?: Definition
): Promise<{ flights: number; version: string | undefined; said: string }> {
	const life = new Life(await readFile(box.caFile, "utf8"), definition);
	try {
		const { flights, version } = await life.cost("online");
		const said = life.said.at(-1)!;
		// No refusal on the way, and no second connection.
		expect(life.offline).toEqual([]);
		await then(life);
		return { flights, version, said };
	} finally {
		await life.end();
	}
}

/** The same data, served in another way. */
async function serve(prosody: BoxOptions["prosody"]): Promise<void> {
	await wire?.close();
	await box?.stop();
	box = await startBox({ data: join(folder, "box"), log: () => {}, prosody: { program, ...prosody } });
	wire = await startFlightCounter(box.ports.direct);
}

const byToken = "mechanism='HT-SHA-256-EXPR'><initial-response>";
const byPassword = "mechanism='SCRAM-SHA-256-PLUS'><initial-response>";
const wish = "<request-token xmlns='urn:xmpp:fast:0'";
const stored = async (key: string): Promise<string | undefined> =>
	(await readFile(join(folder, "thing", `${key}.rec`), "latin1").catch(() => undefined))?.slice(5);

if (program !== undefined)
	describe("on Prosody 13", () => {
		beforeAll(async () => {
			folder = await mkdtemp(join(tmpdir(), "extasis-sasl2-"));
			await serve({ modules: SASL2_MODULES });
		}, 60_000);

		afterEach(() => {
			tls.DEFAULT_MAX_VERSION = newest;
		});

		afterAll(async () => {
			await wire?.close();
			await box?.stop();
			await rm(folder, { recursive: true, force: true });
		});

		test("from nothing to a token: an account in five flights after TLS, and the second start in one", async () => {
			expect(box.prosody).toMatch(/^13\b/);
			// Header, form, account, authentication in two: the header names the account before it stands, and a token is asked for.
			const cold = await live();
			expect(cold.flights).toBeLessThanOrEqual(5);
			expect(cold.said).toContain("jabber:iq:register");
			expect(cold.said).toContain(byPassword);
			expect(cold.said).toContain(wish);
			expect(await stored("tokens")).toContain("HT-SHA-256-EXPR");
			const second = await live();
			expect(second.flights).toBe(1);
			expect(second.said).toContain(byToken);
			expect(second.said).not.toContain("SCRAM-");
		}, 120_000);

		test("R-CORE-7 by a token and resumed: one flight after TLS, and two where it waits for the features", async () => {
			const warm = await live(async (life) => {
				life.cut();
				const tally = await life.cost("resumed");
				expect(tally.flights).toBe(1);
				expect(life.said.at(-1)).toContain("<resume xmlns='urn:xmpp:sm:3'");
				expect(life.offline).toEqual(["closed"]);
			});
			expect(warm.flights).toBe(1);
			expect(warm.said).toContain(byToken);
			// What the last login taught it is lost.
			await rm(join(folder, "thing", "server.rec"));
			const cold = await live();
			expect(cold.flights).toBe(2);
			expect(cold.said).toContain(byToken);
		}, 120_000);

		test("R-CORE-7 resumed without the pipeline: two flights", async () => {
			await live(async (life) => {
				// One login that broke makes it wait.
				life.breaksNext = true;
				life.cut();
				const tally = await life.cost("resumed");
				expect(tally.flights).toBe(2);
				expect(life.said.at(-1)).toContain(byToken);
				expect(life.offline).toEqual(["closed", "closed"]);
			});
		}, 120_000);

		test("under TLS 1.2 a token that is bound to TLS 1.3 is not used: the password, and a token that is bound to nothing", async () => {
			tls.DEFAULT_MAX_VERSION = "TLSv1.2";
			const { said, version } = await live();
			expect(version).toBe("TLSv1.2");
			expect(said).not.toContain("<fast ");
			expect(said).toContain("mechanism='SCRAM-SHA-256'");
			tls.DEFAULT_MAX_VERSION = newest;
			// The first hears what is offered here; the next uses the one that is bound to nothing for one that is.
			await live();
			const back = await live();
			expect(back.said).toContain(wish);
			expect(back.flights).toBe(1);
			expect((await live()).said).toContain(byToken);
		}, 120_000);

		test("tokens that are replaced each time are used each time", async () => {
			await serve({ modules: SASL2_MODULES, settings: ["sasl2_fast_token_min_ttl = 0"] });
			const seen = new Set<string | undefined>();
			for (let i = 0; i < 4; i++) {
				const { said, flights } = await live();
				expect([flights, said.includes(byToken), said.includes("SCRAM-")]).toEqual([1, true, false]);
				seen.add(await stored("tokens"));
			}
			expect(seen.size).toBe(4);
		}, 120_000);

		test("a server that has lost its tokens gets the password on the same connection, and gives another", async () => {
			await box.stop();
			await rm(join(folder, "box/prosody/data/box%2eexample/fast_tokens"), { recursive: true });
			await serve({ modules: SASL2_MODULES });
			const { said, flights } = await live();
			expect(said).toContain(byToken);
			expect(said).toContain(byPassword);
			// Header and token, password, <response/>.
			expect(flights).toBe(3);
			expect((await live()).flights).toBe(1);
		}, 120_000);

		/** What the server says to a login by this token, in another's hands. */
		async function tryToken(account: string, kept: string): Promise<string> {
			const [mechanism, secret] = kept.split(" ") as [string, string];
			const ca = await readFile(box.caFile);
			const socket = tls.connect({ host: "127.0.0.1", port: box.ports.direct, servername: box.domain, ca, minVersion: "TLSv1.3" });
			await once(socket, "secureConnect");
			const binding = socket.exportKeyingMaterial(32, "EXPORTER-Channel-Binding", Buffer.alloc(0));
			const hash = createHmac("sha256", secret).update("Initiator").update(binding).digest();
			const initial = Buffer.concat([Buffer.from(`${account}\0`), hash]).toString("base64");
			const agent = `<user-agent id='${agentOf(`${account}@${box.domain}`, crypto)}'/>`;
			const streams = "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'";
			socket.write(`<stream:stream ${streams} from='${account}@${box.domain}' to='${box.domain}' version='1.0'>`);
			let heard = "";
			try {
				for await (const data of socket) {
					if (!heard.includes("</stream:features>") && `${heard}${data}`.includes("</stream:features>")) {
						const fast = "<fast xmlns='urn:xmpp:fast:0'/>";
						socket.write(
							`<authenticate xmlns='urn:xmpp:sasl:2' mechanism='${mechanism}'><initial-response>${initial}</initial-response>${agent}${fast}</authenticate>`
						);
					}
					heard += data;
					const [, verdict, condition] =
						/<(success|failure)[ >].*?(?:<(credentials-expired|not-authorized)|<\/success>)/s.exec(heard) ?? [];
					if (verdict !== undefined) return condition ?? verdict;
				}
			} finally {
				socket.destroy();
			}
			throw new Error(`it ended without a word: ${heard}`);
		}

		test("R-347-29 R-077-6 a token of before is refused by the server once somebody has claimed the thing, or given it up", async () => {
			const account = async (): Promise<{ username: string; password: string; next?: string }> => JSON.parse((await stored("account"))!);
			const kept = async (): Promise<string> => JSON.parse((await stored("tokens"))!).tokens.split("\n")[0];
			const { username, password } = await account();
			const owner = await BrokerClient.login(box, "owner", box.owner.password, "phone");
			const say = async (words: string): Promise<string> => {
				owner.send(`<message type='chat' to='${box.registry}'><body>${words}</body></message>`);
				return (await owner.next((stanza) => stanza.is("message") && stanza.attrs.from === box.registry)).getChildText("body")!;
			};
			/** The server has taken another than this, and the thing knows. */
			const renewed = async (old: string): Promise<void> => {
				for (let tries = 0; tries < 300; tries++) {
					const { password, next } = await account();
					if (password !== old && next === undefined) return;
					await delay(100);
				}
				throw new Error("the password is the same");
			};
			let token = await kept();
			expect(token).toMatch(/^HT-SHA-256-EXPR secret-token/);
			expect(await tryToken(username, token)).toBe("success");
			await live(async (life) => {
				await life.cost("registered");
				expect(await say(life.sticker)).toMatch(/ is yours: /);
				await renewed(password);
			});
			expect(await tryToken(username, token)).toBe("credentials-expired");
			// The next login gets another, which works until the thing is given up.
			await live();
			token = await kept();
			expect(await tryToken(username, token)).toBe("success");
			const second = await account();
			await live(async () => {
				// The registry may not know yet that it is there.
				let said = "";
				for (let tries = 0; tries < 50 && said !== "SN-1 is no longer yours."; tries++) {
					if (tries > 0) await delay(100);
					said = await say("disown SN-1");
				}
				expect(said).toBe("SN-1 is no longer yours.");
				await renewed(second.password);
			});
			expect(await tryToken(username, token)).toBe("credentials-expired");
			expect(await stored("tokens")).toBeUndefined();
			await owner.end();
			await live();
			await live();
		}, 180_000);

		test("a server that takes no tokens any more, then no SASL2, then both again, is no trap", async () => {
			await serve({ modules: SASL2_MODULES.filter((name) => name !== "sasl2_fast") });
			const without = await live();
			expect(without.said).toContain(byPassword);
			expect((await live()).flights).toBe(2);
			await serve({});
			// It may end the stream at what it does not know: then the next connection asks first.
			const life = new Life(await readFile(box.caFile, "utf8"));
			await life.cost("online");
			expect(life.offline.length).toBeLessThanOrEqual(1);
			expect(life.said.at(-1)).toContain("<auth ");
			await life.end();
			await live();
			const classic = await live();
			expect(classic.flights).toBe(3);
			await serve({ modules: SASL2_MODULES });
			await live();
			await live();
			expect((await live()).flights).toBe(1);
		}, 180_000);

		/** How the first login on such a server is bound, where nothing is known of it from the last time. */
		async function bound(prosody: BoxOptions["prosody"], definition?: Definition): Promise<string> {
			await serve(prosody);
			await rm(join(folder, "thing", "server.rec"), { force: true });
			tls.DEFAULT_MAX_VERSION = "TLSv1.2";
			const { said } = await live(undefined, definition);
			const [, mechanism, first] = /<auth [^>]*mechanism='([^']*)'>([^<]*)</.exec(said) ?? [];
			return `${mechanism} ${
				Buffer.from(first ?? "", "base64")
					.toString()
					.split(",,")[0]
			}`;
		}

		test("R-CORE-4 under TLS 1.2 a login is bound by what the server lists, and by tls-unique for who asks alone", async () => {
			const asking = { ...weatherStation, tlsUnique: true };
			const { raw } = new X509Certificate(await readFile(join(folder, "box/certificates/served/box.example.crt")));
			const hash = createHash("sha256").update(raw).digest("hex");
			expect(await bound({ settings: [`tls_server_end_point_hash = "${hash}"`] })).toBe("SCRAM-SHA-256-PLUS p=tls-server-end-point");
			// It lists tls-unique alone.
			expect(await bound({})).toBe("SCRAM-SHA-256 n");
			expect(await bound({}, asking)).toBe("SCRAM-SHA-256-PLUS p=tls-unique");
			// The system's own, which may be of before XEP-0440.
			expect(await bound({ program: undefined })).toBe("SCRAM-SHA-256 n");
			expect(await bound({ program: undefined }, asking)).toBe("SCRAM-SHA-256-PLUS p=tls-unique");
		}, 180_000);

		test("one account and one thing in all that, and no token in any file but the thing's own and the server's", async () => {
			const accounts = await readdir(join(folder, "box/prosody/data/box%2eexample/accounts"));
			// The owner's, and the thing's.
			expect(accounts).toHaveLength(2);
			expect(await readFile(join(folder, "box/prosody/prosody.log"), "utf8")).not.toContain("secret-token");
		});
	});
