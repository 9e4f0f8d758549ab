// Numbers and moments as XML Schema writes them.
import { parseDateTime, writeDateTime } from "../../../src/text/datetime.js";
import { writeDecimal } from "../../../src/text/decimal.js";

describe("xs:dateTime", () => {
	test.each([
		["1970-01-01T00:00:00Z", 0],
		["2013-03-07T16:24:30Z", 1362673470000],
		["2013-03-07T16:24:30", 1362673470000],
		["2013-03-07T18:24:30+02:00", 1362673470000],
		["2013-03-07T11:54:30-04:30", 1362673470000],
		["2013-03-07T16:24:30.5Z", 1362673470500],
		["2013-03-07T16:24:30.1234567Z", 1362673470123],
		["2013-03-07T16:24:30.0009", 1362673470000],
		["2000-02-29T23:59:59Z", 951868799000],
		["0001-01-01T00:00:00Z", -62135596800000],
		["0099-12-31T00:00:00Z", -59011545600000],
		["9999-12-31T23:59:59.999Z", 253402300799999],
		["1969-12-31T23:59:59Z", -1000]
	])("%s is another time", (text, milliseconds) => {
		expect(parseDateTime(text)).toBe(milliseconds);
	});

	test.each([
		[""],
		["2013-03-07"],
		["2013-03-07 16:24:30"],
		["2013-03-07t16:24:30Z"],
		["2013-3-07T16:24:30Z"],
		["2013-13-07T16:24:30Z"],
		["2013-00-07T16:24:30Z"],
		["2013-02-29T16:24:30Z"],
		["1900-02-29T16:24:30Z"],
		["2013-03-32T16:24:30Z"],
		["2013-03-00T16:24:30Z"],
		["2013-03-07T24:24:30Z"],
		["2013-03-07T16:60:30Z"],
		["2013-03-07T16:24:60Z"],
		["2013-03-07T16:24:30.Z"],
		["2013-03-07T16:24:30Zz"],
		["2013-03-07T16:24:30+2:00"],
		["2013-03-07T16:24:30+14:01"],
		["2013-03-07T16:24:30+02:60"],
		["2013-03-07T16:24:30*02:00"],
		["0000-03-07T16:24:30Z"],
		["-013-03-07T16:24:30Z"],
		["2013-03-07T16:24:30Z "],
		["2x13-03-07T16:24:30Z"]
	])("%j is taken for a time", (text) => {
		expect(parseDateTime(text)).toBeUndefined();
	});

	test("a time changes when it is written and read, or has a fraction that is zero", () => {
		expect(writeDateTime(1362673470000)).toBe("2013-03-07T16:24:30Z");
		expect(writeDateTime(1362673470007)).toBe("2013-03-07T16:24:30.007Z");
		for (let day = -40_000; day < 40_000; day += 37) {
			const time = day * 86_400_000 + day * 1001;
			expect(parseDateTime(writeDateTime(time))).toBe(time);
		}
		expect(() => writeDateTime(Number.NaN)).toThrow();
	});
});

describe("a decimal", () => {
	test.each([
		[23.4, 1, "23.4"],
		[23.4, 2, "23.40"],
		[23.45, 0, "23"],
		[0.5, 0, "1"],
		[0.4, 0, "0"],
		[0.125, 2, "0.13"],
		[-0.125, 2, "-0.13"],
		[0, 1, "0.0"],
		[-0.04, 1, "0.0"],
		[-0.4, 0, "0"],
		[1e-7, 3, "0.000"],
		[1e-7, 7, "0.0000001"],
		[123456789012, 0, "123456789012"],
		[1e21, 0, "1000000000000000000000"],
		[-1e21, 1, "-1000000000000000000000.0"],
		[1.5e22, 0, "15000000000000000000000"]
	])("%d with %d decimals is not written %s", (value, decimals, text) => {
		expect(writeDecimal(value, decimals)).toBe(text);
	});

	test.each([[Number.NaN], [Infinity], [-Infinity]])("%d is written as a number", (value) => {
		expect(writeDecimal(value, 1)).toBeUndefined();
	});
});
