// The few words of jest that the suites use, for XS: each result leaves as one line of JSON. A test runs as soon as it is declared, so that
// what it made is garbage before the next; behind one that waits for a promise all others wait.
import type { Simulator } from "../../hosts/simulator/device/native.js";

declare const simulator: Simulator;
/** Set by the runner: jest's --testNamePattern, or "". */
declare const TEST_NAME_PATTERN: string;

type Body = () => unknown;
type Group = { readonly name: string; readonly parent: Group | undefined; readonly before: Body[] };

const pattern = TEST_NAME_PATTERN === "" ? undefined : new RegExp(TEST_NAME_PATTERN, "i");
let current: Group = { name: "", parent: undefined, before: [] };
let count = 0;
let pending: Promise<void> | undefined;

function describe(name: string, body: Body): void {
	current = { name, parent: current, before: [] };
	body();
	current = current.parent!;
}

function test(name: string, body: Body): void {
	const group = current;
	count++;
	if (pending) pending = pending.then(() => run(group, name, body));
	else pending = run(group, name, body);
}

function each(declare: (name: string, body: Body) => void) {
	return (table: readonly unknown[]) => (name: string, body: (...row: unknown[]) => unknown) => {
		for (const [index, entry] of table.entries()) {
			const row = Array.isArray(entry) ? entry : [entry];
			declare(title(name, row, index), () => body(...row));
		}
	};
}

describe.each = each(describe);
test.each = each(test);

function beforeEach(body: Body): void {
	current.before.push(body);
}

/** As jest's test.each names a row: printf words take the arguments in order, $name a property of an object row. */
function title(template: string, row: readonly unknown[], index: number): string {
	let next = 0;
	let text = "";
	for (let at = 0; at < template.length; at++) {
		const letter = template[at + 1] ?? "";
		if (template[at] !== "%" || !"sdifjop#%".includes(letter) || letter === "") text += template[at];
		else {
			at++;
			if (letter === "%") text += "%";
			else if (letter === "#") text += index;
			else {
				const value = row[next++];
				text += letter === "j" || letter === "o" ? JSON.stringify(value) : letter === "p" ? show(value) : String(value);
			}
		}
	}
	if (typeof row[0] === "object" && row[0] !== null) {
		const fields = row[0] as Record<string, unknown>;
		for (const key of Object.keys(fields))
			text = text.replaceAll(`$${key}`, typeof fields[key] === "string" ? (fields[key] as string) : show(fields[key]));
	}
	return text;
}

function show(value: unknown, depth = 0): string {
	if (typeof value === "string") return JSON.stringify(value);
	if (typeof value === "bigint") return `${value}n`;
	if (Object.is(value, -0)) return "-0";
	if (typeof value === "function") return "[Function]";
	if (typeof value !== "object" || value === null) return String(value);
	if (depth > 3) return "…";
	if (value instanceof Error) return `[${value.name}: ${value.message}]`;
	if (ArrayBuffer.isView(value)) return `bytes(${Array.from(value as Uint8Array).slice(0, 40)})`;
	if (Array.isArray(value)) return `[${value.map((item) => show(item, depth + 1)).join(", ")}]`;
	if (value instanceof Map || value instanceof Set) return `{${[...value].map((item) => show(item, depth + 1)).join(", ")}}`;
	return `{${Object.entries(value)
		.map(([key, item]) => `${key}: ${show(item, depth + 1)}`)
		.join(", ")}}`;
}

/** jest's toEqual: undefined properties and classes do not count. */
function equal(a: unknown, b: unknown): boolean {
	if (Object.is(a, b)) return true;
	if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
	if (a instanceof Error && b instanceof Error) return a.message === b.message;
	if (a instanceof Date && b instanceof Date) return Object.is(a.getTime(), b.getTime());
	if (a instanceof Map || a instanceof Set) {
		if (!(b instanceof Map || b instanceof Set) || a.size !== b.size || a instanceof Map !== b instanceof Map) return false;
		const rest = [...b];
		return [...a].every((item) => {
			const at = rest.findIndex((other) => equal(item, other));
			if (at >= 0) rest.splice(at, 1);
			return at >= 0;
		});
	}
	if (Array.isArray(a) !== Array.isArray(b) || ArrayBuffer.isView(a) !== ArrayBuffer.isView(b)) return false;
	if (Array.isArray(a) || ArrayBuffer.isView(a)) {
		const [left, right] = [a as unknown[], b as unknown[]];
		if (left.length !== right.length) return false;
		// Not by Object.keys: of what Array.from({ length }) makes, this XS calls every element "0".
		for (let at = 0; at < left.length; at++) if (!equal(left[at], right[at])) return false;
		return true;
	}
	const left = a as Record<string, unknown>;
	const right = b as Record<string, unknown>;
	for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
		if (!equal(left[key], right[key])) return false;
	}
	return true;
}

function contains(value: unknown, item: unknown): boolean {
	if (typeof value === "string") return value.includes(item as string);
	return [...(value as Iterable<unknown>)].includes(item);
}

/** What toThrow saw, kept for the message. */
function thrownBy(body: unknown): { error: unknown } | undefined {
	try {
		(body as Body)();
	} catch (error) {
		return { error };
	}
	return undefined;
}

function messageOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}

function expect(value: unknown) {
	const words = (not: boolean) => {
		const check = (holds: boolean, what: string, got: unknown = value) => {
			if (holds === not) throw new Error(`expected ${show(got)} ${not ? "not " : ""}${what}`);
		};
		return {
			toBe: (other: unknown) => check(Object.is(value, other), `to be ${show(other)}`),
			toEqual: (other: unknown) => check(equal(value, other), `to equal ${show(other)}`),
			toBeUndefined: () => check(value === undefined, "to be undefined"),
			toBeDefined: () => check(value !== undefined, "to be defined"),
			toBeNull: () => check(value === null, "to be null"),
			toBeTruthy: () => check(Boolean(value), "to be truthy"),
			toBeFalsy: () => check(!value, "to be falsy"),
			toContain: (item: unknown) => check(contains(value, item), `to contain ${show(item)}`),
			toHaveLength: (length: number) => check((value as { length: number }).length === length, `to have length ${length}`),
			toBeGreaterThan: (other: number) => check((value as number) > other, `to be greater than ${other}`),
			toBeLessThan: (other: number) => check((value as number) < other, `to be less than ${other}`),
			toBeGreaterThanOrEqual: (other: number) => check((value as number) >= other, `to be at least ${other}`),
			toBeLessThanOrEqual: (other: number) => check((value as number) <= other, `to be at most ${other}`),
			toMatch: (pattern: string | RegExp) =>
				check(typeof pattern === "string" ? (value as string).includes(pattern) : pattern.test(value as string), `to match ${pattern}`),
			toThrow: (text?: string) => {
				if (text !== undefined && typeof text !== "string") throw new Error("toThrow takes a text or nothing here");
				const thrown = thrownBy(value);
				if (text === undefined) check(thrown !== undefined, "to throw", thrown?.error ?? value);
				else check(thrown !== undefined && messageOf(thrown.error).includes(text), `to throw ${show(text)}`, thrown?.error ?? value);
			}
		};
	};
	return { ...words(false), not: words(true) };
}

/** The frames that tell a place: most have no name here. */
function stackOf(error: Error): string {
	return (error.stack ?? "")
		.split("\n")
		.slice(1)
		.filter((line) => !line.endsWith(" at ()"))
		.join("\n");
}

function namesOf(group: Group): string[] {
	return group.parent ? [...namesOf(group.parent), group.name] : [];
}

function runBefore(group: Group): void {
	if (group.parent) runBefore(group.parent);
	for (const body of group.before) body();
}

/** A promise only if the test gave one. */
function run(group: Group, name: string, body: Body): Promise<void> | undefined {
	const ancestors = namesOf(group);
	if (pattern && !pattern.test([...ancestors, name].join(" "))) {
		simulator.report(JSON.stringify({ ancestors, name, status: "pending", message: "", milliseconds: 0 }));
		return undefined;
	}
	const start = Date.now();
	const end = (status: string, message: string): void =>
		simulator.report(JSON.stringify({ ancestors, name, status, message, milliseconds: Date.now() - start }));
	const fail = (error: unknown): void =>
		end("failed", error instanceof Error ? `${error.name}: ${error.message}\n${stackOf(error)}` : String(error));
	// Said first, so that an engine that dies is charged to the test that killed it.
	simulator.report(JSON.stringify({ begins: true, ancestors, name }));
	try {
		runBefore(group);
		const result = body();
		if (result instanceof Promise) return result.then(() => end("passed", ""), fail);
		end("passed", "");
	} catch (error) {
		fail(error);
	}
	return undefined;
}

/** After the last declaration. */
export function endTests(): void {
	const end = (): void => simulator.report(JSON.stringify({ end: count }));
	if (pending) pending.then(end);
	else end();
}

// The runner has said so from the start: the engine hears it when no test and no promise has anything left to do.
simulator.listen(() => simulator.exit(0));
Object.assign(globalThis, { describe, test, expect, beforeEach });
