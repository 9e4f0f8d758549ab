// How a machine died, with the places of its stack in TypeScript.
import { readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { dirname, join, relative } from "node:path";
import type { Figures } from "./report.js";

/** The line of JSON that engine/main.c leaves. */
export interface Abort {
	/** "memory full", "stack overflow", "unhandled exception", … */
	readonly abort: string;
	/** Exit code. */
	readonly code: number;
	readonly detail: string;
	/** Bytes of the block. */
	readonly heap: number;
	readonly figures: Figures;
	/** "path:line", innermost first. */
	readonly stack: readonly string[];
}

/** Finds it in what a program said on standard error; `pathOf` gives the compiled file of a module. */
export function readAbort(text: string, pathOf: (module: string) => string | undefined): Abort | undefined {
	const line = text.split("\n").find((one) => one.startsWith('{"abort":'));
	if (line === undefined) return undefined;
	try {
		const abort = JSON.parse(line) as Abort;
		return { ...abort, stack: abort.stack.map((place) => sourcePlace(place, pathOf)) };
	} catch {
		return undefined;
	}
}

/** For a person, in lines. */
export function describeAbort({ abort, detail, heap, figures, stack }: Abort): string {
	const { slots, chunks, free, collections } = figures;
	const what = detail === "" ? abort : `${abort}: ${detail}`;
	const memory = `heap ${heap} bytes: slots ${slots}, chunks ${chunks}, never used ${Math.max(0, free)}; ${collections} collections since the last event`;
	return [what, memory, ...stack.map((place) => `    at ${place}`)].join("\n");
}

/** "src/xml/parser:12" of the compiled module, as the line of the TypeScript that it came from. */
export function sourcePlace(place: string, pathOf: (module: string) => string | undefined): string {
	const [module = "", line = ""] = place.split(":");
	const path = pathOf(module);
	if (path === undefined) return place;
	try {
		const code = readFileSync(path, "utf8").split("\n")[Number(line) - 1] ?? "";
		const map = new SourceMap(JSON.parse(readFileSync(`${path}.map`, "utf8")));
		const entry = map.findEntry(Number(line) - 1, code.length - code.trimStart().length);
		if ("originalSource" in entry) return `${relative(process.cwd(), join(dirname(path), entry.originalSource))}:${entry.originalLine + 1}`;
	} catch {
		// Compiled without a map.
	}
	return `${relative(process.cwd(), path)}:${line}`;
}
