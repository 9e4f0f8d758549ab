// The thing and a registry that answers, errs, vanishes, or is not the registry at all.
import { limits } from "../../../src/limits.js";
import { attributeOf, errorAnswer, errorElement } from "../../support/iq-bench.js";
import { RegisteringBench as Bench, DISCOVERY, DOMAIN, OWNER, REGISTRY, request, result, TAGS } from "../../support/registering-bench.js";
import { FakeStorage } from "../../support/storage.js";

test("R-347-2 R-347-24 found among the components, told where we are, given the complete set of tags", () => {
	const bench = new Bench().find();
	expect(bench.told).toEqual([`registry ${REGISTRY}`]);
	expect(bench.request).toBe(request(`<register xmlns='${DISCOVERY}'>${TAGS}</register>`));
	bench.answer("");
	expect(bench.events).toEqual([{ event: "registered", registry: REGISTRY }]);
	expect(bench.lifeCycle.state).toBe("registered");
});

test("a registry of the other generation is spoken to in its words", () => {
	expect(new Bench().find("urn:ieee:iot:disco:1.0").request).toBe(request(`<register xmlns='urn:ieee:iot:disco:1.0'>${TAGS}</register>`));
});

test("R-347-24 while unclaimed each login registers again, identically, without looking for the registry", () => {
	const first = new Bench().find();
	const said = first.request;
	first.answer("");
	const next = first.reboot();
	expect(next.told).toEqual([`registry ${REGISTRY}`]);
	expect(next.request).toBe(said);
});

test("a configured registry is asked instead of the stored one", () => {
	const next = new Bench().registered().reboot("other.example");
	expect(next.request).toBe("<iq to='other.example' type='get'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>");
});

test.each([
	["true", true],
	["0", false],
	[undefined, undefined]
])("R-347-9 R-347-27 claimed with public %s is kept and acknowledged", (text, isPublic) => {
	const bench = new Bench().registered();
	const attribute = text === undefined ? "" : ` public='${text}'`;
	expect(bench.tell(`<claimed xmlns='${DISCOVERY}' jid='${OWNER}/phone'${attribute}/>`)).toEqual([result]);
	expect(bench.events[1]).toEqual({ event: "claimed", owner: OWNER, public: isPublic });
	expect(bench.told[1]).toBe(`claimed ${OWNER}`);
	expect([bench.lifeCycle.state, bench.lifeCycle.owner]).toEqual(["claimed", OWNER]);
});

test("R-347-10 the answer to register may name the owner", () => {
	const bench = new Bench().find();
	bench.answer(`<claimed xmlns='${DISCOVERY}' jid='${OWNER}'/>`);
	expect(bench.names).toEqual(["claimed"]);
	expect(bench.lifeCycle.owner).toBe(OWNER);
});

test.each([
	["public", " public='true'"],
	["of unknown publicity", ""]
])("R-347-13 R-347-15 a %s thing has its KEY blanked after the claim, and nothing else is told", (_what, attribute) => {
	const bench = new Bench().registered();
	bench.tell(`<claimed xmlns='${DISCOVERY}' jid='${OWNER}'${attribute}/>`);
	expect(bench.wire.sent).toEqual([]);
	bench.time.pass(5000);
	expect(bench.request).toBe(request(`<update xmlns='${DISCOVERY}'><str name='KEY' value=''/></update>`));
	bench.answer("");
	bench.time.pass(3_600_000);
	expect(bench.wire.take()).toEqual([]);
});

test("R-347-14 a private thing tells the registry nothing more, after a reboot neither", () => {
	const bench = new Bench().claimed(" public='false'");
	expect(bench.wire.take()).toEqual([]);
	const next = bench.reboot();
	next.time.pass(3_600_000);
	expect(next.wire.take()).toEqual([]);
});

test("R-347-11 R-347-16 a claimed thing does not register again: one update per boot shows where it stands", () => {
	const next = new Bench().claimed().reboot();
	expect(next.request).toBe(request(`<update xmlns='${DISCOVERY}'><num name='V' value='1.5'/></update>`));
	next.answer("");
	next.registering.offline();
	next.registering.online();
	expect(next.wire.take()).toEqual([]);
});

test("R-347-13 a KEY whose blanking was never answered is blanked at the next boot", () => {
	const bench = new Bench().registered();
	bench.tell(`<claimed xmlns='${DISCOVERY}' jid='${OWNER}' public='true'/>`);
	expect(bench.reboot().request).toBe(request(`<update xmlns='${DISCOVERY}'><str name='KEY' value=''/></update>`));
});

test("R-347-16 item-not-found to an update: removed, still owned, no more updates", () => {
	const next = new Bench().claimed().reboot();
	next.answer(errorElement("item-not-found", "cancel"), "error");
	expect(next.names).toEqual(["removed"]);
	expect([next.lifeCycle.state, next.lifeCycle.owner]).toEqual(["removed", OWNER]);
	const later = next.reboot();
	later.time.pass(3_600_000);
	expect(later.wire.take()).toEqual([]);
});

test("R-347-17 disowned in the answer to an update: the owner is wiped and the thing registers", () => {
	const next = new Bench().claimed().reboot();
	next.answer(`<disowned xmlns='${DISCOVERY}'/>`);
	expect(next.names).toEqual(["disowned"]);
	expect(next.lifeCycle.owner).toBeUndefined();
	next.time.pass(5000);
	expect(next.request).toBe(request(`<register xmlns='${DISCOVERY}'>${TAGS}</register>`));
});

test("R-347-18 removed is acknowledged, once told and once more", () => {
	const bench = new Bench().claimed();
	expect(bench.tell(`<removed xmlns='${DISCOVERY}'/>`)).toEqual([result]);
	expect(bench.tell(`<removed xmlns='${DISCOVERY}'/>`)).toEqual([result]);
	expect(bench.names).toEqual(["registered", "claimed", "removed"]);
	expect(bench.lifeCycle.owner).toBe(OWNER);
});

test("R-347-19 R-347-30 disowned is acknowledged at once, and registered only after 2 s and a little", () => {
	const bench = new Bench().claimed();
	expect(bench.tell(`<disowned xmlns='${DISCOVERY}'/>`)).toEqual([result]);
	expect(bench.told[bench.told.length - 1]).toBe(`disowned ${OWNER}`);
	bench.time.pass(2000);
	expect(bench.wire.take()).toEqual([]);
	bench.time.pass(2000);
	expect(bench.request).toBe(request(`<register xmlns='${DISCOVERY}'>${TAGS}</register>`));
	bench.answer("");
	expect(bench.names).toEqual(["registered", "claimed", "disowned", "registered"]);
	expect(bench.tell(`<claimed xmlns='${DISCOVERY}' jid='next@b.example'/>`)).toEqual([result]);
	expect(bench.lifeCycle.owner).toBe("next@b.example");
});

test("R-347-30 power that goes after disowned was acknowledged: registered at the next boot, after the same pause", () => {
	const bench = new Bench().claimed();
	bench.tell(`<disowned xmlns='${DISCOVERY}'/>`);
	const next = bench.reboot();
	expect(next.wire.take()).toEqual([]);
	next.time.pass(5000);
	expect(next.request).toContain("<register");
});

test.each([
	["a stranger", "stranger@b.example/x"],
	["the owner", `${OWNER}/phone`],
	["the broker", DOMAIN],
	["another component", "other.a.example"],
	["the registry's guest", `x@${REGISTRY}`],
	["a resource of the registry", `${REGISTRY}/x`]
])("R-347-25 %s cannot claim, remove or disown", (_who, from) => {
	const bench = new Bench().claimed();
	for (const payload of ["claimed", "removed", "disowned"]) {
		const [answer] = bench.tell(`<${payload} xmlns='${DISCOVERY}' jid='thief@b.example'/>`, from);
		expect(answer).toBe(errorAnswer("forbidden", "cancel", from, "Only this thing's registry may say so."));
	}
	expect([bench.lifeCycle.state, bench.lifeCycle.owner]).toEqual(["claimed", OWNER]);
	expect(bench.names.slice(2)).toEqual(["denied", "denied", "denied"]);
});

test("R-347-25 before a registry is known nobody is it", () => {
	const bench = new Bench();
	expect(bench.tell(`<claimed xmlns='${DISCOVERY}' jid='${OWNER}'/>`)[0]).toContain("<forbidden");
	expect(bench.lifeCycle.owner).toBeUndefined();
});

test("R-347-26 another owner is refused while there is one", () => {
	const bench = new Bench().claimed();
	expect(bench.tell(`<claimed xmlns='${DISCOVERY}' jid='thief@b.example'/>`)[0]).toContain("<not-allowed");
	expect(bench.lifeCycle.owner).toBe(OWNER);
	expect(bench.tell(`<claimed xmlns='${DISCOVERY}' jid='${OWNER}' public='true'/>`)).toEqual([result]);
});

test.each([
	[DISCOVERY, "nodeId='n1' sourceId='s1' cacheType='p1'"],
	["urn:ieee:iot:disco:1.0", "id='n1' src='s1' pt='p1'"]
])("R-347-20 what is said of a node is not said of the thing (%s)", (namespace, node) => {
	const bench = new Bench().claimed();
	for (const notice of [`claimed jid='thief@b.example'`, "removed", "disowned"])
		expect(bench.tell(`<${notice} xmlns='${namespace}' ${node}/>`)[0]).toContain("<item-not-found");
	expect([bench.lifeCycle.state, bench.lifeCycle.owner]).toEqual(["claimed", OWNER]);
});

test("claimed without an owner is refused", () => {
	expect(new Bench().registered().tell(`<claimed xmlns='${DISCOVERY}'/>`)[0]).toContain("<bad-request");
});

test("a claim that cannot be stored is not acknowledged", () => {
	const bench = new Bench().registered();
	bench.storage.cut = bench.storage.writes;
	expect(bench.tell(`<claimed xmlns='${DISCOVERY}' jid='${OWNER}'/>`)[0]).toContain("<internal-server-error");
	expect(bench.lifeCycle.owner).toBeUndefined();
	expect(bench.names).toEqual(["registered"]);
});

test("R-347-17 disowned that cannot be stored is asked for again, not forgotten until the next boot", () => {
	const next = new Bench().claimed().reboot();
	next.storage.cut = next.storage.writes;
	next.answer(`<disowned xmlns='${DISCOVERY}'/>`);
	expect(next.lifeCycle.owner).toBe(OWNER);
	next.storage.cut = undefined;
	next.time.pass(5000);
	next.answer(`<disowned xmlns='${DISCOVERY}'/>`);
	expect(next.lifeCycle.owner).toBeUndefined();
});

test.each([
	["item-not-found", errorElement("item-not-found", "cancel"), "error"],
	["disowned", `<disowned xmlns='${DISCOVERY}'/>`, "result"],
	["yes", "", "result"]
] as const)("an answer that was meant for the owner before changes nothing for the next one: %s", (_what, payload, type) => {
	const bench = new Bench().registered();
	bench.tell(`<claimed xmlns='${DISCOVERY}' jid='${OWNER}'/>`);
	bench.time.pass(5000);
	const update = bench.wire.take()[0]!;
	bench.tell(`<disowned xmlns='${DISCOVERY}'/>`);
	bench.tell(`<claimed xmlns='${DISCOVERY}' jid='next@b.example'/>`);
	bench.wire.sent.push(update);
	bench.answer(payload, type);
	expect([bench.lifeCycle.state, bench.lifeCycle.owner]).toEqual(["claimed", "next@b.example"]);
	// His KEY is blanked all the same.
	bench.time.pass(5000);
	expect(bench.request).toBe(request(`<update xmlns='${DISCOVERY}'><str name='KEY' value=''/></update>`));
});

test("an account that could not be marked is marked when storage has room again", () => {
	const bench = new Bench(new FakeStorage(), undefined, "factory");
	bench.storage.cut = bench.storage.writes;
	bench.registering.online();
	expect(bench.message).toContain("trying again");
	bench.storage.cut = undefined;
	bench.time.pass(5000);
	expect(bench.lifeCycle.state).toBe("account");
	expect(attributeOf(bench.request, "to")).toBe(DOMAIN);
});

test("no registry: said in a sentence, looked for again after pauses that grow", () => {
	const bench = new Bench();
	bench.registering.online();
	const pauses: number[] = [];
	for (let i = 0; i < 9; i++) {
		bench.answer("<query xmlns='http://jabber.org/protocol/disco#items'/>");
		expect(bench.message).toContain(`No Thing Registry was found at ${DOMAIN}`);
		const start = bench.time.clock.now();
		while (bench.wire.sent.length === 0) bench.time.pass(100);
		pauses.push((bench.time.clock.now() - start) / 1000);
	}
	expect(pauses[0]).toBeLessThanOrEqual(5);
	for (const pause of pauses) expect(pause).toBeLessThanOrEqual(limits.retrySeconds + 1);
	expect(pauses[8]).toBeGreaterThan(100);
	expect(attributeOf(bench.request, "to")).toBe(DOMAIN);
});

test("a registry that has moved is looked for again; while there is an owner it is not", () => {
	const bench = new Bench().find();
	bench.answer(errorElement("service-unavailable", "cancel"), "error");
	expect(bench.message).toContain(`The registry ${REGISTRY} did not take what we told it (service-unavailable)`);
	bench.time.pass(5000);
	expect(attributeOf(bench.request, "to")).toBe(DOMAIN);

	const owned = new Bench().claimed().reboot();
	owned.answer(errorElement("service-unavailable", "cancel"), "error");
	owned.time.pass(5000);
	expect(attributeOf(owned.request, "to")).toBe(REGISTRY);
});

test("a connection that ends leaves no error behind and no task", () => {
	const bench = new Bench().find();
	bench.wire.take();
	bench.router.setAddress(undefined);
	bench.registering.offline();
	bench.time.pass(3_600_000);
	expect(bench.events).toEqual([]);
	expect(bench.wire.take()).toEqual([]);
	expect(bench.time.waiting).toBeUndefined();
});

test("R-347-11 a claim that overtakes the answer to register stands", () => {
	const bench = new Bench().find();
	const register = bench.wire.take()[0]!;
	bench.tell(`<claimed xmlns='${DISCOVERY}' jid='${OWNER}' public='true'/>`);
	bench.wire.sent.push(register);
	bench.answer("");
	expect([bench.lifeCycle.state, bench.lifeCycle.owner]).toEqual(["claimed", OWNER]);
	expect(bench.names).toEqual(["claimed"]);
});

test("R-347-29 a disowned that crosses our register: the owner whom the answer still names is not taken, the registry is asked anew", () => {
	const bench = new Bench().find();
	const register = bench.wire.sent.pop()!;
	bench.tell(`<disowned xmlns='${DISCOVERY}'/>`);
	bench.wire.sent.push(register);
	bench.answer(`<claimed xmlns='${DISCOVERY}' jid='${OWNER}'/>`);
	expect(bench.lifeCycle.owner).toBeUndefined();
	expect(bench.request).toContain("<register ");
});
