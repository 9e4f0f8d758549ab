// The check value of the catalogue, and going on from a part.
import { crc32 } from "../../../src/text/crc32.js";
import { encodeUTF8 } from "../../../src/text/utf8.js";

test("CRC-32 of the usual vectors", () => {
	expect(crc32(encodeUTF8("123456789"))).toBe(0xcbf43926);
	expect(crc32(new Uint8Array(0))).toBe(0);
	expect(crc32(encodeUTF8("456789"), crc32(encodeUTF8("123")))).toBe(0xcbf43926);
});
