// The thing as a whole, from its boot to what strangers get out of it.
import { LifeCycle } from "../../../src/thing/life-cycle.js";
import { Vault } from "../../../src/thing/vault.js";
import { weatherStation } from "../../../src/things/weather-station.js";
import { between, DOMAIN, idOf } from "../../support/session-bench.js";
import { FakeStorage, fakeRandom } from "../../support/storage.js";
import { KEY, ThingBench } from "../../support/thing-bench.js";

const OWNER = "owner@b.example/phone";
const REGISTRY = "registry.a.example";
const DISCO = "http://jabber.org/protocol/disco#info";
const REQ = "<req xmlns='urn:xmpp:iot:sensordata' seqnr='1' all='true'/>";

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
		"urn:xmpp:iot:sensordata",
		"urn:ieee:iot:sd:1.0",
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

/** The request that says this, without its id. */
function saidTo(said: string, payload: string): string | undefined {
	return said.split(/(?=<(?:iq|presence|message)[ >])/).find((stanza) => stanza.includes(payload));
}

/** Claimed by its registry, and the password changed that was known before. */
function claimed(options: ConstructorParameters<typeof ThingBench>[0] = {}): ThingBench {
	const bench = new ThingBench(options, known);
	const said = bench.online();
	bench.say(`<iq type='result' id='${idOf(saidTo(said, "<register")!)}' from='${REGISTRY}'/>`);
	const change = bench.ask(`<claimed xmlns='urn:xmpp:iot:discovery' jid='owner@b.example' public='false'/>`, REGISTRY, "set");
	bench.say(`<iq type='result' id='${idOf(saidTo(change, "jabber:iq:register")!)}' from='${DOMAIN}'/>`);
	return bench;
}

const passwordOf = (bench: ThingBench): unknown => new Vault(bench.storage, () => undefined).read("account")?.password;

test("R-077-6 a claim and a disown each change the password; without an owner it stays", () => {
	const bench = new ThingBench({}, known);
	const said = bench.online();
	expect(said).not.toContain("jabber:iq:register");
	bench.say(`<iq type='result' id='${idOf(saidTo(said, "<register")!)}' from='${REGISTRY}'/>`);
	const passwords = [passwordOf(bench)];
	for (const notice of [
		"<claimed xmlns='urn:xmpp:iot:discovery' jid='owner@b.example' public='false'/>",
		"<disowned xmlns='urn:xmpp:iot:discovery'/>"
	]) {
		const change = bench.ask(notice, REGISTRY, "set");
		expect(change).toContain(`<iq to='${REGISTRY}' type='result' id='q1'/>`);
		const request = saidTo(change, "jabber:iq:register")!;
		expect(request).toMatch(new RegExp(`^<iq to='${DOMAIN}' type='set' id='[^']+'><query xmlns='jabber:iq:register'><username>`));
		bench.say(`<iq type='result' id='${idOf(request)}' from='${DOMAIN}'/>`);
		passwords.push(passwordOf(bench));
		expect(request).toContain(`<password>${passwords[passwords.length - 1]}</password>`);
	}
	expect(new Set(passwords).size).toBe(3);
	for (const password of passwords) expect(JSON.stringify(bench.events)).not.toContain(String(password));
});

test("R-077-6 R-347-9 a password that cannot be stored is not asked for; the claim stands and is acknowledged", () => {
	const bench = new ThingBench({}, known);
	const said = bench.online();
	bench.say(`<iq type='result' id='${idOf(saidTo(said, "<register")!)}' from='${REGISTRY}'/>`);
	const write = bench.storage.write.bind(bench.storage);
	bench.storage.write = (key, bytes) => {
		if (key === "account") throw new Error("full");
		write(key, bytes);
	};
	const answer = bench.ask(`<claimed xmlns='urn:xmpp:iot:discovery' jid='owner@b.example' public='false'/>`, REGISTRY, "set");
	expect(answer).toContain(`<iq to='${REGISTRY}' type='result' id='q1'/>`);
	expect(answer).not.toContain("jabber:iq:register");
	expect(bench.names).not.toContain("error");
});

test("R-077-6 a broker that changes no passwords is not asked at every login", () => {
	const bench = new ThingBench({}, known);
	const said = bench.online();
	bench.say(`<iq type='result' id='${idOf(saidTo(said, "<register")!)}' from='${REGISTRY}'/>`);
	const password = passwordOf(bench);
	const change = bench.ask(`<claimed xmlns='urn:xmpp:iot:discovery' jid='owner@b.example' public='false'/>`, REGISTRY, "set");
	const error = "<error type='cancel'><not-allowed xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";
	expect(bench.say(`<iq type='error' id='${idOf(saidTo(change, "jabber:iq:register")!)}' from='${DOMAIN}'>${error}</iq>`)).toBe("");
	expect(passwordOf(bench)).toBe(password);
	const next = new ThingBench({}, undefined, new FakeStorage(bench.storage.records));
	expect(next.online(String(password))).not.toContain("jabber:iq:register");
});

test("R-347-29 a fresh KEY for who comes after a disown: told to him who gives the thing up, and to the display, never in an event", () => {
	const definition = { ...weatherStation, key: "fresh" as const };
	const bench = claimed({ definition });
	const before = bench.thing.sticker();
	expect(before).not.toContain(KEY);
	const said = bench.ask("<disowned xmlns='urn:xmpp:iot:discovery'/>", REGISTRY, "set");
	const after = bench.thing.sticker();
	expect(after === before).toBe(false);
	expect(saidTo(said, "<body>")).toBe(`<message to='owner@b.example' type='chat'><body>${after}</body></message>`);
	expect(said.indexOf("type='result' id='q1'")).toBeLessThan(said.indexOf("<body>"));
	bench.say(`<iq type='result' id='${idOf(saidTo(said, "jabber:iq:register")!)}' from='${DOMAIN}'/>`);
	bench.time.pass(5000);
	const register = bench.line.take();
	const key = between(after, "KEY=", ";");
	expect(register).toContain(`<str name='KEY' value='${key}'/>`);
	bench.say(`<iq type='result' id='${idOf(saidTo(register, "<register")!)}' from='${REGISTRY}'/>`);
	expect(bench.stickers).toEqual([before, after]);
	expect(JSON.stringify(bench.events)).not.toContain(key);
	// A fixed one is on its sticker already.
	expect(claimed().ask("<disowned xmlns='urn:xmpp:iot:discovery'/>", REGISTRY, "set")).not.toContain("<body>");
});

test("R-347-21 R-347-29 a factory reset: nothing of the owner stays, the registry is told, the password is another and so is the resource", () => {
	const bench = claimed({ definition: { ...weatherStation, resetButton: true } });
	const password = String(passwordOf(bench));
	const connections = bench.network.connections.length;
	bench.press(true);
	bench.time.pass(10_000);
	expect(bench.names.slice(-1)).toEqual(["reset"]);
	expect([bench.thing.state, bench.thing.owner, bench.thing.jid]).toEqual(["reset", undefined, undefined]);
	expect(bench.network.connections).toHaveLength(connections + 1);
	const said = bench.online(password);
	expect(saidTo(said, "<unregister")).toContain(`to='${REGISTRY}' type='set'`);
	expect(said).not.toContain("<register ");
	const change = saidTo(said, "jabber:iq:register")!;
	expect(change).not.toContain(password);
	bench.say(`<iq type='result' id='${idOf(change)}' from='${DOMAIN}'/>`);
	expect(bench.ask(REQ, OWNER)).toContain("<forbidden");
	expect(bench.say(`<iq type='result' id='${idOf(saidTo(said, "<unregister")!)}' from='${REGISTRY}'/>`)).toContain("<register ");
	expect(bench.thing.state).toBe("account");
	expect(passwordOf(bench) === password).toBe(false);
});

test("R-347-22 the button resets nothing where the definition does not say that it may", () => {
	const bench = claimed();
	bench.press(true);
	bench.time.pass(60_000);
	expect([bench.thing.state, bench.thing.owner]).toEqual(["claimed", "owner@b.example"]);
});

test("R-077-6 a factory reset with the API key at hand removes the account and makes another", () => {
	const bench = claimed({ apiKey: { key: "k", secret: "s3cret" } });
	const account = passwordOf(bench);
	bench.thing.factoryReset();
	expect(bench.thing.state).toBe("leaving");
	const said = bench.online(String(account));
	expect(said).not.toContain("<password>");
	const removal = bench.say(`<iq type='result' id='${idOf(saidTo(said, "<unregister")!)}' from='${REGISTRY}'/>`);
	expect(removal).toMatch(
		new RegExp(`^<iq to='${DOMAIN}' type='set' id='[^']+'><query xmlns='jabber:iq:register'><remove/></query></iq>$`)
	);
	const connections = bench.network.connections.length;
	bench.say(`<iq type='result' id='${idOf(removal)}' from='${DOMAIN}'/>`);
	expect(passwordOf(bench)).toBeUndefined();
	expect(bench.network.connections).toHaveLength(connections + 1);
	expect(bench.thing.state).toBe("leaving");
});

test("a broker that removes no accounts: it is kept, under another password", () => {
	const bench = claimed({ apiKey: { key: "k", secret: "s3cret" } });
	bench.thing.factoryReset();
	const said = bench.online(String(passwordOf(bench)));
	const removal = bench.say(`<iq type='result' id='${idOf(saidTo(said, "<unregister")!)}' from='${REGISTRY}'/>`);
	const error = "<error type='cancel'><not-allowed xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";
	const next = bench.say(`<iq type='error' id='${idOf(removal)}' from='${DOMAIN}'>${error}</iq>`);
	expect(next).toContain("<register ");
	expect(next).toContain("<password>");
	expect(bench.thing.state).toBe("account");
});

test("a thing that is its own: whoever asks is put to the service, and its friends stay", () => {
	const bench = new ThingBench({ definition: { ...weatherStation, selfOwned: true }, provisioning: "p.b.example" }, known);
	const said = bench.online();
	expect(saidTo(said, "<register")).toContain(" selfOwned='true'><str name='SN'");
	expect(said).not.toContain("KEY");
	bench.say(`<iq type='result' id='${idOf(saidTo(said, "<register")!)}' from='${REGISTRY}'/>`);
	bench.time.pass(2000);
	expect(bench.ask(REQ, "stranger@a.example/x")).toBe("");
	bench.time.pass(0);
	expect(bench.line.take()).toContain("<iq to='p.b.example' type='get'");
});

/** What the wire has of one and the same wish, and of an answer to it. */
const wishes = {
	xep: {
		namespace: "urn:xmpp:iot:sensordata",
		req: "<req xmlns='urn:xmpp:iot:sensordata' seqnr='9' momentary='true' deviceToken='d:1 d:2' serviceToken='s:1' userToken='u:1'><node nodeId='thing'/><field name='Humidity'/></req>",
		canRead:
			"<canRead xmlns='urn:xmpp:iot:provisioning' jid='stranger@c.example' deviceToken='d:1 d:2' serviceToken='s:1' userToken='u:1' momentary='true'><node nodeId='thing'/><field name='Humidity'/></canRead>",
		yes: "<canReadResponse xmlns='urn:xmpp:iot:provisioning' jid='stranger@c.example' result='true'/>",
		field: "<numeric name='Humidity' momentary='true' automaticReadout='true' value='47' unit='%'/>"
	},
	ieee: {
		namespace: "urn:ieee:iot:sd:1.0",
		req: "<req xmlns='urn:ieee:iot:sd:1.0' id='9' m='true' dt='d:1 d:2' st='s:1' ut='u:1'><nd id='thing'/><f n='Humidity'/></req>",
		canRead:
			"<canRead xmlns='urn:ieee:iot:prov:d:1.0' jid='stranger@c.example' dt='d:1 d:2' st='s:1' ut='u:1' m='true'><nd id='thing'/><f n='Humidity'/></canRead>",
		yes: "<canReadResponse xmlns='urn:ieee:iot:prov:d:1.0' jid='stranger@c.example' result='true' m='true'/>",
		field: "<q n='Humidity' m='true' v='47' u='%'/>"
	}
} as const;
type Name = keyof typeof wishes;

test.each([
	["xep", "xep"],
	["xep", "ieee"],
	["ieee", "xep"],
	["ieee", "ieee"]
] as [Name, Name][])(
	"R-323-26 R-323-29 R-324-3 a reader's tokens in the %s dialect reach a service in the %s one as they are, and he is answered in his",
	(reader, service) => {
		const bench = online((vault) => {
			owned(vault);
			vault.write("provisioning", { jid: "p.a.example", dialect: service, domain: DOMAIN });
		});
		bench.time.pass(2000);
		bench.line.take();
		expect(bench.ask(wishes[reader].req, "stranger@c.example/x")).toBe("");
		bench.time.pass(0);
		const question = saidTo(bench.line.take(), "<canRead ")!;
		expect(question).toContain(wishes[service].canRead);
		const accepted = bench.say(`<iq type='result' id='${idOf(question)}' from='p.a.example'>${wishes[service].yes}</iq>`);
		bench.samples[0]!.answer(undefined, 47);
		const said = accepted + bench.line.take();
		expect(said).toContain(wishes[reader].field);
		expect(said).toContain(`xmlns='${wishes[reader].namespace}'`);
		expect(said).not.toContain(`xmlns='${wishes[reader === "xep" ? "ieee" : "xep"].namespace}'`);
	}
);

test.each([
	["xep", REQ, "<boolean name='Relay' status='true' automaticReadout='true' value='true' writable='true'/>", "writable"],
	["ieee", "<req xmlns='urn:ieee:iot:sd:1.0' id='1' all='true'/>", "<b n='Relay' s='true' v='true' ctr='true'/>", "ctr"]
])("R-323-25 what can be set, and nothing else, is said to be: %s", (_dialect, req, relay, word) => {
	const bench = online(owned);
	bench.ask(req, OWNER);
	for (const { name, answer } of bench.samples) answer(undefined, name === "Relay" ? true : 1);
	const said = bench.line.take();
	expect(said).toContain(relay);
	expect(said.split(`${word}='true'`)).toHaveLength(2);
});

const SERVICE = "service.b.example";
const NOBODY = "<query xmlns='http://jabber.org/protocol/disco#items'/>";

/** Online where no registry is found; what asks for friendship is said. */
function alone(options: ConstructorParameters<typeof ThingBench>[0] = {}): ThingBench {
	const bench = new ThingBench(options);
	const search = saidTo(bench.online(), "disco#items")!;
	bench.say(`<iq type='result' id='${idOf(search)}' from='${DOMAIN}'>${NOBODY}</iq>`);
	return bench;
}

test("R-324-17 R-324-22 R-324-23 paired: who stands there lets a service in, which decides from then on, and no other", () => {
	const bench = alone();
	expect(bench.say(`<presence type='subscribe' from='${SERVICE}'/>`)).toBe("");
	bench.press(true);
	bench.time.pass(0);
	const info = bench.line.take();
	expect(info).toContain(`<iq to='${SERVICE}' type='get'`);
	const feature = "<query xmlns='http://jabber.org/protocol/disco#info'><feature var='urn:xmpp:iot:provisioning'/></query>";
	const said = bench.say(`<iq type='result' id='${idOf(info)}' from='${SERVICE}'>${feature}</iq>`);
	expect(said).toContain(`<presence to='${SERVICE}' type='subscribed'/>`);
	expect(said).toContain(`<presence to='${SERVICE}' type='subscribe'/>`);
	expect(said).toContain("<password>");
	expect(bench.events[bench.events.length - 1]).toEqual({ event: "paired", service: SERVICE });
	expect([bench.thing.state, bench.thing.owner]).toEqual(["paired", SERVICE]);
	// Another one, button or not, is put to the first.
	bench.say("<presence type='subscribe' from='other.b.example'/>");
	bench.press(true);
	bench.time.pass(2000);
	const question = bench.line.take();
	expect(question).not.toContain("other.b.example'/>");
	bench.say(`<iq type='result' id='${idOf(question)}' from='${SERVICE}'>${feature}</iq>`);
	expect(bench.line.take()).toBe("");
	// After a boot it is still the one.
	const next = new ThingBench({}, undefined, new FakeStorage(bench.storage.records));
	expect([next.thing.state, next.thing.owner]).toEqual(["paired", SERVICE]);
});

test.each([
	["nobody presses", false, ""],
	["it is no provisioning service", true, "<feature var='urn:xmpp:ping'/>"]
])("R-324-23 not paired: %s", (_what, pressed, feature) => {
	const bench = alone();
	bench.say(`<presence type='subscribe' from='${SERVICE}'/>`);
	if (pressed) bench.press(true);
	bench.time.pass(pressed ? 0 : 30_000);
	let said = bench.line.take();
	if (pressed) {
		const query = `<query xmlns='http://jabber.org/protocol/disco#info'>${feature}</query>`;
		said = bench.say(`<iq type='result' id='${idOf(said)}' from='${SERVICE}'>${query}</iq>`);
	}
	expect(said).toContain(`<presence to='${SERVICE}' type='unsubscribed'/>`);
	expect(bench.thing.state).toBe("account");
});

test.each([
	["a registry is there", known],
	["there is an owner", owned],
	[
		"there was one",
		(vault: Vault) => {
			owned(vault);
			new LifeCycle(vault, fakeRandom()).take("disowned");
		}
	],
	["it trusts a service", (vault: Vault) => vault.write("provisioning", { jid: "p.a.example", dialect: "xep", domain: DOMAIN })]
])("R-324-22 the button pairs nothing where %s", (_what, prepare) => {
	const bench = new ThingBench({}, prepare);
	bench.online();
	bench.say(`<presence type='subscribe' from='${SERVICE}'/>`);
	bench.press(true);
	bench.time.pass(3000);
	expect(bench.line.take()).not.toContain(`to='${SERVICE}' type='get'`);
	expect(bench.names).not.toContain("paired");
});

test("R-324-22 only a reset ends a pairing, and with it all trust", () => {
	const bench = new ThingBench({}, (vault) => {
		const life = new LifeCycle(vault, fakeRandom());
		life.take("account");
		life.take("paired", { owner: SERVICE, public: false });
		vault.write("provisioning", { jid: SERVICE, dialect: "xep", domain: DOMAIN });
	});
	bench.thing.factoryReset();
	expect(new Vault(bench.storage, () => undefined).read("provisioning")).toBeUndefined();
	expect([bench.thing.state, bench.thing.owner]).toEqual(["reset", undefined]);
});

test("a reset whose power went before all was erased is finished at the next boot", () => {
	const bench = new ThingBench({ factoryReset: true }, (vault) => {
		owned(vault);
		vault.write("o.d.abc", { yes: true, epoch: 1 });
		vault.write("provisioning", { jid: SERVICE, dialect: "xep", domain: DOMAIN });
	});
	expect(bench.thing.state).toBe("reset");
	expect(bench.names).toEqual(["reset"]);
	for (const key of ["provisioning", "o.d.abc"]) expect(bench.storage.read(key)).toBeUndefined();
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
