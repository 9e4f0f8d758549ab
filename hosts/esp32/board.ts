// What a board has; its own file says how it is reached.
import type { Actuators, Sensors } from "../../src/host.js";

export interface BoardOptions {
	/** The button went down or came up: a person stands in front of the thing. */
	readonly onButton: (pressed: boolean) => void;
	/** What a callback of the firmware threw. */
	readonly onError: (error: unknown) => void;
}

export interface Board {
	readonly sensors: Sensors;
	readonly actuators?: Actuators;
	/** The status light, if there is one: on while online, and it blinks while the thing asks who stands there. */
	light?(on: boolean): void;
}
