// `extasis start`: the whole story on one machine, told as it happens.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Option } from "commander";
import type { ThingEvent } from "../../src/host.js";
import { weatherStation } from "../../src/things/weather-station.js";
import { bareJID } from "../../src/xmpp/jid.js";
import type { Box } from "../broker/box.js";
import { parseCount, readAnchors } from "./arguments.js";
import { type BoxFile, keptPassword } from "./box-file.js";
import { openBox } from "./broker.js";
import type { Login } from "./consumer.js";
import type { Order, Told } from "./demonstration.js";
import { untilAsked, within } from "./ending.js";
import { messageOf, prepareFolder } from "./errors.js";
import { describeEvent } from "./log.js";
import { defaultData, quote } from "./login.js";
import type { AddCommand } from "./program.js";
import { terminalQR } from "./qr.js";
import { type HostKind, hostKinds, type RunningThing, runThing } from "./running.js";
import { Story } from "./story.js";

interface StartOptions {
	readonly things: number;
	readonly demo: boolean;
	readonly data: string;
	readonly host: HostKind;
}

const host = "127.0.0.1";
const places: Readonly<Record<HostKind, string>> = Object.freeze({
	simulator: "the XS engine of the chip, with 64 KiB of heap (--host node: on Node instead)",
	node: "Node (--host simulator: on the XS engine of the chip)"
});
/** The API key of the things of this story, and how many accounts all its runs may make. */
const startKey = "start";
const startAccounts = 1000;
/** What a person has to be quicker than the demonstration. */
const courtesySeconds = 10;

export const addStart: AddCommand = (program, run) => {
	program
		.command("start")
		.description("the whole story on this machine: a broker, a thing, its owner, a stranger")
		.option("--things <n>", "so many things", parseCount(1, 50), 1)
		.option("--no-demo", "leave the claiming and reading to you")
		.option("--data <dir>", "what broker and things keep", defaultData)
		.addOption(new Option("--host <kind>", "what the things run on").choices(hostKinds).default("simulator"))
		.action((options: StartOptions) => run(() => start(options)));
};

async function start(options: StartOptions): Promise<number> {
	prepareFolder(options.data, "--data");
	const asked = untilAsked();
	const story = new Story(process.stdout);
	story.title("Extasis: a thing introduces itself");
	const { box, file, end } = await openBox({ data: options.data }, () => {});
	const play = new Play(options, story, box, file);
	try {
		await Promise.race([asked, end, play.begin().then(() => asked)]);
		story.tell("end", "Ending what was started.");
		return 0;
	} finally {
		await within(10_000, play.end());
	}
}

/** What is known of a thing, by what it told. */
interface Actor {
	running?: RunningThing;
	owner?: string;
	/** Full JID. */
	jid?: string;
	/** With KEY. */
	sticker?: string;
}

class Play {
	readonly #options: StartOptions;
	readonly #story: Story;
	readonly #box: Box;
	readonly #file: BoxFile;
	readonly #actors: Actor[] = [];
	readonly #timers = new Set<NodeJS.Timeout>();
	/** Things that the demonstration has in hand. */
	readonly #read = new Set<number>();
	#owner: ChildProcess | undefined;
	#over = false;

	constructor(options: StartOptions, story: Story, box: Box, file: BoxFile) {
		this.#options = options;
		this.#story = story;
		this.#box = box;
		this.#file = file;
	}

	async begin(): Promise<void> {
		const { domain, ports, owner } = this.#file;
		this.#story.tell("broker", `${domain} on ${host}: STARTTLS ${ports.starttls}, TLS ${ports.direct}; registry ${this.#box.registry}`);
		this.#story.tell("owner", `${owner}, password in ${this.#file.passwordFile}`);
		if (this.#options.demo) await this.#bringOwner();
		this.#story.tell("runs on", places[this.#options.host]);
		for (let number = 0; number < this.#options.things && !this.#over; number++) await this.#bootThing(number);
	}

	async end(): Promise<void> {
		this.#over = true;
		for (const timer of this.#timers) clearTimeout(timer);
		const things = this.#actors.map(({ running }) => running?.stop());
		const owner = this.#owner;
		const gone = owner === undefined || owner.exitCode !== null ? undefined : once(owner, "exit");
		this.#order({ order: "end" });
		if (gone !== undefined && !(await within(3000, gone))) owner?.kill("SIGKILL");
		await Promise.all(things);
		await this.#box.stop();
	}

	async #bootThing(number: number): Promise<void> {
		const { data, host: kind } = this.#options;
		const { domain, ports, caFile } = this.#file;
		const actor: Actor = {};
		this.#actors.push(actor);
		const running = await runThing({
			...{ kind, domain, restart: true, definition: weatherStation, tls: "starttls", anchors: readAnchors(caFile) },
			address: { host, port: ports.starttls },
			store: join(data, "things", String(number + 1)),
			// With this key there, nobody makes an account here without one.
			apiKey: this.#box.apiKey(startKey, startAccounts),
			onEvent: (event) => this.#onEvent(number, event),
			onSticker: (uri) => {
				actor.sticker = uri;
			},
			onNote: (text) => this.#story.tell("engine", text)
		});
		if (this.#over) return await running.stop();
		actor.running = running;
		actor.owner ??= running.owner;
		this.#takeOver(number);
		if (running.owner !== undefined)
			this.#story.tell("thing", `${this.#name(number)} has been ${running.owner}'s since an earlier run: nothing to claim.`, "good");
	}

	#name(number: number): string {
		return this.#options.things === 1 ? `A ${weatherStation.model}` : `${weatherStation.model} ${number + 1}`;
	}

	#onEvent(number: number, event: ThingEvent): void {
		if (this.#over) return;
		const name = this.#name(number);
		const actor = this.#actors[number]!;
		switch (event.event) {
			case "account":
				this.#story.tell("account", `${name} made its own account, signed with its API key: ${event.jid}`, "good");
				break;
			case "registered":
				this.#story.tell("registry", `${name} is registered with ${event.registry}; nobody's yet`, "good");
				this.#offer(number);
				break;
			case "claimed":
				actor.owner = String(event.owner);
				this.#story.tell("claimed", `${name} is ${event.owner}'s now`, "good");
				break;
			case "online":
				actor.jid = String(event.jid);
				this.#takeOver(number);
				if (!this.#options.demo) this.#story.tell("online", describeEvent(event, this.#place));
				break;
			case "readout":
			case "denied":
			case "decision":
			case "control":
				// The owner and the stranger tell their side.
				if (!this.#options.demo) this.#story.tell(event.event, describeEvent(event, this.#place));
				break;
			case "offline":
			case "error":
			case "abort":
				this.#story.tell(event.event, `${name}: ${describeEvent(event, this.#place)}`, "bad");
				break;
			default:
				this.#story.tell(event.event, `${name}: ${describeEvent(event, this.#place)}`);
		}
	}

	get #place(): { domain: string; address: string } {
		return { domain: this.#file.domain, address: `${host}:${this.#file.ports.starttls}` };
	}

	/** The sticker, which on a real thing is printed on its back. */
	#offer(number: number): void {
		const { data, demo } = this.#options;
		const actor = this.#actors[number]!;
		const uri = actor.sticker;
		if (uri === undefined || actor.owner !== undefined) return;
		const where = data === defaultData ? "" : ` --data ${quote(resolve(data))}`;
		const command = `npx extasis claim ${quote(uri)} --as ${this.#file.owner}${where}`;
		const { bold, on } = this.#story.colours;
		if (number === 0) this.#story.block(`${terminalQR(uri, on)}\n\n${bold("Its sticker.")} Scan it, or claim it with:\n\n${command}`);
		else this.#story.tell("sticker", command);
		if (!demo) return;
		if (number === 0)
			this.#story.tell(
				"wait",
				`In ${courtesySeconds} seconds a demonstration owner claims ${this.#options.things === 1 ? "it" : "them"}. (--no-demo leaves that to you; Ctrl-C ends everything.)`
			);
		const timer = setTimeout(() => {
			if (actor.owner === undefined) {
				this.#read.add(number);
				this.#order({ order: "claim", thing: number, uri });
			} else this.#takeOver(number);
		}, courtesySeconds * 1000);
		this.#timers.add(timer);
	}

	async #bringOwner(): Promise<void> {
		const { caFile, domain, owner, ports } = this.#file;
		const login = (jid: string, password: string): Login => ({ jid, password, address: { host, port: ports.starttls }, tls: "starttls" });
		const stranger = "stranger";
		const password = keptPassword(this.#options.data, stranger);
		await this.#box.createAccount(stranger, password);
		const child = fork(fileURLToPath(new URL("./demonstration.js", import.meta.url)), [], {
			env: { ...process.env, NODE_EXTRA_CA_CERTS: resolve(caFile) },
			stdio: ["ignore", "ignore", "inherit", "ipc"]
		});
		this.#owner = child;
		child.on("message", (told: Told) => this.#onTold(told));
		child.on("exit", (code) => {
			if (!this.#over) this.#story.tell("trouble", `The demonstration owner ended by itself (${code}).`, "bad");
		});
		child.on("error", (error) => this.#story.tell("trouble", messageOf(error), "bad"));
		this.#order({ order: "login", owner: login(owner, this.#box.owner.password), stranger: login(`${stranger}@${domain}`, password) });
	}

	/** A thing that is the owner's already: only reading is left to show. */
	#takeOver(number: number): void {
		const { jid, owner } = this.#actors[number]!;
		if (jid === undefined || owner !== this.#file.owner || this.#read.has(number)) return;
		this.#read.add(number);
		this.#order({ order: "own", thing: number, jid: bareJID(jid) });
	}

	#order(order: Order): void {
		if (this.#owner?.connected) this.#owner.send(order);
	}

	#onTold(told: Told): void {
		if (this.#over) return;
		const name = told.thing === undefined ? "The owner" : this.#name(told.thing);
		switch (told.told) {
			case "friend":
				this.#story.tell("friends", `${name} and its owner see each other`, "good");
				break;
			case "reading":
				this.#story.live("reading", this.#options.things === 1 ? told.text : `${told.thing + 1}: ${told.text}`);
				break;
			case "stranger":
				if (told.condition === undefined) this.#story.tell("stranger", `${told.jid} asked too and was answered: that must not be`, "bad");
				else this.#story.tell("stranger", `${told.jid} asked ${name} too, and was refused: ${told.condition}`);
				break;
			case "trouble":
				this.#story.tell("trouble", told.message, "bad");
		}
	}
}
