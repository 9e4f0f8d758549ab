// Random histories judged by an oracle of their own: no field and no parameter moves without a rule that then allowed it, and what is taken back is gone by the next request. ORACLE says how many (`make oracle`: 100,000), SEED which.
import { TestCrypto } from "../support/crypto.js";
import { onXS } from "./bytes.js";
import { begin, History, type Outcome } from "./oracle/history.js";

const environment = typeof process === "undefined" ? {} : process.env;
const count = Number(environment.ORACLE ?? (onXS ? 8 : 300));
const first = Number(environment.SEED ?? 1);
const crypto = new TestCrypto();

test.each(["xep", "ieee"] as const)(
	`R-324-15 R-324-25 R-324-26 R-324-27 R-324-8 R-325-29 ${count / 2} histories in the %s dialect`,
	(dialect) => {
		const beginning = begin(dialect, crypto);
		const faults: string[] = [];
		const total = { moved: 0, refused: 0 };
		for (let seed = first; seed < first + count / 2; seed++) {
			const history = new History(`${dialect} ${seed}`, beginning, crypto);
			let outcome: Outcome;
			try {
				outcome = history.live(16);
			} catch (error) {
				throw new Error(`seed ${seed}: ${error}\n${history.log.join("\n")}`);
			}
			total.moved += outcome.moved;
			total.refused += outcome.refused;
			if (outcome.faults.length > 0 && faults.push(`seed ${seed}: ${outcome.faults.join("; ")}\n${history.log.join("\n")}`) === 3) break;
			if (environment.ORACLE !== undefined && seed % 1000 === 0) console.log(`${dialect} ${seed} ${JSON.stringify(total)}`);
		}
		expect(faults).toEqual([]);
		// A thing that refuses everybody is as wrong as one that refuses nobody.
		expect(total.moved).toBeGreaterThan(count);
		expect(total.refused).toBeGreaterThan(count);
	},
	36_000_000
);

test("an oracle that nothing surprises is none: a service that lets everybody in is found out", () => {
	const beginning = begin("xep", crypto);
	const faults = [1, 2, 3].flatMap((seed) => new History(seed, beginning, crypto).live(16, true).faults);
	for (const word of [" gets ", " moves ", "in the end "]) expect(faults.some((fault) => fault.includes(word))).toBe(true);
});
