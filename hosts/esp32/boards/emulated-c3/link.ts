// Ethernet of the emulated ESP32-C3: the OpenCores MAC that Espressif's QEMU and its derivatives have, and no chip.
import type { LinkOptions } from "../../link.js";

const feedRandom = native("xs_extasis_feedRandom") as () => void;
const open = native("xs_extasis_openeth") as (onChange: (up: boolean) => void) => void;

export function createLink({ onChange }: LinkOptions): void {
	let up = false;
	feedRandom();
	// The driver asks DHCP by itself whenever there is a cable.
	open((now) => {
		if (now === up) return;
		up = now;
		onChange(up);
	});
}
