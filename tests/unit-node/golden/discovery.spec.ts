// Discovery by golden stanzas: what the thing's codecs and the registry make of them, and whether they write the same.
import { type Dialect, dialects, type NodeReference } from "../../../src/iot/dialect.js";
import { parseClaimed, parseNotice, parseRegisterAnswer, writeRegister, writeUnregister, writeUpdate } from "../../../src/iot/registry.js";
import { Bench } from "../broker/bench.js";
import { asHeard, canonical, type Element, type Golden, goldens, written, xml } from "./golden.js";

interface Means {
	readonly tags?: readonly (readonly [string, string | number])[];
	readonly node?: readonly [string, string, string];
	readonly selfOwned?: boolean;
	readonly owner?: string;
	readonly public?: boolean;
	readonly disowned?: boolean;
}

const THING = "thing@example.org/x";
const OWNER = "owner@b.example/phone";
const TAGS: NonNullable<Means["tags"]> = [
	["SN", "1"],
	["KEY", "k"]
];

const tagsOf = ({ tags = [] }: Means) => tags.map(([name, value]) => ({ name, value }));
const nodeOf = ({ node }: Means): NodeReference | undefined => node && { id: node[0], source: node[1], partition: node[2] };

const attributes = ({ node }: Means, { discovery, nodeId, sourceId, partition }: Dialect): Record<string, string> => ({
	xmlns: discovery,
	...(node && { [nodeId]: node[0], [sourceId]: node[1], [partition]: node[2] })
});
const elements = (tags: Means["tags"] = TAGS): Element[] =>
	tags.map(([name, value]) => xml(typeof value === "number" ? "num" : "str", { name, value: `${value}` }));

/** A registry with a thing that has registered as is meant. */
function registered(means: Means, dialect: Dialect): Bench {
	const bench = new Bench();
	bench.presence(THING);
	expect(bench.outcome(THING, "set", `${xml("register", attributes(means, dialect), elements(means.tags))}`)).toBe("");
	return bench;
}

/** What it sends to the thing when its owner claims it. */
function claim(bench: Bench, means: Means, { discovery }: Dialect): Element {
	const attributes = { xmlns: discovery, public: means.public === undefined ? undefined : `${means.public}` };
	const sent = bench.ask(OWNER, "set", `${xml("mine", attributes, elements(means.tags))}`);
	return sent.find(({ attrs }) => attrs.to === THING)!;
}

const payloadOf = (sent: readonly Element[]): Element => sent[0]!.getChildElements()[0]!;

const writes: Readonly<Record<string, (means: Means, dialect: Dialect) => string>> = {
	register: (means, dialect) => written((writer) => writeRegister(writer, dialect, tagsOf(means), nodeOf(means), means.selfOwned)),
	update: (means, dialect) => written((writer) => writeUpdate(writer, dialect, tagsOf(means), nodeOf(means))),
	unregister: (means, dialect) => written((writer) => writeUnregister(writer, dialect, nodeOf(means))),
	registered: (means, dialect) => {
		const bench = registered(means, dialect);
		if (means.disowned !== true) claim(bench, means, dialect);
		const word = means.disowned === true ? "update" : "register";
		return canonical(payloadOf(bench.ask(THING, "set", `${xml(word, { xmlns: dialect.discovery }, elements())}`)));
	},
	claimed: (means, dialect) => canonical(payloadOf([claim(registered(means, dialect), means, dialect)])),
	removed: (means, dialect) => said("remove", means, dialect),
	disowned: (means, dialect) => said("disown", means, dialect)
};

/** What the thing hears when its owner says this to the registry. */
function said(word: string, means: Means, dialect: Dialect): string {
	const bench = registered(means, dialect);
	bench.answer(claim(bench, means, dialect));
	const sent = bench.ask(OWNER, "set", `${xml(word, { ...attributes(means, dialect), jid: "thing@example.org" })}`);
	return canonical(payloadOf(sent.filter(({ attrs }) => attrs.to === THING)));
}

type Judge = (golden: Golden<Means>, dialect: Dialect) => void;

/** An owner's request, and what he hears. */
const owners: Judge = ({ answer, name, means, payload }, dialect) => {
	const bench = registered({ ...means, node: undefined }, dialect);
	if (name === "search") bench.answer(claim(bench, means, dialect));
	const sent = bench.ask(OWNER, name === "search" ? "get" : "set", `${payload}`);
	const mine = sent.filter(({ attrs }) => attrs.to === OWNER);
	expect(mine.map(({ attrs }) => attrs.type)).toEqual(["result"]);
	expect(mine.flatMap((each) => each.getChildElements().map(canonical))).toEqual(answer.map(canonical));
	if (name === "mine") expect(bench.store.ofJID("thing@example.org")[0]).toMatchObject({ owner: "owner@b.example", listed: means.public });
};

const notice: Judge = ({ means, payload }, dialect) => {
	const heard = asHeard(payload);
	expect([heard.namespace, parseNotice(heard)]).toEqual([dialect.discovery, nodeOf(means)]);
};

const hears: Readonly<Record<string, Judge>> = {
	register: ({ means, payload }, dialect) => {
		const bench = new Bench();
		expect(bench.outcome(THING, "set", `${payload}`)).toBe("");
		const [record, ...more] = bench.store.ofJID("thing@example.org");
		expect(more).toEqual([]);
		expect(record).toMatchObject({
			...{ node: means.node ?? ["", "", ""], namespace: dialect.discovery, selfOwned: means.selfOwned === true, address: THING },
			// KEY is kept as a fingerprint only.
			tags: tagsOf(means).filter(({ name }) => name !== "KEY")
		});
		// Another order, other capitals, another way to write a number: the same set.
		const tags = elements(means.tags?.map(([name, value]) => [name.toLowerCase(), value] as const)).reverse();
		const mine = `${xml("mine", { xmlns: dialect.discovery }, tags)}`.replace('"1.5"', '"15e-1"');
		const [answer] = bench.ask(OWNER, "set", mine).filter(({ attrs }) => attrs.to === OWNER);
		expect(answer?.attrs.type).toBe(means.selfOwned === true ? "error" : "result");
	},
	registered: ({ means, payload }) => {
		const { owner, disowned } = means;
		expect(parseRegisterAnswer(asHeard(payload))).toEqual(
			disowned === true ? { disowned } : { claimed: { owner, public: means.public, node: nodeOf(means) } }
		);
	},
	update: ({ means, payload }, dialect) => {
		const bench = registered({ node: means.node }, dialect);
		bench.answer(claim(bench, {}, dialect));
		expect(bench.outcome(THING, "set", `${payload}`)).toBe("");
		const [record] = bench.store.ofJID("thing@example.org");
		const changed = tagsOf(means).filter(({ value }) => value !== "");
		expect(record?.tags).toEqual([{ name: "SN", value: "1" }, ...changed]);
	},
	unregister: ({ means, payload }, dialect) => {
		const bench = registered({ node: means.node }, dialect);
		expect(bench.outcome(THING, "set", `${payload}`)).toBe("");
		expect(bench.store.ofJID("thing@example.org")).toEqual([]);
	},
	claimed: ({ means, payload }) => {
		expect(parseClaimed(asHeard(payload))).toEqual({ owner: means.owner, public: means.public, node: nodeOf(means) });
	},
	removed: notice,
	disowned: notice,
	mine: owners,
	search: owners
};

describe.each(dialects.map((dialect) => [dialect.name, dialect] as const))("golden stanzas of discovery in %s", (name, dialect) => {
	const all = goldens<Means>(`discovery-${name}`).map((golden) => [golden.title, golden] as const);

	test.each(all.filter(([, { says }]) => says === "thing" || says === "service"))("%s is written just so", (_title, golden) => {
		expect(writes[golden.name]!(golden.means, dialect)).toBe(canonical(golden.payload));
	});

	test.each(all)("%s is understood", (_title, golden) => {
		hears[golden.name]!(golden, dialect);
	});
});
