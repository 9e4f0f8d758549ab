// Finding a service at the own broker (XEP-0347 3.2 by XEP-0030): its components are asked one after the other.
import { limits } from "../limits.js";
import { foldASCII } from "../text/fold.js";
import { requestInfo, requestItems } from "../xmpp/disco.js";
import type { IQRouter } from "../xmpp/iq.js";
import { localOf, resourceOf } from "../xmpp/jid.js";
import { type StanzaError, stanzaError } from "../xmpp/stanza-error.js";
import { type Dialect, dialectOf } from "./dialect.js";

/** Seconds for each question. */
const SECONDS = 10;

/** The service and the dialect to speak to it; without jid, why there is none. */
export type OnFound = (jid: string | undefined, dialect: Dialect | undefined, error?: StanzaError) => void;

/**
 * Looks for the first component of `domain` that has one of the `wanted` namespaces as feature (the earlier ones preferred),
 * or asks `given` alone, which may be anywhere. onFound comes once.
 */
export function findService(
	router: IQRouter,
	domain: string,
	wanted: readonly string[],
	given: string | undefined,
	onFound: OnFound
): void {
	if (given != null) {
		ask(router, [given], 0, wanted, onFound);
		return;
	}
	const items: string[] = [];
	const onItem = (jid: string): void => {
		if (items.length < limits.discoItems && isComponentOf(jid, domain) && !items.includes(jid)) items.push(jid);
	};
	const onDone = (error?: StanzaError): void => {
		// A list that broke off is no reason to leave out what came of it.
		if (error && (items.length === 0 || router.address == null)) onFound(undefined, undefined, error);
		else ask(router, items, 0, wanted, onFound);
	};
	requestItems(router, domain, onItem, onDone, SECONDS);
}

function ask(router: IQRouter, items: readonly string[], index: number, wanted: readonly string[], onFound: OnFound): void {
	const jid = items[index];
	if (jid == null) {
		onFound(undefined, undefined, stanzaError("item-not-found", "no component offers the service"));
		return;
	}
	const onInfo: Parameters<typeof requestInfo>[2] = (info, error) => {
		const feature = wanted.find((namespace) => info?.features.includes(namespace));
		if (feature != null) onFound(jid, dialectOf(feature));
		// Without connection, or the only one there is: its error says more than that nothing was found.
		else if (error && (router.address == null || items.length === 1)) onFound(undefined, undefined, error);
		else ask(router, items, index + 1, wanted, onFound);
	};
	requestInfo(router, jid, onInfo, { seconds: SECONDS, wanted });
}

/** Only what is inside the own domain may rule over a thing (R-347-31), and only components need no friendship (R-347-3). */
function isComponentOf(jid: string, domain: string): boolean {
	return localOf(jid) == null && resourceOf(jid) == null && foldASCII(jid).endsWith(`.${foldASCII(domain)}`);
}
