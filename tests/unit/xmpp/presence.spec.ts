// Presence: ours as it goes out, that of others as it is remembered.
import { limits } from "../../../src/limits.js";
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
		onAvailable: (from) => this.told.push(`available ${from}`),
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
		expect(bench.book.isAvailable(PHONE)).toBe(false);
	});

	test("a contact comes once and leaves", () => {
		const bench = new PresenceBench();
		expect(bench.receive(PHONE)).toEqual([`available ${PHONE}`]);
		expect(bench.receive(PHONE)).toEqual([]);
		expect(bench.book.isAvailable("Owner@A.example/phone")).toBe(true);
		expect(bench.book.isAvailable("owner@a.example/Phone")).toBe(false);
		expect(bench.book.availableOf("Owner@a.example")).toEqual([PHONE]);
		expect(bench.receive(PHONE, "unavailable")).toEqual([`unavailable ${PHONE}`]);
		expect(bench.book.isAvailable(PHONE)).toBe(false);
	});

	test("one who was never seen leaves too: the book is bounded, his readouts are not in it", () => {
		const bench = new PresenceBench();
		expect(bench.receive(PHONE, "unavailable")).toEqual([`unavailable ${PHONE}`]);
	});

	test("what comes back as error is gone", () => {
		const bench = new PresenceBench();
		bench.receive(PHONE);
		expect(bench.receive(PHONE, "error")).toEqual([`unavailable ${PHONE}`]);
		expect(bench.book.isAvailable(PHONE)).toBe(false);
	});

	test("a bare JID leaves with all its resources", () => {
		const bench = new PresenceBench();
		bench.receive(PHONE);
		bench.receive("owner@a.example/desk");
		bench.receive("other@a.example/phone");
		expect(bench.receive("owner@a.example", "unavailable")).toEqual([
			`unavailable ${PHONE}`,
			"unavailable owner@a.example/desk",
			"unavailable owner@a.example"
		]);
		expect(bench.book.isAvailable("other@a.example/phone")).toBe(true);
	});

	test("a component comes and leaves by its domain, once", () => {
		const bench = new PresenceBench();
		expect(bench.receive("registry.a.example")).toEqual(["available registry.a.example"]);
		expect(bench.receive("registry.a.example", "unavailable")).toEqual(["unavailable registry.a.example"]);
	});

	test("a flood of resources does not grow the book", () => {
		const bench = new PresenceBench();
		for (let n = 0; n < 1000; n++) bench.receive(`owner@a.example/${n}`);
		expect(bench.book.availableOf("owner@a.example")).toHaveLength(limits.availableContacts);
		expect(bench.book.isAvailable("owner@a.example/999")).toBe(true);
	});

	test("the end of the connection empties the book in silence", () => {
		const bench = new PresenceBench();
		bench.receive(PHONE);
		bench.book.clear();
		expect(bench.told).toEqual([]);
		expect(bench.book.isAvailable(PHONE)).toBe(false);
	});

	test("presence of nobody, of an unknown type and probes are ignored", () => {
		const bench = new PresenceBench();
		bench.book.receive(stanza("<presence/>"));
		expect(bench.receive(PHONE, "probe")).toEqual([]);
		expect(bench.receive(PHONE, "strange")).toEqual([]);
		expect(bench.book.isAvailable(PHONE)).toBe(false);
	});
});
