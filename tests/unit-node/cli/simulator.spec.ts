// `extasis thing --host simulator`: how an engine that dies is told, restarted and measured. No broker is needed for that.
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll } from "@jest/globals";
import { buildEngine } from "../../../hosts/simulator/build.js";
import { program, Running } from "./command.js";

const folder = mkdtempSync(join(tmpdir(), "extasis-simulator-"));
const running: Running[] = [];
let nobody = "";
let count = 0;

beforeAll(async () => {
	await buildEngine();
	await buildEngine({ metering: true });
	const server = createServer().listen(0, "127.0.0.1");
	await once(server, "listening");
	nobody = `127.0.0.1:${(server.address() as AddressInfo).port}`;
	server.close();
	const greedy = `export const greedy = { manufacturer: "a.example", model: "M", version: 1, notes: "x".repeat(100000), fields: { F: { type: "boolean", category: "status" } } };`;
	writeFileSync(join(folder, "greedy.js"), greedy);
}, 120_000);

afterEach(async () => {
	for (const thing of running.splice(0)) await thing.end("SIGKILL");
});

afterAll(() => rmSync(folder, { recursive: true }));

function start(...more: string[]): Running {
	const words = ["thing", "--domain", "a.example", "--address", nobody, "--host", "simulator", "--store", join(folder, `store-${++count}`)];
	const thing = new Running([...words, ...more], { cwd: folder });
	running.push(thing);
	return thing;
}

test("a thing on the simulator says its steps like one on Node, and ends cleanly when asked", async () => {
	const thing = start("--report");
	await thing.until(() => thing.stdout.includes('"event":"offline"') && thing.stdout.endsWith("\n"));
	const { code, stderr } = await thing.end("SIGTERM");
	expect(code).toBe(0);
	const report = thing.events.at(-1)!;
	expect(report).toMatchObject({ event: "report", xs: expect.stringMatching(/^\d+\.\d+\.\d+$/) });
	const phases = report.phases as { phase: string; slotsPeak: number; instructions: number }[];
	expect(phases.map(({ phase }) => phase)).toEqual(expect.arrayContaining(["boot", "offline", "end"]));
	for (const { slotsPeak, instructions } of phases) {
		expect(slotsPeak).toBeGreaterThan(1000);
		expect(instructions).toBeGreaterThan(0);
	}
	expect(stderr).toMatch(/never used[^\n]*\nstep +times +slots[^\n]*\nboot +1 /);
});

test("a definition with a text of 100 KB ends with the memory report and exit code 11", async () => {
	const { code, stderr, stdout } = await start("--definition", "./greedy.js", "--quiet").outcome();
	expect(code).toBe(11);
	expect(stderr).toMatch(
		/^memory full\nheap \d+ bytes: slots \d+, chunks \d+, never used \d+; \d+ collections[^\n]*\n( {4}at [^\n]+:\d+\n)+$/
	);
	const [abort, ...rest] = stdout.trim().split("\n");
	expect(rest).toEqual([]);
	expect(JSON.parse(abort!)).toMatchObject({ event: "abort", reason: "memory full", code: 11 });
});

test("--restart starts it again with its store, as a chip does, until it is asked to end", async () => {
	const thing = start("--definition", "./greedy.js", "--restart");
	await thing.until(() => thing.events.filter(({ event }) => event === "abort").length === 2);
	expect(thing.events.map(({ event }) => event)).toEqual(["abort", "restart", "abort"]);
	expect((await thing.end("SIGTERM")).code).toBe(0);
});

test("a heap too small for the firmware to stand is told as memory full too", async () => {
	const { code } = await start("--heap", "30000").outcome();
	expect(code).toBe(11);
});

test("a disk that takes nothing ends the building of the engine in one sentence, and leaves no lock files", () => {
	// Another compiler by its name, so that the engine is not there yet.
	const compiler = join(folder, "cc");
	writeFileSync(compiler, `#!/bin/sh\n[ "$1" = --version ] && echo ${folder} && exit\nexec cc "$@"\n`, { mode: 0o755 });
	const words = [process.execPath, program, "thing", "--domain", "a.example", "--host", "simulator", "--store", join(folder, "full")];
	const { status, stderr } = spawnSync("sh", ["-c", 'ulimit -f 0 && exec "$@"', "sh", ...words], {
		env: { ...process.env, CC: compiler },
		encoding: "utf8",
		timeout: 60_000,
		killSignal: "SIGKILL"
	});
	const [, home = ""] = /The XS engine cannot be built in (\S+): EFBIG/.exec(stderr) ?? [];
	expect({ status, stderr, left: home && readdirSync(home) }).toEqual({ status: 1, stderr: expect.stringContaining(home), left: [] });
	rmSync(home, { recursive: true });
}, 90_000);
