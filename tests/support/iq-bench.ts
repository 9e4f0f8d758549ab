// A bound thing's IQ router between a parser and a recorded wire: stanzas in as a broker writes them, stanzas out as text.
import { encodeUTF8 } from "../../src/text/utf8.js";
import { type XMLHandler, XMLParser } from "../../src/xml/parser.js";
import { IQRouter } from "../../src/xmpp/iq.js";
import { Scheduler } from "../../src/xmpp/scheduler.js";
import { FakeTime } from "./time.js";
import { Wire } from "./wire.js";

export const ADDRESS = "thing@a.example/s";
const STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas";

export class IQBench {
	readonly time = new FakeTime(Date.parse("2026-01-02T03:04:05Z"));
	readonly scheduler = new Scheduler(this.time, (error) => this.errors.push(error));
	readonly wire = new Wire();
	/** What handlers threw. */
	readonly errors: unknown[] = [];
	readonly router: IQRouter;
	#parser: XMLParser;

	constructor(random: (count: number) => Uint8Array = (count) => new Uint8Array(count)) {
		this.router = new IQRouter({
			outbox: this.wire,
			scheduler: this.scheduler,
			random,
			onError: (error) => this.errors.push(error)
		});
		this.router.setAddress(ADDRESS);
		const handler: XMLHandler = {
			onOpen() {},
			onPayload: (stanza, payload) => this.router.partsFor(stanza, payload),
			onElement: (stanza) => this.router.receive(stanza),
			onSkipped: (head) => this.router.skipped(head),
			onClose() {}
		};
		this.#parser = new XMLParser(handler);
		this.#parser.write(encodeUTF8("<stream xmlns='jabber:client'>"));
	}

	/** What the thing sends when this arrives. */
	receive(text: string): string[] {
		this.#parser.write(encodeUTF8(text));
		return this.wire.take();
	}

	/** What the thing sends when asked this. */
	ask(type: "get" | "set", payload: string, from?: string, id = "q1"): string[] {
		const stamp = from === undefined ? "" : ` from='${from}'`;
		return this.receive(`<iq type='${type}' id='${id}'${stamp} to='${ADDRESS}'>${payload}</iq>`);
	}

	/** Answers the request sent last, as its addressee. */
	answer(payload: string, type: "result" | "error" = "result"): void {
		const request = this.wire.sent.pop() ?? "";
		const to = attributeOf(request, "to");
		const from = to === undefined ? "" : ` from='${to}'`;
		this.wire.take();
		this.#parser.write(encodeUTF8(`<iq type='${type}' id='${attributeOf(request, "id")}'${from}>${payload}</iq>`));
	}

	/** The request sent last, left on the wire for answer(), without its id. */
	get request(): string {
		const request = this.wire.sent[this.wire.sent.length - 1] ?? "";
		return request.replace(` id='${attributeOf(request, "id")}'`, "");
	}
}

/** Of the first element in `text`. */
export function attributeOf(text: string, name: string): string | undefined {
	const tag = text.slice(0, text.indexOf(">"));
	const at = tag.indexOf(` ${name}='`);
	const from = at + name.length + 3;
	return at < 0 ? undefined : tag.slice(from, tag.indexOf("'", from));
}

/** An error answer to ask(). */
export function errorAnswer(condition: string, type: string, to?: string, text?: string): string {
	const stamp = to === undefined ? "" : ` to='${to}'`;
	const words = text === undefined ? "" : `<text xmlns='${STANZAS}' xml:lang='en'>${text}</text>`;
	return `<iq${stamp} type='error' id='q1'><error type='${type}'><${condition} xmlns='${STANZAS}'/>${words}</error></iq>`;
}

/** `<error/>` as a peer writes it. */
export function errorElement(condition: string, type: string): string {
	return `<error type='${type}'><${condition} xmlns='${STANZAS}'/></error>`;
}
