// What a scenario plays on: the virtual world, or a real Prosody. A script that runs on one runs on the other.
import type { ThingEvent } from "../../src/host.js";
import type { Definition } from "../../src/thing/definition.js";
import { canonical, type Said } from "./recorder.js";
import type { Element } from "./xml.js";

export interface StageThing {
	/** Every step of its life, over all boots. */
	readonly events: readonly ThingEvent[];
	/** Every element it said, over all connections. */
	readonly said: readonly Said[];
	/** Its full JID; throws while it is offline. */
	readonly jid: string;
	state(): Promise<string>;
	/** What it said, in words that are the same on every stage. */
	transcript(): string[];
	/** What this person heard of it, in the same words. */
	heardBy(client: StageClient): string[];
	/** With KEY; of the thing, or of a node. */
	sticker(node?: string): string;
	/** Boots from its store; `factoryReset`: as from the factory. */
	start(factoryReset?: boolean): void;
	/** What it says reaches nobody any more, until the cut. */
	mute(): void;
	/** What is said to it does not arrive any more, until the cut. */
	deafen(): void;
	/** Its connection breaks. */
	cut(): void;
	/** It falls asleep, if it may, until it starts. */
	sleep(): Promise<boolean>;
	/** Its power goes. */
	kill(): Promise<void>;
}

export type DialectName = "xep" | "ieee";

/** A person with a chat client: logged in, roster fetched, available. */
export interface StageClient {
	/** What his programs speak to things and registry. */
	readonly dialect: DialectName;
	readonly bare: string;
	readonly jid: string;
	/** Every stanza that came. */
	readonly received: readonly Element[];
	send(stanza: Element): void;
	/** The result or error iq. */
	request(type: "get" | "set", to: string, payload: Element): Promise<Element>;
}

export interface Stage {
	readonly domain: string;
	readonly registry: string;
	/** One thing, not started: the weather station, but for what is said here. */
	thing: (definition?: Partial<Definition>) => StageThing;
	client(role: string): Promise<StageClient>;
	connectRegistry(): Promise<void>;
	disconnectRegistry(): Promise<void>;
	/** Waits until the probe finds something. */
	until<T>(what: string, probe: () => T | undefined | null | false): Promise<T>;
	end(): Promise<void>;
}

/** What came from one address, whatever the resource. */
export function heard(client: StageClient, from: string, names: ReadonlyMap<string, string>): string[] {
	return client.received.filter((stanza) => bareOf(stanza.attrs.from ?? "") === bareOf(from)).map((stanza) => canonical(stanza, names));
}

export type Scenario = (stage: Stage) => Promise<void>;

/** What stands for names in transcripts: things and people (full JIDs) by role, the domain inside them. */
export function placeholders(
	domain: string,
	events: readonly ThingEvent[],
	stickers: readonly string[],
	people: ReadonlyMap<string, string>
): ReadonlyMap<string, string> {
	const names = new Map<string, string>([[domain, "{domain}"]]);
	for (const [role, jid] of people) names.set(bareOf(jid), `{${role}}`).set(jid, `{${role}}/{resource}`);
	for (const { event, jid } of events) {
		if (event !== "online") continue;
		names.set(bareOf(String(jid)), "{thing}").set(String(jid), "{thing}/{resource}");
	}
	for (const tag of stickers.flatMap((sticker) => sticker.replace(/^iotdisco:/, "").split(";"))) {
		const [name, value] = tag.split("=").map(decodeURIComponent);
		if ((name === "KEY" || name === "SN") && value) names.set(value, `{${name.toLowerCase()}}`);
	}
	return names;
}

export function bareOf(jid: string): string {
	return jid.split("/")[0]!;
}
