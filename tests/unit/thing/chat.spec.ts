// What a person hears of his thing in a chat client, and what others and machines do not.
import { LifeCycle } from "../../../src/thing/life-cycle.js";
import type { Vault } from "../../../src/thing/vault.js";
import { weatherStation } from "../../../src/things/weather-station.js";
import { DOMAIN, idOf } from "../../support/session-bench.js";
import { fakeRandom } from "../../support/storage.js";
import { ThingBench } from "../../support/thing-bench.js";

const REGISTRY = "registry.a.example";
const SERVICE = "provisioning.a.example";
const OWNER = "owner@b.example/phone";
const STRANGER = "stranger@c.example/x";

function prepare(vault: Vault): void {
	vault.write("registry", { jid: REGISTRY, dialect: "xep", domain: DOMAIN });
	vault.write("provisioning", { jid: SERVICE, dialect: "xep", domain: DOMAIN });
	const life = new LifeCycle(vault, fakeRandom());
	life.take("account");
	life.take("claimed", { owner: "owner@b.example", public: false });
}

function online(change = {}): ThingBench {
	const bench = new ThingBench({ definition: { ...weatherStation, ...change } }, prepare);
	bench.online();
	bench.time.pass(3000);
	bench.line.take();
	return bench;
}

function write(bench: ThingBench, text: string, from = OWNER, attributes = " type='chat'", more = ""): string {
	return bench.say(`<message from='${from}' to='${bench.bare}'${attributes}><body>${text}</body>${more}</message>`);
}

/** The words of one answer, "" of none. */
function words(said: string): string {
	return /<body>([^<]*)<\/body>/.exec(said)?.[1] ?? "";
}

const REFUSAL = "I talk to my owner only.";

test("the owner hears how his thing stands, in the manner in which he wrote", () => {
	const bench = online();
	expect(write(bench, " STATUS ")).toBe(
		`<message to='${OWNER}' type='chat'><body>I am WeatherStation, and yours. ${SERVICE} decides about others.</body><no-store xmlns='urn:xmpp:hints'/></message>`
	);
	expect(write(bench, "status", OWNER, "")).toContain(`<message to='${OWNER}'><body>I am `);
	expect(words(write(bench, "what?"))).toBe("I understand: status, read, read FIELD, who can read me, history FIELD, disown.");
	expect(words(write(bench, "history Temperature"))).toBe("I keep no history yet.");
	expect(words(write(bench, "disown"))).toContain(`Say it to my registry, ${REGISTRY}: disown`);
	expect(bench.thing.owner).toBe("owner@b.example");
});

test("read: the momentary values with their units, or one field by its name; what a sensor cannot say is said", () => {
	const bench = online();
	expect(write(bench, "read")).toBe("");
	expect(words(write(bench, "read"))).toBe("I am reading already.");
	for (const { name, answer } of bench.samples.splice(0)) answer(name === "Humidity" ? "wet" : undefined, 20.04);
	expect(words(bench.line.take())).toBe("Temperature: 20.0 °C\nHumidity: not to be read now\nPressure: 20.0 hPa");
	write(bench, "read temperature");
	expect(bench.samples.map(({ name }) => name)).toEqual(["Temperature"]);
	bench.time.pass(10_000);
	expect(words(bench.line.take())).toBe("1 did not answer in time.");
	// Too late is not at all.
	bench.samples[0]?.answer(undefined, 1);
	expect(bench.line.take()).toBe("");
	expect(words(write(bench, "read Model"))).toBe("Model: WeatherStation");
	expect(words(write(bench, "read Secret"))).toBe("I have no such field.");
});

test("who can read me: whom the thing remembers, and who knows better", () => {
	const bench = online();
	expect(words(write(bench, "who can read me"))).toBe(`You. ${SERVICE} decides about others, and knows all your rules.`);
	const ask = (payload: string, type: "get" | "set", answer: string): void => {
		bench.ask(payload, STRANGER, type);
		bench.time.pass(0);
		const id = idOf(bench.line.take());
		bench.say(`<iq type='result' id='${id}' from='${SERVICE}'>${answer}</iq>`);
		bench.time.pass(0);
		for (const sample of bench.samples.splice(0)) sample.answer(undefined, 1);
		bench.line.take();
	};
	const ns = "urn:xmpp:iot:provisioning";
	ask(
		"<req xmlns='urn:xmpp:iot:sensordata' seqnr='1' all='true'/>",
		"get",
		`<canReadResponse xmlns='${ns}' jid='stranger@c.example' result='true'><field name='Temperature'/></canReadResponse>`
	);
	ask(
		"<set xmlns='urn:xmpp:iot:control'><boolean name='Relay' value='1'/></set>",
		"set",
		`<canControlResponse xmlns='${ns}' jid='stranger@c.example' result='true'/>`
	);
	expect(words(write(bench, "who can read me")).split("\n").sort()).toEqual(
		[
			"You, and as far as I remember:",
			`${SERVICE} decides about others, and knows all your rules.`,
			"stranger@c.example may read Temperature",
			"stranger@c.example may set what he asked for"
		].sort()
	);
});

test("more than a message may hold is cut at a line", () => {
	const value = "<".repeat(120);
	const fields: Record<string, object> = {};
	for (let i = 10; i < 30; i++) fields[`Field${i}`] = { type: "string", category: "momentary", value };
	const bench = online({ fields, parameters: undefined });
	const said = words(write(bench, "read"));
	expect(said.split("\n")).toHaveLength(10);
	expect(said).toMatch(/Field18: [^\n]*\n…$/);
	expect(bench.names).not.toContain("error");
});

test("others hear politely that there is nothing for them, a few times in a minute and no more; nothing is read for them", () => {
	const bench = online();
	const said = Array.from({ length: 10 }, () => words(write(bench, "read", STRANGER)));
	expect(said.filter((text) => text === REFUSAL)).toHaveLength(4);
	expect(said.filter((text) => text === "")).toHaveLength(6);
	expect(bench.samples).toEqual([]);
	// The owner is answered all the same.
	expect(words(write(bench, "status"))).toContain("yours");
	bench.time.pass(60_000);
	expect(words(write(bench, "hello", STRANGER))).toBe(REFUSAL);
});

test.each([
	["what comes back", " type='error'", ""],
	["a room's", " type='groupchat'", ""],
	["a headline's", " type='headline'", ""],
	["one that comes too late", " type='chat'", "<delay xmlns='urn:xmpp:delay' stamp='2025-01-01T00:00:00Z'/>"],
	["a machine's", " type='chat'", "<no-store xmlns='urn:xmpp:hints'/>"]
])("never answered: %s", (_what, attributes, more) => {
	const bench = online();
	for (const from of [OWNER, STRANGER]) expect(write(bench, "status", from, attributes, more)).toBe("");
});

test("servers and components are no persons: they may answer whatever they are told", () => {
	const bench = online();
	for (const from of [REGISTRY, SERVICE, DOMAIN, `${SERVICE}/a@b`]) expect(write(bench, "hello", from)).toBe("");
});

test("two things that write to each other come to rest at once, even if one owned the other", () => {
	const one = online();
	const said = write(one, "hello", "thing2@a.example/r");
	expect(words(said)).toBe(REFUSAL);
	const other = online();
	expect(other.say(said.replace("<message ", `<message from='${OWNER}' `))).toBe("");
	expect(write(other, "")).toBe("");
	expect(
		other.say(
			`<message from='${OWNER}' to='${other.bare}' type='chat'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>`
		)
	).toBe("");
});

test("a machine that is its owner and talks without end is answered twenty times in a minute", () => {
	const bench = online();
	const said = Array.from({ length: 30 }, () => write(bench, "status")).filter((text) => text !== "");
	expect(said).toHaveLength(20);
});

test("a definition can switch it off, and a connection that ends takes its answers along", () => {
	const silent = online({ chat: false });
	for (const from of [OWNER, STRANGER]) expect(write(silent, "status", from)).toBe("");
	const bench = online();
	write(bench, "read");
	write(bench, "status");
	bench.thing.stop();
	for (const sample of bench.samples) sample.answer(undefined, 1);
	bench.time.pass(60_000);
	expect(bench.time.waiting).toBeUndefined();
});
