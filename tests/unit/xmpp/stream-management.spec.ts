// A session that outlives its connection (XEP-0198): what is counted, what is sent again, and when it is over after all.
import { encodeUTF8 } from "../../../src/text/utf8.js";
import { ACCOUNT, between, CLOSE, HEADER, idOf, MANAGED, SessionBench } from "../../support/session-bench.js";
import { FakeNetwork } from "../../support/socket.js";
import { FakeTime } from "../../support/time.js";

const SM = "xmlns='urn:xmpp:sm:3'";
const ENABLED = `<enabled ${SM} id='s1' resume='true' max='300'/>`;
const PING = "<ping xmlns='urn:xmpp:ping'/>";

const a = (h: number): string => `<a ${SM} h='${h}'/>`;
const body = (text: string): string => `<message><body>${text}</body></message>`;

/** Bound and counted. */
function counted(enabled = ENABLED): SessionBench {
	const bench = new SessionBench(ACCOUNT);
	bench.secure();
	bench.authenticate(bench.offer());
	expect(bench.bind(undefined, MANAGED)).toBe(`<enable ${SM} resume='true'/>`);
	bench.say(enabled);
	bench.session.router.handle("get", "ping", "urn:xmpp:ping", (request) => request.succeed());
	bench.happened.length = 0;
	return bench;
}

function write(bench: SessionBench, text: string): void {
	bench.session.open("message").open("body").text(text);
	bench.session.send();
}

/** Up to the features after SASL on the next connection; returns what the thing says to them. */
function again(bench: SessionBench, features = MANAGED): string {
	bench.time.pass(bench.pauses[bench.pauses.length - 1]!);
	bench.line.writable();
	bench.line.take();
	bench.say(`${HEADER}<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>`);
	bench.say("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
	bench.line.secures();
	bench.line.take();
	bench.authenticate(bench.offer());
	return bench.say(HEADER + features);
}

const place = ({ line: { options } }: SessionBench) => [options.host, options.port, options.tls, options.serverName];

/** What another life of the board left, ten minutes before the server forgets it. */
const HELD = Object.freeze({
	...{ jid: "t0@a.example/r", id: "s1", handled: 4_294_967_295, acknowledged: 4_294_967_294, unacked: [] },
	...{ until: new FakeTime().clock.now() + 600_000, place: undefined, tls: undefined }
});

const resumed = (h: number): string => `<resumed ${SM} previd='s1' h='${h}'/>`;

describe("counting", () => {
	test("R-CORE-6 stanzas count and nothing else does; every <r/> is answered at once", () => {
		const bench = counted();
		expect(bench.say(`<r ${SM}/>`)).toBe(a(0));
		bench.say(` ${body("1")}<presence from='b@a.example'/>`);
		expect(bench.say(`<r ${SM}/><r ${SM}/>`)).toBe(a(2) + a(2));
		// Answered, ignored, too large: all of them came.
		bench.say(`<iq type='get' id='1' from='a.example'>${PING}</iq><iq type='result' id='x'/>`);
		bench.say(`<message><x xmlns='urn:x'><a>${"x".repeat(3000)}</a><b>${"x".repeat(3000)}</b></x></message>`);
		bench.say(`<other/><iq xmlns='jabber:server' type='result' id='y'/>`);
		expect(bench.say(`<r ${SM}/>`)).toBe(a(5));
	});

	test("R-CORE-6 what came before <enabled/> does not count", () => {
		const bench = new SessionBench(ACCOUNT);
		bench.secure();
		bench.authenticate(bench.offer());
		bench.bind(undefined, MANAGED);
		expect(bench.say(`${body("early")}<r ${SM}/>`)).toBe("");
		expect(bench.say(`${ENABLED}${body("late")}<r ${SM}/>`)).toBe(a(1));
	});

	test("a server without stream management is asked for none, and its <r/> is nobody's", () => {
		const bench = new SessionBench(ACCOUNT);
		bench.login();
		expect(bench.say(`<r ${SM}/>${ENABLED}<a ${SM} h='7'/>`)).toBe("");
		bench.line.fails("closed");
		expect(bench.happened).toContain("offline closed");
	});

	test("a server that refuses is written to without counting", () => {
		const bench = counted(`<failed ${SM}><unexpected-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>`);
		for (let i = 0; i < 20; i++) write(bench, "hello");
		expect(bench.line.take().includes("<r ")).toBe(false);
		expect(bench.say(a(3))).toBe("");
		bench.line.fails("closed");
		expect(bench.happened).toEqual(["offline closed"]);
	});

	test("acknowledgement is asked for when five stanzas wait, or 2 KiB, and once until it comes", () => {
		const bench = counted();
		for (let i = 0; i < 4; i++) write(bench, "hello");
		expect(bench.line.take().includes("<r ")).toBe(false);
		write(bench, "hello");
		expect(bench.line.take().endsWith(`</message><r ${SM}/>`)).toBe(true);
		write(bench, "hello");
		expect(bench.line.take().includes("<r ")).toBe(false);
		expect(bench.say(a(5))).toBe("");
		write(bench, "x".repeat(2100));
		expect(bench.line.take().endsWith(`<r ${SM}/>`)).toBe(true);
	});

	test("R-CORE-8 a server that has more than there is gets a stream error, and a session of its own afterwards", () => {
		const bench = counted();
		write(bench, "one");
		bench.line.take();
		const said = bench.say(a(2));
		expect(said).toBe(
			`<stream:error><undefined-condition xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><handled-count-too-high ${SM} h='2' send-count='1'/></stream:error>${CLOSE}`
		);
		expect(bench.happened).toEqual(["offline sm:handled-count-too-high"]);
		expect(again(bench)).toContain("<bind ");
	});

	test("R-CORE-8 a count that goes back is too high as well", () => {
		const bench = counted();
		for (let i = 0; i < 3; i++) write(bench, "hello");
		bench.say(a(3));
		bench.line.take();
		expect(bench.say(a(2))).toContain("handled-count-too-high");
	});

	test.each(["", "h=''", "h='-1'", "h='1.0'", "h=' 1'", "h='4294967296'", "h='99999999999'"])("an <a %s/> is no acknowledgement", (h) => {
		const bench = counted();
		write(bench, "hello");
		bench.line.take();
		expect(bench.say(`<a ${SM} ${h}/>`)).toContain("<invalid-xml ");
		expect(bench.happened).toEqual(["offline sm:no-count"]);
	});
});

describe("resuming", () => {
	test("R-CORE-7 what the server has not is sent again, in order, and what it has is not", () => {
		const bench = counted();
		for (const text of ["one", "two", "three"]) write(bench, text);
		bench.say(body("in"));
		bench.line.fails("closed");
		expect(bench.session.jid).toBeUndefined();
		write(bench, "four");
		expect(again(bench)).toBe(`<resume ${SM} h='1' previd='s1'/>`);
		write(bench, "five");
		expect(bench.line.take()).toBe("");
		expect(bench.say(resumed(1))).toBe(`${["two", "three", "four", "five"].map(body).join("")}<r ${SM}/>`);
		expect(bench.happened).toEqual(["message in", "held closed", "resumed t0@a.example/r"]);
		expect(bench.session.jid).toBe("t0@a.example/r");
		// Counts go on where they were.
		expect(bench.say(`${body("again")}<r ${SM}/>`)).toBe(a(2));
		expect(bench.say(a(5))).toBe("");
	});

	test("R-CORE-5 R-CORE-7 a request that was heard before the cut is answered once, after it", () => {
		const bench = counted();
		let answer = (): void => undefined;
		bench.session.router.handle("get", "slow", "urn:x", (request) => {
			answer = () => request.succeed();
		});
		bench.say(`<iq type='get' id='7' from='b@a.example/r'><slow xmlns='urn:x'/></iq>`);
		bench.line.fails("closed");
		answer();
		expect(again(bench)).toBe(`<resume ${SM} h='1' previd='s1'/>`);
		expect(bench.say(resumed(0))).toBe(`<iq to='b@a.example/r' type='result' id='7'/><r ${SM}/>`);
	});

	test("R-CORE-7 a request of ours is answered by the connection after", () => {
		const bench = counted();
		const answers: (string | undefined)[] = [];
		bench.session.router.open("get", "b.example").open("query", "urn:x");
		bench.session.router.send((answer) => answers.push(answer.error?.condition ?? "fine"));
		const id = idOf(bench.line.take());
		bench.line.fails("closed");
		again(bench);
		bench.say(resumed(1));
		bench.say(`<iq type='result' id='${id}' from='b.example'/>`);
		expect(answers).toEqual(["fine"]);
	});

	test("R-CORE-7 a session that the server has forgotten ends, and a new one is bound on the same stream", () => {
		const bench = counted();
		const answers: (string | undefined)[] = [];
		let answer = (): void => undefined;
		bench.session.router.handle("get", "slow", "urn:x", (request) => {
			answer = () => request.succeed();
		});
		bench.say(`<iq type='get' id='7' from='b@a.example/r'><slow xmlns='urn:x'/></iq>`);
		write(bench, "one");
		bench.session.router.open("get", "b.example").open("query", "urn:x");
		bench.session.router.send(({ error }) => answers.push(error?.condition));
		bench.line.fails("closed");
		again(bench);
		const bind = bench.say(`<failed ${SM} h='1'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>`);
		expect(bind).toContain("<bind ");
		expect(answers).toEqual(["remote-server-timeout"]);
		// Nobody is there any more to whom this is an answer.
		answer();
		expect(bench.bound(idOf(bind), "t0@a.example/r2")).toBe(`<enable ${SM} resume='true'/>`);
		expect(bench.say(ENABLED)).toBe("");
		expect(bench.happened).toEqual(["held closed", "lost", "online t0@a.example/r2"]);
		expect(bench.say(`${body("first")}<r ${SM}/>`)).toBe(a(1));
	});

	test("R-CORE-6 R-CORE-7 counts wrap around at 2^32, after a restart of the board too", () => {
		const stanza = encodeUTF8(body("old"));
		const bench = new SessionBench(ACCOUNT, { held: { ...HELD, unacked: [stanza] } });
		bench.secure();
		bench.authenticate(bench.offer());
		expect(bench.say(HEADER + MANAGED)).toBe(`<resume ${SM} h='4294967295' previd='s1'/>`);
		expect(bench.say(resumed(4_294_967_294))).toBe(`${body("old")}<r ${SM}/>`);
		expect(bench.happened).toEqual(["resumed t0@a.example/r"]);
		write(bench, "new");
		write(bench, "newer");
		bench.line.take();
		expect(bench.say(`${body("in")}<r ${SM}/>`)).toBe(a(0));
		expect(bench.say(`${body("in")}<r ${SM}/>`)).toBe(a(1));
		// 4294967295, 0, 1: all three.
		expect(bench.say(a(1))).toBe("");
		bench.time.pass(1000);
		bench.line.take();
		const after = bench.session.suspend();
		expect(bench.line.take()).toBe("");
		expect(bench.line.isClosed).toBe(true);
		const until = bench.time.clock.now() + 600_000;
		const was = { place: "a.example:5222", tls: "starttls" };
		expect(after).toEqual({ jid: "t0@a.example/r", id: "s1", handled: 1, acknowledged: 1, unacked: [], until, ...was });
		bench.time.pass(3_600_000);
		expect(bench.network.connections).toHaveLength(1);
	});

	test("asleep, it takes along where the server wants it resumed and how long it is kept, and goes there first, once", () => {
		const bench = counted(`<enabled ${SM} id='s1' resume='true' location='[2001:db8::1]:5299' max='120'/>`);
		const held = bench.session.suspend()!;
		expect([held.place, held.tls, held.until]).toEqual(["[2001:db8::1]:5299", "starttls", bench.time.clock.now() + 120_000]);
		const woken = new SessionBench(ACCOUNT, { held });
		woken.session.start();
		expect(place(woken)).toEqual(["2001:db8::1", 5299, "starttls", "a.example"]);
		woken.line.fails("refused");
		expect(again(woken)).toContain("<resume ");
		expect(place(woken)).toEqual(place(bench));
		woken.say(resumed(0));
		expect(woken.happened).toEqual(["held refused", "resumed t0@a.example/r"]);
	});

	test("asleep for longer than it is kept, it is over, and another is bound", () => {
		const bench = new SessionBench(ACCOUNT, { held: { ...HELD, until: new FakeTime().clock.now() - 1 } });
		bench.session.start();
		bench.time.pass(0);
		expect(bench.happened).toEqual(["lost"]);
		bench.secure();
		bench.authenticate(bench.offer());
		expect(bench.say(HEADER + MANAGED)).toContain("<bind ");
	});

	test("asleep again before it is resumed, in the middle of a login, it is kept as it was, and the server not blamed", () => {
		const bench = new SessionBench(ACCOUNT, { held: HELD });
		bench.accounts.remembers = true;
		const habits = { mechanism: "SCRAM-SHA-1", binding: "n", inline: 0, sm: true, refusals: 0 } as const;
		bench.accounts.remembered = habits;
		expect(bench.secure()).toContain("<auth ");
		const again = bench.session.suspend();
		expect([again?.id, again?.handled, again?.acknowledged]).toEqual([HELD.id, HELD.handled, HELD.acknowledged]);
		expect(bench.accounts.remembered).toEqual(habits);
		expect(bench.line.isClosed).toBe(true);
		bench.time.pass(3_600_000);
		expect(bench.network.connections).toHaveLength(1);
		expect(bench.happened).toEqual([]);
	});

	test("asleep while it looks for the server, it connects no more", () => {
		const answers: (() => void)[] = [];
		const network = Object.assign(new FakeNetwork(), {
			resolve: (_name: string, onAddresses: (error: undefined, addresses: readonly string[]) => void) => {
				answers.push(() => onAddresses(undefined, ["192.0.2.1"]));
			}
		});
		const bench = new SessionBench(ACCOUNT, { held: HELD }, network);
		bench.session.start();
		expect(answers).toHaveLength(1);
		expect(bench.session.suspend()?.id).toBe(HELD.id);
		answers[0]!();
		bench.time.pass(3_600_000);
		expect(network.connections).toHaveLength(0);
	});

	test("awake without the server for longer than it is kept, it is over", () => {
		const bench = new SessionBench(ACCOUNT, { held: HELD });
		bench.session.start();
		for (let i = 0; i < 4; i++) {
			bench.line.fails("refused");
			bench.time.pass(150_000);
		}
		expect(bench.happened.filter((what) => what === "lost")).toEqual(["lost"]);
	});

	test("a too-high count in <resumed/> ends the session", () => {
		const bench = counted();
		bench.line.fails("closed");
		again(bench);
		expect(bench.say(resumed(1))).toContain("handled-count-too-high");
		expect(bench.happened).toEqual(["held closed", "offline sm:handled-count-too-high"]);
	});

	test("it is tried as often as it takes, and the time the server gives is kept to", () => {
		const bench = counted();
		bench.line.fails("closed");
		let tries = 1;
		const start = bench.time.clock.now();
		while (!bench.happened.includes("lost")) {
			bench.time.pass(bench.pauses[bench.pauses.length - 1]!);
			if (bench.network.connections.length > tries) {
				tries++;
				bench.line.fails("refused");
			}
			expect(bench.time.clock.now() - start).toBeLessThan(700_000);
		}
		expect(tries).toBeGreaterThan(2);
		expect(again(bench)).toContain("<bind ");
	});

	test("more than is kept while no connection stands ends it", () => {
		const bench = counted();
		bench.line.fails("closed");
		for (let i = 0; i < 16; i++) write(bench, `${i}`);
		expect(bench.happened).toEqual(["held closed"]);
		write(bench, "16");
		expect(bench.happened).toEqual(["held closed", "lost"]);
		expect(again(bench)).toContain("<bind ");
	});

	test("more than is kept while the server acknowledges nothing is sent all the same, and resumed once it has", () => {
		const bench = counted();
		for (let i = 0; i < 20; i++) write(bench, `${i}`);
		expect(bench.line.take()).toContain(body("19"));
		bench.say(a(6));
		bench.line.fails("closed");
		again(bench);
		expect(bench.say(resumed(18))).toBe(`${body("18")}${body("19")}<r ${SM}/>`);

		const other = counted();
		for (let i = 0; i < 20; i++) write(other, `${i}`);
		other.say(a(3));
		other.line.fails("closed");
		expect(other.happened).toEqual(["offline closed"]);
	});

	test.each([
		["a server that ends the stream", CLOSE],
		["a stream error", "<stream:error><system-shutdown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"],
		["XML that is none", "<message></body>"]
	])("%s ends the session with it", (_, text) => {
		const bench = counted();
		bench.say(text);
		expect(bench.happened[0]).toContain("offline ");
		expect(again(bench)).toContain("<bind ");
	});

	test.each([
		["no resumption", `<enabled ${SM}/>`],
		["no id", `<enabled ${SM} resume='true'/>`],
		["nothing yet", ""]
	])("a server that promises %s is not held to it", (_, enabled) => {
		const bench = counted(enabled);
		bench.line.fails("closed");
		expect(bench.happened).toEqual(["offline closed"]);
	});

	test("where the server wants it resumed is gone to first, once, and then to where it was before", () => {
		const bench = counted(`<enabled ${SM} id='s1' resume='true' location='[2001:db8::1]:5299'/>`);
		const before = place(bench);
		bench.line.fails("closed");
		bench.time.pass(bench.pauses[0]!);
		expect(place(bench)).toEqual(["2001:db8::1", 5299, "starttls", "a.example"]);
		bench.line.fails("refused");
		expect(again(bench)).toContain("<resume ");
		expect(place(bench)).toEqual(before);
		bench.say(resumed(0));
		expect(bench.happened).toEqual(["held closed", "held refused", "resumed t0@a.example/r"]);
	});

	test.each(["", "a.example:0", "nonsense:x", "a.example:5222/x", "<>"])("and %j is no place", (location) => {
		const bench = counted(`<enabled ${SM} id='s1' resume='true' location='${location.replace("<", "&lt;")}'/>`);
		const before = place(bench);
		bench.line.fails("closed");
		expect(again(bench)).toContain("<resume ");
		expect(place(bench)).toEqual(before);
	});

	test("broken again before it is resumed, nothing is lost", () => {
		const bench = counted();
		write(bench, "one");
		bench.line.fails("closed");
		again(bench);
		bench.line.fails("closed");
		expect(again(bench)).toContain("<resume ");
		expect(bench.say(resumed(0))).toContain(body("one"));
		expect(bench.happened).toEqual(["held closed", "held closed", "resumed t0@a.example/r"]);
	});

	test("broken while it sends again, it is held and not told of", () => {
		const bench = counted();
		write(bench, "one");
		bench.line.fails("closed");
		again(bench);
		bench.line.write = () => {
			throw new Error("reset by peer");
		};
		bench.line.receives(resumed(0));
		expect(bench.happened).toEqual(["held closed", "held closed"]);
		again(bench);
		expect(bench.say(resumed(0))).toContain(body("one"));
	});
});

describe("stop", () => {
	test("tells the server what came, so that it gives nothing back", () => {
		const bench = counted();
		bench.say(body("1"));
		bench.session.stop();
		expect(bench.line.take()).toBe(a(1) + CLOSE);
	});

	test("while a session is held forgets it", () => {
		const bench = counted();
		bench.line.fails("closed");
		bench.session.stop();
		bench.time.pass(3_600_000);
		expect(bench.happened).toEqual(["held closed"]);
		expect(bench.time.waiting).toBeUndefined();
		expect(bench.session.router.address).toBeUndefined();
	});
});

describe("a link that the host tells of", () => {
	/** A host that tells. */
	function told(): { bench: SessionBench; link: (up: boolean) => void } {
		let listener: (up: boolean) => void = () => {};
		const network = new FakeNetwork();
		const bench = new SessionBench(
			ACCOUNT,
			{},
			Object.assign(network, { onLink: (callback: (up: boolean) => void) => (listener = callback) })
		);
		bench.secure();
		bench.authenticate(bench.offer());
		bench.bind(undefined, MANAGED);
		bench.say(ENABLED);
		bench.happened.length = 0;
		return { bench, link: (up) => listener(up) };
	}

	test("R-CORE-9 gone: the connection is given up without a word, and the session goes on the moment that it is back", () => {
		const { bench, link } = told();
		link(false);
		expect(bench.happened).toEqual(["held link"]);
		expect(bench.line.take()).toBe("");
		expect(bench.line.isClosed).toBe(true);
		bench.time.pass(120_000);
		expect(bench.network.connections).toHaveLength(1);
		link(true);
		expect(bench.network.connections).toHaveLength(2);
		link(true);
		expect(bench.network.connections).toHaveLength(2);
		bench.pauses.push(0);
		expect(again(bench)).toContain("<resume ");
	});

	test("gone for good, as it seems: a try now and then all the same", () => {
		const { bench, link } = told();
		link(false);
		bench.time.pass(300_000);
		expect(bench.network.connections).toHaveLength(2);
		bench.line.fails("refused");
		expect(bench.pauses).toEqual([300_000, 300_000]);
		// That it is back is told late: at once is still at once.
		link(true);
		expect(bench.network.connections).toHaveLength(3);
	});

	test("that comes and goes makes no pause shorter that the server asked for", () => {
		const { bench, link } = told();
		bench.say("<stream:error><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>");
		for (let i = 0; i < 5; i++) {
			link(false);
			link(true);
		}
		expect(bench.network.connections).toHaveLength(1);
		bench.time.pass(bench.pauses[0]!);
		expect(bench.network.connections).toHaveLength(2);
	});

	test("says nothing to a session that was stopped", () => {
		const { bench, link } = told();
		bench.session.stop();
		link(false);
		link(true);
		expect(bench.happened).toEqual([]);
		expect(bench.network.connections).toHaveLength(1);
	});
});

describe("liveness", () => {
	test("silence is asked about with an <r/>, and a dead connection is left without a word that would end the session", () => {
		const bench = counted();
		bench.time.pass(60_000);
		expect(bench.line.take()).toBe(`<r ${SM}/>`);
		bench.say(a(0));
		bench.time.pass(60_000);
		expect(bench.line.take()).toBe(`<r ${SM}/>`);
		bench.time.pass(15_000);
		expect(bench.line.take()).toBe("");
		expect(bench.line.isClosed).toBe(true);
		expect(bench.happened).toEqual(["held timeout"]);
		expect(between(again(bench), "previd='", "'")).toBe("s1");
	});

	test("in the first quiet moment of each connection a server that may hold back what can wait is told to (XEP-0352)", () => {
		const offer = MANAGED.replace("</stream:features>", "<csi xmlns='urn:xmpp:csi:0'/></stream:features>");
		const inactive = `<inactive xmlns='urn:xmpp:csi:0'/><r ${SM}/>`;
		const bench = new SessionBench(ACCOUNT);
		bench.secure();
		bench.authenticate(bench.offer());
		expect(bench.bind(undefined, offer)).toBe(`<enable ${SM} resume='true'/>`);
		bench.say(ENABLED);
		bench.time.pass(60_000);
		expect(bench.line.take()).toBe(inactive);
		bench.say(a(0));
		bench.time.pass(60_000);
		expect(bench.line.take()).toBe(`<r ${SM}/>`);
		bench.line.fails("closed");
		again(bench, offer);
		expect(bench.say(resumed(0))).toBe("");
		bench.time.pass(60_000);
		expect(bench.line.take()).toBe(inactive);
	});

	test("an hour of nothing costs a probe and an answer a minute", () => {
		const bench = counted();
		let sent = 0;
		for (let i = 0; i < 60; i++) {
			bench.time.pass(60_000);
			sent += bench.line.take().length;
			bench.say(a(0));
		}
		expect(sent).toBe(60 * `<r ${SM}/>`.length);
		expect(bench.happened).toEqual([]);
	});
});
