// A button that is pressed in time, too late, too often, or leaned upon.
import { Button } from "../../../src/thing/button.js";
import { Scheduler } from "../../../src/xmpp/scheduler.js";
import { FakeTime } from "../../support/time.js";

class Bench {
	readonly time = new FakeTime();
	readonly lit: boolean[] = [];
	readonly answers: boolean[] = [];
	held = 0;
	press: (pressed: boolean) => void = () => undefined;
	readonly button: Button;

	constructor(resets = true) {
		this.button = new Button({
			host: {
				button: {
					watch: (onChange) => {
						this.press = onChange;
					}
				},
				light: { set: (on) => void this.lit.push(on) }
			},
			scheduler: new Scheduler(this.time),
			onHeld: resets ? () => void this.held++ : undefined
		});
	}

	ask(): this {
		this.button.ask((pressed) => this.answers.push(pressed));
		return this;
	}
}

test("R-324-23 the light blinks for half a minute at the most; then the answer is no, and a late press none", () => {
	const bench = new Bench().ask();
	bench.time.pass(29_900);
	expect(bench.answers).toEqual([]);
	expect(bench.lit.filter((on) => on).length).toBe(30);
	bench.time.pass(100);
	expect(bench.answers).toEqual([false]);
	expect(bench.lit[bench.lit.length - 1]).toBe(false);
	bench.press(true);
	bench.press(false);
	bench.time.pass(60_000);
	expect(bench.answers).toEqual([false]);
	expect(bench.time.waiting).toBeUndefined();
});

test("R-324-23 pressed in time the answer is yes, once, and the light goes out", () => {
	const bench = new Bench().ask();
	bench.time.pass(12_345);
	bench.press(true);
	bench.press(false);
	bench.time.pass(0);
	expect(bench.answers).toEqual([true]);
	expect(bench.lit[bench.lit.length - 1]).toBe(false);
	bench.time.pass(60_000);
	expect(bench.answers).toEqual([true]);
	expect(bench.time.waiting).toBeUndefined();
});

test("R-324-23 a second question meanwhile is answered no, the first goes on", () => {
	const bench = new Bench().ask().ask();
	expect(bench.answers).toEqual([false]);
	bench.press(true);
	bench.time.pass(0);
	expect(bench.answers).toEqual([false, true]);
	bench.ask().button.stop();
	bench.button.stop();
	expect(bench.answers).toEqual([false, true, false]);
	expect(bench.time.waiting).toBeUndefined();
});

test("held for ten seconds, not for nine, and only where that means something", () => {
	const bench = new Bench();
	bench.press(true);
	bench.time.pass(9000);
	bench.press(false);
	bench.time.pass(9000);
	expect(bench.held).toBe(0);
	bench.press(true);
	bench.time.pass(10_000);
	bench.press(false);
	expect(bench.held).toBe(1);
	bench.time.pass(60_000);
	expect(bench.held).toBe(1);
	const other = new Bench(false);
	other.press(true);
	other.time.pass(60_000);
	expect([other.held, other.time.waiting]).toEqual([0, undefined]);
});

test("who leans on it while a question comes has not said yes", () => {
	const bench = new Bench();
	bench.press(true);
	bench.ask();
	bench.press(false);
	bench.time.pass(20_000);
	expect([bench.answers, bench.held]).toEqual([[], 0]);
});

test("a press that says yes is no reset, however long", () => {
	const bench = new Bench().ask();
	bench.press(true);
	bench.time.pass(20_000);
	expect([bench.answers, bench.held]).toEqual([[true], 0]);
});
