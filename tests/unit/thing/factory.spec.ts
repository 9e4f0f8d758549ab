// Serial number and KEY: made once, never changed under a printed sticker.

import { checkTags, parseSticker } from "../../../hosts/factory/sticker.js";
import { writeSticker } from "../../../src/iot/sticker.js";
import { factoryNow, forgetAPIKey, loadAPIKey, loadFactory, tagsOf } from "../../../src/thing/factory.js";
import { Vault } from "../../../src/thing/vault.js";
import { weatherStation } from "../../../src/things/weather-station.js";
import { TestCrypto } from "../../support/crypto.js";
import { FakeStorage, fakeRandom } from "../../support/storage.js";

const vault = (storage: FakeStorage): Vault => new Vault(storage, () => {});

test("R-347-7 a KEY of 128 random bits, the same after every boot", () => {
	const storage = new FakeStorage();
	const first = loadFactory(vault(storage), fakeRandom(1), {});
	expect(first.key).toMatch(/^[a-z2-7]{26}$/);
	expect(loadFactory(vault(storage), fakeRandom(2), {})).toEqual(first);
	expect(storage.writes).toBe(1);
});

test("what the factory gave is kept", () => {
	const storage = new FakeStorage();
	const given = { serial: "SN-1", key: "k".repeat(26) };
	expect(loadFactory(vault(storage), fakeRandom(), given)).toEqual(given);
	expect(loadFactory(vault(storage), fakeRandom(), { serial: "SN-1" })).toEqual(given);
});

test("another serial or KEY than the stored one is refused, without telling the KEY", () => {
	const storage = new FakeStorage();
	loadFactory(vault(storage), fakeRandom(), { serial: "SN-1", key: "secret" });
	expect(() => loadFactory(vault(storage), fakeRandom(), { serial: "SN-2" })).toThrow("SN-1");
	expect(() => loadFactory(vault(storage), fakeRandom(), { key: "other" })).toThrow("another KEY");
});

test("R-347-4 R-347-6 the tags are the sticker's, static, and hold", () => {
	const tags = tagsOf({ ...weatherStation, name: "Roof" }, { serial: "SN-1", key: "k" });
	expect(checkTags(tags)).toBeUndefined();
	expect(tags.map(({ name, value }) => `${name}=${value}`)).toEqual([
		"SN=SN-1",
		"MAN=extasis.example",
		"MODEL=WeatherStation",
		"V=1",
		"CLASS=Weather",
		"NAME=Roof",
		"KEY=k"
	]);
	expect(parseSticker(writeSticker(tags, "registry.example.org"))?.tags).toEqual(tags);
});

test("R-347-7 a fresh KEY for each time without owner: the same after a boot, of 128 bits, and telling nothing of the factory's or of another", () => {
	const crypto = new TestCrypto();
	const factory = { serial: "SN-1", key: "k".repeat(26) };
	const fresh = { ...weatherStation, key: "fresh" as const };
	const first = factoryNow(fresh, factory, crypto, 7);
	expect(first).toEqual(factoryNow(fresh, factory, crypto, 7));
	expect(first.serial).toBe("SN-1");
	expect(first.key).toMatch(/^[a-z2-7]{26}$/);
	const keys = [
		factory.key,
		first.key,
		factoryNow(fresh, factory, crypto, 8).key,
		factoryNow(fresh, { ...factory, key: "j" }, crypto, 7).key
	];
	expect(new Set(keys).size).toBe(4);
	expect(factoryNow(weatherStation, factory, crypto, 7)).toBe(factory);
});

test("what is its own has no KEY in its tags", () => {
	const tags = tagsOf({ ...weatherStation, selfOwned: true }, { serial: "SN-1", key: "k" });
	expect(tags.some(({ name }) => name === "KEY")).toBe(false);
});

test("R-348-12 an API key is kept, replaced by a newer one, and gone for good when it is forgotten", () => {
	const storage = new FakeStorage();
	expect(loadAPIKey(vault(storage), undefined)).toBeUndefined();
	const first = { key: "k", secret: "s" };
	expect(loadAPIKey(vault(storage), first)).toEqual(first);
	expect(loadAPIKey(vault(storage), undefined)).toEqual(first);
	loadAPIKey(vault(storage), first);
	expect(storage.writes).toBe(1);
	const second = { key: "k", secret: "t" };
	loadAPIKey(vault(storage), second);
	expect(loadAPIKey(vault(storage), undefined)).toEqual(second);
	forgetAPIKey(vault(storage));
	expect(loadAPIKey(vault(storage), undefined)).toBeUndefined();
});
