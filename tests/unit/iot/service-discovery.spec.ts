// Finding the registry at the own broker: what is asked, in which order, and who is not believed.
import { findService } from "../../../src/iot/service-discovery.js";
import { limits } from "../../../src/limits.js";
import { attributeOf, errorElement, IQBench } from "../../support/iq-bench.js";

const INFO = "http://jabber.org/protocol/disco#info";
const ITEMS = "http://jabber.org/protocol/disco#items";
const XEP = "urn:xmpp:iot:discovery";
const IEEE = "urn:ieee:iot:disco:1.0";

class FinderBench extends IQBench {
	readonly found: string[] = [];

	find(given?: string): void {
		findService(this.router, "a.example", [XEP, IEEE], given, (jid, dialect, error) =>
			this.found.push(`${jid} ${dialect?.name} ${error?.condition}`)
		);
	}

	/** Whom it asks now, and for what; "" when for nothing. */
	get asked(): string {
		const request = this.wire.sent[this.wire.sent.length - 1];
		if (request === undefined) return "";
		return `${attributeOf(request, "to")} ${request.includes(ITEMS) ? "items" : "info"}`;
	}

	items(...jids: string[]): void {
		expect(this.asked).toBe("a.example items");
		this.answer(`<query xmlns='${ITEMS}'>${jids.map((jid) => `<item jid='${jid}'/>`).join("")}</query>`);
	}

	info(...features: string[]): void {
		this.answer(`<query xmlns='${INFO}'>${features.map((feature) => `<feature var='${feature}'/>`).join("")}</query>`);
	}
}

describe("finding a service", () => {
	test("R-347-2 the first component with the feature is taken, and no later one is asked", () => {
		const bench = new FinderBench();
		bench.find();
		bench.items("muc.a.example", "things.a.example", "late.a.example");
		expect(bench.asked).toBe("muc.a.example info");
		bench.info("http://jabber.org/protocol/muc");
		expect(bench.asked).toBe("things.a.example info");
		expect(bench.found).toEqual([]);
		bench.info("urn:xmpp:iot:provisioning", XEP);
		expect(bench.found).toEqual(["things.a.example xep undefined"]);
		expect(bench.asked).toBe("");
	});

	test("a component that speaks both is spoken to in xep, one that speaks ieee in ieee", () => {
		const both = new FinderBench();
		both.find();
		both.items("things.a.example");
		both.info(IEEE, XEP);
		expect(both.found).toEqual(["things.a.example xep undefined"]);
		const one = new FinderBench();
		one.find();
		one.items("things.a.example");
		one.info(IEEE);
		expect(one.found).toEqual(["things.a.example ieee undefined"]);
	});

	test("R-347-31 only components inside the own domain are asked", () => {
		const bench = new FinderBench();
		bench.find();
		bench.items(
			"things.b.example",
			"things@a.example",
			"things.a.example/x",
			"aa.example",
			"a.example.evil.example",
			"a.example",
			"Things.A.Example",
			"Things.A.Example"
		);
		expect(bench.asked).toBe("Things.A.Example info");
		bench.info();
		expect(bench.found).toEqual(["undefined undefined item-not-found"]);
	});

	test("one who answers with an error, or not at all, does not end the search", () => {
		const bench = new FinderBench();
		bench.find();
		bench.items("one.a.example", "two.a.example", "three.a.example");
		bench.answer(errorElement("service-unavailable", "cancel"), "error");
		expect(bench.asked).toBe("two.a.example info");
		bench.time.pass(10_000);
		expect(bench.asked).toBe("three.a.example info");
		bench.info(XEP);
		expect(bench.found).toEqual(["three.a.example xep undefined"]);
	});

	test("no more components are asked than the limit", () => {
		const bench = new FinderBench();
		bench.find();
		bench.items(...Array.from({ length: 100 }, (_, n) => `c${n}.a.example`));
		let asked = 0;
		while (bench.asked !== "") {
			asked++;
			bench.info("urn:example");
		}
		expect(asked).toBe(limits.discoItems);
		expect(bench.found).toEqual(["undefined undefined item-not-found"]);
	});

	test("a broker without items, or one that does not tell them, has no registry", () => {
		const empty = new FinderBench();
		empty.find();
		empty.items();
		expect(empty.found).toEqual(["undefined undefined item-not-found"]);
		const mute = new FinderBench();
		mute.find();
		mute.time.pass(10_000);
		expect(mute.found).toEqual(["undefined undefined remote-server-timeout"]);
	});

	test("R-347-2 a given address is asked alone, wherever it is", () => {
		const bench = new FinderBench();
		bench.find("things.b.example");
		expect(bench.asked).toBe("things.b.example info");
		bench.info(IEEE);
		expect(bench.found).toEqual(["things.b.example ieee undefined"]);
	});

	test("R-347-2 a given address that is no registry is not replaced by another", () => {
		const other = new FinderBench();
		other.find("muc.a.example");
		other.info("http://jabber.org/protocol/muc");
		expect(other.found).toEqual(["undefined undefined item-not-found"]);
		expect(other.asked).toBe("");
		const gone = new FinderBench();
		gone.find("things.b.example");
		gone.answer(errorElement("remote-server-not-found", "cancel"), "error");
		expect(gone.found).toEqual(["undefined undefined remote-server-not-found"]);
	});

	test("the end of the connection ends the search", () => {
		const bench = new FinderBench();
		bench.find();
		bench.items("one.a.example", "two.a.example");
		bench.wire.take();
		bench.router.setAddress(undefined);
		expect(bench.found).toEqual(["undefined undefined remote-server-timeout"]);
		expect(bench.asked).toBe("");
	});
});
