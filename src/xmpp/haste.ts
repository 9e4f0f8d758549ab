// When not to wait for what the server will say anyway: it was right last time, and a server may refuse it.
import type { ServerHabits } from "./account.js";
import { type Choice, sameChoice } from "./mechanism.js";

/** A login need not wait twice; a server may refuse the one and take the other. As numbers, what one refusal of it counts. */
export const enum Haste {
	/** With <auth/>, for the features under TLS. */
	before = 1,
	/** With what follows SASL, for the features after it. */
	after = 4
}

/**
 * Of each, 0 to 3. One refusal may be chance (a connection that broke just then), so the next login waits (1), and after one that waited it is
 * tried once more (2). From the second on this server wants to be waited for (3).
 */
export function mayHurry(habits: ServerHabits, haste: Haste): boolean {
	return (habits.refusals & haste) === 0;
}

/** A login that did not wait has failed, whatever the reason: if it was another, the login that waits fails as well. */
export function refused(habits: ServerHabits, haste: Haste): ServerHabits {
	const lasting = 3 * haste;
	return (habits.refusals & lasting) === lasting ? habits : { ...habits, refusals: habits.refusals + haste };
}

/** What a login that went well leaves of the old, `hurried` being the sum of its hastes; a server that offers other things than before is another server. */
export function afterwards(old: ServerHabits | undefined, hurried: number, choice: Choice, sm: boolean): ServerHabits {
	const { mechanism, binding, inline } = choice;
	let refusals = 0;
	if (old && sameChoice(old, choice) && old.sm === sm) {
		refusals = old.refusals & ~(3 * hurried);
		// Those that stand at 1.
		refusals += refusals & ~(refusals >> 1) & (Haste.before + Haste.after);
	}
	return { mechanism, binding, inline, sm, refusals };
}
