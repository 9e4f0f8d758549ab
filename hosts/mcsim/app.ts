// Boots the weather station in the Moddable simulator: its life as JSON lines on standard output, as `extasis thing` tells it.
import type { ThingEvent } from "../../src/host.js";
import { boot } from "../../src/main.js";
import type { Thing } from "../../src/thing/thing.js";
import { weatherStation } from "../../src/things/weather-station.js";
import { createHost } from "../moddable/host.js";
import { storage } from "../moddable/storage.js";
import { readOptions } from "./options.js";
import { Station } from "./station.js";

const print = native("xs_extasis_print") as (line: string) => void;

/** The simulator's, of which this is used. */
declare const screen: {
	onMessage?: (message: unknown) => void;
	/** To whom shows the screen; headless.c ends with the code of "exit CODE". */
	postMessage(message: string): void;
};

function tell(event: ThingEvent): void {
	print(JSON.stringify(event));
}

function messageOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}

function fault(error: unknown): void {
	tell({ event: "error", message: `A fault of the firmware: ${messageOf(error)}` });
}

export function start(): void {
	let thing: Thing | undefined;
	try {
		const { anchors, showSticker, ...options } = readOptions();
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
