// Logging in by SASL (RFC 6120 6): SCRAM or nothing, since anything less would show the password to who holds the server's name.
import type { Host } from "../host.js";
import { decodeBase64, encodeBase64 } from "../text/base64.js";
import { decodeUTF8, encodeUTF8 } from "../text/utf8.js";
import type { Element } from "../xml/element.js";
import type { Account, AccountStore } from "./account.js";
import { type Choice, headerOf, isBound, type MechanismOffer, nameOf, offerText } from "./mechanism.js";
import { Scram } from "./scram.js";
import type { XMPPStream } from "./stream.js";

export const NAMESPACE_SASL = "urn:ietf:params:xml:ns:xmpp-sasl";

/** RFC 5802 section 5.1 asks for enough entropy; this is 144 bits. */
const NONCE_BYTES = 18;

export interface AuthenticationOptions {
	readonly stream: Pick<XMPPStream, "openElement" | "send" | "channelBinding">;
	readonly host: Pick<Host, "random" | "crypto">;
	readonly choice: Choice;
	/** What it was chosen from; a login that did not wait hears it before the first challenge. */
	readonly offer: () => MechanismOffer | undefined;
	readonly account: Account;
	readonly accounts: Pick<AccountStore, "keys" | "keepKeys">;
	readonly onSuccess: () => void;
	/** "not-authorized", "server-signature" or "sasl:<condition>". */
	readonly onFailure: (reason: string, detail: string) => void;
}

/** One exchange. */
export class Authentication {
	#options: AuthenticationOptions;
	#scram: Scram;
	#answered = false;
	#verified = false;
	#over = false;

	constructor(options: AuthenticationOptions) {
		const { choice, account, accounts, host, stream } = options;
		const { mechanism } = choice;
		this.#options = options;
		this.#scram = new Scram({
			mechanism,
			username: account.username,
			password: account.password,
			nonce: encodeBase64(host.random(NONCE_BYTES)),
			header: headerOf(choice),
			offered: () => {
				const offer = options.offer();
				return offer && offerText(offer);
			},
			binding: isBound(choice) ? stream.channelBinding(choice.binding) : undefined,
			crypto: host.crypto,
			keys: (salt, iterations) => accounts.keys(mechanism, salt, iterations)
		});
	}

	start(): void {
		this.#say("auth", this.#scram.first());
	}

	/** Every element of the SASL namespace that comes before the outcome. */
	receive(element: Element): void {
		if (this.#over) return;
		switch (element.name) {
			case "challenge":
				this.#challenge(textIn(element));
				break;
			case "success":
				this.#success(textIn(element));
				break;
			case "failure":
				this.#failure(element);
				break;
		}
	}

	#challenge(text: string | undefined): void {
		if (text === undefined) this.#fail("sasl:malformed-challenge", "the challenge is not base64 of UTF-8");
		else if (!this.#answered) this.#answer(text);
		// RFC 5802 section 7: what server-error says is said again by the <failure/> that follows.
		else if (text.startsWith("e=")) this.#say("response", "");
		else if (this.#verify(text)) this.#say("response", "");
	}

	#answer(serverFirst: string): void {
		let final: string;
		try {
			final = this.#scram.final(serverFirst);
		} catch (error) {
			this.#fail("sasl:malformed-challenge", error instanceof Error ? error.message : String(error));
			return;
		}
		this.#answered = true;
		this.#say("response", final);
	}

	/** The server's last word comes with <success/>, or before it in a challenge of its own (RFC 6120 6.3.10). */
	#success(text: string | undefined): void {
		if (!this.#verified && !this.#verify(text ?? "")) return;
		this.#over = true;
		const { choice, accounts, onSuccess } = this.#options;
		const derived = this.#scram.derived;
		if (derived !== undefined) accounts.keepKeys(choice.mechanism, derived.salt, derived.iterations, derived.keys);
		onSuccess();
	}

	#verify(serverFinal: string): boolean {
		this.#verified = this.#scram.verify(serverFinal);
		if (!this.#verified) this.#fail("server-signature", "the server did not prove that it knows the account");
		return this.#verified;
	}

	#failure(element: Element): void {
		let condition = "undefined-condition";
		for (const child of element.children) {
			if (child.name === "text") continue;
			condition = child.name;
			break;
		}
		const detail = element.child("text", NAMESPACE_SASL)?.text ?? condition;
		this.#fail(condition === "not-authorized" ? condition : `sasl:${condition}`, detail);
	}

	#fail(reason: string, detail: string): void {
		this.#over = true;
		this.#options.onFailure(reason, detail);
	}

	#say(name: "auth" | "response", text: string): void {
		const writer = this.#options.stream.openElement(name, NAMESPACE_SASL);
		if (name === "auth") writer.attribute("mechanism", nameOf(this.#options.choice));
		writer.text(encodeBase64(encodeUTF8(text)));
		this.#options.stream.send();
	}
}

/** Undefined when it is not base64 of UTF-8; "=" stands for the empty text (RFC 6120 6.4.2). */
function textIn(element: Element): string | undefined {
	const text = element.text.trim();
	const bytes = decodeBase64(text === "=" ? "" : text);
	if (bytes === undefined) return undefined;
	try {
		return decodeUTF8(bytes);
	} catch {
		return undefined;
	}
}
