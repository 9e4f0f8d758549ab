// The owner's side of a Thing Registry (XEP-0347): finding it, claiming.
import { type Element, xml } from "@xmpp/client";
import type { Sticker } from "../factory/sticker.js";
import type { Consumer } from "./consumer.js";
import { Failure } from "./errors.js";

/** In order of preference. */
const namespaces = ["urn:xmpp:iot:discovery", "urn:ieee:iot:disco:1.0"];
/** Components of a server that are asked. */
const most = 16;

export interface Registry {
	readonly jid: string;
	readonly namespace: string;
}

/** The sticker's registry, or that of the owner's own server. Throws a Failure. */
export async function findRegistry(consumer: Consumer, given: string | undefined): Promise<Registry> {
	if (given !== undefined) {
		const namespace = await registryNamespace(consumer, given);
		if (namespace === undefined) throw new Failure(`${given}, which the sticker names, answers as no Thing Registry: is it running?`);
		return { jid: given, namespace };
	}
	const domain = consumer.jid.slice(consumer.jid.indexOf("@") + 1);
	const items = await consumer.ask("get", domain, xml("query", { xmlns: "http://jabber.org/protocol/disco#items" }));
	const jids = (items.payload?.getChildren("item") ?? []).flatMap(({ attrs }) => attrs.jid ?? []);
	for (const jid of jids.slice(0, most)) {
		const namespace = await registryNamespace(consumer, jid);
		if (namespace !== undefined) return { jid, namespace };
	}
	throw new Failure(`The broker of ${domain} has no Thing Registry, and the sticker names none (R=).`);
}

async function registryNamespace(consumer: Consumer, jid: string): Promise<string | undefined> {
	const info = await consumer
		.ask("get", jid, xml("query", { xmlns: "http://jabber.org/protocol/disco#info" }), 10_000)
		.catch(() => undefined);
	const features = (info?.payload?.getChildren("feature") ?? []).map(({ attrs }) => attrs.var);
	return namespaces.find((namespace) => features.includes(namespace));
}

export interface Claimed {
	/** Bare JID. */
	readonly thing: string;
	/** Behind it, where it is none but one of its nodes. */
	readonly node: string | undefined;
}

/** What is now the person's. Throws a Failure. */
export async function claim(consumer: Consumer, registry: Registry, { tags }: Sticker, isPublic = true): Promise<Claimed> {
	const children: Element[] = tags.map(({ name, value }) =>
		typeof value === "number" ? xml("num", { name, value: String(value) }) : xml("str", { name, value })
	);
	const answer = await consumer.ask(
		"set",
		registry.jid,
		xml("mine", { xmlns: registry.namespace, public: isPublic ? undefined : "false" }, ...children),
		30_000
	);
	if (answer.refusal !== undefined) {
		if (answer.refusal.condition === "item-not-found") {
			throw new Failure(
				`${registry.jid} has no unclaimed thing with exactly these tags: it has not registered yet, it is somebody's already, or the sticker was misread.`
			);
		}
		const { condition, text } = answer.refusal;
		throw new Failure(`${registry.jid} refuses the claim: ${text === "" ? condition : `${text} (${condition})`}.`);
	}
	const { jid, nodeId, id } = answer.payload?.is("claimed", registry.namespace) ? answer.payload.attrs : {};
	const thing = jid?.split("/")[0];
	if (thing === undefined || !thing.includes("@"))
		throw new Failure(`${registry.jid} accepted the claim but did not say which thing it is.`);
	return { thing, node: nodeId || id || undefined };
}
