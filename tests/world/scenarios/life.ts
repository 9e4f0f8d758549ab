// Coming and going: a thing that is reset, that gets another sticker, that is its own.
import type { Scenario } from "../stage.js";
import { type Element, xml } from "../xml.js";
import {
	bareOf,
	befriend,
	claim,
	conditionOf,
	count,
	DISCOVERY,
	fence,
	isPushAnswer,
	next,
	owned,
	read,
	readout,
	register,
	SENSOR_DATA,
	said,
	subscriptions,
	tagsOf
} from "./steps.js";

const says = (name: string) => (element: Element) => element.getChild(name, DISCOVERY) !== undefined;
/** Asks for another password of its account: to the server by name, as who makes an account without a form does not. */
const isChange = (element: Element): boolean =>
	element.attrs.type === "set" &&
	element.attrs.to !== undefined &&
	element.getChild("query", "jabber:iq:register")?.getChild("username") !== undefined;

export const lifeScenarios: Readonly<Record<string, Scenario>> = Object.freeze({
	"R-CORE-5 R-CORE-7 asleep and awake again: nobody has seen it go, and what was asked meanwhile is answered once": async (stage) => {
		const { thing, owner } = await owned(stage);
		const jid = thing.jid;
		const presences = owner.received.filter((stanza) => stanza.is("presence")).length;
		const updates = said(thing, says("update"));
		expect(await thing.sleep()).toBe(true);
		// No sensor, which answers when it likes: what the thing says meanwhile would come before or after.
		const request = xml("req", { xmlns: SENSOR_DATA, seqnr: "1", identity: "true" }, xml("field", { name: "Model" }));
		owner.send(xml("iq", { type: "get", to: jid, id: "asleep" }, request));
		// The broker has taken it.
		await owner.request("get", stage.registry, xml("ping", { xmlns: "urn:xmpp:ping" }));
		thing.start();
		await next(stage, thing, "resumed");
		expect(thing.jid).toBe(jid);
		await next(stage, thing, "readout");
		await stage.until("update", () => said(thing, says("update")) > updates);
		await fence(stage, thing, owner);
		expect(owner.received.filter((stanza) => stanza.is("iq") && stanza.attrs.id === "asleep")).toHaveLength(1);
		expect(owner.received.filter((stanza) => stanza.getChild("fields", SENSOR_DATA))).toHaveLength(1);
		expect(owner.received.filter((stanza) => stanza.is("presence"))).toHaveLength(presences);
		expect(count(thing, "online")).toBe(1);
		expect(count(thing, "offline")).toBe(0);
		expect(await thing.state()).toBe("claimed");
	},

	"R-CORE-7 its power goes while it sleeps: it logs in anew": async (stage) => {
		const { thing, owner } = await owned(stage);
		const seen = subscriptions(owner, thing, undefined);
		expect(await thing.sleep()).toBe(true);
		await thing.kill();
		thing.start();
		await next(stage, thing, "online", 1);
		await stage.until("its presence again", () => subscriptions(owner, thing, undefined) > seen);
		await readout(stage, owner, thing, "1", { momentary: "true" }, "Temperature");
		expect(count(thing, "resumed")).toBe(0);
	},

	"R-077-6 another password with every owner that comes or goes, and still its account": async (stage) => {
		const { thing, owner } = await owned(stage);
		expect(said(thing, isChange)).toBe(1);
		const known = count(thing, "online");
		const seen = subscriptions(owner, thing, undefined);
		await thing.kill();
		thing.start();
		await next(stage, thing, "online", known);
		await stage.until("its presence again", () => subscriptions(owner, thing, undefined) > seen);
		await fence(stage, thing, owner);
		expect(said(thing, isChange)).toBe(1);
		const registered = count(thing, "registered");
		await owner.request("set", stage.registry, xml("disown", { xmlns: DISCOVERY, jid: bareOf(thing.jid) }));
		await next(stage, thing, "registered", registered);
		expect(said(thing, isChange)).toBe(2);
		await thing.kill();
		thing.start();
		await next(stage, thing, "registered", registered + 1);
		expect(count(thing, "account")).toBe(1);
	},

	"R-347-21 R-347-29 a factory reset: forgotten by the registry, nobody's, the old owner refused, the next one let in": async (stage) => {
		const { thing, owner } = await owned(stage);
		const registered = count(thing, "registered");
		const pushes = said(thing, isPushAnswer);
		await thing.kill();
		thing.start(true);
		await next(stage, thing, "reset");
		await next(stage, thing, "registered", registered);
		expect(said(thing, says("unregister"))).toBe(1);
		await stage.until("he is off its roster", () => said(thing, isPushAnswer) > pushes);
		await fence(stage, thing, owner);
		expect(await thing.state()).toBe("registered");
		expect(conditionOf(await read(owner, thing, "1", { momentary: "true" }))).toBe("forbidden");
		const heir = await stage.client("heir");
		await claim(stage, thing, heir);
		await befriend(stage, thing, heir);
		await readout(stage, heir, thing, "2", { momentary: "true" }, "Pressure");
		expect(conditionOf(await read(owner, thing, "3", { momentary: "true" }))).toBe("forbidden");
	},

	"R-347-7 R-347-29 a fresh KEY: who gives the thing up is told the next one, the old sticker claims nothing": async (stage) => {
		const { thing, owner } = await owned(stage, { key: "fresh" });
		const old = thing.sticker();
		const registered = count(thing, "registered");
		await owner.request("set", stage.registry, xml("disown", { xmlns: DISCOVERY, jid: bareOf(thing.jid) }));
		const message = await stage.until("the next sticker", () =>
			owner.received.find((stanza) => stanza.is("message") && stanza.getChildText("body")?.startsWith("iotdisco:"))
		);
		const sticker = message.getChildText("body")!;
		await next(stage, thing, "registered", registered);
		expect(sticker).toBe(thing.sticker());
		const heir = await stage.client("heir");
		const answer = await heir.request("set", stage.registry, xml("mine", { xmlns: DISCOVERY }, tagsOf(old)));
		expect(conditionOf(answer)).toBe("item-not-found");
		await claim(stage, thing, heir, sticker);
		await befriend(stage, thing, heir);
	},

	"a thing that is its own: found by everybody, claimed by nobody": async (stage) => {
		const thing = await register(stage, { selfOwned: true });
		const person = await stage.client("stranger");
		const answer = await person.request("set", stage.registry, xml("mine", { xmlns: DISCOVERY }, tagsOf(thing.sticker())));
		expect(conditionOf(answer)).toBe("item-not-found");
		const serial = tagsOf(thing.sticker()).find((tag) => tag.attrs.name === "SN")!.attrs.value;
		const search = xml("search", { xmlns: DISCOVERY, offset: "0", maxCount: "5" }, xml("strEq", { name: "SN", value: serial }));
		const found = await person.request("get", stage.registry, search);
		expect(found.getChild("found", DISCOVERY)?.getChild("thing")?.attrs.jid).toBe(bareOf(thing.jid));
		// Nobody has allowed it.
		expect(conditionOf(await read(person, thing, "1", { momentary: "true" }))).toBe("forbidden");
		expect(await thing.state()).toBe("registered");
	}
});
