// The wire is cut at every byte of a readout, in either direction, and again at every byte of coming back: it is answered once, and nobody sees the thing go.
import { onXS } from "./bytes.js";
import { Dice } from "./dice.js";
import { befriended, claimed } from "./owned.js";
import { words } from "./scenarios/steps.js";
import type { DialectName } from "./stage.js";
import { World } from "./world.js";
import { xml } from "./xml.js";

/** Node cuts at every byte. XS, which lives a life many times as slowly, at one in so many, from where the dice say. */
const step = onXS ? 64 : 1;
/** Longer than a connection takes to count as stable, so that no pause grows. */
const PAUSE = 70_000;
const edges = ["cutAfterSent", "cutAfterReceived"] as const;
type Edge = (typeof edges)[number];

function begin(dialect: DialectName = "xep") {
	const { sensorData, sequence, flags, readings, isLast } = words[dialect];
	const world = new World("readouts");
	world.network.latency = 0;
	world.broker.habits.iterations = 4096;
	const owned = claimed(world);
	const { thing, owner, jid, count } = owned;
	const seen = befriended(world, owned);
	world.clock.pass(PAUSE);
	const presences = seen().length;
	const { faults } = thing.attachment;
	let readouts = 0;

	/** One readout through one cut, or two; undefined when all is as it should be. */
	function read(first: { edge: Edge; at: number } | undefined, second?: { edge: Edge; at: number }): string | undefined {
		const before = { offline: count("offline"), resumed: count("resumed"), readout: count("readout"), received: owner.received.length };
		const arm = ({ edge, at }: { edge: Edge; at: number }): void => {
			faults[edge] = (edge === "cutAfterSent" ? faults.sent : faults.received) + at;
		};
		if (first !== undefined) arm(first);
		thing.onEvent = ({ event }) => {
			if (event !== "offline" || second === undefined) return;
			thing.onEvent = () => {};
			arm(second);
		};
		const number = `${1000 + readouts++}`;
		const request = { xmlns: sensorData, [sequence]: number, ...flags({ momentary: "true" }) };
		const id = owner.ask("get", jid, xml("req", request));
		world.clock.pass(PAUSE);
		for (const edge of edges) faults[edge] = Number.POSITIVE_INFINITY;
		const news = owner.received.slice(before.received);
		const told = {
			answers: news.filter((stanza) => stanza.is("iq") && stanza.attrs.id === id).map((stanza) => stanza.attrs.type),
			ends: news.flatMap((stanza) => stanza.getChild(readings, sensorData) ?? []).filter(isLast).length,
			presences: seen().length - presences,
			offline: count("offline") - before.offline,
			resumed: count("resumed") - before.resumed,
			readouts: count("readout") - before.readout,
			online: count("online")
		};
		const cuts = Number(first !== undefined) + Number(second !== undefined);
		const right = { answers: ["result"], ends: 1, presences: 0, offline: cuts, resumed: Math.min(cuts, 1), readouts: 1, online: 1 };
		return JSON.stringify(told) === JSON.stringify(right) ? undefined : JSON.stringify({ first, second, told });
	}
	return { world, thing, faults, read };
}

/** What a readout, and a login that resumes, put on the wire each way. */
function lengths(dialect: DialectName): Record<"readout" | "resumption", Record<Edge, number>> {
	const { faults, read } = begin(dialect);
	const measure = (cut: { edge: Edge; at: number } | undefined): Record<Edge, number> => {
		const { sent, received } = faults;
		expect(read(cut)).toBeUndefined();
		return { cutAfterSent: faults.sent - sent, cutAfterReceived: faults.received - received };
	};
	const readout = measure(undefined);
	const broken = measure({ edge: "cutAfterReceived", at: 1 });
	return {
		readout,
		resumption: {
			cutAfterSent: broken.cutAfterSent - readout.cutAfterSent,
			cutAfterReceived: broken.cutAfterReceived - readout.cutAfterReceived
		}
	};
}

const measured = { xep: lengths("xep"), ieee: lengths("ieee") };
const every = step === 1 ? "every byte" : `one byte in ${step}`;

test.each([
	["cutAfterSent", "xep"],
	["cutAfterReceived", "xep"],
	["cutAfterSent", "ieee"],
	["cutAfterReceived", "ieee"]
] as [Edge, DialectName][])(`R-CORE-5 R-CORE-7 a readout cut at ${every}, %s, in the %s dialect`, (edge, dialect) => {
	const { read } = begin(dialect);
	const dice = new Dice(edge);
	const faults: string[] = [];
	for (let at = 1 + dice.below(step); at <= measured[dialect].readout[edge]; at += step)
		faults.push(...[read({ edge, at })].filter((fault) => fault !== undefined));
	expect(faults).toEqual([]);
});

test.each(edges)(`R-CORE-5 R-CORE-7 a readout cut in its midst, and the login that resumes it at ${every}, %s`, (edge) => {
	const { read } = begin();
	const dice = new Dice(`again ${edge}`);
	const faults: string[] = [];
	for (let at = 1 + dice.below(step); at < measured.xep.resumption[edge]; at += step)
		faults.push(...[read({ edge: "cutAfterReceived", at: 100 }, { edge, at })].filter((fault) => fault !== undefined));
	expect(faults).toEqual([]);
});
