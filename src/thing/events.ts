// The steps of a thing's life that it tells its host. None holds a KEY, a password or any other secret.
import type { ThingEvent } from "../host.js";

export type LifeEvent = ThingEvent & {
	/** Of one of the thing's nodes, by its id. */
	readonly node?: string;
} & (
		| /** An account of our own stands at the broker. */ { readonly event: "account"; readonly jid: string }
		| /** Logged in and bound; `jid` is the full one. */ { readonly event: "online"; readonly jid: string }
		| /** Back after `offline`, as if it had never been: the same full JID, nothing lost. */ {
				readonly event: "resumed";
				readonly jid: string;
		  }
		| /** The registry has our tags: whoever has the sticker can claim. */ { readonly event: "registered"; readonly registry: string }
		| {
				readonly event: "claimed";
				readonly owner: string /** undefined where the registry did not say. */;
				readonly public: boolean | undefined;
		  }
		| /** No longer to be found in the registry; still owned. */ { readonly event: "removed" }
		| { readonly event: "disowned" }
		| /** By its button, before any owner came: this service decides from now on. */ { readonly event: "paired"; readonly service: string }
		| /** As from the factory again: nothing of an owner is left. */ { readonly event: "reset" }
		| {
				readonly event: "readout";
				readonly from: string;
				readonly fields: readonly string[];
				readonly outcome: "done" | "failed" | "cancelled";
		  }
		| /** Parameters were set; failed, some of them may be. */ {
				readonly event: "control";
				readonly from: string;
				/** Those that were set, in order. */
				readonly parameters: readonly string[];
				readonly outcome: "done" | "failed" | "cancelled";
				/** In the actuator's words. */
				readonly reason?: string;
		  }
		| /** Someone was refused. */ {
				readonly event: "denied";
				readonly from: string;
				readonly what: "readout" | "control" | "claim" | "subscription" | "clearCache";
				/** What he wanted to set, as he called it. */
				readonly parameters?: readonly string[];
		  }
		| /** Whether somebody may what he asked for, and by whose word: the service's, what is kept of it, or nobody's, which means no. */ {
				readonly event: "decision";
				/** Bare JID. */
				readonly about: string;
				readonly allowed: boolean;
				readonly by: "service" | "memory" | "nobody";
		  }
		| {
				readonly event: "offline";
				readonly reason: string;
				readonly detail: string;
				/** Seconds until the next try; undefined when there is none. */
				readonly retry: number | undefined;
				/** host:port of the connection that ended; undefined when none was opened. */
				readonly address: string | undefined;
		  }
		| /** What a person should know or do, in one sentence. */ { readonly event: "error"; readonly message: string }
	);
