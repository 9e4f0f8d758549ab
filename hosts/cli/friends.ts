// How a person comes to know where a thing is: presence, which only friends see.
import { xml } from "@xmpp/client";
import type { Consumer } from "./consumer.js";
import { Failure } from "./errors.js";

/** A thing with a slow link answers within it. */
const usualPatience = 15_000;

export interface Befriending {
	/** Subscriptions to try: a thing that has not yet heard whose it is refuses its owner once. */
	readonly tries?: number;
	/** Milliseconds for each answer. */
	readonly patience?: number;
}

/** The full JIDs of a thing that is there, the likeliest first; becomes its friend if need be. Throws a Failure. */
export async function locate(
	consumer: Consumer,
	jid: string,
	{ tries = 1, patience = usualPatience }: Befriending = {}
): Promise<string[]> {
	if (jid.includes("/")) return [jid];
	if (consumer.resources(jid).length > 0) return consumer.resources(jid);
	const known = consumer.subscription(jid);
	if (known === "to" || known === "both") {
		if (!(await appears(consumer, jid, patience))) throw new Failure(`${jid} is not online: is it switched on, and has it a connection?`);
		return consumer.resources(jid);
	}
	for (let left = tries; ; left--) {
		const answer = await subscribe(consumer, jid, patience);
		if (answer === "available") return consumer.resources(jid);
		if (answer === "subscribed") throw new Failure(`${jid} is your friend now, but it is not online.`);
		if (answer === "nothing") throw new Failure(`${jid} does not answer: it is not online, or there is no such thing.`);
		if (left <= 1) throw new Failure(`${jid} does not accept ${consumer.jid} as a friend: its owner decides who may be one.`);
		await new Promise((resolve) => setTimeout(resolve, 1500));
	}
}

/** Accepts the thing's own subscription, now or when it comes, until the function given back is called. */
export function acceptFriendship(consumer: Consumer, thing: string): () => void {
	return consumer.listen((stanza) => {
		const { from, type } = stanza.attrs;
		if (stanza.name === "presence" && type === "subscribe" && from?.split("/")[0] === thing) {
			consumer.send(xml("presence", { to: thing, type: "subscribed" })).catch(() => {});
		}
	});
}

async function appears(consumer: Consumer, jid: string, patience: number): Promise<boolean> {
	const seen = await consumer.wait(patience, () => consumer.resources(jid).length > 0);
	return seen !== undefined;
}

async function subscribe(consumer: Consumer, jid: string, patience: number): Promise<"available" | "subscribed" | "refused" | "nothing"> {
	let answer: "subscribed" | "refused" | "nothing" = "nothing";
	const coming = consumer.wait(patience, (stanza) => {
		const { from, type } = stanza.attrs;
		if (stanza.name !== "presence" || from?.split("/")[0] !== jid) return false;
		if (type === "subscribed") answer = "subscribed";
		else if (type === "unsubscribed" || type === "error") answer = "refused";
		return answer === "refused" || consumer.resources(jid).length > 0;
	});
	await consumer.send(xml("presence", { to: jid, type: "subscribe" }));
	await coming;
	return consumer.resources(jid).length > 0 ? "available" : answer;
}
