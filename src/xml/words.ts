// The words that things say to each other. The parser needs not look at their letters, and holds each once for all.

import { START, VALUE } from "./element.js";

const NAMES =
	"iq message presence error query item text req accepted rejected started done failure fields nd ts timestamp node numeric string boolean num str bool int q qd b i s e cancel canRead canReadResponse canControl canControlResponse isFriend isFriendResponse clearCache parameter set resp getForm x field value register registered claimed removed disowned c r a";
const ATTRIBUTES =
	"type id from to xmlns name value var label jid node nodeId seqnr done n v momentary all m p src sourceId cacheType unit u automaticReadout timestamp result subscription h stamp hash ver by st dt ut serviceToken deviceToken userToken code";
const NAMESPACES =
	"jabber:client http://etherx.jabber.org/streams urn:ietf:params:xml:ns:xmpp-stanzas urn:xmpp:iot:sensordata urn:xmpp:iot:control urn:xmpp:iot:provisioning urn:xmpp:iot:discovery urn:ieee:iot:sd:1.0 urn:ieee:iot:ctr:1.0 urn:ieee:iot:prov:d:1.0 urn:ieee:iot:disco:1.0 jabber:x:data jabber:iq:roster http://jabber.org/protocol/caps http://jabber.org/protocol/disco#info urn:xmpp:sm:3";

function table(words: string, before = "", after = "", start = "", end = ""): ReadonlyMap<string, string> {
	const map = new Map<string, string>();
	const list = words.split(" ");
	for (let n = 0; n < list.length; n++) {
		map.set(before + list[n] + after, start + list[n] + end);
	}
	return Object.freeze(map);
}

/** Names of elements. */
export const names = table(NAMES);
/** What stands before the value of an attribute, to its name as Element holds it. */
export const keys = table(ATTRIBUTES, " ", "=", START, VALUE);
export const namespaces = table(NAMESPACES);
