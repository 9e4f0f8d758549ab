// Boots the weather station in the Moddable simulator, told by environment variables: EXTASIS_DOMAIN and the like.
import type { ThingEvent } from "../../src/host.js";
import { boot } from "../../src/main.js";
import { messageOf } from "../../src/text/message.js";
import type { Thing } from "../../src/thing/thing.js";
import { weatherStation } from "../../src/things/weather-station.js";
import { createHost, type HostParts } from "../moddable/host.js";
import { readOptions } from "../moddable/options.js";
import { fault, tell } from "../moddable/print.js";
import { storage } from "../moddable/storage.js";
import { Panel, type SimulatedScreen } from "./panel.js";
import { Station } from "./station.js";

const option = native("xs_extasis_option") as (name: string) => string | undefined;
const file = native("xs_extasis_file") as (path: string) => ArrayBuffer;

declare const screen: SimulatedScreen;

function readAnchors(): Uint8Array {
	const ca = option("CA");
	if (ca === undefined) throw new Error("CA must be a file of the CAs to trust (PEM).");
	return new Uint8Array(file(ca));
}

/** With its key: whoever runs a simulator has both in files. */
function readCertificate(): HostParts["certificate"] {
	const account = option("ACCOUNT");
	const chain = option("CERTIFICATE");
	const key = option("CERTIFICATE_KEY");
	if (account === undefined && chain === undefined && key === undefined) return undefined;
	if (account === undefined || chain === undefined || key === undefined)
		throw new Error("ACCOUNT, CERTIFICATE and CERTIFICATE_KEY belong together: give all or none.");
	return { account, chain: new Uint8Array(file(chain)), key: new Uint8Array(file(key)) };
}

/** What a person in front of it wants to know; the firmware itself hands over the sticker once it can be claimed by it. */
function show(panel: Panel, event: ThingEvent, thing: Thing | undefined): void {
	const owner = thing?.owner;
	switch (event.event) {
		case "registered":
			panel.state("Registered: scan it", "to make it yours.");
			break;
		case "online":
		case "claimed":
			if (owner === undefined) break;
			panel.clear();
			panel.state("Online. Its owner:", owner);
			break;
		case "offline":
			panel.state(`Offline: ${String(event.reason)}`, String(event.detail));
			break;
		case "readout":
			panel.state("Read by", String(event.from));
			break;
		case "control":
			panel.state("Set by", String(event.from));
	}
}

export function start(): void {
	let thing: Thing | undefined;
	try {
		const { showSticker, nameServer, ...options } = readOptions(option);
		const anchors = readAnchors();
		// Says what is wrong with the store before anything is looked for there.
		storage.list("");
		const station = new Station(fault);
		// headless.c has no screen.
		const panel = screen.width > 0 ? new Panel(screen, station) : undefined;
		const host = createHost({
			anchors,
			certificate: readCertificate(),
			nameServer,
			clock: Object.freeze({ now: () => Date.now(), trusted: true }),
			sensors: station.sensors,
			actuators: station.actuators,
			display: panel,
			event: (event) => {
				const sticker = showSticker && event.event === "registered" ? thing?.sticker(event.node as string | undefined) : undefined;
				tell(sticker === undefined ? event : { ...event, sticker });
				if (panel !== undefined) show(panel, event, thing);
			},
			onError: fault
		});
		panel?.state("Connecting to", options.domain);
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
