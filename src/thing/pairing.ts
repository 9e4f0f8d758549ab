// Who decides where no registry can name an owner: whoever stands in front of the thing says yes to a service by its button (XEP-0324 3.2).
import { namespaces } from "../iot/dialect.js";
import { findService } from "../iot/service-discovery.js";
import type { IQRouter } from "../xmpp/iq.js";
import { Button, type ButtonOptions } from "./button.js";
import type { LifeCycle } from "./life-cycle.js";

export interface PairingOptions extends ButtonOptions {
	readonly router: IQRouter;
	readonly domain: string;
	readonly lifeCycle: LifeCycle;
	/** Nobody decides yet, and nobody is known who could name an owner. */
	readonly isFree: () => boolean;
	readonly onPaired: (service: string) => void;
}

export class Pairing {
	#options: PairingOptions;
	#button: Button;

	constructor(options: PairingOptions) {
		this.#options = options;
		this.#button = new Button(options);
	}

	/** It wants to be a friend. `decide` comes once: yes where it was let in, and is a provisioning service. */
	offer(jid: string, decide: (allowed: boolean) => void): void {
		const options = this.#options;
		if (options.lifeCycle.state !== "account" || !options.isFree()) {
			decide(false);
			return;
		}
		this.#button.ask((pressed) => {
			if (!pressed) decide(false);
			else {
				findService(options.router, options.domain, namespaces.provisioning, jid, (found) => decide(found != null && this.pair(jid)));
			}
		});
	}

	/** For good: whatever service comes later, only a reset makes room for it (R-324-22). */
	private pair(service: string): boolean {
		const options = this.#options;
		if (!options.isFree() || !options.lifeCycle.take("paired", { owner: service, public: false })) return false;
		options.onPaired(service);
		return true;
	}

	/** Nobody waits any more. */
	stop(): void {
		this.#button.stop();
	}
}
