// Who may do what: the one door between a request and a sensor.
import type { ReadPermission, ReadQuestion } from "../iot/provisioning.js";
import type { ReadoutRequest } from "../iot/sensor-data.js";
import { limits } from "../limits.js";
import { bareJID, sameBare } from "../xmpp/jid.js";

export interface AuthorizerOptions {
	/** Bare JID; undefined while nobody owns the thing. */
	readonly owner: () => string | undefined;
	/** The provisioning service that is trusted, once it is known. */
	readonly service: () => string | undefined;
	/** Asks what only the owner, or who decides for him, can know. */
	readonly canRead: (question: ReadQuestion, decide: (permission: ReadPermission | undefined) => void) => void;
	readonly onDenied: (from: string, what: "readout") => void;
}

export class Authorizer {
	#options: AuthorizerOptions;

	constructor(options: AuthorizerOptions) {
		this.#options = options;
	}

	/**
	 * `from` is a full JID as the broker stamped it; `asked` is undefined where nothing that can be read was asked for. `decide` is
	 * called once, perhaps later, with what of it is allowed. No owner means no (R-323-22, R-324-29, R-347-28).
	 */
	mayRead(
		from: string,
		asked: ReadoutRequest | undefined,
		tokens: ReadQuestion["tokens"] | undefined,
		decide: (permission: ReadPermission | "all" | undefined) => void
	): void {
		const { canRead, onDenied, owner, service } = this.#options;
		const master = owner();
		if (master !== undefined && (sameBare(master, from) || sameBare(service() ?? master, from))) {
			decide("all");
			return;
		}
		const answer = (permission: ReadPermission | undefined): void => {
			// He may have gone while the question was on its way, and what was allowed was his to allow.
			const allowed = permission !== undefined && master !== undefined && owner() === master;
			if (!allowed) onDenied(from, "readout");
			decide(allowed ? permission : undefined);
		};
		// No field has such a name, and the owner would have to read it.
		if (master === undefined || asked === undefined || tokens === undefined || asked.fields.some(isTooLong) || asked.nodes.some(isTooLong))
			answer(undefined);
		else canRead({ jid: bareJID(from), categories: asked.categories, nodes: asked.nodes, fields: asked.fields, tokens }, answer);
	}
}

function isTooLong(name: string): boolean {
	return name.length > limits.fieldName;
}
