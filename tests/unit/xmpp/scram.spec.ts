// SCRAM against the vectors of RFC 5802 and RFC 7677, and against servers that cheat.
import { Scram, type ScramKeys, type ScramMechanism } from "../../../src/xmpp/scram.js";
import { TestCrypto } from "../../support/crypto.js";

const crypto = new TestCrypto();

interface Vector {
	readonly mechanism: ScramMechanism;
	readonly nonce: string;
	readonly serverFirst: string;
	readonly final: string;
	readonly serverFinal: string;
}

const rfc5802: Vector = {
	mechanism: "SCRAM-SHA-1",
	nonce: "fyko+d2lbbFgONRv9qkxdawL",
	serverFirst: "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
	final: "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
	serverFinal: "v=rmF9pqV8S7suAoZWja4dJRkFsKQ="
};

const rfc7677: Vector = {
	mechanism: "SCRAM-SHA-256",
	nonce: "rOprNGfwEbeRWgbNEkqO",
	serverFirst: "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
	final: "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
	serverFinal: "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
};

function scram(vector: Vector, keys?: (salt: string, iterations: number) => ScramKeys | undefined): Scram {
	return new Scram({ mechanism: vector.mechanism, username: "user", password: "pencil", nonce: vector.nonce, crypto, keys });
}

describe("scram", () => {
	test.each([
		["RFC 5802 section 5", rfc5802],
		["RFC 7677 section 3", rfc7677]
	])("the exchange of %s comes out to the letter", (_, vector) => {
		const client = scram(vector);
		expect(client.first()).toBe(`n,,n=user,r=${vector.nonce}`);
		expect(client.final(vector.serverFirst)).toBe(vector.final);
		expect(client.verify(vector.serverFinal)).toBe(true);
	});

	test("R-CORE-3 a server that does not know the account is told apart", () => {
		for (const wrong of [
			"v=rmF9pqV8S7suAoZWja4dJRkFsKR=",
			"v=rmF9pqV8S7suAoZWja4dJRkFsA==",
			"v=",
			"v=?",
			"",
			"e=other-error",
			"x=1,v=rmF9pqV8S7suAoZWja4dJRkFsKQ="
		]) {
			const client = scram(rfc5802);
			client.final(rfc5802.serverFirst);
			expect(client.verify(wrong)).toBe(false);
		}
	});

	test("an extension behind the signature does no harm", () => {
		const client = scram(rfc5802);
		client.final(rfc5802.serverFirst);
		expect(client.verify(`${rfc5802.serverFinal},x=1`)).toBe(true);
	});

	test("a server's signature before its challenge proves nothing", () => {
		expect(scram(rfc5802).verify(rfc5802.serverFinal)).toBe(false);
	});

	test("a second challenge is refused", () => {
		const client = scram(rfc5802);
		client.final(rfc5802.serverFirst);
		expect(() => client.final(rfc5802.serverFirst)).toThrow("second");
	});

	test.each([
		["the nonce is another", "r=other3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096"],
		["the nonce is ours and no more", "r=fyko+d2lbbFgONRv9qkxdawL,s=QSXCR+Q6sek8bf92,i=4096"],
		["the nonce holds a control character", "r=fyko+d2lbbFgONRv9qkxdawL\u0007,s=QSXCR+Q6sek8bf92,i=4096"],
		["a mandatory extension stands first", "m=x,r=fyko+d2lbbFgONRv9qkxdawL3rfc,s=QSXCR+Q6sek8bf92,i=4096"],
		["the order is changed", "s=QSXCR+Q6sek8bf92,r=fyko+d2lbbFgONRv9qkxdawL3rfc,i=4096"],
		["there is no salt", "r=fyko+d2lbbFgONRv9qkxdawL3rfc,i=4096"],
		["the salt is empty", "r=fyko+d2lbbFgONRv9qkxdawL3rfc,s=,i=4096"],
		["the salt is not base64", "r=fyko+d2lbbFgONRv9qkxdawL3rfc,s=QSXC?,i=4096"],
		["there is no count", "r=fyko+d2lbbFgONRv9qkxdawL3rfc,s=QSXCR+Q6sek8bf92"],
		["the count is empty", "r=fyko+d2lbbFgONRv9qkxdawL3rfc,s=QSXCR+Q6sek8bf92,i="],
		["the count is not a number", "r=fyko+d2lbbFgONRv9qkxdawL3rfc,s=QSXCR+Q6sek8bf92,i=4096x"],
		["the count starts with 0", "r=fyko+d2lbbFgONRv9qkxdawL3rfc,s=QSXCR+Q6sek8bf92,i=04096"],
		["the count is negative", "r=fyko+d2lbbFgONRv9qkxdawL3rfc,s=QSXCR+Q6sek8bf92,i=-4096"],
		["the count is too small", "r=fyko+d2lbbFgONRv9qkxdawL3rfc,s=QSXCR+Q6sek8bf92,i=4095"],
		["the count would keep a chip busy", "r=fyko+d2lbbFgONRv9qkxdawL3rfc,s=QSXCR+Q6sek8bf92,i=100001"],
		["the count has no end", `r=fyko+d2lbbFgONRv9qkxdawL3rfc,s=QSXCR+Q6sek8bf92,i=1${"0".repeat(400)}`],
		["there is only an error", "e=unknown-user"],
		["there is nothing", ""]
	])("a challenge is refused before a key is derived when %s", (_, serverFirst) => {
		const before = crypto.derivations;
		expect(() => scram(rfc5802).final(serverFirst)).toThrow();
		expect(crypto.derivations).toBe(before);
	});

	test("names with = and , are written so that they cannot add an attribute", () => {
		const client = new Scram({ mechanism: "SCRAM-SHA-1", username: "a=b,n=c", password: "pencil", nonce: "x", crypto });
		expect(client.first()).toBe("n,,n=a=3Db=2Cn=3Dc,r=x");
	});

	test("text that SASLprep might change is refused rather than guessed", () => {
		for (const [username, password] of [
			["us\u00e9r", "pencil"],
			["user", "p\u0000"],
			["user", ""],
			["", "pencil"]
		])
			expect(() => new Scram({ mechanism: "SCRAM-SHA-1", username: username!, password: password!, nonce: "x", crypto })).toThrow("ASCII");
	});

	test("kept keys make the same proof without a derivation", () => {
		const first = scram(rfc7677);
		first.final(rfc7677.serverFirst);
		const derived = first.derived;
		expect(derived?.salt).toBe("W22ZaJ0SNY7soEsUEjb6gQ==");
		expect(derived?.iterations).toBe(4096);
		const before = crypto.derivations;
		const second = scram(rfc7677, (salt, iterations) =>
			salt === derived?.salt && iterations === derived.iterations ? derived.keys : undefined
		);
		expect(second.final(rfc7677.serverFirst)).toBe(rfc7677.final);
		expect(second.verify(rfc7677.serverFinal)).toBe(true);
		expect(second.derived).toBeUndefined();
		expect(crypto.derivations).toBe(before);
	});
});
