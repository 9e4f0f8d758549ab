// Waiting over one timer: order, cancelling, exceptions, a clock that is set while tasks wait.
import { Scheduler } from "../../../src/xmpp/scheduler.js";
import { FakeTime } from "../../support/time.js";

const years = 56 * 365 * 86_400_000;

function bench(): { time: FakeTime; scheduler: Scheduler; called: string[]; errors: unknown[]; note(name: string): () => void } {
	const time = new FakeTime();
	const called: string[] = [];
	const errors: unknown[] = [];
	const scheduler = new Scheduler(time, (error) => errors.push(error));
	return { time, scheduler, called, errors, note: (name) => () => void called.push(name) };
}

describe("scheduler", () => {
	test("tasks come in the order they are due, equal ones in the order they were set", () => {
		const { time, scheduler, called, note } = bench();
		scheduler.set(20, note("b"));
		scheduler.set(10, note("a"));
		scheduler.set(20, note("c"));
		scheduler.set(30, note("d"));
		time.pass(25);
		expect(called).toEqual(["a", "b", "c"]);
		time.pass(5);
		expect(called).toEqual(["a", "b", "c", "d"]);
	});

	test("a cleared task is never called, not even by one due at the same moment", () => {
		const { time, scheduler, called, note } = bench();
		const victim = scheduler.set(10, note("victim"));
		scheduler.clear(victim);
		const later = { task: scheduler.set(50, note("unused")) };
		scheduler.clear(later.task);
		scheduler.set(10, () => scheduler.clear(later.task));
		later.task = scheduler.set(10, note("late victim"));
		time.pass(100);
		expect(called).toEqual([]);
		scheduler.clear(victim);
		scheduler.clear(undefined);
	});

	test("an idle scheduler leaves the host's timer idle", () => {
		const { time, scheduler, note } = bench();
		const task = scheduler.set(10, note("a"));
		expect(time.waiting).toBe(10);
		scheduler.clear(task);
		expect(time.waiting).toBeUndefined();
		scheduler.set(10, note("b"));
		time.pass(10);
		expect(time.waiting).toBeUndefined();
	});

	test("a task behind the first does not touch the host's timer", () => {
		const { time, scheduler, note } = bench();
		scheduler.set(10, note("a"));
		scheduler.set(20, note("b"));
		scheduler.set(30, note("c"));
		expect(time.timerSets).toBe(1);
	});

	test("a task that sets itself with 0 ms does not hold the engine", () => {
		const { time, scheduler } = bench();
		let calls = 0;
		const again = (): void => {
			if (++calls < 5) scheduler.set(0, again);
		};
		scheduler.set(0, again);
		time.pass(0);
		expect(calls).toBe(5);
		expect(time.timerSets).toBe(5);
	});

	test("an exception reaches onError and the next task still runs", () => {
		const { time, scheduler, called, errors, note } = bench();
		scheduler.set(10, () => {
			throw new Error("broken");
		});
		scheduler.set(10, note("b"));
		time.pass(10);
		expect(called).toEqual(["b"]);
		expect(errors).toHaveLength(1);
	});

	test("onError that throws does not reach the host either", () => {
		const time = new FakeTime();
		const scheduler = new Scheduler(time, () => {
			throw new Error("worse");
		});
		scheduler.set(10, () => {
			throw new Error("broken");
		});
		time.pass(10);
		expect(time.waiting).toBeUndefined();
	});

	test.each([
		["forward", years],
		["back", -years],
		["back a little", -5000]
	])("a clock set %s while tasks wait makes none early and none later than one wait more", (_, jump) => {
		const { time, scheduler, called, note } = bench();
		scheduler.set(10_000, note("first"));
		time.pass(4000);
		time.jump(jump);
		scheduler.set(2000, note("second"));
		time.pass(1999);
		expect(called).toEqual([]);
		time.pass(1);
		expect(called).toEqual(["second"]);
		time.pass(3999);
		expect(called).toEqual(["second"]);
		time.pass(4001);
		expect(called).toEqual(["second", "first"]);
	});

	test("a clock set just before the timer calls fires nothing early", () => {
		const { time, scheduler, called, note } = bench();
		scheduler.set(1000, note("a"));
		scheduler.set(60_000, note("b"));
		time.pass(999);
		time.jump(years);
		time.pass(1);
		expect(called).toEqual(["a"]);
		time.pass(58_999);
		expect(called).toEqual(["a"]);
		time.pass(1);
		expect(called).toEqual(["a", "b"]);
	});

	test("a timer that is late does not make the following ones later", () => {
		const { time, scheduler, called, note } = bench();
		scheduler.set(1000, note("a"));
		scheduler.set(1500, note("b"));
		time.pass(1400, 400);
		expect(called).toEqual(["a"]);
		time.pass(100);
		expect(called).toEqual(["a", "b"]);
	});

	test("a wait of NaN or less than nothing is a mistake of the caller", () => {
		const { scheduler, note } = bench();
		expect(() => scheduler.set(Number.NaN, note("a"))).toThrow();
		expect(() => scheduler.set(-1, note("a"))).toThrow();
	});
});
