// What the firmware takes in flash and RAM: byte code of each module as xsc compiled it, sections as the linker laid them out. Writes its parts of a page.

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The atom CODE of a compiled module: its byte code, without the symbols, which are shared by all. */
export function codeOf(module: Uint8Array): Uint8Array {
	const view = new DataView(module.buffer, module.byteOffset, module.length);
	// The whole is one atom; its parts follow its size and name.
	for (let at = 8; at + 8 <= module.length; ) {
		const size = view.getUint32(at);
		if (size < 8 || at + size > module.length) break;
		if (String.fromCharCode(...module.subarray(at + 4, at + 8)) === "CODE") return module.subarray(at + 8, at + size);
		at += size;
	}
	throw new Error("no byte code");
}

/** Bytes of each instruction with its operands, as XS states them: 0 for one with a name, below 0 for one with a text after its length. */
export function instructionsOf(xsCommon: string): { readonly name: string; readonly size: number }[] {
	const start = xsCommon.indexOf("gxCodeSizes[XS_CODE_COUNT]");
	const table = start < 0 ? "" : xsCommon.slice(start, xsCommon.indexOf("};", start));
	return Array.from(table.matchAll(/(-?\d+) \/\* (\w+) \*\//g), ([, size, name]) => ({ name: name!, size: Number(size) }));
}

/**
 * Bytes of those functions that a preloaded module leaves in flash. What stands around them, the body of the module and of its classes,
 * runs while the image is linked, and the linker keeps what came of it.
 */
export function functionBytes(code: Uint8Array, instructions: ReturnType<typeof instructionsOf>): number {
	const view = new DataView(code.buffer, code.byteOffset, code.length);
	/** Ends of the functions that we are in: the module's own two, then one of those that stay. */
	const ends: number[] = [];
	let bytes = 0;
	for (let at = 0; at < code.length; ) {
		while (ends.length > 0 && at >= ends.at(-1)!) ends.pop();
		const { name, size } = instructions[code[at]!] ?? { name: "none", size: 1 };
		let next = at + size;
		if (size === 0) next = at + 3;
		else if (size === -1) next = at + 2 + view.getUint8(at + 1);
		else if (size === -2) next = at + 3 + view.getUint16(at + 1, true);
		else if (size < 0) next = at + 5 + view.getUint32(at + 1, true);
		if (/^XS_CODE_CODE_[124]$/.test(name)) {
			const length = size === 2 ? view.getInt8(at + 1) : size === 3 ? view.getInt16(at + 1, true) : view.getInt32(at + 1, true);
			if (ends.length === 1) bytes += length;
			ends.push(next + length);
		}
		at = next;
	}
	return bytes;
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

interface Module {
	readonly name: string;
	/** All that was compiled, and what of it stays. */
	readonly bytes: readonly [code: number, functions: number];
}

function modulesOf(folder: string, instructions: ReturnType<typeof instructionsOf>): Module[] {
	return (readdirSync(folder, { recursive: true }) as string[])
		.filter((name) => name.endsWith(".xsb"))
		.sort()
		.map((name) => {
			const code = codeOf(readFileSync(join(folder, name)));
			return { name: name.slice(0, -4).replaceAll("\\", "/"), bytes: [code.length, functionBytes(code, instructions)] };
		});
}

function table(head: readonly string[], rows: readonly (readonly [string, ...number[]])[], total: boolean): string {
	const line = (name: string, numbers: readonly number[], mark = ""): string =>
		`| ${mark}${name}${mark} | ${numbers.map((bytes) => `${mark}${bytes.toLocaleString("en")}${mark}`).join(" | ")} |`;
	const lines = rows.map(([name, ...numbers]) => line(name, numbers));
	const sums = head.slice(1).map((_, column) => rows.reduce((all, row) => all + (row[column + 1] as number), 0));
	if (total) lines.push(line("all", sums, "**"));
	return `| ${head.join(" | ")} |\n|---|${"---:|".repeat(head.length - 1)}\n${lines.join("\n")}\n`;
}

/** Of the sections that an ESP32's image has; debug information stays on the developer's machine. */
const loaded = /^\.(flash|iram|dram|rtc|noinit|ext_ram)(?!.*(dummy|_start|_end|reserved))/;
/** Those that lie in the image, and those that take RAM while it runs: what is initialized is among both. */
const inFlash = /^\.(?!.*bss|noinit)/;
const inRAM = /^\.(iram|dram|noinit)/;
/** Of the byte code of src/ in flash. */
const bar = 131_072;

export function codePart(modules: string, instructions: ReturnType<typeof instructionsOf>): string {
	const all = modulesOf(modules, instructions);
	const parts = new Map<string, [number, number]>();
	for (const { name, bytes } of all) {
		const part = name.split("/").slice(0, 2).join("/");
		const [code, functions] = parts.get(part) ?? [0, 0];
		parts.set(part, [code + bytes[0], functions + bytes[1]]);
	}
	const source = all.filter(({ name }) => name.startsWith("src/"));
	const columns = ["byte code", "of it in flash"];
	const sum = source.reduce((bytes, module) => bytes + module.bytes[1], 0);
	const raw = source.reduce((bytes, module) => bytes + module.bytes[0], 0);
	return `## Flash

Byte code as xsc of SDK 8.2.3 compiles it for a release image, without the names, which all modules share, and what of it the linker keeps: \`make footprint\`, which rewrites this part. The bar is ${bar.toLocaleString("en")} bytes: of src/ ${sum.toLocaleString("en")} are in flash: ${sum > bar ? "**missed**" : "held"}; ${raw.toLocaleString("en")} are compiled: ${raw > bar ? "**missed**" : "held"}.

${table(
	["part", ...columns],
	[...parts].map(([name, bytes]) => [name, ...bytes] as const),
	true
)}
${table(
	["module of src/", ...columns],
	source.map(({ name, bytes }) => [name, ...bytes] as const),
	true
)}`;
}

export function imagePart(board: string, map: string): string {
	const sections = [...sectionsOf(map)].filter(([name]) => loaded.test(name));
	const sum = (which: RegExp): number => sections.reduce((bytes, [name, more]) => bytes + (which.test(name) ? more : 0), 0);
	return `## The image

\`make footprint BOARD=${board}\` after \`make esp32 BOARD=${board}\`, from the link map: **${sum(inFlash).toLocaleString("en")}** bytes of flash (the bar is 1.6 MB) and **${sum(inRAM).toLocaleString("en")}** bytes of RAM before the first allocation. What is allocated later: [docs/esp32.md](esp32.md#memory).

${table(["section of the image", "bytes"], sections, false)}`;
}

/** Puts `text` between its marks; at the end of a page that has none. */
export function putPart(page: string, name: string, text: string): string {
	const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
	const part = `${start}\n${text.trim()}\n${end}`;
	const from = page.indexOf(start);
	const to = page.indexOf(end);
	return from < 0 || to < from ? `${page.trimEnd()}\n\n${part}\n` : page.slice(0, from) + part + page.slice(to + end.length);
}

function main([modules, sdk, file, board, map]: readonly string[]): void {
	if (modules === undefined || sdk === undefined || file === undefined || !existsSync(modules))
		throw new Error("usage: footprint.js FOLDER-OF-COMPILED-MODULES FOLDER-OF-THE-SDK PAGE [BOARD LINK-MAP]");
	const instructions = instructionsOf(readFileSync(join(sdk, "xs/sources/xsCommon.c"), "utf8"));
	let page = putPart(readFileSync(file, "utf8"), "footprint", codePart(modules, instructions));
	if (board !== undefined && map !== undefined) page = putPart(page, "image", imagePart(board, readFileSync(map, "utf8")));
	else process.stdout.write("No image was linked for this board: its sections are as they were.\n");
	writeFileSync(file, page);
}

if (process.argv[1]?.endsWith("footprint.js")) main(process.argv.slice(2));
