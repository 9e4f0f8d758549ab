// A thing's life cut at every write: it goes on from before or from after, never from between.
import { type Claim, LifeCycle, type Step } from "../../../src/thing/life-cycle.js";
import { Vault } from "../../../src/thing/vault.js";
import { FakeStorage, fakeRandom, PowerCut } from "../../support/storage.js";

const OWNER: Claim = { owner: "owner@example.org", public: true };
const OTHER: Claim = { owner: "other@example.org", public: true };

function life(storage: FakeStorage, seed = 1): LifeCycle {
	return new LifeCycle(new Vault(storage, () => {}), fakeRandom(seed));
}

/** State, owner, public, and what the owner left. */
function shown(cycle: LifeCycle): string {
	return [cycle.state, cycle.owner, cycle.public, cycle.readOwned("a")?.value, cycle.readOwned("b")?.value].join(" ");
}

test("the whole way, and back again", () => {
	const cycle = life(new FakeStorage());
	expect(cycle.state).toBe("factory");
	for (const step of ["account", "registered", "registered"] as const) expect(cycle.take(step)).toBe(true);
	expect(cycle.take("claimed", OWNER)).toBe(true);
	expect(cycle.owner).toBe(OWNER.owner);
	expect(cycle.take("removed")).toBe(true);
	expect(cycle.owner).toBe(OWNER.owner);
	expect(cycle.take("disowned")).toBe(true);
	expect(cycle.owner).toBeUndefined();
	expect(cycle.take("registered")).toBe(true);
});

test.each([
	["factory", [], "claimed"],
	["account", ["account"], "removed"],
	["account", ["account"], "disowned"],
	["registered", ["account", "registered"], "disowned"],
	["disowned", ["account", "claimed", "disowned"], "removed"],
	["claimed", ["account", "claimed"], "registered"],
	["claimed", ["account", "claimed"], "account"],
	["factory", [], "reset"],
	["registered", ["account", "registered"], "paired"],
	["claimed", ["account", "claimed"], "paired"],
	["disowned", ["account", "claimed", "disowned"], "paired"],
	["paired", ["account", "paired"], "claimed"],
	["paired", ["account", "paired"], "registered"],
	["paired", ["account", "paired"], "disowned"],
	["reset", ["account", "claimed", "reset"], "registered"],
	["reset", ["account", "claimed", "reset"], "claimed"],
	["leaving", ["account", "claimed", "leaving"], "claimed"],
	["leaving", ["account", "claimed", "leaving"], "reset"]
] as [string, Step[], Step][])("refused: from %s after %j the step %s", (state, way, step) => {
	const cycle = life(new FakeStorage());
	const take = (one: Step): boolean => (one === "claimed" || one === "paired" ? cycle.take(one, OWNER) : cycle.take(one));
	for (const one of way) take(one);
	expect(take(step)).toBe(false);
	expect(cycle.state).toBe(state);
});

test("R-347-26 another owner's claim is refused, the same owner's again is not", () => {
	const storage = new FakeStorage();
	const cycle = life(storage);
	cycle.take("account");
	cycle.take("claimed", OWNER);
	expect(cycle.take("claimed", OTHER)).toBe(false);
	expect(cycle.owner).toBe(OWNER.owner);
	const writes = storage.writes;
	expect(cycle.take("claimed", { ...OWNER })).toBe(true);
	expect(storage.writes).toBe(writes);
	expect(cycle.take("claimed", { owner: OWNER.owner, public: false })).toBe(true);
	expect(life(storage).public).toBe(false);
});

test("R-347-27 public that was not told stays unknown over a reboot", () => {
	const storage = new FakeStorage();
	const cycle = life(storage);
	cycle.take("account");
	cycle.take("claimed", { owner: OWNER.owner, public: undefined });
	expect(shown(life(storage))).toBe(shown(cycle));
	expect(life(storage).public).toBeUndefined();
});

test.each(["account", "registered", "claimed", "removed", "disowned", "paired"] as const)(
	"a reset from %s: nobody's, and unknown",
	(from) => {
		for (const step of ["reset", "leaving"] as const) {
			const storage = new FakeStorage();
			const cycle = life(storage);
			cycle.take("account");
			if (from === "removed" || from === "disowned") cycle.take("claimed", OWNER);
			if (from === "claimed" || from === "paired") cycle.take(from, OWNER);
			else if (from !== "account") cycle.take(from);
			cycle.writeOwned("a", { value: "first" });
			const { epoch } = cycle;
			expect(cycle.take(step)).toBe(true);
			expect(shown(cycle)).toBe(`${step}    `);
			expect(cycle.epoch === epoch).toBe(false);
			expect(shown(life(storage, 9))).toBe(`${step}    `);
			expect(storage.list("o.")).toEqual([]);
			expect(cycle.take("account")).toBe(true);
			expect(cycle.state).toBe("account");
		}
	}
);

test("R-077-6 it is another time with every owner that comes or goes, and with every reset; nothing else makes it another", () => {
	const cycle = life(new FakeStorage());
	const eras = [cycle.era];
	const steps = ["account", "registered", "claimed", "removed", "disowned", "registered", "claimed", "reset", "account", "paired"] as const;
	for (const step of steps) {
		if (step === "claimed" || step === "paired") cycle.take(step, OWNER);
		else cycle.take(step);
		eras.push(cycle.era);
	}
	const changed = steps.filter((_, index) => eras[index + 1] !== eras[index]);
	expect(changed).toEqual(["claimed", "disowned", "claimed", "reset", "paired"]);
	expect(new Set(eras).size).toBe(changed.length + 1);
});

test("R-347-20 each node of a concentrator has a life of its own beside the thing's", () => {
	const storage = new FakeStorage();
	const node = (name?: string): LifeCycle => new LifeCycle(new Vault(storage, () => {}), fakeRandom(3), name);
	const lives = [node(), node("1"), node("2")] as const;
	for (const cycle of lives) {
		cycle.take("account");
		cycle.take("claimed", OWNER);
		cycle.writeOwned("a", { value: "kept" });
	}
	lives[1].take("disowned");
	lives[1].take("claimed", OTHER);
	lives[2].take("removed");
	expect([node(), node("1"), node("2")].map(shown)).toEqual([
		`claimed ${OWNER.owner} true kept `,
		`claimed ${OTHER.owner} true  `,
		`removed ${OWNER.owner} true kept `
	]);
	lives[0].take("reset");
	expect([node(), node("1"), node("2")].map(({ state }) => state)).toEqual(["reset", "claimed", "removed"]);
});

/** Everything that happens in a life with two owners; each entry is one step for whoever looks from outside. */
const story: readonly ((cycle: LifeCycle) => void)[] = [
	(cycle) => void cycle.take("account"),
	(cycle) => void cycle.take("registered"),
	(cycle) => void cycle.take("claimed", OWNER),
	(cycle) => cycle.writeOwned("a", { value: "first" }),
	(cycle) => cycle.writeOwned("b", { value: "first too" }),
	(cycle) => void cycle.take("removed"),
	(cycle) => void cycle.take("disowned"),
	(cycle) => void cycle.take("registered"),
	(cycle) => void cycle.take("claimed", OTHER),
	(cycle) => cycle.writeOwned("a", { value: "second" }),
	(cycle) => void cycle.take("disowned"),
	(cycle) => void cycle.take("claimed", OWNER),
	(cycle) => cycle.writeOwned("b", { value: "third" }),
	(cycle) => void cycle.take("reset"),
	(cycle) => void cycle.take("account"),
	(cycle) => void cycle.take("paired", OTHER),
	(cycle) => cycle.writeOwned("b", { value: "fourth" }),
	(cycle) => void cycle.take("leaving")
];

test("R-347-29 power that goes at any write leaves the state before or after, and nothing of an old owner", () => {
	let cuts = 0;
	for (const after of [false, true]) {
		for (let cut = 0; ; cut++) {
			const storage = new FakeStorage();
			storage.cut = cut;
			storage.after = after;
			const cycle = life(storage);
			let before = shown(cycle);
			let died: ((cycle: LifeCycle) => void) | undefined;
			for (const step of story) {
				before = shown(cycle);
				try {
					step(cycle);
				} catch (error) {
					expect(error instanceof PowerCut).toBe(true);
					died = step;
					break;
				}
				// Erasing goes on silently without power; the life ends there all the same.
				if (storage.writes > cut) break;
			}
			if (died === undefined && storage.writes <= cut) {
				storage.cut = undefined;
				break;
			}
			const reborn = life(new FakeStorage(storage.records), 99);
			const whole = life(new FakeStorage(), 1);
			const index = died === undefined ? story.length : story.indexOf(died);
			for (const step of story.slice(0, index + 1)) step(whole);
			const allowed = died === undefined ? [shown(cycle)] : [before, shown(whole)];
			expect(allowed).toContain(shown(reborn));
			if (reborn.owner === undefined) expect(shown(reborn)).not.toMatch(/first|second|third|fourth/);
			if (reborn.owner === OTHER.owner) expect(shown(reborn)).not.toMatch(/first|third/);
			cuts++;
		}
	}
	expect(cuts).toBeGreaterThan(20);
});

test("what a power cut left of the old owner is erased at the next boot", () => {
	const storage = new FakeStorage();
	const cycle = life(storage);
	cycle.take("account");
	cycle.take("claimed", OWNER);
	cycle.writeOwned("a", { value: "first" });
	storage.cut = storage.writes + 1;
	cycle.take("disowned");
	expect(storage.list("o.")).toHaveLength(1);
	const next = new FakeStorage(storage.records);
	expect(life(next).state).toBe("disowned");
	expect(next.list("o.")).toHaveLength(0);
});

test("a lost commit record does not bring back an owner's records", () => {
	const storage = new FakeStorage();
	const cycle = life(storage);
	cycle.take("account");
	cycle.take("claimed", OWNER);
	cycle.writeOwned("a", { value: "first" });
	storage.records.set("commit", new Uint8Array([1, 2, 3]));
	const reborn = life(storage, 2);
	expect(shown(reborn)).toBe("factory    ");
});

test("a step that cannot be stored is not taken", () => {
	const storage = new FakeStorage();
	const cycle = life(storage);
	cycle.take("account");
	storage.cut = storage.writes;
	let thrown = false;
	try {
		cycle.take("claimed", OWNER);
	} catch {
		thrown = true;
	}
	expect(thrown).toBe(true);
	expect(cycle.state).toBe("account");
	expect(cycle.owner).toBeUndefined();
});

test("a storage that cannot be listed keeps nobody from going", () => {
	const storage = new FakeStorage();
	const cycle = life(storage);
	cycle.take("account");
	cycle.take("claimed", OWNER);
	storage.list = () => {
		throw new Error("worn out");
	};
	expect(cycle.take("disowned")).toBe(true);
	expect(life(storage).owner).toBeUndefined();
});
