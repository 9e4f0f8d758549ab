// The `extasis` command in a process of its own, compiled afresh from the sources as they are.
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll } from "@jest/globals";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../../../", import.meta.url));
/** Below build/, where what it imports from node_modules is found; one for each suite, since they run at the same time. */
const folder = join(root, "build", `test-cli-${randomUUID()}`);
export const program = join(folder, "hosts", "cli", "extasis.js");

beforeAll(async () => {
	const sources = ["src", "hosts"].flatMap((room) =>
		readdirSync(join(root, room), { recursive: true, encoding: "utf8" })
			.filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"))
			.map((name) => join(root, room, name))
	);
	await build({ entryPoints: sources, outdir: folder, outbase: root, format: "esm", target: "node20", logLevel: "silent" });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

export interface Outcome {
	readonly code: number | null;
	readonly stdout: string;
	readonly stderr: string;
}

export class Running {
	stdout = "";
	stderr = "";
	readonly child: ChildProcess;
	readonly #end: Promise<unknown>;
	#waiting: (() => void)[] = [];
	#ended = false;

	constructor(words: readonly string[], { cwd, env = {} }: { cwd?: string; env?: Record<string, string | undefined> } = {}) {
		this.child = spawn(process.execPath, [program, ...words], {
			cwd,
			env: { ...process.env, NODE_OPTIONS: "", EXTASIS_PASSWORD: undefined, NO_COLOR: undefined, ...env },
			stdio: ["ignore", "pipe", "pipe"]
		});
		this.child.stdout?.on("data", (data) => {
			this.stdout += data;
			this.#wake();
		});
		this.child.stderr?.on("data", (data) => {
			this.stderr += data;
			this.#wake();
		});
		this.#end = once(this.child, "close").then(() => {
			this.#ended = true;
			this.#wake();
		});
	}

	/** Waits for what it says; throws what it said instead. */
	async until(met: () => boolean): Promise<void> {
		while (!met()) {
			if (this.#ended) throw new Error(`It ended (${this.child.exitCode}) and had said:\n${this.stdout}\n${this.stderr}`);
			await new Promise<void>((resolve) => this.#waiting.push(resolve));
		}
	}

	async outcome(): Promise<Outcome> {
		await this.#end;
		return { code: this.child.exitCode, stdout: this.stdout, stderr: this.stderr };
	}

	async end(signal: NodeJS.Signals): Promise<Outcome> {
		this.child.kill(signal);
		return await this.outcome();
	}

	get events(): { event: string; [detail: string]: unknown }[] {
		const lines = this.stdout.split("\n").slice(0, -1);
		return lines.map((line) => JSON.parse(line));
	}

	#wake(): void {
		for (const wake of this.#waiting.splice(0)) wake();
	}
}

export async function extasis(words: readonly string[], options: ConstructorParameters<typeof Running>[1] = {}): Promise<Outcome> {
	return await new Running(words, options).outcome();
}
