// Resource binding (RFC 6120 7): the server makes the resource, since a name chosen here would tell strangers what we are.
import type { Element } from "../xml/element.js";
import type { Writer } from "../xml/writer.js";
import { isJID, resourceOf, sameBare } from "./jid.js";

export const NAMESPACE_BIND = "urn:ietf:params:xml:ns:xmpp-bind";

/** Into an iq of type "set". */
export function writeBind(iq: Writer): void {
	iq.open("bind", NAMESPACE_BIND).close();
}

/** The full JID as the server wrote it. */
export function parseBind(result: Element): string | undefined {
	return result.child("bind", NAMESPACE_BIND)?.child("jid", NAMESPACE_BIND)?.text;
}

/** A full JID of the account `bare`. */
export function isBoundTo(jid: string, bare: string): boolean {
	return isJID(jid) && resourceOf(jid) != null && sameBare(jid, bare);
}
