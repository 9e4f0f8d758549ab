// What a person types at a real box: `extasis start`, `broker`, and what the story says to type next.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll } from "@jest/globals";

const program = fileURLToPath(new URL("../../build/hosts/cli/extasis.js", import.meta.url));
let folder: string;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "extasis-start-"));
});

afterAll(async () => {
	await rm(folder, { recursive: true, force: true });
});

/** As a shell starts it: with a process group of its own, which Ctrl-C reaches as a whole. */
class Typed {
	output = "";
	readonly child: ChildProcess;
	readonly #end: Promise<unknown>;
	#waiting: (() => void)[] = [];
	#ended = false;

	constructor(words: readonly string[], env: Record<string, string> = {}) {
		this.child = spawn(process.execPath, [program, ...words], {
			cwd: folder,
			env: { ...process.env, NODE_OPTIONS: "", EXTASIS_PASSWORD: "", ...env },
			stdio: ["ignore", "pipe", "pipe"],
			detached: true
		});
		for (const stream of [this.child.stdout, this.child.stderr]) {
			stream?.setEncoding("utf8").on("data", (text) => {
				this.output += text;
				this.#wake();
			});
		}
		this.#end = once(this.child, "close").then(() => {
			this.#ended = true;
			this.#wake();
		});
		typed.push(this);
	}

	async until(pattern: RegExp): Promise<RegExpExecArray> {
		for (;;) {
			const match = pattern.exec(this.output);
			if (match !== null) return match;
			if (this.#ended) throw new Error(`${pattern} did not come; it ended (${this.child.exitCode}) and had said:\n${this.output}`);
			await new Promise<void>((resolve) => this.#waiting.push(resolve));
		}
	}

	async end(signal: NodeJS.Signals, group = true): Promise<number | null> {
		if (!this.#ended) process.kill(group ? -this.child.pid! : this.child.pid!, signal);
		return await this.code();
	}

	async code(): Promise<number | null> {
		await this.#end;
		return this.child.exitCode;
	}

	#wake(): void {
		for (const wake of this.#waiting.splice(0)) wake();
	}
}

const typed: Typed[] = [];
afterEach(async () => {
	for (const one of typed.splice(0)) await one.end("SIGKILL");
});

/** Everything that still runs and was started for this folder. */
function left(data: string): string[] {
	const { stdout } = spawnSync("ps", ["-eo", "pid=,args=", "-ww"], { encoding: "utf8" });
	return stdout.split("\n").filter((line) => line.includes(`${folder}/${data}/`) || (line.includes("demonstration.js") && isOurs(line)));
}

function isOurs(line: string): boolean {
	try {
		return readFileSync(`/proc/${Number.parseInt(line, 10)}/environ`, "utf8").includes(`${folder}/`);
	} catch {
		return false;
	}
}

async function settled(data: string): Promise<void> {
	for (let tries = 0; left(data).length > 0; tries++) {
		if (tries === 100) throw new Error(`still there:\n${left(data).join("\n")}`);
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
}

test("the story by itself: claimed, friends, read, a stranger refused; Ctrl-C ends it all; the next run goes on", async () => {
	const first = new Typed(["start"]);
	const [, jid = ""] = await first.until(/made its own account, signed with its API key: (\S+@\S+)/);
	await first.until(/is registered with registry\./);
	await first.until(/npx extasis claim 'iotdisco:/);
	await first.until(/claimed\s.*is owner@\S+'s now/);
	await first.until(/friends/);
	await first.until(/reading\s+Temperature -?\d+\.\d °C {2}Humidity \d+ % {2}Pressure \d+\.\d hPa {2}Relay false/);
	await first.until(/stranger\s.*refused: forbidden/);
	expect(first.output).not.toMatch(/trouble|error|offline|\u001b/);
	expect(await first.end("SIGINT")).toBe(0);
	await settled("data");

	const begun = Date.now();
	const second = new Typed(["start"]);
	await second.until(/owner@\S+'s since an earlier run: nothing to claim/);
	await second.until(/reading\s+Temperature/);
	expect(Date.now() - begun).toBeLessThan(15_000);
	expect(second.output).not.toMatch(/claimed|npx extasis claim|account|trouble/);

	// The same thing, read from another terminal.
	const read = new Typed(["read", jid, "--all", "--json", "--as", "owner@box.example"]);
	expect(await read.code()).toBe(0);
	const { from, fields } = JSON.parse(read.output);
	expect(from).toBe(jid);
	expect(fields.map(({ name }: { name: string }) => name).sort()).toEqual([
		"Humidity",
		"Manufacturer",
		"Model",
		"Pressure",
		"Relay",
		"Temperature"
	]);

	// kill -9 of the story leaves nothing behind either.
	await second.end("SIGKILL", false);
	await settled("data");
}, 120_000);

test("--no-demo: what the story says to type works when typed, for the right person only", async () => {
	const story = new Typed(["start", "--no-demo", "--things", "2", "--data", "it's mine"]);
	await story.until(/(npx extasis claim .*\n[\s\S]*){2}/);
	const commands = [...story.output.matchAll(/npx (extasis claim .*)/g)].map(([, command = ""]) => command);
	const shell = async (command: string): Promise<{ code: number | null; output: string }> => {
		const script = `extasis() { "${process.execPath}" "${program}" "$@"; }\n${command}`;
		const child = spawn("sh", ["-c", `${script} 2>&1`], { cwd: tmpdir(), env: { ...process.env, NODE_OPTIONS: "" } });
		let output = "";
		child.stdout.on("data", (text) => {
			output += text;
		});
		await once(child, "close");
		return { code: child.exitCode, output };
	};
	const claim = await shell(commands[0]!);
	expect(claim).toMatchObject({ code: 0, output: expect.stringMatching(/^\S+@box\.example is yours now, owner@box\.example\.\n/) });
	await story.until(/claimed\s.*owner@box\.example's now/);

	// The command that it says to type next.
	const [, next = ""] = /Read it with: npx (extasis read .*)/.exec(claim.output) ?? [];
	const read = await shell(next.replace(" --data '", ` --data '${folder}/`).replace(`${folder}/${folder}`, folder));
	expect(read.output).toMatch(/^Temperature +-?\d+\.\d °C\nHumidity +\d+ %\nPressure +\d+\.\d hPa\n$/);

	const jid = /^\S+/.exec(claim.output)![0];
	const data = ["--data", "it's mine"];
	const asOwner = ["--as", "owner@box.example", ...data];
	const wrong = new Typed(["claim", "iotdisco:SN=1;KEY=2;R=registry.box.example", ...asOwner]);
	expect(await wrong.code()).toBe(1);
	expect(wrong.output).toMatch(/^extasis: registry\.box\.example has no unclaimed thing with exactly these tags[^\n]+\n$/);
	const nowhere = new Typed(["claim", "iotdisco:SN=1;KEY=2;R=box.example", ...asOwner]);
	expect(await nowhere.code()).toBe(1);
	expect(nowhere.output).toMatch(/^extasis: box\.example, which the sticker names, answers as no Thing Registry[^\n]+\n$/);

	const missing = new Typed(["read", jid, "Temperature", "Colour", ...asOwner]);
	expect(await missing.code()).toBe(1);
	expect(missing.output).toMatch(/Temperature[\s\S]*extasis: \S+ has no field Colour; --all shows those that it has\.\n/);
	const password = new Typed(["read", jid, ...asOwner], { EXTASIS_PASSWORD: "wrong" });
	expect(await password.code()).toBe(1);
	expect(password.output).toBe("extasis: The broker does not accept the password of owner@box.example.\n");

	const watch = new Typed(["watch", jid, "Temperature", "Relay", "--every", "1", ...asOwner]);
	await watch.until(/(\d\d:\d\d:\d\d {2}Temperature -?\d+\.\d °C {3}Relay false\n){2}/);
	expect(await watch.end("SIGINT")).toBe(0);
	const unknown = new Typed(["watch", jid, "Colour", ...asOwner]);
	expect(await unknown.code()).toBe(1);
	expect(unknown.output).toMatch(/^extasis: \S+ has no field Colour/);
	// The command runs in a process of its own for the CA's sake: it must not outlive the one that was typed.
	const orphan = new Typed(["watch", jid, "Temperature", "--every", "1", ...asOwner]);
	await orphan.until(/Temperature/);
	await orphan.end("SIGKILL", false);

	expect(await story.end("SIGTERM", false)).toBe(0);
	await settled("it's mine");
}, 120_000);

test("the box alone says where it is; a second one in its folder is refused; SIGTERM ends it", async () => {
	const box = new Typed(["broker", "--data", "alone", "--domain", "alone.example"]);
	await box.until(/password in\s+(\S+)/);
	expect(box.output).toMatch(/STARTTLS +127\.0\.0\.1:\d+\n {2}direct TLS +127\.0\.0\.1:\d+\n {2}WebSocket +127\.0\.0\.1:\d+\n/);
	expect(box.output).toMatch(/owner +owner@alone\.example\n/);
	const second = new Typed(["broker", "--data", "alone"]);
	expect(await second.code()).toBe(1);
	expect(second.output).toMatch(/^extasis: A box already runs in [^\n]+\n$/);
	// Not by its JID's own domain only: the thing must be one.
	const nobody = new Typed(["read", "nobody@alone.example", "--as", "owner@alone.example", "--data", "alone"]);
	expect(await nobody.code()).toBe(1);
	expect(nobody.output).toMatch(/^extasis: nobody@alone\.example [^\n]+\n$/);
	expect(await box.end("SIGTERM", false)).toBe(0);
	await settled("alone");
}, 120_000);
