// Presence subscriptions, from people who should and should not have them.
import { Friends } from "../../../src/thing/friends.js";
import { PresenceBook } from "../../../src/xmpp/presence.js";
import { Roster } from "../../../src/xmpp/roster.js";
import { errorElement, IQBench } from "../../support/iq-bench.js";
import { stanza } from "../../support/wire.js";

const OWNER = "owner@a.example";

class Bench extends IQBench {
	owner: string | undefined;
	/** Owners of nodes. */
	others: string[] = [];
	readonly denied: string[] = [];
	readonly book = new PresenceBook({ outbox: this.wire, onSubscription: (step, from) => this.friends.step(step, from) });
	readonly roster: Roster = new Roster({ router: this.router, onItem: (item) => this.friends.receive(item) });
	readonly friends: Friends = new Friends({
		book: this.book,
		roster: this.roster,
		owners: () => (this.owner === undefined ? this.others : [this.owner, ...this.others]),
		registry: () => "registry.a.example",
		isFriend: (jid, decide) => decide(this.allowed.includes(jid)),
		swept: {
			get: () => this.owner !== undefined && this.sweeps.length > 0,
			set: () => {
				if (this.owner !== undefined) this.sweeps.push(true);
			}
		},
		onDenied: (from) => this.denied.push(from)
	});
	ready = 0;
	/** Whom the owner lets in. */
	readonly allowed: string[] = [];
	/** One for each time that the roster was said to be clean. */
	readonly sweeps: true[] = [];

	constructor(owner?: string) {
		super();
		this.owner = owner;
	}

	/** Logs in with these contacts; what was sent after the roster came. */
	login(items: readonly (readonly [jid: string, subscription: string, ask?: boolean])[]): string[] {
		this.friends.online(() => this.ready++);
		const written = items.map(([jid, subscription, ask]) => {
			return `<item jid='${jid}' subscription='${subscription}'${ask ? " ask='subscribe'" : ""}/>`;
		});
		this.answer(`<query xmlns='jabber:iq:roster'>${written.join("")}</query>`);
		return this.wire.take();
	}

	presence(type: string, from: string): string[] {
		this.book.receive(stanza(`<presence type='${type}' from='${from}'/>`));
		return this.wire.take();
	}
}

const told = (type: string, to: string): string => `<presence to='${to}' type='${type}'/>`;

test("presence waits for the roster", () => {
	const bench = new Bench();
	bench.friends.online(() => bench.ready++);
	expect(bench.ready).toBe(0);
	bench.answer("<query xmlns='jabber:iq:roster'/>");
	expect(bench.ready).toBe(1);
});

test("R-347-12 the owner's subscription is accepted and returned, once", () => {
	const bench = new Bench(OWNER);
	expect(bench.presence("subscribe", OWNER)).toEqual([told("subscribed", OWNER), told("subscribe", OWNER)]);
	expect(bench.presence("subscribe", OWNER)).toEqual([told("subscribed", OWNER)]);
	expect(bench.denied).toEqual([]);
});

test("R-347-12 a claim makes the thing ask for its owner's presence", () => {
	const bench = new Bench(OWNER);
	bench.friends.claimed();
	expect(bench.wire.take()).toEqual([told("subscribe", OWNER)]);
});

test.each([
	["both", false, 0],
	["to", false, 0],
	["from", true, 0],
	["from", false, 1],
	["none", false, 1]
])("R-347-12 after login with the owner at %s, ask %s, %i subscribe is sent", (subscription, ask, count) => {
	expect(new Bench(OWNER).login([[OWNER, subscription as string, ask as boolean]])).toHaveLength(count as number);
});

test("R-347-28 strangers, and everyone while nobody owns the thing, are refused", () => {
	expect(new Bench(OWNER).presence("subscribe", "stranger@a.example")).toEqual([told("unsubscribed", "stranger@a.example")]);
	const bench = new Bench();
	expect(bench.presence("subscribe", OWNER)).toEqual([told("unsubscribed", OWNER)]);
	expect(bench.denied).toEqual([OWNER]);
});

test("the registry is welcome, and is not asked for its presence", () => {
	expect(new Bench().presence("subscribe", "registry.a.example")).toEqual([told("subscribed", "registry.a.example")]);
});

test("R-347-19 a former owner leaves the roster at once, or else at the next login", () => {
	const bench = new Bench();
	bench.friends.disowned(OWNER);
	expect(bench.wire.take()[0]).toContain(`<item jid='${OWNER}' subscription='remove'/>`);
	const later = bench.login([
		[OWNER, "both"],
		["other@a.example", "from"],
		["registry.a.example", "both"]
	]);
	expect(later).toHaveLength(1);
	expect(later[0]).toContain("<item jid='other@a.example' subscription='remove'/>");
	bench.wire.sent.push(later[0]!);
	bench.answer("");
	expect(bench.wire.take()[0]).toContain(`<item jid='${OWNER}' subscription='remove'/>`);
});

test("R-347-19 whom a former owner let in leaves with him, at once", () => {
	const bench = new Bench(OWNER);
	bench.sweeps.push(true);
	bench.login([
		[OWNER, "both"],
		["friend@a.example", "from"]
	]);
	bench.owner = undefined;
	bench.sweeps.length = 0;
	bench.friends.disowned(OWNER);
	const [removal, roster] = bench.wire.take();
	expect(removal).toContain(`<item jid='${OWNER}' subscription='remove'/>`);
	bench.wire.sent.push(roster!);
	bench.answer("<query xmlns='jabber:iq:roster'><item jid='friend@a.example' subscription='from'/></query>");
	expect(bench.wire.take().join("")).toContain("<item jid='friend@a.example' subscription='remove'/>");
});

test("R-324-2 whom the owner lets in is let in, and stays at the next login; others are not", () => {
	const bench = new Bench(OWNER);
	bench.allowed.push("friend@a.example");
	expect(bench.presence("subscribe", "friend@a.example")).toEqual([told("subscribed", "friend@a.example")]);
	expect(bench.presence("subscribe", "other@a.example")).toEqual([told("unsubscribed", "other@a.example")]);
	expect(bench.denied).toEqual(["other@a.example"]);
	bench.login([[OWNER, "both"]]);
	expect(bench.sweeps).toHaveLength(1);
	const friends: [string, string][] = [
		[OWNER, "both"],
		["friend@a.example", "from"]
	];
	expect(bench.login(friends)).toEqual([]);
});

test("a thing that is claimed on a clean roster keeps whom its owner lets in before the next login", () => {
	const bench = new Bench();
	bench.login([["registry.a.example", "both"]]);
	bench.owner = OWNER;
	bench.friends.claimed();
	expect(bench.sweeps).toHaveLength(1);
});

test("R-324-13 R-324-14 the service introduces and parts; nobody is parted from what is his", () => {
	const bench = new Bench(OWNER);
	bench.friends.introduce("friend@a.example");
	expect(bench.wire.take()).toEqual([told("subscribe", "friend@a.example")]);
	const done: boolean[] = [];
	const part = (jid: string): void => bench.friends.part(jid, (isDone) => done.push(isDone));
	part("friend@a.example");
	expect(bench.wire.sent.join("")).toContain("<item jid='friend@a.example' subscription='remove'/>");
	expect(done).toEqual([]);
	bench.answer("");
	part("friend@a.example");
	bench.answer(errorElement("item-not-found", "cancel"), "error");
	part("friend@a.example");
	bench.answer(errorElement("internal-server-error", "wait"), "error");
	expect(done).toEqual([true, true, false]);
	part(OWNER);
	expect(bench.wire.take()).toEqual([]);
	expect(done).toEqual([true, true, false, true]);
});

test("strays are removed one after the other", () => {
	const bench = new Bench(OWNER);
	const first = bench.login([
		[OWNER, "both"],
		["a@a.example", "both"],
		["b@a.example", "both"]
	]);
	expect(first).toHaveLength(1);
	bench.wire.sent.push(first[0]!);
	bench.answer("");
	expect(bench.wire.take()[0]).toContain("<item jid='a@a.example' subscription='remove'/>");
});
