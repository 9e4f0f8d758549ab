// Any sound tags survive the sticker, whoever reads it.
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { checkTags, parseSticker } from "../../hosts/factory/sticker.js";
import { type Tag, writeSticker } from "../../src/iot/sticker.js";

const forbiddenInName = /[:=#<>~;\\\s\p{Cc}]/u;
const character = fc
	.integer({ min: 0x20, max: 0x10ffff })
	.filter((code) => code < 0xd800 || code > 0xdfff)
	.map(String.fromCodePoint);
const text = (most: number) =>
	fc.oneof(
		fc.string({ unit: character, minLength: 1, maxLength: most }),
		fc.string({ unit: fc.constantFrom(..."aZ0;\\%=:#~<>&' äß😀"), minLength: 1, maxLength: most })
	);
const tag = fc.record({
	name: text(32).filter((name) => !forbiddenInName.test(name)),
	value: fc.oneof(text(128), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer())
});
const tags = fc.array(tag, { minLength: 1, maxLength: 12 }).filter((list) => checkTags(list) === undefined);
const registry = fc.option(fc.constantFrom("registry.a.example", "registry@a.example", "δ.example"), { nil: undefined });

/** What a reader sees to whom only backslash is an escape. */
function readByBackslash(uri: string): [string, string][] {
	const parts = uri.slice("iotdisco:".length).match(/(?:\\.|[^;\\])+/gu) ?? [];
	return parts.map((part) => [part.slice(0, part.indexOf("=")), part.slice(part.indexOf("=") + 1).replace(/\\(.)/gu, "$1")]);
}

test("R-347-32 any tags come back as they went, in unreserved characters and syntax alone", () => {
	fc.assert(
		fc.property(tags, registry, (list: readonly Tag[], address) => {
			const uri = writeSticker(list, address);
			expect(uri).toMatch(/^iotdisco:[A-Za-z0-9._~%;=#-]+$/);
			const sticker = parseSticker(uri);
			expect(sticker?.registry).toBe(address);
			expect(sticker?.tags).toEqual(list.map(({ name, value }) => ({ name, value: value === 0 ? 0 : value })));
		}),
		{ numRuns: 2000 }
	);
});

test("R-347-32 unreserved values are the same to a reader of backslashes", () => {
	const unreserved = fc.string({ unit: fc.constantFrom(..."abzABZ019-._~"), minLength: 1, maxLength: 128 });
	const name = fc.string({ unit: fc.constantFrom(..."abzABZ019-._"), minLength: 1, maxLength: 32 });
	const list = fc.array(fc.record({ name, value: unreserved }), { minLength: 1, maxLength: 8 });
	fc.assert(
		fc.property(
			list.filter((some) => checkTags(some) === undefined),
			(some) => {
				expect(readByBackslash(writeSticker(some))).toEqual(some.map(({ name, value }) => [name, value]));
			}
		)
	);
});

test("no text makes the reader throw", () => {
	fc.assert(
		fc.property(
			fc.string({ unit: fc.constantFrom(..."aR#=:;\\%3Bé😀 \u0000\ud800"), maxLength: 60 }),
			fc.constantFrom(":", ";"),
			(rest, mark) => {
				const sticker = parseSticker(`iotdisco${mark}${rest}`);
				if (sticker !== undefined) expect(sticker.tags.length).toBeGreaterThan(0);
			}
		),
		{ numRuns: 5000 }
	);
});
