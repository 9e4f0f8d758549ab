// Logging in at the model broker: SASL (RFC 6120 6) and SASL2 (XEP-0388), by SCRAM or by token, bound to the connection or not.
import type { Broker } from "./broker.js";
import { base64, bytesOf, fromBase64 } from "./bytes.js";
import type { Line } from "./network.js";
import { ScramServer } from "./scram-server.js";
import { FAST } from "./tokens.js";
import { type Element, textOf, xml } from "./xml.js";

export const SASL = "urn:ietf:params:xml:ns:xmpp-sasl";
export const SASL2 = "urn:xmpp:sasl:2";
export const BIND2 = "urn:xmpp:bind:0";
const SM = "urn:xmpp:sm:3";

export interface SaslServerOptions {
	readonly broker: Broker;
	readonly line: Line;
	readonly send: (element: Element) => void;
	/** Proved. `request`: what SASL2 is to do with it; the element is sent when it is done. */
	readonly succeed: (username: string, success: Element, request: Element | undefined) => void;
}

/** Of one stream. */
export class SaslServer {
	#options: SaslServerOptions;
	#space = SASL;
	#scram: ScramServer | undefined;
	#lastWord: string | undefined;
	/** <authenticate/>. */
	#request: Element | undefined;
	/** Who the stream's header says that it is: only he is offered tokens. */
	#from: string | undefined;
	#tokenTried = false;

	constructor(options: SaslServerOptions) {
		this.#options = options;
	}

	features(from: string | undefined): Element[] {
		const { habits } = this.#options.broker;
		this.#from = from?.split("@")[0];
		const features = [xml("mechanisms", { xmlns: SASL }, mechanismElements(this.#mechanisms))];
		if (habits.bindings)
			features.push(xml("sasl-channel-binding", { xmlns: "urn:xmpp:sasl-cb:0" }, xml("channel-binding", { type: "tls-exporter" })));
		if (!habits.sasl2) return features;
		const inline = xml(
			"inline",
			{},
			xml("bind", { xmlns: BIND2 }, xml("inline", {}, xml("feature", { var: "urn:xmpp:csi:0" }), xml("feature", { var: SM }))),
			xml("sm", { xmlns: SM })
		);
		if (this.#from !== undefined && habits.tokens.length > 0) inline.append(xml("fast", { xmlns: FAST }, mechanismElements(habits.tokens)));
		features.unshift(xml("authentication", { xmlns: SASL2 }, mechanismElements(this.#mechanisms), inline));
		return features;
	}

	receive(element: Element, space: string): void {
		this.#space = space;
		const begins = element.is(space === SASL2 ? "authenticate" : "auth");
		const text = begins && space === SASL2 ? (element.getChildText("initial-response") ?? "") : textOf(element);
		if (begins) this.#begin(element, text);
		else if (element.is("response") && this.#lastWord !== undefined) this.#succeed(undefined);
		else if (element.is("response") && this.#scram) this.#answer(this.#scram.final(said(text)));
		else this.#refuse(element.is("abort") ? "aborted" : "malformed-request");
	}

	get #mechanisms(): string[] {
		const { habits } = this.#options.broker;
		return habits.bindings
			? habits.mechanisms.flatMap((name) => (name.startsWith("SCRAM") ? [`${name}-PLUS`, name] : [name]))
			: habits.mechanisms;
	}

	#begin(element: Element, text: string): void {
		const { broker, line } = this.#options;
		const { habits, crypto, dice } = broker;
		const mechanism = element.attrs.mechanism ?? "";
		this.#request = this.#space === SASL2 ? element : undefined;
		if (this.#request?.getChild("fast", FAST)) this.#byToken(element, mechanism, text);
		else if (!this.#mechanisms.includes(mechanism)) this.#refuse("invalid-mechanism");
		else {
			const lookup = (username: string) => broker.account(username);
			const exporter = habits.bindings ? line.exporter : undefined;
			this.#scram = new ScramServer({ mechanism, crypto, dice, iterations: habits.iterations, lookup, exporter });
			const answer = this.#scram.first(said(text));
			if ("refusal" in answer) this.#refuse(answer.refusal);
			else this.#challenge(answer.challenge);
		}
	}

	#byToken(element: Element, mechanism: string, text: string): void {
		const { broker, line } = this.#options;
		const from = this.#from;
		const agent = element.getChild("user-agent")?.attrs.id;
		// As Prosody does: one try on a stream.
		if (this.#tokenTried || from === undefined || agent === undefined || !broker.habits.tokens.includes(mechanism)) {
			this.#refuse("malformed-request");
			return;
		}
		this.#tokenTried = true;
		const binding = mechanism.endsWith("-EXPR") ? line.exporter : new Uint8Array(0);
		const taken = broker.tokens.take(from, agent, mechanism, text, binding);
		if (taken === undefined || broker.account(from) === undefined) this.#refuse("not-authorized");
		else this.#conclude(from, taken.last, broker.now() - taken.since > broker.habits.tokenSeconds * 1000 ? mechanism : undefined);
	}

	#answer(answer: { success: string } | { refusal: string }): void {
		if ("refusal" in answer) this.#refuse(answer.refusal);
		else if (this.#options.broker.habits.lastWord === "success") this.#succeed(answer.success);
		else {
			this.#lastWord = answer.success;
			this.#challenge(answer.success);
		}
	}

	#succeed(lastWord: string | undefined): void {
		const wanted = this.#request?.getChild("request-token", FAST)?.attrs.mechanism;
		this.#conclude(this.#scram!.username, lastWord && base64(bytesOf(lastWord)), wanted);
	}

	/** `mechanism`: a token is given for it. */
	#conclude(username: string, last: string | undefined, mechanism: string | undefined): void {
		const { broker, succeed } = this.#options;
		if (this.#request === undefined) {
			succeed(username, xml("success", { xmlns: SASL }, ...(last === undefined ? [] : [last])), undefined);
			return;
		}
		const success = xml("success", { xmlns: SASL2 });
		if (last !== undefined) success.append(xml("additional-data", {}, last));
		const agent = this.#request.getChild("user-agent")?.attrs.id;
		if (mechanism !== undefined && agent !== undefined && broker.habits.tokens.includes(mechanism)) {
			const token = broker.tokens.give(username, agent, mechanism, broker.now());
			success.append(xml("token", { xmlns: FAST, token, expiry: new Date(broker.now() + 21 * 86_400_000).toISOString() }));
		}
		succeed(username, success, this.#request);
	}

	#challenge(text: string): void {
		this.#options.send(xml("challenge", { xmlns: this.#space }, base64(bytesOf(text))));
	}

	#refuse(condition: string): void {
		this.#scram = undefined;
		this.#options.send(xml("failure", { xmlns: this.#space }, xml(condition, { xmlns: SASL })));
	}
}

function said(text: string): string {
	return fromBase64(text.replace(/^=$/, ""));
}

function mechanismElements(names: readonly string[]): Element[] {
	return names.map((name) => xml("mechanism", {}, name));
}
