// The exchange of a readout (XEP-0323 3) in the dialect of its request: accepted, readings, failures, cancel. Who may, and what sensors say, is asked of others.
import type { Host, SensorValue } from "../host.js";
import { limits } from "../limits.js";
import { writeDateTime } from "../text/datetime.js";
import { isChar } from "../xml/characters.js";
import type { Disco } from "../xmpp/disco.js";
import type { IQRequest, IQRouter } from "../xmpp/iq.js";
import { resourceOf, sameBare, sameJID } from "../xmpp/jid.js";
import type { Outbox } from "../xmpp/outbox.js";
import type { Scheduler, Task } from "../xmpp/scheduler.js";
import type { Condition, ErrorType } from "../xmpp/stanza-error.js";
import { type Dialect, dialectOf, isNode, type NodeReference, namespaces } from "./dialect.js";
import { type Applicant, type Grant, isPermitted, type Part, type Permission, parseTokens, type Wish, weightOf } from "./provisioning.js";
import {
	type Envelope,
	fragmentEnd,
	isRequested,
	parseReadoutRequest,
	parseSequence,
	type Reading,
	type ReadoutRequest,
	type Refusal,
	type SensorField,
	writeFailure,
	writeReadings,
	writeStep,
	writeValue
} from "./sensor-data.js";

export interface ReadoutsOptions {
	readonly router: IQRouter;
	readonly disco: Pick<Disco, "add">;
	readonly outbox: Outbox;
	readonly scheduler: Scheduler;
	readonly clock: Host["clock"];
	/** What the thing calls itself. */
	readonly node: NodeReference;
	/** Its own. */
	readonly fields: readonly SensorField[];
	/** Refusals also in the words that peers of before XEP-0323 0.3 (slixmpp) hear. */
	readonly legacyPeers?: boolean;
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
	/** One per field that was answered: values, so many, in the order of the answers, then failures. */
	readonly readings: Reading[];
	values: number;
	request: IQRequest | undefined;
	timeout: Task | undefined;
}

/** There is nothing to be cancelled: in later dialects that is as well. */
const NOTHING: Refusal = Object.freeze({ condition: "item-not-found", text: "No such readout is running." });

/** One object and no more, since strangers can make many of them wait. */
class Reader implements Applicant {
	readonly request: IQRequest;
	readonly dialect: Dialect;
	readonly sequence: string | undefined;
	readonly said: ReadoutRequest | Refusal;
	readonly tokens: Wish["tokens"] | undefined;
	#readouts: Readouts;
	#decided = false;

	constructor(readouts: Readouts, request: IQRequest) {
		const payload = request.payload;
		const dialect = dialectOf(payload.namespace, "sensorData")!;
		const sequence = parseSequence(payload, dialect);
		this.request = request;
		this.dialect = dialect;
		this.sequence = sequence;
		this.said = payload.name === "cancel" && sequence != null ? NOTHING : parseReadoutRequest(payload, dialect);
		this.tokens = parseTokens(payload, dialect);
		this.#readouts = readouts;
		request.release();
	}

	get from(): string {
		return this.request.from;
	}

	get asked(): ReadoutRequest | undefined {
		return "condition" in this.said ? undefined : this.said;
	}

	get weight(): number {
		const { from, id } = this.request;
		return from.length + id.length + weightOf(this);
	}

	decide(permission: Permission | "all" | undefined, grants?: readonly Grant[]): void {
		if (this.#decided) return;
		this.#decided = true;
		this.#readouts.decided(this, permission, grants);
	}
}

export class Readouts {
	#options: ReadoutsOptions;
	/** Those that wait for sensors. */
	#running: Readout[] = [];

	constructor(options: ReadoutsOptions) {
		const spoken = namespaces.sensorData;
		this.#options = options;
		for (let i = 0; i < spoken.length; i++) options.disco.add(spoken[i]!);
		options.router.handle("get", "req", spoken, this.receive, this);
		// The XEP cancels by get, later generations by set.
		options.router.handle("any", "cancel", spoken, this.receive, this);
	}

	/** The peer has gone or its messages came back; a bare JID stands for all its resources (R-323-32). */
	forget(jid: string): void {
		const same = resourceOf(jid) == null ? sameBare : sameJID;
		const list = this.#running.slice();
		for (let i = 0; i < list.length; i++) {
			const readout = list[i]!;
			if (same(readout.to, jid)) this.drop(readout);
		}
	}

	/** The connection is gone: nobody waits for the data. */
	clear(): void {
		const list = this.#running.slice();
		for (let i = 0; i < list.length; i++) this.drop(list[i]!);
	}

	/** The thing, or a node of it, has no owner any more: whoever reads of it has nobody's leave. */
	disowned(part: Part | undefined): void {
		const list = this.#running.slice();
		for (let i = 0; i < list.length; i++) {
			const readout = list[i]!;
			if (readout.fields.some((field) => field.node === part?.node)) this.drop(readout);
		}
	}

	get busy(): boolean {
		return this.#running.length > 0;
	}

	/** Whoever waits for the result itself gets no other. */
	private drop(readout: Readout): void {
		if (this.end(readout, "cancelled")) readout.request?.fail("forbidden", "Access denied.", "cancel");
	}

	/** What is cancelled is only ever one's own, by full JID and seqnr (R-323-5, 10), and who has one running was let in. */
	private receive(request: IQRequest): void {
		const reader = new Reader(this, request);
		const readout = reader.said === NOTHING ? this.find(reader) : undefined;
		if (!readout) {
			this.#options.authorizer.admit(reader);
			return;
		}
		this.end(readout, "cancelled");
		this.accept(readout);
		const writer = request.result();
		if (!readout.dialect.inResult) writeStep(writer, "cancelled", readout);
		request.send();
	}

	/** Called by who was admitted or not. */
	decided(reader: Reader, permission: Permission | "all" | undefined, grants: readonly Grant[] | undefined): void {
		const said = reader.said;
		// Who may not read learns nothing, not even that he asked wrongly (R-323-22).
		if (!permission) this.refuse(reader);
		else if (said === NOTHING && reader.dialect.inResult) reader.request.succeed();
		else if ("condition" in said) this.fail(reader, said.condition, said.text);
		else this.start(reader, said, permission, grants);
	}

	private refuse(reader: Reader): void {
		this.fail(reader, "forbidden", "Access denied.", "cancel");
		this.#options.onDenied(reader.from);
	}

	private fail(reader: Reader, condition: Condition, text: string, type?: ErrorType): void {
		const request = reader.request;
		const writer = request.error(condition, text, type);
		// Beside <error/>, for peers of before XEP-0323 0.3, which hear nothing else (R-323-34).
		if (this.#options.legacyPeers === true && reader.sequence != null && !reader.dialect.inResult)
			writeStep(writer.close(), "rejected", reader).open("error").text(text);
		request.send();
	}

	private start(reader: Reader, asked: ReadoutRequest, permission: Permission | "all", grants: readonly Grant[] | undefined): void {
		const options = this.#options;
		const isOwn = (node: NodeReference): boolean => isNode(options.node, node);
		const { dialect, from } = reader;
		// Of several nodes the decision may have left one (R-324-5).
		if (
			grants ? grants.length === 0 : asked.nodes.length > 0 && !(permission === "all" ? asked.nodes.every(isOwn) : asked.nodes.some(isOwn))
		) {
			this.fail(reader, "item-not-found", "There is no such node.");
			return;
		}
		if (asked.when != null && asked.when > options.clock.now()) {
			this.fail(reader, "feature-not-implemented", "This thing cannot put off a readout: ask when it is due.");
			return;
		}
		if (this.find(reader)) {
			this.fail(reader, "conflict", `A readout with this ${dialect.sequence} is running.`);
			return;
		}
		const own = this.#running.filter((readout) => readout.to === from).length;
		if (this.#running.length >= limits.readouts || own >= limits.readoutsPerPeer) {
			this.fail(reader, "resource-constraint", "Too many readouts at once: ask again later.");
			return;
		}
		const fields: SensorField[] = [];
		for (let i = 0; i < (grants?.length ?? 1); i++) {
			const grant = grants?.[i];
			const list = grant?.part?.fields ?? options.fields;
			for (let k = 0; k < list.length; k++)
				if (isRequested(asked, list[k]!) && isPermitted(grant?.permission ?? permission, list[k]!)) fields.push(list[k]!);
		}
		if (permission !== "all" && fields.length === 0) {
			this.refuse(reader);
			return;
		}
		// Who names no node, where none has to be named, knows whose readings they are.
		const node = dialect.inResult && asked.nodes.length === 0 ? undefined : options.node;
		const readout: Readout = {
			to: from,
			dialect,
			sequence: reader.sequence!,
			node,
			request: reader.request,
			fields,
			readings: [],
			values: 0,
			timeout: undefined
		};
		readout.timeout = options.scheduler.set(limits.readoutSeconds * 1000, () => this.timeOut(readout));
		this.#running.push(readout);
		if (!dialect.inResult) this.accept(readout);
		// Sending may have ended the connection, and a sensor's answer the readout: each step looks whether it still runs.
		if (fields.length === 0) this.finish(readout);
		for (let i = 0; i < fields.length; i++) this.read(readout, fields[i]!);
	}

	/** What it waits for comes in messages, or not any more. */
	private accept(readout: Readout): void {
		const request = readout.request;
		if (!request) return;
		readout.request = undefined;
		writeStep(request.result(), "accepted", readout);
		request.send();
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
		if (text == null) this.miss(readout, field, error ?? "the sensor gave no value");
		else readout.readings.splice(placeOf(readout, field), 0, { field, timestamp: this.timestamp(), value: text });
		if (readout.readings.length === readout.fields.length) this.finish(readout);
	}

	private miss(readout: Readout, field: SensorField, why: string): void {
		readout.readings.push({ field, timestamp: this.timestamp(), error: `${field.name}: ${printable(why)}` });
	}

	private timeOut(readout: Readout): void {
		const fields = readout.fields;
		for (let i = 0; i < fields.length; i++) {
			const field = fields[i]!;
			if (!readout.readings.some((reading) => reading.field === field)) this.miss(readout, field, "the sensor did not answer in time");
		}
		this.finish(readout);
	}

	/** To the second: what was sampled together stands under one timestamp, and stanzas stay small. */
	private timestamp(): string {
		return writeDateTime(Math.floor(this.#options.clock.now() / 1000) * 1000);
	}

	/** Sends everything: failures last, since some readers stop at the first (slixmpp), and done on the last message (R-323-30). */
	private finish(readout: Readout): void {
		const { dialect, readings, values } = readout;
		const failed = values < readings.length;
		const apart = failed && !dialect.inResult;
		if (!this.end(readout, failed ? "failed" : "done")) return;
		if (values > 0 || !apart) this.send(readout, writeReadings, 0, apart ? values : readings.length, !apart);
		if (apart) this.send(readout, writeFailure, values, readings.length, true);
	}

	/** In the result itself where it fits (R-323-3), else in as many messages as it takes. */
	private send(readout: Readout, write: typeof writeReadings, start: number, stop: number, last: boolean): void {
		const { readings, request } = readout;
		if (request && fragmentEnd(readout, readings, start, stop) === stop) {
			write(request.result(), readout, readings, start, stop, last);
			request.send();
			return;
		}
		this.accept(readout);
		const outbox = this.#options.outbox;
		do {
			const end = fragmentEnd(readout, readings, start, stop);
			write(outbox.open("message", readout.to), readout, readings, start, end, last && end === stop);
			outbox.send();
			start = end;
		} while (start < stop);
	}

	private find(reader: Reader): Readout | undefined {
		return this.#running.find(
			(readout) => readout.to === reader.from && readout.sequence === reader.sequence && readout.dialect === reader.dialect
		);
	}

	/** False when it had ended before. */
	private end(readout: Readout, outcome: "done" | "failed" | "cancelled"): boolean {
		const index = this.#running.indexOf(readout);
		if (index < 0) return false;
		this.#running.splice(index, 1);
		this.#options.scheduler.clear(readout.timeout);
		const names = readout.fields.map((field) => field.name);
		this.#options.onEnd(readout.to, names, outcome);
		return true;
	}
}

/** Of one more value: behind those of the same node. */
function placeOf(readout: Readout, field: SensorField): number {
	const values = readout.values++;
	let at = values;
	while (at > 0 && readout.readings[at - 1]!.field.node !== field.node) at--;
	return at === 0 ? values : at;
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
