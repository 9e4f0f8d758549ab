// Boots the thing on the chip: board, store, link, time, and then its life, told on the console as JSON lines.

import { createBoard, definition } from "extasis/hosts/esp32/boards/chosen/board";
import { createLink } from "extasis/hosts/esp32/links/chosen/link";
import config from "mc/config";
import Timer from "timer";
import { boot } from "../../src/main.js";
import { messageOf } from "../../src/text/message.js";
import type { Thing } from "../../src/thing/thing.js";
import { createHost } from "../moddable/host.js";
import { readOptions } from "../moddable/options.js";
import { fault, tell } from "../moddable/print.js";
import { storage } from "../moddable/storage.js";
import { ChipClock } from "./clock.js";
import { resetReason } from "./reset.js";

const freeHeap = native("xs_extasis_freeHeap") as () => number;
const leastHeap = native("xs_extasis_leastHeap") as () => number;

const timeServer = "pool.ntp.org";
/** Longer than anybody leans on the button by accident. */
const heldMilliseconds = 3000;

function option(name: string): string | undefined {
	const value = config[name];
	return typeof value === "string" && value !== "" ? value : undefined;
}

export function start(): void {
	tell({ event: "started", reason: resetReason(), free: freeHeap() });
	try {
		run();
	} catch (error) {
		tell({ event: "error", message: messageOf(error) });
	}
}

function run(): void {
	const { showSticker, nameServer, ...options } = readOptions(option);
	const anchors = option("ANCHORS");
	if (anchors === undefined) throw new Error("CA must be a file of the CAs to trust (PEM).");
	let thing: Thing | undefined;
	const clock = new ChipClock(storage, Number(option("BUILT") ?? 0));
	let held: Timer | undefined;
	let onButton: ((pressed: boolean) => void) | undefined;
	let online = false;
	const board = createBoard({
		onButton: (pressed) => {
			Timer.clear(held);
			held = undefined;
			if (pressed) {
				held = Timer.set(() => {
					held = undefined;
					// Whoever can hold the button can also read the sticker.
					if (thing !== undefined) tell({ event: "sticker", sticker: thing.sticker() });
				}, heldMilliseconds);
			}
			onButton?.(pressed);
		},
		onError: fault
	});
	let onLink: ((up: boolean) => void) | undefined;
	const host = createHost({
		nameServer,
		clock,
		onLink: (callback) => {
			onLink = callback;
		},
		sensors: board.sensors,
		actuators: board.actuators,
		button: Object.freeze({
			watch: (onChange: (pressed: boolean) => void) => {
				onButton = onChange;
			}
		}),
		// What blinks is the other of what it shows.
		light: Object.freeze({ set: (on: boolean) => board.light?.(on !== online) }),
		event: (event) => {
			if (event.event === "online") clock.proved();
			if (event.event === "online" || event.event === "offline") {
				online = event.event === "online";
				board.light?.(online);
			}
			const sticker = showSticker && event.event === "registered" ? thing?.sticker(event.node as string | undefined) : undefined;
			tell({ ...event, ...(sticker === undefined ? {} : { sticker }), free: freeHeap(), least: leastHeap() });
		},
		onError: fault
	});
	const live = (): void => {
		try {
			thing ??= boot({ ...options, anchors, host, definition });
		} catch (error) {
			tell({ event: "error", message: messageOf(error) });
		}
	};
	createLink({
		option,
		onChange: (up) => {
			tell({ event: "link", up });
			onLink?.(up);
			if (up && thing === undefined) clock.wait(option("SNTP") ?? timeServer, live);
		},
		log: (message) => tell({ event: "log", message })
	});
}
