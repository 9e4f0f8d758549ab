// Parameters are set (XEP-0325 3): who may is asked at the door, all of a request is checked before any of it is done, and it is done in order.
import type { Host, SensorValue } from "../host.js";
import {
	parseSet,
	type SetRequest,
	type Setting,
	settingValue,
	writeParameterError,
	writeRefusalCode,
	writeSetResponse
} from "../iot/control.js";
import { type Dialect, dialectOf, isNode, type NodeReference, nameIn, namespaces } from "../iot/dialect.js";
import { type Applicant, type Grant, type Part, type Permission, parseTokens, type Wish, weightOf } from "../iot/provisioning.js";
import type { Refusal } from "../iot/sensor-data.js";
import { limits } from "../limits.js";
import { messageOf } from "../text/message.js";
import type { Element } from "../xml/element.js";
import type { Writer } from "../xml/writer.js";
import { isLate } from "../xmpp/delay.js";
import type { Disco } from "../xmpp/disco.js";
import { Tally } from "../xmpp/flood.js";
import type { IQRequest, IQRouter } from "../xmpp/iq.js";
import { bareJID, foldJID } from "../xmpp/jid.js";
import type { Scheduler, Task } from "../xmpp/scheduler.js";
import type { Condition, ErrorType } from "../xmpp/stanza-error.js";
import type { Authorizer } from "./authorizer.js";
import type { Definition } from "./definition.js";
import type { LifeEvent } from "./events.js";

export interface ControlsOptions {
	readonly host: Pick<Host, "actuators" | "clock">;
	readonly definition: Definition;
	readonly router: IQRouter;
	readonly disco: Disco;
	readonly scheduler: Scheduler;
	/** What the thing calls itself. */
	readonly node: NodeReference;
	readonly authorizer: Authorizer;
	readonly onEvent: (event: LifeEvent) => void;
}

/** Who wants to set something, until it is done. */
class Setter implements Applicant {
	readonly from: string;
	readonly dialect: Dialect;
	/** A message has none, and is never answered (R-325-3). */
	readonly request: IQRequest | undefined;
	readonly said: SetRequest | Refusal;
	readonly tokens: Wish["tokens"] | undefined;
	#controls: Controls;
	#decided = false;

	constructor(controls: Controls, from: string, set: Element, request: IQRequest | undefined) {
		const dialect = dialectOf(set.namespace, "control")!;
		this.#controls = controls;
		this.from = from;
		this.dialect = dialect;
		this.request = request;
		this.said =
			set.name === "set"
				? parseSet(set, dialect)
				: { condition: "feature-not-implemented", text: "Forms are not spoken here: set parameters by name." };
		this.tokens = parseTokens(set, dialect);
	}

	get asked(): SetRequest | undefined {
		return "condition" in this.said ? undefined : this.said;
	}

	get weight(): number {
		let weight = this.from.length + weightOf(this);
		const settings = this.asked?.settings ?? [];
		for (let i = 0; i < settings.length; i++) weight += 100 + settings[i]!.text.length;
		return weight;
	}

	decide(permission: Permission | "all" | undefined, grants?: readonly Grant[]): void {
		if (this.#decided) return;
		this.#decided = true;
		this.#controls.decided(this, permission, grants);
	}
}

/** One actuator that is to be set. */
interface Step {
	/** undefined: of the thing itself. */
	readonly part: Part | undefined;
	readonly name: string;
	readonly value: SensorValue;
}

/** What is being done. */
interface Job {
	readonly setter: Setter;
	readonly steps: readonly Step[];
	/** Where it is not all that was asked for: the parameters of it, and the nodes. */
	readonly names: readonly string[] | undefined;
	readonly nodes: readonly NodeReference[];
	/** So many are done. */
	done: number;
	task: Task | undefined;
}

export class Controls {
	#options: ControlsOptions;
	#tally: Tally;
	/** One at a time: who comes meanwhile finds the thing locked (R-325-9). */
	#job: Job | undefined;

	/** For a definition with parameters, of a node at least, and a host with actuators. */
	constructor(options: ControlsOptions) {
		this.#options = options;
		this.#tally = new Tally(options.host.clock, 1000);
		const spoken = namespaces.control;
		for (let i = 0; i < spoken.length; i++) options.disco.add(spoken[i]!);
		options.router.handle("set", "set", spoken, this.handle, this);
		options.router.handle("get", "getForm", spoken, this.handle, this);
	}

	private handle(request: IQRequest): void {
		const setter = new Setter(this, request.from, request.payload, request);
		request.release();
		this.#options.authorizer.admit(setter);
	}

	/** A message that may be a set. */
	receive(message: Element): void {
		const from = message.attribute("from");
		const type = message.attribute("type") ?? "normal";
		const set = message.child("set");
		if (from == null || !set || !dialectOf(set.namespace, "control")) return;
		if (type !== "normal" && type !== "chat") return;
		const setter = new Setter(this, from, set, undefined);
		// R-325-25
		if (isLate(message, this.#options.host.clock)) this.deny(setter);
		else this.#options.authorizer.admit(setter);
	}

	get busy(): boolean {
		return this.#job != null;
	}

	/** The connection is gone: what is not done yet is not done, and who waits for it is refused. */
	clear(): void {
		const job = this.#job;
		if (!job) return;
		this.end(job, "cancelled");
		this.fail(job.setter, "forbidden", "Access denied.", "cancel");
	}

	/** So it is where the thing, or the node, has no owner any more. */
	disowned(part: Part | undefined): void {
		if (this.#job?.steps.some((step) => step.part === part)) this.clear();
	}

	/** Called by who was admitted or not. */
	decided(setter: Setter, permission: Permission | "all" | undefined, grants: readonly Grant[] | undefined): void {
		const said = setter.said;
		// Who may not set learns nothing, not even that he asked wrongly.
		if (!permission) this.refuse(setter);
		else if (this.#tally.count(foldJID(bareJID(setter.from))) > limits.setsPerSecond) {
			this.fail(setter, "resource-constraint", "That is too often: try again.", "wait");
			this.deny(setter);
		} else if ("condition" in said) this.fail(setter, said.condition, said.text);
		else this.start(setter, said, permission, grants);
	}

	private refuse(setter: Setter): void {
		this.fail(setter, "forbidden", "Access denied.", "cancel");
		this.deny(setter);
	}

	/** R-325-29 */
	private deny(setter: Setter): void {
		this.#options.onEvent({ event: "denied", from: setter.from, what: "control", parameters: setter.asked?.fields });
	}

	private start(
		setter: Setter,
		{ nodes, settings }: SetRequest,
		permission: Permission | "all",
		given: readonly Grant[] | undefined
	): void {
		const own = this.#options.node;
		const isOwn = (node: NodeReference): boolean => isNode(own, node);
		// Of several nodes the decision may have left one (R-324-9); any other makes all of it void (R-325-6).
		const narrowed = permission !== "all" && permission.narrowed === true;
		if (given ? given.length === 0 : nodes.length > 0 && !(narrowed ? nodes.some(isOwn) : nodes.every(isOwn))) {
			this.fail(setter, "item-not-found", "There is no such node.");
			return;
		}
		const grants = given ?? [{ part: undefined, permission }];
		const steps: Step[] = [];
		const faults: Setting[] = [];
		// One list of names is said for all nodes: what is not allowed of each of them is done of none.
		const allowed = settings.filter(({ name }) =>
			grants.every((grant) => grant.permission === "all" || grant.permission.fields?.includes(name) !== false)
		);
		const unknown: string[] = [];
		for (let i = 0; i < grants.length; i++) {
			const part = grants[i]!.part;
			for (let k = 0; k < allowed.length; k++) {
				const setting = allowed[k]!;
				const parameter = this.parameter(part, setting.name);
				const value = parameter && settingValue(parameter, setting);
				if (value != null) steps.push({ part, name: setting.name, value });
				else {
					if (!parameter) unknown.push(setting.name);
					if (!faults.includes(setting)) faults.push(setting);
				}
			}
		}
		const done = grants.map((grant) => grant.part?.node ?? own);
		if (faults.length > 0) this.explain(setter, faults, unknown);
		else if (steps.length === 0) this.refuse(setter);
		else if (this.#job) this.fail(setter, "conflict", "Somebody else is setting something: try again.", "wait");
		else {
			const whole = allowed.length === settings.length && nodes.every((node) => done.some((one) => isNode(one, node)));
			const names = whole ? undefined : allowed.map(({ name }) => name);
			this.#job = { setter, steps, names, nodes: nodes.length > 0 ? done : [], done: 0, task: undefined };
			this.step(this.#job);
		}
	}

	/** Names from the network are looked up in a list: as property names XS would keep each for ever. */
	private parameter(part: Part | undefined, name: string): NonNullable<Part["parameters"]>[string] | undefined {
		const parameters = (part ?? this.#options.definition).parameters ?? {};
		const names = Object.keys(parameters);
		const at = names.indexOf(name);
		return at < 0 ? undefined : parameters[names[at]!];
	}

	/** R-325-5, R-325-8 */
	private explain(setter: Setter, faults: readonly Setting[], unknown: readonly string[]): void {
		const condition = unknown.length > 0 ? "item-not-found" : "bad-request";
		const writer = this.error(setter, condition, "Nothing was set.");
		for (let i = 0; writer && i < faults.length; i++) {
			const name = faults[i]!.name;
			const text = unknown.includes(name) ? "There is no such parameter." : "It cannot have this value.";
			writeParameterError(writer, setter.dialect, name, text);
		}
		this.sendError(setter, writer, condition);
	}

	private step(job: Job): void {
		const options = this.#options;
		const { part, name, value } = job.steps[job.done]!;
		const actuator = this.parameter(part, name)!.actuator ?? name;
		// In a turn of its own: the answer may come at once, and the stack is small.
		let open = true;
		const answered = (error: string | undefined): void => {
			if (!open || this.#job !== job) return;
			open = false;
			options.scheduler.clear(job.task);
			if (error === undefined) job.done++;
			job.task = options.scheduler.set(0, () => this.proceed(job, error));
		};
		job.task = options.scheduler.set(limits.actuatorSeconds * 1000, () => this.proceed(job, "the actuator did not answer in time"));
		try {
			options.host.actuators!.set(nameIn(part?.node, actuator), value, answered);
		} catch (error) {
			answered(messageOf(error));
		}
	}

	private proceed(job: Job, error: string | undefined): void {
		const { dialect, request } = job.setter;
		if (error !== undefined) {
			const name = job.steps[job.done]!.name;
			this.end(job, "failed", error);
			const writer = this.error(job.setter, "internal-server-error", job.done === 0 ? "Nothing was set." : "Not all of it was set.");
			if (writer) writeParameterError(writer, dialect, name, "The actuator failed.");
			this.sendError(job.setter, writer, "internal-server-error");
		} else if (job.done < job.steps.length) this.step(job);
		else {
			this.end(job, "done");
			if (!request) return;
			writeSetResponse(request.result(), dialect, job.names, job.nodes);
			request.send();
		}
	}

	private end(job: Job, outcome: "done" | "failed" | "cancelled", reason?: string): void {
		const options = this.#options;
		options.scheduler.clear(job.task);
		this.#job = undefined;
		const parameters = job.steps.slice(0, job.done).map(({ part, name }) => nameIn(part?.node, name));
		options.onEvent({ event: "control", from: job.setter.from, parameters, outcome, reason });
	}

	private fail(setter: Setter, condition: Condition, text: string, type?: ErrorType): void {
		this.sendError(setter, this.error(setter, condition, text, type), condition);
	}

	private error(setter: Setter, condition: Condition, text: string, type?: ErrorType): Writer | undefined {
		return setter.request?.error(condition, text, type);
	}

	private sendError(setter: Setter, writer: Writer | undefined, condition: Condition): void {
		if (writer && this.#options.definition.legacyPeers === true) writeRefusalCode(writer.close(), setter.dialect, condition);
		setter.request?.send();
	}
}
