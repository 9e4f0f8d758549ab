// A thing that runs: on Node itself, or on the XS engine with a chip's heap. Same host under it, same events out of it.
import { setTimeout as pause } from "node:timers/promises";
import { boot } from "../../src/main.js";
import type { ThingOptions } from "../../src/thing/thing-options.js";
import { createNodeHost, type NodeHostOptions } from "../node/index.js";
import { describeAbort } from "../simulator/abort.js";
import { buildEngine, type Engine } from "../simulator/build.js";
import { defaultHeap, type Ending, heapBytes, OptionsRefused, SimulatedThing } from "../simulator/index.js";
import { Recorder, type Report } from "../simulator/report.js";
import { Failure, Misuse, messageOf } from "./errors.js";

export type HostKind = "simulator" | "node";
export const hostKinds: readonly HostKind[] = Object.freeze(["simulator", "node"]);

/** A chip takes about as long. */
const restartMilliseconds = 1000;

export interface RunOptions extends Omit<ThingOptions, "host">, NodeHostOptions {
	readonly kind: HostKind;
	/** Bytes of the simulator's heap. */
	readonly heap?: number;
	/** Starts the simulator's thing again when its engine has died, as a chip would. */
	readonly restart?: boolean;
	/** Measures on the simulator: the engine counts instructions then, and is slower. */
	readonly onReport?: (report: Report) => void;
	/** What a person should know about the simulator. */
	readonly onNote?: (text: string) => void;
}

export interface RunningThing {
	/** Who owned it when it booted. */
	readonly owner?: string;
	/** Resolves with an exit code if it ends by itself. */
	readonly ended: Promise<number>;
	stop(): Promise<void>;
}

/** Throws a Failure when there is no place for it to run, Misuse when it cannot be what the options say. */
export function runThing(options: RunOptions): Promise<RunningThing> {
	return options.kind === "node" ? runOnNode(options) : runOnSimulator(options);
}

function openHost(options: RunOptions) {
	try {
		return createNodeHost(options);
	} catch (error) {
		throw new Failure(messageOf(error));
	}
}

async function runOnNode(options: RunOptions): Promise<RunningThing> {
	const host = openHost(options);
	try {
		const thing = boot({ ...options, host });
		const stop = async (): Promise<void> => {
			thing.stop();
			await host.close();
		};
		return { owner: thing.owner, ended: new Promise(() => {}), stop };
	} catch (error) {
		await host.close();
		throw new Misuse(messageOf(error));
	}
}

async function runOnSimulator(options: RunOptions): Promise<RunningThing> {
	const { heap = defaultHeap, onEvent, onNote, onReport, restart = false } = options;
	const engine = await findEngine(onReport !== undefined, onNote);
	const host = openHost(options);
	const recorder = new Recorder();
	let thing: SimulatedThing;
	let over = false;

	const start = (factoryReset?: boolean): SimulatedThing => {
		thing = new SimulatedThing({
			...options,
			factoryReset,
			engine,
			host,
			heap,
			onFigures: (phase, figures) => recorder.add(phase, figures)
		});
		return thing;
	};
	const live = async (first: SimulatedThing): Promise<number> => {
		for (let life = first; ; life = start()) {
			const ending = await life.ended;
			if (over) return 0;
			tell(ending);
			if (!restart) break;
			await pause(restartMilliseconds);
			if (over) return 0;
			onEvent?.({ event: "restart" });
		}
		const { code } = await thing.ended;
		await close();
		return code === 0 ? 1 : code;
	};
	const tell = ({ code, signal, abort, message = "" }: Ending): void => {
		const { stack, detail, figures } = abort ?? {};
		onEvent?.({ event: "abort", reason: abort?.abort ?? signal ?? message, detail, code, heap, figures, stack });
		onNote?.(abort === undefined ? `The simulator ended (${signal ?? code}). ${message}` : describeAbort(abort));
	};
	let closing: Promise<void> | undefined;
	const close = (): Promise<void> => {
		closing ??= host.close().then(() => {
			const report = recorder.report(engine, heapBytes(engine, heap));
			if (report !== undefined) onReport?.(report);
		});
		return closing;
	};

	const first = start(options.factoryReset);
	const ended = live(first);
	const stop = async (): Promise<void> => {
		over = true;
		await thing.stop();
		await close();
	};
	try {
		return { owner: (await first.booted).owner, ended, stop };
	} catch (error) {
		// An engine that died has been told of, and may be started again.
		if (!(error instanceof OptionsRefused)) return { ended, stop };
		over = true;
		await first.ended;
		await host.close();
		throw new Misuse(messageOf(error));
	}
}

async function findEngine(metering: boolean, onNote: RunOptions["onNote"]): Promise<Engine> {
	try {
		const engine = await buildEngine({ metering, log: onNote });
		if (engine.bits === 64)
			onNote?.("This compiler makes no 32-bit programs (on Debian: apt-get install gcc-multilib): slots and heap are doubled.");
		return engine;
	} catch (error) {
		throw new Failure(messageOf(error));
	}
}
