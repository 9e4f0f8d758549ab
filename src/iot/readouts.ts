// The exchange of a readout (XEP-0323 3): request, accepted, fields, failure, cancel. Who may, and what sensors say, is asked of others.
import type { Host, SensorValue } from "../host.js";
import { limits } from "../limits.js";
import { writeDateTime } from "../text/datetime.js";
import { isChar } from "../xml/characters.js";
import type { IQRequest, IQRouter } from "../xmpp/iq.js";
import { resourceOf, sameBare, sameJID } from "../xmpp/jid.js";
import type { Outbox } from "../xmpp/outbox.js";
import type { Scheduler, Task } from "../xmpp/scheduler.js";
import { dialects } from "./dialect.js";
import { type Applicant, isPermitted, type Permission, parseTokens, type Wish, weightOf } from "./provisioning.js";
import {
	type Envelope,
	fragmentEnd,
	isRequested,
	parseReadoutRequest,
	parseSequence,
	type Reading,
	type ReadoutRequest,
	type Refusal,
	SENSOR_DATA,
	type SensorField,
	writeAccepted,
	writeCancelled,
	writeFailure,
	writeFields,
	writeValue
} from "./sensor-data.js";

export interface ReadoutsOptions {
	readonly router: IQRouter;
	readonly outbox: Outbox;
	readonly scheduler: Scheduler;
	readonly clock: Host["clock"];
	/** The one node id of this thing. */
	readonly node: string;
	readonly fields: readonly SensorField[];
	/** Sees to it that somebody decides, now or later, what the applicant may read; nothing of his request is answered before. */
	readonly authorizer: { admit(applicant: Applicant): void };
	/** Somebody was refused. */
	readonly onDenied: (from: string) => void;
	/** Reads one field; may answer at once, late, or never. */
	readonly read: (field: SensorField, onValue: (error: string | undefined, value?: SensorValue) => void) => void;
	/** A readout that was accepted has ended. */
	readonly onEnd: (from: string, fields: readonly string[], outcome: "done" | "failed" | "cancelled") => void;
}

interface Readout extends Envelope {
	readonly fields: readonly SensorField[];
	/** One per field that was answered, in the order of the answers. */
	readonly readings: Reading[];
	timeout: Task | undefined;
}

/** One object and no more, since strangers can make many of them wait. */
class Reader implements Applicant {
	readonly tokens: Wish["tokens"] | undefined;
	#request: IQRequest;
	#asked: ReadoutRequest | Refusal;
	#readouts: Readouts;
	#decided = false;

	constructor(readouts: Readouts, request: IQRequest, asked: ReadoutRequest | Refusal) {
		this.tokens = parseTokens(request.payload, dialects[0]!);
		this.#readouts = readouts;
		this.#request = request;
		this.#asked = asked;
	}

	get from(): string {
		return this.#request.from;
	}

	get asked(): ReadoutRequest | undefined {
		return "condition" in this.#asked ? undefined : this.#asked;
	}

	get weight(): number {
		const { from, id } = this.#request;
		return from.length + id.length + weightOf(this);
	}

	decide(permission: Permission | "all" | undefined): void {
		if (this.#decided) return;
		this.#decided = true;
		this.#readouts.decided(this.#request, this.#asked, permission);
	}
}

export class Readouts {
	#options: ReadoutsOptions;
	/** Those that wait for sensors. */
	#running: Readout[] = [];

	constructor(options: ReadoutsOptions) {
		this.#options = options;
		options.router.handle("get", "req", SENSOR_DATA, this.receive, this);
		// The XEP cancels by get, later generations by set.
		options.router.handle("any", "cancel", SENSOR_DATA, this.cancel, this);
	}

	private receive(request: IQRequest): void {
		this.admit(request, parseReadoutRequest(request.payload));
	}

	/** The peer has gone or its messages came back; a bare JID stands for all its resources (R-323-32). */
	forget(jid: string): void {
		const same = resourceOf(jid) == null ? sameBare : sameJID;
		const list = this.#running.slice();
		for (let i = 0; i < list.length; i++) {
			const readout = list[i]!;
			if (same(readout.to, jid)) this.end(readout, "cancelled");
		}
	}

	/** The connection is gone, or the owner: nobody waits for the data. */
	clear(): void {
		const list = this.#running.slice();
		for (let i = 0; i < list.length; i++) this.end(list[i]!, "cancelled");
	}

	private admit(request: IQRequest, asked: ReadoutRequest | Refusal): void {
		const applicant = new Reader(this, request, asked);
		request.release();
		this.#options.authorizer.admit(applicant);
	}

	/** Called by who was admitted or not. */
	decided(request: IQRequest, asked: ReadoutRequest | Refusal, permission: Permission | "all" | undefined): void {
		// Who may not read learns nothing, not even that he asked wrongly (R-323-22).
		if (!permission) this.refuse(request);
		else if ("condition" in asked) request.fail(asked.condition, asked.text);
		else this.start(request, asked, permission);
	}

	private refuse(request: IQRequest): void {
		request.fail("forbidden", "Access denied.", "cancel");
		this.#options.onDenied(request.from);
	}

	private start(request: IQRequest, asked: ReadoutRequest, permission: Permission | "all"): void {
		const options = this.#options;
		// Of several nodes the decision may have left one (R-324-5).
		if (
			permission === "all" ? asked.nodes.some((id) => id !== options.node) : asked.nodes.length > 0 && !asked.nodes.includes(options.node)
		) {
			request.fail("item-not-found", "There is no such node.", "cancel");
			return;
		}
		if (asked.when != null && asked.when > options.clock.now()) {
			request.fail("feature-not-implemented", "This thing cannot put off a readout: ask when it is due.", "cancel");
			return;
		}
		if (this.find(request.from, asked.sequence)) {
			request.fail("conflict", "A readout with this seqnr is running.", "cancel");
			return;
		}
		const own = this.#running.filter((readout) => readout.to === request.from).length;
		if (this.#running.length >= limits.readouts || own >= limits.readoutsPerPeer) {
			request.fail("resource-constraint", "Too many readouts at once: ask again later.", "wait");
			return;
		}
		const fields = this.#options.fields.filter((field) => isRequested(asked, field) && isPermitted(permission, field));
		if (permission !== "all" && fields.length === 0) {
			this.refuse(request);
			return;
		}
		const readout = this.open(request.from, asked.sequence, fields);
		writeAccepted(request.result(), asked.sequence);
		request.send();
		// Sending may have ended the connection, and a sensor's answer the readout: each step looks whether it still runs.
		if (readout.fields.length === 0) this.finish(readout);
		const list = readout.fields;
		for (let i = 0; i < list.length; i++) this.read(readout, list[i]!);
	}

	private open(to: string, sequence: string, fields: readonly SensorField[]): Readout {
		const options = this.#options;
		const readout: Readout = { to, sequence, node: options.node, fields, readings: [], timeout: undefined };
		readout.timeout = options.scheduler.set(limits.readoutSeconds * 1000, () => this.timeOut(readout));
		this.#running.push(readout);
		return readout;
	}

	private read(readout: Readout, field: SensorField): void {
		if (!this.#running.includes(readout)) return;
		try {
			this.#options.read(field, (error, value) => this.take(readout, field, error, value));
		} catch (error) {
			this.take(readout, field, error instanceof Error ? error.message : "the sensor failed");
		}
	}

	private take(readout: Readout, field: SensorField, error: string | undefined, value?: SensorValue): void {
		if (!this.#running.includes(readout) || readout.readings.some((reading) => reading.field === field)) return;
		const text = error == null ? writeValue(field, value) : undefined;
		if (text == null) this.fail(readout, field, error ?? "the sensor gave no value");
		else readout.readings.push({ field, timestamp: this.timestamp(), value: text });
		if (readout.readings.length === readout.fields.length) this.finish(readout);
	}

	private fail(readout: Readout, field: SensorField, why: string): void {
		readout.readings.push({ field, timestamp: this.timestamp(), error: `${field.name}: ${printable(why)}` });
	}

	private timeOut(readout: Readout): void {
		const fields = readout.fields;
		for (let i = 0; i < fields.length; i++) {
			const field = fields[i]!;
			if (!readout.readings.some((reading) => reading.field === field)) this.fail(readout, field, "the sensor did not answer in time");
		}
		this.finish(readout);
	}

	/** To the second: what was sampled together stands under one timestamp, and stanzas stay small. */
	private timestamp(): string {
		return writeDateTime(Math.floor(this.#options.clock.now() / 1000) * 1000);
	}

	/** Sends everything: failures last, since some readers stop at the first (slixmpp), and done on the last message (R-323-30). */
	private finish(readout: Readout): void {
		if (!this.#running.includes(readout)) return;
		const values = readout.readings.filter((reading) => reading.value != null);
		const failures = readout.readings.filter((reading) => reading.value == null);
		this.end(readout, failures.length > 0 ? "failed" : "done");
		if (values.length > 0 || failures.length === 0) this.send(readout, values, writeFields, failures.length === 0);
		if (failures.length > 0) this.send(readout, failures, writeFailure, true);
	}

	private send(readout: Readout, readings: readonly Reading[], write: typeof writeFields, last: boolean): void {
		const outbox = this.#options.outbox;
		let start = 0;
		do {
			const end = fragmentEnd(readout, readings, start);
			write(outbox.open("message", readout.to), readout, readings, start, end, last && end === readings.length);
			outbox.send();
			start = end;
		} while (start < readings.length);
	}

	/** Only ever one's own: a readout is known by the full JID and the seqnr (R-323-5, 10), and who has one running was let in. */
	private cancel(request: IQRequest): void {
		const sequence = parseSequence(request.payload);
		const readout = sequence == null ? undefined : this.find(request.from, sequence);
		if (sequence == null || !readout) {
			const text = sequence == null ? "seqnr is missing." : "No readout with this seqnr is running.";
			this.admit(request, { condition: sequence == null ? "bad-request" : "item-not-found", text });
			return;
		}
		this.end(readout, "cancelled");
		writeCancelled(request.result(), sequence);
		request.send();
	}

	private find(from: string, sequence: string): Readout | undefined {
		return this.#running.find((readout) => readout.to === from && readout.sequence === sequence);
	}

	private end(readout: Readout, outcome: "done" | "failed" | "cancelled"): void {
		const index = this.#running.indexOf(readout);
		if (index < 0) return;
		this.#running.splice(index, 1);
		this.#options.scheduler.clear(readout.timeout);
		const names = readout.fields.map((field) => field.name);
		this.#options.onEnd(readout.to, names, outcome);
	}
}

/** A sensor's own words, short and without what XML cannot carry. */
function printable(text: string): string {
	let kept = "";
	let count = 0;
	for (const character of text) {
		if (count++ === limits.errorText) break;
		const code = character.codePointAt(0)!;
		kept += code < 0x20 || !isChar(code) ? "?" : character;
	}
	return kept;
}
