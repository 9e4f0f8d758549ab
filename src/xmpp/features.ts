// What a server offers on a stream (RFC 6120 4.3.2), as far as a thing uses it.
import type { Element } from "../xml/element.js";
import { NAMESPACE_BIND } from "./binding.js";
import { NAMESPACE_SASL2, parseInline } from "./inline.js";
import { NAMESPACE_SASL } from "./sasl.js";
import { NAMESPACE_STREAM, NAMESPACE_TLS } from "./stream.js";
import { NAMESPACE_SM } from "./stream-management.js";

export const NAMESPACE_CSI = "urn:xmpp:csi:0";
const NAMESPACE_BINDINGS = "urn:xmpp:sasl-cb:0";

export interface Features {
	/** RFC 6120 5.4.1. */
	readonly starttls?: { readonly required: boolean };
	/** SASL mechanisms in the server's order (RFC 6120 6.4.1). */
	readonly mechanisms: readonly string[];
	/** The same of SASL2 (XEP-0388 section 2.1), and what it does on the way (inline.ts); none and 0 where it is not offered. */
	readonly mechanisms2: readonly string[];
	readonly inline: number;
	/** XEP-0440: types of channel binding that the server knows. */
	readonly bindings: readonly string[];
	/** RFC 6120 7.4. */
	readonly bind: boolean;
	/** XEP-0198: stanzas can be counted and sessions resumed. */
	readonly sm: boolean;
	/** XEP-0077 section 10: in-band registration is announced; some servers do it unannounced. */
	readonly register: boolean;
}

/** Undefined when `element` is something else. */
export function parseFeatures(element: Element): Features | undefined {
	if (!isFeatures(element)) return;
	const starttls = element.child("starttls", NAMESPACE_TLS);
	const authentication = element.child("authentication", NAMESPACE_SASL2);
	const bindings: string[] = [];
	const all = element.child("sasl-channel-binding", NAMESPACE_BINDINGS)?.children ?? [];
	for (let i = 0; i < all.length; i++) {
		const binding = all[i]!;
		const type = binding.attribute("type");
		if (binding.name === "channel-binding" && type != null) bindings.push(type);
	}
	return {
		starttls: starttls && { required: starttls.child("required", NAMESPACE_TLS) != null },
		mechanisms: mechanismsIn(element.child("mechanisms", NAMESPACE_SASL)),
		mechanisms2: mechanismsIn(authentication),
		inline: parseInline(authentication),
		bindings,
		bind: element.child("bind", NAMESPACE_BIND) != null,
		sm: element.child("sm", NAMESPACE_SM) != null,
		register: element.child("register", "http://jabber.org/features/iq-register") != null
	};
}

function mechanismsIn(list: Element | undefined): readonly string[] {
	const names: string[] = [];
	const children = list?.children;
	for (let i = 0; children && i < children.length; i++) {
		const child = children[i]!;
		if (child.name === "mechanism" && child.namespace === list!.namespace) names.push(child.text.trim());
	}
	return names;
}

/** XEP-0352: what can wait may be held back. */
export function offersRest(features: Element): boolean {
	return features.child("csi", NAMESPACE_CSI) != null;
}

export function isFeatures(element: Element): boolean {
	return element.name === "features" && element.namespace === NAMESPACE_STREAM;
}
