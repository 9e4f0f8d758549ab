// When not to wait for what the server will say anyway: it was right last time, and a server may refuse it.
import type { ServerHabits } from "./account.js";
import { type Choice, sameChoice } from "./mechanism.js";

/** One refusal may be chance (a connection that broke just then), so after a login that waited it is tried once more. */
const enum Refusals {
	none,
	/** The next login waits. */
	one,
	/** A login that waited went well: the next tries again. */
	forgiven,
	/** This server wants to be waited for. */
	lasting
}

export function mayHurry(habits: ServerHabits | undefined): habits is ServerHabits {
	return habits != null && (habits.refusals === Refusals.none || habits.refusals === Refusals.forgiven);
}

/** A login that did not wait has failed, whatever the reason: if it was another, the login that waits fails as well. */
export function refused(habits: ServerHabits): ServerHabits {
	return { ...habits, refusals: Math.min(habits.refusals + 1, Refusals.lasting) };
}

/** What a login that went well leaves of the old; a server that offers other things than before is another server. */
export function afterwards(old: ServerHabits | undefined, hurried: boolean, choice: Choice, sm: boolean): ServerHabits {
	const { mechanism, binding, inline } = choice;
	if (!old || hurried || !sameChoice(old, choice) || old.sm !== sm) return { mechanism, binding, inline, sm, refusals: Refusals.none };
	return { ...old, refusals: old.refusals === Refusals.one ? Refusals.forgiven : old.refusals };
}
