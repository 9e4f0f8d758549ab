// Puts what a bench measured between its marks in docs/PERFORMANCE.md.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "../../hosts/simulator/root.js";

const page = join(root, "docs/PERFORMANCE.md");

/** The first time its part comes last. */
export async function writePart(name: string, text: string): Promise<void> {
	const old = await readFile(page, "utf8").catch(() => "# Performance: what was measured\n");
	const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
	const from = old.indexOf(start);
	const to = old.indexOf(end);
	const part = `${start}\n${text.trim()}\n${end}`;
	await writeFile(page, from < 0 || to < from ? `${old.trimEnd()}\n\n${part}\n` : old.slice(0, from) + part + old.slice(to + end.length));
}

/** A table of Markdown; all columns but the first are numbers. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
	const line = (cells: readonly (string | number)[]): string => `| ${cells.join(" | ")} |`;
	return [line(head), line(head.map((_, at) => (at === 0 ? "---" : "---:"))), ...rows.map(line)].join("\n");
}
