// Whether a definition is sound, asked where it is written: the types say most of it, and what they cannot a maker reads here as a sentence.
import { parameterTypes } from "../../src/iot/control.js";
import { limits } from "../../src/limits.js";
import {
	categoriesOf,
	type Definition,
	type FieldDefinition,
	type FieldType,
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
	if (definition.class !== undefined) checkTag("class", definition.class);
	if (definition.name !== undefined) checkTag("name", definition.name);
	if (definition.node !== undefined) checkName("node", definition.node);
	checkSwitch("forgetAPIKey", definition.forgetAPIKey);
	checkSwitch("selfOwned", definition.selfOwned);
	checkSwitch("resetButton", definition.resetButton);
	if (definition.key !== undefined && definition.key !== "fixed" && definition.key !== "fresh") fail("key must be fixed or fresh.");
	checkSwitch("legacyPeers", definition.legacyPeers);
	checkSwitch("tlsUnique", definition.tlsUnique);
	checkSwitch("chat", definition.chat);
	if (definition.decisionHours !== undefined && !(typeof definition.decisionHours === "number" && definition.decisionHours > 0))
		fail("decisionHours must be a number above 0.");
	if (!isObject(definition.fields)) fail("fields must be an object: a field's name and what it is.");
	const names = Object.keys(definition.fields);
	if (names.length === 0) fail("A thing needs at least one field.");
	if (names.length > limits.fields) fail(`A thing has at most ${limits.fields} fields; this one has ${names.length}.`);
	for (let i = 0; i < names.length; i++) {
		const name = names[i]!;
		checkField(name, definition.fields[name]);
	}
	if (definition.parameters === undefined) return;
	if (!isObject(definition.parameters)) fail("parameters must be an object: a parameter's name and what it is.");
	const keys = Object.keys(definition.parameters);
	if (keys.length > limits.fields) fail(`A thing has at most ${limits.fields} parameters; this one has ${keys.length}.`);
	for (let i = 0; i < keys.length; i++) {
		const name = keys[i]!;
		checkParameter(name, definition.parameters[name], definition.fields[name]);
	}
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
