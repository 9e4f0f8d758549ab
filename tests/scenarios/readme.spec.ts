// What README tells a newcomer to type, typed.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll } from "@jest/globals";
import { outcome } from "./extasis-process.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const extasis = `'${process.execPath}' '${join(root, "build/hosts/cli/extasis.js")}'`;

let readme: string;
let folder: string;
const running: ChildProcess[] = [];

beforeAll(async () => {
	readme = await readFile(join(root, "README.md"), "utf8");
	folder = await mkdtemp(join(tmpdir(), "extasis-readme-"));
});

afterAll(async () => {
	for (const child of running.reverse()) await end(child, "SIGTERM");
	await rm(folder, { recursive: true, force: true });
});

const blocks = (language: string) => [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"))].map(([, text]) => text!);

/** A difference to the usual ports with which they are free. */
async function freeOffset(): Promise<number> {
	for (let offset = 21_000; offset < 50_000; offset += 500) {
		const taken = await Promise.all([5222, 5223, 5280, 5347].map((port) => isTaken(port + offset)));
		if (!taken.includes(true)) return offset;
	}
	throw new Error("no free ports");
}

async function isTaken(port: number): Promise<boolean> {
	const server = createServer();
	try {
		server.listen(port, "127.0.0.1");
		await once(server, "listening");
		return false;
	} catch {
		return true;
	} finally {
		server.close();
	}
}

/** Every command is in a shell of its own, as in a terminal of its own. */
function type(command: string): ChildProcess {
	const child = spawn("/bin/sh", ["-c", `exec ${command.replace(/^npx extasis/, extasis)}`], {
		cwd: folder,
		env: { ...process.env, NODE_OPTIONS: "" },
		stdio: ["ignore", "pipe", "pipe"]
	});
	return child;
}

/** Starts what stays, and waits for the line that says it is ready. */
async function stays(command: string, ready: RegExp): Promise<ChildProcess> {
	const child = type(command);
	running.push(child);
	let said = "";
	child.stderr!.on("data", (data) => {
		said += data;
	});
	for await (const line of createInterface({ input: child.stdout! })) {
		said += `${line}\n`;
		if (ready.test(line)) return child;
	}
	throw new Error(`${command} ended:\n${said}`);
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
	if (child.exitCode === null && child.signalCode === null) {
		const closed = once(child, "exit");
		child.kill(signal);
		await closed;
	}
	return child.exitCode;
}

test("every command of the tour does what the tour says", async () => {
	const offset = await freeOffset();
	const commands = blocks("sh")
		.flatMap((block) => block.split("\n"))
		.filter((line) => line.startsWith("npx extasis "))
		.map((line) => line.replace("--port-offset 20000", `--port-offset ${offset}`).replace("25222", String(5222 + offset)));
	expect(commands.map((command) => command.split(" ")[2])).toEqual([
		"broker",
		"keys",
		"thing",
		"sticker",
		"claim",
		"read",
		"watch",
		"set",
		"owner",
		"owner",
		"owner"
	]);
	const [broker, keys, thing, sticker, claim, read, watch, set, things, questions, search] = commands as [
		string,
		string,
		string,
		string,
		string,
		string,
		string,
		string,
		string,
		string,
		string
	];

	await stays(broker, /password in/);
	const made = await outcome(type(keys));
	expect(made).toMatchObject({ code: 0 });
	const [, key, secret] = /^API key +(\S+)\nsecret +(\S+)\n/.exec(made.stdout)!;
	await stays(thing.replace("KEY --api-secret SECRET", `${key} --api-secret ${secret}`), /"event":"registered"/);
	expect(await outcome(type(sticker))).toMatchObject({ code: 0 });
	const claimed = await outcome(type(claim));
	expect(claimed).toMatchObject({ code: 0 });
	const jid = /[a-z0-9]+@box\.example/.exec(claimed.stdout)![0];
	const values = await outcome(type(read.replace("THING", jid)));
	expect(values).toMatchObject({ code: 0 });
	const ieee = await outcome(type(`${read.replace("THING", jid)} --dialect ieee`));
	expect(ieee).toMatchObject({ code: 0 });
	for (const name of ["Temperature", "Humidity", "Pressure", "Relay", "Model"])
		for (const { stdout } of [values, ieee]) expect(stdout).toContain(name);
	expect(await outcome(type(set.replace("THING", jid)))).toEqual({ code: 0, stdout: "Relay\n", stderr: "" });
	expect(await outcome(type(things))).toMatchObject({
		code: 0,
		stdout: expect.stringContaining(`0001 extasis.example WeatherStation – ${jid} (online`)
	});
	expect(await outcome(type(questions))).toMatchObject({ code: 0, stdout: "Nobody wants anything of your things.\n" });
	expect(await outcome(type(search))).toMatchObject({
		code: 0,
		stdout: expect.stringMatching(new RegExp(`^${jid}  of owner@box.example  `))
	});
	expect(await end(await stays(watch.replace("THING", jid), /Temperature.*Humidity/), "SIGINT")).toBe(0);
}, 90_000);

test("the definition is whole and sound", async () => {
	const [definition] = blocks("ts");
	expect(definition!.trim().split("\n").length).toBeLessThan(25);
	const place = join(root, "build/readme");
	const file = join(place, "greenhouse.ts");
	await mkdir(place, { recursive: true });
	await writeFile(file, definition!.replace("../thing/definition.js", "../../src/thing/definition.js"));
	await writeFile(join(place, "tsconfig.json"), JSON.stringify({ extends: "../../tsconfig.json", include: ["."] }));
	await promisify(execFile)(join(root, "node_modules/.bin/tsc"), ["-p", place]);
	// Nobody is there to connect to, but a thing that stands tries.
	const thing = `npx extasis thing --domain nobody.example --address 127.0.0.1:1 --store '${folder}/greenhouse' --definition '${file}'`;
	expect(await end(await stays(thing, /"event":"offline"/), "SIGTERM")).toBe(0);
}, 30_000);

test("every target of make that README names is there, and make alone lists it", async () => {
	const { stdout } = await promisify(execFile)("make", ["-s", "-C", root]);
	for (const [, target] of readme.matchAll(/`?make ([a-z0-9-]+)/g)) expect(stdout).toMatch(new RegExp(`^ *make ${target} `, "m"));
});
