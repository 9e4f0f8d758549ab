// A line for whoever watches: standard output, or the chip's console.
import type { ThingEvent } from "../../src/host.js";

export const print = native("xs_extasis_print") as (line: string) => void;

/** As `extasis thing` tells its life: one JSON object on a line. */
export function tell(event: ThingEvent): void {
	print(JSON.stringify(event));
}

export function messageOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}

/** What should never happen, told as an error. */
export function fault(error: unknown): void {
	tell({ event: "error", message: `A fault of the firmware: ${messageOf(error)}` });
}
