// Boot: what stands under the firmware, and what the thing is, make a thing that lives.
import { Thing } from "./thing/thing.js";
import type { ThingOptions } from "./thing/thing-options.js";

/** Throws, in one sentence, what is wrong with the options; whatever happens later is told by host.event. */
export function boot(options: ThingOptions): Thing {
	const thing = new Thing(options);
	thing.start();
	return thing;
}
