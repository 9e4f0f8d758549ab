// Tokens that requesters showed: the service challenges them, and only who showed one can answer (XEP-0324). The thing has none of its own.
import type { Host } from "../host.js";
import { type Dialect, namespaces } from "../iot/dialect.js";
import type { Applicant } from "../iot/provisioning.js";
import { limits } from "../limits.js";
import type { IQRequest, IQRouter } from "../xmpp/iq.js";
import { sameBare, sameJID } from "../xmpp/jid.js";

/** One who showed some, and the service that they were handed to. */
export interface Shown {
	readonly from: string;
	readonly dialect: Dialect;
	readonly tokens: readonly (string | undefined)[];
	readonly to: string;
	/** Milliseconds since 1970. */
	readonly at: number;
	/** It has not said yet whether he may. */
	asked: boolean;
}

const NAME = "tokenChallenge";
const RESPONSE = "tokenChallengeResponse";

export class Tokens {
	#router: IQRouter;
	#clock: Host["clock"];
	/** The latest, the oldest first. */
	#shown: Shown[] = [];

	constructor(router: IQRouter, clock: Host["clock"]) {
		this.#router = router;
		this.#clock = clock;
		// Get is the XEP's; a text of later generations says set.
		router.handle("any", NAME, namespaces.challenge, this.challenge, this);
	}

	/** What the applicant showed is handed to `to` now. */
	show({ from, dialect, tokens }: Applicant, to: string): Shown | undefined {
		if (!dialect || !tokens?.some((token) => token)) return;
		if (this.#shown.length === limits.shownTokens) this.#shown.shift();
		const shown = { from, dialect, tokens, to, at: this.#clock.now(), asked: true };
		this.#shown.push(shown);
		return shown;
	}

	forget(): void {
		this.#shown = [];
	}

	/** R-324-18, R-324-19 */
	private challenge(request: IQRequest): void {
		const router = this.#router;
		const { from, payload } = request;
		const { namespace, text } = payload;
		const token = payload.attribute("token") ?? "";
		const shown = this.find(token, from);
		request.release();
		if (!shown) {
			refuse(request);
			return;
		}
		// In his own words: whoever else challenges may speak others.
		router.open("get", shown.from).open(NAME, shown.dialect.challenge).attribute("token", token).text(text);
		router.send(({ error, payload }) => {
			if (error || payload?.name !== RESPONSE || payload.namespace !== shown.dialect.challenge) refuse(request);
			else {
				request.result().open(RESPONSE, namespace).text(payload.text);
				request.send();
			}
		});
	}

	/** Who showed it within the time that a challenge may come, about whom it still has to decide before others; of two such, neither: one would answer for the other, who may have stolen it. */
	private find(token: string, challenger: string): Shown | undefined {
		const now = this.#clock.now();
		let found: Shown | undefined;
		let several = false;
		for (let i = 0; i < this.#shown.length; i++) {
			const shown = this.#shown[i]!;
			const passed = now - shown.at;
			if (passed < 0 || passed > limits.challengeSeconds * 1000 || !sameJID(shown.to, challenger)) continue;
			if (!shown.tokens.some((list) => list?.split(" ").includes(token))) continue;
			if (found?.asked && !shown.asked) continue;
			several = found != null && found.asked === shown.asked && (several || !sameBare(found.from, shown.from));
			found = shown;
		}
		return several ? undefined : found;
	}
}

function refuse(request: IQRequest): void {
	request.fail("forbidden", "No such token was shown to you by way of this thing lately.", "cancel");
}
