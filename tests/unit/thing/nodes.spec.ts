// Nodes behind one thing: whose word counts for which, what strangers learn of them, and that nothing of one is left to another.
import { type Dialect, dialects, nodeText } from "../../../src/iot/dialect.js";
import type { Definition, NodeDefinition } from "../../../src/thing/definition.js";
import { LifeCycle } from "../../../src/thing/life-cycle.js";
import type { Vault } from "../../../src/thing/vault.js";
import { weatherStation } from "../../../src/things/weather-station.js";
import { DOMAIN, idOf } from "../../support/session-bench.js";
import { FakeStorage, fakeRandom } from "../../support/storage.js";
import { ThingBench } from "../../support/thing-bench.js";

const REGISTRY = "registry.a.example";
const SERVICE = "provisioning.a.example";
const OWNER = "owner@b.example";
const ANNA = "anna@b.example";
const BERT = "bert@b.example";
const STRANGER = "stranger@c.example/x";
const xep = dialects[0]!;

const bed: NodeDefinition = {
	...{ id: "bed", source: "garden" },
	fields: { Moisture: { type: "numeric", category: "momentary", unit: "%" }, Kind: { type: "string", category: "identity", value: "bed" } },
	parameters: { Valve: { type: "boolean" }, Flow: { type: "int", range: [0, 9], actuator: "pump" } }
};
const tank: NodeDefinition = {
	id: "tank",
	fields: { Level: { type: "numeric", category: "momentary", unit: "m³", decimals: 1, sensor: "float" } },
	parameters: { Valve: { type: "boolean" } }
};
/** Nobody's. */
const spare: NodeDefinition = { id: "spare", fields: { Level: tank.fields.Level! } };
const definition: Definition = { ...weatherStation, nodes: [bed, tank, spare] };

const lifeOf = (vault: Vault, place: number, node: NodeDefinition): LifeCycle =>
	new LifeCycle(vault, fakeRandom(place + 1), String(place), nodeText(node));

/** The thing is one's, bed and tank are two others', and nothing is left to be said to the registry but of the spare node. */
function prepare(vault: Vault, owners: readonly string[] = [ANNA, BERT]): void {
	vault.write("registry", { jid: REGISTRY, dialect: "xep", domain: DOMAIN });
	vault.write("provisioning", { jid: SERVICE, dialect: "xep", domain: DOMAIN });
	const lives = [new LifeCycle(vault, fakeRandom()), lifeOf(vault, 0, bed), lifeOf(vault, 1, tank)];
	for (let i = 0; i < lives.length; i++) {
		lives[i]!.take("account");
		lives[i]!.take("claimed", { owner: i === 0 ? OWNER : owners[i - 1]!, public: false });
	}
}

function online(options: ConstructorParameters<typeof ThingBench>[0] = {}, owners?: readonly string[], storage?: FakeStorage): ThingBench {
	const bench = new ThingBench({ definition, ...options }, storage ? undefined : (vault) => prepare(vault, owners), storage);
	bench.online();
	bench.time.pass(3000);
	bench.line.take();
	return bench;
}

const node = (named: string, { node, nodeId, sourceId }: Dialect = xep): string => {
	const [id, source] = named.split("@");
	return `<${node} ${nodeId}='${id}'${source === undefined ? "" : ` ${sourceId}='${source}'`}/>`;
};

/** What is said at once to a readout of these nodes, and once the service could have been asked. */
function read(bench: ThingBench, from: string, ...named: string[]): string {
	const said = bench.ask(`<req xmlns='${xep.sensorData}' seqnr='1' momentary='true'>${named.map((one) => node(one)).join("")}</req>`, from);
	bench.time.pass(0);
	return said + bench.line.take();
}

function set(bench: ThingBench, from: string, children: string): string {
	const said = bench.ask(`<set xmlns='${xep.control}'>${children}</set>`, from, "set");
	for (let i = 0; i < 4; i++) bench.time.pass(0);
	return said + bench.line.take();
}

/** The service's word on what it was asked last. */
function decide(bench: ThingBench, question: string, yes: boolean, children = ""): string {
	const name = question.includes("<canRead ") ? "canReadResponse" : "canControlResponse";
	const said = bench.say(
		`<iq type='result' id='${idOf(question)}' from='${SERVICE}'><${name} xmlns='${xep.provisioning}' jid='stranger@c.example' result='${yes}'>${children}</${name}></iq>`
	);
	bench.time.pass(0);
	return said + bench.line.take();
}

function outcome(said: string): string {
	const nodes = /<canRead [^>]*>(<node [^>]*\/>)/.exec(said)?.[1];
	if (nodes !== undefined) return `asked about ${/nodeId='(.*?)'/.exec(nodes)?.[1]}`;
	if (said.includes("<canRead ")) return "asked";
	return said.includes("<accepted ") ? "read" : (/<(forbidden|item-not-found) /.exec(said)?.[1] ?? said);
}

const forbidden = /<error type='cancel'><forbidden /;

test("R-347-20 R-323-23 R-324-24 who reads what, who is asked about, and who learns that there is no such node", () => {
	const people = { owner: `${OWNER}/x`, anna: `${ANNA}/x`, bert: `${BERT}/x`, service: SERVICE, stranger: STRANGER };
	const table: Record<string, string[]> = {};
	for (const [who, from] of Object.entries(people)) {
		table[who] = ["thing", "bed", "bed@garden", "bed@roof", "tank", "spare", "well"].map((named) => outcome(read(online(), from, named)));
	}
	expect(table).toEqual({
		owner: ["read", "asked about bed", "asked about bed", "item-not-found", "asked about tank", "forbidden", "item-not-found"],
		anna: ["asked about thing", "read", "read", "forbidden", "asked about tank", "forbidden", "forbidden"],
		bert: ["asked about thing", "asked about bed", "asked about bed", "forbidden", "read", "forbidden", "forbidden"],
		service: ["read", "read", "read", "item-not-found", "read", "forbidden", "item-not-found"],
		stranger: ["asked about thing", "asked about bed", "asked about bed", "forbidden", "asked about tank", "forbidden", "forbidden"]
	});
});

test("R-323-22 what is not there, what is nobody's and what is denied are refused in the same words", () => {
	const said = ["spare", "well", "bed@roof"].map((named) => read(online(), STRANGER, named));
	const bench = online();
	said.push(decide(bench, read(bench, STRANGER, "bed"), false));
	for (const one of said) expect(one).toBe(said[0]!);
	expect(said[0]).toMatch(forbidden);
	expect(bench.samples).toEqual([]);
});

test("R-324-3 R-324-5 R-324-6 of several nodes each is asked about by itself, one after the other, and what is allowed of them is one answer", () => {
	const bench = online();
	const first = read(bench, STRANGER, "tank", "bed", "well", "tank");
	expect(first).toContain("momentary='true'><node nodeId='bed' sourceId='garden'/></canRead>");
	expect(first.split("<canRead ")).toHaveLength(2);
	const second = decide(bench, first, true, "<node nodeId='bed' sourceId='garden'/><field name='Moisture'/>");
	expect(second).toContain("momentary='true'><node nodeId='tank'/></canRead>");
	expect(decide(bench, second, true)).toContain("<accepted ");
	// Its name in a thing, behind the node's.
	expect(bench.samples.map(({ name }) => name)).toEqual(["bed.Moisture", "tank.float"]);
	for (const { answer } of [...bench.samples].reverse()) answer(undefined, 7.25);
	const said = bench.line.take();
	for (const part of [
		"<node nodeId='tank'><timestamp ",
		" name='Level' ",
		" value='7.3' ",
		"<node nodeId='bed' sourceId='garden'><timestamp ",
		" value='7' "
	])
		expect(said).toContain(part);
	expect(said.split("done='true'")).toHaveLength(2);
	// From memory, all of it.
	expect(read(bench, STRANGER, "tank", "bed")).toContain("<accepted ");
	expect(bench.events.filter(({ event }) => event === "decision").map(({ by, node }) => `${by} ${node}`)).toEqual([
		...["service bed", "service tank", "memory bed", "memory tank"]
	]);
});

test("R-324-4 R-324-26 one of two denied, or allowed in the name of another: the rest is read, and the other never", () => {
	for (const [yes, children] of [
		[false, ""],
		[true, "<node nodeId='tank'/>"],
		[true, "<node nodeId='bed' sourceId='roof'/>"],
		[true, "<field name='Level'/>"]
	] as const) {
		const bench = online();
		const second = decide(bench, read(bench, STRANGER, "bed", "tank"), yes, children);
		expect(decide(bench, second, true)).toContain("<accepted ");
		expect(bench.samples.map(({ name }) => name)).toEqual(["tank.float"]);
	}
});

test.each([
	["taken back by the service", `<clearCache xmlns='${xep.provisioning}'/>`, SERVICE],
	["void since its owner gave it up", `<disowned xmlns='${xep.discovery}' nodeId='bed' sourceId='garden'/>`, REGISTRY]
])("what one owner allowed is %s while the other is asked: nothing of it is read", (_what, word, from) => {
	const bench = online();
	const second = decide(bench, read(bench, STRANGER, "bed", "tank"), true);
	expect(bench.ask(word, from, "set")).toContain("type='result'");
	expect(decide(bench, second, true)).toMatch(forbidden);
	expect(bench.samples).toEqual([]);
});

test("R-347-29 R-324-16 a node that is given up: what was decided of it is void, what was decided of the others is not, after a boot neither", () => {
	const bench = online();
	decide(bench, decide(bench, read(bench, STRANGER, "bed", "tank"), true), true);
	for (const { answer } of bench.samples) answer(undefined, 1);
	bench.line.take();
	bench.ask(`<disowned xmlns='${xep.discovery}' nodeId='bed'/>`, REGISTRY, "set");
	const later = online({}, undefined, new FakeStorage(bench.storage.records));
	for (const each of [bench, later]) {
		expect(read(each, STRANGER, "bed")).toMatch(forbidden);
		expect(read(each, `${ANNA}/x`, "bed")).toMatch(forbidden);
		expect(outcome(read(each, STRANGER, "tank"))).toBe("read");
		for (const { answer } of each.samples) answer(undefined, 1);
		each.line.take();
	}
});

test("R-323-32 what is being read of a node ends with its owner's time; of the other it goes on", () => {
	const bench = online();
	read(bench, `${ANNA}/x`, "bed");
	read(bench, `${BERT}/x`, "tank");
	bench.ask(`<disowned xmlns='${xep.discovery}' nodeId='bed'/>`, REGISTRY, "set");
	for (const { answer } of bench.samples) answer(undefined, 1);
	const said = bench.line.take();
	expect(said).not.toContain("Moisture");
	expect(said).toContain("Level");
	expect(bench.events.filter(({ event }) => event === "readout").map(({ from, outcome }) => `${from} ${outcome}`)).toEqual([
		...[`${ANNA}/x cancelled`, `${BERT}/x done`]
	]);
});

test("R-325-4 R-325-6 R-325-8 several nodes are set in their order, or none is", () => {
	const bench = online({}, [ANNA, ANNA]);
	const [both, valve] = [node("tank") + node("bed"), "<boolean name='Valve' value='true'/>"];
	expect(set(bench, `${ANNA}/x`, both + valve)).toContain("<setResponse xmlns='urn:xmpp:iot:control' responseCode='OK'/></iq>");
	expect(bench.sets).toEqual(["bed.Valve=true", "tank.Valve=true"]);
	expect(set(bench, `${ANNA}/x`, `${node("bed")}<int name='Flow' value='3'/>`)).toContain("responseCode='OK'");
	expect(bench.sets).toHaveLength(3);
	expect(bench.sets[2]).toBe("bed.pump=3");
	// The tank has no such parameter, the bed none of that value; the thing's own are not theirs.
	for (const [wanted, condition] of [
		[`${both}${valve}<int name='Flow' value='3'/>`, "item-not-found"],
		[`${node("bed")}${valve}<int name='Flow' value='10'/>`, "bad-request"],
		[`${node("bed")}<boolean name='Relay' value='true'/>`, "item-not-found"]
	])
		expect(set(bench, `${ANNA}/x`, wanted!)).toContain(`<${condition} `);
	expect(set(bench, `${ANNA}/x`, valve)).toContain("<canControl ");
	expect(set(bench, `${OWNER}/x`, `${node("well")}${valve}`)).toContain("<item-not-found ");
	expect(bench.sets).toHaveLength(3);
	expect(bench.events.filter(({ event }) => event === "control").map(({ parameters }) => parameters)).toEqual([
		["bed.Valve", "tank.Valve"],
		["bed.Flow"]
	]);
});

test("R-324-9 R-325-19 of what two owners allow, that is set which both do, where either does, and the answer says so", () => {
	const bench = online();
	const wanted = `${node("bed")}${node("tank")}${node("spare")}<boolean name='Valve' value='true'/><int name='Flow' value='1'/>`;
	const second = decide(bench, set(bench, STRANGER, wanted), true);
	expect(second).toContain("<canControl ");
	let said = decide(bench, second, true, "<parameter name='Valve'/>");
	for (let i = 0; i < 4; i++) bench.time.pass(0);
	said += bench.line.take();
	expect(said).toContain("<node nodeId='bed' sourceId='garden'/><node nodeId='tank'/><parameter name='Valve'/></setResponse>");
	expect(bench.sets).toEqual(["bed.Valve=true", "tank.Valve=true"]);
});

test.each(["xep", "ieee"] as const)("R-347-20 R-347-25 words about a node, forged and meant, in the %s dialect", (name) => {
	const dialect = dialects.find((one) => one.name === name)!;
	const { discovery, nodeId, sourceId, partition } = dialect;
	const said = (bench: ThingBench, word: string, named: string, from: string): string =>
		/<(forbidden|item-not-found|not-allowed) /.exec(bench.ask(`<${word} xmlns='${discovery}' ${named}/>`, from, "set"))?.[1] ?? "obeyed";
	const his = `${nodeId}='bed' ${sourceId}='garden'`;
	for (const word of [`claimed jid='thief@c.example'`, "removed", "disowned"]) {
		for (const from of [`${OWNER}/x`, `${ANNA}/x`, STRANGER, SERVICE, DOMAIN, `${REGISTRY}/x`, "evil.a.example"]) {
			const bench = online();
			expect(said(bench, word, his, from)).toBe("forbidden");
			expect(outcome(read(bench, `${ANNA}/x`, "bed"))).toBe("read");
		}
		const bench = online();
		for (const named of [`${nodeId}='well'`, `${nodeId}='bed' ${sourceId}='roof'`, `${his} ${partition}='p'`, `${nodeId}='thing'`])
			expect(said(bench, word, named, REGISTRY)).toBe("item-not-found");
		expect(said(bench, word, his, REGISTRY)).toBe(word === "removed" || word === "disowned" ? "obeyed" : "not-allowed");
		expect(outcome(read(bench, `${ANNA}/x`, "bed"))).toBe(word === "disowned" ? "forbidden" : "read");
		// Nobody else's.
		expect(outcome(read(bench, `${BERT}/x`, "tank"))).toBe("read");
		expect([bench.thing.state, bench.thing.owner]).toEqual(["claimed", OWNER]);
	}
	const bench = online();
	expect(said(bench, `claimed jid='${BERT}'`, `${nodeId}='spare'`, REGISTRY)).toBe("obeyed");
	expect(outcome(read(bench, `${BERT}/x`, "spare"))).toBe("read");
	expect(read(bench, `${ANNA}/x`, "spare")).toContain("<canRead ");
});

test("R-347-19 who gives up his last node leaves the roster, after a boot if need be; who has another, or is the owner's friend, stays", () => {
	const away = `<item jid='${ANNA}' subscription='remove'/>`;
	const disowned = (bench: ThingBench): string => bench.ask(`<disowned xmlns='${xep.discovery}' nodeId='bed'/>`, REGISTRY, "set");
	const bench = online();
	const said = disowned(bench);
	expect(said).toContain(away);
	const next = new ThingBench({ definition }, undefined, new FakeStorage(bench.storage.records));
	expect(next.online()).toContain(away);
	const [, id] = /<iq type='set' id='([^']*)'><query xmlns='jabber:iq:roster'>/.exec(said)!;
	bench.say(`<iq type='result' id='${id}'/>`);
	expect(new ThingBench({ definition }, undefined, new FakeStorage(bench.storage.records)).online()).not.toContain(away);

	expect(disowned(online({}, [ANNA, ANNA]))).not.toContain("subscription='remove'");
	expect(disowned(online({}, [OWNER, ANNA]))).not.toContain("subscription='remove'");

	const friend = online();
	friend.ask(`<disowned xmlns='${xep.discovery}' nodeId='tank'/>`, REGISTRY, "set");
	friend.say(`<presence type='subscribe' from='${BERT}' to='${friend.bare}'/>`);
	friend.time.pass(0);
	const question = friend.line.take();
	friend.say(
		`<iq type='result' id='${idOf(question)}' from='${SERVICE}'><isFriendResponse xmlns='${xep.provisioning}' jid='${BERT}' result='true'/></iq>`
	);
	friend.ask(`<claimed xmlns='${xep.discovery}' jid='${BERT}' nodeId='spare'/>`, REGISTRY, "set");
	expect(friend.ask(`<disowned xmlns='${xep.discovery}' nodeId='spare'/>`, REGISTRY, "set")).not.toContain("subscription='remove'");
});

test("R-347-12 the owner of a node is let in and asked for his presence, others are not", () => {
	const bench = new ThingBench({ definition }, prepare);
	const said = bench.online();
	for (const jid of [OWNER, ANNA, BERT]) expect(said).toContain(`<presence to='${jid}' type='subscribe'/>`);
	bench.time.pass(3000);
	bench.line.take();
	expect(bench.say(`<presence type='subscribe' from='${ANNA}' to='${bench.bare}'/>`)).toBe(`<presence to='${ANNA}' type='subscribed'/>`);
	bench.say(`<presence type='subscribe' from='mallory@c.example' to='${bench.bare}'/>`);
	bench.time.pass(0);
	expect(bench.line.take()).toContain("<isFriend ");
	expect(bench.ask("<ping xmlns='urn:xmpp:ping'/>", `${BERT}/x`)).toContain("type='result'");
	expect(bench.ask("<ping xmlns='urn:xmpp:ping'/>", "mallory@c.example/x")).toContain("<service-unavailable");
});

test("R-347-24 the registry is told of one after the other, the thing first; one that it refuses is tried again without the others waiting", () => {
	const known = (vault: Vault): void => vault.write("registry", { jid: REGISTRY, dialect: "xep", domain: DOMAIN });
	const bench = new ThingBench({ definition }, known);
	const registers = (said: string): string[] => said.match(/<register [^>]*>/g) ?? [];
	const answer = (said: string, type: string, payload = ""): string => {
		const id = idOf(said.slice(said.lastIndexOf(`<iq to='${REGISTRY}'`)));
		return bench.say(`<iq type='${type}' id='${id}' from='${REGISTRY}'>${payload}</iq>`);
	};
	const first = bench.online();
	expect(registers(first)).toEqual([`<register xmlns='${xep.discovery}'>`]);
	const second = answer(first, "result");
	expect(registers(second)).toEqual([`<register xmlns='${xep.discovery}' nodeId='bed' sourceId='garden'>`]);
	expect(second).toContain(
		"<str name='SN' value='SN1-bed'/><str name='MAN' value='extasis.example'/><str name='MODEL' value='WeatherStation'/>"
	);
	const third = answer(second, "error", "<error type='wait'><resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>");
	expect(registers(third)).toEqual([`<register xmlns='${xep.discovery}' nodeId='tank'>`]);
	expect(registers(answer(third, "result"))).toEqual([`<register xmlns='${xep.discovery}' nodeId='spare'>`]);
	bench.time.pass(6000);
	// The spare one is not answered yet.
	expect(registers(bench.line.take())).toEqual([]);
	bench.time.pass(40_000);
	expect(registers(bench.line.take())).toContain(`<register xmlns='${xep.discovery}' nodeId='bed' sourceId='garden'>`);
	expect(bench.events.filter(({ event }) => event === "registered").map(({ node }) => node)).toEqual([undefined, "tank"]);
	expect(bench.stickers).toHaveLength(2);
	expect(bench.stickers[1]).toContain("SN=SN1-tank;");
});

test("R-347-7 each node has a KEY of its own, the same after every boot, or another for each owner that goes, whom it is told", () => {
	const keyOf = (sticker: string): string => /KEY=([^;]*)/.exec(sticker)![1]!;
	const nodes = [bed, { ...tank, key: "fresh" as const }];
	const bench = online({ definition: { ...definition, nodes }, nodeKeys: { bed: "given" } });
	const keys = [undefined, "bed", "tank"].map((id) => keyOf(bench.thing.sticker(id)));
	expect(new Set(keys).size).toBe(3);
	expect(keys[1]).toBe("given");
	expect(keys[2]).toMatch(/^[a-z2-7]{26}$/);
	const storage = (): FakeStorage => new FakeStorage(bench.storage.records);
	const again = online({ definition: { ...definition, nodes } }, undefined, storage());
	expect([undefined, "bed", "tank"].map((id) => keyOf(again.thing.sticker(id)))).toEqual(keys);
	expect(() => online({ definition: { ...definition, nodes }, nodeKeys: { bed: "other" } }, undefined, storage())).toThrow("another KEY");
	const said = bench.ask(`<disowned xmlns='${xep.discovery}' nodeId='tank'/>`, REGISTRY, "set");
	const told = new RegExp(`<message to='${BERT}' type='chat'><body>(iotdisco:[^<]*)</body>`).exec(said)![1]!;
	expect(told).toBe(bench.thing.sticker("tank"));
	expect(keyOf(told)).not.toBe(keys[2]);
	expect(bench.ask(`<disowned xmlns='${xep.discovery}' nodeId='bed'/>`, REGISTRY, "set")).not.toContain("<body>");
	expect(keyOf(bench.thing.sticker("bed"))).toBe("given");
	expect(JSON.stringify(bench.events)).not.toContain(keys[2]!);
});

test.each([
	["in another order", [tank, bed]],
	["of another source", [{ ...bed, source: "roof" }, tank]],
	["of another id", [{ ...bed, id: "plot" }, tank]]
])("a node %s in the next firmware is nobody's until the registry says whose", (_what, nodes) => {
	const bench = online();
	const next = online({ definition: { ...definition, nodes } }, undefined, new FakeStorage(bench.storage.records));
	for (const person of [ANNA, BERT]) {
		const [first] = nodes;
		const mine = read(next, `${person}/x`, first!.id);
		expect(mine).toMatch(forbidden);
	}
	expect(next.samples).toEqual([]);
});

test("R-324-29 a node that is its own: the service is asked about everybody, and is obeyed", () => {
	const own: NodeDefinition = { ...spare, selfOwned: true };
	const bench = online({ definition: { ...definition, nodes: [bed, tank, own] } });
	expect(bench.thing.sticker("spare")).not.toContain("KEY=");
	const question = read(bench, STRANGER, "spare");
	expect(question).toContain("<node nodeId='spare'/></canRead>");
	expect(decide(bench, question, true)).toContain("<accepted ");
});

test("32 decisions are all that is kept of a thing and its nodes together", () => {
	const bench = online();
	for (let i = 0; i < 20; i++) {
		const question = read(bench, `p${i}@c.example/x`, "tank");
		bench.say(
			`<iq type='result' id='${idOf(question)}' from='${SERVICE}'><canReadResponse xmlns='${xep.provisioning}' jid='p${i}@c.example' result='false'/></iq>`
		);
	}
	expect(bench.storage.list("o1.d.")).toHaveLength(8);
});

test("R-347-21 a reset takes each node from its owner at once; the thing is forgotten last, for its account may go with it", () => {
	const bench = new ThingBench({ definition, factoryReset: true }, undefined, new FakeStorage(online().storage.records));
	const unregisters = (said: string): string[] => said.match(/<unregister [^>]*>/g) ?? [];
	const answer = (said: string, type: string, payload = ""): string =>
		bench.say(`<iq type='${type}' id='${idOf(said.slice(said.lastIndexOf(`<iq to='${REGISTRY}'`)))}' from='${REGISTRY}'>${payload}</iq>`);
	const first = bench.online();
	for (const [person, id] of [
		[ANNA, "bed"],
		[BERT, "tank"]
	] as const)
		expect(read(bench, `${person}/x`, id)).toMatch(forbidden);
	expect(unregisters(first)).toEqual([`<unregister xmlns='${xep.discovery}' nodeId='bed' sourceId='garden'/>`]);
	const second = answer(first, "error", "<error type='wait'><resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>");
	expect(unregisters(second)).toEqual([`<unregister xmlns='${xep.discovery}' nodeId='tank'/>`]);
	const third = answer(second, "result");
	expect(unregisters(third)).toEqual([`<unregister xmlns='${xep.discovery}' nodeId='spare'/>`]);
	expect(unregisters(answer(third, "result"))).toEqual([]);
	bench.time.pass(6000);
	const again = bench.line.take();
	expect(unregisters(again)).toEqual([`<unregister xmlns='${xep.discovery}' nodeId='bed' sourceId='garden'/>`]);
	expect(unregisters(answer(again, "result"))).toEqual([`<unregister xmlns='${xep.discovery}'/>`]);
});
