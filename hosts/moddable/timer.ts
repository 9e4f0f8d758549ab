// The one timer, on the SDK's.
import Timer from "timer";
import type { Host } from "../../src/host.js";

/** The SDK compares milliseconds in 32 bits: whoever waits longer is woken on the way. */
const longest = 86_400_000;

/** What the callback throws goes to onError: out of a timer it would end the machine. */
export function createTimer(onError: (error: unknown) => void): Host["timer"] {
	let timer: Timer | undefined;
	function set(milliseconds: number, callback: () => void): void {
		Timer.clear(timer);
		const wait = milliseconds > longest ? longest : milliseconds > 0 ? Math.ceil(milliseconds) : 0;
		timer = Timer.set(() => {
			timer = undefined;
			if (wait < milliseconds - 1) {
				set(milliseconds - wait, callback);
				return;
			}
			try {
				callback();
			} catch (error) {
				onError(error);
			}
		}, wait);
	}
	function clear(): void {
		Timer.clear(timer);
		timer = undefined;
	}
	return Object.freeze({ set, clear });
}
