// The steps that scenarios are made of: what owners and strangers do to a thing, by hand, without anything of src/.
import type { Definition } from "../../../src/thing/definition.js";
import type { DialectName, Stage, StageClient, StageThing } from "../stage.js";
import { type Element, xml } from "../xml.js";

export const DISCOVERY = "urn:xmpp:iot:discovery";
export const SENSOR_DATA = "urn:xmpp:iot:sensordata";
/** What people say in either dialect. */
export const words = Object.freeze({
	xep: Object.freeze({
		discovery: DISCOVERY,
		...{ sensorData: SENSOR_DATA, sequence: "seqnr", field: "field", name: "name", value: "value", readings: "fields" },
		flags: (flags: Readonly<Record<string, string>>) => flags,
		isLast: (payload: Element) => payload.attrs.done === "true",
		control: "urn:xmpp:iot:control",
		...{ boolean: "boolean", setResponse: "setResponse", node: "node", nodeId: "nodeId", sourceId: "sourceId" }
	}),
	ieee: Object.freeze({
		discovery: "urn:ieee:iot:disco:1.0",
		...{ sensorData: "urn:ieee:iot:sd:1.0", sequence: "id", field: "f", name: "n", value: "v", readings: "resp" },
		/** Each is its first letter there. */
		flags: (flags: Readonly<Record<string, string>>) =>
			Object.fromEntries(Object.entries(flags).map(([name, value]) => [name === "all" ? name : name[0]!, value])),
		isLast: (payload: Element) => payload.attrs.more !== "true",
		control: "urn:ieee:iot:ctr:1.0",
		...{ boolean: "b", setResponse: "resp", node: "nd", nodeId: "id", sourceId: "src" }
	})
} satisfies Record<DialectName, unknown>);

export const DISCO_INFO = "http://jabber.org/protocol/disco#info";

export function count(thing: StageThing, event: string): number {
	return thing.events.filter((each) => each.event === event).length;
}

/** The next event of this name after `known` of them. */
export function next(stage: Stage, thing: StageThing, event: string, known = 0): Promise<unknown> {
	return stage.until(`${event} ${known + 1}`, () => count(thing, event) > known);
}

/** Boots it and waits until the registry has it. */
export async function register(stage: Stage, definition?: Partial<Definition>): Promise<StageThing> {
	const thing = stage.thing(definition);
	thing.start();
	await next(stage, thing, "registered");
	return thing;
}

/** The tags of a sticker as children of `mine`: R is the registry's address and none of them. */
export function tagsOf(sticker: string): Element[] {
	return sticker
		.replace(/^iotdisco:/, "")
		.split(";")
		.filter((tag) => !tag.startsWith("R="))
		.map((tag) => {
			const [name, value] = tag.split("=").map(decodeURIComponent) as [string, string];
			return name.startsWith("#") ? xml("num", { name: name.slice(1), value }) : xml("str", { name, value });
		});
}

/** With what stands on its sticker, or on another one. */
export async function claim(stage: Stage, thing: StageThing, owner: StageClient, sticker = thing.sticker()): Promise<void> {
	const known = count(thing, "claimed");
	const updates = said(thing, isUpdate);
	const { discovery } = words[owner.dialect];
	const answer = await owner.request("set", stage.registry, xml("mine", { xmlns: discovery }, tagsOf(sticker)));
	expect(answer.attrs.type).toBe("result");
	expect(answer.getChild("claimed", discovery)?.attrs.jid).toBe(bareOf(thing.jid));
	await next(stage, thing, "claimed", known);
	// It tells the registry to forget its KEY, and asks for its owner's presence.
	await stage.until("update", () => said(thing, isUpdate) > updates);
	await stage.until("subscribe", () => subscriptions(owner, thing, "subscribe") > 0);
	await fence(stage, thing, owner);
}

/** When it returns, whatever was on its way between thing, broker and registry has arrived: streams keep the order. */
export async function fence(stage: Stage, thing: StageThing, client: StageClient): Promise<void> {
	const ping = () => xml("ping", { xmlns: "urn:xmpp:ping" });
	// Out of the thing, through the registry, and in again. Who may not ping gets an error, which does as well.
	await client.request("get", thing.jid, ping());
	await client.request("get", stage.registry, ping());
	await client.request("get", thing.jid, ping());
}

export function said(thing: StageThing, test: (element: Element) => boolean): number {
	return thing.said.filter(({ element }) => test(element)).length;
}

/** An answer to our own account, by name (ejabberd) or not: it pushed a change of the roster. Everybody else who asks has a resource, or is a component. */
export function isPushAnswer(element: Element): boolean {
	return element.is("iq") && element.attrs.type === "result" && /^([^/]+@[^/]+)?$/.test(element.attrs.to ?? "");
}

function isUpdate(element: Element): boolean {
	return element.getChild("update") !== undefined;
}

/** Presence of this type that came from the thing. */
export function subscriptions(client: StageClient, thing: StageThing, type: string | undefined): number {
	const from = bareOf(thing.jid);
	return client.received.filter((stanza) => stanza.is("presence") && bareOf(stanza.attrs.from ?? "") === from && stanza.attrs.type === type)
		.length;
}

/** Both let each other in. */
export async function befriend(stage: Stage, thing: StageThing, owner: StageClient): Promise<void> {
	const to = bareOf(thing.jid);
	owner.send(xml("presence", { type: "subscribed", to }));
	owner.send(xml("presence", { type: "subscribe", to }));
	await stage.until("the thing's presence", () => subscriptions(owner, thing, undefined) > 0);
	await fence(stage, thing, owner);
}

/** Claimed, and its owner and it let each other in. */
export async function owned(stage: Stage, definition?: Partial<Definition>): Promise<{ thing: StageThing; owner: StageClient }> {
	const thing = await register(stage, definition);
	const owner = await stage.client("owner");
	await claim(stage, thing, owner);
	await befriend(stage, thing, owner);
	return { thing, owner };
}

/** What the box says in words to this person, the latest last. */
export function told(stage: Stage, person: StageClient): string[] {
	return person.received
		.filter((stanza) => stanza.is("message") && stanza.attrs.from === stage.registry)
		.flatMap((stanza) => stanza.getChildText("body") ?? []);
}

/** Says it to the box and brings back what that answers. */
export async function say(stage: Stage, person: StageClient, words: string): Promise<string> {
	const known = told(stage, person).length;
	person.send(xml("message", { to: stage.registry, type: "chat" }, xml("body", {}, words)));
	return stage.until(`an answer to "${words}"`, () => told(stage, person)[known]);
}

/** All that came of one readout, in order. */
export function payloadsOf(client: StageClient, sequence: string): readonly Element[] {
	const heard = words[client.dialect];
	return client.received
		.filter((stanza) => stanza.is("message") || stanza.attrs.type === "result")
		.flatMap((stanza) => stanza.getChildElements())
		.filter((payload) => payload.is(heard.readings, heard.sensorData) && payload.attrs[heard.sequence] === sequence);
}

export async function read(
	client: StageClient,
	thing: StageThing,
	sequence: string,
	flags: Readonly<Record<string, string>>,
	...names: string[]
): Promise<Element> {
	const said = words[client.dialect];
	const fields = names.map((name) => xml(said.field, { [said.name]: name }));
	const attributes = { xmlns: said.sensorData, [said.sequence]: sequence, ...said.flags(flags) };
	return client.request("get", thing.jid, xml("req", attributes, fields));
}

/** A readout as its reader gets it, to its end; the names and values. */
export async function readout(
	stage: Stage,
	client: StageClient,
	thing: StageThing,
	sequence: string,
	flags: Readonly<Record<string, string>>,
	...names: string[]
): Promise<Map<string, string>> {
	const known = count(thing, "readout");
	const heard = words[client.dialect];
	const isOurs = (payload: Element): boolean => payload.getNS() === heard.sensorData && payload.attrs[heard.sequence] === sequence;
	const [first] = (await read(client, thing, sequence, flags, ...names)).getChildElements();
	expect([first?.getName(), first !== undefined && isOurs(first)]).toEqual([client.dialect === "xep" ? "accepted" : "resp", true]);
	await stage.until(`readout ${sequence}`, () => payloadsOf(client, sequence).some(heard.isLast));
	await next(stage, thing, "readout", known);
	const values = new Map<string, string>();
	const look = (element: Element): void => {
		const { [heard.name]: name, [heard.value]: value } = element.attrs;
		if (name !== undefined && value !== undefined) values.set(name, value);
		for (const child of element.getChildElements()) look(child);
	};
	for (const payload of payloadsOf(client, sequence)) look(payload);
	return values;
}

/** The condition of an error answer, "" of a result. */
export function conditionOf(answer: Element): string {
	if (answer.attrs.type !== "error") return "";
	return answer.getChild("error")?.getChildElements()[0]?.getName() ?? "undefined-condition";
}

export function bareOf(jid: string): string {
	return jid.split("/")[0]!;
}
