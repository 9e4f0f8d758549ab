// Making an account (XEP-0077) during a login: the form asked for, filled in, signed where that is asked too (XEP-0348), and submitted.
import type { Host } from "../host.js";
import { encodeBase32 } from "../text/base32.js";
import type { Element } from "../xml/element.js";
import type { AccountStore } from "./account.js";
import type { LoginRequest } from "./login-request.js";
import { NAMESPACE_REGISTER, parseRegistration, whyNot, writeRegistration, writeRegistrationGet } from "./registration.js";
import { type APIKey, type Signing, type SigningProfile, signingProfiles, wantsSignature } from "./signed-form.js";
import type { StanzaError } from "./stanza-error.js";
import type { XMPPStream } from "./stream.js";

/** Names of our choice that the server may find taken before we give up. */
const PROPOSALS = 5;

export interface AccountMakingOptions {
	readonly stream: Pick<XMPPStream, "send">;
	readonly request: LoginRequest;
	readonly host: Pick<Host, "random" | "crypto" | "clock">;
	readonly domain: string;
	readonly accounts: AccountStore;
	readonly apiKey: APIKey | undefined;
	/** Sent: this is awaited now. */
	readonly onAsked: (step: "the registration form" | "the answer to the registration") => void;
	/** The server has made the account. */
	readonly onMade: () => void;
	readonly onFailed: (reason: string, detail: string) => void;
}

export class AccountMaking {
	#options: AccountMakingOptions;
	/** Names proposed on this connection. */
	#proposals = 0;
	/** The server found the last one taken. */
	#taken = false;
	/** Signatures that the server has not taken, and how many there are to try; none while none is asked for. */
	#signatures = 0;
	#profiles = 0;

	constructor(options: AccountMakingOptions) {
		this.#options = options;
	}

	/** Asks before it submits, each time: a form may be good for one answer only (R-077-1). */
	ask(): void {
		const options = this.#options;
		writeRegistrationGet(options.request.open("get"));
		options.stream.send();
		options.onAsked("the registration form");
	}

	receiveForm(iq: Element, failure: StanzaError | undefined): void {
		if (failure) this.refused(failure);
		else this.submit(iq);
	}

	receiveAnswer(failure: StanzaError | undefined): void {
		const { onFailed, onMade } = this.#options;
		if (!failure) onMade();
		else if (failure.condition === "bad-request" && this.#profiles > 0) {
			// Few tries, then a long rest: who goes on wrongly may lose the key (R-348-11).
			if (++this.#signatures < this.#profiles) this.ask();
			else onFailed("refused-signature", "the server takes no signature that is made with this API key");
		} else if (failure.condition !== "conflict") this.refused(failure);
		// Never another name: a thing has one account in its life (a conflict means a wrong password).
		else if (this.#options.accounts.account()?.registered === true)
			onFailed("account-conflict", "the name stands already, with another password");
		else if (this.#proposals === 0) onFailed("refused-account", "the name stands already, with another password");
		else if (this.#proposals < PROPOSALS) {
			this.#taken = true;
			this.ask();
		} else onFailed("refused-account", `the server found ${PROPOSALS} random names taken`);
	}

	private submit(iq: Element): void {
		const options = this.#options;
		const registration = parseRegistration(iq.child("query", NAMESPACE_REGISTER));
		const reason = registration ? whyNot(registration, options.apiKey != null) : "the server sent no registration form";
		if (!registration || reason != null) {
			options.onFailed("refused-account", reason ?? "");
			return;
		}
		const form = registration.form;
		const profiles = form && wantsSignature(form) ? signingProfiles(form, iq.attribute("from"), options.domain) : [];
		// A signature is good for a minute around its time (R-348-9): one made at another costs a try.
		if (profiles.length > 0 && !options.host.clock.trusted) {
			options.onFailed("no-time", "a signature needs the time, which is not known yet");
			return;
		}
		this.#profiles = profiles.length;
		let account = options.accounts.account();
		if (!account || this.#taken) {
			// Stored before it is submitted, so that a power cut leaves no account behind that nobody knows (R-077-5).
			account = options.accounts.propose();
			this.#proposals++;
			this.#taken = false;
		}
		const profile = profiles[this.#signatures];
		const request = this.#options.request.open("set", profile?.to || undefined);
		writeRegistration(request, registration, account, profile && options.apiKey && this.signing(profile, options.apiKey));
		options.stream.send();
		options.onAsked("the answer to the registration");
	}

	private signing(profile: SigningProfile, apiKey: APIKey): Signing {
		const { clock, crypto, random } = this.#options.host;
		return { ...profile, apiKey, crypto, now: clock.now(), nonce: encodeBase32(random(20)) };
	}

	private refused(failure: StanzaError): void {
		const onFailed = this.#options.onFailed;
		const detail = failure.text == null ? failure.condition : `${failure.condition}: ${failure.text}`;
		if (failure.type === "wait") onFailed("account-throttled", `the server makes no account now (${detail})`);
		else onFailed("refused-account", `the server makes no account for this thing (${detail})`);
	}
}
