// What a maker writes about a thing: who made it, what can be read of it. Data only; hosts/factory/definition.ts checks it before a chip ever sees it.
import type { SensorValue } from "../host.js";
import type { ParameterType } from "../iot/control.js";
import type { NodeReference } from "../iot/dialect.js";
import { categorySet, type FieldCategory, type FieldType, type SensorField } from "../iot/sensor-data.js";

export type { FieldCategory, FieldType, ParameterType };

export interface FieldDefinition {
	readonly type: FieldType;
	/** One category, or several of which each finds the field. */
	readonly category: FieldCategory | readonly FieldCategory[];
	/** Of a numeric field: "°C", "hPa", … */
	readonly unit?: string;
	/** Of a numeric field: digits after the point. They are significant: 23.40 is not 23.4. Default 0. */
	readonly decimals?: number;
	/** The sensor's physical range [low, high]; virtual sensors move within it. */
	readonly range?: readonly [number, number];
	/** A constant: such a field has no sensor. */
	readonly value?: SensorValue;
	/** Name given to host.sensors; default is the field's name. */
	readonly sensor?: string;
	/** Of an enum field: the name of its type. */
	readonly dataType?: string;
}

/** What can be set, by the name of the field that shows it. */
export interface ParameterDefinition {
	readonly type: ParameterType;
	/** Of a number: the least and the most that it may be. */
	readonly range?: readonly [number, number];
	/** Name given to host.actuators; default is the parameter's name. */
	readonly actuator?: string;
}

/** What a thing and each of its nodes say of themselves. */
interface Described {
	/** Tag CLASS: what kind of thing, such as "Weather". */
	readonly class?: string;
	/** Tag NAME; of a thing also shown in service discovery. */
	readonly name?: string;
	/**
	 * "fixed" (default): the factory's, for a sticker that is printed; who saw it can claim the thing whenever it has no owner.
	 * "fresh": another for each time without owner, which the host's display shows and the owner who gives the thing up is told.
	 */
	readonly key?: "fixed" | "fresh";
	/** Public in the registry and nobody's to claim; whoever wants to read is put to the provisioning service. */
	readonly selfOwned?: boolean;
	readonly fields: Readonly<Record<string, FieldDefinition>>;
	readonly parameters?: Readonly<Record<string, ParameterDefinition>>;
}

/** A node behind the thing's address, with an owner of its own. Its sensors and actuators are called by its id, a point and what they would be called in a thing. */
export interface NodeDefinition extends NodeReference, Described {
	/** Default is the thing's. */
	readonly model?: string;
}

export interface Definition extends Described {
	/** The manufacturer's domain name (tag MAN). */
	readonly manufacturer: string;
	readonly model: string;
	/** Of the hardware and its firmware together (tag V). */
	readonly version: number;
	/** The node id in sensor data; default "thing". */
	readonly node?: string;
	/** Those that have a life of their own. */
	readonly nodes?: readonly NodeDefinition[];
	/** The API key, which a whole batch shares, is erased once the account stands. A lost account cannot be made again then. */
	readonly forgetAPIKey?: boolean;
	/**
	 * The login may be bound to its connection by tls-unique (RFC 5929) where TLS 1.2 and the broker leave nothing better. Worth something only if
	 * both ends have the extended master secret (RFC 7627), so it is for who knows his broker.
	 */
	readonly tlsUnique?: boolean;
	/** The button, held for ten seconds, resets all to the factory. Not where it is within reach of whoever can read the sticker (R-347-22). */
	readonly resetButton?: boolean;
	/** False: the thing answers no chat messages, its owner's neither. */
	readonly chat?: boolean;
	/** Refusals of a readout or a set also in the words of before XEP-0323 and XEP-0325 0.3, for peers (slixmpp) that hear nothing else. */
	readonly legacyPeers?: boolean;
	/** Hours after which a decision of the provisioning service is asked anew, as contracts may want it; default is when it is taken back. */
	readonly decisionHours?: number;
}

/** Freezes it. */
export function defineThing(definition: Definition): Definition {
	return freeze(definition);
}

/** Its fields as they are read; `sets`: on a host that can set parameters. */
export function fieldsOf(definition: Described, sets: boolean, node?: NodeReference): readonly SensorField[] {
	const list: SensorField[] = [];
	const keys = Object.keys(definition.fields);
	for (let i = 0; i < keys.length; i++) {
		const name = keys[i]!;
		const field = definition.fields[name]!;
		const { type, unit, decimals, dataType } = field;
		const writable = sets && definition.parameters?.[name] != null;
		const categories = categorySet(categoriesOf(field));
		const common = { name, type, categories, unit, decimals, dataType, writable };
		list.push(node ? { ...common, node } : common);
	}
	return list;
}

/** The categories of a field as a list. */
export function categoriesOf(field: FieldDefinition): readonly FieldCategory[] {
	return typeof field.category === "string" ? [field.category] : Array.isArray(field.category) ? field.category : [];
}

function freeze<T>(value: T): T {
	if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
		Object.freeze(value);
		const keys = Object.keys(value);
		for (let i = 0; i < keys.length; i++) freeze((value as Readonly<Record<string, unknown>>)[keys[i]!]);
	}
	return value;
}
