// What was claimed, given up and decided, for whoever runs the box; everybody else is shown what he did himself.
//
// In "urn:extasis:audit:0", the latest first: get <audit most='N' before='NUMBER'/>, both optional; answered with
//   <audit more='true|false'><entry number at event thing node by>detail</entry>…</audit>

import { type Element, xml } from "@xmpp/xml";
import { bare } from "./jid.js";
import type { Outcome, RegistryEvent } from "./registry.js";

export const NS_AUDIT = "urn:extasis:audit:0";
/** Entries of one answer. */
const MOST = 100;

export interface AuditEntry extends RegistryEvent {
	/** Rises with every entry. */
	readonly number: number;
	/** Milliseconds since 1970. */
	readonly at: number;
}

export interface AuditPage {
	readonly most: number;
	/** Only those with a smaller number. */
	readonly before?: number;
	/** Only those of this one's doing. */
	readonly by?: string;
}

export interface AuditOptions {
	/** Bare JID of who sees everything. */
	readonly operator: string;
	/** The latest first. */
	audited(page: AuditPage): readonly AuditEntry[];
}

/** undefined when it is no such request. */
export const answerAudit = (
	{ operator, audited }: AuditOptions,
	type: "get" | "set",
	from: string,
	payload: Element
): Outcome | undefined => {
	if (type !== "get" || !payload.is("audit", NS_AUDIT)) return undefined;
	const { most = `${MOST}`, before } = payload.attrs;
	if (![most, before ?? "0"].every((text) => /^\d{1,9}$/.test(text)) || most === "0") {
		return { condition: "bad-request", text: "most and before are whole numbers." };
	}
	const page = Math.min(Number(most), MOST);
	const by = bare(from) === operator ? undefined : bare(from);
	const entries = audited({ most: page + 1, before: before === undefined ? undefined : Number(before), by });
	const written = entries.slice(0, page).map(({ number, at, event, thing, node, by, detail }) => {
		return xml("entry", { number: `${number}`, at: new Date(at).toISOString(), event, thing, node, by }, detail);
	});
	return { payload: xml("audit", { xmlns: NS_AUDIT, more: `${entries.length > page}` }, written) };
};
