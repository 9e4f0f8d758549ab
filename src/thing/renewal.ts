// The password of the account belongs to a time of the thing's life: who comes or goes has not seen the next one (R-077-6).
import type { Writer } from "../xml/writer.js";
import type { IQRouter } from "../xmpp/iq.js";
import { NAMESPACE_REGISTER, writeAccount } from "../xmpp/registration.js";
import type { Accounts } from "./accounts.js";
import type { LifeCycle } from "./life-cycle.js";
import type { Registering } from "./registering.js";

export class Renewal {
	#router: IQRouter;
	#domain: string;
	#accounts: Accounts;
	#lifeCycle: LifeCycle;

	constructor(router: IQRouter, domain: string, accounts: Accounts, lifeCycle: LifeCycle) {
		this.#lifeCycle = lifeCycle;
		this.#router = router;
		this.#domain = domain;
		this.#accounts = accounts;
	}

	/** Changes it where that is due. Where no answer comes, the next login finds out which of the two holds. */
	renew(): void {
		const accounts = this.#accounts;
		const account = accounts.change();
		if (!account) return;
		writeAccount(this.query(), account);
		this.#router.send(({ error, stanza }) => {
			accounts.changed(!stanza || error?.type === "wait" ? undefined : !error);
			// Somebody may have come or gone meanwhile.
			if (!error) this.renew();
		});
	}

	/** After a reset the registry knows us no more, and the broker only where the account is kept. `onGone`: it is not. */
	leave(registering: Registering, onGone: () => void): void {
		const accounts = this.#accounts;
		if (!accounts.isLeaving) {
			this.begin(registering);
			return;
		}
		// XEP-0077 3.2
		this.query().open("remove");
		this.#router.send(({ error, stanza }) => {
			if (!error) {
				accounts.forget();
				onGone();
			}
			// Without an answer the next login finds out.
			else if (stanza) this.begin(registering);
		});
	}

	private begin(registering: Registering): void {
		this.#lifeCycle.take("account");
		registering.resume();
		this.renew();
	}

	private query(): Writer {
		return this.#router.open("set", this.#domain).open("query", NAMESPACE_REGISTER);
	}
}
