// The conformance table is made of what tests are called; these hold the making.
import { readFile } from "node:fs/promises";
import { conformancePage, evidence, numbersOf, parseRequirements } from "./table.js";

const passed = (file: string, ...titles: string[]) => ({ file, titles, status: "passed" });

describe("conformance table", () => {
	test.each([
		["R-323-3 accepted comes once", ["R-323-3"]],
		["R-323-3 R-323-4 R-CORE-5 several", ["R-323-3", "R-323-4", "R-CORE-5"]],
		["R-323-3, R-077-4: with commas", ["R-323-3", "R-077-4"]],
		["R-323-3", ["R-323-3"]],
		["as R-323-3 says", []]
	])("numbers in: %s", (title, numbers) => {
		expect(numbersOf(title)).toEqual(numbers);
	});

	test("a title of a group counts for each test in it, a failure for nothing", () => {
		const shown = evidence([
			passed("tests/b.spec.ts", "R-347-8 stickers", "one"),
			passed("tests/a.spec.ts", "R-347-8 R-347-7 another"),
			{ file: "tests/c.spec.ts", titles: ["R-347-9 fails"], status: "failed" }
		]);
		expect([...shown.keys()].sort()).toEqual(["R-347-7", "R-347-8"]);
		expect(shown.get("R-347-8")).toEqual(["tests/a.spec.ts", "tests/b.spec.ts"]);
	});

	test("the page is the same whatever the order of the run", async () => {
		const requirements = parseRequirements(await readFile(new URL("requirements.tsv", import.meta.url), "utf8"));
		const outcomes = [
			passed("tests/a.spec.ts", "R-347-8 x"),
			passed("tests/b.spec.ts", "R-347-8 y"),
			passed("tests/b.spec.ts", "R-323-1 z")
		];
		const text = conformancePage(requirements, evidence(outcomes));
		expect(conformancePage(requirements, evidence(outcomes.toReversed()))).toBe(text);
		expect(text).toContain(`2 of ${requirements.length} requirements`);
		expect(text).toContain("| a, b |");
	});

	test("every requirement has its own number, a level and a sentence", async () => {
		const requirements = parseRequirements(await readFile(new URL("requirements.tsv", import.meta.url), "utf8"));
		expect(new Set(requirements.map(({ id }) => id)).size).toBe(requirements.length);
		expect(requirements.filter(({ id, level, requirement }) => !numbersOf(id).length || !"MmSH".includes(level) || !requirement)).toEqual(
			[]
		);
	});
});
