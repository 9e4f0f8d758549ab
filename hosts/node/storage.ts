// Storage in a folder: one file per key, replaced as a whole or not at all.
import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Storage } from "../../src/host.js";

const suffix = ".rec";
const temporary = ".tmp";
const keyPattern = /^[a-z0-9._-]{1,15}$/;
/** That of an NVS string: what does not fit there is refused here too. */
const valueLimit = 4000;

function isMissing(error: unknown): boolean {
	return (error as NodeJS.ErrnoException).code === "ENOENT";
}

export class FolderStorage implements Storage {
	readonly valueLimit = valueLimit;
	readonly #folder: string;

	constructor(folder: string) {
		this.#folder = folder;
		mkdirSync(folder, { recursive: true, mode: 0o700 });
		// What a write cut by a power failure left behind.
		for (const name of readdirSync(folder)) if (name.endsWith(temporary)) rmSync(join(folder, name), { force: true });
	}

	read(key: string): Uint8Array | undefined {
		try {
			return new Uint8Array(readFileSync(this.#path(key)));
		} catch (error) {
			if (isMissing(error)) return undefined;
			throw error;
		}
	}

	write(key: string, bytes: Uint8Array): void {
		const path = this.#path(key);
		if (bytes.length > valueLimit) throw new RangeError(`value of ${bytes.length} bytes: ${valueLimit} at most`);
		const unfinished = path + temporary;
		try {
			const file = openSync(unfinished, "w", 0o600);
			try {
				for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
				fsyncSync(file);
			} finally {
				closeSync(file);
			}
			renameSync(unfinished, path);
		} catch (error) {
			rmSync(unfinished, { force: true });
			throw error;
		}
		this.#sync();
	}

	delete(key: string): void {
		try {
			unlinkSync(this.#path(key));
		} catch (error) {
			if (isMissing(error)) return;
			throw error;
		}
		this.#sync();
	}

	list(prefix: string): string[] {
		const names = readdirSync(this.#folder).filter((name) => name.endsWith(suffix) && name.startsWith(prefix));
		return names
			.map((name) => name.slice(0, -suffix.length))
			.filter((key) => key.startsWith(prefix) && keyPattern.test(key))
			.sort();
	}

	#path(key: string): string {
		if (!keyPattern.test(key)) throw new Error(`"${key}" is no storage key: 1 to 15 of a-z 0-9 . _ -`);
		return join(this.#folder, key + suffix);
	}

	/** The new name itself must survive a power failure. */
	#sync(): void {
		const folder = openSync(this.#folder, "r");
		try {
			fsyncSync(folder);
		} finally {
			closeSync(folder);
		}
	}
}
