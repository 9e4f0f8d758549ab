// What the firmware takes in flash and RAM: byte code of each module as xsc compiled it, sections as the linker laid them out. Prints Markdown.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Bytes of the atom CODE of a compiled module: its byte code, without the symbols, which are shared by all. */
export function codeBytes(module: Uint8Array): number {
	const view = new DataView(module.buffer, module.byteOffset, module.length);
	// The whole is one atom; its parts follow its size and name.
	for (let at = 8; at + 8 <= module.length; ) {
		const size = view.getUint32(at);
		if (size < 8 || at + size > module.length) break;
		if (String.fromCharCode(...module.subarray(at + 4, at + 8)) === "CODE") return size - 8;
		at += size;
	}
	throw new Error("no byte code");
}

/** Output sections of a GNU ld map by name, empty ones left out. A long name stands on a line of its own. */
export function sectionsOf(map: string): Map<string, number> {
	const sections = new Map<string, number>();
	const start = Math.max(0, map.indexOf("Linker script and memory map"));
	for (const [, name, size] of map.slice(start).matchAll(/^(\.[\w.]+)\s+0x[0-9a-f]+\s+0x([0-9a-f]+)/gm)) {
		const bytes = Number.parseInt(size!, 16);
		if (bytes > 0) sections.set(name!, bytes);
	}
	return sections;
}

function modulesOf(folder: string): [name: string, bytes: number][] {
	return (readdirSync(folder, { recursive: true }) as string[])
		.filter((name) => name.endsWith(".xsb"))
		.map((name): [string, number] => [name.slice(0, -4).replaceAll("\\", "/"), codeBytes(readFileSync(join(folder, name)))])
		.sort(([a], [b]) => (a < b ? -1 : 1));
}

function table(head: string, rows: readonly (readonly [string, number])[], total: boolean): string {
	const lines = rows.map(([name, bytes]) => `| ${name} | ${bytes.toLocaleString("en")} |`);
	const sum = rows.reduce((all, [, bytes]) => all + bytes, 0);
	if (total) lines.push(`| **all** | **${sum.toLocaleString("en")}** |`);
	return `| ${head} | bytes |\n|---|---:|\n${lines.join("\n")}\n`;
}

/** Of the sections that an ESP32's image has; debug information stays on the developer's machine. */
const loaded = /^\.(flash|iram|dram|rtc|noinit|ext_ram)(?!.*(dummy|_start|_end|reserved))/;

export function report(modules: string, map: string | undefined): string {
	const all = modulesOf(modules);
	const source = all.filter(([name]) => name.startsWith("src/"));
	const parts = new Map<string, number>();
	for (const [name, bytes] of all) {
		const part = name.split("/").slice(0, 2).join("/");
		parts.set(part, (parts.get(part) ?? 0) + bytes);
	}
	const text = `${table("part", [...parts], true)}\n${table("module of src/", source, true)}`;
	if (map === undefined) return text;
	return `${text}\n${table(
		"section of the image",
		[...sectionsOf(map)].filter(([name]) => loaded.test(name)),
		false
	)}`;
}

function main([modules, map]: readonly string[]): void {
	if (modules === undefined || !existsSync(modules)) throw new Error("usage: footprint.js FOLDER-OF-COMPILED-MODULES [LINK-MAP]");
	process.stdout.write(report(modules, map === undefined ? undefined : readFileSync(map, "utf8")));
}

if (process.argv[1]?.endsWith("footprint.js")) main(process.argv.slice(2));
