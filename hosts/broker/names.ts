// What strangers and things call themselves, made fit to be shown to a person.

import type { ThingRecord } from "./store.js";
import { tagValue } from "./tags.js";

const LONGEST = 64;
/** A list is shown up to here. */
const MANY = 5;

/** On one line and short; without what would turn the direction of the text around it, or hide in it. */
export const shown = (text: string): string => {
	const line = text
		.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\s]+/gu, " ")
		.replace(/[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/gu, "")
		.trim();
	const characters = [...line];
	return characters.length > LONGEST ? `${characters.slice(0, LONGEST - 1).join("")}…` : line;
};

export const shownList = (names: readonly string[]): string => {
	const few = names.slice(0, MANY).map(shown).join(", ");
	return names.length > MANY ? `${few} and ${names.length - MANY} more` : few;
};

export const nameOf = (thing: ThingRecord): string => `${tagValue(thing.tags, "NAME") ?? tagValue(thing.tags, "SN") ?? thing.jid}`;
