// A jest runner: every spec file runs in a process of its own on the XS engine of hosts/simulator, the modules of src/ burnt into its ROM as they are into flash.
import { execFile, spawn } from "node:child_process";
import { mkdir, readdir, rm } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { memoryOf } from "./memory.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const compiled = join(root, "build");
const shim = join(root, "tests/xs/shim.ts");
/** A spec that runs longer than this hangs, however busy the machine is. */
const seconds = 600;

/** The simulator and the modules for its ROM, as tsc makes them; undefined bits are the engine's own choice. */
async function prepare(bits) {
	// What the types are worth is told by `make check`; what is flashed comes out all the same.
	await promisify(execFile)(join(root, "node_modules/.bin/tsc"), ["-p", join(root, "tsconfig.build.json")]).catch(() => {});
	const names = [
		"simulator/build",
		"simulator/index",
		"simulator/abort",
		"simulator/frames",
		"simulator/service",
		"simulator/device/native",
		"node/crypto"
	];
	const parts = Object.assign({}, ...(await Promise.all(names.map((name) => import(`../../build/hosts/${name}.js`)))));
	const engine = await parts.buildEngine({ bits, log: (text) => process.stderr.write(`${text}\n`) });
	const rom = new Map();
	// What is no source any more may still lie among the compiled.
	for (const file of (await readdir(join(root, "src"), { recursive: true })).sort()) {
		if (!file.endsWith(".ts")) continue;
		const name = `src/${file.slice(0, -3).replaceAll(sep, "/")}`;
		rom.set(name, join(compiled, `${name}.js`));
	}
	// In C, as on the chip.
	rom.set("src/xml/scanner", join(compiled, "hosts/simulator/device/scanner.js"));
	rom.delete("src/xml/tag-buffer");
	return { ...parts, engine, rom };
}

/** What stands in for what only Node has. */
const replaced = { "hosts/node/crypto.js": join(root, "tests/xs/crypto.ts") };

/** Whatever lies in src/ is a module of the ROM, by its path without ending. */
const modules = {
	name: "modules",
	setup(pipeline) {
		pipeline.onResolve({ filter: /^\..*\.js$/ }, ({ path, resolveDir }) => {
			const module = relative(root, join(resolveDir, path)).replaceAll(sep, "/");
			if (module.startsWith("src/")) return { path: module.slice(0, -3), external: true };
			return module in replaced ? { path: replaced[module] } : undefined;
		});
	}
};

export default class XSRunner {
	#workers;
	#pattern;

	constructor(globalConfig) {
		this.#workers = Math.max(1, globalConfig.maxWorkers);
		this.#pattern = globalConfig.testNamePattern ?? "";
	}

	async runTests(tests, watcher, onStart, onResult, onFailure) {
		const simulator = await prepare(process.env.XS_BITS ? Number(process.env.XS_BITS) : undefined);
		const queue = [...tests];
		const work = async () => {
			for (let test = queue.shift(); test && !watcher.isInterrupted(); test = queue.shift()) {
				await onStart(test);
				try {
					await onResult(test, await this.#run(simulator, test));
				} catch (error) {
					await onFailure(test, { message: error.message, stack: error.message, code: undefined, type: "Error" });
				}
			}
		};
		await Promise.all(Array.from({ length: Math.min(this.#workers, tests.length) }, work));
	}

	async #run(simulator, test) {
		const start = Date.now();
		const spec = relative(root, test.path).replaceAll(sep, "/");
		const bundle = join(compiled, "xs", spec.replaceAll("../", "").replace(/\.ts$/, `.${process.pid}.js`));
		await mkdir(dirname(bundle), { recursive: true });
		const entry = [`import { endTests } from ${JSON.stringify(shim)};`, `import ${JSON.stringify(test.path)};`, "endTests();"].join("\n");
		await build({
			stdin: { contents: entry, resolveDir: root },
			outfile: bundle,
			bundle: true,
			format: "esm",
			platform: "neutral",
			mainFields: ["module", "main"],
			target: "es2022",
			sourcemap: true,
			// On XS a string is a row of code points: the escaped surrogates that esbuild writes otherwise would stay two.
			charset: "utf8",
			define: { TEST_NAME_PATTERN: JSON.stringify(this.#pattern), XS_VERSION: JSON.stringify(simulator.engine.version) },
			plugins: [modules],
			logLevel: "silent"
		});
		const run = await execute(simulator, spec, bundle);
		if (!run.problem) for (const path of [bundle, `${bundle}.map`]) await rm(path);
		else if (!run.reports.some((report) => report.status === "failed")) throw new Error(run.problem);
		return toResult(test, run.reports, start);
	}
}

/** Runs one bundle; a problem is anything but a clean end after the last test. */
function execute(simulator, spec, bundle) {
	const { engine, rom, readAbort, sourcePlace } = simulator;
	return new Promise((resolve, reject) => {
		const { heap, stack } = memoryOf(spec);
		const words = ["--frames", "--heap", String(simulator.heapBytes(engine, heap)), "--stack", String(stack)];
		for (const [name, path] of rom) words.push("--rom", `${name}=${path}`);
		const child = spawn(engine.program, [...words, "--main", `${spec}=${bundle}`], {
			stdio: ["ignore", "pipe", "pipe", "pipe", "pipe"]
		});
		serve(simulator, child);
		const pathOf = (module) => (module === spec ? bundle : rom.get(module));
		const inSource = (text) => text?.replace(/[\w./-]+:\d+(?=\)?$)/gm, (place) => sourcePlace(place, pathOf));
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
				const report = readReport(line);
				if (report === undefined) process.stderr.write(`${spec}: ${line}\n`);
				else if ("end" in report) ended = true;
				else if (report.begins) running = report;
				else {
					running = undefined;
					reports.push({ ...report, message: inSource(report.message) });
				}
			}
			let problem;
			if (hung) problem = `did not end within ${seconds} s`;
			else if (code !== 0) problem = `ended with ${signal ?? `exit code ${code}`}`;
			else if (!ended) problem = "ended before its last test";
			const text = Buffer.concat(errors).toString().trim();
			const abort = readAbort(text, pathOf);
			const message = problem && `XS ${problem}\nbundle: ${relative(root, bundle)}\n${abort ? simulator.describeAbort(abort) : text}`;
			if (problem && running) reports.push({ ...running, status: "failed", message, milliseconds: 0 });
			resolve({ reports, problem: message });
		});
	});
}

/** undefined for what is none: a suite's own words, or a line that was broken off. */
function readReport(line) {
	try {
		const report = JSON.parse(line);
		return typeof report === "object" && report !== null ? report : undefined;
	} catch {
		return undefined;
	}
}

/** Answers what the suite asks of its host, which is crypto alone, and ends it when nothing is left that it could do. */
function serve({ FrameWriter, Op, Service, crypto, readFrames }, child) {
	const writer = new FrameWriter(child.stdio[3]);
	const service = new Service({ crypto }, writer, undefined);
	const receive = (op, id, body) => {
		try {
			if (op !== Op.figures) service.receive(op, id, body);
		} catch {
			// There is nothing but crypto: it asked for what no suite may.
			child.kill("SIGKILL");
		}
	};
	readFrames(child.stdio[4], receive, () => child.kill("SIGKILL"));
	writer.send(Op.options, 0, "");
	// It comes to this when all tests and promises are done.
	writer.send(Op.stop, 0);
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
