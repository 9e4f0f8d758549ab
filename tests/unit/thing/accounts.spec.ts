// One account for life, whatever the power does between proposing and confirming it.
import { Accounts } from "../../../src/thing/accounts.js";
import { Vault } from "../../../src/thing/vault.js";
import { FakeStorage, fakeRandom, PowerCut } from "../../support/storage.js";

function accounts(storage: FakeStorage, domain = "example.org", seed = 1): Accounts {
	return new Accounts(new Vault(storage, () => {}), fakeRandom(seed), domain);
}

test("a proposal is stored before it is given out", () => {
	const storage = new FakeStorage();
	const first = accounts(storage);
	expect(first.account()).toBeUndefined();
	const proposed = first.propose();
	expect(proposed.registered).toBe(false);
	expect(proposed.username).toHaveLength(16);
	expect(proposed.password).toHaveLength(26);
	expect(accounts(storage, "example.org", 9).account()).toEqual(proposed);
	first.confirm();
	expect(accounts(storage).account()).toEqual({ ...proposed, registered: true });
});

test("a name that is taken is replaced by another, with another password", () => {
	const one = accounts(new FakeStorage());
	const first = one.propose();
	const second = one.propose();
	expect(second.username).not.toBe(first.username);
	expect(second.password).not.toBe(first.password);
});

test("power that goes at any write leaves no account, the proposed or the confirmed one", () => {
	for (const after of [false, true]) {
		for (const cut of [0, 1]) {
			const storage = new FakeStorage();
			storage.cut = cut;
			storage.after = after;
			const living = accounts(storage);
			let proposed = "";
			let died = false;
			try {
				proposed = living.propose().username;
				living.confirm();
			} catch (error) {
				died = error instanceof PowerCut;
			}
			expect(died).toBe(true);
			const reborn = accounts(new FakeStorage(storage.records), "example.org", 9).account();
			if (cut === 0 && !after) expect(reborn).toBeUndefined();
			else if (cut === 0) expect(reborn?.registered).toBe(false);
			else expect(reborn).toEqual({ username: proposed, password: living.account()?.password ?? "", registered: after });
		}
	}
});

test("an account of another broker is none here, and that is known", () => {
	const storage = new FakeStorage();
	accounts(storage).propose();
	const moved = accounts(storage, "example.net");
	expect(moved.account()).toBeUndefined();
	expect(moved.moved).toBe(true);
	expect(accounts(storage).moved).toBe(false);
});

test("a torn record is no account", () => {
	const storage = new FakeStorage();
	accounts(storage).propose();
	storage.records.set("account", storage.records.get("account")!.slice(0, 20));
	expect(accounts(storage).account()).toBeUndefined();
});

test("a storage that is full costs the cache of keys, not the login", () => {
	const storage = new FakeStorage();
	const one = accounts(storage);
	one.propose();
	storage.cut = storage.writes;
	const keys = { clientKey: new Uint8Array([1]), serverKey: new Uint8Array([2]) };
	one.keepKeys("SCRAM-SHA-256", "c2FsdA==", 4096, keys);
	expect(one.keys("SCRAM-SHA-256", "c2FsdA==", 4096)).toBeUndefined();
});

test("keys are found for what they were made for, and for nothing else", () => {
	const storage = new FakeStorage();
	const one = accounts(storage);
	one.propose();
	const keys = { clientKey: new Uint8Array([1, 2]), serverKey: new Uint8Array([3, 255]) };
	one.keepKeys("SCRAM-SHA-256", "c2FsdA==", 4096, keys);
	const next = accounts(storage, "example.org", 5);
	expect(next.keys("SCRAM-SHA-256", "c2FsdA==", 4096)).toEqual(keys);
	expect(next.keys("SCRAM-SHA-1", "c2FsdA==", 4096)).toBeUndefined();
	expect(next.keys("SCRAM-SHA-256", "b3RoZXI=", 4096)).toBeUndefined();
	expect(next.keys("SCRAM-SHA-256", "c2FsdA==", 5000)).toBeUndefined();
	next.propose();
	expect(next.keys("SCRAM-SHA-256", "c2FsdA==", 4096)).toBeUndefined();
});

describe("tokens", () => {
	const old = "HT-SHA-256-NONE one";
	const now = "HT-SHA-256-EXPR two";

	test("are found by the account that they were given to, in their order, and by no other", () => {
		const storage = new FakeStorage();
		const one = accounts(storage);
		one.propose();
		expect(one.tokens()).toEqual([]);
		one.keepTokens([now, old]);
		expect(accounts(storage, "example.org", 5).tokens()).toEqual([now, old]);
		expect(accounts(storage, "example.net").tokens()).toEqual([]);
		one.propose();
		expect(one.tokens()).toEqual([]);
	});

	test("are written when they change, and not otherwise", () => {
		const storage = new FakeStorage();
		const one = accounts(storage);
		one.propose();
		one.keepTokens([old]);
		const { writes } = storage;
		one.keepTokens([old]);
		expect(storage.writes).toBe(writes);
	});

	test("leave nothing behind when there are none", () => {
		const storage = new FakeStorage();
		const one = accounts(storage);
		one.propose();
		one.keepTokens([now, old]);
		one.keepTokens([]);
		expect([...storage.records.keys()]).toEqual(["account"]);
		expect(accounts(storage).tokens()).toEqual([]);
	});

	test("that cannot be stored leave those that were", () => {
		const storage = new FakeStorage();
		const one = accounts(storage);
		one.propose();
		one.keepTokens([old]);
		storage.cut = storage.writes;
		one.keepTokens([now, old]);
		expect(one.tokens()).toEqual([old]);
	});
});

test("what the server did is known at the next boot, and nothing that cannot be read", () => {
	const storage = new FakeStorage();
	const habits = { mechanism: "SCRAM-SHA-256", binding: "tls-exporter", inline: 47, sm: true, refusals: 0 } as const;
	accounts(storage).keepHabits(habits);
	expect(accounts(storage).habits()).toEqual(habits);
	expect(accounts(storage, "example.net").habits()).toBeUndefined();
	// As an earlier firmware wrote it.
	new Vault(storage, () => {}).write("server", { ...habits, inline: undefined, domain: "example.org" });
	expect(accounts(storage).habits()).toBeUndefined();
});
