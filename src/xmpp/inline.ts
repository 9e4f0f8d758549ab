// What SASL2 does within its one exchange (XEP-0388): resume or bind, count (XEP-0386, XEP-0198), take tokens (XEP-0484).
import type { Crypto } from "../host.js";
import { encodeUTF8 } from "../text/utf8.js";
import type { Element } from "../xml/element.js";
import type { Writer } from "../xml/writer.js";
import type { ChannelBinding } from "./mechanism.js";
import { NAMESPACE_SM, type StreamManagement } from "./stream-management.js";

export const NAMESPACE_SASL2 = "urn:xmpp:sasl:2";
export const NAMESPACE_BIND2 = "urn:xmpp:bind:0";
export const NAMESPACE_FAST = "urn:xmpp:fast:0";

/** What a server offers of it, in one number that the vault keeps. */
export const enum Inline {
	/** SASL2 at all; without it the number is 0. */
	sasl2 = 1,
	resume = 2,
	/** Bind, with stream management from the first stanza on: what has one without the other is bound as ever. */
	bind = 4,
	/** Tokens of the first of TOKENS, the next twice that. */
	token = 8
}

/** Mechanisms by token, the best last: each with the type of channel binding that is its own (draft-schmaus-kitten-sasl-ht section 3). */
const TOKENS: readonly string[] = Object.freeze(["HT-SHA-256-NONE", "HT-SHA-256-ENDP", "HT-SHA-256-EXPR"]);
const TYPES: readonly string[] = Object.freeze(["", "tls-server-end-point", "tls-exporter"]);

/** Of <authentication/>. */
export function parseInline(authentication: Element | undefined): number {
	if (!authentication) return 0;
	const inline = authentication.child("inline", NAMESPACE_SASL2);
	let bits: number = Inline.sasl2;
	if (inline?.child("sm", NAMESPACE_SM)) bits |= Inline.resume;
	const bound = inline?.child("bind", NAMESPACE_BIND2)?.child("inline", NAMESPACE_BIND2)?.children;
	for (let i = 0; bound && i < bound.length; i++) if (bound[i]!.attribute("var") === NAMESPACE_SM) bits |= Inline.bind;
	const tokens = inline?.child("fast", NAMESPACE_FAST)?.children;
	for (let i = 0; tokens && i < tokens.length; i++) {
		const at = TOKENS.indexOf(tokens[i]!.text.trim());
		if (at >= 0) bits |= Inline.token << at;
	}
	return bits;
}

/** Into <authenticate/>: what is to be done with the login. Who is held and cannot be resumed so is resumed or bound after it. */
export function writeInline(authenticate: Writer, inline: number, management: StreamManagement): void {
	if (management.held) {
		if ((inline & Inline.resume) === 0) return;
		management.writeResume(authenticate.open("resume", NAMESPACE_SM));
		authenticate.close();
	}
	// Beside a resumption it is for when that fails.
	if ((inline & Inline.bind) === 0) return;
	management.writeEnable(authenticate.open("bind", NAMESPACE_BIND2).open("enable", NAMESPACE_SM));
	authenticate.close().close();
}

/** The best mechanism by token of those that are offered and that the connection can be bound for; undefined when there is none. */
export function bestTokenMechanism(inline: number, channelBinding: ChannelBinding): string | undefined {
	for (let at = TOKENS.length - 1; at >= 0; at--) if (tokenBinding(TOKENS[at]!, inline, channelBinding)) return TOKENS[at];
	return;
}

/** What a login by this mechanism is bound to, nothing at all of an unbound one; undefined when it cannot be used here. */
export function tokenBinding(mechanism: string, inline: number, channelBinding: ChannelBinding): Uint8Array | undefined {
	const at = TOKENS.indexOf(mechanism);
	if (at < 0 || !(inline & (Inline.token << at))) return;
	return at === 0 ? new Uint8Array(0) : channelBinding(TYPES[at]!);
}

/** What a server knows a client by who uses tokens (XEP-0388 section 2.3): a UUID that says nothing but that it is this account's thing. */
export function agentOf(bare: string, crypto: Crypto): string {
	const bytes = crypto.digest("SHA-256", encodeUTF8(`thing ${bare}`));
	// RFC 9562 section 5.4: version and variant.
	bytes[6] = 0x40 | (bytes[6]! & 0x0f);
	bytes[8] = 0x80 | (bytes[8]! & 0x3f);
	let id = "";
	for (let i = 0; i < 16; i++) {
		if (i === 4 || i === 6 || i === 8 || i === 10) id += "-";
		id += (0x100 | bytes[i]!).toString(16).slice(1);
	}
	return id;
}
