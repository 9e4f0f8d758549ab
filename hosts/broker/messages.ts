// What an owner can say to the registry with nothing but a chat client.

import { bare } from "./jid.js";
import type { Registry } from "./registry.js";
import { findSticker } from "./sticker.js";
import type { ThingRecord } from "./store.js";
import { BadRequest, valueOf } from "./tags.js";

const HELP = [
	"I am the registry of things. You can say:",
	"the text of a sticker (iotdisco:…) – claim that thing",
	"things – list what is yours",
	"disown NAME – give up a thing: its NAME, serial number or address"
].join("\n");

const nameOf = (thing: ThingRecord): string => `${valueOf(thing.tags, "NAME") ?? valueOf(thing.tags, "SN") ?? thing.jid}`;

const describe = (registry: Registry, thing: ThingRecord): string => {
	const kind = ["MAN", "MODEL", "SN"].map((name) => valueOf(thing.tags, name)).filter((value) => value !== undefined);
	const state = [registry.isOnline(thing.jid) ? "online" : "offline", thing.listed ? "public" : "private"];
	return `${[nameOf(thing), ...kind].filter((part, at, all) => all.indexOf(part) === at).join(" ")} – ${thing.jid} (${state.join(", ")})`;
};

const isCalled = (thing: ThingRecord, wanted: string): boolean =>
	[valueOf(thing.tags, "NAME"), valueOf(thing.tags, "SN"), thing.jid].some((name) => `${name}`.toLowerCase() === wanted.toLowerCase());

/** Answers one message, perhaps later and more than once. */
export const answerMessage = (registry: Registry, me: string, from: string, text: string, say: (text: string) => void): void => {
	try {
		const sticker = findSticker(text);
		if (sticker !== undefined) {
			if (sticker.registry !== undefined && bare(sticker.registry) !== me)
				return say(`This sticker belongs to another registry: ask ${bare(sticker.registry)}.`);
			const thing = registry.claim(from, sticker.tags, true);
			return say(thing === undefined ? "No unclaimed thing has exactly this sticker." : `${nameOf(thing)} is yours: ${thing.jid}`);
		}
	} catch (error) {
		if (!(error instanceof BadRequest)) throw error;
		return say(error.message);
	}
	const [, word = "", rest = ""] = /^\s*(\S+)\s*(.*?)\s*$/s.exec(text) ?? [];
	const mine = registry.thingsOf(from);
	if (word.toLowerCase() === "things") return say(mine.map((thing) => describe(registry, thing)).join("\n") || "Nothing is yours yet.");
	if (word.toLowerCase() !== "disown") return say(HELP);
	const meant = mine.filter((thing) => isCalled(thing, rest));
	if (meant.length !== 1)
		return say(meant.length === 0 ? "Nothing of yours is called that: say `things`." : "More than one is called that: use its address.");
	const thing = meant[0]!;
	registry.disown(thing, (done) =>
		say(done ? `${nameOf(thing)} is no longer yours.` : `${nameOf(thing)} did not answer: it can be given up only while it is online.`)
	);
};
