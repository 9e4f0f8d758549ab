// What a board has; its own file says how it is reached.
import type { Actuators, Sensors } from "../../src/host.js";

export interface BoardOptions {
	/** Somebody held the button: a person stands in front of the thing. */
	readonly onButton: () => void;
	/** What a callback of the firmware threw. */
	readonly onError: (error: unknown) => void;
}

export interface Board {
	readonly sensors: Sensors;
	readonly actuators?: Actuators;
	/** The status light, if there is one: on while online. */
	light?(on: boolean): void;
}
