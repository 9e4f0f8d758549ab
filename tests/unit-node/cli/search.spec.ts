// What is typed as a test of a search is one operator of XEP-0347 3.12, each of them.
import { parseTest } from "../../../hosts/cli/search.js";

test.each([
	["MAN=example.org", '<strEq name="MAN" value="example.org"/>'],
	["MAN<>a=b", '<strNEq name="MAN" value="a=b"/>'],
	["MAN>a", '<strGt name="MAN" value="a"/>'],
	["MAN>=a", '<strGtEq name="MAN" value="a"/>'],
	["MAN<a", '<strLt name="MAN" value="a"/>'],
	["MAN<=a", '<strLtEq name="MAN" value="a"/>'],
	["MAN=[a..b]", '<strRange name="MAN" min="a" max="b" minIncluded="true" maxIncluded="true"/>'],
	["MAN<>(a..b]", '<strNRange name="MAN" min="a" max="b" minIncluded="false" maxIncluded="true"/>'],
	["SN~*77*", '<strMask name="SN" value="77*" wildcard="*"/>'],
	["#V=1", '<numEq name="V" value="1"/>'],
	["#V<>1e3", '<numNEq name="V" value="1e3"/>'],
	["#V>-.5", '<numGt name="V" value="-.5"/>'],
	["#V>=1", '<numGtEq name="V" value="1"/>'],
	["#V<1", '<numLt name="V" value="1"/>'],
	["#V<=1", '<numLtEq name="V" value="1"/>'],
	["#LAT=[-45.5..60)", '<numRange name="LAT" min="-45.5" max="60" minIncluded="true" maxIncluded="false"/>'],
	["#LAT<>[45..60]", '<numNRange name="LAT" min="45" max="60" minIncluded="true" maxIncluded="true"/>'],
	// No ranges, but texts.
	["MAN=[a..b", '<strEq name="MAN" value="[a..b"/>'],
	["MAN=a..b", '<strEq name="MAN" value="a..b"/>'],
	["MAN>[a..b]", '<strGt name="MAN" value="[a..b]"/>']
])("%s", (text, element) => {
	expect(parseTest(text).toString()).toBe(element);
});

test.each(["", "MAN", "MAN=", "=a", "#V=a", "#V=[1..a]", "#V=[..1]", "#V>[1..2]", "#SN~*1*", "SN~*", "KEY=1", "key~*1", "M N=1", "M:N=1"])(
	"%s is none",
	(text) => {
		expect(() => parseTest(text)).toThrow();
	}
);
