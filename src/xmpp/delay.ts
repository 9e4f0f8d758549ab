// Whether a message comes late (XEP-0203): what was meant then may not be meant now.
import type { Clock } from "../host.js";
import { limits } from "../limits.js";
import { parseDateTime } from "../text/datetime.js";
import type { Element } from "../xml/element.js";

const DELAY = "urn:xmpp:delay";

/** Somebody on the way says that it waited longer than limits.delaySeconds, or nobody here knows how long. */
export function isLate(message: Element, clock: Clock): boolean {
	const children = message.children;
	for (let i = 0; i < children.length; i++) {
		const child = children[i]!;
		if (child.name !== "delay" || child.namespace !== DELAY) continue;
		const then = parseDateTime(child.attribute("stamp") ?? "");
		if (then == null || !clock.trusted || clock.now() - then > limits.delaySeconds * 1000) return true;
	}
	return false;
}
