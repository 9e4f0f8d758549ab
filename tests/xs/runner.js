// A jest runner: every spec file becomes one bundle and runs in a process of its own on the XS engine, built-ins frozen.
import { spawn } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { buildHost } from "./host.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const here = join(root, "tests/xs");
/** A spec that runs longer than this hangs. */
const seconds = 180;
/** Room for a whole suite with its world; the chip's own size is the simulator's to hold. */
const heapBytes = String(16 << 20);

export default class XSRunner {
	#workers;
	#pattern;

	constructor(globalConfig) {
		this.#workers = Math.max(1, globalConfig.maxWorkers);
		this.#pattern = globalConfig.testNamePattern ?? "";
	}

	async runTests(tests, watcher, onStart, onResult, onFailure) {
		const program = await buildHost();
		const queue = [...tests];
		const work = async () => {
			for (let test = queue.shift(); test && !watcher.isInterrupted(); test = queue.shift()) {
				await onStart(test);
				try {
					await onResult(test, await this.#run(program, test));
				} catch (error) {
					await onFailure(test, { message: error.message, stack: error.message, code: undefined, type: "Error" });
				}
			}
		};
		await Promise.all(Array.from({ length: Math.min(this.#workers, tests.length) }, work));
	}

	async #run(program, test) {
		const start = Date.now();
		const bundle = join(root, "build/xs/specs", relative(root, test.path).replaceAll("../", "").replace(/\.ts$/, `.${process.pid}.js`));
		await mkdir(dirname(bundle), { recursive: true });
		const entry = [
			`import { runTests } from ${JSON.stringify(join(here, "shim.ts"))};`,
			`import ${JSON.stringify(test.path)};`,
			"runTests();"
		].join("\n");
		const { outputFiles } = await build({
			stdin: { contents: entry, resolveDir: root },
			bundle: true,
			write: false,
			format: "esm",
			platform: "neutral",
			target: "es2022",
			// On XS a string is a row of code points: the escaped surrogates that esbuild writes otherwise would stay two.
			charset: "utf8",
			define: { TEST_NAME_PATTERN: JSON.stringify(this.#pattern) },
			logLevel: "silent"
		});
		await writeFile(bundle, outputFiles[0].contents);
		const run = await execute(program, bundle);
		if (!run.problem) await rm(bundle);
		else if (!run.reports.some((report) => report.status === "failed")) throw new Error(run.problem);
		return toResult(test, run.reports, start);
	}
}

/** Runs one bundle; a problem is anything but a clean end after the last test. */
function execute(program, bundle) {
	return new Promise((resolve, reject) => {
		const child = spawn(
			program,
			["-static", heapBytes, "-stack", "4096", "-preload", "freeze", `main=${bundle}`, `freeze=${join(here, "freeze.js")}`],
			{
				stdio: ["ignore", "pipe", "pipe"]
			}
		);
		const output = [];
		const errors = [];
		let hung = false;
		const timer = setTimeout(() => {
			hung = true;
			child.kill("SIGKILL");
		}, seconds * 1000);
		child.stdout.on("data", (bytes) => output.push(bytes));
		child.stderr.on("data", (bytes) => errors.push(bytes));
		child.on("error", reject);
		child.on("close", (code, signal) => {
			clearTimeout(timer);
			const reports = [];
			let ended = false;
			let running;
			for (const line of Buffer.concat(output).toString().split("\n").filter(Boolean)) {
				const report = JSON.parse(line);
				if ("end" in report) ended = true;
				else if (report.begins) running = report;
				else {
					running = undefined;
					reports.push(report);
				}
			}
			let problem;
			if (hung) problem = `did not end within ${seconds} s`;
			else if (code !== 0) problem = `ended with ${signal ?? `exit code ${code}`}`;
			else if (!ended) problem = "ended before its last test";
			const text = Buffer.concat(errors).toString().trim();
			const message = problem && `XS ${problem}\nbundle: ${relative(root, bundle)}\n${text}`;
			if (problem && running) reports.push({ ...running, status: "failed", message, milliseconds: 0 });
			resolve({ reports, problem: message });
		});
	});
}

function toResult(test, reports, start) {
	const end = Date.now();
	const testResults = reports.map((report) => ({
		ancestorTitles: report.ancestors,
		title: report.name,
		fullName: [...report.ancestors, report.name].join(" "),
		status: report.status,
		duration: report.milliseconds,
		failureMessages: report.message ? [report.message] : [],
		failureDetails: [],
		numPassingAsserts: 0,
		invocations: 1,
		retryReasons: [],
		location: null
	}));
	const failed = testResults.filter((result) => result.status === "failed");
	const messages = failed.map(
		(result) => `  ● ${[...result.ancestorTitles, result.title].join(" › ")}\n\n    ${result.failureMessages.join("\n    ")}`
	);
	return {
		displayName: test.context.config.displayName,
		testFilePath: test.path,
		testResults,
		numPassingTests: testResults.filter((result) => result.status === "passed").length,
		numFailingTests: failed.length,
		numPendingTests: testResults.filter((result) => result.status === "pending").length,
		numTodoTests: 0,
		failureMessage: messages.length ? messages.join("\n\n") : null,
		perfStats: {
			start,
			end,
			runtime: end - start,
			slow: end - start > 5000,
			loadTestEnvironmentStart: start,
			loadTestEnvironmentEnd: start,
			setupFilesStart: start,
			setupFilesEnd: start
		},
		snapshot: { added: 0, fileDeleted: false, matched: 0, unchecked: 0, uncheckedKeys: [], unmatched: 0, updated: 0 },
		openHandles: [],
		leaks: false,
		skipped: false
	};
}
