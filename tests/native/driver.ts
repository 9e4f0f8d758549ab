// Compiles driver.c with hosts/native/scanner.c and runs it, with a tool that looks for errors of memory.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { root } from "../../hosts/simulator/root.js";
import type { Run } from "../support/scanner-run.js";

export type Tool = "valgrind" | "sanitizers";

const strict = ["-std=gnu11", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-g", "-O1"];
const sanitizers = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"];
const valgrind = [
	"valgrind",
	"--quiet",
	"--leak-check=full",
	"--show-leak-kinds=all",
	"--errors-for-leak-kinds=all",
	"--error-exitcode=99"
];

export interface Input {
	readonly document: Uint8Array;
	readonly run: Run;
}

export interface Output {
	/** What it printed for each of the inputs. */
	readonly lines: readonly string[];
	readonly code: number | null;
	/** What the tool said. */
	readonly errors: string;
}

/** `starve`: each document is read again, as often as it takes memory, and each time another of its allocations fails. */
export async function drive(tool: Tool, inputs: readonly Input[], starve = false): Promise<Output> {
	await mkdir(join(root, "build"), { recursive: true });
	const folder = await mkdtemp(join(root, "build/scanner-"));
	const program = join(folder, "driver");
	try {
		await promisify(execFile)("gcc", [
			...strict,
			...(tool === "sanitizers" ? sanitizers : []),
			`-I${join(root, "hosts/native")}`,
			join(root, "hosts/native/scanner.c"),
			join(root, "tests/native/driver.c"),
			"-o",
			program
		]);
		const [command = "", ...words] = [...(tool === "valgrind" ? valgrind : []), program, ...(starve ? ["starve"] : [])];
		const child = spawn(command, words, { stdio: ["pipe", "pipe", "pipe"] });
		const output: Buffer[] = [];
		let errors = "";
		child.stdout.on("data", (chunk) => output.push(chunk));
		child.stderr.on("data", (chunk) => {
			errors += chunk;
		});
		// A driver that died takes no more.
		child.stdin.on("error", () => {});
		for (const { document, run } of inputs) {
			const head = Uint32Array.of(document.length, run.most, run.seed, run.keep, run.bounds);
			child.stdin.write(new Uint8Array(head.buffer));
			child.stdin.write(document);
		}
		child.stdin.end();
		const [code] = await once(child, "close");
		return { lines: Buffer.concat(output).toString().split("end\n").slice(0, -1), code, errors };
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}
