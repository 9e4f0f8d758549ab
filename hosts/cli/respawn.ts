// Node takes further trust anchors from NODE_EXTRA_CA_CERTS only, and only when it starts: the command starts itself again.
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { resolve } from "node:path";
import { readAnchors } from "./arguments.js";

/** The exit code of the command started again, or undefined when this process trusts `file` already and goes on. */
export async function respawnTrusting(file: string | undefined): Promise<number | undefined> {
	if (file === undefined) return undefined;
	readAnchors(file);
	const path = resolve(file);
	if (process.env.NODE_EXTRA_CA_CERTS === path) {
		// The one who started us is gone: so is the person.
		process.on("disconnect", () => process.exit(1));
		return undefined;
	}
	const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
		env: { ...process.env, NODE_EXTRA_CA_CERTS: path },
		stdio: ["inherit", "inherit", "inherit", "ipc"]
	});
	// The terminal signals both; who signals this process means the other.
	for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill(signal));
	return await new Promise((done, fail) => {
		child.once("error", fail);
		child.once("exit", (code, signal) => done(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
	});
}
