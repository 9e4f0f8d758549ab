// Wi-Fi as a station, by the SDK's driver.
import WiFi from "embedded:network/interface/wifi";
import Timer from "timer";
import type { LinkOptions } from "../../link.js";

/** Seconds between two tries: doubled each time. */
const firstPause = 1;
const longestPause = 60;
/** Seconds for joining, DHCP included; afterwards it is tried anew. */
const patience = 30;

const enum Connection {
	off = 200,
	joined = 400,
	addressed = 500
}

class WiFiLink {
	#options: LinkOptions;
	#credentials: { SSID: string; password?: string };
	#wifi: WiFi;
	#up = false;
	#pause = firstPause;
	#timer: Timer | undefined;

	constructor(options: LinkOptions, credentials: { SSID: string; password?: string }) {
		this.#options = options;
		this.#credentials = credentials;
		this.#wifi = new WiFi({ onChanged: () => this.#changed() });
		this.#join();
	}

	#join(): void {
		this.#wait(patience, () => {
			this.#options.log(`Wi-Fi: not joined within ${patience} seconds`);
			this.#wifi.disconnect();
			this.#rest();
		});
		try {
			this.#wifi.connect(this.#credentials);
		} catch {
			this.#rest();
		}
	}

	#changed(): void {
		const connection = this.#wifi.connection;
		if (connection >= Connection.addressed) {
			if (this.#up) return;
			Timer.clear(this.#timer);
			this.#timer = undefined;
			this.#pause = firstPause;
			this.#tell(true);
		} else {
			const lost = this.#up;
			if (lost) this.#tell(false);
			if (connection <= Connection.off) this.#rest();
			// The address is gone though the access point is there: DHCP has as long as at first.
			else if (lost) this.#join();
		}
	}

	#rest(): void {
		this.#wait(this.#pause, () => this.#join());
		this.#pause = Math.min(longestPause, this.#pause * 2);
	}

	#wait(seconds: number, step: () => void): void {
		Timer.clear(this.#timer);
		this.#timer = Timer.set(() => {
			this.#timer = undefined;
			step();
		}, seconds * 1000);
	}

	#tell(up: boolean): void {
		this.#up = up;
		this.#options.onChange(up);
	}
}

export function createLink(options: LinkOptions): void {
	const SSID = options.option("SSID");
	if (SSID === undefined) throw new Error("SSID must name the Wi-Fi network.");
	const password = options.option("PASSWORD");
	// The driver holds it: its callbacks are its own.
	new WiFiLink(options, password === undefined ? { SSID } : { SSID, password });
}
