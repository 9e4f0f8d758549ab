// Records that are torn, foreign or cut off: absent, reported, never a crash.
import { encodeUTF8 } from "../../../src/text/utf8.js";
import { Vault } from "../../../src/thing/vault.js";
import { FakeStorage } from "../../support/storage.js";

test("what is written is read back, by another vault too", () => {
	const storage = new FakeStorage();
	const errors: string[] = [];
	new Vault(storage, (message) => errors.push(message)).write("a", { text: "Grüße 😀", number: 1.5, flag: false, none: undefined });
	expect(new Vault(storage, (message) => errors.push(message)).read("a")).toEqual({ text: "Grüße 😀", number: 1.5, flag: false });
	expect(errors).toEqual([]);
});

test("nothing stored is nothing wrong", () => {
	const errors: string[] = [];
	expect(new Vault(new FakeStorage(), (message) => errors.push(message)).read("a")).toBeUndefined();
	expect(errors).toEqual([]);
});

test("every flipped bit and every lost end is noticed", () => {
	const storage = new FakeStorage();
	let errors = 0;
	const vault = new Vault(storage, () => errors++);
	vault.write("a", { owner: "o@example.org", epoch: 7 });
	const whole = storage.records.get("a")!;
	let tried = 0;
	for (let at = 0; at < whole.length; at++) {
		for (const bit of [1, 0x80]) {
			const torn = whole.slice();
			torn[at]! ^= bit;
			storage.records.set("a", torn);
			expect(vault.read("a")).toBeUndefined();
			tried++;
		}
		storage.records.set("a", whole.slice(0, at));
		expect(vault.read("a")).toBeUndefined();
		tried++;
	}
	expect(errors).toBe(tried);
});

test("a record under another's key is none", () => {
	const storage = new FakeStorage();
	const vault = new Vault(storage, () => {});
	vault.write("a", { epoch: 7 });
	storage.records.set("b", storage.records.get("a")!);
	expect(vault.read("b")).toBeUndefined();
});

test("another program's bytes are none", () => {
	const storage = new FakeStorage();
	const vault = new Vault(storage, () => {});
	storage.records.set("a", encodeUTF8('{"epoch":7}'));
	expect(vault.read("a")).toBeUndefined();
});

test("storage that cannot be read is reported, not thrown", () => {
	const storage = new FakeStorage();
	storage.read = () => {
		throw new Error("flash");
	};
	const errors: string[] = [];
	expect(new Vault(storage, (message) => errors.push(message)).read("a")).toBeUndefined();
	expect(errors).toHaveLength(1);
});
