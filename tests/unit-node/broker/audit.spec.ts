// What was done at the box, and who is told of it.

import { Bench, expectSame, OPERATOR, REGISTRY } from "./bench.js";

const AUDIT = "urn:extasis:audit:0";
const OWNER = "owner@example.org/phone";

const lived = (): Bench => {
	const bench = new Bench();
	bench.ask("thing@example.org/x", "set", "<register xmlns='urn:xmpp:iot:discovery'><str name='SN' value='1'/></register>");
	bench.ask(OWNER, "set", "<mine xmlns='urn:xmpp:iot:discovery'><str name='SN' value='1'/></mine>");
	bench.ask("thing@example.org/x", "get", "<isFriend xmlns='urn:xmpp:iot:provisioning' jid='s@example.com'/>");
	bench.say(OWNER, "deny 1");
	bench.take();
	return bench;
};

const read = (bench: Bench, from: string, attributes = ""): { events: string; more: string | undefined } => {
	const [answer] = bench.ask(from, "get", `<audit xmlns='${AUDIT}' ${attributes}/>`);
	const audit = answer!.getChild("audit", AUDIT)!;
	return {
		events: audit
			.getChildElements()
			.map(({ attrs }) => `${attrs.number} ${attrs.event}`)
			.join(),
		more: audit.attrs.more
	};
};

test("the operator sees everything, the latest first, page by page", () => {
	const bench = lived();
	const all = "3 denied,2 asked,1 claimed,0 registered";
	expect(read(bench, OPERATOR)).toEqual({ events: all, more: "false" });
	expect(read(bench, `${OPERATOR}/desk`, "most='4'")).toEqual({ events: all, more: "false" });
	expect(read(bench, OPERATOR, "most='2'")).toEqual({ events: "3 denied,2 asked", more: "true" });
	expect(read(bench, OPERATOR, "most='2' before='2'")).toEqual({ events: "1 claimed,0 registered", more: "false" });
	expect(read(bench, OPERATOR, "before='0'")).toEqual({ events: "", more: "false" });
});

test("everybody else sees what he did himself, in words that say what exactly", () => {
	const bench = lived();
	const detail = `{"node":["","",""],"kind":"friend","range":"Caller","who":"s@example.com","fields":[],"categories":1}`;
	expectSame(
		bench.ask(OWNER, "get", `<audit xmlns='${AUDIT}'/>`),
		`<iq type='result' from='${REGISTRY}' to='${OWNER}' id='q1'><audit xmlns='${AUDIT}' more='false'>
			<entry number='3' at='2027-01-15T08:00:00.000Z' event='denied' thing='thing@example.org' by='owner@example.org'>${detail}</entry>
			<entry number='1' at='2027-01-15T08:00:00.000Z' event='claimed' thing='thing@example.org' by='owner@example.org'/>
		</audit></iq>`
	);
	expect(read(bench, "stranger@example.com/x").events).toBe("");
	expect(read(bench, "thing@example.org/x").events).toBe("");
	expect(read(bench, "s@example.com/x").events).toBe("2 asked");
});

test("a node is told apart from the thing that it is behind", () => {
	const bench = new Bench();
	bench.ask("thing@example.org/x", "set", "<register xmlns='urn:xmpp:iot:discovery' nodeId='bed'><str name='SN' value='1'/></register>");
	bench.ask(OWNER, "set", "<mine xmlns='urn:xmpp:iot:discovery'><str name='SN' value='1'/></mine>");
	expectSame(
		bench.ask(OWNER, "get", `<audit xmlns='${AUDIT}'/>`),
		`<iq type='result' from='${REGISTRY}' to='${OWNER}' id='q1'><audit xmlns='${AUDIT}' more='false'>
			<entry number='1' at='2027-01-15T08:00:00.000Z' event='claimed' thing='thing@example.org' node='bed' by='owner@example.org'/>
		</audit></iq>`
	);
});

test("what is no number is refused, and nothing can be written", () => {
	const bench = lived();
	for (const attributes of ["most='0'", "most='-1'", "most='x'", "before=''", "before='1e3'", "before='9999999999'"]) {
		expect(bench.outcome(OPERATOR, "get", `<audit xmlns='${AUDIT}' ${attributes}/>`)).toBe("bad-request");
	}
	expect(bench.outcome(OPERATOR, "set", `<audit xmlns='${AUDIT}'/>`)).toBe("service-unavailable");
});
