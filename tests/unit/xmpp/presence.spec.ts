// Presence: ours as it goes out, that of others as it is told.
import { PresenceBook } from "../../../src/xmpp/presence.js";
import { stanza, Wire } from "../../support/wire.js";

const CAPS = { node: "https://maker.example/t", ver: "QgayPKawpkPSDYmwT/WM94uAlu0=" };
const C = "<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='https://maker.example/t' ver='QgayPKawpkPSDYmwT/WM94uAlu0='/>";
const PHONE = "owner@a.example/phone";

class PresenceBench {
	readonly wire = new Wire();
	readonly told: string[] = [];
	readonly book = new PresenceBook({
		outbox: this.wire,
		onSubscription: (step, from) => this.told.push(`${step} ${from}`),
		onUnavailable: (from) => this.told.push(`unavailable ${from}`)
	});

	receive(from: string, type?: string): string[] {
		const attribute = type === undefined ? "" : ` type='${type}'`;
		this.book.receive(stanza(`<presence from='${from}'${attribute}><priority>1</priority></presence>`));
		return this.told.splice(0);
	}
}

describe("our presence", () => {
	test("tells that we are here with the hash of what we can do, to all or to one", () => {
		const { book, wire } = new PresenceBench();
		book.announce(CAPS);
		book.announce(CAPS, "registry.a.example");
		expect(wire.take()).toEqual([`<presence>${C}</presence>`, `<presence to='registry.a.example'>${C}</presence>`]);
	});

	test("tells that we go, to all or to one", () => {
		const { book, wire } = new PresenceBench();
		book.leave();
		book.leave(PHONE);
		expect(wire.take()).toEqual(["<presence type='unavailable'/>", `<presence to='${PHONE}' type='unavailable'/>`]);
	});

	test.each(["subscribe", "subscribed", "unsubscribe", "unsubscribed"] as const)("%s goes to the bare JID", (step) => {
		const { book, wire } = new PresenceBench();
		book.subscription(step, PHONE);
		expect(wire.take()).toEqual([`<presence to='owner@a.example' type='${step}'/>`]);
	});
});

describe("presence of others", () => {
	test.each(["subscribe", "subscribed", "unsubscribe", "unsubscribed"])("%s is told with the bare JID", (step) => {
		const bench = new PresenceBench();
		expect(bench.receive(PHONE, step)).toEqual([`${step} owner@a.example`]);
	});

	test.each(["unavailable", "error"])("who has gone is told, %s", (type) => {
		const bench = new PresenceBench();
		expect(bench.receive(PHONE)).toEqual([]);
		for (const from of [PHONE, "owner@a.example", "registry.a.example"]) expect(bench.receive(from, type)).toEqual([`unavailable ${from}`]);
	});

	test("presence of nobody, of an unknown type and probes are ignored", () => {
		const bench = new PresenceBench();
		bench.book.receive(stanza("<presence/>"));
		expect(bench.receive(PHONE, "probe")).toEqual([]);
		expect(bench.receive(PHONE, "strange")).toEqual([]);
	});
});
