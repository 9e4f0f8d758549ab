// CRC-32 (ISO 3309, as in PNG and zip) without a table: records are short.

/** Unsigned; `crc` goes on from an earlier part. */
export function crc32(bytes: Uint8Array, crc = 0): number {
	let rest = ~crc;
	for (let i = 0; i < bytes.length; i++) {
		rest ^= bytes[i]!;
		for (let bit = 0; bit < 8; bit++) rest = (rest >>> 1) ^ (rest & 1 ? 0xedb88320 : 0);
	}
	return ~rest >>> 0;
}
