// Addresses (RFC 7622) as the broker stamped them: plain strings, compared after an ASCII fold of local part and domain.
import { foldASCII, sameFolded } from "../text/fold.js";
import { encodeUTF8 } from "../text/utf8.js";

/** Bytes of each part (RFC 7622 3.2 to 3.4). */
const PART = 1023;
/** RFC 7622 3.3.1. */
const NOT_IN_LOCAL = "\"&'/:<>@";
const NOT_IN_DOMAIN = "\"&'<>@\\";

/** What has the form of a JID. Unicode's rules for its parts are the broker's to enforce. */
export function isJID(text: string): boolean {
	const slash = text.indexOf("/");
	const bare = slash < 0 ? text : text.slice(0, slash);
	const at = bare.indexOf("@");
	if (slash >= 0 && !fits(text.slice(slash + 1), "", 0x20)) return false;
	if (at >= 0 && !fits(bare.slice(0, at), NOT_IN_LOCAL, 0x21)) return false;
	const domain = bare.slice(at + 1);
	return fits(domain, NOT_IN_DOMAIN, 0x21) && !domain.startsWith(".") && !domain.includes("..");
}

/** Without the resource. */
export function bareJID(jid: string): string {
	const slash = jid.indexOf("/");
	return slash < 0 ? jid : jid.slice(0, slash);
}

export function domainOf(jid: string): string {
	const bare = bareJID(jid);
	return bare.slice(bare.indexOf("@") + 1);
}

/** The part before "@"; a domain or component has none. */
export function localOf(jid: string): string | undefined {
	const bare = bareJID(jid);
	const at = bare.indexOf("@");
	return at < 0 ? undefined : bare.slice(0, at);
}

export function resourceOf(jid: string): string | undefined {
	const slash = jid.indexOf("/");
	return slash < 0 ? undefined : jid.slice(slash + 1);
}

/** One text for all JIDs that are the same: a key. */
export function foldJID(jid: string): string {
	const bare = bareJID(jid);
	const folded = foldASCII(bare);
	return folded === bare ? jid : folded + jid.slice(bare.length);
}

/** The same account, component or domain, whatever the resources. */
export function sameBare(a: string, b: string): boolean {
	return a === b || sameFolded(bareJID(a), bareJID(b));
}

/** The same address; resources count case (RFC 7622 3.4). */
export function sameJID(a: string, b: string): boolean {
	return a === b || (resourceOf(a) === resourceOf(b) && sameBare(a, b));
}

function fits(part: string, forbidden: string, least: number): boolean {
	const bytes = encodeUTF8(part);
	if (bytes.length === 0 || bytes.length > PART) return false;
	for (let i = 0; i < bytes.length; i++) {
		const byte = bytes[i]!;
		if (byte < least || byte === 0x7f || (byte < 0x80 && forbidden.includes(String.fromCharCode(byte)))) return false;
	}
	return true;
}
