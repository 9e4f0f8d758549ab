// What an owner can say to the registry with nothing but a chat client.

import { answerAboutDecisions } from "./decision-messages.js";
import { bare } from "./jid.js";
import { nameOf, shown } from "./names.js";
import type { Provisioning } from "./provisioning.js";
import { type Registry, TooMany } from "./registry.js";
import { findSticker, type Sticker } from "./sticker.js";
import type { ThingRecord } from "./store.js";
import { BadRequest, tagValue } from "./tags.js";

const HELP = [
	"I am the registry of things. You can say:",
	"the text of a sticker (iotdisco:…) – claim that thing; with the word private before it, for no search to find",
	"things – list what is yours",
	"hide NAME – let no search find a thing any more: its NAME, serial number or address",
	"disown NAME – give up a thing",
	"questions – who wants what of your things",
	"allow N, allow N FIELD …, allow N for domain, allow N until 12h, deny N – answer question N, for its asker or for all of his domain (or: for everyone; for device, for service, for user: whoever has the token that he has proved), for good or until then (90m, 12h, 7d or a time such as 2027-01-31T18:00Z); an address instead of N answers all of his, but allows nobody to set anything",
	"rules – what you answered so far",
	"forget N – take back rule N"
].join("\n");

/** Things in one answer: a broker ends the stream of a component that writes half a megabyte at once. */
const LISTED = 50;

/** Told apart from others behind the same JID. */
const addressOf = ({ jid, node }: ThingRecord): string => (node[0] === "" ? jid : `${jid} node ${shown(node[0])}`);

const describe = (registry: Registry, thing: ThingRecord): string => {
	const kind = ["MAN", "MODEL", "SN"].map((name) => tagValue(thing.tags, name)).filter((value) => value !== undefined);
	const state = [registry.isOnline(thing.jid) ? "online" : "offline", thing.listed ? "public" : "private"];
	return `${[nameOf(thing), ...kind].filter((part, at, all) => all.indexOf(part) === at).join(" ")} – ${addressOf(thing)} (${state.join(", ")})`;
};

const isCalled = (thing: ThingRecord, wanted: string): boolean =>
	[tagValue(thing.tags, "NAME"), tagValue(thing.tags, "SN"), thing.jid, addressOf(thing)].some(
		(name) => name !== undefined && `${name}`.toLowerCase() === wanted.toLowerCase()
	);

const list = (registry: Registry, things: readonly ThingRecord[]): string => {
	const lines = things.slice(0, LISTED).map((thing) => describe(registry, thing));
	if (things.length > LISTED) lines.push(`… and ${things.length - LISTED} more.`);
	return lines.join("\n") || "Nothing is yours yet.";
};

/** The answer to one message; undefined when it waits for a thing and comes by sayLater. */
export const answerMessage = (
	registry: Registry,
	provisioning: Provisioning,
	me: string,
	from: string,
	text: string,
	sayLater: (text: string) => void
): string | undefined => {
	try {
		const sticker = findSticker(text);
		if (sticker !== undefined) return claim(registry, me, from, sticker, !/^\s*private\s/i.test(text));
	} catch (error) {
		if (!(error instanceof BadRequest || error instanceof TooMany)) throw error;
		return error.message;
	}
	const said = text.trim();
	const word = said.split(/\s/, 1)[0] ?? "";
	const rest = said.slice(word.length).trim();
	const mine = registry.thingsOf(from);
	const command = word.toLowerCase();
	if (command === "things") return list(registry, mine);
	if (command !== "disown" && command !== "hide") return answerAboutDecisions(provisioning, bare(from), command, rest) ?? HELP;
	const called = mine.filter((each) => isCalled(each, rest));
	const exactly = called.filter((each) => addressOf(each).toLowerCase() === rest.toLowerCase());
	const [thing, ...more] = exactly.length > 0 ? exactly : called;
	if (thing === undefined) return "Nothing of yours is called that: say `things`.";
	if (more.length > 0) return "More than one is called that: use its address, with its node where it has one.";
	if (command === "hide") {
		registry.hide(thing);
		return `${nameOf(thing)} is private: no search finds it.`;
	}
	registry.disown(thing, (done) => {
		sayLater(
			done ? `${nameOf(thing)} is no longer yours.` : `${nameOf(thing)} did not answer: it can be given up only while it is online.`
		);
	});
	return undefined;
};

const claim = (registry: Registry, me: string, from: string, { tags, registry: named }: Sticker, isPublic: boolean): string => {
	if (named !== undefined && bare(named) !== me) return `This sticker belongs to another registry: ask ${bare(named)}.`;
	const thing = registry.claim(from, tags, isPublic);
	return thing === undefined ? "No unclaimed thing has exactly this sticker." : `${nameOf(thing)} is yours: ${thing.jid}`;
};
