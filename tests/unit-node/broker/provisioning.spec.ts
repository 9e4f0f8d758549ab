// The provisioning service as things and owners meet it: golden stanzas by hand after XEP-0324 and the ieee dialect.

import { Bench, bodyOf, expectSame, REGISTRY } from "./bench.js";

const OWNER = "owner@example.org/phone";
const THING = "thing@example.org/x";
const STRANGER = "stranger@example.com";
const DISCO = { xep: "urn:xmpp:iot:discovery", ieee: "urn:ieee:iot:disco:1.0" };
const DEVICE = { xep: "urn:xmpp:iot:provisioning", ieee: "urn:ieee:iot:prov:d:1.0" };
const OWNERS = { xep: "urn:xmpp:iot:provisioning", ieee: "urn:ieee:iot:prov:o:1.0" };
type Name = keyof typeof DEVICE;
const both: Name[] = ["xep", "ieee"];

const registered = (name: Name = "xep"): Bench => {
	const bench = new Bench();
	bench.presence(THING);
	bench.ask(THING, "set", `<register xmlns='${DISCO[name]}'><str name='NAME' value='Cellar'/></register>`);
	return bench;
};

const owned = (name: Name = "xep"): Bench => {
	const bench = registered(name);
	const [claimed] = bench.receive(`<message from='${OWNER}' to='${REGISTRY}' type='chat'><body>iotdisco:NAME=Cellar</body></message>`);
	bench.answer(claimed!);
	return bench;
};

const words = {
	xep: {
		read: `<canRead xmlns='${DEVICE.xep}' jid='${STRANGER}' momentary='true'><field name='Temperature'/><field name='Humidity'/></canRead>`,
		no: `<canReadResponse xmlns='${DEVICE.xep}' jid='${STRANGER}' result='false'/>`,
		one: `<canReadResponse xmlns='${DEVICE.xep}' jid='${STRANGER}' result='true' momentary='true'><field name='Temperature'/></canReadResponse>`,
		forOwner: (key: string) =>
			`<canRead xmlns='${OWNERS.xep}' jid='thing@example.org' remoteJid='${STRANGER}' key='${key}' momentary='true'><field name='Temperature'/><field name='Humidity'/></canRead>`,
		rule: (key: string, result: boolean, more = "", fields = "") =>
			`<canReadRule xmlns='${OWNERS.xep}' jid='thing@example.org' remoteJid='${STRANGER}' key='${key}' result='${result}'${more}>${fields.replace(/(\w+)/g, "<field name='$1'/>")}</canReadRule>`
	},
	ieee: {
		read: `<canRead xmlns='${DEVICE.ieee}' jid='${STRANGER}' m='true'><f n='Temperature'/><f n='Humidity'/></canRead>`,
		no: `<canReadResponse xmlns='${DEVICE.ieee}' jid='${STRANGER}' result='false'/>`,
		one: `<canReadResponse xmlns='${DEVICE.ieee}' jid='${STRANGER}' result='true' m='true'><f n='Temperature'/></canReadResponse>`,
		forOwner: (key: string) =>
			`<canRead xmlns='${OWNERS.ieee}' jid='thing@example.org' remoteJid='${STRANGER}' key='${key}' m='true'><f n='Temperature'/><f n='Humidity'/></canRead>`,
		rule: (key: string, result: boolean, more = "", fields = "") =>
			`<canReadRule xmlns='${OWNERS.ieee}' jid='thing@example.org' remoteJid='${STRANGER}' key='${key}' result='${result}'${more}>${fields.replace(/(\w+)/g, "<f n='$1'/>")}</canReadRule>`
	}
};

/** What the thing is answered; questions to owners aside. */
const decided = (bench: Bench, payload: string, from = THING): string => {
	const answers = bench.ask(from, "get", payload).filter((stanza) => stanza.is("iq") && stanza.attrs.to === from);
	expect(answers).toHaveLength(1);
	return answers[0]!.getChildElements()[0]!.toString();
};

const mayRead = (bench: Bench, jid = STRANGER, inside = "<field name='Temperature'/>", flags = "momentary='true'"): string =>
	decided(bench, `<canRead xmlns='${DEVICE.xep}' jid='${jid}' ${flags}>${inside}</canRead>`);

const isFriend = (bench: Bench, jid = STRANGER): boolean =>
	decided(bench, `<isFriend xmlns='${DEVICE.xep}' jid='${jid}'/>`).includes('result="true"');

describe.each(both)("in %s", (name) => {
	const said = words[name];
	const iq = (payload: string) => `<iq type='result' from='${REGISTRY}' to='${THING}' id='q1'>${payload}</iq>`;

	test("R-324-3 R-324-4 what nobody has decided is denied, and the owner is asked in words and by protocol", () => {
		const bench = owned(name);
		expectSame(
			bench.ask(THING, "get", said.read),
			`<message from='${REGISTRY}' to='owner@example.org' type='chat'><body>stranger@example.com wants to read Temperature, Humidity of Cellar (question 1): answer allow 1, allow 1 Temperature, or deny 1.</body>${words.xep.forOwner("secret1")}${words.ieee.forOwner("secret1")}</message>`,
			iq(said.no)
		);
	});

	test("R-324-6 R-324-10 one field is allowed: the thing forgets, asks again, and gets exactly that one", () => {
		const bench = owned(name);
		bench.ask(THING, "get", said.read);
		const [clear, answer] = bench.receive(
			`<message from='${OWNER}' to='${REGISTRY}' type='chat'><body>allow 1 temperature</body></message>`
		);
		expectSame([clear!], `<iq from='${REGISTRY}' to='${THING}' id='n-2' type='set'><clearCache xmlns='${DEVICE[name]}'/></iq>`);
		expect(bodyOf(answer!)).toBe("Question 1 is allowed for stranger@example.com: Temperature, and nothing else of it.");
		bench.answer(clear!);
		expectSame(bench.ask(THING, "get", said.read), iq(said.one));
	});

	test("R-324-1 R-324-2 friendship: denied, asked, allowed, introduced", () => {
		const bench = owned(name);
		const question = `<isFriend xmlns='${DEVICE[name]}' jid='${STRANGER}'/>`;
		const forOwner = both.map(
			(each) => `<isFriend xmlns='${OWNERS[each]}' jid='thing@example.org' remoteJid='${STRANGER}' key='secret1'/>`
		);
		expectSame(
			bench.ask(THING, "get", question),
			`<message from='${REGISTRY}' to='owner@example.org' type='chat'><body>stranger@example.com wants to be a friend of Cellar (question 1): answer allow 1 or deny 1.</body>${forOwner.join("")}</message>`,
			iq(`<isFriendResponse xmlns='${DEVICE[name]}' jid='${STRANGER}' result='false'/>`)
		);
		const rule = `<isFriendRule xmlns='${OWNERS[name]}' jid='thing@example.org' remoteJid='${STRANGER}' key='secret1' result='true'/>`;
		const sent = bench.ask(OWNER, "set", rule);
		expectSame(
			sent,
			`<message from='${REGISTRY}' to='${THING}'><friend xmlns='${DEVICE[name]}' jid='${STRANGER}'/></message>`,
			`<iq from='${REGISTRY}' to='${THING}' id='n-2' type='set'><clearCache xmlns='${DEVICE[name]}'/></iq>`,
			`<iq type='result' from='${REGISTRY}' to='${OWNER}' id='q1'/>`
		);
		bench.answer(sent[1]!);
		expectSame(bench.ask(THING, "get", question), iq(`<isFriendResponse xmlns='${DEVICE[name]}' jid='${STRANGER}' result='true'/>`));
		const [unfriend] = bench.receive(`<message from='${OWNER}' to='${REGISTRY}' type='chat'><body>forget 2</body></message>`);
		expectSame([unfriend!], `<message from='${REGISTRY}' to='${THING}'><unfriend xmlns='${DEVICE[name]}' jid='${STRANGER}'/></message>`);
	});

	test.each([
		["", "Temperature", ["stranger@example.com"], ["other@example.com", "else@example.net"]],
		[" range='Caller'", "Temperature", ["stranger@example.com"], ["other@example.com", "else@example.net"]],
		[" range='Domain'", "Temperature", ["stranger@example.com", "other@example.com"], ["else@example.net", "a@b.example.com"]],
		[" range='All'", "Temperature", ["stranger@example.com", "other@example.com", "else@example.net"], []]
	])("an owner's program answers by its key%s", (range, fields, allowed, not) => {
		const bench = owned(name);
		bench.ask(THING, "get", said.read);
		const [clear, result] = bench.ask(OWNER, "set", said.rule("secret1", true, range, fields));
		expect(result?.attrs.type).toBe("result");
		bench.answer(clear!);
		for (const jid of allowed) expect(decided(bench, said.read.replace(STRANGER, jid))).toContain('result="true"');
		for (const jid of not) expect(decided(bench, said.read.replace(STRANGER, jid))).toContain('result="false"');
	});

	test("a rule needs its own key, thing, person and owner", () => {
		const bench = owned(name);
		bench.ask(THING, "get", said.read);
		const good = said.rule("secret1", true);
		const bad: [string, string, string][] = [
			[OWNER, said.rule("secret2", true), "item-not-found"],
			[OWNER, good.replace("thing@", "other@"), "item-not-found"],
			[OWNER, good.replace(STRANGER, "other@example.com"), "item-not-found"],
			[OWNER, good.replaceAll("canReadRule", "isFriendRule"), "item-not-found"],
			["stranger@example.com/x", good, "item-not-found"],
			[THING, good, "item-not-found"],
			[OWNER, said.rule("secret1", true, " range='World'"), "bad-request"],
			[OWNER, good.replace(" result='true'", ""), "bad-request"],
			[OWNER, good.replace(/ key='\w+'/, ""), "bad-request"],
			[OWNER, good.replace("result='true'", "result='perhaps'"), "bad-request"]
		];
		for (const [from, payload, condition] of bad) expect([payload, bench.outcome(from, "set", payload)]).toEqual([payload, condition]);
		expect(decided(bench, said.read)).toContain('result="false"');
		bench.ask(OWNER, "set", good);
		// Answered once.
		expect(bench.outcome(OWNER, "set", good)).toBe("item-not-found");
	});
});

describe("who may not decide", () => {
	test("R-324-29 for a thing that nobody owns the answer is no, and nobody is asked", () => {
		const bench = registered();
		expect(bench.ask(THING, "get", words.xep.read)).toHaveLength(1);
		expect(mayRead(bench)).toContain('result="false"');
		expect(isFriend(bench)).toBe(false);
		// Nor for what is no thing at all.
		expect(decided(bench, words.xep.read, "who@example.org/x")).toContain('result="false"');
		expect(bench.say(OWNER, "questions")).toEqual(["Nobody wants anything of your things."]);
	});

	test("R-324-24 for its owner and for the service itself it is yes, and nobody is asked", () => {
		const bench = owned();
		expect(mayRead(bench, "owner@example.org")).toContain('result="true"');
		expect(isFriend(bench, "Owner@example.org/phone")).toBe(true);
		expect(bench.say(OWNER, "questions")).toEqual(["Nobody wants anything of your things."]);
	});

	test("only the owner sees and answers questions, rules, and takes them back", () => {
		const bench = owned();
		mayRead(bench);
		for (const who of ["stranger@example.com/x", "thing@example.org/x", "example.org", "other.example.org"]) {
			expect(bench.say(who, "questions")).toEqual(["Nobody wants anything of your things."]);
			expect(bench.say(who, "allow 1")).toEqual(["There is no such question: say `questions`."]);
			expect(bench.say(who, "allow stranger@example.com")).toEqual(["There is no such question: say `questions`."]);
		}
		expect(mayRead(bench)).toContain('result="false"');
		bench.receive(`<message from='${OWNER}' to='${REGISTRY}' type='chat'><body>allow 1</body></message>`);
		for (const who of ["stranger@example.com/x", "thing@example.org/x"]) {
			expect(bench.say(who, "rules")).toEqual(["You have not decided anything yet."]);
			expect(bench.say(who, "forget 2")).toEqual(["There is no such rule of yours: say `rules`."]);
		}
		expect(mayRead(bench)).toContain('result="true"');
	});

	test.each(["friend", "unfriend", "clearCache", "isFriendResponse"])("%s from anybody moves nothing", (what) => {
		const bench = owned();
		for (const from of [OWNER, THING, "stranger@example.com/x", "other.example.org", "example.org"]) {
			expect(
				bench.receive(`<message from='${from}' to='${REGISTRY}'><${what} xmlns='${DEVICE.xep}' jid='${STRANGER}' result='true'/></message>`)
			).toEqual([]);
			expect(bench.outcome(from, "set", `<${what} xmlns='${DEVICE.xep}' jid='${STRANGER}' result='true'/>`)).toBe(
				what === "clearCache" ? "item-not-found" : "service-unavailable"
			);
		}
		expect(isFriend(bench)).toBe(false);
	});

	test("after a disown nothing of the last owner's counts, also when he claims it again", () => {
		const bench = owned();
		mayRead(bench);
		const [clear] = bench.receive(`<message from='${OWNER}' to='${REGISTRY}' type='chat'><body>allow 1</body></message>`);
		bench.answer(clear!);
		isFriend(bench);
		expect(bench.say(OWNER, "questions")).toEqual(["3: stranger@example.com wants to be a friend of Cellar"]);
		const [disowned] = bench.receive(`<message from='${OWNER}' to='${REGISTRY}' type='chat'><body>disown Cellar</body></message>`);
		bench.answer(disowned!);
		expect(bench.say(OWNER, "questions")).toEqual(["Nobody wants anything of your things."]);
		expect(mayRead(bench)).toContain('result="false"');
		bench.pass(1);
		bench.ask(THING, "set", `<register xmlns='${DISCO.xep}'><str name='NAME' value='Cellar'/></register>`);
		bench.say(OWNER, "iotdisco:NAME=Cellar");
		bench.take();
		expect(bench.say(OWNER, "rules")).toEqual(["You have not decided anything yet."]);
		expect(mayRead(bench)).toContain('result="false"');
	});
});

describe("rules", () => {
	/** Says it and lets the thing acknowledge. */
	const say = (bench: Bench, text: string): string => {
		const sent = bench.receive(`<message from='${OWNER}' to='${REGISTRY}' type='chat'><body>${text}</body></message>`);
		for (const stanza of sent) if (stanza.is("iq")) bench.answer(stanza);
		return bodyOf(sent.at(-1)!);
	};

	test("R-324-7 all fields are allowed where all were asked for, and then nothing is listed", () => {
		const bench = owned();
		mayRead(bench, STRANGER, "");
		expect(say(bench, "questions")).toBe("1: stranger@example.com wants to read all fields of Cellar");
		say(bench, "allow 1");
		expect(mayRead(bench, STRANGER, "")).toBe(`<canReadResponse xmlns="${DEVICE.xep}" jid="${STRANGER}" result="true" momentary="true"/>`);
	});

	test("some of all fields", () => {
		const bench = owned();
		mayRead(bench, STRANGER, "");
		say(bench, "allow 1 Temperature, Wind Speed");
		expect(mayRead(bench, STRANGER, "")).toContain('<field name="Temperature"/><field name="Wind Speed"/>');
		expect(mayRead(bench)).toContain('<field name="Temperature"/>');
		expect(mayRead(bench, STRANGER, "<field name='Humidity'/>")).toContain('result="false"');
		expect(say(bench, "questions")).toBe("Nobody wants anything of your things.");
	});

	test("'all but this field' cannot be said, so it is said by names", () => {
		const bench = owned();
		mayRead(bench, STRANGER, "<field name='Humidity'/>");
		say(bench, "deny 1");
		mayRead(bench, STRANGER, "");
		say(bench, "allow stranger@example.com");
		expect(mayRead(bench, STRANGER, "")).toContain('result="false"');
		expect(mayRead(bench, STRANGER, "<field name='Humidity'/><field name='Temperature'/>")).toContain(
			'result="true" momentary="true"><field name="Temperature"/></'
		);
	});

	test("other kinds of values are another question", () => {
		const bench = owned();
		mayRead(bench);
		say(bench, "allow 1");
		expect(mayRead(bench, STRANGER, "<field name='Temperature'/>", "all='true'")).toContain('result="true" momentary="true">');
		expect(say(bench, "questions")).toMatch(/Temperature \(.*past values\) of Cellar$/);
		say(bench, "allow stranger@example.com");
		expect(mayRead(bench, STRANGER, "<field name='Temperature'/>", "all='true'")).toContain('result="true" all="true">');
	});

	test("closer rules win: he before his domain before everyone, and of two the last", () => {
		const bench = owned();
		mayRead(bench);
		say(bench, "allow 1 for everyone");
		expect(mayRead(bench, "any@example.net")).toContain('result="true"');
		mayRead(bench, STRANGER, "");
		say(bench, "deny stranger@example.com");
		expect(mayRead(bench)).toContain('result="false"');
		expect(mayRead(bench, "other@example.com")).toContain('result="true"');
		expect(say(bench, "rules").split("\n")).toEqual([
			"2: everyone may read Temperature of Cellar",
			"4: stranger@example.com may not read all fields of Cellar"
		]);
		expect(say(bench, "forget 4")).toBe("Rule 4 is forgotten: the next who asks, you are asked again.");
		expect(mayRead(bench)).toContain('result="true"');
	});

	test("an answer for many settles the questions of each of them", () => {
		const bench = owned();
		for (const jid of ["a@x.example", "b@x.example", "c@y.example"]) mayRead(bench, jid);
		say(bench, "deny 1 for domain");
		expect(say(bench, "questions")).toBe("3: c@y.example wants to read Temperature of Cellar");
	});

	test("R-324-5 nodes are decided each by itself", () => {
		const bench = owned();
		mayRead(bench, STRANGER, "<node nodeId='A'/><node nodeId='B'/>");
		expect(say(bench, "questions").split("\n")).toEqual([
			"1: stranger@example.com wants to read all fields of A at Cellar",
			"2: stranger@example.com wants to read all fields of B at Cellar"
		]);
		say(bench, "allow 2");
		expect(mayRead(bench, STRANGER, "<node nodeId='A'/><node nodeId='B'/>")).toContain('momentary="true"><node nodeId="B"/></');
		expect(mayRead(bench, STRANGER, "")).toContain('result="false"');
	});

	test("part of history is nothing in a dialect that has one word for all of it", () => {
		const bench = owned();
		mayRead(bench, STRANGER, "", "historicalDay='true'");
		say(bench, "allow 1");
		expect(decided(bench, `<canRead xmlns='${DEVICE.ieee}' jid='${STRANGER}' h='true'/>`)).toContain('result="false"');
		expect(mayRead(bench, STRANGER, "", "historicalDay='true'")).toContain('historicalDay="true"');
	});

	test("what is not meant is said", () => {
		const bench = owned();
		mayRead(bench);
		isFriend(bench);
		expect(say(bench, "allow 1 Colour")).toBe("Question 1 is not about Colour, but about Temperature.");
		expect(say(bench, "allow 2 Temperature")).toBe("That question is not about fields.");
		expect(say(bench, "deny 1 Temperature")).toMatch(/^What is denied/);
		expect(say(bench, "allow")).toBe("There is no such question: say `questions`.");
		expect(say(bench, "forget 1")).toBe("There is no such rule of yours: say `rules`.");
		expect(say(bench, "questions").split("\n")).toHaveLength(2);
	});
});

describe("a thing that is away", () => {
	test("is told when it comes, and again until it has acknowledged", () => {
		const bench = owned();
		mayRead(bench);
		const say = (text: string) => bench.receive(`<message from='${OWNER}' to='${REGISTRY}' type='chat'><body>${text}</body></message>`);
		const [lost] = say("allow 1");
		expect(
			bench.answer(lost!, "error", "<error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>")
		).toEqual([]);
		const isClear = (stanza: { toString(): string }) => stanza.toString().includes("<clearCache");
		const [again] = bench.presence("thing@example.org/y").filter(isClear);
		expect(again?.attrs.to).toBe("thing@example.org/y");
		// While it is being told it is not told twice.
		expect(bench.presence("thing@example.org/y").filter(isClear)).toEqual([]);
		bench.answer(again!);
		expect(bench.presence("thing@example.org/y").filter(isClear)).toEqual([]);
	});

	test("a word of the last owner's is not told under the next", () => {
		const bench = owned();
		isFriend(bench);
		const say = (who: string, text: string) =>
			bench.receive(`<message from='${who}' to='${REGISTRY}' type='chat'><body>${text}</body></message>`);
		const [friend, clear] = say(OWNER, "allow 1");
		expect(friend?.toString()).toContain("<friend");
		bench.answer(clear!, "error");
		const [disowned] = say(OWNER, "disown Cellar");
		bench.answer(disowned!);
		bench.ask(THING, "set", `<register xmlns='${DISCO.xep}'><str name='NAME' value='Cellar'/></register>`);
		say("heir@example.org/x", "iotdisco:NAME=Cellar");
		const sent = bench.presence(THING).map((stanza) => stanza.toString());
		expect(sent.some((stanza) => stanza.includes("<clearCache"))).toBe(true);
		expect(sent.some((stanza) => stanza.includes("friend"))).toBe(false);
	});

	test("two acknowledgements of one change do not make up for the next change", () => {
		const bench = owned();
		mayRead(bench);
		const say = (text: string) => bench.receive(`<message from='${OWNER}' to='${REGISTRY}' type='chat'><body>${text}</body></message>`);
		const [first] = say("allow 1");
		const [second] = bench.presence("thing@example.org/y").filter((stanza) => stanza.toString().includes("<clearCache"));
		bench.answer(second!);
		bench.answer(first!);
		expect(say("forget 2")[0]?.toString()).toContain("<clearCache");
	});

	test("a clock that was set back makes no rule void", () => {
		const bench = owned();
		bench.pass(-7200);
		mayRead(bench);
		bench.receive(`<message from='${OWNER}' to='${REGISTRY}' type='chat'><body>allow 1</body></message>`);
		expect(mayRead(bench)).toContain('result="true"');
	});

	test("what changes while it is being told is told, too", () => {
		const bench = owned();
		mayRead(bench);
		const say = (text: string) => bench.receive(`<message from='${OWNER}' to='${REGISTRY}' type='chat'><body>${text}</body></message>`);
		const [first] = say("allow 1");
		expect(say("forget 2")).toHaveLength(1);
		const [second] = bench.answer(first!);
		expect(second?.toString()).toContain("<clearCache");
		expect(bench.answer(second!)).toEqual([]);
	});

	test("nothing is lost with the connection to the broker", () => {
		const bench = owned();
		mayRead(bench);
		bench.receive(`<message from='${OWNER}' to='${REGISTRY}' type='chat'><body>allow 1</body></message>`);
		bench.service.disconnected();
		expect(bench.take()).toEqual([]);
		const [stanza] = bench.presence(THING);
		expect(stanza?.toString()).toContain("<clearCache");
	});
});

describe("whoever asks too much", () => {
	const count = (bench: Bench): number => {
		const [text] = bench.say(OWNER, "questions");
		return text!.startsWith("Nobody") ? 0 : text!.split("\n").length;
	};

	test("R-324-28 the same question waits once, whatever the order of its names", () => {
		const bench = owned();
		for (let at = 0; at < 5; at++) {
			mayRead(bench, STRANGER, "<field name='A'/><field name='B'/>");
			mayRead(bench, STRANGER, "<field name='B'/><field name='A'/>");
		}
		expect(count(bench)).toBe(1);
	});

	test("one requester, one thing: so many questions and no more", () => {
		const bench = owned();
		for (let at = 0; at < 30; at++) mayRead(bench, STRANGER, `<field name='F${at}'/>`);
		expect(count(bench)).toBe(5);
		for (let at = 0; at < 30; at++) mayRead(bench, `bot${at}@example.net`);
		expect(count(bench)).toBe(20);
	});

	test("an old question makes room, and is asked anew", () => {
		const bench = owned();
		for (let at = 0; at < 30; at++) mayRead(bench, `bot${at}@example.net`);
		bench.pass(8 * 24 * 3600);
		expect(count(bench)).toBe(0);
		mayRead(bench, "bot0@example.net");
		expect(count(bench)).toBe(1);
		expect(bench.store.decisions.questionsOf("owner@example.org")).toHaveLength(1);
	});

	test("names of strangers are shown on one short line", () => {
		const bench = owned();
		mayRead(bench, "a\u202eb@example.com", `<field name='${"x".repeat(200)}'/><field name='&#10;2: owner@example.org wants'/>`);
		const [text] = bench.say(OWNER, "questions");
		expect(text).toBe(`1: ab@example.com wants to read ${"x".repeat(63)}…, 2: owner@example.org wants of Cellar`);
	});

	test.each([
		["<isFriend xmlns='urn:xmpp:iot:provisioning'/>"],
		["<isFriend xmlns='urn:xmpp:iot:provisioning' jid='example.org'/>"],
		["<isFriend xmlns='urn:xmpp:iot:provisioning' jid='@'/>"],
		["<isFriend xmlns='urn:xmpp:iot:provisioning' jid='a b@c'/>"],
		[`<canRead xmlns='urn:xmpp:iot:provisioning' jid='${STRANGER}'><field name=''/></canRead>`],
		[`<canRead xmlns='urn:xmpp:iot:provisioning' jid='${STRANGER}'><node/></canRead>`],
		[`<canRead xmlns='urn:xmpp:iot:provisioning' jid='${STRANGER}' momentary='ja'/>`],
		[
			`<canRead xmlns='urn:xmpp:iot:provisioning' jid='${STRANGER}'>${Array.from({ length: 65 }, (_, at) => `<field name='${at}'/>`).join("")}</canRead>`
		]
	])("%s is a bad request", (payload) => {
		expect(owned().outcome(THING, "get", payload)).toBe("bad-request");
	});
});

test("R-347-2 disco#info lists what things and owners ask", () => {
	const [answer] = new Bench().ask(OWNER, "get", "<query xmlns='http://jabber.org/protocol/disco#info'/>");
	for (const namespace of [...Object.values(DEVICE), ...Object.values(OWNERS)]) expect(answer!.toString()).toContain(`var="${namespace}"`);
});
