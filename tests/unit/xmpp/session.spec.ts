// The life of a session: coming back, going, and what arrives meanwhile.
import { ACCOUNT, CLOSE, DOMAIN, HEADER, idOf, SessionBench } from "../../support/session-bench.js";

const ERROR = (condition: string): string => `<stream:error><${condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>`;

function online(): SessionBench {
	const bench = new SessionBench(ACCOUNT);
	bench.login();
	bench.happened.length = 0;
	return bench;
}

describe("session", () => {
	test("messages, presence and requests go their ways", () => {
		const bench = online();
		bench.session.router.handle("get", "ping", "urn:xmpp:ping", (request) => request.succeed());
		const answer = bench.say(
			"<message from='a@a.example/r'><body>hi</body></message><presence from='b@a.example'/><iq type='get' id='1' from='a.example'><ping xmlns='urn:xmpp:ping'/></iq>"
		);
		expect(answer).toBe("<iq to='a.example' type='result' id='1'/>");
		expect(bench.happened).toEqual(["message hi", "presence b@a.example"]);
	});

	test("elements that are no stanzas of a client are ignored", () => {
		const bench = online();
		expect(bench.say("<iq xmlns='jabber:server' type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq><r xmlns='urn:xmpp:sm:3'/>")).toBe("");
		expect(bench.happened).toEqual([]);
	});

	test("a request too large to be built is answered, a message too large is not", () => {
		const bench = online();
		const text = "x".repeat(3000);
		const large = `<a>${text}</a><b>${text}</b>`;
		const answer = bench.say(
			`<message><x xmlns='urn:x'>${large}</x></message><iq type='get' id='1' from='a.example'><query xmlns='urn:x'>${large}</query></iq>`
		);
		expect(answer).toContain("<iq to='a.example' type='error' id='1'>");
		expect(bench.happened).toEqual([]);
	});

	test("a request that no answer can be written to ends nothing, built or not", () => {
		const bench = online();
		// Each "&" is five bytes in the answer.
		const head = `<iq type='get' id='${"&amp;".repeat(2000)}' from='s@b.example/x'><query xmlns='urn:x'>`;
		bench.say(`${head}</query></iq>`);
		bench.say(`${head}<a>${"x".repeat(3000)}</a><b>${"x".repeat(3000)}</b></query></iq>`);
		expect(bench.say("<iq type='get' id='2' from='a.example'><ping xmlns='urn:xmpp:ping'/></iq>")).toContain("id='2'");
		expect(bench.happened).toEqual([]);
	});

	test("a stranger's JID of the greatest length ends nothing", () => {
		const bench = online();
		const from = `${"a".repeat(1023)}@${"b".repeat(1023)}/${"c".repeat(1023)}`;
		const answer = bench.say(
			`<presence from='${from}'/><message from='${from}'><body>hi</body></message><iq type='get' id='1' from='${from}'><query xmlns='urn:x'/></iq>`
		);
		expect(answer).toContain(`<iq to='${from}' type='error' id='1'>`);
		expect(bench.happened).toEqual([`presence ${from}`, "message hi"]);
	});

	test("a long answer comes in parts", () => {
		const bench = online();
		const names: (string | undefined)[] = [];
		let done = false;
		bench.session.router.open("get").open("query", "jabber:iq:roster");
		bench.session.router.send(
			() => {
				done = true;
			},
			{ onPart: (part) => names.push(part.attribute("jid")) }
		);
		const id = idOf(bench.line.take());
		const items = Array.from({ length: 200 }, (_, index) => `<item jid='friend-number-${index}@a.example'/>`).join("");
		bench.say(`<iq type='result' id='${id}'><query xmlns='jabber:iq:roster'>${items}</query></iq>`);
		expect(names).toHaveLength(200);
		expect(done).toBe(true);
	});

	test("what a callback throws is told and ends nothing", () => {
		const bench = online();
		bench.onMessage = () => {
			throw new Error("broken");
		};
		bench.say("<message><body>1</body></message><message><body>2</body></message>");
		expect(bench.happened).toEqual(["message 1", "message 2"]);
		expect(bench.errors).toHaveLength(2);
		expect(bench.line.isClosed).toBe(false);
	});

	test("stanzas sent while offline are lost, not kept for a stranger", () => {
		const bench = new SessionBench(ACCOUNT);
		bench.session.open("presence");
		bench.session.send();
		bench.secure();
		bench.session.open("message", "a@a.example").open("body").text("early");
		bench.session.send();
		expect(bench.line.take()).toBe("");
		bench.session.router.open("get").open("query", "jabber:iq:roster");
		let failed = false;
		bench.session.router.send((answer) => {
			failed = answer.error !== undefined;
		});
		expect(bench.line.take()).toBe("");
		bench.time.pass(0);
		expect(failed).toBe(true);
		bench.authenticate(bench.offer());
		bench.bind();
		bench.session.open("presence");
		bench.session.send();
		expect(bench.line.take()).toBe("<presence/>");
	});

	test.each([
		["closes the stream", CLOSE, "closed"],
		["restarts", ERROR("system-shutdown"), "stream-error:system-shutdown"],
		["knows our resource elsewhere", ERROR("conflict"), "conflict"],
		["sends us elsewhere", ERROR("see-other-host"), "stream-error:see-other-host"],
		["says an error that no RFC knows", "<stream:error><x xmlns='urn:x'/></stream:error>", "stream-error:undefined-condition"],
		["says an error without reason", "<stream:error/>", "stream-error:undefined-condition"]
	])("a server that %s is answered with the end of the stream and visited again", (_, text, reason) => {
		const bench = online();
		expect(bench.say(text)).toBe(CLOSE);
		expect(bench.happened).toEqual([`offline ${reason}`]);
		expect(bench.session.jid).toBeUndefined();
		bench.line.fails("closed");
		bench.time.pass(bench.pauses[0]!);
		expect(bench.network.connections).toHaveLength(2);
	});

	test("after a stream error nothing more of the piece is looked at", () => {
		const bench = online();
		bench.say(`<message><body>1</body></message>${ERROR("reset")}<message><body>2</body></message>`);
		expect(bench.happened).toEqual(["message 1", "offline stream-error:reset"]);
	});

	test("XML that is not well-formed is told to the server by its name", () => {
		const bench = online();
		expect(bench.say("<message></body>")).toBe(
			`<stream:error><not-well-formed xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>${CLOSE}`
		);
		expect(bench.happened).toEqual(["offline xml:not-well-formed"]);
		bench.say("<message><body>2</body></message>");
		expect(bench.happened).toHaveLength(1);
		bench.time.pass(1000);
		expect(bench.network.connections[0]?.isClosed).toBe(true);
	});

	test("a connection that cannot be opened is told and tried again", () => {
		const bench = new SessionBench(ACCOUNT);
		bench.network.fault = new Error("no such host");
		bench.session.start();
		expect(bench.happened).toEqual(["offline internal"]);
		bench.network.fault = undefined;
		bench.time.pass(1000);
		expect(bench.network.connections).toHaveLength(1);
	});

	test("requests that waited fail when the connection ends", () => {
		const bench = online();
		const answers: (string | undefined)[] = [];
		bench.session.router.open("get", "b.example").open("query", "urn:x");
		bench.session.router.send((answer) => answers.push(answer.error?.condition));
		bench.line.fails("closed");
		expect(answers).toEqual(["remote-server-timeout"]);
		expect(bench.happened).toEqual(["offline closed"]);
	});
});

describe("see-other-host", () => {
	const ELSEWHERE = (text: string): string =>
		`<stream:error><see-other-host xmlns='urn:ietf:params:xml:ns:xmpp-streams'>${text}</see-other-host></stream:error>`;

	test("is followed at once: another place, the same name on the certificate, the same kind of TLS", () => {
		const bench = online();
		bench.say(ELSEWHERE(" [2001:db8::1]:5269 "));
		expect(bench.pauses).toEqual([0]);
		bench.line.fails("closed");
		bench.time.pass(0);
		expect(bench.network.connections).toHaveLength(2);
		const { host, port, tls, serverName } = bench.line.options;
		expect({ host, port, tls, serverName }).toEqual({ host: "2001:db8::1", port: 5269, tls: "starttls", serverName: DOMAIN });
		bench.login();
		expect(bench.session.jid).toBeDefined();
		// The other had its day: the next connection is looked for where the first was.
		bench.line.fails("closed");
		bench.time.pass(bench.pauses[1]!);
		expect(bench.line.options.host).toBe(DOMAIN);
	});

	test("as the first word under TLS counts; in clear, where anybody could have said it, it does not", () => {
		const bench = new SessionBench(ACCOUNT);
		bench.secure();
		bench.say(HEADER + ELSEWHERE("b.example"));
		bench.time.pass(0);
		expect(bench.line.options.host).toBe("b.example");
		bench.line.writable();
		bench.say(HEADER + ELSEWHERE("c.example"));
		bench.time.pass(bench.pauses[1]!);
		expect(bench.happened).toEqual(["offline stream-error:see-other-host", "offline stream-error:see-other-host"]);
		expect(bench.network.connections).toHaveLength(3);
		expect(bench.line.options.host).toBe(DOMAIN);
	});

	test.each(["", "https://b.example/", "b.example:99999", "a@b.example", "b.example b.example"])("to %j leads nowhere", (text) => {
		const bench = online();
		bench.say(ELSEWHERE(text));
		expect(bench.happened).toEqual(["offline stream-error:see-other-host"]);
		bench.time.pass(bench.pauses[0]!);
		expect(bench.line.options.host).toBe(DOMAIN);
	});

	test("servers that send us round are left after three, for a pause that grows", () => {
		const bench = new SessionBench(ACCOUNT);
		const hosts: string[] = [];
		const ceilings: number[] = [];
		for (let i = 0; i < 40; i++) {
			bench.secure();
			hosts.push(bench.line.options.host);
			bench.say(HEADER + ELSEWHERE("b.example"));
			bench.line.fails("closed");
			if (bench.pauses[i]! > 0) ceilings.push(bench.pauses[i]!);
			bench.time.pass(bench.pauses[i]!);
		}
		expect(hosts.slice(0, 8)).toEqual([DOMAIN, "b.example", "b.example", "b.example", DOMAIN, "b.example", "b.example", "b.example"]);
		expect(ceilings).toHaveLength(10);
		expect(Math.max(...ceilings)).toBeGreaterThan(60_000);
	});

	test("a thing that was stopped meanwhile does not go there when it is started again", () => {
		const bench = online();
		bench.say(ELSEWHERE("b.example"));
		bench.session.stop();
		bench.session.start();
		expect(bench.line.options.host).toBe(DOMAIN);
	});
});

describe("stop", () => {
	test("closes in order and calls nothing afterwards", () => {
		const bench = online();
		bench.session.stop();
		expect(bench.line.take()).toBe(CLOSE);
		bench.say("<message><body>late</body></message>");
		expect(bench.line.isClosed).toBe(false);
		bench.say(CLOSE);
		bench.line.fails("closed");
		bench.time.pass(3_600_000);
		expect(bench.happened).toEqual([]);
		expect(bench.network.connections).toHaveLength(1);
		expect(bench.time.waiting).toBeUndefined();
	});

	test("a server that does not close its half is not waited for", () => {
		const bench = online();
		bench.session.stop();
		bench.time.pass(1000);
		expect(bench.line.isClosed).toBe(true);
		expect(bench.happened).toEqual([]);
	});

	test("while connecting leaves at once", () => {
		const bench = new SessionBench(ACCOUNT);
		bench.session.start();
		bench.session.stop();
		expect(bench.line.isClosed).toBe(true);
		bench.line.writable();
		bench.line.fails("refused");
		bench.time.pass(3_600_000);
		expect(bench.happened).toEqual([]);
	});

	test("during the pause ends the pause", () => {
		const bench = online();
		bench.line.fails("closed");
		bench.session.stop();
		bench.time.pass(3_600_000);
		expect(bench.network.connections).toHaveLength(1);
		expect(bench.time.waiting).toBeUndefined();
	});

	test("in any callback is the last of them", () => {
		const online = new SessionBench(ACCOUNT);
		online.onOnline = () => online.session.stop();
		online.secure();
		online.authenticate(online.offer());
		online.bind();
		expect(online.happened).toEqual(["online t0@a.example/r"]);
		online.time.pass(3_600_000);

		const offline = new SessionBench(ACCOUNT);
		offline.onOffline = () => offline.session.stop();
		offline.session.start();
		offline.line.fails("refused");
		offline.time.pass(3_600_000);
		expect(offline.happened).toEqual(["offline refused"]);

		const message = new SessionBench(ACCOUNT);
		message.login();
		message.onMessage = () => message.session.stop();
		message.say("<message><body>1</body></message><message><body>2</body></message><presence/>");
		message.time.pass(3_600_000);
		expect(message.happened).toEqual(["online t0@a.example/r", "message 1"]);
	});

	test("in a request that fails with the connection keeps offline untold", () => {
		const bench = online();
		bench.session.router.open("get").open("query", "urn:x");
		bench.session.router.send(() => bench.session.stop());
		bench.line.fails("closed");
		bench.time.pass(3_600_000);
		expect(bench.happened).toEqual([]);
		expect(bench.network.connections).toHaveLength(1);
	});

	test("start() again after stop() is a new connection; twice is one", () => {
		const bench = online();
		bench.session.stop();
		bench.session.start();
		bench.session.start();
		expect(bench.network.connections).toHaveLength(2);
		expect(bench.network.connections[0]?.isClosed).toBe(true);
	});
});

describe("liveness", () => {
	test("silence is asked about after a minute, and without any byte the connection is given up", () => {
		const bench = online();
		bench.time.pass(59_999);
		expect(bench.line.take()).toBe("");
		bench.time.pass(1);
		expect(bench.line.take()).toContain(`<ping xmlns='urn:xmpp:ping'/>`);
		bench.time.pass(14_999);
		expect(bench.happened).toEqual([]);
		bench.time.pass(1);
		expect(bench.happened).toEqual(["offline timeout"]);
	});

	test("any byte is a sign of life, and silence counts from the last one", () => {
		const bench = online();
		bench.time.pass(40_000);
		bench.say(" ");
		bench.time.pass(59_999);
		expect(bench.line.take()).toBe("");
		bench.time.pass(1);
		const ping = bench.line.take();
		expect(ping).toContain(`to='${DOMAIN}'`);
		bench.say(`<iq type='error' id='${idOf(ping)}' from='${DOMAIN}'><error type='cancel'/></iq>`);
		bench.time.pass(59_999);
		expect(bench.line.take()).toBe("");
		bench.time.pass(1);
		expect(bench.line.take()).toContain("<ping ");
		bench.say(" ");
		bench.time.pass(30_000);
		expect(bench.happened).toEqual([]);
	});

	test("a clock that is set does not end a connection", () => {
		for (const jump of [1e12, -1e12]) {
			const bench = online();
			bench.time.jump(jump);
			bench.time.pass(60_000);
			expect(bench.line.take()).toContain("<ping ");
			bench.say(" ");
			bench.time.pass(30_000);
			expect(bench.happened).toEqual([]);
		}
	});
});

describe("the queue", () => {
	test("no more is written than there is room for, and the rest in order when there is", () => {
		const bench = online();
		bench.line.room = 10;
		bench.line.writable(10);
		bench.session.open("message", "a@a.example").open("body").text("hello");
		bench.session.send();
		bench.session.open("presence");
		bench.session.send();
		expect(bench.line.take()).toBe("<message t");
		bench.line.writable(5);
		expect(bench.line.take()).toBe("o='a@");
		bench.line.writable(1000);
		expect(bench.line.take()).toBe("a.example'><body>hello</body></message><presence/>");
	});

	test("a server that reads nothing is given up before the heap is", () => {
		const bench = online();
		bench.line.room = 0;
		bench.line.writable(0);
		const text = "x".repeat(4000);
		for (let i = 0; i < 5; i++) {
			bench.session.open("message", "a@a.example").open("body").text(text);
			bench.session.send();
		}
		expect(bench.happened).toEqual(["offline overflow"]);
		expect(bench.line.isClosed).toBe(true);
	});

	test("a socket that throws ends the connection, not the thing", () => {
		const bench = online();
		bench.line.write = () => {
			throw new Error("gone");
		};
		bench.session.open("presence");
		bench.session.send();
		expect(bench.happened).toEqual(["offline closed"]);
		expect(bench.errors).toEqual([]);
	});

	test.each([1, 2, 3, 4, 5, 6, 7])("broken in write %i, a connection leaves no timer to the next", (broken) => {
		const bench = new SessionBench(ACCOUNT);
		bench.network.breakAt(1, broken);
		try {
			bench.login();
		} catch {
			// Its line is dead.
		}
		expect(bench.happened).toEqual(["offline closed"]);
		bench.time.pass(bench.pauses[0]!);
		expect(bench.network.connections).toHaveLength(2);
		bench.login();
		bench.time.pass(30_000);
		expect(bench.happened).toEqual(["offline closed", `online ${bench.session.jid}`]);
	});

	test("stopped in the news of an account, a connection leaves no timer to the next", () => {
		let stopped = 0;
		const bench: SessionBench = new SessionBench(undefined, {
			onAccount: () => {
				stopped++;
				bench.session.stop();
			}
		});
		bench.secure();
		const form = "<query xmlns='jabber:iq:register'><username/><password/></query>";
		const submit = bench.say(`<iq type='result' id='${idOf(bench.offer())}'>${form}</iq>`);
		bench.line.receives(`<iq type='result' id='${idOf(submit)}'/>`);
		expect(stopped).toBe(1);
		expect(bench.line.take()).toBe(CLOSE);
		bench.login();
		bench.time.pass(30_000);
		expect(bench.happened).toEqual(["proposed t1", "confirmed", `online ${bench.session.jid}`]);
	});

	test("a stanza past the limit throws to its writer and leaves the stream whole", () => {
		const bench = online();
		expect(() => bench.session.open("message").open("body").text("x".repeat(9000))).toThrow();
		bench.session.open("presence");
		bench.session.send();
		expect(bench.line.take()).toBe("<presence/>");
	});
});
