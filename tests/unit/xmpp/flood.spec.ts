// Strangers who send too much, to a session on a bench.
import { limits } from "../../../src/limits.js";
import { ACCOUNT, SessionBench } from "../../support/session-bench.js";

const MALLORY = "mallory@elsewhere.example/pda";
const count = (said: string, part: string): number => said.split(part).length - 1;

function online(options: ConstructorParameters<typeof SessionBench>[1] = {}): SessionBench {
	const bench = new SessionBench(ACCOUNT, options);
	bench.login();
	bench.line.take();
	bench.happened.length = 0;
	return bench;
}

/** So many requests, each of its own id; what the thing says to each. */
function flood(bench: SessionBench, from: string, number: number): string {
	let said = "";
	for (let i = 0; i < number; i++) said += bench.say(`<iq type='get' id='f${i}' from='${from}'><ping xmlns='urn:xmpp:ping'/></iq>`);
	return said;
}

/** So many seconds pass and the server is there, until the thing says this; whether it did. */
function hears(bench: SessionBench, text: string, seconds: number): string | undefined {
	for (let passed = 0; passed < seconds; passed += 25) {
		bench.time.pass(25_000);
		const said = bench.say(" ");
		if (said.includes(text)) return said;
	}
	return undefined;
}

test("R-CORE-14 R-CORE-5 beyond its measure each request of a stranger is answered once, by the shortest error, and nothing else of his is looked at", () => {
	const bench = online();
	let handled = 0;
	bench.session.router.handle("get", "ping", "urn:xmpp:ping", (request) => {
		handled++;
		request.succeed();
	});
	const said = flood(bench, MALLORY, limits.floodStanzas + 20);
	expect(handled).toBe(limits.floodStanzas);
	expect(count(said, "type='result'")).toBe(limits.floodStanzas);
	expect(count(said, "<resource-constraint ")).toBe(20);
	for (let i = 0; i < limits.floodStanzas + 20; i++) expect(count(said, `id='f${i}'`)).toBe(1);
	// By his account, whatever the resource and the letters.
	expect(bench.say("<message from='MALLORY@elsewhere.example/other'><body>more</body></message>")).toBe("");
	expect(bench.say(`<presence from='${MALLORY}'/><iq type='result' id='x' from='${MALLORY}'/>`)).toBe("");
	expect(bench.happened).toEqual([]);
	// Others are heard all the time, and he again after a while.
	bench.say("<message from='friend@a.example/x'><body>hello</body></message>");
	bench.time.pass(limits.floodSeconds * 1000);
	bench.say(`<message from='${MALLORY}'><body>sorry</body></message>`);
	expect(bench.happened).toEqual(["message hello", "message sorry"]);
});

test("R-CORE-14 who is familiar is never too much, nor is our own account", () => {
	const bench = online({ isFamiliar: (from) => from.startsWith("owner@") });
	for (let i = 0; i < 2 * limits.floodStanzas; i++)
		bench.say("<message from='owner@a.example/x'><body>1</body></message><message><body>2</body></message>");
	expect(bench.happened).toHaveLength(4 * limits.floodStanzas);
});

test("R-CORE-14 far beyond it the server is asked once to keep him away (XEP-0191), and an hour later to let him in again", () => {
	const bench = online();
	let id = "";
	for (let i = 0; i < limits.floodBlock + 100; i++) {
		const said = flood(bench, MALLORY, 1);
		const block = /<iq type='set' id='([^']*)'><block xmlns='urn:xmpp:blocking'><item jid='mallory@elsewhere.example'\/><\/block>/.exec(
			said
		);
		if (block !== null) id += block[1]!;
		expect(block !== null).toBe(i === limits.floodBlock - 1);
	}
	bench.say(`<iq type='result' id='${id}'/>`);
	expect(hears(bench, "unblock", 3575)).toBeUndefined();
	const later = hears(bench, "<unblock xmlns='urn:xmpp:blocking'/>", 100)!;
	bench.say(`<iq type='result' id='${/<iq type='set' id='([^']*)'><unblock/.exec(later)![1]!}'/>`);
	expect(hears(bench, "unblock", 7200)).toBeUndefined();
});

test("R-CORE-14 a server that cannot keep anybody away is asked to undo nothing", () => {
	const bench = online();
	for (let i = 1; i < limits.floodBlock; i++) flood(bench, MALLORY, 1);
	const id = /<iq type='set' id='([^']*)'><block/.exec(flood(bench, MALLORY, 1))![1]!;
	bench.say(
		`<iq type='error' id='${id}'><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>`
	);
	expect(hears(bench, "unblock", 7200)).toBeUndefined();
});

test("R-CORE-14 among many strangers the loud one is found", () => {
	const bench = online();
	let refused = 0;
	for (let i = 0; i < 200; i++) {
		bench.say(`<message from='s${i}@elsewhere.example/x'><body>once</body></message>`);
		refused += count(flood(bench, MALLORY, 1), "<resource-constraint ");
	}
	expect(refused).toBe(200 - limits.floodStanzas);
	expect(bench.happened).toHaveLength(200);
});

test("R-CORE-14 who asks faster than he hears is not listened to meanwhile, and the connection stands", () => {
	const bench = online();
	const { line } = bench;
	// The socket takes nothing more.
	line.room = 0;
	line.writable(0);
	let burst = "";
	const number = 150;
	for (let i = 0; i < number; i++) burst += `<iq type='get' id='f${i}' from='s${i}@elsewhere.example/x'><ping xmlns='urn:xmpp:ping'/></iq>`;
	bench.say(burst);
	let said = line.take();
	for (let i = 0; i < 50; i++) {
		line.writable(1000);
		said += line.take();
	}
	expect(bench.happened).toEqual([]);
	for (let i = 0; i < number; i++) expect(count(said, `id='f${i}'`)).toBe(1);
	// What it says itself stops it listening, too, and it listens again when that has left.
	line.writable(0);
	for (let i = 0; i < 20; i++) {
		bench.session.open("message", "friend@a.example").open("body").text("x".repeat(150));
		bench.session.send();
	}
	bench.say("<message from='friend@a.example/x'><body>now</body></message>");
	expect(bench.happened).toEqual([]);
	line.writable(10_000);
	expect(bench.happened).toEqual(["message now"]);
	// In order.
	expect(said.indexOf("id='f9'")).toBeLessThan(said.indexOf("id='f149'"));
});
