// The stage on real parts: Prosody and registry in a box, things on the simulator with a chip's heap, people by @xmpp/client.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Box } from "../../hosts/broker/box.js";
import { createNodeHost, type NodeHost } from "../../hosts/node/index.js";
import { describeAbort } from "../../hosts/simulator/abort.js";
import { buildEngine } from "../../hosts/simulator/build.js";
import { defaultHeap, type Ending, SimulatedThing } from "../../hosts/simulator/index.js";
import type { Host, ThingEvent } from "../../src/host.js";
import type { Definition } from "../../src/thing/definition.js";
import { weatherStation } from "../../src/things/weather-station.js";
import type { Ledger } from "../support/ledger.js";
import { BreakableWire } from "../world/breakable.js";
import { Recorder } from "../world/recorder.js";
import { type DialectName, heard, placeholders, type Stage, type StageClient, type StageThing } from "../world/stage.js";
import { VirtualStorage } from "../world/storage.js";
import { type Element, parseStanza, xml } from "../world/xml.js";

/** Longest that anything is waited for. */
const patience = 60_000;
/** What `make build` compiled. */
const CODE = fileURLToPath(new URL("../../build", import.meta.url));
const CLIENT = fileURLToPath(new URL("./client-process.js", import.meta.url));

export interface ProsodyStageOptions {
	readonly box: Pick<Box, "domain" | "registry" | "ports" | "caFile" | "createAccount" | "connectRegistry" | "disconnectRegistry">;
	/** Of things' stores; each stage has its own. */
	readonly folder: string;
	/** Makes names of accounts that no other stage has. */
	readonly name: string;
	readonly tls: "direct" | "starttls";
	/** Where accounts are made on signed forms only. */
	readonly apiKey?: { readonly key: string; readonly secret: string };
	/** What people speak; the XEP's when absent. */
	readonly dialect?: DialectName;
	/** Hears what things say and hear. */
	readonly ledger?: Ledger;
}

export async function createProsodyStage(options: ProsodyStageOptions): Promise<Stage> {
	const { box, folder, name, tls, apiKey, ledger, dialect = "xep" } = options;
	const anchors = await readFile(box.caFile, "utf8");
	const engine = await buildEngine();
	const waiting = new Set<() => void>();
	const poke = (): void => {
		for (const wake of waiting) wake();
	};
	const people = new Map<string, string>();
	const processes: ChildProcess[] = [];
	/** Of the first thing whose engine died by itself. */
	let fault: string | undefined;
	const things: ProsodyThing[] = [];

	class ProsodyThing implements StageThing {
		readonly events: ThingEvent[] = [];
		readonly #recorder = new Recorder(poke);
		readonly #store = join(folder, `thing-${things.length}`);
		#memory = new VirtualStorage();
		#host: NodeHost | undefined;
		#running: SimulatedThing | undefined;
		#jid: string | undefined;
		readonly #stickers: string[] = [];
		readonly #definition: Definition;
		readonly #wire = new BreakableWire();

		constructor(definition: Partial<Definition>) {
			this.#definition = { ...weatherStation, ...definition };
		}

		get said() {
			return this.#recorder.said;
		}

		get jid(): string {
			if (this.#jid === undefined) throw new Error("the thing is offline");
			return this.#jid;
		}

		async state(): Promise<string> {
			if (this.#running === undefined) throw new Error("the thing is off");
			return (await this.#running.tell()).state;
		}

		transcript(): string[] {
			return this.#recorder.transcript(this.#names);
		}

		heardBy(client: StageClient): string[] {
			return heard(client, this.jid, this.#names);
		}

		/** As the display showed it last: the serial number of a node ends with its id. */
		sticker(node = ""): string {
			return this.#stickers.findLast((sticker) => (/SN=[^;-]*-?([^;]*)/.exec(sticker)?.[1] ?? "") === node) ?? "";
		}

		start(factoryReset = false): void {
			const onEvent = (event: ThingEvent): void => {
				this.events.push(event);
				if (event.event === "online" || event.event === "resumed") this.#jid = String(event.jid);
				if (event.event === "offline") this.#jid = undefined;
				poke();
			};
			const onSticker = (uri: string): void => {
				this.#stickers.push(uri);
			};
			const definition = this.#definition;
			const node = createNodeHost({ store: this.#store, memory: this.#memory, definition, onEvent, onSticker });
			const host: Host = Object.freeze({
				...node,
				network: this.#recorder.wrap(this.#wire.wrap(ledger?.wrap(node.network) ?? node.network))
			});
			const address = { host: "127.0.0.1", port: box.ports[tls] };
			const running = new SimulatedThing({
				...{ engine, host, heap: defaultHeap, code: CODE },
				...{ definition, domain: box.domain, address, tls, anchors, apiKey, factoryReset }
			});
			this.#host = node;
			this.#running = running;
			running.ended.then((ending) => {
				if (this.#running !== running) return;
				fault ??= describeEnding(ending);
				poke();
			});
		}

		mute(): void {
			this.#wire.mute();
		}

		deafen(): void {
			this.#wire.deafen();
		}

		cut(): void {
			this.#wire.cut();
		}

		async sleep(): Promise<boolean> {
			const running = this.#running;
			// Its end is wanted.
			this.#running = undefined;
			const slept = (await running?.sleep()) === true;
			this.#running = running;
			if (slept) await this.#leave(() => {});
			return slept;
		}

		async kill(): Promise<void> {
			this.#memory = new VirtualStorage();
			await this.#leave((running) => running.kill());
		}

		async end(): Promise<void> {
			await this.#leave((running) => running.stop());
		}

		async #leave(how: (running: SimulatedThing) => unknown): Promise<void> {
			const [running, host] = [this.#running, this.#host];
			this.#running = undefined;
			this.#jid = undefined;
			if (running === undefined) return;
			await how(running);
			await running.ended;
			await host?.close();
		}

		get #names(): ReadonlyMap<string, string> {
			return placeholders(box.domain, this.events, this.#stickers, people);
		}
	}

	async function until<T>(what: string, probe: () => T | undefined | null | false): Promise<T> {
		let timer: NodeJS.Timeout | undefined;
		let wake = (): void => {};
		try {
			return await new Promise<T>((resolve, reject) => {
				wake = () => {
					if (fault !== undefined) reject(new Error(`a thing died: ${fault}`));
					const found = probe();
					if (found !== undefined && found !== null && found !== false) resolve(found);
				};
				const told = () => things.flatMap(({ events }) => events.map((event) => JSON.stringify(event))).join("\n");
				timer = setTimeout(() => reject(new Error(`not within ${patience / 1000} s: ${what}\n${told()}`)), patience);
				waiting.add(wake);
				wake();
			});
		} finally {
			clearTimeout(timer);
			waiting.delete(wake);
		}
	}

	async function client(role: string): Promise<StageClient> {
		const username = `${role}-${name}`;
		const password = `password of ${username}`;
		await box.createAccount(username, password);
		const login = { service: `xmpp://127.0.0.1:${box.ports.starttls}`, domain: box.domain, username, password };
		const child = fork(CLIENT, [JSON.stringify(login)], {
			env: { ...process.env, NODE_EXTRA_CA_CERTS: box.caFile, NODE_OPTIONS: "" },
			execArgv: []
		});
		processes.push(child);
		const received: Element[] = [];
		let jid: string | undefined;
		const faults: string[] = [];
		child.on("message", (message: { stanza?: string; ready?: string; error?: string }) => {
			if (message.stanza !== undefined) received.push(parseStanza(message.stanza));
			if (message.error !== undefined) faults.push(message.error);
			jid ??= message.ready;
			poke();
		});
		child.on("exit", (code) => {
			faults.push(`ended with ${code}`);
			poke();
		});
		const full = await until(`${username} is available`, () => {
			if (faults.length > 0) throw new Error(`${username}: ${faults.join(", ")}`);
			return jid;
		});
		people.set(role, full);
		let count = 0;
		const send = (stanza: Element): void => {
			child.send(plain(stanza));
		};
		return {
			dialect,
			bare: `${username}@${box.domain}`,
			jid: full,
			received,
			send,
			request: async (type, to, payload) => {
				const id = `${username}-${count++}`;
				send(xml("iq", { type, to, id }, payload));
				const isAnswer = ({ name, attrs }: Element) =>
					name === "iq" && attrs.id === id && (attrs.type === "result" || attrs.type === "error");
				return until(`an answer to ${payload.name}`, () => received.find(isAnswer));
			}
		};
	}

	return {
		domain: box.domain,
		registry: box.registry,
		thing(definition = {}) {
			const thing = new ProsodyThing(definition);
			things.push(thing);
			return thing;
		},
		client,
		connectRegistry: () => box.connectRegistry(),
		disconnectRegistry: () => box.disconnectRegistry(),
		until,
		async end() {
			for (const thing of things) await thing.end();
			for (const child of processes) {
				if (child.exitCode !== null) continue;
				const ended = once(child, "exit");
				child.disconnect();
				await ended;
			}
			await rm(folder, { recursive: true, force: true });
		}
	};
}

function describeEnding({ abort, message, signal, code }: Ending): string {
	return abort === undefined ? `${signal ?? code} ${message}` : describeAbort(abort);
}

/** An element that can cross to another process. */
function plain({ name, attrs, children }: Element): { name: string; attrs: object; children: (string | object)[] } {
	return { name, attrs, children: children.map((child) => (typeof child === "string" ? child : plain(child))) };
}
