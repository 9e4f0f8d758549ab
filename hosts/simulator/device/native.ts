// What the simulator's engine gives to code that runs on it (engine/natives.c), and the numbers of its frames.

import type { Scanner } from "../../../src/xml/scanner.js";

export interface Simulator {
	/** In C, as on the chip (hosts/native). */
	readonly Scanner: typeof Scanner;
	/** The text of the first frame, once. */
	options(): string | undefined;
	/** Called for each frame that comes in, and for the timer; a second call replaces the first. */
	listen(listener: (op: number, id: number, value: ArrayBuffer | string | undefined) => void): void;
	/** Of op `figures` the engine fills in the data: the heap, since it was last asked for. */
	send(op: number, id: number, data?: Uint8Array | string): void;
	/** Waits for the answer, at most four parts; throws what the other side could not do. */
	ask(op: number, number: number, ...parts: (Uint8Array | string)[]): ArrayBuffer | string | undefined;
	/** Milliseconds since 1970. */
	now(): number;
	/** Calls the listener once after that many milliseconds; below zero never. */
	timer(milliseconds: number): void;
	/** In a time that tells nothing but the lengths. */
	equal(a: Uint8Array, b: Uint8Array): boolean;
	/** A line on standard output. */
	report(line: string): void;
	collect(): void;
	/** JSON: the heap, since this was last asked for. */
	figures(): string;
	/** Ends the program when the present callback returns. */
	exit(code: number): void;
}

/** Frames in either direction; engine/simulator.h knows the first three and `figures`. */
export const enum Op {
	options = 1,
	answer = 2,
	timer = 3,
	// From the device, no answer. The engine itself answers figures with figures.
	figures = 16,
	event = 17,
	log = 18,
	connect = 19,
	write = 20,
	startTLS = 21,
	close = 22,
	sample = 23,
	actuate = 24,
	sticker = 25,
	told = 26,
	// From the device, which waits.
	read = 32,
	storageRead = 33,
	storageWrite = 34,
	storageDelete = 35,
	storageList = 36,
	digest = 37,
	hmac = 38,
	pbkdf2 = 39,
	random = 40,
	channelBinding = 41,
	// To the device.
	readable = 64,
	writable = 65,
	secure = 66,
	failed = 67,
	sampled = 68,
	actuated = 69,
	tell = 70,
	stop = 71,
	sleep = 72,
	// From the device, and what was found to it.
	lookUp = 80,
	found = 81
}

/** The number of a question about storage. */
export const enum Store {
	flash,
	/** Kept while it sleeps. */
	memory
}
