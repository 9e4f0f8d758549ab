// Bytes to strings as a program would do it that gives its parser strings: characters may be cut. Charged to the parser that needs it.
import { StringDecoder } from "node:string_decoder";

const native = String as unknown as { fromArrayBuffer?(buffer: ArrayBufferLike, start: number, length: number): string };

export function decoder(): (bytes: Uint8Array) => string {
	if (native.fromArrayBuffer === undefined) {
		const node = new StringDecoder("utf8");
		return (bytes) => node.write(bytes as Buffer);
	}
	const decode = native.fromArrayBuffer.bind(String);
	let rest: Uint8Array | undefined;
	return (bytes) => {
		let all = bytes;
		if (rest !== undefined) {
			all = new Uint8Array(rest.length + bytes.length);
			all.set(rest);
			all.set(bytes, rest.length);
			rest = undefined;
		}
		let end = all.length;
		if (end > 0 && all[end - 1]! >= 0x80) {
			while (end > 0 && (all[end - 1]! & 0xc0) === 0x80) end--;
			const lead = all[end - 1]!;
			const size = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
			end = end - 1 + size > all.length ? end - 1 : all.length;
			if (end < all.length) rest = all.slice(end);
		}
		return end === 0 ? "" : decode(all.buffer, all.byteOffset, end);
	};
}
