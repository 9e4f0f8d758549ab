// One box per data folder: a lock file that names its process, void when that process is gone.

import { link, readFile, rename, rm, writeFile } from "node:fs/promises";

/** When a process started, in ticks since the machine did; tells it from a later one of the same number. "" where the system does not say. */
const startOf = async (pid: number): Promise<string> => {
	const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
	// The name in parentheses may hold anything; the 20th field after it is the start (proc(5)).
	return text.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? "";
};

const isAlive = (pid: number): boolean => {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === "EPERM";
	}
};

/** Removes a dead holder's lock, and puts it back when somebody else was quicker and it is his already. */
const takeAway = async (file: string, aside: string, holder: string): Promise<void> => {
	try {
		await rename(file, aside);
		if ((await readFile(aside, "utf8")) !== holder) await link(aside, file);
	} catch {
		// Gone or taken again: the next try sees it.
	}
	await rm(aside, { force: true });
};

/** Takes the lock and gives what releases it. */
export const takeLock = async (file: string, data: string): Promise<() => Promise<void>> => {
	const mine = `${process.pid} ${await startOf(process.pid)}`;
	const draft = `${file}.${process.pid}`;
	// Written first and linked then, so that nobody ever reads half of it.
	await writeFile(draft, mine, { mode: 0o600 });
	try {
		for (;;) {
			try {
				await link(draft, file);
				return () => rm(file, { force: true });
			} catch (error) {
				if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
			}
			const holder = await readFile(file, "utf8").catch(() => "");
			const [text = "", start = ""] = holder.split(" ");
			const pid = Number(text);
			if (pid > 0 && isAlive(pid) && (await startOf(pid)) === start) {
				throw new Error(`A box already runs in ${data} (process ${pid}): stop it, or name another folder with --data.`);
			}
			await takeAway(file, `${draft}.stale`, holder);
		}
	} finally {
		await rm(draft, { force: true });
	}
};
