// The Thing Registry against stanzas written by hand from XEP-0347, in both dialects.

import { Bench, canonical, ERRORS, expectSame, IEEE, parse, REGISTRY, XEP } from "./bench.js";

const THING = "thing@example.org/imc";
const OWNER = "owner@example.org/phone";
const OTHER = "other@example.org/phone";

const TAGS =
	"<str name='SN' value='394872348732948723'/><str name='MAN' value='www.ktc.se'/><str name='MODEL' value='IMC'/>" +
	"<num name='V' value='1.2'/><str name='KEY' value='4857402340298342'/>";
const SHOWN =
	"<str name='SN' value='394872348732948723'/><str name='MAN' value='www.ktc.se'/><str name='MODEL' value='IMC'/><num name='V' value='1.2'/>";

const dialects = [
	{ ns: XEP, node: "nodeId='imc1' sourceId='MeteringTopology'" },
	{ ns: IEEE, node: "id='imc1' src='MeteringTopology'" }
];

const register = (ns = XEP, tags = TAGS) => `<register xmlns='${ns}'>${tags}</register>`;
const mine = (ns = XEP, tags = TAGS, attributes = "") => `<mine xmlns='${ns}' ${attributes}>${tags}</mine>`;
const search = (operators: string, attributes = "", ns = XEP) => `<search xmlns='${ns}' ${attributes}>${operators}</search>`;
const all = search("<strEq name='MAN' value='www.ktc.se'/>");
const result = (to: string, content = "") => `<iq type='result' from='${REGISTRY}' to='${to}' id='q1'>${content}</iq>`;
const error = (to: string, condition: string, type = "cancel") =>
	`<iq type='error' from='${REGISTRY}' to='${to}' id='q1'><error type='${type}'><${condition} xmlns='${ERRORS}'/></error></iq>`;

/** A thing that is online, registered, claimed and told so. */
const claimed = (ns = XEP, isPublic = true) => {
	const bench = new Bench();
	bench.presence(THING);
	bench.ask(THING, "set", register(ns));
	const [request] = bench.ask(OWNER, "set", mine(ns, TAGS, isPublic ? "" : "public='false'"));
	bench.answer(request!);
	return bench;
};

describe.each(dialects)("in $ns", ({ ns, node }) => {
	test("a thing registers and gets an empty result, as often as it wants", () => {
		const bench = new Bench();
		for (let times = 0; times < 3; times++) expectSame(bench.ask(THING, "set", register(ns)), result(THING));
		expect(bench.store.ofJID("thing@example.org")).toHaveLength(1);
	});

	test("a claim tells the thing's full JID, and the owner the thing's bare JID", () => {
		const bench = new Bench();
		bench.ask(THING, "set", register(ns));
		expectSame(
			bench.ask(OWNER, "set", mine(ns)),
			`<iq type='set' from='${REGISTRY}' to='${THING}' id='n-1'><claimed xmlns='${ns}' jid='owner@example.org' public='true'/></iq>`,
			result(OWNER, `<claimed xmlns='${ns}' jid='thing@example.org'/>`)
		);
	});

	test("a private claim says so to the thing and shows it to nobody", () => {
		const bench = new Bench();
		bench.ask(THING, "set", register(ns));
		const [toThing] = bench.ask(OWNER, "set", mine(ns, TAGS, "public='false'"));
		expect(toThing?.getChild("claimed", ns)?.attrs).toMatchObject({ jid: "owner@example.org", public: "false" });
		expectSame(
			bench.ask(OTHER, "get", search("<strEq name='MAN' value='www.ktc.se'/>", "", ns)),
			result(OTHER, `<found xmlns='${ns}' more='false'/>`)
		);
	});

	test("register after a claim changes nothing and names the owner", () => {
		const bench = claimed(ns);
		const before = bench.store.ofJID("thing@example.org");
		expectSame(
			bench.ask(THING, "set", register(ns, "<str name='SN' value='another'/>")),
			result(THING, `<claimed xmlns='${ns}' jid='owner@example.org' public='true'/>`)
		);
		expect(bench.store.ofJID("thing@example.org")).toEqual(before);
	});

	test("R-347-33 a search shows a public thing with its owner and without its KEY", () => {
		const bench = claimed(ns);
		expectSame(
			bench.ask(OTHER, "get", search("<strEq name='MAN' value='www.ktc.se'/>", "", ns)),
			result(OTHER, `<found xmlns='${ns}' more='false'><thing owner='owner@example.org' jid='thing@example.org'>${SHOWN}</thing></found>`)
		);
	});

	test("remove takes it from the searches, tells the thing, and leaves it owned", () => {
		const bench = claimed(ns);
		expectSame(
			bench.ask(OWNER, "set", `<remove xmlns='${ns}' jid='thing@example.org'/>`),
			`<iq type='set' from='${REGISTRY}' to='${THING}' id='n-2'><removed xmlns='${ns}'/></iq>`,
			result(OWNER)
		);
		expectSame(
			bench.ask(OTHER, "get", search("<strEq name='MAN' value='www.ktc.se'/>", "", ns)),
			result(OTHER, `<found xmlns='${ns}' more='false'/>`)
		);
		expectSame(bench.ask(THING, "set", `<update xmlns='${ns}'><str name='ROOM' value='1'/></update>`), error(THING, "item-not-found"));
		expect(bench.outcome(OTHER, "set", mine(ns))).toBe("item-not-found");
		expectSame(bench.ask(THING, "set", register(ns)), result(THING, `<claimed xmlns='${ns}' jid='owner@example.org' public='false'/>`));
	});

	test("disown is answered only after the thing has acknowledged it", () => {
		const bench = claimed(ns);
		const sent = bench.ask(OWNER, "set", `<disown xmlns='${ns}' jid='thing@example.org'/>`);
		expectSame(sent, `<iq type='set' from='${REGISTRY}' to='${THING}' id='n-2'><disowned xmlns='${ns}'/></iq>`);
		expectSame(bench.answer(sent[0]!), result(OWNER));
		expectSame(
			bench.ask(THING, "set", `<update xmlns='${ns}'><str name='KEY' value=''/></update>`),
			result(THING, `<disowned xmlns='${ns}'/>`)
		);
		expect(bench.outcome(OTHER, "set", mine(ns))).toBe("item-not-found");
		bench.ask(THING, "set", register(ns));
		expect(bench.ask(OTHER, "set", mine(ns))[1]?.getChild("claimed", ns)?.attrs.jid).toBe("thing@example.org");
	});

	test("R-347-20 nodes behind one JID are things of their own, and are told by their names", () => {
		const bench = new Bench();
		bench.ask(THING, "set", `<register xmlns='${ns}' ${node}>${TAGS}</register>`);
		bench.ask(THING, "set", `<register xmlns='${ns}'><str name='SN' value='the rack'/></register>`);
		expectSame(
			bench.ask(OWNER, "set", mine(ns)),
			`<iq type='set' from='${REGISTRY}' to='${THING}' id='n-1'><claimed xmlns='${ns}' jid='owner@example.org' public='true' ${node}/></iq>`,
			result(OWNER, `<claimed xmlns='${ns}' jid='thing@example.org' ${node}/>`)
		);
		expect(bench.outcome(OWNER, "set", `<disown xmlns='${ns}' jid='thing@example.org'/>`)).toBe("item-not-found");
		expectSame(
			bench.ask(OWNER, "set", `<remove xmlns='${ns}' jid='thing@example.org' ${node}/>`).slice(0, 1),
			`<iq type='set' from='${REGISTRY}' to='${THING}' id='n-2'><removed xmlns='${ns}' ${node}/></iq>`
		);
	});

	test("unregister is always answered empty, and forgets the thing", () => {
		const bench = claimed(ns);
		for (let times = 0; times < 2; times++) expectSame(bench.ask(THING, "set", `<unregister xmlns='${ns}'/>`), result(THING));
		expect(bench.store.ofJID("thing@example.org")).toEqual([]);
	});
});

describe("a claim needs EXACTLY the same tags", () => {
	test.each([
		["in another order", "<num name='V' value='1.2'/><str name='MODEL' value='M'/><str name='KEY' value='k'/>", true],
		["with names in small letters", "<str name='key' value='k'/><str name='Model' value='M'/><num name='v' value='1.2'/>", true],
		["a number in another form", "<str name='MODEL' value='M'/><num name='V' value='12e-1'/><str name='KEY' value='k'/>", true],
		[
			"with the registry's address",
			"<str name='MODEL' value='M'/><num name='V' value='1.2'/><str name='KEY' value='k'/><str name='R' value='r'/>",
			true
		],
		["one tag less", "<str name='MODEL' value='M'/><str name='KEY' value='k'/>", false],
		["without KEY", "<str name='MODEL' value='M'/><num name='V' value='1.2'/>", false],
		["KEY blank", "<str name='MODEL' value='M'/><num name='V' value='1.2'/><str name='KEY' value=''/>", false],
		["one tag more", "<str name='MODEL' value='M'/><num name='V' value='1.2'/><str name='KEY' value='k'/><str name='X' value='x'/>", false],
		["another number", "<str name='MODEL' value='M'/><num name='V' value='1.20001'/><str name='KEY' value='k'/>", false],
		["another case of a value", "<str name='MODEL' value='m'/><num name='V' value='1.2'/><str name='KEY' value='k'/>", false]
	])("%s", (_, tags, isSame) => {
		const bench = new Bench();
		bench.ask(THING, "set", register(XEP, "<str name='MODEL' value='M'/><num name='V' value='1.2'/><str name='KEY' value='k'/>"));
		expect(bench.ask(OWNER, "set", mine(XEP, tags)).at(-1)?.getChild("claimed") !== undefined).toBe(isSame);
	});

	test("a text is not the number it looks like", () => {
		const bench = new Bench();
		bench.ask(THING, "set", register(XEP, "<str name='SIZE' value='1'/>"));
		expect(bench.outcome(OWNER, "set", mine(XEP, "<num name='SIZE' value='1'/>"))).toBe("item-not-found");
	});

	test("a second registration with fewer tags makes the first ones vanish", () => {
		const bench = new Bench();
		bench.ask(THING, "set", register());
		bench.ask(THING, "set", register(XEP, "<str name='SN' value='1'/>"));
		expect(bench.outcome(OWNER, "set", mine())).toBe("item-not-found");
		bench.ask(OWNER, "set", mine(XEP, "<str name='SN' value='1'/>"));
		expectSame(
			bench.ask(OTHER, "get", search("<strEq name='SN' value='1'/>")),
			result(
				OTHER,
				`<found xmlns='${XEP}' more='false'><thing owner='owner@example.org' jid='thing@example.org'><str name='SN' value='1'/></thing></found>`
			)
		);
	});
});

describe("claims that meet", () => {
	test("two owners: the first has it, the second learns nothing of why not", () => {
		const bench = new Bench();
		bench.ask(THING, "set", register());
		bench.ask(OWNER, "set", mine());
		expectSame(bench.ask(OTHER, "set", mine()), error(OTHER, "item-not-found"));
		expectSame(bench.ask(OTHER, "set", mine(XEP, "<str name='SN' value='no such thing'/>")), error(OTHER, "item-not-found"));
	});

	test("the owner's second claim succeeds again and tells nobody", () => {
		const bench = claimed();
		expectSame(bench.ask(OWNER, "set", mine()), result(OWNER, `<claimed xmlns='${XEP}' jid='thing@example.org'/>`));
	});

	test("a thing cannot own itself", () => {
		const bench = new Bench();
		bench.ask(THING, "set", register());
		expect(bench.outcome(THING, "set", mine())).toBe("item-not-found");
	});

	test("a thing without tags cannot be claimed by a claim without tags", () => {
		const bench = claimed();
		const [request] = bench.ask(OWNER, "set", `<disown xmlns='${XEP}' jid='thing@example.org'/>`);
		bench.answer(request!);
		expect(bench.outcome(OTHER, "set", mine(XEP, ""))).toBe("bad-request");
		expect(bench.outcome(OTHER, "set", mine(XEP, "<str name='KEY' value=''/>"))).toBe("item-not-found");
	});

	test("an owner at a mistyped case is the same owner", () => {
		const bench = claimed();
		expect(
			bench.outcome("Owner@Example.ORG/x", "set", `<update xmlns='${XEP}' jid='Thing@Example.ORG'><str name='ROOM' value='1'/></update>`)
		).toBe("");
	});
});

describe("a thing that was away when it was claimed", () => {
	test("is told when it next shows itself, once", () => {
		const bench = new Bench();
		bench.presence(THING);
		bench.ask(THING, "set", register());
		bench.presence(THING, "unavailable");
		const [toThing] = bench.ask(OWNER, "set", mine());
		bench.answer(toThing!, "error", `<error type='cancel'><service-unavailable xmlns='${ERRORS}'/></error>`);
		const again = bench.presence("thing@example.org/later");
		expect(again.map(({ attrs }) => attrs.to)).toEqual(["thing@example.org/later"]);
		expect(again[0]?.getChild("claimed")?.attrs.jid).toBe("owner@example.org");
		bench.answer(again[0]!);
		expect(bench.presence("thing@example.org/later")).toEqual([]);
		expect(bench.events.map(({ event }) => event)).toEqual(["registered", "claimed", "told"]);
	});

	test("is told by the answer to register, and not again", () => {
		const bench = new Bench();
		bench.ask(THING, "set", register());
		const [toThing] = bench.ask(OWNER, "set", mine());
		bench.pass(31);
		expectSame(bench.ask(THING, "set", register()), result(THING, `<claimed xmlns='${XEP}' jid='owner@example.org' public='true'/>`));
		expect(bench.presence(THING)).toEqual([]);
		expect(bench.answer(toThing!)).toEqual([]);
	});

	test("is not told twice at once by two presences", () => {
		const bench = new Bench();
		bench.ask(THING, "set", register());
		bench.ask(OWNER, "set", mine());
		expect(bench.presence(THING)).toEqual([]);
	});

	test("the claim stands over a restart of the registry", () => {
		const before = new Bench();
		before.ask(THING, "set", register());
		before.ask(OWNER, "set", mine());
		const after = new Bench(before.store, "m");
		expect(after.presence(THING)[0]?.getChild("claimed")?.attrs.jid).toBe("owner@example.org");
	});

	test("one that refuses is reported and asked again only when it comes back", () => {
		const bench = new Bench();
		bench.ask(THING, "set", register());
		const [toThing] = bench.ask(OWNER, "set", mine());
		bench.answer(toThing!, "error", `<error type='cancel'><not-allowed xmlns='${ERRORS}'/></error>`);
		expect(bench.events.at(-1)).toEqual({ event: "refused", thing: "thing@example.org", by: "owner@example.org" });
		expect(bench.presence("thing@example.org/new")).toHaveLength(1);
	});

	test("somebody else's answer with the right id is not the thing's", () => {
		const bench = new Bench();
		bench.ask(THING, "set", register());
		const [toThing] = bench.ask(OWNER, "set", mine());
		bench.receive(`<iq from='${OTHER}' to='${REGISTRY}' id='${toThing!.attrs.id}' type='result'/>`);
		expect(bench.events.map(({ event }) => event)).toEqual(["registered", "claimed"]);
	});
});

describe("disown that cannot be", () => {
	const disown = `<disown xmlns='${XEP}' jid='thing@example.org'/>`;
	test.each<[string, (bench: Bench, request: ReturnType<typeof parse>) => ReturnType<Bench["take"]>]>([
		[
			"a thing that is offline",
			(bench, request) => bench.answer(request, "error", `<error type='cancel'><service-unavailable xmlns='${ERRORS}'/></error>`)
		],
		[
			"a thing that refuses",
			(bench, request) => bench.answer(request, "error", `<error type='cancel'><forbidden xmlns='${ERRORS}'/></error>`)
		],
		[
			"a thing that says nothing",
			(bench) => {
				bench.pass(31);
				return bench.take();
			}
		],
		[
			"a broker that is gone",
			(bench) => {
				bench.service.disconnected();
				return bench.take();
			}
		]
	])("%s: not-allowed, and it stays owned", (_, happens) => {
		const bench = claimed();
		const [request] = bench.ask(OWNER, "set", disown);
		expectSame(happens(bench, request!), error(OWNER, "not-allowed"));
		expect(bench.store.ofOwner("owner@example.org")).toHaveLength(1);
		expect(bench.answer(request!)).toEqual([]);
		expect(bench.store.ofOwner("owner@example.org")).toHaveLength(1);
	});

	test("a second disown while the first waits: not-allowed", () => {
		const bench = claimed();
		const [request] = bench.ask(OWNER, "set", disown);
		expect(bench.outcome(OWNER, "set", disown)).toBe("not-allowed");
		expectSame(bench.answer(request!), result(OWNER));
	});

	test("by someone else, or of what is not there: item-not-found", () => {
		const bench = claimed();
		expect(bench.outcome(OTHER, "set", disown)).toBe("item-not-found");
		expect(bench.outcome(OTHER, "set", `<remove xmlns='${XEP}' jid='thing@example.org'/>`)).toBe("item-not-found");
		expect(bench.outcome(OWNER, "set", `<disown xmlns='${XEP}' jid='nobody@example.org'/>`)).toBe("item-not-found");
		expect(bench.outcome(OWNER, "set", `<disown xmlns='${XEP}'/>`)).toBe("bad-request");
	});
});

test("the same registration again is no news, and removing what is removed tells nobody", () => {
	const bench = new Bench();
	for (let times = 0; times < 3; times++) bench.ask(THING, "set", register());
	expect(bench.events).toEqual([{ event: "registered", thing: "thing@example.org" }]);
	bench.answer(bench.ask(OWNER, "set", mine())[0]!);
	const remove = `<remove xmlns='${XEP}' jid='thing@example.org'/>`;
	expect(bench.ask(OWNER, "set", remove)).toHaveLength(2);
	expectSame(bench.ask(OWNER, "set", remove), result(OWNER));
});

test("presence of very many strangers does not grow without end, and a thing is found all the same", () => {
	const bench = new Bench();
	bench.presence(THING);
	bench.ask(THING, "set", register());
	for (let at = 0; at < 10_001; at++) bench.service.receive(parse(`<presence from='s${at}@example.org/x' to='${REGISTRY}'/>`));
	for (let at = 0; at < 20; at++) bench.presence(`thing@example.org/r${at}`);
	for (let at = 0; at < 19; at++) bench.presence(`thing@example.org/r${at}`, "unavailable");
	expect(bench.ask(OWNER, "set", mine())[0]?.attrs.to).toBe("thing@example.org/r19");
});

describe("update", () => {
	const update = (tags: string, attributes = "") => `<update xmlns='${XEP}' ${attributes}>${tags}</update>`;
	const shown = (bench: Bench) => {
		const [answer] = bench.ask(OTHER, "get", search("<strEq name='SN' value='394872348732948723'/>"));
		return answer!
			.getChild("found")!
			.getChild("thing")!
			.getChildElements()
			.map(({ attrs }) => `${attrs.name}=${attrs.value}`);
	};

	test("overwrites what it names, keeps the rest, and an empty text removes", () => {
		const bench = claimed();
		bench.ask(THING, "set", update("<str name='ROOM' value='cellar'/><num name='v' value='2'/>"));
		expect(shown(bench)).toEqual(["SN=394872348732948723", "MAN=www.ktc.se", "MODEL=IMC", "ROOM=cellar", "v=2"]);
		bench.ask(THING, "set", update("<str name='room' value=''/><str name='MODEL' value=''/>"));
		expect(shown(bench)).toEqual(["SN=394872348732948723", "MAN=www.ktc.se", "v=2"]);
	});

	test("R-347-33 a KEY in an update is not kept either", () => {
		const bench = claimed();
		bench.ask(THING, "set", update("<str name='key' value='new secret'/>"));
		expect(JSON.stringify(bench.store.ofJID("thing@example.org"))).not.toMatch(/secret|4857402340298342/);
		expect(shown(bench).join()).not.toMatch(/key/i);
	});

	test("by the owner; of somebody else's thing or an unknown one: item-not-found", () => {
		const bench = claimed();
		expect(bench.outcome(OWNER, "set", update("<str name='ROOM' value='1'/>", "jid='thing@example.org'"))).toBe("");
		expect(shown(bench)).toContain("ROOM=1");
		expect(bench.outcome(OTHER, "set", update("<str name='ROOM' value='2'/>", "jid='thing@example.org'"))).toBe("item-not-found");
		expect(bench.outcome(OTHER, "set", update("<str name='ROOM' value='2'/>"))).toBe("item-not-found");
		expect(shown(bench)).toContain("ROOM=1");
	});

	test("of a private thing: item-not-found", () => {
		expect(claimed(XEP, false).outcome(THING, "set", update("<str name='ROOM' value='1'/>"))).toBe("item-not-found");
	});

	test("before a claim: disowned, and nothing changes", () => {
		const bench = new Bench();
		bench.ask(THING, "set", register());
		expectSame(bench.ask(THING, "set", update("<str name='ROOM' value='1'/>")), result(THING, `<disowned xmlns='${XEP}'/>`));
		bench.ask(OWNER, "set", mine());
		expect(shown(bench)).not.toContain("ROOM=1");
	});

	test("cannot grow a thing without end", () => {
		const bench = claimed();
		const tags = (from: number) => Array.from({ length: 20 }, (_, at) => `<str name='T${from + at}' value='x'/>`).join("");
		expect(bench.outcome(THING, "set", update(tags(0)))).toBe("");
		expect(bench.outcome(THING, "set", update(tags(100)))).toBe("bad-request");
	});
});

describe("twins", () => {
	const TWIN = "twin@example.org/imc";
	test("a second registration with the same tags replaces one that nobody claimed", () => {
		const bench = new Bench();
		bench.ask(THING, "set", register());
		bench.ask(TWIN, "set", register(IEEE));
		expect(bench.events.at(-2)).toEqual({ event: "replaced", thing: "thing@example.org", by: "twin@example.org" });
		expect(bench.ask(OWNER, "set", mine()).at(-1)?.getChild("claimed")?.attrs.jid).toBe("twin@example.org");
		expect(bench.outcome(OTHER, "set", mine())).toBe("item-not-found");
	});

	test("against a claimed one it is reported and overrides nothing", () => {
		const bench = claimed();
		bench.ask(TWIN, "set", register());
		expect(bench.events).toContainEqual({ event: "twin", thing: "thing@example.org", by: "twin@example.org" });
		expect(bench.store.ofOwner("owner@example.org").map(({ jid }) => jid)).toEqual(["thing@example.org"]);
	});

	test("nobody replaces a thing whose KEY he does not know", () => {
		const bench = new Bench();
		bench.ask(THING, "set", register());
		bench.ask(TWIN, "set", register(XEP, SHOWN));
		expect(bench.ask(OWNER, "set", mine()).at(-1)?.getChild("claimed")?.attrs.jid).toBe("thing@example.org");
	});
});

describe("things that own themselves", () => {
	const selfOwned = `<register xmlns='${XEP}' selfOwned='true'>${TAGS}</register>`;
	test("are public at once, without a KEY, and nobody's to claim", () => {
		const bench = new Bench();
		expectSame(bench.ask(THING, "set", selfOwned), result(THING));
		expectSame(
			bench.ask(OTHER, "get", all),
			result(OTHER, `<found xmlns='${XEP}' more='false'><thing owner='thing@example.org' jid='thing@example.org'>${SHOWN}</thing></found>`)
		);
		expect(bench.outcome(OWNER, "set", mine())).toBe("item-not-found");
		expect(bench.outcome(THING, "set", `<update xmlns='${XEP}'><str name='ROOM' value='1'/></update>`)).toBe("");
	});

	test("give themselves away by registering without the word", () => {
		const bench = new Bench();
		bench.ask(THING, "set", selfOwned);
		bench.ask(THING, "set", register());
		expectSame(bench.ask(OTHER, "get", all), result(OTHER, `<found xmlns='${XEP}' more='false'/>`));
		expect(bench.ask(OWNER, "set", mine())).toHaveLength(2);
	});
});

describe("what is refused", () => {
	const many = Array.from({ length: 33 }, (_, at) => `<str name='T${at}' value='x'/>`).join("");
	test.each([
		["no tags", register(XEP, "")],
		["a name too long", register(XEP, `<str name='${"N".repeat(33)}' value='1'/>`)],
		["a name with a colon", register(XEP, "<str name='A:B' value='1'/>")],
		["a name with a hash sign", register(XEP, "<str name='#A' value='1'/>")],
		["a name with white space", register(XEP, "<str name='A B' value='1'/>")],
		["no name", register(XEP, "<str value='1'/>")],
		["no value", register(XEP, "<str name='A'/>")],
		["a value too long", register(XEP, `<str name='A' value='${"x".repeat(129)}'/>`)],
		["a number that is none", register(XEP, "<num name='A' value='0x10'/>")],
		["a number without end", register(XEP, "<num name='A' value='1e999'/>")],
		["a number left out", register(XEP, "<num name='A' value=''/>")],
		["the same tag twice", register(XEP, "<str name='A' value='1'/><num name='a' value='1'/>")],
		["too many tags", register(XEP, many)],
		["R-347-5 a predefined text as a number", register(XEP, "<num name='SN' value='1'/>")],
		["R-347-5 a predefined number as a text", register(XEP, "<str name='V' value='1.0'/>")],
		["selfOwned that is no boolean", `<register xmlns='${XEP}' selfOwned='yes'>${TAGS}</register>`],
		["public that is no boolean", mine(XEP, TAGS, "public='perhaps'")],
		["a node's name without end", `<register xmlns='${XEP}' nodeId='${"x".repeat(257)}'>${TAGS}</register>`]
	])("%s: bad-request", (_, payload) => {
		const bench = new Bench();
		expect(bench.outcome(THING, "set", payload)).toBe("bad-request");
		expect(bench.store.ofJID("thing@example.org")).toEqual([]);
	});

	test("a long name is allowed in the ieee dialect, characters count and not code units", () => {
		const bench = new Bench();
		expect(bench.outcome(THING, "set", register(IEEE, `<str name='${"N".repeat(64)}' value='${"😀".repeat(128)}'/>`))).toBe("");
	});

	test.each([
		["an operation of the wrong type", "get", register()],
		["an operation that does not exist", "set", `<updated xmlns='${XEP}'/>`],
		["what only things are told", "set", `<claimed xmlns='${XEP}' jid='a@example.org'/>`],
		["a name from Object", "set", `<constructor xmlns='${XEP}'/>`],
		["another namespace", "set", "<register xmlns='urn:nf:iot:disco:1.0'/>"]
	] as const)("%s: service-unavailable", (_, type, payload) => {
		expect(new Bench().outcome(THING, type, payload)).toBe("service-unavailable");
	});

	test("nodes behind one JID have an end", () => {
		const bench = new Bench();
		const node = (at: number) => `<register xmlns='${XEP}' nodeId='${at}'><str name='SN' value='${at}'/></register>`;
		for (let at = 0; at < 256; at++) expect(bench.outcome(THING, "set", node(at))).toBe("");
		expect(bench.outcome(THING, "set", node(256))).toBe("resource-constraint");
		expect(bench.outcome(THING, "set", node(7))).toBe("");
	});

	test("the text of a refusal never repeats a KEY", () => {
		const [answer] = new Bench().ask(OWNER, "set", mine(XEP, `${TAGS}<str name='A' value='${"x".repeat(200)}'/>`));
		expect(canonical(answer!)).not.toContain("4857402340298342");
	});
});
