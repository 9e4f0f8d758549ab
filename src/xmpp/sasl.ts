// Logging in by SASL (RFC 6120 6) or SASL2 (XEP-0388): SCRAM or a token, since anything less would show the password to who holds the server's name.
import type { Host } from "../host.js";
import { decodeBase64, encodeBase64 } from "../text/base64.js";
import { messageOf } from "../text/message.js";
import { decodeUTF8, encodeUTF8 } from "../text/utf8.js";
import type { Element } from "../xml/element.js";
import type { Writer } from "../xml/writer.js";
import type { Account, AccountStore } from "./account.js";
import { NAMESPACE_SASL2 } from "./inline.js";
import { type Choice, EXTERNAL, headerOf, isBound, type MechanismOffer, nameOf, offerText } from "./mechanism.js";
import { Scram } from "./scram.js";
import type { XMPPStream } from "./stream.js";
import type { TokenLogin } from "./token-login.js";

export const NAMESPACE_SASL = "urn:ietf:params:xml:ns:xmpp-sasl";

/** RFC 5802 section 5.1 asks for enough entropy; this is 144 bits. */
const NONCE_BYTES = 18;

export interface AuthenticationOptions {
	readonly stream: Pick<XMPPStream, "openElement" | "send" | "channelBinding">;
	readonly host: Pick<Host, "random" | "crypto">;
	readonly choice: Choice;
	readonly tokens: TokenLogin;
	/** What it was chosen from; a login that did not wait hears it before the first challenge. */
	readonly offer: () => MechanismOffer | undefined;
	readonly account: Account;
	readonly accounts: Pick<AccountStore, "keys" | "keepKeys" | "taken">;
	/** What SASL2 has done on the way stands in <success/>. */
	readonly onSuccess: (success: Element) => void;
	/** "not-authorized", "server-signature" or "sasl:<condition>"; `said`: in a <failure/>, after which the stream stands as before. */
	readonly onFailure: (reason: string, detail: string, said: boolean) => void;
}

/** One exchange. */
export class Authentication {
	readonly namespace: string;
	#options: AuthenticationOptions;
	/** Undefined where a token is used, or a certificate. */
	#scram: Scram | undefined;
	/** TLS has proved all that there is to prove. */
	#external: boolean;
	#mechanism: string;
	#answered = false;
	#verified = false;
	#over = false;

	constructor(options: AuthenticationOptions) {
		const { choice, account, accounts, host, stream, tokens } = options;
		const mechanism = choice.mechanism;
		this.#options = options;
		this.namespace = choice.inline === 0 ? NAMESPACE_SASL : NAMESPACE_SASL2;
		const byToken = tokens.take(choice.inline, (type) => stream.channelBinding(type));
		this.#mechanism = byToken ?? nameOf(choice);
		this.#external = this.#mechanism === EXTERNAL;
		if (!byToken && mechanism !== EXTERNAL)
			this.#scram = new Scram({
				mechanism,
				username: account.username,
				password: account.password,
				nonce: encodeBase64(host.random(NONCE_BYTES)),
				header: headerOf(choice),
				offered: () => {
					const offer = options.offer();
					return offer && offerText(offer, choice);
				},
				binding: isBound(choice) ? stream.channelBinding(choice.binding) : undefined,
				crypto: host.crypto,
				keys: (salt, iterations) => accounts.keys(mechanism, salt, iterations)
			});
	}

	/** Begins it; the stream's send() lets it leave, with what else is asked for by SASL2. */
	open(): Writer {
		const options = this.#options;
		const first = this.#scram
			? encodeUTF8(this.#scram.first())
			: this.#external
				? undefined
				: options.tokens.first(options.account.username);
		const sasl2 = options.choice.inline !== 0;
		const writer = options.stream.openElement(sasl2 ? "authenticate" : "auth", this.namespace).attribute("mechanism", this.#mechanism);
		if (sasl2) writer.open("initial-response");
		// RFC 6120 6.4.2: "=" is an empty one, which leaves the name to the certificate.
		writer.text(first ? encodeBase64(first) : sasl2 ? "" : "=");
		return sasl2 ? writer.close() : writer;
	}

	/** Every element of our namespace that comes before the outcome. */
	receive(element: Element): void {
		if (this.#over) return;
		switch (element.name) {
			case "challenge":
				this.challenge(textIn(element));
				break;
			case "success":
				this.success(element);
				break;
			case "failure":
				this.failure(element);
				break;
			case "continue":
				// Nobody is here to do it (XEP-0388 section 2.6.3).
				this.fail("sasl:tasks", "the server wants more than the password", false);
		}
	}

	private challenge(text: string | undefined): void {
		if (text == null) this.fail("sasl:malformed-challenge", "the challenge is not base64 of UTF-8", false);
		else if (!this.#answered) this.answer(text);
		// RFC 5802 section 7: what server-error says is said again by the <failure/> that follows.
		else if (text.startsWith("e=") || this.verify(encodeUTF8(text))) this.say("");
	}

	private answer(serverFirst: string): void {
		let final: string;
		try {
			if (!this.#scram) throw new Error("nothing was to be asked");
			final = this.#scram.final(serverFirst);
		} catch (error) {
			this.fail("sasl:malformed-challenge", messageOf(error), false);
			return;
		}
		this.#answered = true;
		this.say(final);
	}

	/** The server's last word comes with <success/>, or before it in a challenge of its own (RFC 6120 6.3.10). */
	private success(success: Element): void {
		const options = this.#options;
		const last = options.choice.inline === 0 ? success : success.child("additional-data", NAMESPACE_SASL2);
		if (!this.#verified && !this.verify(last && bytesIn(last))) return;
		this.#over = true;
		const derived = this.#scram?.derived;
		if (derived) options.accounts.keepKeys(options.choice.mechanism, derived.salt, derived.iterations, derived.keys);
		// A token says nothing about the password.
		if (this.#scram) options.accounts.taken();
		options.onSuccess(success);
	}

	private verify(final: Uint8Array | undefined): boolean {
		const scram = this.#scram;
		this.#verified = this.#external || (!!final && (scram ? scram.verify(textOf(final) ?? "") : this.#options.tokens.verify(final)));
		if (!this.#verified) this.fail("server-signature", "the server did not prove that it knows the account", false);
		return this.#verified;
	}

	private failure(element: Element): void {
		let condition = "undefined-condition";
		const children = element.children;
		for (let i = 0; i < children.length; i++) {
			const { name, namespace } = children[i]!;
			if (name === "text") continue;
			condition = name;
			// Those of an application stand beside it (XEP-0388 section 2.6.2).
			if (namespace === NAMESPACE_SASL) break;
		}
		const detail = element.child("text", this.namespace)?.text ?? condition;
		this.fail(condition === "not-authorized" ? condition : `sasl:${condition}`, detail, true);
	}

	private fail(reason: string, detail: string, said: boolean): void {
		this.#over = true;
		this.#options.onFailure(reason, detail, said);
	}

	private say(text: string): void {
		const stream = this.#options.stream;
		stream.openElement("response", this.namespace).text(encodeBase64(encodeUTF8(text)));
		stream.send();
	}
}

/** Undefined when it is not base64; "=" stands for the empty text (RFC 6120 6.4.2). */
function bytesIn(element: Element): Uint8Array | undefined {
	const text = element.text.trim();
	return decodeBase64(text === "=" ? "" : text);
}

function textIn(element: Element): string | undefined {
	const bytes = bytesIn(element);
	return bytes && textOf(bytes);
}

/** Undefined when it is not UTF-8. */
function textOf(bytes: Uint8Array): string | undefined {
	try {
		return decodeUTF8(bytes);
	} catch {
		return;
	}
}
