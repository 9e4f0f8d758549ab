// The only door to host.storage: records that know whether they are whole.
import type { Storage } from "../host.js";
import { crc32 } from "../text/crc32.js";
import { decodeUTF8, encodeUTF8 } from "../text/utf8.js";

/** What a record holds; every reader checks the types of what it takes. */
export interface VaultRecord {
	readonly [name: string]: string | number | boolean | undefined;
}

/** Of the record's form: version, CRC-32 of key and payload, JSON in UTF-8. */
const VERSION = 1;
const HEAD = 5;

export class Vault {
	#storage: Storage;
	#onError: (message: string) => void;

	/** onError hears of records that were lost; the thing goes on as if they had never been. */
	constructor(storage: Storage, onError: (message: string) => void) {
		this.#storage = storage;
		this.#onError = onError;
	}

	/** undefined where there is none, or none that is whole. */
	read(key: string): VaultRecord | undefined {
		let bytes: Uint8Array | undefined;
		try {
			bytes = this.#storage.read(key);
			if (!bytes) return;
			const record = open(key, bytes);
			if (record) return record;
		} catch {
			// Said below: whatever the reason, nothing can be read there.
		}
		this.#onError(`What was stored as "${key}" is damaged or of another make; the thing goes on without it.`);
		return;
	}

	/** Atomic: the old record stands until the new one does. Throws when it cannot be stored. */
	write(key: string, record: VaultRecord): void {
		const payload = encodeUTF8(JSON.stringify(record));
		const sum = checksum(key, payload);
		const bytes = new Uint8Array(HEAD + payload.length);
		bytes[0] = VERSION;
		for (let i = 0; i < 4; i++) bytes[1 + i] = sum >>> (24 - 8 * i);
		bytes.set(payload, HEAD);
		this.#storage.write(key, bytes);
	}

	delete(key: string): void {
		this.#storage.delete(key);
	}

	list(prefix: string): string[] {
		return this.#storage.list(prefix);
	}
}

function open(key: string, bytes: Uint8Array): VaultRecord | undefined {
	if (bytes.length < HEAD || bytes[0] !== VERSION) return;
	const payload = bytes.subarray(HEAD);
	const sum = checksum(key, payload);
	for (let i = 0; i < 4; i++) if (bytes[1 + i] !== ((sum >>> (24 - 8 * i)) & 0xff)) return;
	const record: unknown = JSON.parse(decodeUTF8(payload));
	return typeof record === "object" && record !== null && !Array.isArray(record) ? (record as VaultRecord) : undefined;
}

/** The key is part of it: a record under another's name is none. */
function checksum(key: string, payload: Uint8Array): number {
	return crc32(payload, crc32(encodeUTF8(key)));
}
