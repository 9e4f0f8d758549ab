// Every privileged element, sent to the box by everybody: who gets which outcome, and that nobody but its owner moves anything of a thing.

import { Bench, OPERATOR, REGISTRY } from "./bench.js";

const DISCO = { xep: "urn:xmpp:iot:discovery", ieee: "urn:ieee:iot:disco:1.0" };
const DEVICE = { xep: "urn:xmpp:iot:provisioning", ieee: "urn:ieee:iot:prov:d:1.0" };
const OWNERS = { xep: "urn:xmpp:iot:provisioning", ieee: "urn:ieee:iot:prov:o:1.0" };
const KEYS = "urn:extasis:keys:0";
type Name = keyof typeof DEVICE;

const THING = "thing@example.org/x";
const FRIEND = "friend@example.com";

/** In the order of the columns below. */
const senders = {
	owner: "owner@example.org/phone",
	// As a client of a careless broker might be stamped.
	"owner in capitals": "Owner@EXAMPLE.org/phone",
	"owner without a resource": "owner@example.org",
	"owner of something else": "other@example.org/phone",
	"user of the domain": "user@example.org/x",
	friend: `${FRIEND}/x`,
	stranger: "stranger@example.net/x",
	"the thing": THING,
	"another thing": "second@example.org/x",
	"the domain": "example.org",
	"another component": "other.example.org",
	"the box itself": REGISTRY,
	"a user of the box's name": `owner@${REGISTRY}/x`,
	"a longer name": "owner@example.org.example.net/phone",
	"the name as a resource": "evil@example.net/owner@example.org"
};
type Sender = keyof typeof senders;

/** A thing that is the owner's, with a friend who may read, an open wish of the friend's to set something, another's thing, and a key. */
const scene = (name: Name): Bench => {
	const bench = new Bench();
	const claim = (thing: string, tag: string, owner: string) => {
		bench.presence(thing);
		bench.ask(thing, "set", `<register xmlns='${DISCO[name]}'><str name='SN' value='${tag}'/><str name='KEY' value='k'/></register>`);
		const [claimed] = bench.ask(
			owner,
			"set",
			`<mine xmlns='${DISCO[name]}'><str name='SN' value='${tag}'/><str name='KEY' value='k'/></mine>`
		);
		bench.answer(claimed!);
	};
	claim(THING, "1", senders.owner);
	claim(senders["another thing"], "2", senders["owner of something else"]);
	bench.ask(`${OPERATOR}/x`, "set", `<add xmlns='${KEYS}' name='batch' accounts='1'/>`);
	// secret1 and secret2 are the key's, secret3 is the question's that is answered, secret4 the open one's.
	bench.ask(THING, "get", `<canRead xmlns='${DEVICE[name]}' jid='${FRIEND}'/>`);
	bench.ask(
		senders.owner,
		"set",
		`<canReadRule xmlns='${OWNERS[name]}' jid='thing@example.org' remoteJid='${FRIEND}' key='secret3' result='true'/>`
	);
	for (const stanza of bench.take()) bench.answer(stanza);
	bench.ask(THING, "get", `<canControl xmlns='${DEVICE[name]}' jid='${FRIEND}'><parameter name='Relay'/></canControl>`);
	return bench;
};

/** All that the box knows but presence, and what was only asked. */
const state = ({ store }: Bench): string =>
	JSON.stringify({
		things: ["thing@example.org", "second@example.org"].map((jid) => store.ofJID(jid)),
		rules: ["thing@example.org", "second@example.org"].map((jid) => store.decisions.rulesAt(jid)),
		questions: store.decisions.questionsAt("thing@example.org"),
		keys: store.keys.keys()
	});

const rule = (word: string) => (name: Name) =>
	`<${word} xmlns='${OWNERS[name]}' jid='thing@example.org' remoteJid='${FRIEND}' key='secret4' result='true' range='All'/>`;
const jid = "jid='thing@example.org'";

/** What is sent; what its rightful senders get, "later" where the thing is asked first; what everybody else gets. */
const elements: [string, "get" | "set", (name: Name) => string, Partial<Record<Sender, string>>, string][] = [
	[
		"mine",
		"set",
		(name) => `<mine xmlns='${DISCO[name]}'><str name='SN' value='1'/><str name='KEY' value='k'/></mine>`,
		owners(""),
		"item-not-found"
	],
	["remove", "set", (name) => `<remove xmlns='${DISCO[name]}' ${jid}/>`, owners(""), "item-not-found"],
	["disown", "set", (name) => `<disown xmlns='${DISCO[name]}' ${jid}/>`, owners("later"), "item-not-found"],
	[
		"update",
		"set",
		(name) => `<update xmlns='${DISCO[name]}' ${jid}><str name='NAME' value='x'/></update>`,
		{ ...owners(""), "the thing": "" },
		"item-not-found"
	],
	["canControlRule", "set", rule("canControlRule"), owners(""), "item-not-found"],
	["canReadRule for another question", "set", rule("canReadRule"), {}, "item-not-found"],
	["isFriendRule for another question", "set", rule("isFriendRule"), {}, "item-not-found"],
	["clearCache", "set", (name) => `<clearCache xmlns='${OWNERS[name]}' ${jid}/>`, owners(""), "item-not-found"],
	["deleteRules", "set", (name) => `<deleteRules xmlns='${OWNERS[name]}' ${jid}/>`, owners(""), "item-not-found"],
	["registration", "set", () => `<registration xmlns='${KEYS}' user='x'/>`, { "the domain": "not-acceptable" }, "forbidden"],
	["registration form", "get", () => `<registration xmlns='${KEYS}'/>`, { "the domain": "" }, "forbidden"],
	["add", "set", () => `<add xmlns='${KEYS}' name='mine' accounts='9'/>`, {}, "forbidden"],
	["keys", "get", () => `<keys xmlns='${KEYS}'/>`, {}, "forbidden"],
	["revoke", "set", () => `<revoke xmlns='${KEYS}' name='batch'/>`, {}, "forbidden"],
	// Words of the box's own, to things: nobody can say them to it.
	...["claimed", "removed", "disowned"].map((word): (typeof elements)[number] => [
		word,
		"set",
		(name) => `<${word} xmlns='${DISCO[name]}' ${jid}/>`,
		{},
		"service-unavailable"
	]),
	...["friend", "unfriend", "isFriendResponse", "canReadResponse", "canControlResponse"].map((word): (typeof elements)[number] => [
		word,
		"set",
		(name) => `<${word} xmlns='${DEVICE[name]}' jid='${FRIEND}' result='true'/>`,
		{},
		"service-unavailable"
	])
];

function owners(outcome: string): Partial<Record<Sender, string>> {
	return { owner: outcome, "owner in capitals": outcome, "owner without a resource": outcome };
}

describe.each<Name>(["xep", "ieee"])("in %s", (name) => {
	test.each(elements)("%s", (_, type, write, rightful, otherwise) => {
		for (const [sender, from] of Object.entries(senders) as [Sender, string][]) {
			const bench = scene(name);
			const before = state(bench);
			const sent = bench.ask(from, type, write(name));
			const answers = sent.filter(({ attrs }) => attrs.to === from && attrs.id === "q1");
			const outcome = answers.length === 0 ? "later" : (answers[0]!.getChild("error")?.getChildElements()[0]?.getName() ?? "");
			const expected = rightful[sender] ?? otherwise;
			expect(`${sender}: ${outcome}`).toBe(`${sender}: ${expected}`);
			expect(answers.length).toBeLessThanOrEqual(1);
			if (rightful[sender] !== undefined) continue;
			// To who may not, nothing else is said either, and nobody hears of it.
			expect(sent).toHaveLength(1);
			expect(state(bench)).toBe(before);
		}
	});

	test("what a thing asks is answered about the asker's own things, whoever it says it is", () => {
		for (const [sender, from] of Object.entries(senders) as [Sender, string][]) {
			const bench = scene(name);
			const [answer, ...more] = bench.ask(from, "get", `<canRead xmlns='${DEVICE[name]}' jid='${FRIEND}'/>`);
			const said = `${sender}: ${answer?.getChildElements()[0]?.attrs.result}`;
			if (sender === "another thing") {
				// Its owner is asked first.
				expect(answer?.attrs.to).toBe("other@example.org");
				expect(more[0]?.getChildElements()[0]?.attrs.result).toBe("false");
			} else {
				expect(said).toBe(`${sender}: ${sender === "the thing"}`);
				expect(more).toEqual([]);
			}
		}
	});

	test("what an owner says in words moves his own and nobody else's", () => {
		for (const [sender, from] of Object.entries(senders) as [Sender, string][]) {
			if (owners("")[sender] !== undefined) continue;
			for (const words of [
				"allow 3",
				`allow ${FRIEND}`,
				"deny 3",
				"forget 2",
				"disown 1",
				"disown thing@example.org",
				"iotdisco:SN=1;KEY=k"
			]) {
				const bench = scene(name);
				const before = state(bench);
				const sent = bench.receive(`<message from='${from}' to='${REGISTRY}' type='chat'><body>${words}</body></message>`);
				expect(sent.map(({ attrs }) => attrs.to)).toEqual([from]);
				expect(state(bench)).toBe(before);
			}
		}
	});
});

describe("an answer to what the box asked a thing", () => {
	/** The owner gives the thing up; who says that the thing said so? */
	test.each(Object.keys(senders) as Sender[])("'disowned' acknowledged by %s", (sender) => {
		const bench = scene("xep");
		const [disowned] = bench.ask(senders.owner, "set", `<disown xmlns='${DISCO.xep}' ${jid}/>`);
		expect(disowned?.getChild("disowned")).toBeDefined();
		bench.receive(`<iq from='${senders[sender]}' to='${REGISTRY}' id='${disowned!.attrs.id}' type='result'/>`);
		expect(bench.store.ofJID("thing@example.org")[0]?.owner).toBe(sender === "the thing" ? undefined : "owner@example.org");
	});
});
