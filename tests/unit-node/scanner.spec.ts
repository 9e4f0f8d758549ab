// The scanner in C and the one in TypeScript never differ, and the one in C touches no byte that is not its own.
import { Scanner } from "../../src/xml/scanner.js";
import { drive, type Input } from "../native/driver.js";
import { documents } from "../support/scanner-documents.js";
import { bounds, runs, scan } from "../support/scanner-run.js";

const seed = Number(process.env.EXTASIS_SEED || 1);
const all = documents(Number(process.env.EXTASIS_DOCUMENTS ?? 4000), seed);
const scanners = bounds.map((each) => new Scanner(each));
/** What is expected of each input. */
const expected = ({ document, run }: Input): string => scan(scanners[run.bounds]!, document, run);

function inputsOf(step: number): Input[] {
	const list: Input[] = [];
	for (let n = 0; n < all.length; n += step) for (const run of runs(n, all[n]!)) list.push({ document: all[n]!, run });
	return list;
}

test("R-CORE-11 the scanner in C reads something else than the one in TypeScript, or beyond its memory", async () => {
	const inputs = inputsOf(1);
	const { lines, code, errors } = await drive("sanitizers", inputs);
	expect(errors).toBe("");
	expect(lines.length).toBe(inputs.length);
	const seen = new Set<string>();
	for (let n = 0; n < inputs.length; n++) {
		const tokens = expected(inputs[n]!);
		if (lines[n] !== tokens) {
			const what = { document: new TextDecoder("latin1").decode(inputs[n]!.document), run: inputs[n]!.run };
			expect({ ...what, lines: lines[n] }).toEqual({ ...what, lines: tokens });
		}
		for (const line of tokens.split("\n")) seen.add(line.startsWith("refused") ? line.split("|", 2).join("|") : line.split("|", 1)[0]!);
	}
	expect(code).toBe(0);
	// what was compared is worth it
	const conditions = ["not-well-formed", "restricted-xml", "unsupported-encoding", "bad-format", "policy-violation"];
	const kinds = ["open", "empty", "close", "text", "declaration", ...conditions.map((name) => `refused|${name}`)];
	expect([...seen].sort()).toEqual(["", ...kinds].sort());
}, 300_000);

test("valgrind finds bytes that were read before they were written", async () => {
	const inputs = inputsOf(23);
	const { lines, code, errors } = await drive("valgrind", inputs);
	expect({ errors, code }).toEqual({ errors: "", code: 0 });
	expect(lines).toEqual(inputs.map(expected));
}, 300_000);

test("without memory the scanner in C loses some, or goes on with what it has not", async () => {
	const inputs = inputsOf(7);
	const { lines, code, errors } = await drive("sanitizers", inputs, true);
	expect({ errors, code }).toEqual({ errors: "", code: 0 });
	// nothing but what it says without: each starved run is quiet
	expect(lines.length).toBe(inputs.length);
	expect(lines.slice(1).some((line) => line.includes("blocks are left"))).toBe(false);
}, 300_000);
