// On XS too the scanner in C and the one in TypeScript never differ: both in one program, with the strings and the memory of a chip.
import { join } from "node:path";
import { build } from "esbuild";
import { root } from "../../../hosts/simulator/root.js";
import { encodeBase64 } from "../../../src/text/base64.js";
import { documents } from "../../support/scanner-documents.js";
import { run } from "./program.js";

interface Report {
	readonly runs: number;
	readonly different: readonly string[];
}

/** Every n-th of the documents; the one in TypeScript is slow there. */
const step = 16;

test("R-CORE-11 the scanner of the chip reads something else than the one in TypeScript", async () => {
	const all = documents(2000, 2);
	const chosen = all.filter((_, n) => n % step === 0).map((bytes) => encodeBase64(bytes));
	const main = `
		import { decodeBase64 } from "./src/text/base64.js";
		import { Scanner } from "./src/xml/scanner.js";
		import { bounds, runs, scan } from "./tests/support/scanner-run.js";
		const documents = ${JSON.stringify(chosen)};
		const ours = bounds.map((each) => new Scanner(each));
		const different = [];
		let count = 0;
		for (let n = 0; n < documents.length; n++) {
			const document = decodeBase64(documents[n]);
			const list = runs(n * ${step}, document);
			for (let r = 0; r < list.length; r++) {
				// a new one each time: the collector frees the old ones
				const native = new simulator.Scanner(bounds[list[r].bounds]);
				const lines = scan(native, document, list[r]);
				const expected = scan(ours[list[r].bounds], document, list[r]);
				count++;
				if (lines !== expected) different.push(documents[n] + " " + JSON.stringify(list[r]) + lines + expected);
			}
		}
		simulator.report(JSON.stringify({ runs: count, different: different.slice(0, 3) }));`;
	const bundled = await build({
		stdin: { contents: main, resolveDir: root, sourcefile: join(root, "main.ts"), loader: "ts" },
		bundle: true,
		write: false,
		format: "esm",
		target: "es2022",
		charset: "utf8",
		logLevel: "silent"
	});
	// little, so that the collector moves what it may
	const ended = await run(bundled.outputFiles[0]!.text, { heap: 98_304 });
	expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 0, stderr: "" });
	const report = JSON.parse(ended.lines[0]!) as Report;
	expect(report.different).toEqual([]);
	expect(report.runs).toBe(chosen.length * 4);
}, 300_000);
