// One Prosody as an ordinary child process: found, started, watched until it listens, and never left behind.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { access, constants, readFile, rm } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";

const START_SECONDS = 20;
const STOP_SECONDS = 5;
const USUAL = ["/usr/local/bin", "/usr/bin", "/opt/homebrew/bin"];
const SERVICES = ["c2s", "c2s_direct_tls", "http", "component"];

/** A port is in use: the box takes others, unless they were given. */
export class PortTaken extends Error {}

const howToInstall = (): string => {
	switch (process.platform) {
		case "darwin":
			return "brew install prosody";
		case "linux":
			return "sudo apt-get install prosody` (Debian, Ubuntu), `sudo dnf install prosody` (Fedora) or `sudo pacman -S prosody` (Arch)";
		default:
			return "see https://prosody.im/download";
	}
};

/** The path of Prosody: PROSODY names one, else it is looked for on PATH and where Debian and Homebrew put it. */
export const findProsody = async (env: NodeJS.ProcessEnv = process.env, usual: readonly string[] = USUAL): Promise<string> => {
	if (env.PROSODY) {
		if (await runnable(env.PROSODY)) return env.PROSODY;
		throw new Error(`PROSODY names ${env.PROSODY}, which is not a program: set it to the path of prosody, or unset it.`);
	}
	for (const folder of [...(env.PATH ?? "").split(delimiter), ...usual]) {
		if (folder !== "" && (await runnable(join(folder, "prosody")))) return join(folder, "prosody");
	}
	const how = howToInstall();
	throw new Error(
		`The box needs Prosody, which is not installed: ${how.startsWith("see") ? how : `type \`${how}${how.endsWith(")") ? "" : "`"}`}.`
	);
};

const runnable = (path: string): Promise<boolean> =>
	access(path, constants.X_OK).then(
		() => true,
		() => false
	);

export class Prosody {
	readonly #program: string;
	readonly #configuration: string;
	readonly #services: readonly string[];
	readonly #log: (line: string) => void;
	readonly #onEnd: (how: string) => void;
	#child: ChildProcess | undefined;
	#stopping = false;
	/** What it said it is, as "0.12.3". */
	version = "";

	/** services: what listens besides. onEnd: it ended although nobody stopped it. */
	constructor(options: {
		program: string;
		configuration: string;
		services?: readonly string[];
		log(line: string): void;
		onEnd(how: string): void;
	}) {
		this.#program = options.program;
		this.#configuration = options.configuration;
		this.#services = [...SERVICES, ...(options.services ?? [])];
		this.#log = options.log;
		this.#onEnd = options.onEnd;
	}

	get pid(): number | undefined {
		return this.#child?.pid;
	}

	/** Settles when every service listens. */
	async start(): Promise<void> {
		this.#stopping = false;
		// A group of its own: Ctrl-C in the terminal is for us, who stop it in order. Its standard input is the leash (mod_extasis_leash).
		const child = spawn(this.#program, ["--config", this.#configuration, "-F"], { stdio: ["pipe", "pipe", "pipe"], detached: true });
		this.#child = child;
		child.stdin.on("error", () => {});
		const kill = () => child.kill("SIGKILL");
		process.once("exit", kill);
		const waiting = new Set(this.#services);
		const said: string[] = [];
		try {
			await new Promise<void>((resolve, reject) => {
				const timer = setTimeout(() => reject(new Error(`Prosody does not listen after ${START_SECONDS} seconds.`)), START_SECONDS * 1000);
				const settle = (error?: Error) => {
					clearTimeout(timer);
					error === undefined ? resolve() : reject(error);
				};
				const onLine = (line: string) => {
					this.version ||= /welcome to Prosody version (\S+)/.exec(line)?.[1] ?? "";
					const [, source = "", level = "", text = ""] = /^(?:\w{3} \d\d [\d:]+\s+)?(\S+)\s+(warn|error|info)\s+(.*)$/.exec(line) ?? [];
					if (waiting.size > 0) {
						said.push(line);
						const service = /^Activated service '(\w+)' on \[/.exec(text)?.[1];
						if (service !== undefined && waiting.delete(service) && waiting.size === 0) settle();
						if (/^Failed to open server port/.test(text)) settle(new PortTaken(`${text}.`));
					}
					if (level === "error" || (level === "warn" && waiting.size === 0 && !this.#stopping)) this.#log(`prosody: ${source}: ${text}`);
				};
				createInterface({ input: child.stdout }).on("line", onLine);
				createInterface({ input: child.stderr }).on("line", onLine);
				child.once("error", (error) => settle(new Error(`Prosody could not be started: ${error.message}.`)));
				child.once("exit", (code, signal) => {
					process.off("exit", kill);
					settle(new Error(`Prosody ended at its start (${signal ?? code}): ${said.slice(-5).join(" | ")}`));
				});
			});
			if (!/^(0\.12|13)\b/.test(this.version)) throw new Error(`This is Prosody ${this.version}; the box needs 0.12 or 13.`);
		} catch (error) {
			await this.stop();
			throw error;
		}
		child.once("exit", (code, signal) => {
			if (!this.#stopping) this.#onEnd(`${signal ?? code}`);
		});
	}

	/** SIGTERM, and SIGKILL when that does not help. */
	async stop(): Promise<void> {
		this.#stopping = true;
		const child = this.#child;
		if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
		const ended = once(child, "exit");
		child.kill("SIGTERM");
		const timer = setTimeout(() => child.kill("SIGKILL"), STOP_SECONDS * 1000);
		await ended;
		clearTimeout(timer);
	}
}

const commandLine = async (pid: number): Promise<string> => {
	try {
		return (await readFile(`/proc/${pid}/cmdline`, "utf8")).replaceAll("\0", " ");
	} catch {
		if (process.platform === "linux") return "";
	}
	const ps = spawn("ps", ["-ww", "-o", "command=", "-p", `${pid}`], { stdio: ["ignore", "pipe", "ignore"] });
	const chunks: Buffer[] = [];
	ps.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
	await once(ps, "close").catch(() => {});
	return Buffer.concat(chunks).toString();
};

const signalIfThere = (pid: number, signal: NodeJS.Signals): void => {
	try {
		process.kill(pid, signal);
	} catch {
		// It ended meanwhile.
	}
};

/** Ends a Prosody that an earlier box left behind in this folder: only a process whose command line names this very configuration. */
export const endLeftover = async (pidFile: string, configuration: string): Promise<void> => {
	const pid = Number(await readFile(pidFile, "utf8").catch(() => ""));
	const isOurs = async () => Number.isInteger(pid) && pid > 1 && (await commandLine(pid)).includes(configuration);
	for (const signal of ["SIGTERM", "SIGKILL"] as const) {
		for (let tries = 0; tries < 50 && (await isOurs()); tries++) {
			if (tries === 0) signalIfThere(pid, signal);
			await pause(100);
		}
	}
	await rm(pidFile, { force: true });
};
