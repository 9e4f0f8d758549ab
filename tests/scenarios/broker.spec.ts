// The box as it really runs: Prosody, its certificates, accounts, and the registry behind its component port.

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { get } from "node:http";
import { connect, createServer, type Socket } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll } from "@jest/globals";
import type { Element } from "@xmpp/xml";
import { type Box, startBox } from "../../hosts/broker/box.js";
import { BrokerClient } from "./broker-client.js";

const DISCOVERY = "urn:xmpp:iot:discovery";
const PASSWORD = "a pass'word & more";

let folder = "";
let box: Box;
const log: string[] = [];
const clients: BrokerClient[] = [];
const start = (data = "box", options = {}) => startBox({ data: join(folder, data), log: (line) => log.push(line), ...options });

const login = async (user: string, resource: string, password = PASSWORD, at = box): Promise<BrokerClient> => {
	const client = await BrokerClient.login(at, user, password, resource);
	clients.push(client);
	return client;
};

const condition = (answer: Element): string | undefined => answer.getChild("error")?.getChildElements()[0]?.getName();
const tagsOf = (serial: string) =>
	`<str name='SN' value='${serial}'/><num name='V' value='1.5'/><str name='KEY' value='secret-of-${serial}'/>`;
const register = (thing: BrokerClient, serial: string) =>
	thing.ask("set", `<register xmlns='${DISCOVERY}'>${tagsOf(serial)}</register>`, box.registry);
const mine = (owner: BrokerClient, serial: string) => owner.ask("set", `<mine xmlns='${DISCOVERY}'>${tagsOf(serial)}</mine>`, box.registry);

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "extasis-broker-"));
	box = await start();
	for (const user of ["thing", "friend", "stranger"]) await box.createAccount(user, PASSWORD);
}, 60_000);

// A connection that a test leaves open would still be the thing to the registry.
afterEach(() => Promise.all(clients.splice(0).map((client) => client.end())));

afterAll(async () => {
	await box?.stop();
	await rm(folder, { recursive: true, force: true });
});

describe.each(["direct", "starttls"] as const)("over %s", (tls) => {
	test("login is by SCRAM alone, by both hashes, with the same salt at each login", async () => {
		const challenges: string[] = [];
		for (const hash of ["sha1", "sha256", "sha1", "sha256"] as const) {
			const client = await BrokerClient.connect(box, tls);
			// Prosody 13 offers them bound to the channel as well.
			expect(client.mechanisms().filter((name) => !name.endsWith("-PLUS"))).toEqual(["SCRAM-SHA-1", "SCRAM-SHA-256"]);
			expect(client.features?.getChild("register", "http://jabber.org/features/iq-register")).toBeDefined();
			await client.authenticate("thing", PASSWORD, hash);
			expect(client.features?.getChild("sm", "urn:xmpp:sm:3")).toBeDefined();
			challenges.push(client.challenge.replace(/^r=[^,]*,/, ""));
			await client.end();
		}
		expect(new Set(challenges).size).toBe(1);
		expect(challenges[0]).toMatch(/,i=10000$/);
	});

	test("a wrong password and a name that is nobody's are refused alike", async () => {
		for (const user of ["thing", "nobody"]) {
			const client = await BrokerClient.connect(box, tls);
			await expect(client.authenticate(user, "wrong", "sha256")).rejects.toThrow(/not-authorized/);
			await client.end();
		}
	});

	test("an account is made in-band, once, and its password changed", async () => {
		const user = `made-${tls}`;
		const account = (password: string) =>
			`<query xmlns='jabber:iq:register'><username>${user}</username><password>${password}</password></query>`;
		const client = await BrokerClient.connect(box, tls);
		const form = await client.ask("get", "<query xmlns='jabber:iq:register'/>");
		expect(form.getChild("query")?.getChild("username")).toBeDefined();
		expect((await client.ask("set", account("first"))).attrs.type).toBe("result");
		expect(condition(await client.ask("set", account("second")))).toBe("conflict");
		await client.authenticate(user, "first", "sha256");
		await client.bind("r");
		expect((await client.ask("set", account("third"))).attrs.type).toBe("result");
		await client.end();
		const again = await BrokerClient.connect(box, tls);
		await again.authenticate(user, "third", "sha1");
		await again.end();
	});
});

describe("the box", () => {
	test("keeps no password, but the owner's in a file of his", () => {
		expect(readFileSync(join(folder, "box", "owner.password"), "utf8").trim()).toBe(box.owner.password);
		expect(statSync(join(folder, "box", "owner.password")).mode & 0o777).toBe(0o600);
		expect(statSync(join(folder, "box", "prosody", "prosody.cfg.lua")).mode & 0o777).toBe(0o600);
		const account = readFileSync(join(folder, "box", "prosody", "data", "box%2eexample", "accounts", "thing.dat"), "utf8");
		expect(account).not.toContain("pass");
		expect(account).toContain("scram_sha_256");
	});

	test("says when an account stands with another password", async () => {
		await box.createAccount("thing", PASSWORD);
		await expect(box.createAccount("thing", "another")).rejects.toThrow(
			"The account thing@box.example could not be made: it stands already with another password."
		);
	});

	test("listens on loopback only", async () => {
		const outside = Object.values(networkInterfaces())
			.flatMap((addresses) => addresses ?? [])
			.filter(({ internal, family }) => !internal && family === "IPv4");
		for (const { address } of outside) {
			for (const port of Object.values(box.ports)) {
				const socket = connect({ host: address, port });
				await expect(once(socket, "connect")).rejects.toThrow(/ECONNREFUSED/);
			}
		}
	});

	test("takes WebSockets for the console", async () => {
		const key = "dGhlIHNhbXBsZSBub25jZQ==";
		const headers = {
			Connection: "Upgrade",
			Upgrade: "websocket",
			"Sec-WebSocket-Version": "13",
			"Sec-WebSocket-Key": key,
			"Sec-WebSocket-Protocol": "xmpp"
		};
		const request = get({ host: "127.0.0.1", port: box.ports.websocket, path: "/xmpp-websocket", headers });
		const [response, socket] = (await once(request, "upgrade")) as [{ headers: Record<string, string> }, Socket];
		expect(response.headers["sec-websocket-accept"]).toBe(
			createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64")
		);
		expect(response.headers["sec-websocket-protocol"]).toBe("xmpp");
		const open = Buffer.from("<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='box.example' version='1.0'/>");
		socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | open.length, 0, 0, 0, 0]), open]));
		let heard = "";
		for await (const chunk of socket) {
			heard += chunk;
			if (heard.includes("</stream:features>") || heard.includes("</features>")) break;
		}
		expect(heard).toContain("SCRAM-SHA-1");
		expect(heard).not.toContain("PLAIN");
	});

	test("is not started twice in one folder", async () => {
		await expect(start()).rejects.toThrow(/A box already runs in/);
	});
});

describe("the registry", () => {
	test("R-347-2 is found among the domain's items by its features", async () => {
		const client = await login("friend", "search");
		const items = await client.ask("get", "<query xmlns='http://jabber.org/protocol/disco#items'/>", box.domain);
		const jids = items
			.getChild("query")!
			.getChildElements()
			.map(({ attrs }) => attrs.jid);
		expect(jids).toEqual([box.registry]);
		const info = await client.ask("get", "<query xmlns='http://jabber.org/protocol/disco#info'/>", box.registry);
		const features = info
			.getChild("query")!
			.getChildElements()
			.map(({ attrs }) => attrs.var);
		expect(features).toEqual(expect.arrayContaining([DISCOVERY, "urn:ieee:iot:disco:1.0"]));
		expect(condition(await client.ask("get", "<query xmlns='jabber:iq:private'/>", box.registry))).toBe("service-unavailable");
	});

	test("R-347-3 the whole life: registered, claimed, searched, removed, disowned, claimed again by another", async () => {
		const thing = await login("thing", "life");
		const friend = await login("friend", "life");
		const stranger = await login("stranger", "life");
		thing.send(`<presence to='${box.registry}'/>`);
		expect((await register(thing, "LIFE")).toString()).not.toContain("claimed");
		expect(condition(await mine(stranger, "OTHER"))).toBe("item-not-found");
		expect((await mine(friend, "LIFE")).getChild("claimed", DISCOVERY)?.attrs.jid).toBe("thing@box.example");
		const claimed = await thing.request("claimed");
		expect(claimed.attrs.from).toBe(box.registry);
		expect(claimed.getChild("claimed", DISCOVERY)?.attrs).toMatchObject({ jid: "friend@box.example", public: "true" });
		thing.acknowledge(claimed);
		expect(condition(await mine(stranger, "LIFE"))).toBe("item-not-found");

		const search = `<search xmlns='${DISCOVERY}'><strMask name='SN' value='LI*' wildcard='*'/></search>`;
		const found = (await stranger.ask("get", search, box.registry)).toString();
		expect(found).toContain('owner="friend@box.example"');
		expect(found).not.toContain("secret");
		await thing.ask(
			"set",
			`<update xmlns='${DISCOVERY}'><str name='KEY' value=''/><str name='ROOM' value='Küche 😀'/></update>`,
			box.registry
		);
		expect((await stranger.ask("get", search, box.registry)).toString()).toContain("Küche 😀");

		expect((await friend.ask("set", `<remove xmlns='${DISCOVERY}' jid='thing@box.example'/>`, box.registry)).attrs.type).toBe("result");
		thing.acknowledge(await thing.request("removed"));
		expect((await stranger.ask("get", search, box.registry)).toString()).not.toContain("LIFE");

		const disowned = friend.ask("set", `<disown xmlns='${DISCOVERY}' jid='thing@box.example'/>`, box.registry);
		thing.acknowledge(await thing.request("disowned"));
		expect((await disowned).attrs.type).toBe("result");
		expect((await register(thing, "LIFE")).getChild("claimed")).toBeUndefined();
		expect((await mine(stranger, "LIFE")).getChild("claimed")?.attrs.jid).toBe("thing@box.example");
		thing.acknowledge(await thing.request("claimed"));
		await thing.ask("set", `<unregister xmlns='${DISCOVERY}'/>`, box.registry);
	});

	test("a thing that is away is claimed all the same, told when it comes, and cannot be disowned meanwhile", async () => {
		const thing = await login("thing", "away-1");
		thing.send(`<presence to='${box.registry}'/>`);
		await register(thing, "AWAY");
		await thing.end();
		const friend = await login("friend", "away");
		expect((await mine(friend, "AWAY")).getChild("claimed")).toBeDefined();
		expect(condition(await friend.ask("set", `<disown xmlns='${DISCOVERY}' jid='thing@box.example'/>`, box.registry))).toBe("not-allowed");
		const later = await login("thing", "away-2");
		later.send(`<presence to='${box.registry}'/>`);
		const told = await later.request("claimed");
		expect(told.getChild("claimed")?.attrs.jid).toBe("friend@box.example");
		later.acknowledge(told);
		expect((await register(later, "AWAY")).getChild("claimed")?.attrs.jid).toBe("friend@box.example");
		await later.ask("set", `<unregister xmlns='${DISCOVERY}'/>`, box.registry);
	});

	test("an owner claims with a chat message", async () => {
		const thing = await login("thing", "chat");
		thing.send(`<presence to='${box.registry}'/>`);
		await register(thing, "CHAT");
		const friend = await login("friend", "chat");
		const said = () => friend.next((element) => element.is("message") && element.attrs.from === box.registry);
		friend.send(
			`<message to='${box.registry}' type='chat'><body>iotdisco:SN=CHAT;#V=1.50;KEY=secret-of-CHAT;R=${box.registry}</body></message>`
		);
		expect((await said()).getChildText("body")).toBe("CHAT is yours: thing@box.example");
		thing.acknowledge(await thing.request("claimed"));
		friend.send(`<message to='${box.registry}' type='chat'><body>things</body></message>`);
		expect((await said()).getChildText("body")).toBe("CHAT – thing@box.example (online, public)");
		await thing.ask("set", `<unregister xmlns='${DISCOVERY}'/>`, box.registry);
	});

	test("characters that TCP has cut in two arrive whole", async () => {
		const thing = await login("thing", "cut");
		// Long enough for several reads of the component's socket, every character four bytes.
		const text = "😀".repeat(128);
		const tags = Array.from({ length: 31 }, (_, at) => `<str name='T${at}' value='${text}'/>`).join("");
		for (let times = 0; times < 12; times++) {
			expect(
				(
					await thing.ask(
						"set",
						`<register xmlns='${DISCOVERY}' selfOwned='true'>${tags}<str name='PAD' value='${"x".repeat(times)}'/></register>`,
						box.registry
					)
				).attrs.type
			).toBe("result");
			const search = `<search xmlns='${DISCOVERY}'><strEq name='T0' value='${text}'/></search>`;
			const found = (await thing.ask("get", search, box.registry)).getChild("found")!.getChild("thing")!;
			expect(found.getChildElements().filter(({ attrs }) => attrs.value === text)).toHaveLength(31);
		}
		await thing.ask("set", `<unregister xmlns='${DISCOVERY}'/>`, box.registry);
	});

	test("no log line ever held a KEY or a password", () => {
		const text = log.join("\n") + readFileSync(join(folder, "box", "prosody", "prosody.log"), "utf8");
		expect(text).toContain("registered thing@box.example");
		expect(text).not.toMatch(/secret-of-|pass'word/);
		expect(text).not.toContain(box.owner.password);
	});
});

describe("what outlives what", () => {
	test("the registry is back after Prosody was, accounts and claims stand", async () => {
		const thing = await login("thing", "restart-1");
		await register(thing, "RESTART");
		await box.restart();
		const friend = await login("friend", "restart");
		expect((await mine(friend, "RESTART")).getChild("claimed")?.attrs.jid).toBe("thing@box.example");
		const again = await login("thing", "restart-2");
		again.send(`<presence to='${box.registry}'/>`);
		again.acknowledge(await again.request("claimed"));
		await again.ask("set", `<unregister xmlns='${DISCOVERY}'/>`, box.registry);
	});

	test("a second run has the same ports, CA, owner, accounts and things", async () => {
		const first = await start("second");
		await first.createAccount("thing", PASSWORD);
		const thing = await BrokerClient.login(first, "thing", PASSWORD, "x");
		await thing.ask("set", `<register xmlns='${DISCOVERY}'>${tagsOf("SECOND")}</register>`, first.registry);
		const ca = readFileSync(first.caFile, "utf8");
		await thing.end();
		await first.stop();
		expect(existsSync(join(folder, "second", "box.pid"))).toBe(false);
		const second = await start("second");
		expect([second.ports, second.owner, readFileSync(second.caFile, "utf8")]).toEqual([first.ports, first.owner, ca]);
		const owner = await BrokerClient.login(second, "owner", second.owner.password, "x");
		const claim = await owner.ask("set", `<mine xmlns='${DISCOVERY}'>${tagsOf("SECOND")}</mine>`, second.registry);
		expect(claim.getChild("claimed")?.attrs.jid).toBe("thing@box.example");
		await owner.end();
		await second.stop();
	});

	test("a question that waits is asked still, and what a thing was not told it is told, when the box is back", async () => {
		const PROVISIONING = "urn:xmpp:iot:provisioning";
		const first = await start("waits");
		await first.createAccount("thing", PASSWORD);
		const people = async (at: Box) => ({
			thing: await BrokerClient.login(at, "thing", PASSWORD, "x"),
			owner: await BrokerClient.login(at, "owner", at.owner.password, "x")
		});
		const say = async (owner: BrokerClient, text: string, at: Box): Promise<string> => {
			owner.send(`<message type='chat' to='${at.registry}'><body>${text}</body></message>`);
			const answer = await owner.next((stanza) => stanza.is("message") && !stanza.getChild("canControl", PROVISIONING));
			return answer.getChildText("body") ?? "";
		};
		const set = (thing: BrokerClient, who: string, at: Box) =>
			thing.ask("get", `<canControl xmlns='${PROVISIONING}' jid='${who}'><parameter name='Relay'/></canControl>`, at.registry);
		const may = async (thing: BrokerClient, who: string, at: Box) =>
			(await set(thing, who, at)).getChild("canControlResponse", PROVISIONING)?.attrs.result;

		let { thing, owner } = await people(first);
		await thing.ask("set", `<register xmlns='${DISCOVERY}'>${tagsOf("WAITS")}</register>`, first.registry);
		owner.send(`<presence/>`);
		await owner.ask("set", `<mine xmlns='${DISCOVERY}'>${tagsOf("WAITS")}</mine>`, first.registry);
		thing.acknowledge(await thing.request("claimed"));
		expect([await may(thing, "a@box.example", first), await may(thing, "b@box.example", first)]).toEqual(["false", "false"]);
		expect(await say(owner, "allow 1", first)).toMatch(/ is allowed for a@box\.example\.$/);
		// It hears that it is to forget, and dies before it does.
		await thing.request("clearCache");
		await thing.end();
		await owner.end();
		await first.stop();

		const second = await start("waits");
		({ thing, owner } = await people(second));
		owner.send(`<presence/>`);
		// Its presence brings what it has missed.
		thing.send(`<presence to='${second.registry}'/>`);
		thing.acknowledge(await thing.request("clearCache"));
		expect(await may(thing, "a@box.example", second)).toBe("true");
		expect(await say(owner, "questions", second)).toBe("2: b@box.example wants to set Relay of WAITS");
		expect(await say(owner, "allow 2", second)).toMatch(/ is allowed for b@box\.example\.$/);
		thing.acknowledge(await thing.request("clearCache"));
		expect(await may(thing, "b@box.example", second)).toBe("true");
		await thing.end();
		await owner.end();
		await second.stop();
	});

	test("a port that was taken meanwhile is replaced, a given one is told", async () => {
		const data = join(folder, "taken");
		const first = await start("taken");
		await first.stop();
		const blocker = createServer().listen(first.ports.direct, "127.0.0.1");
		await once(blocker, "listening");
		const second = await start("taken");
		expect(second.ports.direct).not.toBe(first.ports.direct);
		await second.stop();
		const offset = first.ports.direct - 5223;
		await expect(startBox({ data, log: () => {}, portOffset: offset })).rejects.toThrow(
			/Failed to open server port .* Name another --port-offset/
		);
		blocker.close();
		expect(existsSync(join(data, "box.pid"))).toBe(false);
	});

	test("Prosody does not outlive a box that was killed, and the next one starts", async () => {
		const script = `
			import { startBox } from ${JSON.stringify(fileURLToPath(new URL("../../build/hosts/broker/box.js", import.meta.url)))};
			await startBox({ data: ${JSON.stringify(join(folder, "killed"))}, log: () => {} });
			console.log("up");`;
		const child = spawn(process.execPath, ["--input-type=module", "-e", script], { env: { ...process.env, NODE_OPTIONS: "" } });
		await once(createInterface({ input: child.stdout }), "line");
		const prosody = Number(readFileSync(join(folder, "killed", "prosody", "prosody.pid"), "utf8"));
		expect(() => process.kill(prosody, 0)).not.toThrow();
		child.kill("SIGKILL");
		await once(child, "exit");
		const gone = () => {
			try {
				return !readFileSync(`/proc/${prosody}/cmdline`, "utf8").includes("prosody");
			} catch {
				return true;
			}
		};
		const socket = connect({ host: "127.0.0.1", port: JSON.parse(readFileSync(join(folder, "killed", "ports.json"), "utf8")).direct });
		await Promise.race([once(socket, "close"), once(socket, "error")].map((each) => each.catch(() => {})));
		while (!gone()) await new Promise((resolve) => setImmediate(resolve));
		const next = await start("killed");
		await next.stop();
	});

	test("a Prosody that ends by itself is told, and the box still stops", async () => {
		let how = "";
		const ended = new Promise<void>((resolve) => {
			void start("crash", {
				onEnd: (what: string) => {
					how = what;
					resolve();
				}
			}).then((crashing) => {
				process.kill(Number(readFileSync(join(folder, "crash", "prosody", "prosody.pid"), "utf8")), "SIGKILL");
				void ended.then(() => crashing.stop());
			});
		});
		await ended;
		expect(how).toBe("SIGKILL");
	});

	test("an owner's password that was lost is told, not replaced silently", async () => {
		const first = await start("lost");
		await first.stop();
		writeFileSync(join(folder, "lost", "owner.password"), "another\n");
		await expect(start("lost")).rejects.toThrow(/owner@box.example.*another password/);
	});
});
