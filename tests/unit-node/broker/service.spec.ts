// What every component answers, and what an owner with a chat client can do.

import { Bench, bodyOf, ERRORS, expectSame, IEEE, parse, REGISTRY, XEP } from "./bench.js";

const OWNER = "owner@example.org/phone";
const THING = "thing@example.org/x";
const TAGS = "<str name='SN' value='77'/><str name='NAME' value='Cellar'/><num name='V' value='1'/><str name='KEY' value='geheim'/>";
const STICKER = "iotdisco:SN=77;NAME=Cellar;#V=1;KEY=geheim";

const registered = (): Bench => {
	const bench = new Bench();
	bench.presence(THING);
	bench.ask(THING, "set", `<register xmlns='${XEP}'>${TAGS}</register>`);
	return bench;
};

describe("every component", () => {
	test("R-347-2 disco#info lists both dialects", () => {
		const [answer] = new Bench().ask(OWNER, "get", "<query xmlns='http://jabber.org/protocol/disco#info'/>");
		const children = answer!.getChild("query", "http://jabber.org/protocol/disco#info")!.getChildElements();
		expect(children[0]?.attrs).toEqual({ category: "component", type: "generic", name: "Thing Registry" });
		expect(children.slice(1).map(({ attrs }) => attrs.var)).toEqual(expect.arrayContaining([XEP, IEEE, "urn:xmpp:ping"]));
	});

	test.each([
		["xep", XEP, "urn:xmpp:iot:provisioning", IEEE, "urn:ieee:iot:prov:d:1.0"],
		["ieee", IEEE, "urn:ieee:iot:prov:d:1.0", XEP, "urn:xmpp:iot:provisioning"]
	] as const)(
		"of one dialect, %s: the other is neither named, nor heard, nor spoken",
		(dialect, discovery, provisioning, other, otherProvisioning) => {
			const bench = new Bench(undefined, undefined, undefined, dialect);
			const [answer] = bench.ask(OWNER, "get", "<query xmlns='http://jabber.org/protocol/disco#info'/>");
			const named = answer!.getChild("query")!.getChildElements();
			expect(named.filter(({ attrs }) => attrs.var?.startsWith(dialect === "xep" ? "urn:ieee:" : "urn:xmpp:iot:"))).toEqual([]);
			expect(named.map(({ attrs }) => attrs.var)).toEqual(expect.arrayContaining([discovery, provisioning, "urn:xmpp:ping"]));
			bench.presence(THING);
			expect(bench.outcome(THING, "set", `<register xmlns='${other}'>${TAGS}</register>`)).toBe("service-unavailable");
			expect(bench.outcome(THING, "get", `<isFriend xmlns='${otherProvisioning}' jid='a@b.example'/>`)).toBe("service-unavailable");
			expect(bench.outcome(THING, "set", `<register xmlns='${discovery}'>${TAGS}</register>`)).toBe("");
			bench.say(OWNER, STICKER);
			const asked = bench.ask(THING, "get", `<canRead xmlns='${provisioning}' jid='a@b.example' all='true'/>`);
			const [question] = asked.filter((stanza) => stanza.attrs.to === "owner@example.org");
			const owners = question!.getChildElements().filter((element) => element.getName() === "canRead");
			expect(owners.map((element) => element.getNS())).toEqual([dialect === "xep" ? provisioning : "urn:ieee:iot:prov:o:1.0"]);
		}
	);

	test("disco#items is empty, an unknown node is not found", () => {
		const bench = new Bench();
		const items = "http://jabber.org/protocol/disco#items";
		expectSame(
			bench.ask(OWNER, "get", `<query xmlns='${items}'/>`),
			`<iq type='result' from='${REGISTRY}' to='${OWNER}' id='q1'><query xmlns='${items}'/></iq>`
		);
		for (const which of ["info", "items"]) {
			expect(bench.outcome(OWNER, "get", `<query xmlns='http://jabber.org/protocol/disco#${which}' node='x'/>`)).toBe("item-not-found");
		}
	});

	test("ping is answered, the unknown refused", () => {
		const bench = new Bench();
		expect(bench.outcome(OWNER, "get", "<ping xmlns='urn:xmpp:ping'/>")).toBe("");
		expect(bench.outcome(OWNER, "get", "<query xmlns='jabber:iq:last'/>")).toBe("service-unavailable");
		expect(bench.outcome(OWNER, "set", "<ping xmlns='urn:xmpp:ping'/>")).toBe("service-unavailable");
	});

	test("a request with no payload or two is a bad one", () => {
		const bench = new Bench();
		expect(bench.outcome(OWNER, "get", "")).toBe("bad-request");
		expect(bench.outcome(OWNER, "get", "<ping xmlns='urn:xmpp:ping'/><ping xmlns='urn:xmpp:ping'/>")).toBe("bad-request");
	});

	test("nobody lives at an address below it", () => {
		const [answer] = new Bench().ask(OWNER, "get", "<ping xmlns='urn:xmpp:ping'/>", `a@${REGISTRY}`);
		expect(answer?.attrs).toMatchObject({ from: `a@${REGISTRY}`, type: "error" });
		expect(answer?.getChild("error")?.getChild("service-unavailable", ERRORS)).toBeDefined();
	});

	test("results, errors and stanzas from nowhere are never answered", () => {
		const bench = new Bench();
		for (const type of ["result", "error"]) {
			expect(bench.receive(`<iq from='${OWNER}' to='${REGISTRY}' id='n-1' type='${type}'><x xmlns='y'/></iq>`)).toEqual([]);
		}
		expect(bench.receive(`<iq to='${REGISTRY}' id='1' type='get'><ping xmlns='urn:xmpp:ping'/></iq>`)).toEqual([]);
		expect(bench.receive(`<message from='${OWNER}' to='${REGISTRY}' type='error'><body>things</body></message>`)).toEqual([]);
		expect(bench.receive(`<message from='${OWNER}' to='${REGISTRY}' type='groupchat'><body>things</body></message>`)).toEqual([]);
		expect(
			bench.receive(
				`<message from='${OWNER}' to='${REGISTRY}' type='chat'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>`
			)
		).toEqual([]);
		expect(bench.presence(OWNER, "error")).toEqual([]);
	});

	test("it can be a friend in a chat client", () => {
		const bench = new Bench();
		expect(bench.presence("owner@example.org", "subscribe").map(({ attrs }) => attrs.type)).toEqual(["subscribed", undefined]);
		expect(bench.presence("owner@example.org", "probe").map(({ attrs }) => attrs.type)).toEqual([undefined]);
	});
});

describe("an owner with a chat client", () => {
	test("claims by pasting the sticker, and the thing is told", () => {
		const bench = registered();
		const sent = bench.receive(`<message from='${OWNER}' to='${REGISTRY}' type='chat'><body>${STICKER}</body></message>`);
		expectSame(
			sent,
			`<iq from='${REGISTRY}' to='${THING}' id='n-1' type='set'><claimed xmlns='${XEP}' jid='owner@example.org' public='true'/></iq>`,
			`<message from='${REGISTRY}' to='${OWNER}' type='chat'><body>Cellar is yours: thing@example.org</body></message>`
		);
	});

	test("claims for himself alone, or hides later what all could find; only his own", () => {
		const search = (bench: Bench) =>
			bench
				.ask("anybody@example.net/x", "get", `<search xmlns='${XEP}'><strEq name='SN' value='77'/></search>`)[0]!
				.getChild("found")!
				.getChildElements().length;
		const bench = registered();
		const [claimed] = bench.receive(`<message from='${OWNER}' to='${REGISTRY}' type='chat'><body>Private ${STICKER}</body></message>`);
		expectSame(
			[claimed!],
			`<iq from='${REGISTRY}' to='${THING}' id='n-1' type='set'><claimed xmlns='${XEP}' jid='owner@example.org' public='false'/></iq>`
		);
		expect(search(bench)).toBe(0);
		const open = registered();
		open.say(OWNER, STICKER);
		expect(search(open)).toBe(1);
		expect(open.say("other@example.org/x", "hide Cellar")).toEqual(["Nothing of yours is called that: say `things`."]);
		expect(search(open)).toBe(1);
		const [removed, said] = open.receive(`<message from='${OWNER}' to='${REGISTRY}' type='chat'><body>hide Cellar</body></message>`);
		expectSame([removed!], `<iq from='${REGISTRY}' to='${THING}' id='n-2' type='set'><removed xmlns='${XEP}'/></iq>`);
		expect(bodyOf(said!)).toBe("Cellar is private: no search finds it.");
		expect(search(open)).toBe(0);
		expect(open.say(OWNER, "hide Cellar")).toEqual(["Cellar is private: no search finds it."]);
		expect(open.say(OWNER, "things")[0]).toContain("(online, private)");
	});

	test("a sticker that fits nothing, is spoiled or belongs elsewhere is told as such, without its KEY", () => {
		const bench = registered();
		const answers = [`${STICKER}2`, `${STICKER};R=registry.example.com`, `${STICKER};SN=78`, "iotdisco:geheim"].flatMap((text) =>
			bench.say(OWNER, text)
		);
		expect(answers).toEqual([
			"No unclaimed thing has exactly this sticker.",
			"This sticker belongs to another registry: ask registry.example.com.",
			"A tag stands twice.",
			"This is not the text of a sticker: each tag is NAME=value."
		]);
	});

	test("a KEY cannot be found by trying, and who tried is heard again an hour later", () => {
		const bench = registered();
		const guess = (key: string, who = OWNER) => bench.outcome(who, "set", `<mine xmlns='${XEP}'>${TAGS.replace("geheim", key)}</mine>`);
		for (let at = 0; at < 20; at++) expect(guess(`${at}`)).toBe("item-not-found");
		expect(guess("20")).toBe("resource-constraint");
		bench.pass(60);
		expect(bench.say(OWNER, STICKER)).toEqual(["Too many claims that meet no thing: try again in an hour."]);
		expect(guess("21", "other@example.org/x")).toBe("item-not-found");
		bench.pass(3600);
		expect(bench.say(OWNER, STICKER).at(-1)).toBe("Cellar is yours: thing@example.org");
	});

	test("lists what is his", () => {
		const bench = registered();
		expect(bench.say(OWNER, "things")).toEqual(["Nothing is yours yet."]);
		bench.say(OWNER, STICKER);
		expect(bench.say(OWNER, " Things ")).toEqual(["Cellar 77 – thing@example.org (online, public)"]);
		bench.presence(THING, "unavailable");
		expect(bench.say(OWNER, "things")).toEqual(["Cellar 77 – thing@example.org (offline, public)"]);
		expect(bench.say("other@example.org/x", "things")).toEqual(["Nothing is yours yet."]);
	});

	test.each(["cellar", "77", "Thing@example.org"])("disowns %j once the thing has agreed", (name) => {
		const bench = registered();
		bench.say(OWNER, STICKER);
		const [request, ...more] = bench.receive(`<message from='${OWNER}' to='${REGISTRY}'><body>disown ${name}</body></message>`);
		expect(more).toEqual([]);
		expect(bench.answer(request!).map(bodyOf)).toEqual(["Cellar is no longer yours."]);
		expect(bench.say(OWNER, "things")).toEqual(["Nothing is yours yet."]);
	});

	test("R-347-20 tells the nodes behind one address apart, and gives up the one that is meant", () => {
		const bench = registered();
		for (const node of ["n1", "n2"]) {
			const tags = `<str name='KIND' value='meter'/><str name='NO' value='${node}'/>`;
			bench.ask(THING, "set", `<register xmlns='${XEP}' nodeId='${node}'>${tags}</register>`);
			bench.ask(OWNER, "set", `<mine xmlns='${XEP}'>${tags}</mine>`);
		}
		const address = THING.split("/")[0]!;
		expect(bench.say(OWNER, "things").join()).toContain(`– ${address} node n2 (`);
		expect(bench.say(OWNER, `disown ${address}`)).toEqual([
			"More than one is called that: use its address, with its node where it has one."
		]);
		const [request] = bench.receive(
			`<message from='${OWNER}' to='${REGISTRY}' type='chat'><body>disown ${address} node n2</body></message>`
		);
		expect(request!.getChild("disowned", XEP)!.attrs.nodeId).toBe("n2");
		bench.answer(request!);
		expect(bench.say(OWNER, "things").join()).not.toContain("node n2");
		expect(bench.say(OWNER, "things").join()).toContain("node n1");
	});

	test("cannot disown what is away, not his, or not clearly meant", () => {
		const bench = registered();
		bench.say(OWNER, STICKER);
		const [request] = bench.receive(`<message from='${OWNER}' to='${REGISTRY}' type='chat'><body>disown Cellar</body></message>`);
		expect(bench.answer(request!, "error").map(bodyOf)[0]).toMatch(/only while it is online/);
		expect(bench.say(OWNER, "disown")).toEqual(["Nothing of yours is called that: say `things`."]);
		expect(bench.say("other@example.org/x", "disown Cellar")).toEqual(["Nothing of yours is called that: say `things`."]);
		bench.ask("second@example.org/x", "set", `<register xmlns='${XEP}'><str name='NAME' value='Cellar'/></register>`);
		bench.say(OWNER, "iotdisco:NAME=Cellar");
		expect(bench.say(OWNER, "disown Cellar")).toEqual(["More than one is called that: use its address, with its node where it has one."]);
	});

	test("'undefined' is the name of no thing that has none", () => {
		const bench = new Bench();
		bench.ask(THING, "set", `<register xmlns='${XEP}'><str name='MAN' value='example.org'/></register>`);
		bench.say(OWNER, "iotdisco:MAN=example.org");
		expect(bench.say(OWNER, "disown undefined")).toEqual(["Nothing of yours is called that: say `things`."]);
	});

	test("a sticker with characters that XML forbids does not cut the registry off its broker", () => {
		for (const sticker of ["iotdisco:SN=1;R=%00", "iotdisco:SN=1;R=a%EF%BF%BF", "iotdisco:SN=1;R=%1B%5B2J"]) {
			expect(new Bench().say(OWNER, sticker)).toEqual([expect.stringMatching(/^This sticker holds a character/)]);
		}
	});

	test("a long text of blanks does not keep the registry busy", () => {
		const before = Date.now();
		expect(new Bench().say(OWNER, `disown x${" ".repeat(200_000)}y`)).toHaveLength(1);
		expect(Date.now() - before).toBeLessThan(1000);
	});

	test("very many things of one owner do not make an answer that the broker refuses", () => {
		const bench = new Bench();
		for (let at = 0; at < 200; at++) {
			const tags = ["NAME", "MAN", "MODEL", "SN"].map((name) => `<str name='${name}' value='${"&quot;".repeat(125)}${at}'/>`).join("");
			bench.ask(THING, "set", `<register xmlns='${XEP}' nodeId='${at}'>${tags}</register>`);
			bench.ask(OWNER, "set", `<mine xmlns='${XEP}'>${tags}</mine>`);
			bench.pass(60);
		}
		const [answer] = bench.receive(`<message from='${OWNER}' to='${REGISTRY}' type='chat'><body>things</body></message>`);
		expect(bodyOf(answer!)).toMatch(/\n… and 1\d\d more\.$/);
		expect(answer!.toString().length).toBeLessThan(128 * 1024);
	});

	test("is told what there is to say", () => {
		expect(new Bench().say(OWNER, "hello")[0]).toMatch(/iotdisco.*things.*disown/s);
	});

	test("two machines that answer each other come to rest, and people are heard again a minute later", () => {
		const bench = new Bench();
		const heard = () => Array.from({ length: 50 }, () => bench.say(OWNER, "hello").length).filter((answers) => answers > 0).length;
		expect(heard()).toBe(20);
		expect(bench.say("other@example.org/x", "hello")).toHaveLength(1);
		bench.pass(60);
		expect(bench.say(OWNER, "hello")).toHaveLength(1);
	});
});

test("a store that fails is an answer, too, and is reported", () => {
	const bench = new Bench();
	bench.store.put = () => {
		throw new Error("disk full");
	};
	const stanza = `<iq from='${THING}' to='${REGISTRY}' id='q1' type='set'><register xmlns='${XEP}'>${TAGS}</register></iq>`;
	expect(() => bench.receive(stanza)).toThrow("disk full");
	expect(bench.take()[0]?.getChild("error")?.getChild("internal-server-error", ERRORS)).toBeDefined();
});

test("no event ever holds a KEY", () => {
	const bench = registered();
	bench.say(OWNER, STICKER);
	bench.ask("twin@example.org/x", "set", `<register xmlns='${XEP}'>${TAGS}</register>`);
	expect(bench.events.length).toBeGreaterThan(2);
	expect(JSON.stringify(bench.events)).not.toContain("geheim");
});

test("the bench reads what it writes", () => {
	expect(parse("<a xmlns='b'>&lt;</a>").toString()).toBe('<a xmlns="b">&lt;</a>');
});
