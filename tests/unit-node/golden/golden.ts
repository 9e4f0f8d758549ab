// Golden stanzas: files of what stands on the wire, with what it means, written by hand from the specifications. Who `says` it writes it just so; who hears it takes it so, whoever says it.
import { readFileSync } from "node:fs";
import { type Element, xml } from "@xmpp/xml";
import { decodeUTF8 } from "../../../src/text/utf8.js";
import type { Element as ThingElement } from "../../../src/xml/element.js";
import { Writer } from "../../../src/xml/writer.js";
import { stanza } from "../../support/wire.js";
import { canonical, parse } from "../broker/bench.js";

export interface Golden<Means> {
	/** For the name of a test. */
	readonly title: string;
	readonly name: string;
	/** "thing", "service", "owner", "consumer"; "others": nobody of ours says it so. */
	readonly says: string;
	readonly attrs: Readonly<Record<string, string | undefined>>;
	readonly means: Means;
	readonly payload: Element;
	/** What is answered, payload by payload. */
	readonly answer: readonly Element[];
	/** The text of another part of the case. */
	text(part: string): string | undefined;
}

export function goldens<Means>(file: string): Golden<Means>[] {
	const whole = parse(readFileSync(new URL(`../../golden/${file}.xml`, import.meta.url), "utf8"));
	return whole.getChildElements().map((each, at) => {
		const { name = "", says = "", shows = "" } = each.attrs;
		const part = (part: string) => each.getChild(part)?.getChildElements() ?? [];
		const text = (part: string) => each.getChildText(part)?.trim() ?? undefined;
		return {
			title: `${shows} ${at + 1}: ${name}`.trim(),
			...{ name, says, attrs: each.attrs, text, payload: part("stanza")[0]!, answer: part("answer") },
			means: JSON.parse(text("means")!) as Means
		};
	});
}

/** As the thing's parser reads it. */
export const asHeard = (payload: Element): ThingElement => stanza(payload.toString());

/** What the thing writes, in a form that is the same for every way to write the same. */
export const written = (write: (writer: Writer) => void): string => {
	const writer = new Writer({ limit: 8192 });
	write(writer);
	return canonical(parse(decodeUTF8(writer.closeAll().take())));
};

/** The payloads of stanzas that the thing sent. */
export const payloadsOf = (sent: readonly string[]): string[] =>
	sent.flatMap((text) =>
		parse(text.replace(/^<(iq|message)/, "<$1 xmlns='jabber:client'"))
			.getChildElements()
			.map(canonical)
	);

export { canonical, type Element, parse, xml };
