// The owner writes to his thing in any chat client, and gets short plain answers; others hear, now and then, that it talks to its owner only.
import type { Host, SensorValue } from "../host.js";
import type { Applicant, Asked, Permission } from "../iot/provisioning.js";
import { categorySet, type SensorField, writeValue } from "../iot/sensor-data.js";
import { limits } from "../limits.js";
import { foldASCII } from "../text/fold.js";
import type { Element } from "../xml/element.js";
import { isLate } from "../xmpp/delay.js";
import { bareJID, sameBare } from "../xmpp/jid.js";
import type { Outbox } from "../xmpp/outbox.js";
import type { Scheduler, Task } from "../xmpp/scheduler.js";
import type { Authorizer } from "./authorizer.js";
import type { Decisions } from "./decisions.js";
import type { LifeCycle } from "./life-cycle.js";
import type { VaultRecord } from "./vault.js";

export interface ChatOptions {
	readonly host: Pick<Host, "clock">;
	/** What it calls itself. */
	readonly name: string;
	readonly outbox: Outbox;
	readonly scheduler: Scheduler;
	readonly lifeCycle: LifeCycle;
	readonly decisions: Decisions;
	readonly authorizer: Authorizer;
	readonly provisioning: { readonly jid: string | undefined };
	readonly registering: { readonly jid: string | undefined };
	readonly fields: readonly SensorField[];
	/** Reads one field; may answer at once, late, or never. */
	readonly read: (field: SensorField, onValue: (error: string | undefined, value?: SensorValue) => void) => void;
}

/** Who reads it is a machine that must not answer, and an archive that need not keep it (XEP-0334). */
const HINTS = "urn:xmpp:hints";
const HELP = "I understand: status, read, read FIELD, who can read me, history FIELD, disown.";

/** One answer that waits for sensors. It goes through the door like any other wish to read. */
class Reading implements Applicant {
	readonly from: string;
	readonly type: string | undefined;
	readonly asked: Asked;
	readonly fields: readonly SensorField[];
	readonly lines: string[] = [];
	readonly tokens = Object.freeze([]);
	readonly weight = 0;
	timeout: Task | undefined;
	#chat: Chat;

	constructor(chat: Chat, from: string, type: string | undefined, fields: readonly SensorField[]) {
		this.#chat = chat;
		this.from = from;
		this.type = type;
		this.fields = fields;
		this.asked = { categories: 1, nodes: [], fields: fields.map((field) => field.name) };
	}

	decide(permission: Permission | "all" | undefined): void {
		if (permission === "all") this.#chat.read(this);
	}
}

export class Chat {
	#options: ChatOptions;
	#reading: Reading | undefined;
	/** Answers since the minute began. */
	#said = 0;
	#minute: Task | undefined;

	constructor(options: ChatOptions) {
		this.#options = options;
	}

	/** Somebody waits for what he asked. */
	get busy(): boolean {
		return this.#reading != null;
	}

	/** A message that somebody may have written. */
	receive(message: Element): void {
		const from = message.attribute("from");
		const type = message.attribute("type");
		const text = message.child("body", message.namespace)?.text.trim();
		if (from == null || !text || (type != null && type !== "chat" && type !== "normal")) return;
		// A server or a component is no person, and may answer whatever it is told.
		if (!bareJID(from).includes("@") || message.child("no-store", HINTS) || isLate(message, this.#options.host.clock)) return;
		const owner = this.#options.lifeCycle.owner;
		if (owner == null || !sameBare(owner, from)) {
			if (this.#said < limits.chatRefusals) this.say(from, type, "I talk to my owner only.");
		} else if (this.#said < limits.chatAnswers) this.answer(from, type, text);
	}

	/** The connection is gone, or the owner. */
	clear(): void {
		this.end();
		this.#options.scheduler.clear(this.#minute);
		this.#minute = undefined;
		this.#said = 0;
	}

	/** Called by who was admitted. */
	read(reading: Reading): void {
		const fields = reading.fields;
		this.#reading = reading;
		reading.timeout = this.#options.scheduler.set(limits.readoutSeconds * 1000, () => this.tell(reading));
		for (let i = 0; i < fields.length && this.#reading === reading; i++) this.sample(reading, fields[i]!);
	}

	private end(): void {
		this.#options.scheduler.clear(this.#reading?.timeout);
		this.#reading = undefined;
	}

	private answer(from: string, type: string | undefined, text: string): void {
		const options = this.#options;
		const space = text.indexOf(" ");
		const word = foldASCII(space < 0 ? text : text.slice(0, space));
		const rest = space < 0 ? "" : text.slice(space + 1).trim();
		let said: string | undefined = HELP;
		if (word === "status")
			said = `I am ${options.name}, and ${options.lifeCycle.state === "removed" ? "yours, though not in the registry" : "yours"}. ${options.provisioning.jid ?? "Nobody"} decides about others.`;
		else if (word === "read") said = this.begin(from, type, rest);
		else if (word === "who") said = this.readers();
		else if (word === "history") said = "I keep no history yet.";
		else if (word === "disown")
			said = `Say it to my registry, ${options.registering.jid ?? "which I do not know yet"}: disown and my name there. It tells me, and I forget you.`;
		if (said != null) this.say(from, type, said);
	}

	/** undefined where the answer comes later. */
	private begin(from: string, type: string | undefined, wanted: string): string | undefined {
		const momentary = categorySet(["momentary"]);
		const folded = foldASCII(wanted);
		const fields = this.#options.fields.filter((field) =>
			wanted === "" ? (field.categories & momentary) !== 0 : foldASCII(field.name) === folded
		);
		if (fields.length === 0) return wanted === "" ? "I have no momentary values." : "I have no such field.";
		if (this.#reading) return "I am reading already.";
		this.#options.authorizer.admit(new Reading(this, from, type, fields));
		return;
	}

	private sample(reading: Reading, field: SensorField): void {
		let open = true;
		this.#options.read(field, (error, value) => {
			if (!open || this.#reading !== reading) return;
			open = false;
			const text = error == null ? writeValue(field, value) : undefined;
			reading.lines.push(`${field.name}: ${text == null ? "not to be read now" : field.unit ? `${text} ${field.unit}` : text}`);
			if (reading.lines.length === reading.fields.length) this.tell(reading);
		});
	}

	private tell(reading: Reading): void {
		this.end();
		const silent = reading.fields.length - reading.lines.length;
		if (silent > 0) reading.lines.push(`${silent} did not answer in time.`);
		this.say(reading.from, reading.type, joined(reading.lines));
	}

	private readers(): string {
		const options = this.#options;
		const lines: string[] = [];
		options.decisions.each((record) => {
			const line = lineOf(record);
			if (line != null && !lines.includes(line)) lines.push(line);
		});
		const last = `${options.provisioning.jid ?? "Nobody"} decides about others, and knows all your rules.`;
		return lines.length === 0 ? `You. ${last}` : `You, and as far as I remember:\n${joined(lines)}\n${last}`;
	}

	private say(to: string, type: string | undefined, text: string): void {
		const options = this.#options;
		this.#said++;
		this.#minute ??= options.scheduler.set(60_000, () => {
			this.#said = 0;
			this.#minute = undefined;
		});
		options.outbox.open("message", to).attribute("type", type).open("body").text(text).close().open("no-store", HINTS);
		options.outbox.send();
	}
}

/** As much of it as one message may hold. */
function joined(lines: readonly string[]): string {
	let text = "";
	for (let i = 0; i < lines.length; i++) {
		const line = lines[i]!;
		if (text.length + line.length > limits.chatText) return `${text}…`;
		text += i < lines.length - 1 ? `${line}\n` : line;
	}
	return text;
}

function lineOf({ yes, who, categories, fields }: VaultRecord): string | undefined {
	if (yes !== true) return;
	const name = who ?? "Somebody with a long name";
	if (categories === undefined) return `${name} is a friend`;
	const names = typeof fields === "string" ? (JSON.parse(fields) as string[]).join(", ") : "what he asked for";
	return `${name} may ${categories === 0 ? "set" : "read"} ${names}`;
}
