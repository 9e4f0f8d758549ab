// Ours with the firmware's bounds: what is larger than 4 KiB is checked and skipped.
import { xmlLimits } from "../../../../src/limits.js";
import { create as createLarge } from "./extasis.js";

export function create(count: () => void): (bytes: Uint8Array) => void {
	return createLarge(count, xmlLimits);
}
