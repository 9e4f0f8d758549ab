// Two nodes behind one address, each with an owner of its own, and a third who owns the thing.
import type { Definition, NodeDefinition } from "../../../src/thing/definition.js";
import type { Scenario, Stage, StageClient, StageThing } from "../stage.js";
import { type Element, xml } from "../xml.js";
import { bareOf, befriend, claim, conditionOf, count, fence, isPushAnswer, payloadsOf, said, say, tagsOf, told, words } from "./steps.js";

const FORBIDDEN = "cancel/forbidden";
const MISSING = "cancel/item-not-found";

const valve: Pick<NodeDefinition, "parameters"> = { parameters: { Valve: { type: "boolean" } } };

export const nodes: readonly NodeDefinition[] = [
	{
		...{ id: "bed", source: "garden", name: "Bed", ...valve },
		fields: {
			Moisture: { type: "numeric", category: "momentary", unit: "%" },
			Valve: { type: "boolean", category: "status" },
			Kind: { type: "string", category: "identity", value: "bed" }
		}
	},
	{
		...{ id: "tank", class: "Tank", model: "T1", ...valve },
		fields: { Level: { type: "numeric", category: "momentary", unit: "m³", decimals: 1 }, Valve: { type: "boolean", category: "status" } }
	}
];

type Named = string | readonly [id: string, source: string];

/** Names one, in the person's words. */
function node(person: StageClient, named: Named): Element {
	const { node, nodeId, sourceId } = words[person.dialect];
	return typeof named === "string" ? xml(node, { [nodeId]: named }) : xml(node, { [nodeId]: named[0], [sourceId]: named[1] });
}

/** What a person gets who asks these nodes for all that is momentary: names of fields by node, or the error. */
async function read(stage: Stage, thing: StageThing, person: StageClient, sequence: string, ...named: Named[]): Promise<string> {
	const said = words[person.dialect];
	const attributes = { xmlns: said.sensorData, [said.sequence]: sequence, ...said.flags({ momentary: "true" }) };
	const request = xml(
		"req",
		attributes,
		named.map((one) => node(person, one))
	);
	const answer = await person.request("get", thing.jid, request);
	if (conditionOf(answer) !== "") return `${answer.getChild("error")?.attrs.type}/${conditionOf(answer)}`;
	const payloads = () => payloadsOf(person, sequence);
	await stage.until(`readout ${sequence}`, () => payloads().some(said.isLast));
	const names = (parent: Element): readonly string[] =>
		parent.getChildElements().flatMap((at) => at.getChildElements().map(({ attrs }) => attrs[said.name]!));
	return payloads()
		.flatMap((payload) => (payload.getChild(said.node) ? payload.getChildElements() : payload))
		.map((part) => `${part.is(said.node) ? part.attrs[said.nodeId] : ""}: ${names(part)}`)
		.join("; ");
}

async function open(thing: StageThing, person: StageClient, ...named: Named[]): Promise<string> {
	const said = words[person.dialect];
	const nodes = named.map((one) => node(person, one));
	const valve = xml(said.boolean, { [said.name]: "Valve", [said.value]: "true" });
	const answer = await person.request("set", thing.jid, xml("set", { xmlns: said.control }, nodes, valve));
	if (conditionOf(answer) !== "") return conditionOf(answer);
	const done = answer.getChild(said.setResponse, said.control)!.getChildElements();
	return done.map(({ attrs }) => attrs[said.nodeId] ?? attrs[said.name]).join();
}

const events = (thing: StageThing, event: string, id: string): number =>
	thing.events.filter((each) => each.event === event && each.node === id).length;

const updates = (thing: StageThing, id: string): number =>
	said(thing, (element) => {
		const { nodeId, id: short } = element.getChild("update")?.attrs ?? {};
		return (nodeId ?? short) === id;
	});

/** By its own sticker. When it returns the registry has no KEY of it any more. */
async function claimNode(stage: Stage, thing: StageThing, person: StageClient, id: string): Promise<void> {
	const { discovery, nodeId } = words[person.dialect];
	const [claims, known] = [events(thing, "claimed", id), updates(thing, id)];
	const answer = await person.request("set", stage.registry, xml("mine", { xmlns: discovery }, tagsOf(thing.sticker(id))));
	const claimed = answer.getChild("claimed", discovery)?.attrs ?? {};
	expect([claimed.jid, claimed[nodeId]]).toEqual([bareOf(thing.jid), id]);
	await stage.until(`${id} claimed`, () => events(thing, "claimed", id) > claims && updates(thing, id) > known);
	await fence(stage, thing, person);
}

function disownNode(stage: Stage, thing: StageThing, person: StageClient, id: string, source?: string): Promise<Element> {
	const { discovery, nodeId, sourceId } = words[person.dialect];
	const attributes = { xmlns: discovery, jid: bareOf(thing.jid), [nodeId]: id, [sourceId]: source };
	return person.request("set", stage.registry, xml("disown", attributes));
}

/** All of them registered. */
async function start(stage: Stage, definition: Partial<Definition> = { nodes }): Promise<StageThing> {
	const thing = stage.thing(definition);
	thing.start();
	await stage.until("all registered", () => count(thing, "registered") === 3);
	return thing;
}

export const nodeStory: Scenario = async (stage) => {
	const thing = await start(stage);
	const anna = await stage.client("anna");
	const bert = await stage.client("bert");
	const owner = await stage.client("owner");
	let sequence = 1;
	const reads = (person: StageClient, ...named: Named[]) => read(stage, thing, person, `${sequence++}`, ...named);
	// Nobody's.
	for (const id of ["bed", "tank", "well"]) expect(await reads(anna, id)).toBe(FORBIDDEN);

	await claimNode(stage, thing, anna, "bed");
	await befriend(stage, thing, anna);
	const claims = thing.events.filter(({ event }) => event === "claimed");
	expect(claims.map(({ owner, node }) => [owner, node])).toEqual([[anna.bare, "bed"]]);
	expect(await thing.state()).toBe("registered");
	await claimNode(stage, thing, bert, "tank");
	await befriend(stage, thing, bert);
	await claim(stage, thing, owner);
	await befriend(stage, thing, owner);

	// To each his own, and nothing else: not even whether it is there.
	expect(await reads(anna, "bed")).toBe("bed: Moisture");
	expect(await reads(anna, ["bed", "garden"])).toBe("bed: Moisture");
	expect(await reads(anna, ["bed", "roof"])).toBe(FORBIDDEN);
	expect(await reads(anna, "bed", "tank", "well")).toBe("bed: Moisture");
	expect(await reads(bert, "tank")).toBe("tank: Level");
	for (const wanted of ["bed", "well", "thing"]) expect(await reads(bert, wanted)).toBe(FORBIDDEN);
	expect(await reads(bert)).toBe(FORBIDDEN);
	const own = owner.dialect === "xep" ? "thing: Temperature,Humidity,Pressure" : ": Temperature,Humidity,Pressure";
	expect(await reads(owner)).toBe(own);
	expect(await reads(owner, "thing")).toBe("thing: Temperature,Humidity,Pressure");
	for (const wanted of ["bed", "tank"]) expect(await reads(owner, wanted)).toBe(FORBIDDEN);
	expect(await reads(owner, "well")).toBe(MISSING);
	expect(await reads(owner, ["bed", "roof"])).toBe(MISSING);
	expect(await open(thing, anna, "bed")).toBe("");
	expect(await open(thing, anna, "tank")).toBe("forbidden");
	expect(await open(thing, anna, "tank", "bed")).toBe("bed,Valve");
	expect(await open(thing, owner, "bed")).toBe("forbidden");

	// Bert lets somebody in, to his tank and to nothing else.
	const stranger = await stage.client("stranger");
	expect(await reads(stranger, "tank")).toBe(FORBIDDEN);
	const question = await stage.until("the question", () => told(stage, bert).find((words) => words.includes(stranger.bare)));
	expect(question).toMatch(/ wants to read all fields of tank at /);
	await say(stage, bert, `allow ${stranger.bare}`);
	await fence(stage, thing, bert);
	expect(await reads(stranger, "tank")).toBe("tank: Level");
	expect(await reads(stranger, "bed", "tank", "thing")).toBe("tank: Level");
	for (const wanted of ["bed", "thing", "well"]) expect(await reads(stranger, wanted)).toBe(FORBIDDEN);

	// Anna gives hers up. Of the others' nothing is lost.
	const [registered, pushes] = [count(thing, "registered"), said(thing, isPushAnswer)];
	expect(conditionOf(await disownNode(stage, thing, anna, "tank"))).toBe("item-not-found");
	expect(conditionOf(await disownNode(stage, thing, anna, "bed", "garden"))).toBe("");
	await stage.until("she is off its roster", () => said(thing, isPushAnswer) > pushes);
	await stage.until("registered again", () => count(thing, "registered") > registered);
	await fence(stage, thing, bert);
	for (const person of [anna, bert, owner, stranger]) expect(await reads(person, "bed")).toBe(FORBIDDEN);
	expect(await open(thing, anna, "bed")).toBe("forbidden");
	expect(await reads(bert, "tank")).toBe("tank: Level");
	expect(await reads(stranger, "tank")).toBe("tank: Level");
	expect(await reads(owner)).toBe(own);

	// Bert has two of them then, and is a friend as long as he has one.
	const bed = thing.sticker("bed");
	await claimNode(stage, thing, bert, "bed");
	expect(bed).toBe(thing.sticker("bed"));
	expect(await reads(bert, "bed", "tank")).toBe("bed: Moisture; tank: Level");
	expect(await open(thing, bert, "bed", "tank")).toBe("");
	expect(await reads(stranger, "bed")).toBe(FORBIDDEN);
	expect(conditionOf(await disownNode(stage, thing, bert, "bed", "garden"))).toBe("");
	await stage.until("registered once more", () => count(thing, "registered") > registered + 1);
	await fence(stage, thing, bert);
	expect(await reads(bert, "bed", "tank")).toBe("tank: Level");
};

/** Not for a real broker: which of its friends it tells first is its own affair. */
export const nodeReset: Scenario = async (stage) => {
	const thing = await start(stage);
	const anna = await stage.client("anna");
	const bert = await stage.client("bert");
	await claimNode(stage, thing, anna, "bed");
	await befriend(stage, thing, anna);
	await claimNode(stage, thing, bert, "tank");
	await befriend(stage, thing, bert);
	const pushes = said(thing, isPushAnswer);
	await thing.kill();
	thing.start(true);
	await stage.until("all registered again", () => count(thing, "registered") === 6);
	expect(said(thing, (element) => element.getChild("unregister") !== undefined)).toBe(3);
	await stage.until("they are off its roster", () => said(thing, isPushAnswer) > pushes + 1);
	await fence(stage, thing, anna);
	expect(await read(stage, thing, anna, "1", "bed")).toBe(FORBIDDEN);
	expect(await read(stage, thing, bert, "2", "tank")).toBe(FORBIDDEN);
	await claimNode(stage, thing, bert, "bed");
	expect(await read(stage, thing, bert, "3", "bed")).toBe("bed: Moisture");
};

export const nodeScenarios: Readonly<Record<string, Scenario>> = Object.freeze({
	"R-347-20 R-324-5 R-324-9 R-323-23 R-347-29 two nodes of two owners: claimed, read, set, given up, each without the other": nodeStory
});
