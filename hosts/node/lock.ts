// One store, one thing: a lock file that outlives neither its process nor a kill -9.
import { linkSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What this process holds itself: its own id in a lock file proves nothing when ids are used again. */
const held = new Map<string, () => void>();
let watchesExit = false;

/** When a process began (Linux: clock ticks since boot), so that a reused id is not taken for the holder. */
function startOf(pid: number): string {
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
		return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
	} catch {
		return "";
	}
}

function isAlive(holder: string): boolean {
	const [text = "", start = ""] = holder.trim().split(" ");
	const pid = Number(text);
	if (!Number.isSafeInteger(pid) || pid <= 0 || pid === process.pid) return false;
	try {
		process.kill(pid, 0);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
	}
	return start === "" || startOf(pid) === start;
}

function readText(path: string): string {
	try {
		return readFileSync(path, "latin1");
	} catch {
		return "";
	}
}

/** Another holds it: who waits may have it later. Any other error stays. */
export class Held extends Error {}

/** Takes the folder for this process; gives the function that lets it go. Throws `Held` when another thing has it. */
export function lockFolder(folder: string): () => void {
	mkdirSync(folder, { recursive: true, mode: 0o700 });
	const real = realpathSync(folder);
	if (held.has(real)) throw new Held(`The store ${folder} is in use by another thing of this process.`);
	const path = join(real, "lock");
	const mine = `${process.pid} ${startOf(process.pid)}`;
	const unique = `${path}.${process.pid}.${Date.now()}`;
	try {
		writeFileSync(unique, mine, { mode: 0o600 });
		for (let tries = 0; ; tries++) {
			try {
				// link() and not open(): the lock is never seen without its content.
				linkSync(unique, path);
				break;
			} catch (error) {
				if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
			}
			const holder = readText(path);
			if (isAlive(holder) || tries > 4) {
				throw new Held(`The store ${folder} is in use by another thing (process ${holder.split(" ")[0]}): stop it or give another folder.`);
			}
			takeAway(path, `${unique}.stale`, holder);
		}
	} finally {
		rmSync(unique, { force: true });
	}
	const release = (): void => {
		if (held.delete(real) && readText(path) === mine) rmSync(path, { force: true });
	};
	held.set(real, release);
	if (!watchesExit) {
		watchesExit = true;
		process.once("exit", () => {
			for (const one of [...held.values()]) one();
		});
	}
	return release;
}

/** Removes a dead holder's lock, and puts it back when somebody else was quicker and it is his already. */
function takeAway(path: string, aside: string, holder: string): void {
	try {
		renameSync(path, aside);
		if (readText(aside) !== holder) linkSync(aside, path);
	} catch {
		// Gone or taken again: the next try sees it.
	}
	rmSync(aside, { force: true });
}
