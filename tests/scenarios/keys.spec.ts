// Accounts by signed forms on a real Prosody (XEP-0348): a thing makes one with its API key, and every other way is shut.
import { createHash, createHmac, randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { connect as connectPlain } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll } from "@jest/globals";
import { type Element, Parser, xml } from "@xmpp/xml";
import { type Box, startBox } from "../../hosts/broker/box.js";
import { BrokerClient } from "./broker-client.js";
import { extasis, type Outcome, ThingProcess } from "./extasis-process.js";

const REGISTER = "jabber:iq:register";
const KEYS = "urn:extasis:keys:0";
const FORMS = "jabber:x:data";
const SIGNATURE = "urn:xmpp:xdata:signature:oauth1";

interface Key {
	readonly key: string;
	readonly secret: string;
}

let folder: string;
let box: Box;
const log: string[] = [];
const clients: BrokerClient[] = [];
const things: ThingProcess[] = [];

const start = () => startBox({ data: join(folder, "box"), signedOnly: true, log: (line) => log.push(line) });
beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "extasis-keys-"));
	box = await start();
}, 60_000);

afterEach(async () => {
	for (const client of clients.splice(0)) await client.end();
	for (const thing of things.splice(0)) await thing.stop();
});

afterAll(async () => {
	await box?.stop();
	await rm(folder, { recursive: true, force: true });
});

const place = (): string[] => ["--address", `127.0.0.1:${box.ports.starttls}`, "--ca", box.caFile];
const asOwner = async (...words: string[]): Promise<Outcome> =>
	await extasis(["keys", ...words, "--as", box.owner.jid, ...place()], { EXTASIS_PASSWORD: box.owner.password });
const makeKey = async (name: string, accounts: number): Promise<Key> => {
	const { code, stdout } = await asOwner("add", name, "--accounts", String(accounts));
	expect(code).toBe(0);
	const [, key, secret] = /^API key +(\S+)\nsecret +(\S+)\n/.exec(stdout)!;
	return { key: key!, secret: secret! };
};
const made = async (name: string): Promise<string> => {
	const { stdout } = await asOwner("list");
	return new RegExp(`^${name}: (\\d+ of \\d+) accounts`, "m").exec(stdout)![1]!;
};

const connect = async (): Promise<BrokerClient> => {
	const client = await BrokerClient.connect(box, "direct");
	clients.push(client);
	return client;
};
const condition = (answer: Element): string => {
	const error = answer.getChild("error");
	return error === undefined ? "made" : `${error.attrs.type} ${error.getChildElements()[0]?.getName()}`;
};

/** Written after XEP-0348 section 3, apart from what thing and box do. */
const escaped = (text: string): string =>
	[...Buffer.from(text)]
		.map((byte) =>
			/[A-Za-z0-9._~-]/.test(String.fromCharCode(byte)) ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`
		)
		.join("");

interface Submit extends Key {
	readonly username: string;
	readonly password?: string;
	readonly nonce?: string;
	readonly timestamp?: number;
	/** What the signature is made for, if that is not where the form goes. */
	readonly signedFor?: string;
}

const signed = ({ key, secret, username, password = "a pass'word & more", signedFor = "", ...given }: Submit): Map<string, string> => {
	const values = new Map([
		["FORM_TYPE", SIGNATURE],
		["oauth_version", "1.0"],
		["oauth_signature_method", "HMAC-SHA1"],
		["oauth_token", ""],
		["oauth_token_secret", ""],
		["oauth_nonce", given.nonce ?? randomBytes(12).toString("hex")],
		["oauth_timestamp", `${given.timestamp ?? Math.floor(Date.now() / 1000)}`],
		["oauth_consumer_key", key],
		["username", username],
		["password", password]
	]);
	const parameters = [...values.keys()]
		.filter((name) => name !== "oauth_token_secret")
		.sort()
		.map((name) => `${escaped(name)}=${escaped(values.get(name)!)}`)
		.join("&");
	const base = `submit&${escaped(signedFor)}&${escaped(parameters)}`;
	values.set(
		"oauth_signature",
		escaped(
			createHmac("sha1", `${escaped(secret)}&`)
				.update(base)
				.digest("base64")
		)
	);
	return values;
};

const write = (values: ReadonlyMap<string, string>): string =>
	xml(
		"query",
		{ xmlns: REGISTER },
		xml(
			"x",
			{ xmlns: FORMS, type: "submit" },
			[...values].map(([name, value]) => xml("field", { var: name }, xml("value", {}, value)))
		)
	).toString();

/** On a connection of its own, after the form was asked for. */
const submit = async (values: ReadonlyMap<string, string>, to?: string): Promise<string> => {
	const client = await connect();
	const offered = await client.ask("get", `<query xmlns='${REGISTER}'/>`);
	expect(offered.getChild("query", REGISTER)?.getChild("x", FORMS)?.getChildElements().length).toBe(11);
	return condition(await client.ask("set", write(values), to));
};

const login = async (user: string, password = "a pass'word & more"): Promise<void> => {
	const client = await connect();
	await client.authenticate(user, password, "sha256");
};

test("R-348-2 R-348-9 R-348-12 a thing makes its account with its API key, and lives as ever", async () => {
	const { key, secret } = await makeKey("batch-1", 2);
	const thing = new ThingProcess([
		...["--domain", box.domain, ...place(), "--store", join(folder, "thing"), "--serial", "1"],
		...["--api-key", key, "--api-secret", secret]
	]);
	things.push(thing);
	await thing.until("account");
	await thing.until("registered");
	expect(await made("batch-1")).toBe("1 of 2");
	expect(JSON.stringify(thing.events)).not.toContain(secret);
}, 120_000);

test("R-348-11 a thing with another secret is refused, makes no account, and rests", async () => {
	const { key } = await makeKey("batch-2", 2);
	const thing = new ThingProcess([
		...["--domain", box.domain, ...place(), "--store", join(folder, "wrong"), "--serial", "2"],
		...["--api-key", key, "--api-secret", "not the secret of this key"]
	]);
	things.push(thing);
	await thing.settle(() => thing.events.some((event) => JSON.stringify(event).includes("refused-signature")), 30, "the refusal");
	expect(thing.events.some(({ event }) => event === "account")).toBe(false);
	expect(await made("batch-2")).toBe("0 of 2");
}, 120_000);

describe("a signed form", () => {
	test("R-348-13 makes an account, signed for the address that it is sent to or for none", async () => {
		const key = await makeKey("addresses", 3);
		expect(await submit(signed({ ...key, username: "none" }))).toBe("made");
		expect(await submit(signed({ ...key, username: "domain", signedFor: box.domain }), box.domain)).toBe("made");
		expect(await submit(signed({ ...key, username: "elsewhere", signedFor: "elsewhere.example" }), box.domain)).toBe("modify bad-request");
		for (const user of ["none", "domain"]) await login(user);
	});

	test("with another word than was signed, without a signature, or twice the same word is refused", async () => {
		const key = await makeKey("changed", 3);
		for (const name of ["username", "password", "oauth_nonce", "oauth_timestamp", "oauth_consumer_key", "oauth_signature"]) {
			const values = signed({ ...key, username: "changed" });
			values.set(name, name === "oauth_timestamp" ? `${Number(values.get(name)) + 1}` : `${values.get(name)}x`);
			expect(`${name} ${await submit(values)}`).toBe(`${name} modify bad-request`);
		}
		const values = signed({ ...key, username: "changed" });
		values.delete("oauth_signature");
		expect(await submit(values)).toBe("modify not-acceptable");
		const client = await connect();
		const twice = write(signed({ ...key, username: "changed" })).replace(
			'<field var="username">',
			"<field var='username'><value>admin</value></field><field var=\"username\">"
		);
		expect(condition(await client.ask("set", twice))).toBe("modify bad-request");
		// What stands beside the form is not looked at.
		const beside = write(signed({ ...key, username: "beside" })).replace("<x ", "<username>admin</username><password>x</password><x ");
		expect(condition(await client.ask("set", beside))).toBe("made");
		await expect(login("admin", "x")).rejects.toThrow(/not-authorized/);
		await login("beside");
		expect(await made("changed")).toBe("1 of 3");
	});

	test("is good once, and so is its nonce, also after a restart of the box", async () => {
		const key = await makeKey("once", 5);
		const values = signed({ ...key, username: "once", nonce: "a-nonce" });
		expect(await submit(values)).toBe("made");
		expect(await submit(values)).toBe("modify bad-request");
		expect(await submit(signed({ ...key, username: "again", nonce: "a-nonce" }))).toBe("modify bad-request");
		await box.stop();
		box = await start();
		expect(await submit(signed({ ...key, username: "again", nonce: "a-nonce" }))).toBe("modify bad-request");
		expect(await submit(signed({ ...key, username: "again" }))).toBe("made");
		expect(await made("once")).toBe("2 of 5");
	});

	test("of another time is refused", async () => {
		const key = await makeKey("times", 5);
		const now = Math.floor(Date.now() / 1000);
		expect(await submit(signed({ ...key, username: "early", timestamp: now - 400 }))).toBe("modify bad-request");
		expect(await submit(signed({ ...key, username: "late", timestamp: now + 400 }))).toBe("modify bad-request");
		expect(await submit(signed({ ...key, username: "near", timestamp: now - 50 }))).toBe("made");
	});

	test("of a key that has made all its accounts is refused, also when many ask at once; a taken name costs nothing", async () => {
		const key = await makeKey("quota", 2);
		expect(await submit(signed({ ...key, username: "quota-0" }))).toBe("made");
		expect(await submit(signed({ ...key, username: "quota-0" }))).toBe("cancel conflict");
		expect(await submit(signed({ ...key, username: "owner" }))).toBe("cancel conflict");
		const outcomes = await Promise.all([1, 2, 3, 4].map((number) => submit(signed({ ...key, username: `quota-${number}` }))));
		expect(outcomes.sort()).toEqual(["cancel not-allowed", "cancel not-allowed", "cancel not-allowed", "made"]);
		expect(await made("quota")).toBe("2 of 2");
	});

	test("an account that was removed gives its place back, also one that went while the component was away", async () => {
		const key = await makeKey("returned", 1);
		/** XEP-0077 3.2 */
		const remove = async (user: string): Promise<void> => {
			const client = await BrokerClient.login(box, user, "a pass'word & more", "r");
			clients.push(client);
			await client.ask("set", `<query xmlns='${REGISTER}'><remove/></query>`);
		};
		const until = async (expected: string): Promise<void> => {
			for (let tries = 0; (await made("returned")) !== expected; tries++) {
				if (tries === 30) throw new Error(`not ${expected}`);
			}
		};
		expect(await submit(signed({ ...key, username: "returned-1" }))).toBe("made");
		expect(await submit(signed({ ...key, username: "returned-2" }))).toBe("cancel not-allowed");
		await remove("returned-1");
		await until("0 of 1");
		expect(await submit(signed({ ...key, username: "returned-2" }))).toBe("made");
		await box.disconnectRegistry();
		await remove("returned-2");
		await box.stop();
		box = await start();
		await until("0 of 1");
		// One that is back before anybody heard that it was gone is counted.
		expect(await submit(signed({ ...key, username: "returned-3" }))).toBe("made");
		expect(await submit(signed({ ...key, username: "returned-2" }))).toBe("cancel not-allowed");
		expect(await made("returned")).toBe("1 of 1");
	}, 120_000);

	test("of a revoked key is refused; its accounts stay", async () => {
		const key = await makeKey("revoked", 5);
		expect(await submit(signed({ ...key, username: "before" }))).toBe("made");
		expect(await asOwner("revoke", "revoked")).toMatchObject({ code: 0, stdout: "The key revoked makes no more accounts.\n" });
		expect(await submit(signed({ ...key, username: "after" }))).toBe("cancel forbidden");
		expect(await asOwner("revoke", "revoked")).toMatchObject({ code: 1, stderr: expect.stringContaining("no valid key revoked") });
		await login("before");
		await expect(login("after")).rejects.toThrow(/not-authorized/);
	});
});

test("without a form no account is made, whoever asks", async () => {
	for (const to of [undefined, box.domain]) {
		const client = await connect();
		const plain = `<query xmlns='${REGISTER}'><username>plain</username><password>plain</password></query>`;
		expect(condition(await client.ask("set", plain, to))).toBe("modify not-acceptable");
	}
	await expect(login("plain", "plain")).rejects.toThrow(/not-authorized/);
});

test("without the component no account is made, and the thing is told to come again", async () => {
	const key = await makeKey("away", 5);
	await box.disconnectRegistry();
	const client = await connect();
	expect(condition(await client.ask("get", `<query xmlns='${REGISTER}'/>`))).toBe("wait resource-constraint");
	expect(condition(await client.ask("set", write(signed({ ...key, username: "away" }))))).toBe("wait resource-constraint");
	await box.connectRegistry();
	await expect(login("away")).rejects.toThrow(/not-authorized/);
	expect(await submit(signed({ ...key, username: "away" }))).toBe("made");
});

/** A component in the box's place, by the secret that lies in the box's folder. */
const impostor = async (onRequest: (iq: Element, answer: (text: string) => void) => void): Promise<() => void> => {
	const configuration = await readFile(join(folder, "box", "prosody", "prosody.cfg.lua"), "utf8");
	const [, secret] = /component_secret = "(\w+)"/.exec(configuration)!;
	const socket = connectPlain({ host: "127.0.0.1", port: box.ports.component });
	const parser = new Parser();
	await new Promise<void>((resolve, reject) => {
		socket.once("error", reject);
		parser.on("start", ({ attrs }) => {
			const handshake = createHash("sha1").update(`${attrs.id}${secret}`).digest("hex");
			socket.write(`<handshake>${handshake}</handshake>`);
		});
		parser.on("element", (element) => {
			if (element.is("handshake")) resolve();
			else if (element.getChild("registration", KEYS) !== undefined) onRequest(element, (text) => socket.write(text));
		});
		socket.setEncoding("utf8").on("data", (text) => parser.write(`${text}`));
		socket.write(`<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='${box.registry}'>`);
	});
	return () => socket.destroy();
};

test("a component that is silent, or says something else, makes no account either", async () => {
	const key = await makeKey("silent", 5);
	await box.disconnectRegistry();
	let refuses = false;
	const leave = await impostor(({ attrs }, answer) => {
		const { id, from } = attrs;
		// Not from the address that was asked, and not with the id of the question.
		answer(`<iq type='result' id='${id}' from='other@${box.registry}' to='${from}'/>`);
		answer(`<iq type='result' id='${id}x' from='${box.registry}' to='${from}'/>`);
		answer(`<iq type='result' id='${id}' from='${box.registry}/r' to='${from}'/>`);
		if (refuses) answer(`<iq type='error' id='${id}' from='${box.registry}' to='${from}'/>`);
	});
	try {
		const client = await connect();
		const ask = async (user: string) => condition(await client.ask("set", write(signed({ ...key, username: user }))));
		expect(await ask("silent")).toBe("wait resource-constraint");
		refuses = true;
		expect(await ask("refused")).not.toBe("made");
	} finally {
		leave();
		await box.connectRegistry();
	}
	for (const user of ["silent", "refused"]) await expect(login(user)).rejects.toThrow(/not-authorized/);
	expect(await submit(signed({ ...key, username: "silent" }))).toBe("made");
}, 90_000);

test("nobody but the broker asks the office, and nobody but the operator has to do with keys", async () => {
	await box.createAccount("nosy", "password of the nosy");
	const nosy = await BrokerClient.login(box, "nosy", "password of the nosy", "r");
	clients.push(nosy);
	for (const [type, payload] of [
		["get", `<registration xmlns='${KEYS}'/>`],
		["set", `<registration xmlns='${KEYS}' user='x'/>`],
		["get", `<keys xmlns='${KEYS}'/>`],
		["set", `<add xmlns='${KEYS}' name='mine' accounts='5'/>`],
		["set", `<revoke xmlns='${KEYS}' name='batch-1'/>`]
	] as const) {
		expect(`${payload} ${condition(await nosy.ask(type, payload, box.registry))}`).toBe(`${payload} cancel forbidden`);
	}
	const nobody = await extasis(["keys", "list", "--as", `nosy@${box.domain}`, ...place()], { EXTASIS_PASSWORD: "password of the nosy" });
	expect(nobody).toMatchObject({ code: 1, stdout: "", stderr: expect.stringMatching(/^extasis: Only the operator [^\n]+\n$/) });
});

test("what is typed wrongly is said in one sentence", async () => {
	await makeKey("typed", 1);
	expect(await asOwner("add", "typed")).toEqual({
		code: 1,
		stdout: "",
		stderr: "extasis: There is a key of this name: revoke it first, or take another name.\n"
	});
	for (const words of [["add"], ["add", "two words"], ["add", "n", "--accounts", "0"], ["revoke"]]) {
		expect(await asOwner(...words)).toMatchObject({ code: 2, stdout: "", stderr: expect.stringMatching(/^extasis: [^\n]+\n$/) });
	}
	expect(await extasis(["keys", "list", "--data", join(folder, "nothing")])).toMatchObject({ code: 2, stdout: "" });
});

test("no log line ever held a secret; the broker advertises what it can", async () => {
	const { key, secret } = await makeKey("logged", 1);
	expect(await submit(signed({ key, secret, username: "logged" }))).toBe("made");
	const said = `${log.join("\n")}\n${await readFile(join(folder, "box", "prosody", "prosody.log"), "utf8")}`;
	expect(said).toContain(`registry: account logged@${box.domain} by logged`);
	expect(said).not.toContain(secret);
	const owner = await BrokerClient.login(box, "owner", box.owner.password, "r");
	clients.push(owner);
	const info = await owner.ask("get", "<query xmlns='http://jabber.org/protocol/disco#info'/>", box.domain);
	expect(info.toString()).toContain(SIGNATURE);
});
