// `extasis claim`: the thing behind a sticker becomes the person's, and his friend.
import { parseSticker, type Sticker } from "../factory/sticker.js";
import type { Consumer } from "./consumer.js";
import { Failure, Misuse, printable } from "./errors.js";
import { acceptFriendship, locate } from "./friends.js";
import { addPersonOptions, asPerson, type PersonOptions, repeatOptions } from "./login.js";
import type { AddCommand } from "./program.js";
import { type Claimed, claim, findRegistry } from "./registry.js";

export const addClaim: AddCommand = (program, run) => {
	addPersonOptions(program.command("claim"))
		.description("claim the thing behind a sticker")
		.argument("<uri>", "the sticker's text, iotdisco:…")
		.option("--private", "for no search to find")
		.action((uri: string, options: ClaimOptions) => run(() => claimSticker(uri, options)));
};

interface ClaimOptions extends PersonOptions {
	readonly private?: boolean;
}

async function claimSticker(uri: string, options: ClaimOptions): Promise<number> {
	const sticker = readSticker(uri);
	return await asPerson(options, async (consumer) => {
		const owned = await claimThing(consumer, sticker, !options.private);
		const { node } = owned;
		process.stdout.write(`${node === undefined ? "" : `Node ${printable(node)} of `}${owned.thing} is yours now, ${consumer.jid}.\n`);
		// A shell takes what is in such quotes as it is.
		const named = node === undefined ? "" : ` --node '${printable(node).replaceAll("'", "'\\''")}'`;
		process.stderr.write(
			owned.online
				? `Read it with: npx extasis read ${owned.thing}${named} ${repeatOptions(options)}\n`
				: "It is not online; it will hear of you when it is.\n"
		);
		return 0;
	});
}

/** A claimable sticker. Throws Misuse. */
export function readSticker(uri: string): Sticker {
	const sticker = parseSticker(uri.trim());
	if (sticker === undefined)
		throw new Misuse(
			"That is no sticker: its text begins with iotdisco: and has NAME=VALUE tags between semicolons (in a shell, put it in quotes)."
		);
	if (sticker.key === undefined)
		throw new Misuse(
			"This sticker has no KEY, so nothing can be claimed with it: the shell may have cut it at a semicolon (put it in quotes)."
		);
	return sticker;
}

export interface Owned extends Claimed {
	readonly online: boolean;
}

/** Claims and becomes the thing's friend. That it is offline is no failure: it will hear of its owner. */
export async function claimThing(consumer: Consumer, sticker: Sticker, isPublic = true): Promise<Owned> {
	const registry = await findRegistry(consumer, sticker.registry);
	const claimed = await claim(consumer, registry, sticker, isPublic);
	const thing = claimed.thing;
	const stop = acceptFriendship(consumer, thing);
	try {
		await locate(consumer, thing, { tries: 5, patience: 6000 });
		return { ...claimed, online: true };
	} catch (error) {
		if (!(error instanceof Failure)) throw error;
		return { ...claimed, online: false };
	} finally {
		stop();
	}
}
