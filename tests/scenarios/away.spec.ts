// The component is away while a thing boots: what its owner takes back afterwards is taken back all the same, at the next request.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll } from "@jest/globals";
import { type Box, startBox } from "../../hosts/broker/box.js";
import { BrokerClient } from "./broker-client.js";
import { ThingProcess } from "./extasis-process.js";

const tags =
	"<str name='SN' value='0044'/><str name='MAN' value='extasis.example'/><str name='MODEL' value='WeatherStation'/><num name='V' value='1'/><str name='CLASS' value='Weather'/><str name='KEY' value='a-key-of-the-away-test'/>";
const SET = "<set xmlns='urn:xmpp:iot:control'><boolean name='Relay' value='true'/></set>";

let folder: string;
let box: Box;
let thing: ThingProcess;
let owner: BrokerClient;
let stranger: BrokerClient;

const start = () =>
	new ThingProcess([
		...["--domain", box.domain, "--address", `127.0.0.1:${box.ports.starttls}`, "--ca", box.caFile, "--store", join(folder, "thing")],
		...["--serial", "0044", "--key", "a-key-of-the-away-test"]
	]);

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "extasis-away-"));
	box = await startBox({ data: join(folder, "box"), log: () => {} });
	await box.createAccount("stranger", "password");
	owner = await BrokerClient.login(box, "owner", box.owner.password, "program");
	stranger = await BrokerClient.login(box, "stranger", "password", "x");
	owner.send("<presence/>");
	thing = start();
	await thing.until("registered", 90);
	await owner.ask("set", `<mine xmlns='urn:xmpp:iot:discovery'>${tags}</mine>`, box.registry);
	await thing.until("claimed");
}, 150_000);

afterAll(async () => {
	await owner?.end();
	await stranger?.end();
	await thing?.stop();
	await box?.stop();
	await rm(folder, { recursive: true, force: true });
});

const say = (words: string): Promise<string> => owner.say(box.registry, words);
const set = async (): Promise<string> => {
	const address = String((await thing.until("online")).jid);
	return (await stranger.ask("set", SET, address)).getChild("error")?.getChildElements()[0]?.getName() ?? "done";
};

test("R-324-10 R-324-16 a rule is taken back that the thing has kept over a boot, which the component did not see", async () => {
	expect(await set()).toBe("forbidden");
	expect(await say("allow 1")).toContain("is allowed");
	expect(await set()).toBe("done");
	const before = (await thing.until("online")).jid;
	await box.disconnectRegistry();
	await thing.stop();
	thing = start();
	expect((await thing.until("online")).jid).not.toBe(before);
	// It answers by what it has kept.
	expect(await set()).toBe("done");
	await box.connectRegistry();
	// It answers twenty messages a minute.
	for (let tries = 0; !(await say("things")).includes("(online"); tries++) {
		if (tries === 12) throw new Error("the thing is not found");
		await delay(1000);
	}
	expect(await say("forget 2")).toContain("is forgotten");
	expect(await set()).toBe("forbidden");
}, 120_000);
