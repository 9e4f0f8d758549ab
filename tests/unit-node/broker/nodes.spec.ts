// A concentrator in the box: the thing and its nodes are listed, claimed, ruled and given up each by itself.
import { Bench, bodyOf, REGISTRY } from "./bench.js";

const ANNA = "anna@example.org/phone";
const BERT = "bert@example.org/phone";
const THING = "rack@example.org/x";
const STRANGER = "stranger@example.com";
const DISCO = { xep: "urn:xmpp:iot:discovery", ieee: "urn:ieee:iot:disco:1.0" };
const DEVICE = { xep: "urn:xmpp:iot:provisioning", ieee: "urn:ieee:iot:prov:d:1.0" };
type Name = keyof typeof DISCO;

const attributes = (name: Name, node: string): string =>
	node === "" ? "" : name === "xep" ? `nodeId='${node}' sourceId='s'` : `id='${node}' src='s'`;
const tags = (serial: string): string => `<str name='SN' value='${serial}'/><str name='KEY' value='key of ${serial}'/>`;
const sticker = (serial: string): string => `iotdisco:SN=${serial};KEY=key%20of%20${serial}`;

/** The rack, its nodes a and b: the rack and a are Anna's, b is Bert's. */
const rack = (name: Name): Bench => {
	const bench = new Bench();
	bench.presence(THING);
	for (const node of ["", "a", "b"]) {
		bench.ask(THING, "set", `<register xmlns='${DISCO[name]}' ${attributes(name, node)}>${tags(`r${node}`)}</register>`);
	}
	for (const [who, serial] of [
		[ANNA, "r"],
		[ANNA, "ra"],
		[BERT, "rb"]
	] as const) {
		const [claimed] = say(bench, who, sticker(serial));
		bench.answer(claimed!);
	}
	return bench;
};

const say = (bench: Bench, from: string, words: string): ReturnType<Bench["receive"]> =>
	bench.receive(`<message from='${from}' to='${REGISTRY}' type='chat'><body>${words}</body></message>`);

const told = (bench: Bench, from: string, words: string): string[] =>
	say(bench, from, words).flatMap((stanza) => bodyOf(stanza).split("\n"));

describe.each(["xep", "ieee"] as const)("R-347-20 in the %s dialect", (name) => {
	const mayRead = (bench: Bench, node: string, who = STRANGER): boolean => {
		const element = node === "" ? "" : `<${name === "xep" ? "node" : "nd"} ${attributes(name, node)}/>`;
		const flag = name === "xep" ? "momentary" : "m";
		const answers = bench.ask(THING, "get", `<canRead xmlns='${DEVICE[name]}' jid='${who}' ${flag}='true'>${element}</canRead>`);
		return answers.some((stanza) => stanza.toString().includes('result="true"'));
	};

	test("each is claimed by its own sticker, and listed apart", () => {
		const bench = rack(name);
		expect(told(bench, ANNA, "things")).toEqual(["r – rack@example.org (online, public)", "ra – rack@example.org node a (online, public)"]);
		expect(told(bench, BERT, "things")).toEqual(["rb – rack@example.org node b (online, public)"]);
		expect(bench.events.filter(({ event }) => event === "claimed").map(({ thing, node, by }) => [thing, node, by])).toEqual([
			["rack@example.org", undefined, "anna@example.org"],
			["rack@example.org", "a", "anna@example.org"],
			["rack@example.org", "b", "bert@example.org"]
		]);
	});

	test("R-324-5 each owner is asked about what is his, and his rule is about that alone", () => {
		const bench = rack(name);
		for (const node of ["", "a", "b"]) expect(mayRead(bench, node)).toBe(false);
		expect(told(bench, ANNA, "questions")).toEqual([
			"1: stranger@example.com wants to read all fields of r",
			"2: stranger@example.com wants to read all fields of a at ra"
		]);
		expect(told(bench, BERT, "questions")).toEqual(["1: stranger@example.com wants to read all fields of b at rb"]);
		told(bench, ANNA, "allow 1");
		expect(["", "a", "b"].map((node) => mayRead(bench, node))).toEqual([true, false, false]);
		told(bench, BERT, "allow 1");
		expect(["", "a", "b"].map((node) => mayRead(bench, node))).toEqual([true, false, true]);
		// Neither owner is one of the other's.
		expect(mayRead(bench, "b", "anna@example.org")).toBe(false);
		expect(mayRead(bench, "a", "bert@example.org")).toBe(false);
		expect(mayRead(bench, "a", "anna@example.org")).toBe(true);
	});

	test.each(["ra", "rack@example.org node a"])("a node is given up by its name %j, and nothing else is", (called) => {
		const bench = rack(name);
		for (const node of ["", "a", "b"]) mayRead(bench, node);
		for (const who of [ANNA, BERT]) told(bench, who, `allow ${STRANGER}`);
		expect(["", "a", "b"].map((node) => mayRead(bench, node))).toEqual([true, true, true]);
		const [disowned, ...more] = say(bench, ANNA, `disown ${called}`);
		expect(more).toEqual([]);
		expect(disowned!.getChild("disowned", DISCO[name])?.attrs).toMatchObject(name === "xep" ? { nodeId: "a" } : { id: "a" });
		expect(bench.answer(disowned!).map(bodyOf)).toEqual(["ra is no longer yours."]);
		expect(told(bench, ANNA, "things")).toEqual(["r – rack@example.org (online, public)"]);
		expect(["", "a", "b"].map((node) => mayRead(bench, node))).toEqual([true, false, true]);
		bench.ask(THING, "set", `<register xmlns='${DISCO[name]}' ${attributes(name, "a")}>${tags("ra")}</register>`);
		bench.answer(say(bench, BERT, sticker("ra"))[0]!);
		expect(told(bench, BERT, "things")).toHaveLength(2);
		// The next owner's: nothing of Anna's rules holds.
		expect(mayRead(bench, "a")).toBe(false);
		expect(mayRead(bench, "a", "anna@example.org")).toBe(false);
	});

	test("the address is the thing's own where that is his; other people's nodes are not there", () => {
		const bench = rack(name);
		const [disowned] = say(bench, ANNA, "disown rack@example.org");
		expect(disowned!.getChild("disowned", DISCO[name])?.attrs).toEqual({ xmlns: DISCO[name] });
		// Of his there is one thing at this address.
		const [his] = say(bench, BERT, "disown rack@example.org");
		expect(his!.getChild("disowned", DISCO[name])?.attrs).toMatchObject(name === "xep" ? { nodeId: "b" } : { id: "b" });
		for (const name of ["ra", "rack@example.org node a"])
			expect(told(bench, BERT, `disown ${name}`)).toEqual(["Nothing of yours is called that: say `things`."]);
		expect(told(bench, BERT, "hide rack@example.org node b")).toContain("rb is private: no search finds it.");
	});
});
