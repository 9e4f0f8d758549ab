// Waits of minutes in seconds.
import type { Host } from "../../src/host.js";

/** The thing's time runs so many times as fast: its waits of minutes pass in seconds, while sockets, broker and files stay what they are. */
export function hurry(host: Host, factor: number): Host {
	const start = host.clock.now();
	return Object.freeze({
		...host,
		clock: Object.freeze({ now: () => start + (host.clock.now() - start) * factor, trusted: true }),
		timer: Object.freeze({
			set: (milliseconds: number, callback: () => void) => host.timer.set(milliseconds / factor, callback),
			clear: () => host.timer.clear()
		})
	});
}
