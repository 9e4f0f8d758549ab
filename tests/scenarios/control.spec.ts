// Somebody wants to switch a thing's relay: thing, box and broker as they are, the owner's program and the stranger by sockets of their own.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "@jest/globals";
import type { Element } from "@xmpp/xml";
import { type Box, startBox } from "../../hosts/broker/box.js";
import { BrokerClient } from "./broker-client.js";
import { extasis, ThingProcess } from "./extasis-process.js";

const DISCOVERY = "urn:xmpp:iot:discovery";
const tags =
	"<str name='SN' value='0041'/><str name='MAN' value='extasis.example'/><str name='MODEL' value='WeatherStation'/><num name='V' value='1'/><str name='CLASS' value='Weather'/><str name='KEY' value='a-key-of-the-control-test'/>";

let folder: string;
let box: Box;
let thing: ThingProcess;
let owner: BrokerClient;
let stranger: BrokerClient;
let address: string;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "extasis-control-"));
	box = await startBox({ data: join(folder, "box"), signedOnly: true, log: () => {} });
	await box.createAccount("stranger", "password");
	owner = await BrokerClient.login(box, "owner", box.owner.password, "program");
	owner.send("<presence/>");
	stranger = await BrokerClient.login(box, "stranger", "password", "x");
	const { key, secret } = box.apiKey("batch", 1);
	thing = new ThingProcess([
		...["--domain", box.domain, "--address", `127.0.0.1:${box.ports.starttls}`, "--ca", box.caFile, "--store", join(folder, "thing")],
		...["--serial", "0041", "--key", "a-key-of-the-control-test", "--api-key", key, "--api-secret", secret]
	]);
	await thing.until("registered", 90);
	address = String((await thing.until("online")).jid);
	const claimed = await owner.ask("set", `<mine xmlns='${DISCOVERY}'>${tags}</mine>`, box.registry);
	expect(claimed.attrs.type).toBe("result");
	await thing.until("claimed");
}, 150_000);

afterAll(async () => {
	await owner?.end();
	await stranger?.end();
	await thing?.stop();
	await box?.stop();
	await rm(folder, { recursive: true, force: true });
});

const outcomeOf = (answer: Element): string => {
	const error = answer.getChild("error");
	return error === undefined ? "done" : `${error.attrs.type} ${error.getChildElements()[0]?.getName()}`;
};
const dialects = {
	xep: { owner: "urn:xmpp:iot:provisioning", set: "<set xmlns='urn:xmpp:iot:control'><boolean name='Relay' value='true'/></set>" },
	ieee: { owner: "urn:ieee:iot:prov:o:1.0", set: "<set xmlns='urn:ieee:iot:ctr:1.0'><b n='Relay' v='true'/></set>" }
};
const rules = (): Promise<string> => owner.say(box.registry, "rules");

test.each(Object.entries(dialects))(
	"R-324-8 R-324-9 R-324-10 a stranger switches the relay when the owner has said so, and neither before nor after: %s",
	async (_, dialect) => {
		const set = async () => outcomeOf(await stranger.ask("set", dialect.set, address));
		expect(await set()).toBe("cancel forbidden");
		const question = () => owner.next((stanza) => stanza.getChild("canControl", dialect.owner) !== undefined);
		const asked = (await question()).getChild("canControl", dialect.owner)!;
		expect(asked.attrs).toMatchObject({ jid: address.split("/")[0], remoteJid: `stranger@${box.domain}` });
		expect(asked.getChildElements().map(({ name, attrs }) => `${name} ${attrs.name}`)).toEqual(["parameter Relay"]);
		const rule = (key: string) =>
			`<canControlRule xmlns='${dialect.owner}' jid='${asked.attrs.jid}' remoteJid='${asked.attrs.remoteJid}' key='${key}' result='true'><parameter name='Relay'/></canControlRule>`;
		// Not the stranger, who knows everything but the key and is not the owner; not without the key.
		expect(outcomeOf(await stranger.ask("set", rule(asked.attrs.key!), box.registry))).toBe("cancel item-not-found");
		expect(outcomeOf(await owner.ask("set", rule("guess"), box.registry))).toBe("cancel item-not-found");
		expect(await set()).toBe("cancel forbidden");
		expect(outcomeOf(await owner.ask("set", rule(asked.attrs.key!), box.registry))).toBe("done");
		// The box told the thing to forget before it answered the owner; on its way the stranger's next request comes later.
		expect(await set()).toBe("done");
		// Not another parameter, and not to read.
		expect(await rules()).toMatch(/^\d+: stranger@box\.example may set Relay of 0041$/);

		const forget = `<deleteRules xmlns='${dialect.owner}' jid='${asked.attrs.jid}'/>`;
		expect(outcomeOf(await owner.ask("set", forget, box.registry))).toBe("done");
		expect(await set()).toBe("cancel forbidden");
		expect(await rules()).toBe("You have not decided anything yet.");
		// Asked again, with another key.
		expect((await question()).getChild("canControl", dialect.owner)?.attrs.key).not.toBe(asked.attrs.key);
		owner.send(`<message type='chat' to='${box.registry}'><body>deny stranger@${box.domain}</body></message>`);
		const denied = await owner.next((stanza) => (stanza.getChildText("body") ?? "").includes("is denied"));
		const [, number] = /Question (\d+)/.exec(denied.getChildText("body")!)!;
		expect(await rules()).toBe(`${Number(number) + 1}: stranger@${box.domain} may not set Relay of 0041`);
		expect(outcomeOf(await owner.ask("set", forget, box.registry))).toBe("done");
	},
	60_000
);

test("the owner switches it without being asked", async () => {
	for (const { set } of Object.values(dialects)) expect(outcomeOf(await owner.ask("set", set, address))).toBe("done");
});

test("extasis set: what was set, or in a sentence why it was not", async () => {
	const [jid = ""] = address.split("/");
	const set = async (name: string, password: string, ...words: string[]) => {
		const place = ["--as", `${name}@${box.domain}`, "--address", `127.0.0.1:${box.ports.starttls}`, "--ca", box.caFile];
		const { code, stdout, stderr } = await extasis(["set", jid, ...words, ...place], { EXTASIS_PASSWORD: password });
		return [code, stdout || stderr];
	};
	const { password } = box.owner;
	expect(await set("owner", password, "Relay=true", "Relay=false")).toEqual([0, "Relay\nRelay\n"]);
	expect(await set("owner", password, "Relay:string=true")).toEqual([
		1,
		expect.stringContaining("does not take such a value, and set nothing")
	]);
	expect(await set("owner", password, "Relay=true", "Lamp=true")).toEqual([
		1,
		expect.stringContaining("has no such parameter, and set nothing")
	]);
	expect(thing.events.filter(({ event, outcome }) => event === "control" && outcome === "done").at(-1)?.parameters).toEqual([
		"Relay",
		"Relay"
	]);
}, 60_000);
