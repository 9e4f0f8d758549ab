// Storage in a folder, and the lock that keeps two things out of one store.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "@jest/globals";
import { lockFolder } from "../../../hosts/node/lock.js";
import { FolderStorage } from "../../../hosts/node/storage.js";

const root = mkdtempSync(join(tmpdir(), "extasis-storage-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let folder = "";
let count = 0;
beforeEach(() => {
	folder = join(root, `store-${++count}`);
});

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe("storage", () => {
	test("what was written is there for the next process, whole", () => {
		new FolderStorage(folder).write("account", bytes(1, 2, 3));
		const again = new FolderStorage(folder);
		expect(again.read("account")).toEqual(bytes(1, 2, 3));
		again.write("account", bytes());
		expect(again.read("account")).toEqual(bytes());
		again.delete("account");
		again.delete("account");
		expect(again.read("account")).toBeUndefined();
	});

	test("only its user can read it", () => {
		new FolderStorage(folder).write("secret", bytes(1));
		expect(statSync(folder).mode & 0o777).toBe(0o700);
		expect(statSync(join(folder, "secret.rec")).mode & 0o777).toBe(0o600);
	});

	test("names that are no keys are refused before they reach the file system", () => {
		const storage = new FolderStorage(folder);
		for (const key of ["", "a/b", "../a", "A", "sixteencharacter", "a b", "ä"]) {
			expect(() => storage.write(key, bytes(1))).toThrow("key");
			expect(() => storage.read(key)).toThrow("key");
		}
		for (const key of [".", "..", "a.tmp", "lock", "fifteencharacte"]) {
			storage.write(key, bytes(7));
			expect(storage.read(key)).toEqual(bytes(7));
		}
		expect(storage.list("")).toEqual([".", "..", "a.tmp", "fifteencharacte", "lock"]);
		expect(storage.list("a")).toEqual(["a.tmp"]);
		expect(readdirSync(root)).not.toContain("lock");
	});

	test("a value over the limit is refused and the old one stands", () => {
		const storage = new FolderStorage(folder);
		storage.write("a", bytes(1));
		expect(() => storage.write("a", new Uint8Array(storage.valueLimit + 1))).toThrow("at most");
		expect(storage.read("a")).toEqual(bytes(1));
		storage.write("a", new Uint8Array(storage.valueLimit));
		expect(storage.read("a")).toHaveLength(storage.valueLimit);
	});

	test("a write cut before its rename leaves the old value and no litter", () => {
		new FolderStorage(folder).write("a", bytes(1));
		writeFileSync(join(folder, "a.rec.tmp"), bytes(2));
		const storage = new FolderStorage(folder);
		expect(storage.read("a")).toEqual(bytes(1));
		expect(readdirSync(folder)).toEqual(["a.rec"]);
	});

	test("a write that fails throws and the old value stands", () => {
		const storage = new FolderStorage(folder);
		storage.write("a", bytes(1));
		mkdirSync(join(folder, "b.rec"));
		writeFileSync(join(folder, "b.rec", "x"), "");
		expect(() => storage.write("b", bytes(1))).toThrow();
		expect(readdirSync(folder).sort()).toEqual(["a.rec", "b.rec"]);
		expect(storage.read("a")).toEqual(bytes(1));
	});
});

describe("the lock", () => {
	test("a second thing of this process is refused until the first lets go", () => {
		const unlock = lockFolder(folder);
		expect(() => lockFolder(folder)).toThrow("in use");
		unlock();
		unlock();
		lockFolder(join(folder, "..", `store-${count}`))();
		expect(readdirSync(folder)).toEqual([]);
	});

	test("another living process is named; once it is killed its lock counts no more", async () => {
		mkdirSync(folder);
		const holder = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
		await once(holder, "spawn");
		writeFileSync(join(folder, "lock"), `${holder.pid}`);
		expect(() => lockFolder(folder)).toThrow(`process ${holder.pid}`);
		holder.kill("SIGKILL");
		await once(holder, "exit");
		const unlock = lockFolder(folder);
		expect(readFileSync(join(folder, "lock"), "latin1")).toMatch(new RegExp(`^${process.pid} `));
		unlock();
	});

	test.each([
		["the id of this very process, from before", () => `${process.pid} 1`],
		["a living id that began at another time", () => `${process.ppid} 1`],
		["nothing", () => ""],
		["nonsense", () => "x y"]
	])("a lock holding %s is taken over", (_what, content) => {
		mkdirSync(folder);
		writeFileSync(join(folder, "lock"), content());
		lockFolder(folder)();
		expect(readdirSync(folder)).toEqual([]);
	});
});
