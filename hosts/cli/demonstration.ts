// The owner and the stranger of `extasis start`: a process of its own, since Node takes a CA only when it starts.
import { parseSticker } from "../factory/sticker.js";
import { claimThing } from "./claim.js";
import { Consumer, type Login } from "./consumer.js";
import { messageOf } from "./errors.js";
import { acceptFriendship, locate } from "./friends.js";
import { readThing, tryReadout, writeValue } from "./readout.js";

/** From the story to us. `thing` is its number in the story. */
export type Order =
	| { readonly order: "login"; readonly owner: Login; readonly stranger: Login }
	| { readonly order: "claim"; readonly thing: number; readonly uri: string }
	| { readonly order: "own"; readonly thing: number; readonly jid: string }
	| { readonly order: "end" };

/** From us to the story. */
export type Told =
	| { readonly told: "friend"; readonly thing: number; readonly jid: string }
	| { readonly told: "reading"; readonly thing: number; readonly text: string }
	| { readonly told: "stranger"; readonly thing: number; readonly jid: string; readonly condition: string | undefined }
	| { readonly told: "trouble"; readonly thing?: number; readonly message: string };

const pauseMilliseconds = 3000;

function tell(told: Told): void {
	if (process.connected) process.send?.(told);
}

class Demonstration {
	readonly #owner: Consumer;
	readonly #stranger: Login;
	readonly #things = new Map<number, string>();
	/** What was told last, so that it is told once. */
	readonly #troubles = new Map<number, string>();
	#timer: NodeJS.Timeout | undefined;
	#strangerCame = false;

	constructor(owner: Consumer, stranger: Login) {
		this.#owner = owner;
		this.#stranger = stranger;
		owner.keepTrying(
			() => tell({ told: "trouble", message: "The owner lost the connection and tries again." }),
			() => {}
		);
	}

	async claim(thing: number, uri: string): Promise<void> {
		const sticker = parseSticker(uri);
		if (sticker === undefined) throw new Error("no sticker");
		const { thing: jid } = await claimThing(this.#owner, sticker);
		await this.befriend(thing, jid);
	}

	async befriend(thing: number, jid: string): Promise<void> {
		acceptFriendship(this.#owner, jid);
		await locate(this.#owner, jid, { tries: 5 });
		tell({ told: "friend", thing, jid });
		this.#things.set(thing, jid);
		if (this.#things.size === 1) void this.#readAll();
	}

	async #readAll(): Promise<void> {
		for (const [thing, jid] of this.#things) {
			if (!this.#owner.online) continue;
			try {
				const addresses = await locate(this.#owner, jid);
				const readings = await readThing(this.#owner, addresses, { fields: [], status: true });
				tell({ told: "reading", thing, text: readings.map((reading) => `${reading.name} ${writeValue(reading)}`).join("  ") });
				this.#troubles.delete(thing);
				await this.#sendStranger(thing, addresses[0]);
			} catch (error) {
				const message = messageOf(error);
				if (this.#troubles.get(thing) !== message) tell({ told: "trouble", thing, message });
				this.#troubles.set(thing, message);
			}
		}
		this.#timer = setTimeout(() => void this.#readAll(), pauseMilliseconds);
	}

	/** Once: somebody who even knows the full address asks for the same. */
	async #sendStranger(thing: number, address: string | undefined): Promise<void> {
		if (this.#strangerCame || address === undefined) return;
		this.#strangerCame = true;
		const stranger = await Consumer.login(this.#stranger);
		const refusal = await tryReadout(stranger, address);
		tell({ told: "stranger", thing, jid: stranger.jid, condition: refusal?.condition });
		await stranger.close();
	}

	async end(): Promise<void> {
		clearTimeout(this.#timer);
		await this.#owner.close();
	}
}

let demonstration: Demonstration | undefined;
let last: Promise<void> = Promise.resolve();

async function follow(order: Order): Promise<void> {
	switch (order.order) {
		case "login":
			demonstration = new Demonstration(await Consumer.login(order.owner), order.stranger);
			break;
		case "claim":
			await demonstration?.claim(order.thing, order.uri);
			break;
		case "own":
			await demonstration?.befriend(order.thing, order.jid);
			break;
		case "end":
			await demonstration?.end();
			process.exit(0);
	}
}

process.on("message", (order: Order) => {
	const todo = (): Promise<void> =>
		follow(order).catch((error) => tell({ told: "trouble", thing: "thing" in order ? order.thing : undefined, message: messageOf(error) }));
	if (order.order === "end") void todo();
	else last = last.then(todo);
});
// Ctrl-C reaches the whole terminal; the story says when it is over.
process.on("SIGINT", () => {});
process.on("disconnect", () => process.exit(0));
