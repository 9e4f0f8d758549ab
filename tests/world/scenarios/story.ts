// The whole story of consent: from an account of its own to the next owner. In either dialect, that of the people on the stage.
import type { Scenario, StageClient, StageThing } from "../stage.js";
import { type Element, xml } from "../xml.js";
import { bareOf, befriend, claim, conditionOf, count, fence, next, owned, read, readout, say, told, words } from "./steps.js";

const set = (client: StageClient, thing: StageThing, on: boolean): Promise<Element> => {
	const { boolean, control, name, value } = words[client.dialect];
	return client.request("set", thing.jid, xml("set", { xmlns: control }, xml(boolean, { [name]: "Relay", [value]: `${on}` })));
};

/** Every word of things that the thing says or hears in it. */
export const spoken = Object.freeze({
	xep: ["urn:xmpp:iot:control", "urn:xmpp:iot:discovery", "urn:xmpp:iot:provisioning", "urn:xmpp:iot:sensordata"],
	ieee: ["urn:ieee:iot:ctr:1.0", "urn:ieee:iot:disco:1.0", "urn:ieee:iot:prov:d:1.0", "urn:ieee:iot:sd:1.0"]
});

/** What the thing itself says in words. */
const heard = (client: StageClient, thing: StageThing): string[] =>
	client.received
		.filter((stanza) => stanza.is("message") && bareOf(stanza.attrs.from ?? "") === bareOf(thing.jid))
		.flatMap((stanza) => stanza.getChildText("body") ?? []);

export const story: Scenario = async (stage) => {
	const { thing, owner } = await owned(stage);
	const stranger = await stage.client("stranger");
	const both = ["Temperature", "Humidity"];
	let sequence = 1;
	const refused = async (who: StageClient): Promise<void> =>
		expect(conditionOf(await read(who, thing, `${sequence++}`, { momentary: "true" }, ...both))).toBe("forbidden");
	const reads = async (who: StageClient): Promise<string[]> => [
		...(await readout(stage, who, thing, `${sequence++}`, { momentary: "true" }, ...both)).keys()
	];
	const write = async (who: StageClient, words: string): Promise<string> => {
		const known = heard(who, thing).length;
		who.send(xml("message", { to: bareOf(thing.jid), type: "chat" }, xml("body", {}, words)));
		return stage.until(`an answer to "${words}"`, () => heard(who, thing)[known]);
	};
	const decisions = (by: string): number => thing.events.filter((event) => event.event === "decision" && event.by === by).length;

	// A stranger is denied, and the owner asked.
	await refused(stranger);
	const question = await stage.until("the question", () => told(stage, owner).at(-1));
	expect(question).toContain(`${stranger.bare} wants to read Temperature, Humidity of `);
	expect(conditionOf(await set(stranger, thing, true))).toBe("forbidden");
	expect(await write(stranger, "read")).toBe("I talk to my owner only.");

	// He allows one field, and the stranger reads exactly that.
	await say(stage, owner, "allow 1 Temperature");
	await fence(stage, thing, owner);
	expect(await reads(stranger)).toEqual(["Temperature"]);
	expect(await write(owner, "who can read me")).toContain(`${stranger.bare} may read Temperature`);
	expect(conditionOf(await set(owner, thing, true))).toBe("");
	expect(await write(owner, "read Relay")).toBe("Relay: true");
	expect(conditionOf(await set(stranger, thing, false))).toBe("forbidden");

	// The service is away: what it said is remembered, and nothing else is allowed.
	await stage.disconnectRegistry();
	const remembered = decisions("memory");
	expect(await reads(stranger)).toEqual(["Temperature"]);
	expect(decisions("memory")).toBe(remembered + 1);
	const unanswered = decisions("nobody");
	expect(conditionOf(await read(stranger, thing, `${sequence++}`, { momentary: "true" }, "Pressure"))).toBe("forbidden");
	expect(decisions("nobody")).toBe(unanswered + 1);
	await stage.connectRegistry();
	expect(await reads(stranger)).toEqual(["Temperature"]);

	// He takes it back: the next request is refused.
	const [number] = (await say(stage, owner, "rules"))
		.split("\n")
		.find((rule) => rule.includes(" may read Temperature of "))!
		.split(":");
	await say(stage, owner, `forget ${number}`);
	await fence(stage, thing, owner);
	await refused(stranger);

	// He gives it up: nothing of his is left, and it is the next one's.
	await say(stage, owner, `allow ${stranger.bare}`);
	await fence(stage, thing, owner);
	expect(await reads(stranger)).toEqual(["Temperature"]);
	const registered = count(thing, "registered");
	const disowned = await owner.request(
		"set",
		stage.registry,
		xml("disown", { xmlns: words[owner.dialect].discovery, jid: bareOf(thing.jid) })
	);
	expect(disowned.attrs.type).toBe("result");
	await next(stage, thing, "disowned");
	for (const who of [owner, stranger]) await refused(who);
	expect(conditionOf(await set(owner, thing, false))).toBe("forbidden");
	expect(await write(owner, "status")).toBe("I talk to my owner only.");
	await next(stage, thing, "registered", registered);
	const heir = await stage.client("heir");
	await claim(stage, thing, heir);
	await befriend(stage, thing, heir);
	expect(await reads(heir)).toEqual(both);
	for (const who of [owner, stranger]) await refused(who);
	expect(await write(heir, "read Relay")).toBe("Relay: true");
};
