// Who may do what: the one door between a request and a sensor.
import { sameBare } from "../xmpp/jid.js";

export interface AuthorizerOptions {
	/** Bare JID; undefined while nobody owns the thing. */
	readonly owner: () => string | undefined;
	readonly onDenied: (from: string, what: "readout") => void;
}

export class Authorizer {
	#options: AuthorizerOptions;

	constructor(options: AuthorizerOptions) {
		this.#options = options;
	}

	/** `from` is a full JID as the broker stamped it. `decide` is called once, perhaps later. No owner means no (R-323-22, R-347-28). */
	mayRead(from: string, decide: (allowed: boolean) => void): void {
		const owner = this.#options.owner();
		const allowed = owner !== undefined && sameBare(owner, from);
		if (!allowed) this.#options.onDenied(from, "readout");
		decide(allowed);
	}
}
