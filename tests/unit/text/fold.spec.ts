// Folding of ASCII letters.
import { foldASCII, sameFolded } from "../../../src/text/fold.js";

describe("fold", () => {
	test.each([
		["", ""],
		["abc", "abc"],
		["ABCXYZ", "abcxyz"],
		["a@[`{Z", "a@[`{z"],
		["Ünï😀CODE", "Ünï😀code"],
		["\u212a\u0130", "\u212a\u0130"]
	])("%s folds ASCII letters only", (text, folded) => {
		expect(foldASCII(text)).toBe(folded);
	});

	test("names of other case are the same, others are not", () => {
		expect(sameFolded("KEY", "key")).toBe(true);
		expect(sameFolded("KEY", "keys")).toBe(false);
		expect(sameFolded("KEY", "kez")).toBe(false);
		expect(sameFolded("ß", "SS")).toBe(false);
		expect(sameFolded("Ü", "ü")).toBe(false);
	});
});
