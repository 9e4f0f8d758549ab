// Who may set what (canControl), rules that end, and what an owner's program can say besides: golden stanzas by hand after XEP-0324 and the ieee dialect.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SQLiteStore } from "../../../hosts/broker/sqlite.js";
import { Bench, bodyOf, expectSame, REGISTRY } from "./bench.js";

const OWNER = "owner@example.org/phone";
const THING = "thing@example.org/x";
const STRANGER = "stranger@example.com";
const DISCO = { xep: "urn:xmpp:iot:discovery", ieee: "urn:ieee:iot:disco:1.0" };
const DEVICE = { xep: "urn:xmpp:iot:provisioning", ieee: "urn:ieee:iot:prov:d:1.0" };
const OWNERS = { xep: "urn:xmpp:iot:provisioning", ieee: "urn:ieee:iot:prov:o:1.0" };
type Name = keyof typeof DEVICE;
const both: Name[] = ["xep", "ieee"];

const owned = (name: Name = "xep", bench = new Bench()): Bench => {
	bench.presence(THING);
	bench.ask(THING, "set", `<register xmlns='${DISCO[name]}'><str name='NAME' value='Cellar'/></register>`);
	const [claimed] = bench.receive(`<message from='${OWNER}' to='${REGISTRY}' type='chat'><body>iotdisco:NAME=Cellar</body></message>`);
	bench.answer(claimed!);
	return bench;
};

const parameters = (names: readonly string[]): string => names.map((name) => `<parameter name='${name}'/>`).join("");
const canControl = (name: Name, names: readonly string[], jid = STRANGER, nodes = ""): string =>
	`<canControl xmlns='${DEVICE[name]}' jid='${jid}'>${nodes}${parameters(names)}</canControl>`;
const response = (name: Name, names?: readonly string[], jid = STRANGER): string =>
	`<iq type='result' from='${REGISTRY}' to='${THING}' id='q1'><canControlResponse xmlns='${DEVICE[name]}' jid='${jid}' result='${names !== undefined}'>${parameters(names ?? [])}</canControlResponse></iq>`;

/** The answer to the thing alone. */
const decided = (bench: Bench, payload: string) => {
	bench.take();
	return bench.ask(THING, "get", payload).filter(({ name, attrs }) => name === "iq" && attrs.to === THING && attrs.type === "result");
};
const mayControl = (bench: Bench, names: readonly string[], jid = STRANGER): string[] | false => {
	const [answer, ...more] = decided(bench, canControl("xep", names, jid));
	expect(more).toEqual([]);
	const said = answer!.getChildElements()[0]!;
	return said.attrs.result === "true" && said.getChildElements().map(({ attrs }) => attrs.name!);
};
const mayRead = (bench: Bench, jid = STRANGER): boolean =>
	decided(bench, `<canRead xmlns='${DEVICE.xep}' jid='${jid}' momentary='true'/>`)[0]!.toString().includes('result="true"');
/** Says it; every clearCache that follows is acknowledged. */
const say = (bench: Bench, text: string, from = OWNER): string => {
	const sent = bench.receive(`<message from='${from}' to='${REGISTRY}' type='chat'><body>${text}</body></message>`);
	acknowledge(bench, sent);
	return bodyOf(sent.find((stanza) => stanza.is("message") && stanza.attrs.to === from)!);
};
const acknowledge = (bench: Bench, sent: ReturnType<Bench["take"]>): number => {
	const requests = sent.filter((stanza) => stanza.getChild("clearCache") !== undefined);
	for (const request of requests) bench.answer(request);
	return requests.length;
};

describe.each(both)("in %s", (name) => {
	test("R-324-8 R-324-30 what nobody has decided is denied, and the owner is asked in words and by protocol, in both dialects", () => {
		const bench = owned(name);
		const forOwner = both.map(
			(each) =>
				`<canControl xmlns='${OWNERS[each]}' jid='thing@example.org' remoteJid='${STRANGER}' key='secret1'>${parameters(["Relay", "Level"])}</canControl>`
		);
		expectSame(
			bench.ask(THING, "get", canControl(name, ["Relay", "Level"])),
			`<message from='${REGISTRY}' to='owner@example.org' type='chat'><body>stranger@example.com wants to set Relay, Level of Cellar (question 1): answer allow 1, allow 1 Relay, or deny 1.</body>${forOwner.join("")}</message>`,
			response(name)
		);
	});

	test("R-324-9 R-324-10 one parameter is allowed: the thing forgets, asks again, and gets exactly that one", () => {
		const bench = owned(name);
		bench.ask(THING, "get", canControl(name, ["Relay", "Level"]));
		const [clear, answer] = bench.receive(`<message from='${OWNER}' to='${REGISTRY}' type='chat'><body>allow 1 Relay</body></message>`);
		expectSame([clear!], `<iq from='${REGISTRY}' to='${THING}' id='n-2' type='set'><clearCache xmlns='${DEVICE[name]}'/></iq>`);
		expect(bodyOf(answer!)).toBe("Question 1 is allowed for stranger@example.com: Relay, and nothing else of it.");
		bench.answer(clear!);
		expectSame(decided(bench, canControl(name, ["Relay", "Level"])), response(name, ["Relay"]));
		expectSame(decided(bench, canControl(name, ["Relay"])), response(name, ["Relay"]));
		expectSame(decided(bench, canControl(name, ["Level"])), response(name));
		// Without names it is about all of them, which is more than was allowed.
		expectSame(decided(bench, canControl(name, [])), response(name, ["Relay"]));
	});

	test("R-324-30 the short form of the ieee schema is understood there, and there only", () => {
		const bench = owned(name);
		bench.ask(THING, "get", `<canControl xmlns='${DEVICE[name]}' jid='${STRANGER}'><p n='Relay'/></canControl>`);
		expect(say(bench, "questions")).toBe(`1: stranger@example.com wants to set ${name === "ieee" ? "Relay" : "all parameters"} of Cellar`);
	});

	test("R-324-5 nodes are decided each by itself", () => {
		const bench = owned(name);
		const node = (id: string) => (name === "xep" ? `<node nodeId='${id}'/>` : `<nd id='${id}'/>`);
		bench.ask(THING, "get", canControl(name, ["Relay"], STRANGER, node("a") + node("b")));
		expect(say(bench, "questions").split("\n")).toEqual([
			"1: stranger@example.com wants to set Relay of a at Cellar",
			"2: stranger@example.com wants to set Relay of b at Cellar"
		]);
		say(bench, "allow 1");
		expectSame(
			decided(bench, canControl(name, ["Relay"], STRANGER, node("a") + node("b"))),
			`<iq type='result' from='${REGISTRY}' to='${THING}' id='q1'><canControlResponse xmlns='${DEVICE[name]}' jid='${STRANGER}' result='true'>${node("a")}<parameter name='Relay'/></canControlResponse></iq>`
		);
	});

	test.each([
		["", ["stranger@example.com"], ["other@example.com", "else@example.net"]],
		["Domain", ["stranger@example.com", "other@example.com"], ["else@example.net"]],
		["All", ["stranger@example.com", "other@example.com", "else@example.net"], []]
	])("an owner's program answers by its key, for %s", (range, allowed, not) => {
		const attribute = range === "" ? "" : ` range='${range}'`;
		const element = { "": "<fromJid/>", Domain: "<fromDomain/>", All: "<all/>" }[range];
		const names = "<parameter name='Relay'/>";
		// The range as an attribute or as an element, part of it by itself or in an element of its own.
		for (const [attributes, children] of [
			[attribute, names],
			["", `<partial>${names}</partial>${element}`],
			[attribute, `<partial>${names}</partial>`]
		]) {
			const bench = owned(name);
			bench.ask(THING, "get", canControl(name, ["Relay", "Level"]));
			const rule = `<canControlRule xmlns='${OWNERS[name]}' jid='thing@example.org' remoteJid='${STRANGER}' key='secret1' result='true'${attributes}>${children}</canControlRule>`;
			const [clear, result] = bench.ask(OWNER, "set", rule);
			expectSame([result!], `<iq type='result' from='${REGISTRY}' to='${OWNER}' id='q1'/>`);
			bench.answer(clear!);
			for (const jid of allowed) expectSame(decided(bench, canControl(name, ["Relay", "Level"], jid)), response(name, ["Relay"], jid));
			for (const jid of not) expectSame(decided(bench, canControl(name, ["Relay", "Level"], jid)), response(name, undefined, jid));
		}
	});

	test("an owner's program has his thing ask anew, forgets all its rules, and lists what is his", () => {
		const bench = owned(name);
		bench.ask(THING, "get", canControl(name, ["Relay"]));
		say(bench, "allow 1");
		expect(acknowledge(bench, bench.ask(OWNER, "set", `<clearCache xmlns='${OWNERS[name]}' jid='thing@example.org'/>`))).toBe(1);
		expectSame(decided(bench, canControl(name, ["Relay"])), response(name, ["Relay"]));
		expect(acknowledge(bench, bench.ask(OWNER, "set", `<deleteRules xmlns='${OWNERS[name]}' jid='thing@example.org'/>`))).toBe(1);
		expectSame(decided(bench, canControl(name, ["Relay"])), response(name));
		expect(say(bench, "rules")).toBe("You have not decided anything yet.");
		const devices = (from: string) => bench.ask(from, "get", `<getDevices xmlns='${OWNERS[name]}'/>`);
		expectSame(
			devices(OWNER),
			`<iq type='result' from='${REGISTRY}' to='${OWNER}' id='q1'><found xmlns='${DISCO[name]}' more='false'><thing owner='owner@example.org' jid='thing@example.org'><str name='NAME' value='Cellar'/></thing></found></iq>`
		);
		expectSame(
			devices(STRANGER),
			`<iq type='result' from='${REGISTRY}' to='${STRANGER}' id='q1'><found xmlns='${DISCO[name]}' more='false'/></iq>`
		);
	});
});

describe("a wish to set something", () => {
	test("is not a wish to read, and allowing one does not allow the other", () => {
		const bench = owned();
		expect(mayControl(bench, ["Relay"])).toBe(false);
		say(bench, "allow 1");
		expect(mayControl(bench, ["Relay"])).toEqual(["Relay"]);
		expect(mayRead(bench)).toBe(false);
	});

	test("is never allowed by an address: it may have come since the owner looked", () => {
		const bench = owned();
		expect(mayRead(bench)).toBe(false);
		expect(mayControl(bench, ["Relay"])).toBe(false);
		expect(say(bench, `allow ${STRANGER}`)).toBe("Question 1 is allowed for stranger@example.com.");
		expect([mayRead(bench), mayControl(bench, ["Relay"])]).toEqual([true, false]);
		expect(say(bench, `allow ${STRANGER}`)).toBe("That is a wish to set something: allow it by the number of the question.");
		expect(say(bench, `allow ${STRANGER} Relay`)).toBe("That is a wish to set something: allow it by the number of the question.");
		expect(mayControl(bench, ["Relay"])).toBe(false);
		// To say no it needs no number.
		expect(say(bench, `deny ${STRANGER}`)).toMatch(/^Question \d is denied for stranger@example\.com\.$/);
		expect(say(bench, "rules").split("\n")).toEqual([
			expect.stringMatching(/ may read all fields of Cellar$/),
			expect.stringMatching(/ may not set Relay of Cellar$/)
		]);
	});

	test("R-324-24 R-324-29 the owner may, and of what is nobody's nobody may", () => {
		const bench = owned();
		expect(mayControl(bench, ["Relay"], "owner@example.org")).toEqual(["Relay"]);
		const unclaimed = new Bench();
		unclaimed.ask(THING, "set", `<register xmlns='${DISCO.xep}'><str name='NAME' value='Cellar'/></register>`);
		expect(mayControl(unclaimed, ["Relay"])).toBe(false);
		expect(unclaimed.take()).toEqual([]);
	});

	test.each([
		["<parameter/>", "a parameter without a name"],
		[`<parameter name='${"n".repeat(257)}'/>`, "a name without end"],
		[Array.from({ length: 65 }, (_, at) => `<parameter name='p${at}'/>`).join(""), "65 parameters"],
		[Array.from({ length: 17 }, (_, at) => `<node nodeId='n${at}'/>`).join(""), "17 nodes"]
	])("of %s is refused: %#", (children) => {
		const bench = owned();
		expect(bench.outcome(THING, "get", `<canControl xmlns='${DEVICE.xep}' jid='${STRANGER}'>${children}</canControl>`)).toBe("bad-request");
	});
});

describe("a rule by protocol that is not one", () => {
	test.each([
		["two ranges", " range='Caller'", "<all/>"],
		["two elements", "", "<fromJid/><fromDomain/>"],
		["a range that is none", " range='Everybody'", ""],
		["whoever holds a token", "", "<fromUser token='t'/>"],
		["a part that says nothing", "", "<partial/>"]
	])("%s: refused, the question stays", (_, attributes, children) => {
		const bench = owned();
		bench.ask(THING, "get", canControl("xep", ["Relay"]));
		const rule = `<canControlRule xmlns='${OWNERS.xep}' jid='thing@example.org' remoteJid='${STRANGER}' key='secret1' result='true'${attributes}>${children}</canControlRule>`;
		expect(bench.outcome(OWNER, "set", rule)).toBe("bad-request");
		expect(mayControl(bench, ["Relay"])).toBe(false);
		expect(say(bench, "questions")).toMatch(/^1: /);
	});

	test("a rule about reading does not answer a question about setting", () => {
		const bench = owned();
		bench.ask(THING, "get", canControl("xep", ["Relay"]));
		for (const word of ["canReadRule", "isFriendRule"]) {
			const rule = `<${word} xmlns='${OWNERS.xep}' jid='thing@example.org' remoteJid='${STRANGER}' key='secret1' result='true'/>`;
			expect(bench.outcome(OWNER, "set", rule)).toBe("item-not-found");
		}
		expect(mayControl(bench, ["Relay"])).toBe(false);
	});
});

describe("a rule that ends", () => {
	/** Allowed for an hour, at 08:00 UTC. */
	const forAnHour = (bench: Bench): Bench => {
		expect(mayControl(bench, ["Relay"])).toBe(false);
		expect(say(bench, "allow 1 for domain until 1h Relay")).toBe(
			"Question 1 is allowed for everyone of that domain until 2027-01-15T09:00:00Z: Relay, and nothing else of it."
		);
		expect(say(bench, "rules")).toBe("2: everyone of example.com may set Relay of Cellar until 2027-01-15T09:00:00Z");
		return bench;
	};

	test("counts until then and not a moment longer; the thing is told to forget, and the next who asks is a question again", () => {
		const bench = forAnHour(owned());
		bench.pass(3599);
		expect(mayControl(bench, ["Relay"])).toEqual(["Relay"]);
		bench.take();
		bench.pass(1);
		const sent = bench.take();
		expectSame(sent, `<iq from='${REGISTRY}' to='${THING}' id='n-3' type='set'><clearCache xmlns='${DEVICE.xep}'/></iq>`);
		acknowledge(bench, sent);
		expect(mayControl(bench, ["Relay"])).toBe(false);
		expect(say(bench, "rules")).toBe("You have not decided anything yet.");
		expect(say(bench, "questions")).toMatch(/wants to set Relay of Cellar$/);
		expect(bench.events.at(-2)).toMatchObject({ event: "ended", thing: "thing@example.org", by: "owner@example.org" });
	});

	test("ends on time while the thing is away, and the thing is told when it comes", () => {
		const bench = forAnHour(owned());
		bench.presence(THING, "unavailable");
		bench.pass(3600);
		for (const request of bench.take())
			bench.answer(request, "error", "<error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>");
		const [clear] = bench.presence(THING);
		expect(clear?.getChild("clearCache", DEVICE.xep)).toBeDefined();
		expect(mayControl(bench, ["Relay"])).toBe(false);
	});

	test("ends on time while the box is off, and the thing is told as soon as it is on", () => {
		const before = forAnHour(owned());
		const bench = new Bench(before.store, "m");
		bench.pass(3601);
		expect(mayControl(bench, ["Relay"])).toBe(false);
		bench.service.connected();
		const [clear] = bench.take();
		expect(clear?.attrs).toMatchObject({ to: THING, type: "set" });
		expect(clear?.getChild("clearCache", DEVICE.xep)).toBeDefined();
	});

	test("without a connection nothing is tried, and after it everything is made up for", () => {
		const bench = forAnHour(owned());
		bench.service.disconnected();
		bench.pass(3600);
		expect(bench.take()).toEqual([]);
		bench.service.connected();
		expect(acknowledge(bench, bench.take())).toBe(1);
		bench.service.connected();
		expect(bench.take().filter((stanza) => stanza.getChild("ping") === undefined)).toEqual([]);
	});

	test("ends though the disk is full, and the thing is told when it is no longer", () => {
		const bench = forAnHour(owned());
		const { store } = bench;
		const transaction = store.transaction.bind(store);
		store.transaction = () => {
			throw new Error("disk full");
		};
		expect(() => bench.pass(3600)).toThrow("disk full");
		expect(mayControl(bench, ["Relay"])).toBe(false);
		store.transaction = transaction;
		bench.pass(60);
		expect(acknowledge(bench, bench.take())).toBe(1);
	});

	test("of friendship ends the friendship", () => {
		const bench = owned();
		bench.ask(THING, "get", `<isFriend xmlns='${DEVICE.xep}' jid='${STRANGER}'/>`);
		say(bench, "allow 1 until 90m");
		bench.pass(90 * 60);
		expect(bench.take().map((stanza) => stanza.getChildElements()[0]!.getName())).toEqual(["unfriend", "clearCache"]);
	});

	test("denied for a while is asked again after it", () => {
		const bench = owned();
		mayControl(bench, ["Relay"]);
		expect(say(bench, "deny 1 until 2d")).toBe("Question 1 is denied for stranger@example.com until 2027-01-17T08:00:00Z.");
		mayControl(bench, ["Relay"]);
		expect(say(bench, "questions")).toMatch(/^Nobody/);
		bench.pass(2 * 86_400);
		mayControl(bench, ["Relay"]);
		expect(say(bench, "questions")).toMatch(/^3: /);
	});

	test("a later end than a timer can be set for comes all the same", () => {
		const bench = owned();
		mayControl(bench, ["Relay"]);
		say(bench, "allow 1 until 2027-03-15T09:00+01:00");
		for (let day = 0; day < 58; day++) bench.pass(86_400);
		expect(bench.take()).toEqual([]);
		expect(mayControl(bench, ["Relay"])).toEqual(["Relay"]);
		bench.pass(86_400);
		expect(mayControl(bench, ["Relay"])).toBe(false);
	});

	test.each([
		"yesterday",
		"2027-01-15T07:59Z",
		"2027-01-15T08:00:00Z",
		"2027-02-01T08:00",
		"2027-13-01T08:00Z",
		"0m",
		"99999d",
		"-1h",
		"1w",
		"9".repeat(40)
	])("until %s is no end that is meant", (time) => {
		const bench = owned();
		mayControl(bench, ["Relay"]);
		expect(say(bench, `allow 1 until ${time}`)).toMatch(/is no time to come: say /);
		expect(mayControl(bench, ["Relay"])).toBe(false);
	});
});

test("of two rules the one that ends gives way to what the owner had said before, and never to more", () => {
	const bench = owned();
	mayControl(bench, ["Relay", "Level"]);
	say(bench, "allow 1 for domain");
	mayControl(bench, ["Relay"], "other@example.net");
	say(bench, "deny 3 for everyone until 1h");
	expect(mayControl(bench, ["Relay"])).toEqual(["Relay"]);
	expect(mayControl(bench, ["Relay"], "other@example.net")).toBe(false);
	bench.pass(3600);
	expect(mayControl(bench, ["Relay"])).toEqual(["Relay"]);
	expect(mayControl(bench, ["Relay"], "other@example.net")).toBe(false);
});

test("rules about setting, and their ends, outlive the process on disk", () => {
	const folder = mkdtempSync(join(tmpdir(), "extasis-control-"));
	const store = new SQLiteStore(join(folder, "registry.db"));
	try {
		const bench = owned("xep", new Bench(store));
		mayControl(bench, ["Relay", "Level"]);
		say(bench, "allow 1 until 1h Relay");
		const rules = store.decisions.rulesOf("owner@example.org");
		expect(rules.map(({ kind, fields, allowed, until }) => ({ kind, fields, allowed, until }))).toEqual([
			{ kind: "control", fields: ["Level"], allowed: false, until: 1_800_003_600_000 },
			{ kind: "control", fields: ["Relay"], allowed: true, until: 1_800_003_600_000 }
		]);
		expect([
			store.decisions.nextEnd(),
			store.decisions.ended(1_800_003_599_999).length,
			store.decisions.ended(1_800_003_600_000).length
		]).toEqual([...[1_800_003_600_000, 0, 2]]);
		expect(store.decisions.untold()).toEqual([]);
		bench.pass(3600);
		expect(store.decisions.untold().map(({ jid }) => jid)).toEqual(["thing@example.org"]);
		expect(store.decisions.nextEnd()).toBeUndefined();
		expect(mayControl(bench, ["Relay"])).toBe(false);
	} finally {
		store.close();
		rmSync(folder, { recursive: true });
	}
});
