// The roster: any length, and changes of it from the own account only.
import { Roster, type RosterItem } from "../../../src/xmpp/roster.js";
import type { StanzaError } from "../../../src/xmpp/stanza-error.js";
import { errorAnswer, errorElement, IQBench } from "../../support/iq-bench.js";

const ROSTER = "jabber:iq:roster";

class RosterBench extends IQBench {
	readonly items: RosterItem[] = [];
	readonly done: (StanzaError | undefined)[] = [];
	readonly roster = new Roster({ router: this.router, onItem: (item) => this.items.push(item) });
}

describe("roster", () => {
	test("comes contact by contact", () => {
		const bench = new RosterBench();
		bench.roster.request((error) => bench.done.push(error));
		expect(bench.request).toBe(`<iq type='get'><query xmlns='${ROSTER}'/></iq>`);
		bench.answer(
			`<query xmlns='${ROSTER}' ver='v1'><item jid='owner@a.example' subscription='both' name='Owner'><group>G</group></item>` +
				"<item jid='asked@a.example' subscription='none' ask='subscribe'/><item jid='from@a.example' subscription='from'/>" +
				"<item jid='to@a.example' subscription='to'/><item jid='plain@a.example'/><item/><item jid='@'/>" +
				"<item jid='gone@a.example' subscription='remove'/><other jid='x@a.example'/></query>"
		);
		expect(bench.items).toEqual([
			{ jid: "owner@a.example", subscription: "both", ask: false },
			{ jid: "asked@a.example", subscription: "none", ask: true },
			{ jid: "from@a.example", subscription: "from", ask: false },
			{ jid: "to@a.example", subscription: "to", ask: false },
			{ jid: "plain@a.example", subscription: "none", ask: false }
		]);
		expect(bench.done).toEqual([undefined]);
	});

	test("of a thousand friends is heard to its end", () => {
		const bench = new RosterBench();
		bench.roster.request((error) => bench.done.push(error));
		const friends = Array.from({ length: 1000 }, (_, n) => `<item jid='friend${n}@a.example' subscription='both'/>`).join("");
		bench.answer(`<query xmlns='${ROSTER}'>${friends}</query>`);
		expect(bench.items).toHaveLength(1000);
		expect(bench.items[999]?.jid).toBe("friend999@a.example");
		expect(bench.done).toEqual([undefined]);
	});

	test("of none is none; an error is told", () => {
		const bench = new RosterBench();
		bench.roster.request((error) => bench.done.push(error));
		bench.answer(`<query xmlns='${ROSTER}'/>`);
		bench.roster.request((error) => bench.done.push(error));
		bench.answer(errorElement("internal-server-error", "cancel"), "error");
		expect(bench.items).toEqual([]);
		expect(bench.done).toEqual([undefined, { condition: "internal-server-error", type: "cancel" }]);
	});

	test.each([undefined, "thing@a.example", "Thing@A.example"])("a change from the own account (%s) is taken and confirmed", (from) => {
		const bench = new RosterBench();
		const to = from === undefined ? "" : ` to='${from}'`;
		const push = `<query xmlns='${ROSTER}'><item jid='owner@a.example' subscription='remove'/></query>`;
		expect(bench.ask("set", push, from)).toEqual([`<iq${to} type='result' id='q1'/>`]);
		expect(bench.items).toEqual([{ jid: "owner@a.example", subscription: "remove", ask: false }]);
	});

	test.each(["mallory@b.example/x", "owner@a.example", "a.example", "thing@a.example/other"])("a change from %s is not taken", (from) => {
		const bench = new RosterBench();
		const push = `<query xmlns='${ROSTER}'><item jid='mallory@b.example' subscription='both'/></query>`;
		expect(bench.ask("set", push, from)).toEqual([errorAnswer("service-unavailable", "cancel", from)]);
		expect(bench.items).toEqual([]);
	});

	test.each([
		["no item", ""],
		["two items", "<item jid='a@a.example'/><item jid='b@a.example'/>"],
		["no JID", "<item/>"],
		["something else", "<thing jid='a@a.example'/>"]
	])("a change with %s is a bad request", (_, content) => {
		const bench = new RosterBench();
		const [answer] = bench.ask("set", `<query xmlns='${ROSTER}'>${content}</query>`);
		expect(answer).toContain("<bad-request ");
		expect(bench.items).toEqual([]);
	});

	test("nobody may read it", () => {
		const bench = new RosterBench();
		expect(bench.ask("get", `<query xmlns='${ROSTER}'/>`)).toEqual([errorAnswer("service-unavailable", "cancel")]);
	});

	test("a contact is removed by bare JID; one who is not there is removed too", () => {
		const bench = new RosterBench();
		bench.roster.remove("owner@a.example/phone", (error) => bench.done.push(error));
		expect(bench.request).toBe(`<iq type='set'><query xmlns='${ROSTER}'><item jid='owner@a.example' subscription='remove'/></query></iq>`);
		bench.answer("");
		bench.roster.remove("owner@a.example", (error) => bench.done.push(error));
		bench.answer(errorElement("item-not-found", "cancel"), "error");
		bench.roster.remove("owner@a.example", (error) => bench.done.push(error));
		bench.answer(errorElement("forbidden", "auth"), "error");
		expect(bench.done).toEqual([undefined, undefined, { condition: "forbidden", type: "auth" }]);
	});
});
