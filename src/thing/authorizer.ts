// Who may do what: the one door between a request and a sensor or an actuator.
import type { Applicant, Wish } from "../iot/provisioning.js";
import { limits } from "../limits.js";
import { bareJID, sameBare } from "../xmpp/jid.js";

export interface AuthorizerOptions {
	/** Bare JID; undefined while nobody owns the thing. */
	readonly owner: () => string | undefined;
	/** The provisioning service that is trusted, once it is known. */
	readonly provisioning: { readonly jid: string | undefined };
	/** Has decided, perhaps later, what only the owner, or who decides for him, can know; no owner any more means no. */
	readonly decisions: { judge(wish: Wish, applicant: Applicant): void };
}

export class Authorizer {
	#options: AuthorizerOptions;

	constructor(options: AuthorizerOptions) {
		this.#options = options;
	}

	/** No owner means no (R-323-22, R-324-29, R-347-28). */
	admit(applicant: Applicant): void {
		const options = this.#options;
		const { asked, from, tokens } = applicant;
		const master = options.owner();
		if (master == null) applicant.decide(undefined);
		else if (sameBare(master, from) || sameBare(options.provisioning.jid ?? master, from)) applicant.decide("all");
		// Nothing of ours has such a name, and the owner would have to read it.
		else if (!asked || !tokens || asked.fields.some(isTooLong) || asked.nodes.some(isTooLong)) applicant.decide(undefined);
		else
			options.decisions.judge(
				{ jid: bareJID(from), categories: asked.categories, nodes: asked.nodes, fields: asked.fields, tokens },
				applicant
			);
	}
}

function isTooLong(name: string): boolean {
	return name.length > limits.fieldName;
}
