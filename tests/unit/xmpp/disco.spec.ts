// What we say that we are, and what we learn of others.
import { limits } from "../../../src/limits.js";
import { Disco, type DiscoInfo, requestInfo, requestItems } from "../../../src/xmpp/disco.js";
import type { StanzaError } from "../../../src/xmpp/stanza-error.js";
import { TestCrypto } from "../../support/crypto.js";
import { errorAnswer, errorElement, IQBench } from "../../support/iq-bench.js";

const INFO = "http://jabber.org/protocol/disco#info";
const ITEMS = "http://jabber.org/protocol/disco#items";
const OWNER = "owner@a.example/phone";
const crypto = new TestCrypto();

function exodus(bench: IQBench): Disco {
	const disco = new Disco({
		router: bench.router,
		identity: { category: "client", type: "pc", name: "Exodus 0.9.1" },
		node: "http://code.google.com/p/exodus",
		allowed: (from) => from === OWNER
	});
	disco.add("http://jabber.org/protocol/muc");
	return disco;
}

const exodusInfo =
	"<identity category='client' type='pc' name='Exodus 0.9.1'/>" +
	"<feature var='http://jabber.org/protocol/caps'/>" +
	`<feature var='${INFO}'/>` +
	`<feature var='${ITEMS}'/>` +
	"<feature var='http://jabber.org/protocol/muc'/>";

describe("disco of us", () => {
	test("the verification string is that of XEP-0115 5.2", () => {
		expect(exodus(new IQBench()).verification(crypto)).toBe("QgayPKawpkPSDYmwT/WM94uAlu0=");
	});

	test("R-323-2 the hash in presence is that of the features in disco#info, asked for by it", () => {
		const bench = new IQBench();
		const disco = exodus(bench);
		disco.add("urn:xmpp:iot:sensordata");
		const { node, ver } = disco.caps(crypto);
		const [answer] = bench.ask("get", `<query xmlns='${INFO}' node='${node}#${ver}'/>`, OWNER);
		expect(answer).toContain(`<query xmlns='${INFO}' node='${node}#${ver}'>`);
		const features = answer!
			.split("var='")
			.slice(1)
			.map((text) => text.slice(0, text.indexOf("'")));
		expect(features).toContain("urn:xmpp:iot:sensordata");
		expect(features).toEqual([...features].sort());
		const text = `client/pc//Exodus 0.9.1<${features.join("<")}<`;
		const hash = crypto.digest("SHA-1", Uint8Array.from(Array.from(text, (letter) => letter.charCodeAt(0))));
		let base64 = "";
		const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
		for (let at = 0; at < 21; at += 3) {
			const bits = (hash[at]! << 16) | (hash[at + 1]! << 8) | (hash[at + 2] ?? 0);
			base64 += letters[bits >> 18]! + letters[(bits >> 12) & 63]! + letters[(bits >> 6) & 63]! + letters[bits & 63]!;
		}
		expect(ver).toBe(`${base64.slice(0, 27)}=`);
	});

	test("info answers what we are", () => {
		const bench = new IQBench();
		exodus(bench);
		expect(bench.ask("get", `<query xmlns='${INFO}'/>`, OWNER)).toEqual([
			`<iq to='${OWNER}' type='result' id='q1'><query xmlns='${INFO}'>${exodusInfo}</query></iq>`
		]);
	});

	test("a feature is there once, and a new one makes another hash", () => {
		const disco = exodus(new IQBench());
		const before = disco.verification(crypto);
		disco.add("http://jabber.org/protocol/muc");
		expect(disco.features).toHaveLength(4);
		expect(disco.verification(crypto)).toBe(before);
		disco.add("a");
		expect(disco.features[0]).toBe("a");
		expect(disco.verification(crypto)).not.toBe(before);
	});

	test.each([
		["info", INFO, "another"],
		["info", INFO, "http://code.google.com/p/exodus"],
		["info", INFO, "http://code.google.com/p/exodus#undefined"],
		["items", ITEMS, "another"]
	])("%s of a node that is not there is not found", (_, namespace, node) => {
		const bench = new IQBench();
		exodus(bench).verification(crypto);
		expect(bench.ask("get", `<query xmlns='${namespace}' node='${node}'/>`, OWNER)).toEqual([
			errorAnswer("item-not-found", "cancel", OWNER)
		]);
	});

	test("items are none", () => {
		const bench = new IQBench();
		exodus(bench);
		expect(bench.ask("get", `<query xmlns='${ITEMS}'/>`, OWNER)).toEqual([
			`<iq to='${OWNER}' type='result' id='q1'><query xmlns='${ITEMS}'/></iq>`
		]);
	});

	test.each([
		["info", `<query xmlns='${INFO}'/>`],
		["info of a node", `<query xmlns='${INFO}' node='x'/>`],
		["items", `<query xmlns='${ITEMS}'/>`],
		["items of a node", `<query xmlns='${ITEMS}' node='x'/>`],
		["a served payload", "<ask xmlns='urn:example'/>"]
	])("a stranger who asks for %s sees what he sees where nothing is", (_, payload) => {
		const bench = new IQBench();
		let served = 0;
		exodus(bench).serve("ask", "urn:example", () => served++);
		const stranger = "stranger@b.example/x";
		const nothing = bench.ask("get", "<nothing xmlns='urn:nothing'/>", stranger);
		expect(bench.ask("get", payload, stranger)).toEqual(nothing);
		expect(served).toBe(0);
	});

	test("a name that would break the hash is refused", () => {
		const { router } = new IQBench();
		const identity = { category: "client", type: "bot", name: "a<b" };
		expect(() => new Disco({ router, identity, node: "urn:x", allowed: () => true })).toThrow("no <");
	});
});

describe("disco of others", () => {
	type Result = { info: DiscoInfo | undefined; error: StanzaError | undefined };

	function info(bench: IQBench, wanted?: readonly string[]): Result[] {
		const results: Result[] = [];
		requestInfo(bench.router, "registry.a.example", (info, error) => results.push({ info, error }), { wanted });
		return results;
	}

	test("identities and features are given", () => {
		const bench = new IQBench();
		const results = info(bench);
		expect(bench.request).toBe(`<iq to='registry.a.example' type='get'><query xmlns='${INFO}'/></iq>`);
		bench.answer(`<query xmlns='${INFO}'>${exodusInfo}<x xmlns='jabber:x:data'/><feature/></query>`);
		expect(results).toEqual([
			{
				info: {
					identities: [{ category: "client", type: "pc", name: "Exodus 0.9.1" }],
					features: ["http://jabber.org/protocol/caps", INFO, ITEMS, "http://jabber.org/protocol/muc"]
				},
				error: undefined
			}
		]);
	});

	test("a list without end is not kept, the wanted feature at its end is", () => {
		const many = Array.from({ length: 1000 }, (_, n) => `<feature var='urn:example:${n}'/><identity category='c${n}' type='t'/>`).join("");
		const answer = `<query xmlns='${INFO}'>${many}<feature var='urn:last'/></query>`;
		const bench = new IQBench();
		const all = info(bench);
		bench.answer(answer);
		expect(all[0]!.info?.features).toHaveLength(limits.discoFeatures);
		expect(all[0]!.info?.identities).toHaveLength(limits.discoIdentities);
		const some = info(bench, ["urn:other", "urn:last"]);
		bench.answer(answer);
		expect(some[0]!.info?.features).toEqual(["urn:last"]);
	});

	test("an error is given", () => {
		const bench = new IQBench();
		const results = info(bench);
		bench.answer(errorElement("service-unavailable", "cancel"), "error");
		expect(results).toEqual([{ info: undefined, error: { condition: "service-unavailable", type: "cancel" } }]);
	});

	test("items come one by one: those with a JID and without a node", () => {
		const bench = new IQBench();
		const items: string[] = [];
		const done: unknown[] = [];
		requestItems(
			bench.router,
			"a.example",
			(jid) => items.push(jid),
			(error) => done.push(error)
		);
		expect(bench.request).toBe(`<iq to='a.example' type='get'><query xmlns='${ITEMS}'/></iq>`);
		bench.answer(
			`<query xmlns='${ITEMS}'><item jid='one.a.example' name='One'/><item/><item jid='@'/><item jid='two.a.example' node='n'/>` +
				"<item jid='three.a.example' xmlns='urn:other'/><other jid='four.a.example'/><item jid='five.a.example'/></query>"
		);
		expect(items).toEqual(["one.a.example", "five.a.example"]);
		expect(done).toEqual([undefined]);
	});
});
