// Boots the weather station in the Moddable simulator, told by environment variables: EXTASIS_DOMAIN and the like.
import { boot } from "../../src/main.js";
import type { Thing } from "../../src/thing/thing.js";
import { weatherStation } from "../../src/things/weather-station.js";
import { createHost } from "../moddable/host.js";
import { readOptions } from "../moddable/options.js";
import { fault, messageOf, tell } from "../moddable/print.js";
import { storage } from "../moddable/storage.js";
import { Station } from "./station.js";

const option = native("xs_extasis_option") as (name: string) => string | undefined;
const file = native("xs_extasis_file") as (path: string) => ArrayBuffer;

/** The simulator's, of which this is used. */
declare const screen: {
	onMessage?: (message: unknown) => void;
	/** To whom shows the screen; headless.c ends with the code of "exit CODE". */
	postMessage(message: string): void;
};

function readAnchors(): Uint8Array {
	const ca = option("CA");
	if (ca === undefined) throw new Error("CA must be a file of the CAs to trust (PEM).");
	return new Uint8Array(file(ca));
}

export function start(): void {
	let thing: Thing | undefined;
	try {
		const { showSticker, ...options } = readOptions(option);
		const anchors = readAnchors();
		// Says what is wrong with the store before anything is looked for there.
		storage.list("");
		const station = new Station(fault);
		const host = createHost({
			anchors,
			clock: Object.freeze({ now: () => Date.now(), trusted: true }),
			sensors: station.sensors,
			actuators: station.actuators,
			event: (event) => {
				const sticker = showSticker && event.event === "registered" ? thing?.sticker() : undefined;
				tell(sticker === undefined ? event : { ...event, sticker });
			},
			onError: fault
		});
		thing = boot({ ...options, host, definition: weatherStation });
	} catch (error) {
		tell({ event: "error", message: messageOf(error) });
		screen.postMessage("exit 2");
		return;
	}
	screen.onMessage = (message) => {
		if (message !== "stop") return;
		thing?.stop();
		screen.postMessage("exit 0");
	};
}
