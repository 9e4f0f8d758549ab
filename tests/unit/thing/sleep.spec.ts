// What outlives a sleep of the board, and what does not.
import type { Storage } from "../../../src/host.js";
import { decodeUTF8, encodeUTF8 } from "../../../src/text/utf8.js";
import { fallAsleep, takeSession } from "../../../src/thing/sleep.js";
import type { HeldSession, Session } from "../../../src/xmpp/session.js";
import { FakeStorage } from "../../support/storage.js";

const ACCOUNT = Object.freeze({ username: "t0", password: "pencil", registered: true });
const HELD: HeldSession = Object.freeze({
	...{ jid: "t0@a.example/r", id: "s1", handled: 4_294_967_295, acknowledged: 7, until: 1_750_000_600_000 },
	...{ unacked: [encodeUTF8("<message><body>21 \u00b0C</body></message>"), encodeUTF8("<iq type='result' id='1'/>")] },
	...{ place: "[2001:db8::1]:5299", tls: "direct" as const }
});

/** A session that gives this when it is suspended, and whose thing counts how often it was told that it is over. */
function sleeper(held: HeldSession | undefined = HELD): { readonly session: Session; suspended: number; lost: number; onLost(): void } {
	const one = {
		suspended: 0,
		lost: 0,
		onLost: () => {
			one.lost++;
		},
		session: {
			router: { address: "t0@a.example/r" },
			suspend: () => {
				one.suspended++;
				return held;
			}
		} as unknown as Session
	};
	return one;
}

const texts = (held: HeldSession | undefined) => held && { ...held, unacked: held.unacked.map((stanza) => decodeUTF8(stanza)) };

test("R-CORE-7 what is held comes back whole, once", () => {
	const memory = new FakeStorage();
	const one = sleeper();
	expect(fallAsleep(memory, one.session, one, [{ busy: false }, undefined])).toBe(true);
	expect([one.suspended, one.lost]).toEqual([1, 1]);
	expect(texts(takeSession(memory, "a.example", ACCOUNT))).toEqual(texts(HELD));
	expect(takeSession(memory, "a.example", ACCOUNT)).toBeUndefined();
});

test("R-CORE-7 nothing unacknowledged is nothing, and no place is none", () => {
	const memory = new FakeStorage();
	const one = sleeper({ ...HELD, unacked: [], place: undefined, tls: undefined });
	fallAsleep(memory, one.session, one, []);
	const taken = takeSession(memory, "a.example", ACCOUNT)!;
	expect([taken.id, taken.unacked, taken.place, taken.tls]).toEqual(["s1", [], undefined, undefined]);
});

test("while somebody waits it stays awake", () => {
	const one = sleeper();
	expect(fallAsleep(new FakeStorage(), one.session, one, [{ busy: false }, { busy: true }])).toBe(false);
	expect([one.suspended, one.lost]).toEqual([0, 0]);
});

test("without memory, or without a session, it stays awake", () => {
	const one = sleeper();
	expect(fallAsleep(undefined, one.session, one, [])).toBe(false);
	const offline = { ...one, session: { ...one.session, router: { address: undefined } } as unknown as Session };
	expect(fallAsleep(new FakeStorage(), offline.session, one, [])).toBe(false);
	expect([one.suspended, one.lost]).toEqual([0, 0]);
});

test("where there is no room it sleeps all the same, and binds anew", () => {
	const full: Storage = {
		valueLimit: 0,
		read: () => undefined,
		write: () => {
			throw new Error("full");
		},
		delete: () => undefined,
		list: () => []
	};
	const one = sleeper();
	expect(fallAsleep(full, one.session, one, [])).toBe(true);
	expect(takeSession(full, "a.example", ACCOUNT)).toBeUndefined();
});

test.each([
	["another account's", "a.example", { ...ACCOUNT, username: "t" }],
	["that of another broker", "b.example", ACCOUNT],
	["that of an account that is not one yet", "a.example", { ...ACCOUNT, registered: false }],
	["nobody's", "a.example", undefined]
])("%s is not gone on with, now or later", (_whose, domain, account) => {
	const memory = new FakeStorage();
	const one = sleeper();
	fallAsleep(memory, one.session, one, []);
	expect(takeSession(memory, domain, account)).toBeUndefined();
	expect(memory.list("")).toEqual([]);
});

test("what is damaged is as if it had never been", () => {
	const memory = new FakeStorage();
	const one = sleeper();
	fallAsleep(memory, one.session, one, []);
	const key = memory.list("")[0]!;
	const bytes = memory.read(key)!;
	for (let at = 0; at < bytes.length; at++) {
		const harmed = bytes.slice();
		harmed[at]! ^= 1;
		memory.write(key, harmed);
		expect(takeSession(memory, "a.example", ACCOUNT)).toBeUndefined();
	}
});
