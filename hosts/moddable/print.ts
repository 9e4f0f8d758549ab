// A line for whoever watches: standard output, or the chip's console.
import type { ThingEvent } from "../../src/host.js";
import { messageOf } from "../../src/text/message.js";

export const print = native("xs_extasis_print") as (line: string) => void;

/** As `extasis thing` tells its life: one JSON object on a line. */
export function tell(event: ThingEvent): void {
	print(JSON.stringify(event));
}

/** What should never happen, told as an error. */
export function fault(error: unknown): void {
	tell({ event: "error", message: `A fault of the firmware: ${messageOf(error)}` });
}
