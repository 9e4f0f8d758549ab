// Who sends too much (R-CORE-14): the loudest few strangers are counted; beyond a measure nothing of theirs is looked at, far beyond it they are shut out.
import type { Host } from "../host.js";
import { limits } from "../limits.js";
import type { Element } from "../xml/element.js";
import type { IQRouter } from "./iq.js";
import { bareJID, foldJID } from "./jid.js";
import type { Scheduler, Task } from "./scheduler.js";

const NAMESPACE = "urn:xmpp:blocking";
const HOUR = 3_600_000;

export interface FloodGateOptions {
	readonly router: IQRouter;
	readonly scheduler: Scheduler;
	readonly clock: Host["clock"];
}

/** Counts the loudest few. */
export class Tally {
	#clock: Host["clock"];
	#window: number;
	/** Bare JIDs, and how many of each since then. */
	#who: string[] = [];
	#counts: number[] = [];
	#since = 0;

	constructor(clock: Host["clock"], milliseconds: number) {
		this.#clock = clock;
		this.#window = milliseconds;
	}

	/** One more of his; how many that makes in this window of time. */
	count(who: string): number {
		const now = this.#clock.now();
		const passed = now - this.#since;
		if (passed < 0 || passed >= this.#window) {
			this.#since = now;
			this.#who = [];
			this.#counts = [];
		}
		const counts = this.#counts;
		let at = this.#who.indexOf(who);
		if (at < 0) {
			at = counts.length;
			// The quietest makes room: who floods is never that one.
			if (at === limits.floodPeers) {
				at = 0;
				for (let i = 1; i < counts.length; i++) if (counts[i]! < counts[at]!) at = i;
			}
			this.#who[at] = who;
			counts[at] = 0;
		}
		return ++counts[at]!;
	}
}

export class FloodGate {
	#options: FloodGateOptions;
	#tally: Tally;
	#lift: Task | undefined;

	constructor(options: FloodGateOptions) {
		this.#options = options;
		this.#tally = new Tally(options.clock, limits.floodSeconds * 1000);
	}

	/** Counts it; false where it is one too many: a request is answered already, by the shortest error there is. */
	admits(stanza: Element, from: string): boolean {
		const who = foldJID(bareJID(from));
		const count = this.#tally.count(who);
		if (count <= limits.floodStanzas) return true;
		if (stanza.name === "iq") this.#options.router.decline(stanza, "resource-constraint");
		// Before which it may be chance, or a program that means well.
		if (count === limits.floodBlock) this.say("block", who);
		return false;
	}

	/** XEP-0191 sections 3.3, 3.5. An hour after the last was shut out, everybody is let in again. */
	private say(name: "block" | "unblock", jid?: string): void {
		const options = this.#options;
		const list = options.router.open("set").open(name, NAMESPACE);
		if (jid != null) list.open("item").attribute("jid", jid);
		options.router.send(({ error }) => {
			// A server that does not know it, or has done it.
			if ((name === "block") === (error != null)) return;
			options.scheduler.clear(this.#lift);
			this.#lift = options.scheduler.set(HOUR, () => this.say("unblock"));
		});
	}
}
