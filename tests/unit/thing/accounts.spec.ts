// One account for life, whatever the power does between proposing and confirming it.
import { Accounts } from "../../../src/thing/accounts.js";
import type { LifeCycle } from "../../../src/thing/life-cycle.js";
import { Vault } from "../../../src/thing/vault.js";
import { FakeStorage, fakeRandom, PowerCut } from "../../support/storage.js";

const FIRST: Life = { era: 8, state: "registered" };
const OWNED: Life = { era: 9, state: "claimed" };
const NEXT: Life = { era: 10, state: "disowned" };
type Life = Pick<LifeCycle, "era" | "state">;

function accounts(storage: FakeStorage, domain = "example.org", seed = 1, life: Life = FIRST): Accounts {
	return new Accounts(new Vault(storage, () => {}), fakeRandom(seed), domain, life);
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

/** Registered in this time of its life. */
function standing(life: Life): { storage: FakeStorage; password: string } {
	const storage = new FakeStorage();
	const first = accounts(storage, "example.org", 1, life);
	const { password } = first.propose();
	first.confirm();
	return { storage, password };
}

test("R-077-6 the password is changed when somebody has come or gone, and not else: both are stored before it is asked", () => {
	const { storage, password } = standing(FIRST);
	expect(accounts(storage).change()).toBeUndefined();
	const owned = accounts(storage, "example.org", 5, OWNED);
	const asked = owned.change();
	expect(asked?.password.length).toBe(26);
	expect(asked?.password === password).toBe(false);
	// Asked once at a time.
	expect(owned.change()).toBeUndefined();
	// The power goes: the next boot tries the new one, then the old.
	const next = accounts(storage, "example.org", 6, OWNED);
	expect(next.account()).toEqual(asked);
	expect(next.refused()).toBe(true);
	expect(next.account()?.password).toBe(password);
	next.taken();
	// It is asked the same again, never a third.
	expect(next.change()).toEqual(asked);
	next.changed(true);
	expect(next.account()).toEqual(asked);
	expect(next.change()).toBeUndefined();
	const later = accounts(storage, "example.org", 7, OWNED);
	expect(later.account()).toEqual(asked);
	expect(later.refused()).toBe(false);
	expect(later.account()).toEqual(asked);
});

test("R-077-6 who logged in by a token after the next password was refused asks for the next, and not for the present one again", () => {
	const { storage } = standing(FIRST);
	const asked = accounts(storage, "example.org", 5, OWNED).change();
	const next = accounts(storage, "example.org", 6, OWNED);
	next.refused();
	// By a token: nothing is said of passwords.
	expect(next.change()).toEqual(asked);
	next.changed(true);
	expect(next.account()).toEqual(asked);
});

test("R-347-29 tokens are of the password under which they were given: another password voids them, and none is left in storage", () => {
	const { storage } = standing(FIRST);
	const first = accounts(storage);
	first.keepTokens(["HT-SHA-256-NONE secret"]);
	expect(accounts(storage).tokens()).toEqual(["HT-SHA-256-NONE secret"]);
	const owned = accounts(storage, "example.org", 5, OWNED);
	owned.change();
	expect(owned.tokens()).toEqual([]);
	owned.changed(true);
	expect(owned.tokens()).toEqual([]);
	expect(storage.read("tokens")).toBeUndefined();
});

test("R-077-6 a login by the new password ends the doubt", () => {
	const { storage } = standing(FIRST);
	const asked = accounts(storage, "example.org", 5, OWNED).change();
	const next = accounts(storage, "example.org", 6, OWNED);
	next.taken();
	expect(next.refused()).toBe(false);
	expect(accounts(storage).account()).toEqual(asked);
	expect(next.change()).toBeUndefined();
});

test("R-077-6 who goes while a change for who came is under way: that is settled first, then it is changed once more", () => {
	const { storage, password } = standing(FIRST);
	const first = accounts(storage, "example.org", 5, OWNED).change();
	const gone = accounts(storage, "example.org", 6, NEXT);
	expect(gone.change()).toEqual(first);
	gone.changed(true);
	const second = gone.change();
	expect([first?.password, password].includes(second?.password ?? password)).toBe(false);
	gone.changed(true);
	expect(gone.change()).toBeUndefined();
});

test("R-077-6 no answer leaves it open; a refusal is taken for this time of its life, and asked again in the next", () => {
	const { storage, password } = standing(FIRST);
	const owned = accounts(storage, "example.org", 5, OWNED);
	const asked = owned.change();
	owned.changed(undefined);
	expect(owned.change()).toEqual(asked);
	owned.changed(false);
	expect(owned.account()?.password).toBe(password);
	expect(owned.change()).toBeUndefined();
	expect(accounts(storage, "example.org", 6, OWNED).change()).toBeUndefined();
	expect(accounts(storage, "example.org", 6, NEXT).change()?.username).toBe(asked?.username);
});

test("both refused: the next login begins with the new one again", () => {
	const { storage, password } = standing(FIRST);
	const asked = accounts(storage, "example.org", 5, OWNED).change();
	const next = accounts(storage, "example.org", 6, OWNED);
	const tried: (string | undefined)[] = [];
	for (let login = 0; login < 2; login++) {
		do tried.push(next.account()?.password);
		while (next.refused());
	}
	expect(tried).toEqual([asked?.password, password, asked?.password, password]);
});

test("power that goes at any write of a change leaves a password that the server knows", () => {
	for (const after of [false, true]) {
		for (let cut = 2; cut < 5; cut++) {
			const { storage, password } = standing(FIRST);
			storage.cut = cut;
			storage.after = after;
			const owned = accounts(storage, "example.org", 5, OWNED);
			const asked = owned.change()?.password;
			// Whether the server heard of it or not, where it was asked at all.
			for (const server of asked === undefined ? [password] : [password, asked]) {
				const reborn = accounts(new FakeStorage(storage.records), "example.org", 6, OWNED);
				const known = [reborn.account()?.password];
				if (reborn.refused()) known.push(reborn.account()?.password);
				expect(known).toContain(server);
			}
			owned.changed(true);
			const later = accounts(new FakeStorage(storage.records), "example.org", 7, OWNED);
			const known = [later.account()?.password];
			if (later.refused()) known.push(later.account()?.password);
			expect(known).toContain(asked ?? password);
		}
	}
});

test("a change that cannot be stored is not asked; one that cannot be noted is found out by the next login", () => {
	const { storage } = standing(FIRST);
	const owned = accounts(storage, "example.org", 5, OWNED);
	storage.cut = storage.writes;
	expect(owned.change()).toBeUndefined();
	storage.cut = undefined;
	const asked = owned.change();
	storage.cut = storage.writes;
	owned.changed(true);
	expect(owned.account()).toEqual(asked);
	expect(owned.change()).toBeUndefined();
	expect(accounts(new FakeStorage(storage.records)).account()).toEqual(asked);
});

test("R-077-6 an account that is to be removed gets no new password, and is forgotten when the server knows it no more", () => {
	const { storage } = standing(FIRST);
	const leaving: Life = { era: 12, state: "leaving" };
	const one = accounts(storage, "example.org", 5, leaving);
	expect(one.isLeaving).toBe(true);
	expect(one.change()).toBeUndefined();
	expect(one.refused()).toBe(false);
	expect(one.account()).toBeUndefined();
	expect(accounts(storage, "example.org", 5, leaving).account()).toBeUndefined();
	// The one that is made then is of this time, and stays.
	one.propose();
	expect(one.isLeaving).toBe(false);
	one.refused();
	expect(one.account()?.registered).toBe(false);
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
	const owned = accounts(storage, "example.org", 5, OWNED);
	owned.confirm();
	// Another password under the same salt.
	owned.change();
	expect(owned.keys("SCRAM-SHA-256", "c2FsdA==", 4096)).toBeUndefined();
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

test("an account by certificate has no password to change and is not given up, whoever owns the thing", () => {
	const storage = new FakeStorage();
	accounts(storage).propose();
	const { writes } = storage;
	for (const life of [FIRST, OWNED, NEXT, { era: 12, state: "leaving" } as const]) {
		const one = new Accounts(new Vault(storage, () => {}), fakeRandom(1), "example.org", life, "thing");
		expect(one.account()).toEqual({ username: "thing", password: "", registered: true });
		expect(one.change()).toBeUndefined();
		expect(one.isLeaving).toBe(false);
		one.confirm();
		one.taken();
		expect(one.refused()).toBe(false);
		expect(one.account()?.username).toBe("thing");
	}
	expect(storage.writes).toBe(writes);
});
