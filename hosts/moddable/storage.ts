// What is kept through a loss of power: records of natives/lin/storage.c or natives/esp32/storage.c, each replaced as a whole.
import type { Storage } from "../../src/host.js";

const read = native("xs_extasis_storage_read") as (key: string) => ArrayBuffer | undefined;
const write = native("xs_extasis_storage_write") as (key: string, bytes: Uint8Array) => void;
const erase = native("xs_extasis_storage_delete") as (key: string) => void;
const keys = native("xs_extasis_storage_keys") as () => string[];

/** NVS splits longer values over pages, and they wear it. */
const valueLimit = 4000;
/** NVS_KEY_NAME_MAX_SIZE, less its NUL. */
const keyLength = 15;

function checkKey(key: string): void {
	let good = key.length > 0 && key.length <= keyLength;
	for (let i = 0; good && i < key.length; i++) good = "abcdefghijklmnopqrstuvwxyz0123456789._-".includes(key.charAt(i));
	// Also what a file cannot be called.
	if (!good || key.startsWith(".")) throw new RangeError(`"${key}" is no key`);
}

export const storage: Storage = Object.freeze({
	valueLimit,
	read: (key: string) => {
		checkKey(key);
		const bytes = read(key);
		return bytes === undefined ? undefined : new Uint8Array(bytes);
	},
	write: (key: string, bytes: Uint8Array) => {
		checkKey(key);
		if (bytes.length > valueLimit) throw new RangeError(`value of ${bytes.length} bytes: ${valueLimit} at most`);
		write(key, bytes);
	},
	delete: (key: string) => {
		checkKey(key);
		erase(key);
	},
	list: (prefix: string) => keys().filter((key) => key.startsWith(prefix))
});
