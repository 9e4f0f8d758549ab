// The SDK's own simulator on a display in memory, and what is seen there.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { ThingEvent } from "../../src/host.js";

const APP = fileURLToPath(new URL("../../build/moddable/bin/lin/mc/debug/extasis/mc.so", import.meta.url));

export interface Picture {
	readonly width: number;
	readonly height: number;
	/** RGBA. */
	readonly data: Uint8ClampedArray;
}

/** XWD version 7 as Xvfb keeps it: 32 bits for each pixel, blue first. */
function decodeXWD(bytes: Buffer): Picture {
	const head = bytes.readUInt32BE(0);
	const [width, height, line, colours] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20), bytes.readUInt32BE(48), bytes.readUInt32BE(76)];
	if (bytes.readUInt32BE(4) !== 7 || bytes.readUInt32BE(44) !== 32) throw new Error("no XWD of 32 bits");
	const start = head + colours * 12;
	const data = new Uint8ClampedArray(width * height * 4);
	for (let y = 0; y < height; y++) {
		for (let x = 0; x < width; x++) {
			const from = start + y * line + x * 4;
			data.set([bytes[from + 2]!, bytes[from + 1]!, bytes[from]!, 255], (y * width + x) * 4);
		}
	}
	return { width, height, data };
}

export class SimulatorProcess {
	readonly events: ThingEvent[] = [];
	#folder: string;
	#display: ChildProcess;
	#simulator: ChildProcess | undefined;

	/** `folder` is its own: the framebuffer, the simulator's settings. */
	private constructor(folder: string, display: ChildProcess) {
		this.#folder = folder;
		this.#display = display;
	}

	/** `options` are the EXTASIS_ variables, without that. */
	static async start(folder: string, options: Readonly<Record<string, string>>): Promise<SimulatorProcess> {
		const sdk = process.env.MODDABLE;
		if (sdk === undefined) throw new Error("MODDABLE is not set");
		await mkdir(folder, { recursive: true });
		// It finds a free display and says which.
		const display = spawn("Xvfb", ["-displayfd", "1", "-screen", "0", "1024x768x24", "-fbdir", folder, "-nolisten", "tcp"], {
			stdio: ["ignore", "pipe", "ignore"]
		});
		const [number] = (await once(display.stdout!, "data")) as [Buffer];
		const it = new SimulatorProcess(folder, display);
		const variables = Object.fromEntries(Object.entries(options).map(([name, value]) => [`EXTASIS_${name}`, value]));
		it.#simulator = spawn(join(sdk, "build/bin/lin/release/mcsim"), [join(sdk, "build/simulators"), APP], {
			env: {
				...{ PATH: process.env.PATH, HOME: folder, XDG_CONFIG_HOME: folder, XDG_RUNTIME_DIR: folder },
				...{ DISPLAY: `:${number.toString().trim()}`, DBUS_SESSION_BUS_ADDRESS: "disabled:", ...variables }
			},
			stdio: ["ignore", "pipe", "ignore"]
		});
		createInterface({ input: it.#simulator.stdout! }).on("line", (line) => {
			if (line.startsWith("{")) it.events.push(JSON.parse(line));
		});
		return it;
	}

	async look(): Promise<Picture> {
		return decodeXWD(await readFile(join(this.#folder, "Xvfb_screen0")));
	}

	async end(): Promise<void> {
		for (const child of [this.#simulator, this.#display]) {
			if (child === undefined || child.exitCode !== null || child.signalCode !== null) continue;
			const ended = once(child, "exit");
			child.kill("SIGKILL");
			await ended;
		}
	}
}
