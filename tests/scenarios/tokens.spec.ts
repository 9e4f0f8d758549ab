// A rule for whoever has a certificate's key, wherever he comes from: thing, box and broker as they are, the box's challenge handed on by the thing.
import { execFileSync } from "node:child_process";
import { constants, privateDecrypt, X509Certificate } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "@jest/globals";
import type { Element } from "@xmpp/xml";
import { type Box, startBox } from "../../hosts/broker/box.js";
import { BrokerClient } from "./broker-client.js";
import { ThingProcess } from "./extasis-process.js";

const tags =
	"<str name='SN' value='0043'/><str name='MAN' value='extasis.example'/><str name='MODEL' value='WeatherStation'/><num name='V' value='1'/><str name='CLASS' value='Weather'/><str name='KEY' value='a-key-of-the-tokens-test'/>";
const dialects = {
	xep: {
		owner: "urn:xmpp:iot:provisioning",
		tokens: "urn:xmpp:iot:provisioning",
		shown: "userToken",
		set: (token: string) => `<set xmlns='urn:xmpp:iot:control' userToken='${token}'><boolean name='Relay' value='true'/></set>`
	},
	ieee: {
		owner: "urn:ieee:iot:prov:o:1.0",
		tokens: "urn:ieee:iot:prov:t:1.0",
		shown: "ut",
		set: (token: string) => `<set xmlns='urn:ieee:iot:ctr:1.0' ut='${token}'><b n='Relay' v='true'/></set>`
	}
};

let folder: string;
let box: Box;
let thing: ThingProcess;
let owner: BrokerClient;
let address: string;
const clients: BrokerClient[] = [];

const login = async (user: string): Promise<BrokerClient> => {
	await box.createAccount(user, "password");
	const client = await BrokerClient.login(box, user, "password", "x");
	clients.push(client);
	return client;
};

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "extasis-tokens-"));
	box = await startBox({ data: join(folder, "box"), log: () => {} });
	owner = await BrokerClient.login(box, "owner", box.owner.password, "program");
	clients.push(owner);
	owner.send("<presence/>");
	thing = new ThingProcess([
		...["--domain", box.domain, "--address", `127.0.0.1:${box.ports.starttls}`, "--ca", box.caFile, "--store", join(folder, "thing")],
		...["--serial", "0043", "--key", "a-key-of-the-tokens-test"]
	]);
	await thing.until("registered", 90);
	address = String((await thing.until("online")).jid);
	await owner.ask("set", `<mine xmlns='urn:xmpp:iot:discovery'>${tags}</mine>`, box.registry);
	await thing.until("claimed");
}, 150_000);

afterAll(async () => {
	for (const client of clients) await client.end();
	await thing?.stop();
	await box?.stop();
	await rm(folder, { recursive: true, force: true });
});

/** A certificate that signs itself, and what its key makes of a challenge. */
const makeIdentity = async (name: string) => {
	const [keyFile, file] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)];
	const words = ["-nodes", "-days", "30", "-subj", `/CN=${name}`, "-keyout", keyFile, "-out", file];
	execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", ...words], { stdio: "ignore" });
	const key = await readFile(keyFile, "utf8");
	const how = { key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha1" };
	return {
		der: new X509Certificate(await readFile(file)).raw.toString("base64"),
		open: (challenge: string) => privateDecrypt(how, Buffer.from(challenge, "base64")).toString("base64")
	};
};
const outcomeOf = (answer: Element): string => answer.getChild("error")?.getChildElements()[0]?.getName() ?? "done";

test.each(Object.entries(dialects))(
	"R-324-18 R-324-19 R-325-20 who has the certificate's key sets what the owner allowed for it, from any account, and nobody without it: %s",
	async (name, { owner: owners, tokens, shown, set }) => {
		const { der, open } = await makeIdentity(name);
		const holder = await login(`holder-${name}`);
		const challenge = (await holder.ask("get", `<getToken xmlns='${tokens}'>${der}</getToken>`, box.registry)).getChildElements()[0]!;
		const answer = `<getTokenChallengeResponse xmlns='${tokens}' seqnr='${challenge.attrs.seqnr}'>${open(challenge.getText())}</getTokenChallengeResponse>`;
		const token = (await holder.ask("get", answer, box.registry)).getChild("getTokenResponse", tokens)!.attrs.token!;
		const ask = async (client: BrokerClient, said = token) => outcomeOf(await client.ask("set", set(said), address));
		expect(await ask(holder)).toBe("forbidden");
		const asked = (await owner.next((stanza) => stanza.getChild("canControl", owners)?.attrs[shown] === token)).getChild(
			"canControl",
			owners
		)!;
		const rule = `<canControlRule xmlns='${owners}' jid='${asked.attrs.jid}' remoteJid='${asked.attrs.remoteJid}' key='${asked.attrs.key}' result='true'><fromUser token='${token}'/></canControlRule>`;
		expect(outcomeOf(await owner.ask("set", rule, box.registry))).toBe("done");
		expect(await ask(holder)).toBe("done");
		expect(await ask(holder, "")).toBe("forbidden");

		/** From another account; what it says to the challenge. */
		const from = async (user: string, response: (challenge: string) => string): Promise<string> => {
			const client = await login(user);
			client.send(`<iq type='set' id='s1' to='${address}'>${set(token)}</iq>`);
			const request = await client.next((stanza) => stanza.getChild("tokenChallenge", tokens) !== undefined);
			expect(request.attrs).toMatchObject({ from: address, type: "get" });
			const said = response(request.getChild("tokenChallenge", tokens)!.getText());
			const back = `<tokenChallengeResponse xmlns='${tokens}'>${said}</tokenChallengeResponse>`;
			client.send(`<iq type='result' id='${request.attrs.id}' to='${address}'>${back}</iq>`);
			return outcomeOf(await client.next((stanza) => stanza.is("iq") && stanza.attrs.id === "s1"));
		};
		expect(await from(`thief-${name}`, () => "AAAA")).toBe("forbidden");
		expect(await from(`tablet-${name}`, open)).toBe("done");
	},
	120_000
);
