// The stage in virtual time.
import { weatherStation } from "../../src/things/weather-station.js";
import type { Ledger } from "../support/ledger.js";
import { BreakableWire } from "./breakable.js";
import type { Habits } from "./broker.js";
import { Recorder } from "./recorder.js";
import { heard, placeholders, type Stage, type StageClient, type StageThing } from "./stage.js";
import { type VirtualThing, type VirtualThingOptions, World, type WorldOptions } from "./world.js";

export interface VirtualStage extends Stage {
	readonly world: World;
}

/** What several stages share, and who looks. */
export interface VirtualStageSetting extends WorldOptions {
	/** Hears what things say and hear. */
	readonly ledger?: Ledger;
	readonly onThing?: (thing: VirtualThing, start: () => void) => void;
}

/** `habits`: in what the broker differs. */
export function createVirtualStage(
	seed: number | string,
	options: VirtualThingOptions = {},
	habits: Partial<Habits> = {},
	{ onThing, ledger, ...worldOptions }: VirtualStageSetting = {}
): VirtualStage {
	const world = new World(seed, worldOptions);
	Object.assign(world.broker.habits, habits);
	const people = new Map<string, string>();
	const until = async <T>(what: string, probe: () => T | undefined | null | false): Promise<T> => world.until(what, probe);
	return {
		world,
		domain: world.domain,
		registry: world.registry,
		thing(definition = {}): StageThing {
			const thing = world.thing({ ...options, definition: { ...weatherStation, ...definition } });
			const recorder = new Recorder();
			const wire = new BreakableWire();
			const names = () => placeholders(world.domain, thing.events, thing.stickers, people);
			const start = (factoryReset = false): void =>
				thing.start((network) => recorder.wrap(wire.wrap(ledger?.wrap(network) ?? network)), factoryReset);
			onThing?.(thing, start);
			return {
				events: thing.events,
				said: recorder.said,
				get jid() {
					const { jid } = thing.firmware;
					if (jid === undefined) throw new Error("the thing is offline");
					return jid;
				},
				state: async () => thing.firmware.state,
				transcript: () => recorder.transcript(names()),
				heardBy(client) {
					return heard(client, this.jid, names());
				},
				sticker: (node) => thing.firmware.sticker(node),
				start,
				mute: () => wire.mute(),
				deafen: () => wire.deafen(),
				cut: () => thing.attachment.cut(),
				sleep: async () => thing.sleep(),
				kill: async () => thing.kill()
			};
		},
		async client(role): Promise<StageClient> {
			const client = world.client(role);
			people.set(role, client.jid);
			await until(`${role} is available`, () => world.broker.isAvailable(client.jid));
			return {
				dialect: worldOptions.dialect ?? "xep",
				bare: client.bare,
				jid: client.jid,
				received: client.received,
				send: (stanza) => client.send(stanza),
				request: async (type, to, payload) => {
					const id = client.ask(type, to, payload);
					return until(`an answer to ${payload.name}`, () => client.answer(id));
				}
			};
		},
		connectRegistry: async () => world.connectRegistry(),
		disconnectRegistry: async () => world.disconnectRegistry(),
		until,
		end: async () => {}
	};
}
