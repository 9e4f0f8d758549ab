// What runs on the simulator: one thing, booted with the options of the first frame.
import { boot } from "../../../src/main.js";
import type { Definition } from "../../../src/thing/definition.js";
import type { Thing } from "../../../src/thing/thing.js";
import { SimulatorHost } from "./host.js";
import { Op, type Simulator } from "./native.js";

declare const simulator: Simulator;

interface Options {
	readonly definition: Definition;
	readonly domain: string;
	readonly address?: { readonly host: string; readonly port: number };
	readonly tls?: "direct" | "starttls";
	readonly registry?: string;
	readonly provisioning?: string;
	readonly apiKey?: { readonly key: string; readonly secret: string };
	readonly serial?: string;
	readonly nodeKeys?: Readonly<Record<string, string>>;
	readonly key?: string;
	readonly built?: number;
	readonly valueLimit: number;
	/** Largest value of what is kept while it sleeps, where anything is. */
	readonly memoryLimit?: number;
	readonly display: boolean;
	/** What the other side's client certificate is for. */
	readonly account?: string;
	readonly lookUps: readonly string[];
}

function messageOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}

function standing({ state, owner, jid }: Thing): object {
	return { state, owner, jid };
}

/** Misused options end the program: the reason is told first. */
function start(host: SimulatorHost): Thing | undefined {
	try {
		const { valueLimit, memoryLimit, display, account, lookUps, ...options } = JSON.parse(simulator.options()!) as Options;
		const thing = boot({ host: host.create({ valueLimit, memoryLimit, display, account, lookUps }), ...options });
		simulator.send(Op.told, 0, JSON.stringify(standing(thing)));
		simulator.send(Op.figures, 0);
		return thing;
	} catch (error) {
		simulator.send(Op.told, 0, JSON.stringify({ reason: messageOf(error) }));
		simulator.exit(2);
		return undefined;
	}
}

const host = new SimulatorHost(simulator);
const thing = start(host);

simulator.listen((op, id, value) => {
	if (thing === undefined || host.receive(op, id, value)) return;
	if (op === Op.tell) {
		simulator.send(Op.told, id, JSON.stringify(standing(thing)));
	} else if (op === Op.sleep) {
		const slept = thing.suspend();
		simulator.send(Op.told, id, JSON.stringify({ ...standing(thing), slept }));
		if (slept) simulator.exit(0);
	} else if (op === Op.stop) {
		thing.stop();
		simulator.exit(0);
	}
});
