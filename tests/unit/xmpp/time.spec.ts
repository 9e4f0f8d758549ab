// Entity time in both directions.
import { Disco } from "../../../src/xmpp/disco.js";
import { answerTime, requestTime } from "../../../src/xmpp/time.js";
import { errorAnswer, errorElement, IQBench } from "../../support/iq-bench.js";

const TIME = "<time xmlns='urn:xmpp:time'/>";

function serve(bench: IQBench, trusted: boolean): Disco {
	const disco = new Disco({ router: bench.router, identity: { category: "client", type: "bot" }, node: "urn:x", allowed: () => true });
	answerTime(disco, { now: () => bench.time.clock.now(), trusted });
	return disco;
}

describe("entity time", () => {
	test("is told in UTC", () => {
		const bench = new IQBench();
		expect(serve(bench, true).features).toContain("urn:xmpp:time");
		expect(bench.ask("get", TIME)).toEqual([
			"<iq type='result' id='q1'><time xmlns='urn:xmpp:time'><tzo>Z</tzo><utc>2026-01-02T03:04:05Z</utc></time></iq>"
		]);
	});

	test("is not told while it is a guess", () => {
		const bench = new IQBench();
		serve(bench, false);
		expect(bench.ask("get", TIME)).toEqual([errorAnswer("resource-constraint", "wait", undefined, "the clock is not set yet")]);
	});

	test.each([
		["UTC", "<time xmlns='urn:xmpp:time'><tzo>-06:00</tzo><utc>2026-01-02T03:04:05Z</utc></time>", Date.UTC(2026, 0, 2, 3, 4, 5)],
		["fractions", "<time xmlns='urn:xmpp:time'><tzo>Z</tzo><utc>2026-01-02T03:04:05.25Z</utc></time>", Date.UTC(2026, 0, 2, 3, 4, 5, 250)],
		["no utc", "<time xmlns='urn:xmpp:time'><tzo>Z</tzo></time>", undefined],
		["no time", "<time xmlns='urn:xmpp:time'><utc>noon</utc></time>", undefined],
		["another namespace", "<time xmlns='urn:example'><utc>2026-01-02T03:04:05Z</utc></time>", undefined],
		["nothing", "", undefined]
	])("asked of the broker: %s", (_, payload, expected) => {
		const bench = new IQBench();
		const times: (number | undefined)[] = [];
		requestTime(bench.router, "a.example", (time) => times.push(time));
		expect(bench.request).toBe(`<iq to='a.example' type='get'>${TIME}</iq>`);
		bench.answer(payload);
		expect(times).toEqual([expected]);
	});

	test("an error is no time", () => {
		const bench = new IQBench();
		const times: (number | undefined)[] = [];
		requestTime(bench.router, "a.example", (time) => times.push(time));
		bench.answer(errorElement("service-unavailable", "cancel"), "error");
		expect(times).toEqual([undefined]);
	});
});
