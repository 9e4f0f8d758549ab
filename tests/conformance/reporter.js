// A jest reporter: holds docs/CONFORMANCE.md to what a whole run showed, or writes it anew under WRITE_CONFORMANCE=1.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { conformancePage, evidence, numbersOf, parseRequirements } from "./table.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const page = join(root, "docs/CONFORMANCE.md");
const projects = ["node", "xs", "scenarios"];

export default class ConformanceReporter {
	#config;
	#error;

	constructor(globalConfig) {
		this.#config = globalConfig;
	}

	onRunComplete(contexts, results) {
		const requirements = parseRequirements(readFileSync(join(root, "tests/conformance/requirements.tsv"), "utf8"));
		const outcomes = results.testResults.flatMap(({ testFilePath, testResults }) =>
			testResults.map(({ ancestorTitles, title, status }) => ({
				file: relative(root, testFilePath).split(sep).join("/"),
				titles: [...ancestorTitles, title],
				status
			}))
		);
		const known = new Set(requirements.map(({ id }) => id));
		const unknown = outcomes
			.flatMap(({ file, titles }) => titles.flatMap(numbersOf).map((id) => ({ file, id })))
			.filter(({ id }) => !known.has(id));
		if (unknown.length) {
			this.#fail(
				`no such requirement in tests/conformance/requirements.tsv: ${unknown.map(({ file, id }) => `${id} (${file})`).join(", ")}`
			);
			return;
		}
		if (!this.#isWhole(contexts) || !results.testResults.length || results.numFailedTests || results.numRuntimeErrorTestSuites) return;

		const text = conformancePage(requirements, evidence(outcomes));
		if (process.env.WRITE_CONFORMANCE) {
			writeFileSync(page, text);
			process.stderr.write("docs/CONFORMANCE.md written.\n");
		} else if (read(page) !== text) {
			mkdirSync(join(root, "build"), { recursive: true });
			writeFileSync(join(root, "build/CONFORMANCE.md"), text);
			this.#fail("docs/CONFORMANCE.md differs from what the tests showed: if build/CONFORMANCE.md is right, copy it there and commit it.");
		}
	}

	getLastError() {
		return this.#error;
	}

	/** Every project, every file, every test: only then absence means something. */
	#isWhole(contexts) {
		const ran = new Set([...contexts].map(({ config }) => config.displayName?.name));
		const { testPathPatterns, testNamePattern, onlyChanged, onlyFailures, findRelatedTests, shard } = this.#config;
		const narrowed = testPathPatterns?.patterns?.length || testNamePattern || onlyChanged || onlyFailures || findRelatedTests || shard;
		return !narrowed && projects.every((name) => ran.has(name));
	}

	#fail(message) {
		this.#error = new Error(message);
		process.stderr.write(`\nConformance: ${message}\n`);
	}
}

function read(path) {
	try {
		return readFileSync(path, "utf8");
	} catch {
		return "";
	}
}
