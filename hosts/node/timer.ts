// The one timer.
import type { Host } from "../../src/host.js";

/** setTimeout's own limit; beyond it Node would fire at once. */
const longest = 2_147_483_647;

export function createTimer(): Host["timer"] {
	let handle: NodeJS.Timeout | undefined;
	function set(milliseconds: number, callback: () => void): void {
		clearTimeout(handle);
		handle =
			milliseconds > longest
				? setTimeout(() => set(milliseconds - longest, callback), longest)
				: setTimeout(callback, Math.max(0, milliseconds));
	}
	return Object.freeze({ set, clear: () => clearTimeout(handle) });
}
