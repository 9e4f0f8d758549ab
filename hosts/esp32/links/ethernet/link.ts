// Ethernet, by the SDK's driver for the MAC of the ESP32 or a chip on SPI, which the board's manifest configures.
import Ethernet from "embedded:network/interface/ethernet";
import type { LinkOptions } from "../../link.js";

const feedRandom = native("xs_extasis_feedRandom") as () => void;
const addressed = 500;

export function createLink({ onChange }: LinkOptions): void {
	let up = false;
	feedRandom();
	// The driver asks DHCP by itself whenever there is a cable.
	const ethernet = new Ethernet({
		onChanged: () => {
			const now = ethernet.connection >= addressed;
			if (now === up) return;
			up = now;
			onChange(up);
		}
	});
	if (ethernet.connection >= addressed) {
		up = true;
		onChange(true);
	}
}
