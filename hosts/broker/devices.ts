// Things that have asked: each is told when what it was answered holds no longer, until it has acknowledged it.

import type { Element } from "@xmpp/xml";
import type { DecisionStore, Device, News } from "./decision-store.js";
import { deviceNamespace, writeClearCache, writeNews } from "./provisioning-words.js";
import type { Reaction } from "./registry.js";
import type { Store, ThingID, ThingRecord } from "./store.js";

/** Words for a thing that is away. */
const NEWS = 100;

export interface DevicesOptions {
	readonly store: Store;
	/** The full JID at which a thing is, or was last. */
	addressOf(jid: string): string | undefined;
	/** The record by which a node, or the thing as a whole, is somebody's. */
	thingOf(id: ThingID): ThingRecord | undefined;
	ask(to: string, payload: Element, onReaction: (reaction: Reaction) => void): void;
	/** A message to a thing. */
	tell(to: string, payload: Element): void;
}

export class Devices {
	readonly #options: DevicesOptions;
	readonly #decisions: DecisionStore;
	/** Those that are being told to forget what they keep. */
	readonly #telling = new Set<string>();

	constructor(options: DevicesOptions) {
		this.#options = options;
		this.#decisions = options.store.decisions;
	}

	/** It asks in this namespace, and is told in it. */
	spokeIn(jid: string, namespace: string): void {
		const device = this.#decisions.device(jid);
		if (device?.namespace !== namespace) this.#decisions.putDevice({ ...(device ?? newDevice(jid)), namespace });
	}

	/** What it keeps may hold no longer. */
	spoil(jid: string): void {
		const device = this.#decisions.device(jid);
		if (device !== undefined) this.#decisions.putDevice({ ...device, changes: device.changes + 1 });
	}

	note({ jid, node }: ThingID, news: News): void {
		const namespace = deviceNamespace(this.#options.thingOf({ jid, node })?.namespace ?? "");
		const device = this.#decisions.device(jid) ?? { ...newDevice(jid), namespace };
		const others = device.news.filter((each) => each.jid !== news.jid && each.owner === news.owner);
		this.#decisions.putDevice({ ...device, news: [...others, news].slice(-NEWS) });
	}

	/** Whoever has missed something. */
	tellAll(): void {
		for (const { jid } of this.#decisions.untold()) this.tell(jid);
	}

	/** Until it has acknowledged. News go first: what is said in order arrives in order, so one answer acknowledges all. */
	tell(jid: string): void {
		const device = this.#decisions.device(jid);
		const address = this.#options.addressOf(jid);
		const telling = `${jid} ${address}`;
		if (device === undefined || device.acknowledged === device.changes || address === undefined || this.#telling.has(telling)) return;
		this.#telling.add(telling);
		const { namespace, news, changes } = device;
		const owner = this.#options.thingOf({ jid, node: ["", "", ""] })?.owner;
		for (const each of news) if (each.owner === owner) this.#options.tell(address, writeNews(namespace, each));
		this.#options.ask(address, writeClearCache(namespace), (reaction) => {
			this.#telling.delete(telling);
			const now = this.#decisions.device(jid);
			if (reaction !== "acknowledged" || now === undefined) return;
			const left = now.news.filter((each) => !news.some(({ what, jid }) => what === each.what && jid === each.jid));
			this.#decisions.putDevice({ ...now, acknowledged: Math.max(now.acknowledged, changes), news: left });
			// Something changed meanwhile.
			this.tell(jid);
		});
	}
}

const newDevice = (jid: string): Device => ({ jid, namespace: deviceNamespace(""), changes: 0, acknowledged: 0, news: [] });
