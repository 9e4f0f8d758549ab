// The scenarios of a thing's life. Each runs in the virtual world and on real Prosody, and the thing says the same in both.
import type { Scenario } from "../stage.js";
import { xml } from "../xml.js";
import { decisionScenarios } from "./decisions.js";
import { lifeScenarios } from "./life.js";
import { nodeScenarios } from "./nodes.js";
import {
	bareOf,
	befriend,
	claim,
	conditionOf,
	count,
	DISCO_INFO,
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
	subscriptions
} from "./steps.js";

export const scenarios: Readonly<Record<string, Scenario>> = Object.freeze({
	"R-077-1 R-077-2 R-347-23 first life: an account of its own, then the registry": async (stage) => {
		const thing = await register(stage);
		expect(thing.events.map(({ event }) => event)).toEqual(["account", "online", "registered"]);
		expect(await thing.state()).toBe("registered");
	},

	"R-347-9 R-347-12 R-347-13 claimed: the owner is let in and the KEY blanked": async (stage) => {
		const { thing } = await owned(stage);
		expect(await thing.state()).toBe("claimed");
	},

	"R-323-3 R-323-11 R-323-14 the owner reads": async (stage) => {
		const { thing, owner } = await owned(stage);
		const values = await readout(stage, owner, thing, "1", { momentary: "true" });
		expect([...values.keys()]).toEqual(["Temperature", "Humidity", "Pressure"]);
		const one = await readout(stage, owner, thing, "2", { all: "true" }, "Relay");
		expect([...one.keys()]).toEqual(["Relay"]);
		const identity = await readout(stage, owner, thing, "3", { identity: "true" });
		expect(identity.get("Model")).toBe("WeatherStation");
		const info = await owner.request("get", thing.jid, xml("query", { xmlns: DISCO_INFO }));
		expect(info.toString()).toContain(SENSOR_DATA);
	},

	"R-323-22 R-347-28 a stranger is refused and learns nothing": async (stage) => {
		const { thing } = await owned(stage);
		const stranger = await stage.client("stranger");
		const there = await read(stranger, thing, "1", { momentary: "true" }, "Temperature");
		const notThere = await read(stranger, thing, "2", { momentary: "true" }, "Nothing");
		for (const answer of [there, notThere]) expect(conditionOf(answer)).toBe("forbidden");
		expect(there.getChild("error")!.toString()).toBe(notThere.getChild("error")!.toString());
		const info = await stranger.request("get", thing.jid, xml("query", { xmlns: DISCO_INFO }));
		expect(conditionOf(info)).toBe("service-unavailable");
		const notMine = await stranger.request("set", thing.jid, xml("claimed", { xmlns: DISCOVERY, jid: stranger.bare }));
		expect(conditionOf(notMine)).toBe("forbidden");
		stranger.send(xml("presence", { type: "subscribe", to: bareOf(thing.jid) }));
		await stage.until("unsubscribed", () => subscriptions(stranger, thing, "unsubscribed") > 0);
		expect(subscriptions(stranger, thing, undefined)).toBe(0);
	},

	"R-347-28 nobody reads a thing that nobody owns": async (stage) => {
		const thing = await register(stage);
		const stranger = await stage.client("stranger");
		expect(conditionOf(await read(stranger, thing, "1", { all: "true" }))).toBe("forbidden");
	},

	"R-CORE-6 R-CORE-7 cut and resumed: nobody has seen it go": async (stage) => {
		const { thing, owner } = await owned(stage);
		const jid = thing.jid;
		const presences = owner.received.filter((stanza) => stanza.is("presence")).length;
		thing.cut();
		await next(stage, thing, "resumed");
		expect(thing.jid).toBe(jid);
		await readout(stage, owner, thing, "1", { momentary: "true" }, "Temperature");
		await fence(stage, thing, owner);
		expect(owner.received.filter((stanza) => stanza.is("presence"))).toHaveLength(presences);
		expect(count(thing, "online")).toBe(1);
		// The first try that did not wait was taken.
		expect(count(thing, "offline")).toBe(1);
		expect(await thing.state()).toBe("claimed");
	},

	"R-CORE-5 R-CORE-7 cut in the middle of a readout: what was said to nobody is said again, and arrives once": async (stage) => {
		const { thing, owner } = await owned(stage);
		thing.mute();
		const request = xml("req", { xmlns: SENSOR_DATA, seqnr: "1", momentary: "true" }, xml("field", { name: "Humidity" }));
		owner.send(xml("iq", { type: "get", to: thing.jid, id: "once" }, request));
		await stage.until("it says the fields", () => said(thing, (element) => element.getChild("fields", SENSOR_DATA) !== undefined) > 0);
		thing.cut();
		await next(stage, thing, "resumed");
		await stage.until("the fields", () => owner.received.some((stanza) => stanza.getChild("fields", SENSOR_DATA)));
		await fence(stage, thing, owner);
		expect(owner.received.filter((stanza) => stanza.is("iq") && stanza.attrs.id === "once")).toHaveLength(1);
		expect(owner.received.filter((stanza) => stanza.getChild("fields", SENSOR_DATA))).toHaveLength(1);
		expect(count(thing, "readout")).toBe(1);
	},

	"R-CORE-5 R-CORE-7 cut before it heard: what was asked is answered once, after it": async (stage) => {
		const { thing, owner } = await owned(stage);
		thing.deafen();
		const request = xml("req", { xmlns: SENSOR_DATA, seqnr: "1", momentary: "true" }, xml("field", { name: "Humidity" }));
		owner.send(xml("iq", { type: "get", to: thing.jid, id: "once" }, request));
		// The broker has taken it.
		await owner.request("get", stage.registry, xml("ping", { xmlns: "urn:xmpp:ping" }));
		thing.cut();
		await next(stage, thing, "readout");
		await fence(stage, thing, owner);
		expect(owner.received.filter((stanza) => stanza.is("iq") && stanza.attrs.id === "once")).toHaveLength(1);
		expect(owner.received.filter((stanza) => stanza.getChild("fields", SENSOR_DATA))).toHaveLength(1);
		expect(count(thing, "resumed")).toBe(1);
	},

	"R-347-11 loses power and is still his": async (stage) => {
		const { thing, owner } = await owned(stage);
		const known = count(thing, "online");
		const seen = subscriptions(owner, thing, undefined);
		await thing.kill();
		thing.start();
		await next(stage, thing, "online", known);
		await stage.until("its presence again", () => subscriptions(owner, thing, undefined) > seen);
		await readout(stage, owner, thing, "1", { momentary: "true" }, "Temperature");
		expect(await thing.state()).toBe("claimed");
	},

	"R-347-24 loses power while unclaimed and registers the same again": async (stage) => {
		const thing = await register(stage);
		await thing.kill();
		thing.start();
		await next(stage, thing, "registered", 1);
		expect(count(thing, "account")).toBe(1);
	},

	"R-347-18 removed from the registry and still his": async (stage) => {
		const { thing, owner } = await owned(stage);
		const answer = await owner.request("set", stage.registry, xml("remove", { xmlns: DISCOVERY, jid: bareOf(thing.jid) }));
		expect(answer.attrs.type).toBe("result");
		await next(stage, thing, "removed");
		await readout(stage, owner, thing, "1", { momentary: "true" }, "Humidity");
		expect(await thing.state()).toBe("removed");
	},

	"R-347-19 R-347-30 disowned, it registers anew and another claims it": async (stage) => {
		const { thing, owner } = await owned(stage);
		const registered = count(thing, "registered");
		const pushes = said(thing, isPushAnswer);
		const answer = await owner.request("set", stage.registry, xml("disown", { xmlns: DISCOVERY, jid: bareOf(thing.jid) }));
		expect(answer.attrs.type).toBe("result");
		await next(stage, thing, "disowned");
		await stage.until("he is off its roster", () => said(thing, isPushAnswer) > pushes);
		await fence(stage, thing, owner);
		expect(conditionOf(await read(owner, thing, "1", { momentary: "true" }))).toBe("forbidden");
		await next(stage, thing, "registered", registered);
		const heir = await stage.client("heir");
		await claim(stage, thing, heir);
		await befriend(stage, thing, heir);
		await readout(stage, heir, thing, "2", { momentary: "true" }, "Pressure");
		expect(conditionOf(await read(owner, thing, "3", { momentary: "true" }))).toBe("forbidden");
	},

	"R-347-2 the registry is not there at first": async (stage) => {
		await stage.disconnectRegistry();
		const thing = stage.thing();
		thing.start();
		await next(stage, thing, "error");
		expect(await thing.state()).toBe("account");
		await stage.connectRegistry();
		await next(stage, thing, "registered");
		expect(said(thing, (element) => element.getChild("register", DISCOVERY) !== undefined)).toBe(1);
	},

	"the registry is not there when the thing comes back": async (stage) => {
		const thing = stage.thing();
		thing.start();
		await next(stage, thing, "registered");
		await thing.kill();
		await stage.disconnectRegistry();
		thing.start();
		await next(stage, thing, "error");
		await stage.connectRegistry();
		await next(stage, thing, "registered", 1);
	},

	...lifeScenarios,
	...decisionScenarios,
	...nodeScenarios
});
