// Both memories of the registry do the same; what is on disk outlives the process, whatever way it ended.

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "@jest/globals";
import type { Question, Rule } from "../../../hosts/broker/decision-store.js";
import { blind } from "../../../hosts/broker/digest.js";
import { SQLiteStore } from "../../../hosts/broker/sqlite.js";
import { MemoryStore, type Store, type ThingRecord } from "../../../hosts/broker/store.js";
import { Bench, XEP } from "./bench.js";

let folder = "";
let open: SQLiteStore[] = [];

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "extasis-store-"));
});

afterEach(() => {
	for (const store of open.splice(0)) store.close();
	rmSync(folder, { recursive: true, force: true });
});

const sqlite = (): SQLiteStore => {
	const store = new SQLiteStore(join(folder, "registry.db"));
	open.push(store);
	return store;
};

const close = (store: SQLiteStore): void => {
	store.close();
	open = open.filter((each) => each !== store);
};

const thing = (jid: string, more: Partial<ThingRecord> = {}): ThingRecord => ({
	...{ jid, node: ["", "", ""], namespace: XEP, tags: [{ name: "SN", value: "1" }], fingerprint: "f", selfOwned: false },
	...{ listed: false, told: false, registeredAt: 1_800_000_000_000, ...more }
});

describe.each<[string, () => Store]>([
	["memory", () => new MemoryStore()],
	["sqlite", sqlite]
])("in %s", (_, make) => {
	test("a record comes back as it was", () => {
		const store = make();
		const tags = [
			{ name: "A", value: "Zürich 😀 ' \" \\" },
			{ name: "B", value: 1.7976931348623157e308 },
			{ name: "C", value: -0.1 }
		];
		const full = thing("a@x", {
			node: ["1", "", "p"],
			tags,
			owner: "o@x",
			listed: true,
			told: true,
			address: "a@x/r",
			claimedAt: 1_800_000_000_001
		});
		store.put(full);
		expect(store.get(full)).toEqual(full);
		expect(store.get(thing("a@x"))).toBeUndefined();
		store.put(thing("a@x"));
		expect(store.get(thing("a@x"))?.owner).toBeUndefined();
	});

	test("things are found by account, owner and fingerprint, in one order", () => {
		const store = make();
		store.put(thing("b@x", { owner: "o@x", listed: true }));
		store.put(thing("a@x", { fingerprint: "g", owner: "o@x" }));
		store.put(thing("a@x", { node: ["2", "", ""], listed: true }));
		const ids = (things: Iterable<ThingRecord>) => [...things].map(({ jid, node }) => jid + node[0]);
		expect(ids(store.ofJID("a@x"))).toEqual(["a@x", "a@x2"]);
		expect(ids(store.ofOwner("o@x"))).toEqual(["a@x", "b@x"]);
		expect(ids(store.ofFingerprint("f"))).toEqual(["a@x2", "b@x"]);
		expect(ids(store.listed())).toEqual(["a@x2", "b@x"]);
		store.delete(thing("b@x"));
		expect(ids(store.listed())).toEqual(["a@x2"]);
	});

	test("a transaction that fails leaves nothing", () => {
		const store = make();
		store.put(thing("a@x"));
		expect(() =>
			store.transaction(() => {
				store.delete(thing("a@x"));
				store.put(thing("b@x"));
				throw new Error("power");
			})
		).toThrow("power");
		expect(store.ofFingerprint("f").map(({ jid }) => jid)).toEqual(["a@x"]);
	});

	test("rules, questions and devices come back as they were, in the order of their numbers", () => {
		const { decisions } = make();
		const shared = { owner: "o@x", jid: "a@x", node: ["1", "", "p"] as const, kind: "read" as const, at: 1_800_000_000_001 };
		const scope = { who: "s@y", fields: ["Zürich '", '"'], categories: 16383 };
		const rule: Rule = { ...shared, ...scope, number: 11, range: "Caller", allowed: true };
		const question: Question = { ...shared, ...scope, number: 12, key: "k", tokens: [{ kind: "User", token: "r:1" }] };
		for (const number of [11, 9]) decisions.putRule({ ...rule, number });
		decisions.putRule({ ...rule, owner: "p@x", jid: "b@x", allowed: false, fields: [] });
		decisions.putQuestion(question);
		expect(decisions.rulesOf("o@x")).toEqual([{ ...rule, number: 9 }, rule]);
		expect(decisions.rulesAt("b@x")).toEqual([{ ...rule, owner: "p@x", jid: "b@x", allowed: false, fields: [] }]);
		expect(decisions.questionsAt("a@x")).toEqual([question]);
		expect(decisions.questionsOf("p@x")).toEqual([]);
		decisions.deleteRule({ owner: "o@x", number: 9 });
		decisions.deleteQuestion(question);
		expect([decisions.rulesAt("a@x"), decisions.questionsOf("o@x")]).toEqual([[rule], []]);
		expect(decisions.device("a@x")).toBeUndefined();
		const device = {
			jid: "a@x",
			namespace: "n",
			changes: 3,
			acknowledged: 2,
			news: [{ what: "friend" as const, jid: "s@y", owner: "o@x" }]
		};
		decisions.putDevice(device);
		decisions.putDevice({ ...device, acknowledged: 3 });
		expect(decisions.device("a@x")).toEqual({ ...device, acknowledged: 3 });
	});

	test("tokens come back as they were, one for a certificate, and are forgotten when that ends; a transaction that fails leaves none", () => {
		const store = make();
		const { tokens } = store;
		const [first, second] = [100, 200].map((until) => ({
			token: `r:${until}'`,
			jid: "a@x",
			der: `MII${until}`,
			since: 1_700_000_000_000,
			until
		}));
		tokens.put(first!);
		tokens.put(second!);
		expect([tokens.token(first!.token), tokens.ofCertificate(second!.der), tokens.token("r"), tokens.ofCertificate("M")]).toEqual([
			...[first, second, undefined, undefined]
		]);
		expect([tokens.count("a@x"), tokens.count("b@x"), tokens.count()]).toEqual([2, 0, 2]);
		tokens.forget(100);
		expect([tokens.token(first!.token), tokens.count("a@x")]).toEqual([undefined, 1]);
		expect(() =>
			store.transaction(() => {
				tokens.put(first!);
				throw new Error("power");
			})
		).toThrow("power");
		expect(tokens.count("a@x")).toBe(1);
	});

	test("numbers are counted for each owner, and a transaction that fails takes none", () => {
		const store = make();
		expect([store.decisions.number("o@x"), store.decisions.number("o@x"), store.decisions.number("p@x")]).toEqual([1, 2, 1]);
		expect(() =>
			store.transaction(() => {
				store.decisions.number("o@x");
				store.decisions.putDevice({ jid: "a@x", namespace: "n", changes: 0, acknowledged: 0, news: [] });
				throw new Error("power");
			})
		).toThrow("power");
		expect(store.decisions.number("o@x")).toBe(3);
		expect(store.decisions.device("a@x")).toBeUndefined();
	});

	test("keys, what was made with them, and answered forms come back as they were; a transaction that fails leaves none", () => {
		const store = make();
		const { keys } = store;
		const [first, second] = ["b", "a"].map((key) => ({
			name: "Zürich'; --",
			key,
			secret: `s${key}`,
			accounts: 2,
			at: 1,
			revokedAt: undefined
		}));
		keys.putKey(first!);
		keys.putKey(second!);
		keys.putKey({ ...first!, revokedAt: 5 });
		expect(keys.keys()).toEqual([{ ...first, revokedAt: 5 }, second]);
		for (const user of ["x", "y", "x"]) keys.addMade("a", user, 7);
		expect([keys.made("a"), keys.made("b"), keys.hasMade("a", "y"), keys.hasMade("b", "y")]).toEqual([2, 0, true, false]);
		keys.addNonce("a", "n", 10);
		keys.addNonce("a", "m", 20);
		expect([keys.hasNonce("a", "n"), keys.hasNonce("b", "n"), keys.nonces(10), keys.nonces(11), keys.hasNonce("a", "n")]).toEqual([
			...[true, false, 2, 1, false]
		]);
		expect(() =>
			store.transaction(() => {
				keys.addMade("b", "x", 7);
				keys.addNonce("b", "x", 70);
				keys.putKey({ ...second!, accounts: 99 });
				throw new Error("power");
			})
		).toThrow("power");
		expect([keys.made("b"), keys.nonces(11), keys.keys()[1]?.accounts]).toEqual([0, 1, 2]);
		keys.deleteKey("b");
		expect(keys.keys()).toEqual([second]);
	});

	test("the provisioning service works on it", () => {
		const bench = new Bench(make());
		bench.ask("t@x/1", "set", `<register xmlns='${XEP}'><str name='SN' value='1'/></register>`);
		bench.ask("o@x/1", "set", `<mine xmlns='${XEP}'><str name='SN' value='1'/></mine>`);
		const ask = () => bench.ask("t@x/1", "get", "<isFriend xmlns='urn:xmpp:iot:provisioning' jid='s@y'/>").at(-1)!.toString();
		expect(ask()).toContain('result="false"');
		bench.ask("o@x/1", "set", "<isFriendRule xmlns='urn:xmpp:iot:provisioning' jid='t@x' remoteJid='s@y' key='secret1' result='true'/>");
		expect(ask()).toContain('result="true"');
	});

	test("the registry works on it", () => {
		const bench = new Bench(make());
		const tags = "<str name='SN' value='1'/><str name='KEY' value='geheim'/>";
		bench.ask("t@x/1", "set", `<register xmlns='${XEP}'>${tags}</register>`);
		const [toThing] = bench.ask("o@x/1", "set", `<mine xmlns='${XEP}'>${tags}</mine>`);
		bench.answer(toThing!);
		expect(bench.store.ofOwner("o@x")[0]).toMatchObject({ jid: "t@x", told: true, listed: true });
	});
});

test("who claimed and decided is written down, and what things do by themselves is not", () => {
	const store = sqlite();
	const bench = new Bench(store);
	bench.ask("t@x/1", "set", `<register xmlns='${XEP}'><str name='SN' value='1'/></register>`);
	bench.ask("o@x/1", "set", `<mine xmlns='${XEP}'><str name='SN' value='1'/></mine>`);
	bench.ask("t@x/1", "get", "<isFriend xmlns='urn:xmpp:iot:provisioning' jid='s@y'/>");
	bench.say("o@x/1", "deny 1");
	bench.take();
	for (const [at, event] of bench.events.entries()) store.audit(at, event);
	const detail = { node: ["", "", ""], kind: "friend", range: "Caller", who: "s@y", fields: [], categories: 1 };
	const denied = { number: 2, at: 3, event: "denied", thing: "t@x", by: "o@x", detail: JSON.stringify(detail) };
	const claimed = { number: 1, at: 1, event: "claimed", thing: "t@x", by: "o@x", detail: undefined };
	expect(store.audited({ most: 9 })).toEqual([denied, claimed]);
	expect(store.audited({ most: 1 })).toEqual([denied]);
	expect(store.audited({ most: 9, before: 2, by: "o@x" })).toEqual([claimed]);
	expect(store.audited({ most: 9, by: "p@x" })).toEqual([]);
	store.audit(9, { event: "claimed", thing: "t@x", node: "bed", by: "p@x" });
	expect(store.audited({ most: 9, by: "p@x" })).toEqual([{ number: 3, at: 9, event: "claimed", thing: "t@x", node: "bed", by: "p@x" }]);
});

describe("the file", () => {
	test("R-347-33 holds no KEY at any time", () => {
		const bench = new Bench(sqlite());
		const tags = "<str name='SN' value='visible-serial'/><str name='KEY' value='4857402340298342'/>";
		bench.ask("t@x/1", "set", `<register xmlns='${XEP}'>${tags}</register>`);
		const bytes = () =>
			readdirSync(folder)
				.filter((file) => !file.endsWith(".lock"))
				.map((file) => readFileSync(join(folder, file), "latin1"))
				.join("");
		expect(bytes()).toContain("visible-serial");
		expect(bytes()).not.toContain("4857402340298342");
		bench.ask("o@x/1", "set", `<mine xmlns='${XEP}'>${tags}</mine>`);
		expect(bytes()).not.toContain("4857402340298342");
	});

	test("is there after a restart, and after a lock that a killed process left", () => {
		const first = sqlite();
		first.put(thing("a@x"));
		close(first);
		mkdirSync(join(folder, "registry.db.lock"));
		expect(sqlite().get(thing("a@x"))).toEqual(thing("a@x"));
	});

	test("a kill in the middle of a transaction leaves the state before it", () => {
		const first = sqlite();
		first.put(thing("a@x"));
		close(first);
		const file = join(folder, "registry.db");
		// As the store does it, up to the point where the power goes.
		const script = `
			const { Database } = require(${JSON.stringify(createRequire(import.meta.url).resolve("node-sqlite3-wasm"))});
			const database = new Database(${JSON.stringify(file)});
			database.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = 1; BEGIN IMMEDIATE; DELETE FROM thing");
			for (let at = 0; at < 500; at++) database.run("INSERT INTO thing (jid, node, namespace, tags, self_owned, listed, told, registered_at) VALUES (?, '', '', ?, 0, 0, 0, 0)", ["j" + at, "x".repeat(2000)]);
			process.kill(process.pid, "SIGKILL");`;
		expect(spawnSync(process.execPath, ["-e", script]).signal).toBe("SIGKILL");
		expect(readdirSync(folder)).toContain("registry.db-wal");
		expect([...sqlite().ofFingerprint("f")]).toEqual([thing("a@x")]);
	});

	test("of the first version is brought up to date with all that it holds", () => {
		const { Database } = createRequire(import.meta.url)("node-sqlite3-wasm") as typeof import("node-sqlite3-wasm");
		const old = new Database(join(folder, "registry.db"));
		old.exec(`CREATE TABLE thing (
			jid TEXT NOT NULL, node TEXT NOT NULL, namespace TEXT NOT NULL, tags TEXT NOT NULL, fingerprint TEXT, owner TEXT,
			self_owned INTEGER NOT NULL, listed INTEGER NOT NULL, told INTEGER NOT NULL, address TEXT,
			registered_at INTEGER NOT NULL, claimed_at INTEGER, PRIMARY KEY (jid, node)) STRICT;
			INSERT INTO thing VALUES ('a@x', '["","",""]', '${XEP}', '[{"name":"SN","value":"1"}]', 'f', NULL, 0, 0, 0, NULL, 1800000000000, NULL);
			PRAGMA user_version = 1;`);
		old.close();
		const store = sqlite();
		// A fingerprint is found as before, under the secret of this box.
		const fingerprint = blind(store.pepper, "f");
		expect(store.get(thing("a@x"))).toEqual(thing("a@x", { fingerprint }));
		expect(store.ofFingerprint("f")).toEqual([]);
		expect(store.decisions.number("o@x")).toBe(1);
		// Tables of every later version are there, and can be written to.
		store.tokens.put({ token: "r:1", jid: "a@x", der: "MII", since: 0, until: 1 });
		const question = {
			owner: "o@x",
			number: 7,
			...thing("a@x"),
			kind: "read" as const,
			who: "s@y",
			fields: [],
			categories: 1,
			key: "k",
			at: 1
		};
		store.decisions.putQuestion({ ...question, tokens: [] });
		expect(store.decisions.questionsOf("o@x")[0]?.tokens).toEqual([]);
		close(store);
		const again = sqlite();
		expect(again.decisions.number("o@x")).toBe(2);
		expect(again.ofFingerprint(fingerprint)).toHaveLength(1);
	});

	test("of a newer version is refused in one sentence and not touched", () => {
		const first = sqlite();
		close(first);
		const { Database } = createRequire(import.meta.url)("node-sqlite3-wasm") as typeof import("node-sqlite3-wasm");
		const database = new Database(join(folder, "registry.db"));
		database.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA user_version = 99");
		database.close();
		expect(sqlite).toThrow(/newer version of Extasis/);
	});

	test("that is no database is refused", () => {
		writeFileSync(join(folder, "registry.db"), "this is a text and not a database at all".repeat(100));
		expect(sqlite).toThrow(/not a database/);
	});
});
