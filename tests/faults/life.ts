// A claimed thing on the Node host behind a wire that fails, and its owner, who sits at the broker itself and sees everything.
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Box, startBox } from "../../hosts/broker/box.js";
import { createNodeHost, type NodeHost } from "../../hosts/node/index.js";
import type { ThingEvent } from "../../src/host.js";
import { boot } from "../../src/main.js";
import type { Thing } from "../../src/thing/thing.js";
import type { ThingOptions } from "../../src/thing/thing-options.js";
import { weatherStation } from "../../src/things/weather-station.js";
import { createProsodyStage } from "../scenarios/prosody-stage.js";
import { hurry } from "../support/hurry.js";
import { bareOf, conditionOf, DISCOVERY, SENSOR_DATA, tagsOf } from "../world/scenarios/steps.js";
import type { Stage, StageClient } from "../world/stage.js";
import { type Element, xml } from "../world/xml.js";
import { type FaultProxy, startFaultProxy } from "./fault-proxy.js";

/** Longest that anything is waited for, in seconds of this machine. */
const PATIENCE = 90;

/** Box, wire and folders of a suite. */
export class Site {
	box!: Box;
	/** Of every thing here. */
	owner!: StageClient;
	folder = "";
	anchors = "";
	#stages: Stage[] = [];

	async begin(): Promise<void> {
		this.folder = await mkdtemp(join(tmpdir(), "extasis-faults-"));
		await this.startBox();
		this.anchors = await readFile(this.box.caFile, "utf8");
		this.owner = await this.person("owner");
	}

	/** From the same folder, on the same ports. */
	async startBox(): Promise<void> {
		this.box = await startBox({ data: join(this.folder, "box"), log: () => {} });
	}

	/** Of the broker's process. */
	async prosody(): Promise<number> {
		return Number(await readFile(join(this.folder, "box/prosody/prosody.pid"), "utf8"));
	}

	/** A person with an account and a chat client; the same account each time. */
	async person(name: string): Promise<StageClient> {
		const { box, folder } = this;
		const stage = await createProsodyStage({ box, folder: join(folder, "stage"), name: "faults", tls: "direct" });
		this.#stages.push(stage);
		return stage.client(name);
	}

	#indexed = 0;
	#indexedOwner: StageClient | undefined;
	readonly #answers = new Map<string, (string | undefined)[]>();
	readonly #fields = new Map<string, number>();
	readonly #present = new Map<string, Set<string>>();

	/** What its owner got by now: by id of a request, by sequence number, by who is available. Each stanza is looked at once. */
	look(): {
		readonly answers: ReadonlyMap<string, readonly (string | undefined)[]>;
		readonly fields: ReadonlyMap<string, number>;
		readonly present: ReadonlyMap<string, ReadonlySet<string>>;
	} {
		if (this.#indexedOwner !== this.owner) {
			this.#indexedOwner = this.owner;
			this.#indexed = 0;
			this.#present.clear();
		}
		const { received } = this.owner;
		for (; this.#indexed < received.length; this.#indexed++) this.#index(received[this.#indexed]!);
		return { answers: this.#answers, fields: this.#fields, present: this.#present };
	}

	#index(stanza: Element): void {
		const { id = "", from = "", type } = stanza.attrs;
		if (stanza.is("iq") && (type === "result" || type === "error")) this.#answers.set(id, [...(this.#answers.get(id) ?? []), type]);
		const fields = stanza.getChild("fields", SENSOR_DATA)?.attrs;
		if (fields?.done === "true") this.#fields.set(fields.seqnr!, (this.#fields.get(fields.seqnr!) ?? 0) + 1);
		if (!stanza.is("presence") || !from.includes("/")) return;
		const resources = this.#present.get(bareOf(from)) ?? new Set();
		this.#present.set(bareOf(from), resources);
		if (type === undefined) resources.add(from);
		else if (type === "unavailable") resources.delete(from);
	}

	/** Names of accounts of things: the box's and the people's own are not among them. */
	async accounts(): Promise<string[]> {
		const files = await readdir(join(this.folder, "box"), { recursive: true });
		const names = files.flatMap((file) => /accounts\/(.*)\.dat$/.exec(file)?.[1] ?? []).map(decodeURIComponent);
		return names.filter((name) => name !== "owner" && !name.endsWith("-faults"));
	}

	async end(): Promise<void> {
		for (const stage of this.#stages) await stage.end();
		await this.box?.stop();
		await rm(this.folder, { recursive: true, force: true });
	}
}

export interface LifeOptions {
	readonly site: Site;
	readonly serial: string;
	/** How many times as fast its time runs. */
	readonly factor: number;
	readonly options?: Partial<ThingOptions>;
	readonly nameServers?: readonly string[];
}

export class Life {
	readonly events: ThingEvent[] = [];
	wire!: FaultProxy;
	#options: LifeOptions;
	#thing: Thing | undefined;
	#host: NodeHost | undefined;
	#sticker = "";
	#count = 0;

	constructor(options: LifeOptions) {
		this.#options = options;
	}

	get thing(): Thing {
		if (this.#thing === undefined) throw new Error("the thing is off");
		return this.#thing;
	}

	get on(): boolean {
		return this.#thing !== undefined;
	}

	get store(): string {
		return join(this.#options.site.folder, `thing-${this.#options.serial}`);
	}

	/** Boots it from its store. */
	start(): void {
		const { site, serial, factor, options, nameServers } = this.#options;
		const node = createNodeHost({
			store: this.store,
			definition: weatherStation,
			nameServers,
			onEvent: (event) => this.events.push(event),
			onSticker: (uri) => {
				this.#sticker = uri;
			}
		});
		this.#host = node;
		const address = { host: "127.0.0.1", port: this.wire.port };
		const { anchors, box } = site;
		const thing: ThingOptions = {
			...{ definition: weatherStation, domain: box.domain, anchors, address, tls: "direct", serial, key: `key-of-${serial}` },
			...options,
			host: hurry(node, factor)
		};
		this.#thing = boot(thing);
	}

	/** Its power goes: the kernel says goodbye in its place. */
	async kill(): Promise<void> {
		this.#thing = undefined;
		await this.#host?.close();
	}

	async stop(): Promise<void> {
		this.#thing?.stop();
		await this.kill();
	}

	/** And its wire. */
	async end(): Promise<void> {
		await this.stop();
		await this.wire?.close();
	}

	count(event: string, reason?: string): number {
		return this.events.filter((each) => each.event === event && (reason === undefined || each.reason === reason)).length;
	}

	/** Waits until the probe finds something. */
	async until<T>(
		what: string,
		probe: () => T | undefined | null | false | 0,
		seconds = Number(process.env.PATIENCE ?? PATIENCE)
	): Promise<T> {
		const end = Date.now() + seconds * 1000;
		for (;;) {
			const found = probe();
			if (found !== undefined && found !== null && found !== false && found !== 0) return found;
			if (Date.now() > end)
				throw new Error(`not within ${seconds} s: ${what}\n${this.events.map((event) => JSON.stringify(event)).join("\n")}`);
			await new Promise((resolve) => setTimeout(resolve, 10));
		}
	}

	/** Online, whether resumed or anew; its full JID. */
	async back(seconds?: number): Promise<string> {
		return this.until("it is back", () => this.#thing?.jid, seconds);
	}

	/** From the box to a thing that its owner may read; `ready` is told of the wire before it boots. */
	async claimed(ready: (wire: FaultProxy) => Promise<void> = async () => {}): Promise<void> {
		const { site } = this.#options;
		this.wire = await startFaultProxy(site.box.ports.direct);
		await ready(this.wire);
		this.start();
		await this.until("registered", () => this.count("registered"));
		await this.claim();
	}

	async claim(): Promise<void> {
		const { owner } = this.#options.site;
		const known = this.count("claimed");
		const mine = xml("mine", { xmlns: DISCOVERY }, tagsOf(this.#sticker));
		expect(conditionOf(await owner.request("set", this.#options.site.box.registry, mine))).toBe("");
		await this.until("claimed", () => this.count("claimed") > known);
		const to = bareOf(await this.back());
		const wish = ({ attrs, name }: Element) => name === "presence" && attrs.type === "subscribe" && bareOf(attrs.from ?? "") === to;
		await this.until("its wish", () => owner.received.some(wish));
		owner.send(xml("presence", { type: "subscribed", to }));
		owner.send(xml("presence", { type: "subscribe", to }));
		await this.until("its presence", () => this.seen.length);
	}

	/** Full JIDs under which the owner sees the thing. */
	get seen(): string[] {
		const own = bareOf(String(this.events.find(({ event }) => event === "online")?.jid));
		return [...(this.#options.site.look().present.get(own) ?? [])];
	}

	/** Asks and does not wait; what came of it is known by the number. */
	ask(jid: string): string {
		const { serial, site } = this.#options;
		const seqnr = `${serial}-${++this.#count}`;
		const request = xml("req", { xmlns: SENSOR_DATA, seqnr, momentary: "true" });
		site.owner.send(xml("iq", { type: "get", to: jid, id: `ask-${seqnr}` }, request));
		return seqnr;
	}

	/** Types of the answers to it, and how often its last fields came. */
	told(seqnr: string): { readonly answers: readonly (string | undefined)[]; readonly fields: number } {
		const { answers, fields } = this.#options.site.look();
		return { answers: answers.get(`ask-${seqnr}`) ?? [], fields: fields.get(seqnr) ?? 0 };
	}

	/**
	 * A whole readout; asked again where it was asked of a session that is over. The broker says so at once, or keeps what a thing
	 * that never heard <enabled/> cannot ask for.
	 */
	async read(): Promise<void> {
		for (let tries = 0; ; tries++) {
			const jid = await this.back();
			const seqnr = this.ask(jid);
			const { answers, fields } = await this.until(`readout ${seqnr}`, () => {
				const told = this.told(seqnr);
				const another = this.on && this.thing.jid !== undefined && this.thing.jid !== jid;
				return (told.fields > 0 || told.answers.includes("error") || another) && told;
			});
			if (fields === 1 && answers.join() === "result") return;
			if (tries === 2 || fields > 0 || answers.length > 1) throw new Error(`readout ${seqnr}: ${JSON.stringify({ answers, fields })}`);
		}
	}
}
