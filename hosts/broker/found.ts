// Things as a registry shows them: a page of what was found (XEP-0347 3.12).

import { type Element, xml } from "@xmpp/xml";
import type { ThingID, ThingRecord } from "./store.js";
import { type Dialect, withoutKey, writeTags } from "./tags.js";

/** Characters of one page: a broker ends the stream of a component that writes half a megabyte at once. */
const PAGE = 65_536;

export const nodeAttributes = (thing: ThingID, dialect: Dialect): Record<string, string | undefined> =>
	Object.fromEntries(dialect.node.map((name, at) => [name, thing.node[at] || undefined]));

/** `maxCount` of them behind the first `offset`, or fewer where they say very much. */
export const writeFound = (things: Iterable<ThingRecord>, dialect: Dialect, offset: number, maxCount: number): Element => {
	const found: Element[] = [];
	let at = 0;
	let length = 0;
	for (const thing of things) {
		if (at++ < offset) continue;
		const who = { owner: thing.owner ?? thing.jid, jid: thing.jid, ...nodeAttributes(thing, dialect) };
		const element = xml("thing", who, writeTags(withoutKey(thing.tags)));
		length += element.toString().length;
		if (found.length === maxCount || (found.length > 0 && length > PAGE)) {
			return xml("found", { xmlns: dialect.namespace, more: "true" }, found);
		}
		found.push(element);
	}
	return xml("found", { xmlns: dialect.namespace, more: "false" }, found);
};
