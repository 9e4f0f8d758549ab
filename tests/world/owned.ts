// A thing's life up to its owner's claim, and his friendship: where specs of what comes later begin.
import type { Network } from "../../src/host.js";
import type { VirtualClient } from "./client.js";
import { bareOf, DISCOVERY, tagsOf } from "./scenarios/steps.js";
import type { VirtualThing, World } from "./world.js";
import { type Element, xml } from "./xml.js";

export interface Owned {
	readonly thing: VirtualThing;
	readonly owner: VirtualClient;
	/** Full JID of the thing. */
	readonly jid: string;
	/** How often the thing told this event. */
	count(event: string): number;
}

/** `wrap`: what stands between the thing and its network. */
export function claimed(world: World, name = "owner", wrap?: (network: Network) => Network): Owned {
	const thing = world.thing({ tls: "direct", serial: "SN-1", key: "abcdefghijklmnopqrstuvwxyz" });
	const count = (event: string): number => thing.events.filter((each) => each.event === event).length;
	thing.start(wrap);
	world.until("registered", () => count("registered") > 0);
	const owner = world.client(name);
	owner.ask("set", world.registry, xml("mine", { xmlns: DISCOVERY }, tagsOf(thing.firmware.sticker())));
	world.until("claimed", () => count("claimed") > 0);
	return { thing, owner, jid: thing.firmware.jid!, count };
}

/** Each sees the other; returns what he has seen of it so far, its wish to see him left out. */
export function befriended(world: World, { owner, jid }: Owned): () => Element[] {
	const seen = (): Element[] =>
		owner.received.filter((stanza) => stanza.is("presence") && stanza.attrs.from === jid && stanza.attrs.type !== "subscribe");
	owner.send(xml("presence", { type: "subscribed", to: bareOf(jid) }));
	owner.send(xml("presence", { type: "subscribe", to: bareOf(jid) }));
	world.until("its presence", () => seen().length > 0);
	return seen;
}
