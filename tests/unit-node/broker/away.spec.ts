// The component was away: who came, left or was to hear something meanwhile is found again.

import type { Element } from "@xmpp/xml";
import { Bench, expectSame, REGISTRY, XEP } from "./bench.js";

const OWNER = "owner@example.org/phone";
const THING = "thing@example.org/old";
const PROVISIONING = "urn:xmpp:iot:provisioning";
const GONE = "<error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";

const owned = (): Bench => {
	const bench = new Bench();
	bench.presence(THING);
	bench.ask(THING, "set", `<register xmlns='${XEP}'><str name='NAME' value='Cellar'/></register>`);
	const [claimed] = bench.receive(`<message from='${OWNER}' to='${REGISTRY}' type='chat'><body>iotdisco:NAME=Cellar</body></message>`);
	bench.answer(claimed!);
	return bench;
};
const say = (bench: Bench, words: string): Element[] =>
	bench.receive(`<message from='${OWNER}' to='${REGISTRY}' type='chat'><body>${words}</body></message>`);
/** The broker comes back; what is sent then. */
const back = (bench: Bench): Element[] => {
	bench.service.disconnected();
	bench.service.connected();
	return bench.take();
};
const ping = (to: string, id: string): string =>
	`<iq from='${REGISTRY}' to='${to}' id='${id}' type='get'><ping xmlns='urn:xmpp:ping'/></iq>`;
const wanted = ["probe", "subscribe"].map((type) => `<presence from='${REGISTRY}' to='thing@example.org' type='${type}'/>`);

test("a thing that is where it was is online again", () => {
	const bench = owned();
	const sent = back(bench);
	expectSame(sent, ping(THING, "n-2"));
	expect(bench.say(OWNER, "things").join()).toContain("(offline, public)");
	expect(bench.answer(sent[0]!)).toEqual([]);
	expect(bench.say(OWNER, "things").join()).toContain("(online, public)");
});

test("a thing that is elsewhere is asked for at its broker, and told there what it has missed", () => {
	const bench = owned();
	bench.ask(THING, "get", `<isFriend xmlns='${PROVISIONING}' jid='s@example.com'/>`);
	bench.service.disconnected();
	say(bench, "allow 1");
	bench.take();
	bench.service.connected();
	const sent = bench.take();
	const bounced = sent.filter((stanza) => stanza.is("iq")).flatMap((stanza) => bench.answer(stanza, "error", GONE));
	expectSame(bounced, ...wanted);
	const told = bench.presence("thing@example.org/new");
	expect(told.map(({ attrs }) => attrs.to)).toEqual(["thing@example.org/new", "thing@example.org/new"]);
	expect(told[0]!.getChild("friend", PROVISIONING)!.attrs.jid).toBe("s@example.com");
	expect(told[1]!.getChild("clearCache", PROVISIONING)).toBeDefined();
});

test("one whose address is not known, or that says nothing, is asked for too; not when the broker has gone again", () => {
	const bench = owned();
	const { address, ...thing } = bench.store.ofJID("thing@example.org")[0]!;
	bench.store.put(thing);
	expectSame(back(bench), ...wanted);
	bench.store.put({ ...thing, address });
	back(bench);
	bench.pass(30);
	expectSame(bench.take(), ...wanted);
	back(bench);
	bench.service.disconnected();
	bench.pass(60);
	expect(bench.take()).toEqual([]);
});

test("a thousand things are looked for a few at once", () => {
	const bench = owned();
	const thing = bench.store.ofJID("thing@example.org")[0]!;
	for (let at = 0; at < 119; at++) bench.store.put({ ...thing, jid: `t${at}@example.org`, address: `t${at}@example.org/x` });
	const counts = [back(bench).length];
	for (let second = 0; second < 3; second++) {
		bench.pass(1);
		counts.push(bench.take().length);
	}
	expect(counts).toEqual([50, 50, 20, 0]);
});

test("R-324-13 a parting is said again, and what holds no longer, until the thing has acknowledged it", () => {
	const bench = owned();
	bench.presence(THING);
	bench.ask(THING, "get", `<isFriend xmlns='${PROVISIONING}' jid='s@example.com'/>`);
	const allowed = say(bench, "allow 1");
	bench.answer(allowed.find((stanza) => stanza.is("iq"))!);
	const names = (stanzas: readonly Element[]) => stanzas.flatMap((stanza) => stanza.getChildElements().map((child) => child.getName()));
	const parted = say(bench, "forget 2");
	expect(names(parted)).toEqual(["unfriend", "clearCache", "body"]);
	// It could not do all of it.
	expect(
		bench.answer(parted[1]!, "error", "<error type='wait'><internal-server-error xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>")
	).toEqual([]);
	const again = bench.presence(THING);
	expect(names(again)).toEqual(["unfriend", "clearCache"]);
	// Nothing comes back: the connection was lost.
	bench.pass(30);
	const third = bench.presence("thing@example.org/new");
	expect(names(third)).toEqual(["unfriend", "clearCache"]);
	bench.answer(third[1]!);
	expect(bench.presence("thing@example.org/new")).toEqual([]);
});
