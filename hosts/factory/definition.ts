// Whether a definition is sound, asked where it is written: the types say most of it, and what they cannot a maker reads here as a sentence.
import { parameterTypes } from "../../src/iot/control.js";
import { limits } from "../../src/limits.js";
import {
	categoriesOf,
	type Definition,
	type FieldDefinition,
	type FieldType,
	type NodeDefinition,
	type ParameterDefinition
} from "../../src/thing/definition.js";
import { isChar } from "../../src/xml/characters.js";

const types: readonly string[] = Object.freeze([
	"numeric",
	"string",
	"boolean",
	"int",
	"long",
	"enum",
	"date",
	"dateTime",
	"duration",
	"time"
]);
const categories: readonly string[] = Object.freeze(["momentary", "peak", "status", "computed", "identity"]);

/** Throws an Error with one sentence about the first thing that is wrong. Takes what a file held, too. */
export function checkDefinition(definition: Definition): void {
	if (!isObject(definition)) fail("A definition is an object with manufacturer, model, version and fields.");
	checkTag("manufacturer", definition.manufacturer);
	checkTag("model", definition.model);
	if (typeof definition.version !== "number" || !Number.isFinite(definition.version)) fail("version must be a number, such as 1.0.");
	if (definition.node !== undefined) checkName("node", definition.node);
	checkSwitch("forgetAPIKey", definition.forgetAPIKey);
	checkSwitch("resetButton", definition.resetButton);
	checkSwitch("legacyPeers", definition.legacyPeers);
	checkSwitch("tlsUnique", definition.tlsUnique);
	checkSwitch("chat", definition.chat);
	if (definition.decisionHours !== undefined && !(typeof definition.decisionHours === "number" && definition.decisionHours > 0))
		fail("decisionHours must be a number above 0.");
	checkDescribed(definition);
	const { nodes } = definition;
	if (nodes !== undefined && !Array.isArray(nodes)) fail("nodes must be a list of objects with id and fields.");
	checkNodes(nodes ?? [], definition.node ?? "thing");
	for (const what of ["fields", "parameters"] as const) {
		const count = [definition, ...(nodes ?? [])].reduce((sum, each) => sum + Object.keys(each[what] ?? {}).length, 0);
		if (count > limits.fields) fail(`A thing has at most ${limits.fields} ${what}, those of its nodes among them; this one has ${count}.`);
	}
}

function checkNodes(nodes: readonly NodeDefinition[], own: string): void {
	if (nodes.length > limits.nodes) fail(`A thing has at most ${limits.nodes} nodes; this one has ${nodes.length}.`);
	const ids = [own];
	for (const node of nodes) {
		if (!isObject(node)) fail("A node is an object with id and fields.");
		checkName("A node's id", node.id);
		if (ids.includes(node.id))
			fail(`There is more than one node ${node.id}: a node is known by its id alone, and ${own} is the thing itself.`);
		ids.push(node.id);
		try {
			if (node.source !== undefined) checkName("source", node.source);
			if (node.partition !== undefined) checkName("partition", node.partition);
			if (node.model !== undefined) checkTag("model", node.model);
			checkDescribed(node);
		} catch (error) {
			fail(`Node ${node.id}: ${(error as Error).message}`);
		}
	}
}

/** What a thing and a node both say of themselves. */
function checkDescribed({ class: kind, name, key, selfOwned, fields, parameters }: Definition | NodeDefinition): void {
	if (kind !== undefined) checkTag("class", kind);
	if (name !== undefined) checkTag("name", name);
	checkSwitch("selfOwned", selfOwned);
	if (key !== undefined && key !== "fixed" && key !== "fresh") fail("key must be fixed or fresh.");
	if (!isObject(fields)) fail("fields must be an object: a field's name and what it is.");
	const names = Object.keys(fields);
	if (names.length === 0) fail("A thing needs at least one field.");
	for (const name of names) checkField(name, fields[name]);
	if (parameters === undefined) return;
	if (!isObject(parameters)) fail("parameters must be an object: a parameter's name and what it is.");
	for (const name of Object.keys(parameters)) checkParameter(name, parameters[name], fields[name]);
}

function checkField(name: string, field: FieldDefinition | undefined): void {
	checkName("A field's name", name);
	const who = `Field ${name}`;
	if (field === undefined || !isObject(field)) fail(`${who} must be an object with type and category.`);
	if (!types.includes(field.type)) fail(`${who}: type must be one of ${types.join(", ")}.`);
	const list = categoriesOf(field);
	if (list.length === 0 || list.some((category) => !categories.includes(category)))
		fail(`${who}: category must be one of ${categories.join(", ")}, or a list of them.`);
	if (field.unit !== undefined) {
		if (field.type !== "numeric") fail(`${who}: only numeric fields have a unit.`);
		if (!isPlain(field.unit)) fail(`${who}: unit must be text of at most ${limits.tagName} characters.`);
	}
	if (field.decimals !== undefined) {
		if (field.type !== "numeric") fail(`${who}: only numeric fields have decimals.`);
		if (!Number.isInteger(field.decimals) || field.decimals < 0 || field.decimals > 9)
			fail(`${who}: decimals must be a whole number from 0 to 9.`);
	}
	if (field.range !== undefined) checkRange(who, field.range);
	if (field.type === "enum" && (field.dataType === undefined || field.dataType === "")) fail(`${who}: an enum needs dataType.`);
	if (field.dataType !== undefined && !isPlain(field.dataType))
		fail(`${who}: dataType must be a name of at most ${limits.tagName} characters.`);
	if (field.sensor !== undefined) checkName(`${who}: sensor`, field.sensor);
	if (field.value !== undefined && typeof field.value !== expectedValue(field.type))
		fail(`${who}: value must be a ${expectedValue(field.type)}, since its type is ${field.type}.`);
	if (typeof field.value === "number" && !Number.isFinite(field.value)) fail(`${who}: value must be finite.`);
	if (typeof field.value === "string" && !isText(field.value, limits.tagValue))
		fail(`${who}: value must be text of at most ${limits.tagValue} characters.`);
}

function checkParameter(name: string, parameter: ParameterDefinition | undefined, field: FieldDefinition | undefined): void {
	checkName("A parameter's name", name);
	const who = `Parameter ${name}`;
	if (parameter === undefined || !isObject(parameter) || !parameterTypes.includes(parameter.type))
		fail(`${who}: type must be one of ${parameterTypes.join(", ")}.`);
	const { type, range } = parameter;
	const shown = type === "double" ? "numeric" : type;
	if (field !== undefined && field.type !== shown && !(type === "string" && field.type === "enum"))
		fail(`${who} and the field of that name must have the same type.`);
	if (range !== undefined) {
		if (type !== "double" && type !== "int" && type !== "long") fail(`${who}: only numbers have a range.`);
		checkRange(who, range);
	}
	if (parameter.actuator !== undefined) checkName(`${who}: actuator`, parameter.actuator);
}

function checkRange(who: string, range: readonly [number, number]): void {
	if (
		!Array.isArray(range) ||
		range.length !== 2 ||
		!range.every((end) => typeof end === "number" && Number.isFinite(end)) ||
		range[0] >= range[1]
	)
		fail(`${who}: range must be two numbers, low and high.`);
}

/** What a sensor gives for a field of this type. */
function expectedValue(type: FieldType): "number" | "boolean" | "string" {
	if (type === "numeric" || type === "int" || type === "long") return "number";
	return type === "boolean" ? "boolean" : "string";
}

/** A tag's value travels in registrations and in the sticker (XEP-0347 3.4). */
function checkTag(what: string, value: unknown): void {
	if (typeof value !== "string" || value === "" || !isText(value, limits.tagValue))
		fail(`${what} must be text of 1 to ${limits.tagValue} characters.`);
	// The hash of service discovery is ambiguous with it (XEP-0115 5.4).
	else if (value.includes("<")) fail(`${what} must not contain <.`);
}

function checkSwitch(what: string, value: unknown): void {
	if (value !== undefined && typeof value !== "boolean") fail(`${what} must be true or false.`);
}

function checkName(what: string, name: unknown): void {
	if (typeof name !== "string" || name === "" || !isText(name, limits.fieldName))
		fail(`${what} must be text of 1 to ${limits.fieldName} characters.`);
}

function isPlain(text: unknown): boolean {
	return typeof text === "string" && isText(text, limits.tagName);
}

/** Short enough, and nothing that XML cannot carry in an attribute. */
function isText(text: string, longest: number): boolean {
	if (text.length > longest) return false;
	for (const character of text) {
		const code = character.codePointAt(0)!;
		if (code < 0x20 || !isChar(code)) return false;
	}
	return true;
}

function isObject(value: unknown): boolean {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

function fail(sentence: string): never {
	throw new Error(sentence);
}
