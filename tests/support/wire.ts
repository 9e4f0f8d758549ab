// Stanzas as text: what an Outbox sent, and elements from what a peer would write.

import { decodeUTF8, encodeUTF8 } from "../../src/text/utf8.js";
import type { Element } from "../../src/xml/element.js";
import { XMLParser } from "../../src/xml/parser.js";
import { Writer } from "../../src/xml/writer.js";
import type { Outbox } from "../../src/xmpp/outbox.js";

/** An Outbox that keeps what was sent. */
export class Wire implements Outbox {
	readonly sent: string[] = [];
	#writer = new Writer({ limit: 8192, namespace: "jabber:client" });

	open(name: "iq" | "message" | "presence", to?: string): Writer {
		this.#writer.reset();
		return this.#writer.open(name).attribute("to", to);
	}

	send(): void {
		this.sent.push(decodeUTF8(this.#writer.closeAll().take()));
	}

	/** Everything sent since the last time. */
	take(): string[] {
		return this.sent.splice(0);
	}
}

/** One stanza of a client's stream, in any form that our parser takes. */
export function stanza(text: string): Element {
	let found: Element | undefined;
	const parser = new XMLParser({
		onOpen() {},
		onElement(element) {
			found = element;
		},
		onSkipped() {},
		onClose() {}
	});
	parser.write(encodeUTF8(`<stream xmlns='jabber:client'>${text}`));
	if (found === undefined) throw new Error(`no whole stanza: ${text}`);
	return found;
}
