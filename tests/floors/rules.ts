// The rules of docs/DESIGN.md sections 2 and 3 as code: what may import what, and what src/ must not contain. Works on the syntax tree, not on text.
import { posix } from "node:path";
import { parseSync } from "@swc/core";
import { absentGlobals, absentMethods, iteratorHelpers, refusedGlobals, refusedMethods } from "./absent.js";

export interface Finding {
	readonly file: string;
	readonly line: number;
	readonly rule: string;
}

type Node = { readonly type?: string; readonly span: { readonly start: number }; readonly [key: string]: unknown };

/** Each floor of src/ imports from itself and from those below it. */
const floors = Object.freeze(["text", "xml", "xmpp", "iot", "thing", "things", "main"]);
/** Types and bounds: named from everywhere in src/, above nothing. */
const ground = Object.freeze(["src/host.ts", "src/limits.ts"]);
/** Which hosts may import which others. */
const neighbours: Readonly<Record<string, readonly string[]>> = Object.freeze({
	esp32: ["moddable"],
	mcsim: ["moddable"],
	simulator: ["node"],
	cli: ["*"]
});
/** On the chip, or for us. */
const noGlobals = new Set([...absentGlobals, ...refusedGlobals, "globalThis"]);
/** Of these names some engine has others: a promise's word is refused with the promise. */
const noMethods = new Set([...absentMethods.map((path) => path.split(".").at(-1)!), ...refusedMethods].filter((name) => name !== "escape"));
const iterables = new Set(["values", "keys", "entries", "matchAll"]);
const hidden = new Set(["Date.now", "Math.random"]);
const frozenByName = new Set(["name", "message", "toString"]);
const longest = 400;

/** Everything wrong with one file; `file` is its path from the root of the project, with "/". */
export function checkFile(file: string, source: string): Finding[] {
	const findings: Finding[] = [];
	const lines = lineStarts(source);
	const add = (at: number, rule: string): void => {
		findings.push({ file, line: lineOf(lines, at), rule });
	};
	const inSource = file.startsWith("src/");

	if (!source.startsWith("//") && !source.startsWith("#!")) add(0, "the first line is a comment that says what the file is");
	const length = source.split("\n").length - 1;
	if (inSource && length > longest) add(lines[longest]!, `no file in src/ is over ${longest} lines`);

	// swc counts bytes from 1.
	const tree = parseSync(source, { syntax: "typescript", target: "es2022" }) as unknown as Node;
	visit(tree, undefined, "", (node, parent, key) => {
		const at = node.span.start - 1;
		checkImport(file, node, (rule) => add(at, rule));
		if (node.type === "TsEnumDeclaration" && node.isConst !== true) add(at, "only const enum");
		if (node.type === "TsModuleDeclaration" && node.declare !== true && node.global !== true) add(at, "no namespaces");
		if (node.type === "TsParameterProperty") add(at, "no parameter properties");
		if (node.type === "TsKeywordType" && node.kind === "any") add(at, "no any");
		// What jest loads by its default export is typed as such.
		if (node.type?.startsWith("ExportDefault") && !file.endsWith(".d.ts")) add(at, "named exports only");
		if (inSource) checkWords(file, node, parent, key, (rule) => add(at, rule));
	});
	if (inSource) for (const item of tree.body as Node[]) checkState(item, (node, rule) => add(node.span.start - 1, rule));
	return findings;
}

function checkImport(file: string, node: Node, add: (rule: string) => void): void {
	let source: unknown;
	if (node.type === "ImportDeclaration" || node.type === "ExportNamedDeclaration" || node.type === "ExportAllDeclaration")
		source = node.source;
	else if (node.type === "TsImportType") source = node.argument;
	else if (node.type === "CallExpression" && (node.callee as Node).type === "Import") {
		source = (node.arguments as { expression: unknown }[])[0]?.expression;
		if (file.startsWith("src/")) add("no import() in src/");
	}
	const from = (source as { value?: unknown } | null | undefined)?.value;
	if (typeof from === "string") for (const rule of importRules(file, from)) add(rule);
}

/** What is wrong with `from` as an import of `file`. */
function importRules(file: string, from: string): string[] {
	const inSource = file.startsWith("src/");
	if (!from.startsWith(".")) return inSource ? [`src/ imports nothing but itself, not "${from}"`] : [];
	const rules: string[] = [];
	if (!/\.(js|json|cjs|mjs)$/.test(from)) rules.push(`relative imports end in .js, not "${from}"`);
	const target = posix.join(posix.dirname(file), from).replace(/\.js$/, ".ts");
	if (inSource) {
		if (!target.startsWith("src/")) return [...rules, `src/ imports nothing but itself, not ${target}`];
		if (ground.includes(target)) return rules;
		if (ground.includes(file)) return [...rules, `${file} imports nothing`];
		const [own, other] = [floorOf(file), floorOf(target)];
		if (floors.indexOf(other) > floors.indexOf(own))
			rules.push(`floor ${own} must not import floor ${other} above it (${floors.join(" < ")})`);
		if (!floors.includes(other) || !floors.includes(own)) rules.push(`no floor named ${floors.includes(own) ? other : own}`);
		return rules;
	}
	if (!file.startsWith("hosts/")) return rules;
	const own = file.split("/")[1]!;
	if (target.startsWith("src/")) return own === "broker" ? [...rules, "hosts/broker imports nothing from src/"] : rules;
	if (!target.startsWith("hosts/")) return [...rules, `hosts/ imports only hosts/ and src/, not ${target}`];
	const other = target.split("/")[1]!;
	const allowed = neighbours[own] ?? [];
	if (own !== other && !allowed.includes(other) && !allowed.includes("*")) rules.push(`hosts/${own} must not import hosts/${other}`);
	return rules;
}

function floorOf(file: string): string {
	return file.split("/")[1]!.replace(/\.ts$/, "");
}

function checkWords(file: string, node: Node, parent: Node | undefined, key: string, add: (rule: string) => void): void {
	if (node.async === true || node.type === "AwaitExpression" || node.isAwait === true) add("no async in src/");
	if (node.generator === true || node.isGenerator === true) add("no generators in src/");
	if (node.type === "StaticBlock") add("no static block: it runs where modules are preloaded");
	if (node.type === "UsingDeclaration") add("no using on the chip");
	if (node.type === "MemberExpression" && (node.property as Node).value === "constructor")
		add("no .constructor: functions have no name there");
	if (node.type === "UnaryExpression" && node.operator === "-" && (node.argument as Node).value === 0)
		add("no -0: XS loses it now and then");
	if (node.type === "RegExpLiteral" && (/\\[pP]\{/.test(node.pattern as string) || (node.flags as string).includes("v")))
		add("XS does not parse that regular expression");
	if (node.type === "RegExpLiteral" && file.startsWith("src/xml/")) add("no regular expression in src/xml/");
	if (node.type === "ClassProperty" && node.isStatic === true && node.readonly !== true) add("no mutable static: it is module state");
	if (node.type === "PrivateProperty" && node.isStatic === true && node.readonly !== true) add("no mutable static: it is module state");
	if (node.type === "SwitchStatement" && leavesByContinue(node.cases))
		add("no continue in a switch: XS 13.3 leaves a slot of the stack behind at each");
	if (node.type === "Identifier" && noGlobals.has(node.value as string) && isReference(parent, key)) {
		add(`no ${node.value} on the chip`);
	}
	if (node.type === "CallExpression") {
		const callee = pathOf(node.callee as Node);
		if (callee === "Symbol" || callee === "Symbol.for") add("no Symbol(): symbols are never collected");
		if (hidden.has(callee)) add(`no ${callee}(): time and randomness are parameters`);
		const method = callee.split(".").at(-1)!;
		if (isIteratorHelper(node.callee as Node))
			add(`no .${((node.callee as Node).property as Node).value}() of iterators: XS 13.3 lacks the helpers of iterators`);
		if (callee.includes(".") && noMethods.has(method)) add(`no .${method}(): XS 13.3 lacks it`);
	}
	if (node.type === "NewExpression" && pathOf(node.callee as Node) === "Date" && !(node.arguments as unknown[] | null)?.length) {
		add("no new Date(): time is a parameter");
	}
	if (isClass(node) && node.superClass && pathOf(node.superClass as Node).endsWith("Error")) {
		visit(node, undefined, "", (inner) => {
			if (inner.type !== "AssignmentExpression") return;
			const [head, name] = pathOf(inner.left as Node).split(".");
			if (head === "this" && frozenByName.has(name!)) add(`an Error's this.${name} = … throws on XS: built-ins are frozen`);
		});
	}
}

/** A continue of a loop around, that is: one within has its own. */
function leavesByContinue(part: unknown): boolean {
	if (Array.isArray(part)) return part.some(leavesByContinue);
	if (typeof part !== "object" || part === null) return false;
	const { type } = part as Node;
	if (type === "ContinueStatement") return true;
	return !/^(For|While|DoWhile|Function|Arrow|Class)/.test(type ?? "") && Object.values(part).some(leavesByContinue);
}

/** `.values().map(…)` and the like, but not Object.values(…).map(…), which is an array's. */
function isIteratorHelper(callee: Node): boolean {
	if (callee.type !== "MemberExpression" || !iteratorHelpers.includes((callee.property as Node).value as string)) return false;
	const inner = callee.object as Node;
	if (inner.type !== "CallExpression" || (inner.callee as Node).type !== "MemberExpression") return false;
	const { object, property } = inner.callee as unknown as { object: Node; property: Node };
	if (property.type === "Computed") return pathOf(property.expression as Node) === "Symbol.iterator";
	return iterables.has(property.value as string) && pathOf(object) !== "Object";
}

function isClass(node: Node): boolean {
	return node.type === "ClassDeclaration" || node.type === "ClassExpression";
}

/** Module level: only const, and tables frozen. */
function checkState(item: Node, add: (node: Node, rule: string) => void): void {
	const declaration = item.type === "ExportDeclaration" ? (item.declaration as Node) : item;
	if (declaration.type !== "VariableDeclaration" || declaration.declare === true) return;
	if (declaration.kind !== "const") add(declaration, `no ${declaration.kind} at module level: modules are preloaded to flash`);
	for (const { init } of declaration.declarations as { init: Node | null }[]) {
		const value = init && unwrapped(init);
		if (!value) continue;
		const growing = value.type === "NewExpression" && ["Map", "Set", "Array", "WeakMap", "WeakSet"].includes(pathOf(value.callee as Node));
		if (value.type === "ObjectExpression" || value.type === "ArrayExpression" || growing)
			add(value, "a table at module level is frozen: Object.freeze(…)");
	}
}

function unwrapped(node: Node): Node {
	return node.type === "TsAsExpression" ||
		node.type === "TsSatisfiesExpression" ||
		node.type === "TsConstAssertion" ||
		node.type === "ParenthesisExpression"
		? unwrapped(node.expression as Node)
		: node;
}

/** "a.b.c" of a chain of names, "" of anything else. */
function pathOf(node: Node): string {
	if (node.type === "Identifier") return node.value as string;
	if (node.type === "ThisExpression") return "this";
	if (node.type === "MemberExpression") {
		const property = node.property as Node;
		return property.type === "Identifier" ? `${pathOf(node.object as Node)}.${property.value}` : "";
	}
	if (node.type === "OptionalChainingExpression") return pathOf(node.base as Node);
	return "";
}

/** Is an identifier there the thing of that name, and not the name of a member? */
function isReference(parent: Node | undefined, key: string): boolean {
	return key !== "key" && !(key === "property" && parent?.type === "MemberExpression");
}

/** Walks all that is an object, also what has no type or place of its own (a method's function, arguments). */
function visit(node: Node, parent: Node | undefined, key: string, see: (node: Node, parent: Node | undefined, key: string) => void): void {
	if (node.span) see(node, parent, key);
	for (const [name, value] of Object.entries(node)) {
		for (const child of Array.isArray(value) ? value : [value]) {
			if (typeof child === "object" && child !== null && name !== "span") visit(child as Node, node, name, see);
		}
	}
}

/** Byte offsets at which lines begin. */
function lineStarts(source: string): number[] {
	const starts = [0];
	const bytes = Buffer.from(source);
	for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) starts.push(at + 1);
	return starts;
}

function lineOf(starts: readonly number[], at: number): number {
	let line = starts.findIndex((start) => start > at);
	if (line < 0) line = starts.length;
	return line;
}
