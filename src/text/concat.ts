// Two rows of bytes in one.

export function concat(head: Uint8Array, tail: Uint8Array): Uint8Array {
	const bytes = new Uint8Array(head.length + tail.length);
	bytes.set(head);
	bytes.set(tail, head.length);
	return bytes;
}
