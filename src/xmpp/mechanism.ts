// Which SASL mechanism, and how it is bound to the TLS connection (RFC 5802 section 6): nothing that a server did not announce.
import type { ScramMechanism } from "./scram.js";

/** "n": none; "y": we could, and the server offers none; else the type by which the login is bound. */
export type Binding = "n" | "y" | "tls-exporter" | "tls-server-end-point" | "tls-unique";

export interface Choice {
	readonly mechanism: ScramMechanism | typeof EXTERNAL;
	readonly binding: Binding;
	/** What SASL2 does on the way (inline.ts); 0: the SASL of RFC 6120. */
	readonly inline: number;
}

/** What a server offers. */
export interface MechanismOffer {
	readonly mechanisms: readonly string[];
	readonly mechanisms2: readonly string[];
	readonly inline: number;
	/** XEP-0440. */
	readonly bindings: readonly string[];
}

export const UNIQUE = "tls-unique";
/** Best first. The last binds only with an extension of TLS 1.2 that cannot be seen here, so it is for who asks for it. */
const BINDINGS = Object.freeze(["tls-exporter", "tls-server-end-point", UNIQUE] as const);
const MECHANISMS = Object.freeze(["SCRAM-SHA-256", "SCRAM-SHA-1"] as const);
/** By client certificate (XEP-0178). */
export const EXTERNAL = "EXTERNAL";
const BY_CERTIFICATE = Object.freeze([EXTERNAL] as const);

/** Of a connection: what only it has, by type. */
export type ChannelBinding = (type: string) => Uint8Array | undefined;

/** The best of what the server offers, by SASL2 if it can be; undefined when that is nothing we speak. `certified`: nothing but EXTERNAL is. */
export function chooseMechanism(offer: MechanismOffer, channelBinding: ChannelBinding, certified = false): Choice | undefined {
	const ours = certified ? BY_CERTIFICATE : MECHANISMS;
	const bindings = offer.bindings;
	const able = BINDINGS.filter((type) => channelBinding(type) != null);
	// Servers of before XEP-0440 list none: then -PLUS means this one, and on TLS 1.3, where some offer it as well, nothing.
	const common = able.find((type) => bindings.includes(type) || (type === UNIQUE && bindings.length === 0));
	for (let { inline } = offer; ; inline = 0) {
		const mechanisms = inline === 0 ? offer.mechanisms : offer.mechanisms2;
		// With -PLUS on offer "y" would say that someone took it away (section 6); without a common type there is only "n".
		const unbound = able.length > 0 && !mechanisms.some((name) => name.endsWith("-PLUS")) ? "y" : "n";
		for (let i = 0; i < ours.length; i++) {
			const mechanism = ours[i]!;
			if (common != null && mechanisms.includes(`${mechanism}-PLUS`)) return { mechanism, binding: common, inline };
			if (mechanisms.includes(mechanism)) return { mechanism, binding: unbound, inline };
		}
		if (inline === 0) return;
	}
}

/** What XEP-0474 section 5 hashes: all that was offered in the SASL of the choice, sorted. */
export function offerText({ mechanisms, mechanisms2, bindings }: MechanismOffer, { inline }: Choice): string {
	const text = (inline === 0 ? mechanisms : mechanisms2).slice().sort().join("\x1e");
	return bindings.length === 0 ? text : `${text}\x1f${bindings.slice().sort().join("\x1e")}`;
}

export function isBinding(text: unknown): text is Binding {
	return text === "n" || text === "y" || BINDINGS.some((type) => type === text);
}

export function isMechanism(text: unknown): text is Choice["mechanism"] {
	return text === EXTERNAL || MECHANISMS.some((name) => name === text);
}

export function isBound(choice: Choice): boolean {
	return choice.binding !== "n" && choice.binding !== "y";
}

export function sameChoice(a: Choice, b: Choice): boolean {
	return a.mechanism === b.mechanism && a.binding === b.binding && a.inline === b.inline;
}

/** As it is called on the wire. */
export function nameOf(choice: Choice): string {
	return isBound(choice) ? `${choice.mechanism}-PLUS` : choice.mechanism;
}

/** The start of SCRAM's first message. */
export function headerOf(choice: Choice): string {
	return isBound(choice) ? `p=${choice.binding},,` : `${choice.binding},,`;
}
