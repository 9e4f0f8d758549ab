// How a consumer takes a readout apart: whatever order, splitting and refusal a thing may choose (XEP-0323), and in the ieee dialect, too.
import { type Element, xml } from "@xmpp/client";
import type { Answer, Consumer } from "../../../hosts/cli/consumer.js";
import { readThing, writeValue } from "../../../hosts/cli/readout.js";
import { writeRequest } from "../../../hosts/cli/readout-words.js";
import { writeLine } from "../../../hosts/cli/watch.js";

const namespace = "urn:xmpp:iot:sensordata";
const full = "t@a.example/r";

/** Answers each request by `answer`, and then sends what `messages` says. */
function consumerOf(answer: (request: Element, to: string) => Answer, messages: (seqnr: string) => Element[] = () => []): Consumer {
	const listeners = new Set<(stanza: Element) => void>();
	return {
		jid: "o@a.example",
		listen(listener: (stanza: Element) => void) {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		async ask(_type: string, to: string, request: Element) {
			setImmediate(() => {
				for (const message of messages(String(request.attrs.seqnr ?? request.attrs.id)))
					for (const listener of listeners) listener(message);
			});
			return answer(request, to);
		}
	} as unknown as Consumer;
}

const accepted = (): Answer => ({});
const message = (payload: Element, from = full): Element => xml("message", { from }, payload);
const field = (name: string, value: string): Element =>
	xml("numeric", { name, value, unit: "°C", momentary: "true", automaticReadout: "1" });
const fields = (seqnr: string, done: string | undefined, ...list: Element[]): Element =>
	xml(
		"fields",
		{ xmlns: namespace, seqnr, done },
		xml("node", { nodeId: "n" }, xml("timestamp", { value: "2026-01-02T03:04:05Z" }, ...list))
	);

const names = async (messages: (seqnr: string) => Element[]): Promise<string[]> =>
	(await readThing(consumerOf(accepted, messages), [full], { fields: [] })).map(({ name }) => name);

test("fields come in several messages; done on the last one, by itself, or with nothing in it", async () => {
	expect(
		await names((seqnr) => [message(fields(seqnr, undefined, field("A", "1"))), message(fields(seqnr, "true", field("B", "2")))])
	).toEqual(["A", "B"]);
	expect(await names((seqnr) => [message(fields(seqnr, "0", field("A", "1"))), message(xml("done", { xmlns: namespace, seqnr }))])).toEqual(
		["A"]
	);
	expect(await names((seqnr) => [message(xml("fields", { xmlns: namespace, seqnr, done: "1" }))])).toEqual([]);
});

test("another's message, another readout's and another namespace's are not ours", async () => {
	const messages = (seqnr: string): Element[] => [
		message(fields(seqnr, "true", field("Foreign", "1")), "x@a.example/r"),
		message(fields(seqnr, "true", field("Sibling", "1")), "t@a.example/other"),
		message(fields("0", "true", field("Earlier", "1"))),
		message(xml("fields", { xmlns: "urn:else", seqnr, done: "true" })),
		message(fields(seqnr, "true", field("Ours", "1")))
	];
	expect(await names(messages)).toEqual(["Ours"]);
});

test("a field keeps what it was sent with", async () => {
	const messages = (seqnr: string): Element[] => [
		message(fields(seqnr, "true", field("A", "23.40"), xml("unknown", { name: "B", value: "1" })))
	];
	const readings = await readThing(consumerOf(accepted, messages), [full], { fields: [] });
	expect(readings).toEqual([
		{
			name: "A",
			type: "numeric",
			value: "23.40",
			unit: "°C",
			timestamp: "2026-01-02T03:04:05Z",
			node: "n",
			categories: ["momentary"],
			quality: ["automaticReadout"]
		}
	]);
	expect(writeLine(readings)).toMatch(/^\d\d:\d\d:\d\d {2}A 23\.40 °C$/);
});

test("what was read counts, though a part failed; nothing but failure is a failure", async () => {
	const failure = (seqnr: string, done: string): Element =>
		message(
			xml("failure", { xmlns: namespace, seqnr, done }, xml("error", { nodeId: "n", timestamp: "2026-01-02T03:04:05Z" }, "bus broken"))
		);
	expect(await names((seqnr) => [message(fields(seqnr, undefined, field("A", "1"))), failure(seqnr, "true")])).toEqual(["A"]);
	await expect(names((seqnr) => [failure(seqnr, "true")])).rejects.toThrow("bus broken");
	await expect(names((seqnr) => [message(xml("cancelled", { xmlns: namespace, seqnr }))])).rejects.toThrow("cancelled");
});

test.each([
	["forbidden", "o@a.example may not read it"],
	["resource-constraint", "busy"],
	["item-not-found", "item-not-found"],
	["service-unavailable", "Nobody at t@a.example/r answers"]
])("refused with %s: %s", async (condition, said) => {
	const consumer = consumerOf(() => ({ refusal: { condition, text: condition === "forbidden" ? "no field X" : "" } }));
	const refused = readThing(consumer, [full], { fields: ["X"] });
	await expect(refused).rejects.toThrow(said);
	await expect(refused).rejects.not.toThrow("no field X");
});

test("an address that nobody is at any more gives way to the next", async () => {
	const gone: Answer = { refusal: { condition: "service-unavailable", text: "" } };
	const consumer = consumerOf(
		(_request, to) => (to === full ? {} : gone),
		(seqnr) => [message(fields(seqnr, "true", field("A", "1")))]
	);
	expect(await readThing(consumer, ["t@a.example/ghost", full], { fields: [] })).toHaveLength(1);
});

test("named fields are asked for whatever their category; by default the momentary ones", async () => {
	const asked: Element[] = [];
	const consumer = consumerOf(
		(request) => {
			asked.push(request);
			return {};
		},
		(seqnr) => [message(xml("done", { xmlns: namespace, seqnr }))]
	);
	await readThing(consumer, [full], { fields: [] });
	await readThing(consumer, [full], { fields: ["A", "B"] });
	await readThing(consumer, [full], { fields: [], all: true });
	await readThing(consumer, [full], { fields: [], status: true });
	const flags = asked.map(({ attrs: { momentary, status, all } }) => ({ momentary, status, all }));
	expect(flags).toEqual([{ momentary: "true" }, { all: "true" }, { all: "true" }, { momentary: "true", status: "true" }]);
	expect(asked[1]!.getChildren("field").map(({ attrs }) => attrs.name)).toEqual(["A", "B"]);
	expect(new Set(asked.map(({ attrs }) => attrs.seqnr)).size).toBe(4);
});

const sd = "urn:ieee:iot:sd:1.0";
const resp = (id: string, more: string | undefined, ...times: Element[]): Element => xml("resp", { xmlns: sd, id, more }, ...times);
const ts = (...list: Element[]): Element => xml("ts", { v: "2026-01-02T03:04:05Z" }, ...list);
const q = (n: string, v: string, attributes = {}): Element => xml("q", { n, v, u: "°C", m: "true", ...attributes });
const ieee = { fields: [], dialect: "ieee" } as const;

test("R-323-29 in the ieee dialect everything may be in the result, and nothing but more='true' means that more follows", async () => {
	const asked: Element[] = [];
	const whole = (...times: Element[]) =>
		consumerOf((request) => {
			asked.push(request);
			return { payload: resp(String(request.attrs.id), undefined, ...times) };
		});
	const readings = await readThing(whole(ts(q("A", "23.40"), xml("x", { n: "B", v: "1" }))), [full], ieee);
	const known = { name: "A", type: "numeric", value: "23.40", unit: "°C", timestamp: "2026-01-02T03:04:05Z" };
	// A thing need not say which node it is; a value of which nothing is said was read by itself.
	expect(readings).toEqual([{ ...known, node: "", categories: ["momentary"], quality: ["automaticReadout"] }]);
	const flags = { i: "1", m: "false", me: "true", w: "1" };
	const node = xml("nd", { id: "n" }, ts(q("A", "23.40", flags)));
	expect(await readThing(whole(node), [full], ieee)).toEqual([
		{ ...known, node: "n", categories: ["identity"], quality: ["manualEstimate", "warning"] }
	]);
	await readThing(whole(), [full], { ...ieee, fields: ["A", "B"] });
	await readThing(whole(), [full], { ...ieee, status: true });
	expect(asked.map(({ attrs: { xmlns, m, s, all } }) => ({ xmlns, m, s, all }))).toEqual([
		{ xmlns: sd, m: "true" },
		{ xmlns: sd, m: "true" },
		{ xmlns: sd, all: "true" },
		{ xmlns: sd, m: "true", s: "true" }
	]);
	expect(asked[2]!.getChildren("f").map(({ attrs }) => attrs.n)).toEqual(["A", "B"]);
});

test("in the ieee dialect it comes in several messages, failures among them; what is another's, or in other words, is not ours", async () => {
	const messages = (id: string): Element[] => [
		message(resp(id, "true", ts(q("A", "1"), xml("err", {}, "bus broken")))),
		message(resp("0", undefined, ts(q("Earlier", "1")))),
		message(fields(id, "true", field("Foreign", "1"))),
		message(xml("done", { xmlns: namespace, id })),
		message(resp(id, "0", ts(q("B", "2"))))
	];
	const accepting = consumerOf(({ attrs: { id } }) => ({ payload: xml("accepted", { xmlns: sd, id }) }), messages);
	expect((await readThing(accepting, [full], ieee)).map(({ name }) => name)).toEqual(["A", "B"]);
	const failing = consumerOf(({ attrs: { id } }) => ({ payload: resp(id!, undefined, ts(xml("err", {}, "bus broken"))) }));
	await expect(readThing(failing, [full], ieee)).rejects.toThrow("bus broken");
	const deaf = consumerOf(() => ({ refusal: { condition: "service-unavailable", text: "" } }));
	await expect(readThing(deaf, [full], ieee)).rejects.toThrow("in the ieee dialect");
});

test("what a thing sends cannot steer the terminal", () => {
	const reading = { name: "A\u009b2J", type: "string", value: "x\u001b[2J\ny", timestamp: "", node: "", categories: [], quality: [] };
	expect(writeValue(reading)).toBe("x [2J y");
	expect(writeLine([reading])).toBe("A 2J x [2J y");
});

test.each([
	["xep", '<req xmlns="urn:xmpp:iot:sensordata" seqnr="1" all="true"><node nodeId="bed"/><field name="T"/></req>'],
	["ieee", '<req xmlns="urn:ieee:iot:sd:1.0" id="1" all="true"><nd id="bed"/><f n="T"/></req>']
] as const)("a node is named in the words of the %s dialect", (dialect, request) => {
	expect(writeRequest(dialect, "1", ["all"], ["T"], "bed").toString()).toBe(request);
});
