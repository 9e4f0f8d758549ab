// The thing as a whole, from its boot to what strangers get out of it.
import { SENSOR_DATA } from "../../../src/iot/sensor-data.js";
import { LifeCycle } from "../../../src/thing/life-cycle.js";
import type { Vault } from "../../../src/thing/vault.js";
import { weatherStation } from "../../../src/things/weather-station.js";
import { between, DOMAIN, idOf } from "../../support/session-bench.js";
import { FakeStorage, fakeRandom } from "../../support/storage.js";
import { KEY, ThingBench } from "../../support/thing-bench.js";

const OWNER = "owner@b.example/phone";
const REGISTRY = "registry.a.example";
const DISCO = "http://jabber.org/protocol/disco#info";
const REQ = `<req xmlns='${SENSOR_DATA}' seqnr='1' all='true'/>`;

function known(vault: Vault): void {
	vault.write("registry", { jid: REGISTRY, dialect: "xep", domain: DOMAIN });
}

function owned(vault: Vault): void {
	known(vault);
	const life = new LifeCycle(vault, fakeRandom());
	life.take("account");
	life.take("claimed", { owner: "owner@b.example", public: false });
}

function online(prepare: (vault: Vault) => void): ThingBench {
	const bench = new ThingBench({}, prepare);
	bench.online();
	return bench;
}

test.each([
	["a broker's JID", { domain: "a@b.example" }, "domain must be"],
	["no broker", { domain: "" }, "domain must be"],
	["a registry's full JID", { registry: "r.a.example/x" }, "registry must be"],
	["a serial number too long", { serial: "x".repeat(200) }, "The sticker cannot be made"]
])("misuse is thrown in a sentence: %s", (_what, options, sentence) => {
	expect(() => new ThingBench(options)).toThrow(sentence);
});

test("R-347-23 roster, presence, presence to the registry, register: at once and in this order", () => {
	const bench = new ThingBench({}, known);
	// Presence waits for the roster.
	expect(bench.login()).toMatch(/^<iq type='get' id='[^']*'><query xmlns='jabber:iq:roster'\/><\/iq>$/);
	const said = new ThingBench({}, known).online();
	const order = ["<presence><c ", `<presence to='${REGISTRY}'><c `, `<iq to='${REGISTRY}' type='set'`].map((start) => said.indexOf(start));
	expect(order[0]).toBe(0);
	expect(order[1]).toBeGreaterThan(0);
	expect(order[2]).toBeGreaterThan(order[1]!);
	expect(said).toContain("<str name='SN' value='SN1'/>");
});

test("R-323-1 R-323-2 what presence hashes is what disco tells, sensor data among it", () => {
	const bench = new ThingBench({}, owned);
	const said = bench.online();
	const node = between(said, " node='", "'");
	const ver = between(said, " ver='", "'");
	const answer = bench.ask(`<query xmlns='${DISCO}' node='${node}#${ver}'/>`, OWNER);
	expect(answer).toContain("type='result'");
	for (const feature of [
		SENSOR_DATA,
		"urn:xmpp:iot:control",
		"urn:ieee:iot:ctr:1.0",
		DISCO,
		"urn:xmpp:ping",
		"jabber:iq:version",
		"urn:xmpp:time"
	])
		expect(answer).toContain(`<feature var='${feature}'/>`);
});

test.each([
	`<query xmlns='${DISCO}'/>`,
	"<query xmlns='http://jabber.org/protocol/disco#items'/>",
	"<query xmlns='jabber:iq:version'/>",
	"<time xmlns='urn:xmpp:time'/>",
	"<ping xmlns='urn:xmpp:ping'/>"
])("strangers find nobody: %s", (payload) => {
	const bench = online(owned);
	expect(bench.ask(payload, "stranger@a.example/x")).toContain("<service-unavailable");
	for (const from of [OWNER, REGISTRY, DOMAIN]) expect(bench.ask(payload, from)).toContain("type='result'");
});

test("the owner reads sensors and constants, each by its name", () => {
	const bench = online(owned);
	expect(bench.ask(REQ, OWNER)).toContain("<accepted");
	expect(bench.samples.map(({ name }) => name)).toEqual(["Temperature", "Humidity", "Pressure", "Relay"]);
	for (const { name, answer } of bench.samples) answer(undefined, name === "Relay" ? true : 20.04);
	const said = bench.line.take();
	for (const value of ["'20.0' unit='°C'", "'20' unit='%'", "'20.0' unit='hPa'", "'true'/>", "'WeatherStation'/>"])
		expect(said).toContain(value);
	expect(bench.events[bench.events.length - 1]).toEqual({
		event: "readout",
		from: OWNER,
		fields: ["Temperature", "Humidity", "Pressure", "Relay", "Manufacturer", "Model"],
		outcome: "done"
	});
});

test("R-323-22 R-324-25 R-324-29 strangers are refused and told of: at once without an owner, else when nobody is found who could decide", () => {
	const stranger = "stranger@a.example/x";
	const denied = { event: "denied", from: stranger, what: "readout" };
	const unowned = online(known);
	expect(unowned.ask(REQ, stranger)).toContain("<error type='cancel'><forbidden");
	const bench = online(owned);
	expect(bench.ask(REQ, stranger)).toBe("");
	// What the service took back while we were away would come first.
	bench.time.pass(2000);
	const search = bench.line.take();
	expect(search).toContain("<query xmlns='http://jabber.org/protocol/disco#items'/>");
	expect(bench.say(`<iq type='error' id='${idOf(search)}' from='${DOMAIN}'/>`)).toContain("<error type='cancel'><forbidden");
	// Nobody searches again for each stranger.
	expect(bench.ask(REQ, stranger)).toBe("");
	bench.time.pass(0);
	expect(bench.line.take()).toContain("<error type='cancel'><forbidden");
	for (const { events, samples } of [unowned, bench]) {
		expect(samples).toEqual([]);
		expect(events[events.length - 1]).toEqual(denied);
	}
});

test("R-325-2 R-325-3 R-324-8 the owner sets the relay by request and by message; a stranger gets nothing done", () => {
	const bench = online(owned);
	const set = (value: boolean): string => `<set xmlns='urn:xmpp:iot:control'><boolean name='Relay' value='${value}'/></set>`;
	bench.ask(set(true), OWNER, "set");
	bench.time.pass(0);
	expect(bench.line.take()).toContain("<setResponse xmlns='urn:xmpp:iot:control' responseCode='OK'/></iq>");
	bench.say(`<message from='${OWNER}' to='${bench.thing.jid}'>${set(false)}</message>`);
	bench.time.pass(0);
	expect(bench.line.take()).toBe("");
	bench.ask(set(true), "stranger@a.example/x", "set");
	bench.say(`<message from='stranger@a.example/x' to='${bench.thing.jid}'>${set(true)}</message>`);
	bench.time.pass(2000);
	const search = bench.line.take();
	expect(bench.say(`<iq type='error' id='${idOf(search)}' from='${DOMAIN}'/>`)).toContain("<error type='cancel'><forbidden");
	expect(bench.sets).toEqual(["Relay=true", "Relay=false"]);
	expect(bench.events.filter(({ event }) => event === "control")).toHaveLength(2);
});

test("R-325-1 a thing without parameters, or whose host has no actuators, does not say that it can be controlled, and cannot", () => {
	const { parameters, ...definition } = weatherStation;
	const bench = new ThingBench({ definition }, owned);
	bench.online();
	expect(parameters).toBeDefined();
	expect(bench.ask(`<query xmlns='${DISCO}'/>`, OWNER)).not.toContain("control");
	expect(bench.ask("<set xmlns='urn:xmpp:iot:control'><boolean name='Relay' value='1'/></set>", OWNER, "set")).toContain(
		"<service-unavailable"
	);
});

test("a listener that throws, a sensor that answers too late: the thing lives on", () => {
	const bench = new ThingBench({}, owned);
	bench.onEvent = () => {
		throw new Error("listener");
	};
	bench.online();
	bench.ask(REQ, OWNER);
	bench.line.fails("closed");
	for (const { answer } of bench.samples) answer(undefined, 1);
	expect(bench.names).toContain("offline");
	bench.time.pass(10_000);
	expect(bench.network.connections).toHaveLength(2);
});

test("stop() ends it: nothing is said, tried or told any more", () => {
	const bench = online(owned);
	bench.ask(REQ, OWNER);
	bench.thing.stop();
	bench.time.pass(3_600_000);
	expect(bench.line.isClosed).toBe(true);
	expect(bench.network.connections).toHaveLength(1);
	expect(bench.names).toEqual(["online", "readout"]);
});

test("neither KEY nor password is in any event; the sticker goes to the display", () => {
	const bench = new ThingBench({}, known);
	const id = between(bench.online().split("<iq ")[1]!, "id='", "'");
	bench.say(`<iq type='result' id='${id}' from='${REGISTRY}'/>`);
	expect(bench.names).toEqual(["online", "registered"]);
	expect(bench.stickers).toEqual([bench.thing.sticker()]);
	expect(bench.thing.sticker()).toContain(`KEY=${KEY};R=${REGISTRY}`);
	expect(JSON.stringify(bench.events)).not.toContain(KEY);
});

test("another broker is another life: the owner of the old one is nobody here", () => {
	const bench = new ThingBench({}, owned);
	expect(bench.thing.owner).toBe("owner@b.example");
	const next = new ThingBench({ domain: "c.example" }, undefined, new FakeStorage(bench.storage.records));
	expect([next.thing.state, next.thing.owner]).toEqual(["factory", undefined]);
});

test("the broker's name in capitals is the same broker: account and owner stay", () => {
	const bench = new ThingBench({}, owned);
	const next = new ThingBench({ domain: DOMAIN.toUpperCase() }, undefined, new FakeStorage(bench.storage.records));
	expect([next.thing.state, next.thing.owner]).toEqual(["claimed", "owner@b.example"]);
	next.online();
	expect(next.names).toEqual(["online"]);
});

test("a display that fails does not make the thing register again and again", () => {
	const bench = new ThingBench({}, known);
	Object.freeze(bench.stickers);
	const id = between(bench.online().split("<iq ")[1]!, "id='", "'");
	bench.say(`<iq type='result' id='${id}' from='${REGISTRY}'/>`);
	bench.time.pass(30_000);
	expect(bench.line.take()).toBe("");
	expect(bench.names).toEqual(["online", "error", "registered"]);
});

test.each(["online", "readout", "denied", "offline"])("stopped by who hears %s, the thing sets no timer any more", (name) => {
	const bench = new ThingBench({}, owned);
	bench.onEvent = () => {
		if (bench.names[bench.names.length - 1] === name) bench.thing.stop();
	};
	const said = bench.login();
	if (name !== "online") {
		const item = "<item jid='stray@b.example' subscription='both'/>";
		bench.say(`<iq type='result' id='${between(said, "id='", "'")}'><query xmlns='jabber:iq:roster'>${item}</query></iq>`);
		bench.ask("<req xmlns='urn:xmpp:iot:sensordata' seqnr='1'/>", "stranger@b.example/x");
		if (name !== "denied") {
			bench.ask(REQ, OWNER);
			for (const { answer } of bench.samples) answer(undefined, 1);
		}
		if (name === "offline") bench.line.fails("closed");
	}
	bench.time.pass(1000);
	expect(bench.names[bench.names.length - 1]).toBe(name);
	expect(bench.time.waiting).toBeUndefined();
});

test("stopped while the roster passes by, the thing sets no timer any more", () => {
	const bench = new ThingBench({}, owned);
	const id = between(bench.login(), "id='", "'");
	bench.say(`<iq type='result' id='${id}'><query xmlns='jabber:iq:roster'><item jid='stray@b.example' subscription='both'/>`);
	bench.thing.stop();
	bench.time.pass(1000);
	expect(bench.time.waiting).toBeUndefined();
});

test("an account that the life-cycle never heard of is taken up at boot", () => {
	expect(new ThingBench().thing.state).toBe("account");
});

test("a damaged record is told in a sentence", () => {
	const bench = new ThingBench({}, (vault) => {
		owned(vault);
	});
	bench.storage.records.set("commit", new Uint8Array([1]));
	const next = new ThingBench({}, undefined, new FakeStorage(bench.storage.records));
	expect(next.events[0]?.message).toContain('What was stored as "commit" is damaged');
	expect(next.thing.owner).toBeUndefined();
});

test("R-348-1 R-348-12 a thing with an API key says that it signs forms; one that is to forget it takes it back from nobody", () => {
	const apiKey = { key: "k", secret: "s3cret" };
	const info = `<query xmlns='${DISCO}'/>`;
	const feature = "<feature var='urn:xmpp:xdata:signature:oauth1'/>";
	const bench = new ThingBench({ apiKey }, owned);
	bench.online();
	expect(bench.ask(info, OWNER)).toContain(feature);
	expect(JSON.stringify(bench.events)).not.toContain("s3cret");
	const forgetful = new ThingBench({ apiKey, definition: { ...weatherStation, forgetAPIKey: true } }, owned);
	forgetful.online();
	expect(forgetful.ask(info, OWNER)).not.toContain(feature);
	expect(forgetful.storage.read("apikey")).toBeUndefined();
	expect(online(owned).ask(info, OWNER)).not.toContain(feature);
});
