// What was measured, as Markdown, and which bars it clears.
import { limits } from "../../../src/limits.js";
import type { Memory, Speed } from "./measure.js";

type Place = "xs" | "node";

export interface Results {
	readonly speed: (Speed & { readonly parser: string; readonly place: Place })[];
	readonly growth: { readonly place: Place; readonly size: number; readonly milliseconds: number }[];
	readonly memory: (Memory & { readonly parser: string })[];
	/** Ours, with the engine that counts. */
	readonly instructions: Speed[];
	/** Of what the chip carries of src/xml: lines that are neither empty nor comment; bytes of XS byte code. */
	code: { readonly lines: number; readonly bytes: number };
	/** The same of the scanner in TypeScript, in whose place it has one in C. */
	reference: { readonly lines: number; readonly bytes: number };
}

export interface Bar {
	readonly bar: string;
	readonly value: string;
	readonly holds: boolean;
}

const ours = "extasis";

/** Bytes in a microsecond, of the best round. */
function rate(results: Results, place: Place, parser: string, input: string, cut: number): number | undefined {
	let best: number | undefined;
	for (const line of results.speed) {
		if (line.place === place && line.parser === parser && line.input === input && line.cut === cut) {
			best = Math.max(best ?? 0, line.bytes / 1000 / line.milliseconds);
		}
	}
	return best;
}

function memoryOf(results: Results, parser: string, what: string): Memory | undefined {
	return results.memory.find((line) => line.parser === parser && line.what === what);
}

function growthOf(results: Results, place: Place): number {
	const times = results.growth.filter((line) => line.place === place).sort((a, b) => a.size - b.size);
	return times[1]!.milliseconds / times[0]!.milliseconds;
}

export function bars(results: Results): readonly Bar[] {
	const list: Bar[] = [];
	const atLeast = (bar: string, value: number, least: number): void => {
		list.push({ bar: `${bar}: at least ${least}`, value: value.toFixed(2), holds: value >= least });
	};
	const atMost = (bar: string, value: number, most: number): void => {
		list.push({ bar: `${bar}: at most ${most}`, value: Number.isInteger(value) ? String(value) : value.toFixed(2), holds: value <= most });
	};
	const against = (place: Place, cut: number, peer: string): number =>
		rate(results, place, ours, "mix", cut)! / rate(results, place, peer, "mix", cut)!;
	atLeast("XS, mix in 64-byte pieces, times ltx", against("xs", 64, "ltx"), 1);
	atLeast("XS, mix in 64-byte pieces, times saxes with namespaces", against("xs", 64, "saxes-ns"), 3);
	atLeast("XS, mix whole, times ltx", against("xs", 0, "ltx"), 1);
	atLeast("Node, mix in 64-byte pieces, times saxes with namespaces", against("node", 64, "saxes-ns"), 1);
	atMost("XS, time for 1 MiB of text in 64-byte pieces, times that for 512 KiB", growthOf(results, "xs"), 2.2);
	atMost("Node, the same", growthOf(results, "node"), 2.2);
	const built = memoryOf(results, ours, "fields of 4 KiB")!;
	atMost("a built readout of 4 KiB, times its bytes on the wire", built.most / built.wire, 4);
	const text = memoryOf(results, ours, "text of 4 KiB")!;
	atMost("a built text of 4 KiB, times its bytes on the wire", text.most / text.wire, 2.2);
	const skipped = memoryOf(results, "extasis-skipping", "text of 64 KiB")!.most - limits.builtBytes;
	atMost(
		`a skipped text of 64 KiB, bytes beyond the ${limits.builtBytes} that may be built before it is known to be too large`,
		skipped,
		2048
	);
	atMost("a roster of 640 entries that comes in parts, bytes", memoryOf(results, "extasis-streaming", "roster of 640")!.most, 2048);
	const { code, reference } = results;
	atMost("lines of parser, element and writer on the chip, where the scanner is in C", code.lines, 900);
	atMost("their byte code, bytes", code.bytes, 16_384);
	atMost("lines with the scanner in TypeScript", code.lines + reference.lines, 900);
	atMost("byte code with it, bytes", code.bytes + reference.bytes, 16_384);
	return list;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
	const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |\n`;
	return `${line(head)}${line(head.map((_, n) => (n === 0 ? "---" : "---:")))}${rows.map(line).join("")}\n`;
}

const pieceName = (cut: number): string => (cut === 0 ? "whole" : cut === 1 ? "byte by byte" : `pieces of ${cut} B`);

function speedTable(results: Results, place: Place, parsers: readonly string[]): string {
	const rows: string[][] = [];
	for (const { input, cut, bytes } of results.speed) {
		if (rows.some(([name]) => name === `${input}, ${pieceName(cut)}`)) continue;
		rows.push([
			`${input}, ${pieceName(cut)}`,
			String(bytes),
			...parsers.map((parser) => {
				const value = rate(results, place, parser, input, cut);
				return value === undefined ? "–" : value >= 100 ? value.toFixed(0) : value.toFixed(2);
			})
		]);
	}
	return table(["MB/s", "bytes", ...parsers], rows);
}

export function tables(results: Results, { machine, rounds }: { machine: string; rounds: number }): string {
	const parsers = [...new Set(results.speed.map(({ parser }) => parser))];
	const garbage = (parser: string, place: Place): string => {
		const values = results.speed
			.filter((line) => line.parser === parser && line.place === place && line.input === "mix" && line.cut === 64)
			.map((line) => line.garbage)
			.filter((value) => value !== undefined && value > 0) as number[];
		return values.length === 0 ? "–" : String(Math.min(...values));
	};
	const whats = [...new Set(results.memory.map(({ what }) => what))];
	return [
		"## XML\n\n",
		`\`make bench-xml\` on ${machine}: time of the processor, the parsers interleaved, the best of ${rounds} rounds. `,
		"All are fed with bytes; what a parser needs to make strings of them is charged to it. `extasis` builds elements and checks everything; ",
		"on XS its scanner is in C, as on the chip, and `extasis-typescript` has the reference of that. ",
		"`extasis-skipping` is the same with the firmware's own bounds, where what is larger than 4 KiB is checked and not built. ",
		"`ltx`, `saxes`, `saxes-ns` (with namespaces) and `sax` (strict, with namespaces) give events and build nothing; `xmpp-xml` (@xmpp/xml) builds elements. ",
		"XS has a heap with room for all, so that it seldom collects. On XS a string is UTF-8 and an index into it counts from its start: long strings are slow to walk through.\n\n",
		table(
			["bar", "measured", "holds"],
			bars(results).map(({ bar, value, holds }) => [bar, value, holds ? "yes" : "**no**"])
		),
		"### On XS\n\n",
		speedTable(results, "xs", parsers),
		"### On Node\n\n",
		speedTable(results, "node", parsers),
		"### Memory\n\n",
		"The most that is alive above the state before, while the stanza comes in 64-byte pieces and is kept, on XS, in bytes (garbage is collected after each piece); ",
		"and what the mix (six stanzas) takes in 64-byte pieces when nothing is collected.\n\n",
		table(
			["bytes", ...parsers],
			[
				...whats.map((what) => [
					`${what} (${memoryOf(results, parsers[0]!, what)!.wire} on the wire)`,
					...parsers.map((parser) => String(memoryOf(results, parser, what)?.most ?? "–"))
				]),
				["mix, all that was taken, XS", ...parsers.map((parser) => garbage(parser, "xs"))],
				["mix, all that was taken, Node", ...parsers.map((parser) => garbage(parser, "node"))]
			]
		),
		"### Instructions per byte\n\n",
		"Of `extasis` on XS built with metering: the same in every run, a guard against regressions.\n\n",
		table(
			["input", "instructions per byte"],
			results.instructions.map(({ input, cut, bytes, instructions }) => [`${input}, ${pieceName(cut)}`, (instructions / bytes).toFixed(2)])
		)
	].join("");
}
