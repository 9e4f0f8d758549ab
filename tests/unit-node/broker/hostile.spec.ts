// Input that is meant to break the box, on the store that lasts: names that are programs, very much of everything, everybody at once, and the power gone in between.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach } from "@jest/globals";
import { SQLiteStore } from "../../../hosts/broker/sqlite.js";
import { Bench, bodyOf, OPERATOR, REGISTRY, XEP } from "./bench.js";

const PROVISIONING = "urn:xmpp:iot:provisioning";
const KEYS = "urn:extasis:keys:0";
const OWNER = "owner@example.org/phone";

let folder = "";
let store: SQLiteStore;
const open = (): SQLiteStore => new SQLiteStore(join(folder, "registry.db"));
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "extasis-hostile-"));
	store = open();
});
afterEach(() => {
	store.close();
	rmSync(folder, { recursive: true });
});

const attribute = (text: string): string =>
	text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll("'", "&apos;").replaceAll("\n", "&#10;");
const claim = (bench: Bench, thing: string, tag: string, owner = OWNER): void => {
	const tags = `<str name='SN' value='${attribute(tag)}'/>`;
	bench.presence(thing);
	bench.ask(thing, "set", `<register xmlns='${XEP}'>${tags}</register>`);
	const [claimed] = bench.ask(owner, "set", `<mine xmlns='${XEP}'>${tags}</mine>`);
	bench.answer(claimed!);
};
const canRead = (bench: Bench, thing: string, who: string, fields: readonly string[] = ["T"]): string => {
	const names = fields.map((name) => `<field name='${attribute(name)}'/>`).join("");
	const sent = bench.ask(thing, "get", `<canRead xmlns='${PROVISIONING}' jid='${attribute(who)}' momentary='true'>${names}</canRead>`);
	const [answer, ...more] = sent.filter(({ attrs }) => attrs.to === thing && attrs.id === "q1");
	expect(more).toEqual([]);
	return answer!.getChild("error")?.getChildElements()[0]?.getName() ?? answer!.getChild("canReadResponse")!.attrs.result!;
};
const say = (bench: Bench, text: string): string => {
	const sent = bench.receive(`<message from='${OWNER}' to='${REGISTRY}' type='chat'><body>${attribute(text)}</body></message>`);
	for (const stanza of sent) if (stanza.getChild("clearCache")) bench.answer(stanza);
	return bodyOf(sent.find(({ attrs }) => attrs.to === OWNER)!);
};

const PROGRAMS = [
	"'; DROP TABLE rule; --",
	'"; DELETE FROM thing WHERE "1"="1',
	"' OR '1'='1",
	"%",
	"_",
	"\\",
	"__proto__",
	"constructor",
	"toString",
	"{}",
	"[]",
	"null",
	"\u202eevil",
	"😀".repeat(30)
];

describe("a name that is a program is a name", () => {
	test.each(PROGRAMS)("of a field: %j", (name) => {
		const bench = new Bench(store);
		claim(bench, "t@x/1", "1");
		expect(canRead(bench, "t@x/1", "s@y", [name, "T"])).toBe("false");
		expect(say(bench, "allow 1")).toMatch(/^Question 1 is allowed for s@y\.$/);
		expect(canRead(bench, "t@x/1", "s@y", [name])).toBe("true");
		expect(canRead(bench, "t@x/1", "s@y", [`${name}2`])).toBe("false");
		expect(store.decisions.rulesAt("t@x")[0]?.fields).toEqual([name, "T"]);
	});

	test.each(PROGRAMS)("of a tag's value, as a NAME and in a search: %j", (name) => {
		const bench = new Bench(store);
		claim(bench, "t@x/1", name);
		bench.ask("t@x/1", "set", `<update xmlns='${XEP}'><str name='NAME' value='${attribute(name)}'/></update>`);
		for (const operator of ["strEq", "strMask"]) {
			const [answer] = bench.ask(
				"s@y/1",
				"get",
				`<search xmlns='${XEP}'><${operator} name='SN' value='${attribute(name)}' wildcard='*'/></search>`
			);
			expect(
				answer!
					.getChild("found")!
					.getChildElements()
					.map(({ attrs }) => attrs.jid)
			).toEqual(["t@x"]);
		}
		const [other] = bench.ask("s@y/1", "get", `<search xmlns='${XEP}'><strEq name='SN' value='${attribute(name)}x'/></search>`);
		expect(other!.getChild("found")!.getChildElements()).toEqual([]);
		expect(say(bench, "things").split("\n")).toHaveLength(1);
	});

	test("of a key, a nonce or an account", () => {
		const bench = new Bench(store);
		for (const name of PROGRAMS) {
			expect(bench.outcome(OPERATOR, "set", `<add xmlns='${KEYS}' name='${attribute(name)}' accounts='1'/>`)).toMatch(/^(bad-request)?$/);
			store.keys.addNonce(name, name, 10);
			store.keys.addMade(name, name, 10);
			expect([store.keys.hasNonce(name, name), store.keys.hasMade(name, name), store.keys.made(`${name}x`)]).toEqual([true, true, 0]);
		}
		expect(store.keys.nonces(0)).toBe(PROGRAMS.length);
	});
});

describe("an address in capitals is the same address", () => {
	test("of the owner, the asker, the thing and in a rule", () => {
		const bench = new Bench(store);
		claim(bench, "t@x/1", "1", "OWNER@Example.ORG/phone");
		expect(canRead(bench, "t@x/1", "Stranger@Y.example")).toBe("false");
		expect(say(bench, "allow STRANGER@y.EXAMPLE")).toMatch(/is allowed for stranger@y\.example/);
		for (const who of ["stranger@y.example", "STRANGER@Y.EXAMPLE"]) expect(canRead(bench, "T@X/1", who)).toBe("true");
		// ASCII alone: what looks alike elsewhere is somebody else.
		expect(canRead(bench, "t@x/1", "ſtranger@y.example")).toBe("false");
		expect(canRead(bench, "t@x/1", "stranger@y.exampIe")).toBe("false");
	});

	test.each(["", "x", "@y", "s@", "s@y@z", "s @y", "s@y z", `${"a".repeat(1100)}@${"b".repeat(1100)}`])("%j is none", (who) => {
		const bench = new Bench(store);
		claim(bench, "t@x/1", "1");
		expect(canRead(bench, "t@x/1", who)).toBe("bad-request");
	});
});

describe("very much", () => {
	test("of one question is refused whole", () => {
		const bench = new Bench(store);
		claim(bench, "t@x/1", "1");
		const many = (count: number) => Array.from({ length: count }, (_, at) => `f${at}`);
		expect(canRead(bench, "t@x/1", "s@y", many(64))).toBe("false");
		expect(canRead(bench, "t@x/1", "s@y", many(65))).toBe("bad-request");
		expect(canRead(bench, "t@x/1", "s@y", ["n".repeat(257)])).toBe("bad-request");
	});

	test("a form of a hundred thousand fields is refused in a moment, and the next is served", () => {
		const bench = new Bench(store);
		const fields = "<field var='a'><value>b</value></field>".repeat(100_000);
		const registration = `<registration xmlns='${KEYS}' user='x'><x xmlns='jabber:x:data' type='submit'>${fields}</x></registration>`;
		expect(bench.outcome("example.org", "set", registration)).toBe("bad-request");
		expect(bench.outcome("example.org", "set", `<registration xmlns='${KEYS}' user='x'/>`)).toBe("");
	});

	test("a mask of very many wildcards, a search of very many tests", () => {
		const bench = new Bench(store);
		claim(bench, "t@x/1", "a".repeat(128));
		const mask = `<strMask name='SN' value='${"*a".repeat(5000)}b' wildcard='*'/>`;
		expect(bench.outcome("s@y/1", "get", `<search xmlns='${XEP}'>${mask}</search>`)).toBe("");
		expect(bench.outcome("s@y/1", "get", `<search xmlns='${XEP}'>${mask.repeat(33)}</search>`)).toBe("bad-request");
	});

	test("rules of one owner come to an end, and forgetting makes room", () => {
		const bench = new Bench(store);
		claim(bench, "t@x/1", "1");
		const rule = { owner: "owner@example.org", jid: "t@x", node: ["", "", ""] as const, kind: "read" as const, range: "Caller" as const };
		store.transaction(() => {
			for (let at = 0; at < 1000; at++) {
				const number = store.decisions.number(rule.owner);
				store.decisions.putRule({ ...rule, number, who: `s${at}@y`, fields: [], categories: 1, allowed: true, at: bench.now });
			}
		});
		expect(canRead(bench, "t@x/1", "new@y")).toBe("false");
		expect(say(bench, "allow 1001")).toBe("You have too many rules: `forget` some first.");
		expect(canRead(bench, "t@x/1", "new@y")).toBe("false");
		for (const number of [1, 2, 3]) say(bench, `forget ${number}`);
		bench.pass(60);
		expect(say(bench, "allow 1001")).toMatch(/is allowed/);
		expect(canRead(bench, "t@x/1", "new@y")).toBe("true");
	});
});

describe("everybody at once", () => {
	test("a hundred things of ten owners, asked by all at once: each rule decides for its own thing alone", () => {
		const bench = new Bench(store);
		const owners = Array.from({ length: 10 }, (_, at) => `o${at}@x/r`);
		const things = Array.from({ length: 100 }, (_, at) => `t${at}@x/r`);
		for (const [at, thing] of things.entries()) claim(bench, thing, `${at}`, owners[at % 10]);
		// Every question is asked before any is answered; of each owner's ten things he is asked about five, and allows the first.
		for (const thing of things) expect(canRead(bench, thing, "s@y")).toBe("false");
		for (const owner of owners) {
			for (const number of [1, 2, 3, 4, 5]) {
				const sent = bench.receive(
					`<message from='${owner}' to='${REGISTRY}' type='chat'><body>${number === 1 ? "allow" : "deny"} ${number}</body></message>`
				);
				// Two may be told in the wrong order.
				for (const stanza of sent.reverse()) if (stanza.getChild("clearCache")) bench.answer(stanza);
			}
			bench.pass(60);
		}
		const allowed = things.filter((thing) => canRead(bench, thing, "s@y") === "true");
		expect(allowed).toEqual(things.slice(0, 10));
	});

	test("two owners claim at once, one gives up while another decides: who has it at the end decides", () => {
		const bench = new Bench(store);
		claim(bench, "t@x/1", "1");
		canRead(bench, "t@x/1", "s@y");
		const [disowned] = bench.ask(OWNER, "set", `<disown xmlns='${XEP}' jid='t@x'/>`);
		expect(say(bench, "allow 1")).toMatch(/is allowed/);
		expect(canRead(bench, "t@x/1", "s@y")).toBe("true");
		bench.answer(disowned!);
		expect(canRead(bench, "t@x/1", "s@y")).toBe("false");
		claim(bench, "t@x/1", "1", "next@example.org/r");
		expect(canRead(bench, "t@x/1", "s@y")).toBe("false");
		expect(store.decisions.rulesAt("t@x")).toEqual([]);
	});
});

test("the power goes with questions open and a change untold: afterwards the same are open, and the thing is told", () => {
	const before = new Bench(store);
	claim(before, "t@x/1", "1");
	canRead(before, "t@x/1", "s@y");
	canRead(before, "t@x/1", "u@z", ["T", "H"]);
	// The thing does not acknowledge any more.
	before.receive(`<message from='${OWNER}' to='${REGISTRY}' type='chat'><body>allow 1</body></message>`);
	const questions = say(before, "questions");
	expect(questions).toBe("2: u@z wants to read T, H of 1");
	store.close();

	store = open();
	const after = new Bench(store, "m");
	after.service.connected();
	const [clear, ping, ...more] = after.take();
	expect([clear?.attrs.to, clear?.attrs.id, more.length]).toEqual(["t@x/1", "m-1", 0]);
	expect(ping?.getChild("ping", "urn:xmpp:ping")).toBeDefined();
	// An answer that comes late to the box before it is none to this one.
	after.receive(`<iq from='t@x/1' to='${REGISTRY}' id='n-2' type='result'/>`);
	expect(store.decisions.untold()).toHaveLength(1);
	after.answer(clear!);
	expect(store.decisions.untold()).toEqual([]);
	expect(say(after, "questions")).toBe(questions);
	const [question] = store.decisions.questionsOf("owner@example.org");
	const rule = `<canReadRule xmlns='${PROVISIONING}' jid='t@x' remoteJid='u@z' key='${question!.key}' result='true'><field name='H'/></canReadRule>`;
	after.ask(OWNER, "set", rule);
	expect([canRead(after, "t@x/1", "s@y"), canRead(after, "t@x/1", "u@z", ["H"]), canRead(after, "t@x/1", "u@z", ["T"])]).toEqual([
		...["true", "true", "false"]
	]);
});

test("a store that fails allows nothing, and the next question is answered", () => {
	const bench = new Bench(store);
	claim(bench, "t@x/1", "1");
	canRead(bench, "t@x/1", "s@y");
	say(bench, "allow 1");
	const { decisions } = store;
	const rulesAt = decisions.rulesAt.bind(decisions);
	decisions.rulesAt = () => {
		throw new Error("disk full");
	};
	const ask = `<iq from='t@x/1' to='${REGISTRY}' id='q' type='get'><canRead xmlns='${PROVISIONING}' jid='s@y'/></iq>`;
	expect(() => bench.receive(ask)).toThrow("disk full");
	const [answer] = bench.take();
	expect(answer?.getChild("error")?.getChildElements()[0]?.getName()).toBe("internal-server-error");
	decisions.rulesAt = rulesAt;
	expect(canRead(bench, "t@x/1", "s@y")).toBe("true");
});
