// After a reset, under another firmware, or as its own: what the registry is told then.
import { errorElement } from "../../support/iq-bench.js";
import { RegisteringBench as Bench, DISCOVERY, OWNER, request, result, TAGS } from "../../support/registering-bench.js";
import { FakeStorage } from "../../support/storage.js";

test.each(["urn:xmpp:iot:discovery", "urn:ieee:iot:disco:1.0"])(
	"R-347-21 reset: unregistered before it registers anew, and its old owner asked for no more (%s)",
	(namespace) => {
		const bench = new Bench().find(namespace);
		bench.answer("");
		bench.tell(`<claimed xmlns='${namespace}' jid='${OWNER}' public='true'/>`);
		bench.lifeCycle.take("reset");
		const next = bench.reboot();
		expect(next.request).toBe(request(`<unregister xmlns='${namespace}'/>`));
		const unregister = next.wire.take()[0]!;
		// Nobody claims what is just being forgotten.
		expect(next.tell(`<claimed xmlns='${namespace}' jid='${OWNER}'/>`)[0]).toContain("<not-allowed");
		expect(next.tell(`<disowned xmlns='${namespace}'/>`)).toEqual([result]);
		next.wire.sent.push(unregister);
		next.answer("");
		expect(next.told[next.told.length - 1]).toBe("unregistered");
		expect(next.request).toBe(request(`<register xmlns='${namespace}'>${TAGS}</register>`));
		next.answer("");
		expect([next.lifeCycle.state, next.lifeCycle.owner]).toEqual(["registered", undefined]);
		expect(next.reboot().request).toContain("<register");
	}
);

test("R-347-21 a registry that is not there is waited for: it may know an owner; one that says it knows nothing is believed", () => {
	const bench = new Bench().claimed();
	bench.lifeCycle.take("reset");
	const next = bench.reboot();
	next.answer(errorElement("service-unavailable", "cancel"), "error");
	next.time.pass(5000);
	expect(next.request).toBe(request(`<unregister xmlns='${DISCOVERY}'/>`));
	expect(next.lifeCycle.state).toBe("reset");
	next.answer(errorElement("item-not-found", "cancel"), "error");
	expect(next.request).toContain("<register");
});

test("R-347-21 a reset that no registry needs to hear of ends at once", () => {
	const bench = new Bench();
	bench.lifeCycle.take("reset");
	bench.registering.online();
	expect(bench.told).toEqual(["unregistered"]);
	expect(bench.lifeCycle.state).toBe("account");
	expect(bench.request).toContain("disco#items");
});

test("R-347-21 a thing whose account is to go tells the registry so, and registers no more under it", () => {
	const bench = new Bench().claimed();
	bench.lifeCycle.take("leaving");
	const next = bench.reboot();
	next.answer("");
	expect(next.told[next.told.length - 1]).toBe("unregistered");
	next.time.pass(3_600_000);
	expect(next.wire.take()).toEqual([]);
});

test("a thing that is its own registers so, each time it comes", () => {
	const bench = new Bench(new FakeStorage(), undefined, "account", true).find();
	expect(bench.request).toBe(request(`<register xmlns='${DISCOVERY}' selfOwned='true'>${TAGS}</register>`));
});

test("a paired thing has no use for a registry", () => {
	const bench = new Bench();
	bench.lifeCycle.take("paired", { owner: "service.b.example", public: false });
	bench.registering.online();
	bench.time.pass(3_600_000);
	expect(bench.wire.take()).toEqual([]);
});

test("R-347-15 new firmware: what has changed is told, what is gone is emptied, what is the same is not repeated", () => {
	const bench = new Bench();
	const before = bench.tags;
	bench.tags = [...before, { name: "CLASS", value: "Weather" }];
	const after = before.map((tag) => (tag.name === "V" ? { name: "V", value: 2 } : tag));
	const next = bench.claimed().reboot(undefined, after);
	expect(next.request).toBe(request(`<update xmlns='${DISCOVERY}'><num name='V' value='2'/><str name='CLASS' value=''/></update>`));
	next.answer("");
	expect(next.reboot().request).toBe(request(`<update xmlns='${DISCOVERY}'><num name='V' value='2'/></update>`));
});
