// A login that does not wait for what the server will say anyway, and servers that want to be waited for.
import {
	ACCOUNT,
	BIND,
	CLOSE,
	challenge,
	failure,
	HEADER,
	idOf,
	MANAGED,
	mechanisms,
	SessionBench,
	success
} from "../../support/session-bench.js";

const SM = "xmlns='urn:xmpp:sm:3'";
const ENABLED = `<enabled ${SM} id='s1' resume='true'/>`;
const ENDED = "<stream:error><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>";
const OFFER = HEADER + mechanisms("SCRAM-SHA-1");

/** Has logged in once, and its connection has broken. */
function known(enabled = ""): SessionBench {
	const bench = new SessionBench(ACCOUNT);
	bench.accounts.remembers = true;
	bench.secure();
	bench.authenticate(bench.offer());
	bench.bind(undefined, MANAGED);
	bench.say(enabled);
	bench.line.fails("closed");
	bench.happened.length = 0;
	return bench;
}

/** The next connection, up to what is said under TLS before the server says anything. */
function next(bench: SessionBench): string {
	bench.time.pass(bench.pauses[bench.pauses.length - 1]!);
	bench.line.writable();
	bench.line.take();
	bench.say(`${HEADER}<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>`);
	bench.say("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
	bench.line.secures();
	return bench.line.take();
}

const authOf = (said: string): string => said.slice(said.indexOf("<auth "));

describe("a login after the first", () => {
	test("takes three flights: header and <auth/>, <response/>, header and bind and <enable/>", () => {
		const bench = known();
		const first = next(bench);
		expect(first).toContain("from='t0@a.example'");
		expect(first).toContain("<auth ");
		const response = bench.say(OFFER + bench.challenge(authOf(first)));
		const third = bench.say(success(bench.signature(response)));
		expect(third.startsWith("<?xml")).toBe(true);
		expect(third.endsWith(`<enable ${SM} resume='true'/>`)).toBe(true);
		expect(bench.session.jid).toBeUndefined();
		// Features, the address and <enabled/> come together too.
		const id = idOf(third.slice(third.indexOf("<iq ")));
		const bound = `<iq type='result' id='${id}'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>t0@a.example/r2</jid></bind></iq>`;
		expect(bench.say(`${HEADER}${MANAGED}${bound}${ENABLED}<message><body>in</body></message><r ${SM}/>`)).toBe(`<a ${SM} h='1'/>`);
		expect(bench.happened).toEqual(["online t0@a.example/r2", "message in"]);
	});

	test("R-CORE-7 resumes in as many", () => {
		const bench = known(ENABLED);
		const response = bench.say(OFFER + bench.challenge(authOf(next(bench))));
		expect(bench.say(success(bench.signature(response))).endsWith(`<resume ${SM} h='0' previd='s1'/>`)).toBe(true);
		bench.say(`${HEADER}${MANAGED}<resumed ${SM} previd='s1' h='0'/>`);
		expect(bench.happened).toEqual(["resumed t0@a.example/r"]);
	});

	test("R-CORE-7 binds in one more where the session is forgotten", () => {
		const bench = known(ENABLED);
		const response = bench.say(OFFER + bench.challenge(authOf(next(bench))));
		bench.say(success(bench.signature(response)));
		const bind = bench.say(`${HEADER}${MANAGED}<failed ${SM}><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>`);
		expect(bench.bound(idOf(bind), "t0@a.example/r2")).toBe(`<enable ${SM} resume='true'/>`);
		expect(bench.happened).toEqual(["lost", "online t0@a.example/r2"]);
	});

	test("R-CORE-3 believes the server no sooner", () => {
		const bench = known();
		bench.say(OFFER + bench.challenge(authOf(next(bench))));
		bench.say(success("v=AAAAAAAAAAAAAAAAAAAAAAAAAAA="));
		expect(bench.happened).toEqual(["offline server-signature"]);
	});

	test("R-CORE-3 gives one that cheats no second chance by another mechanism", () => {
		const bench = known();
		bench.say(HEADER + mechanisms("SCRAM-SHA-1", "SCRAM-SHA-256") + bench.challenge(authOf(next(bench))));
		expect(bench.say(success("v=AAAAAAAAAAAAAAAAAAAAAAAAAAA="))).toBe(CLOSE);
		expect(bench.happened).toEqual(["offline server-signature"]);
		const other = known();
		next(other);
		expect(other.say(HEADER + mechanisms("SCRAM-SHA-256") + challenge("r=other,s=QSXCR+Q6sek8bf92,i=4096"))).toBe(CLOSE);
		expect(other.happened).toEqual(["offline sasl:malformed-challenge"]);
	});

	test.each([1, 2, 3, 4, 5, 6, 7, 8, 9])("broken in write %i, it leaves no half of itself to the next", (broken) => {
		const bench = known(ENABLED);
		const step = (): void => {
			const response = bench.say(OFFER + bench.challenge(authOf(next(bench))));
			bench.say(success(bench.signature(response)));
			const bind = bench.say(`${HEADER}${MANAGED}<failed ${SM}/>`);
			bench.bound(idOf(bind), "t0@a.example/r2");
			bench.say(ENABLED);
		};
		bench.network.breakAt(2, broken);
		try {
			step();
		} catch {
			// Its line is dead.
		}
		expect(bench.session.jid).toBeUndefined();
		expect(bench.happened.includes("online t0@a.example/r2")).toBe(false);
		// Only what had been hurried is waited for, and the session is resumed unless it was lost already.
		expect(next(bench).includes("<auth ")).toBe(broken <= 3);
		if (broken <= 3) return;
		bench.authenticate(bench.offer());
		const said = bench.say(HEADER + MANAGED);
		expect(said).toContain(broken <= 7 ? "<resume " : "<bind ");
		if (broken > 7) expect(bench.bound(idOf(said))).toBe(`<enable ${SM} resume='true'/>`);
	});

	test("R-CORE-12 has the same time for each step", () => {
		const bench = known();
		next(bench);
		bench.time.pass(15_000);
		expect(bench.happened).toEqual(["offline timeout"]);
	});

	test("to a server without stream management enables none", () => {
		const bench = new SessionBench(ACCOUNT);
		bench.accounts.remembers = true;
		bench.login();
		bench.line.fails("closed");
		const response = bench.say(OFFER + bench.challenge(authOf(next(bench))));
		const third = bench.say(success(bench.signature(response)));
		expect(third).toContain("<bind ");
		expect(third.includes("<enable ")).toBe(false);
		const id = idOf(third.slice(third.indexOf("<iq ")));
		bench.say(HEADER + BIND);
		expect(bench.bound(id)).toBe("");
	});

	test("to a server that offers another mechanism now uses that on the same stream", () => {
		const bench = known();
		next(bench);
		const auth = bench.say(HEADER + mechanisms("SCRAM-SHA-256") + failure("invalid-mechanism"));
		expect(auth).toContain("mechanism='SCRAM-SHA-256'");
		expect(bench.happened).toEqual([]);
	});

	test("with a refused password is refused", () => {
		const bench = known();
		const response = bench.say(OFFER + bench.challenge(authOf(next(bench))));
		expect(response).toContain("<response ");
		expect(bench.say(failure("not-authorized"))).toBe(CLOSE);
		expect(bench.happened).toEqual(["offline not-authorized"]);
	});
});

describe("a server that wants to be waited for", () => {
	/** A login that waits. */
	function wait(bench: SessionBench): void {
		expect(next(bench).includes("<auth ")).toBe(false);
		bench.authenticate(bench.offer());
		bench.bind(undefined, MANAGED);
		expect(bench.session.jid).toBeDefined();
		bench.line.fails("closed");
	}

	test("gets a second chance to be taken by chance, and is waited for from then on", () => {
		const bench = known();
		expect(next(bench)).toContain("<auth ");
		bench.say(ENDED);
		wait(bench);
		expect(next(bench)).toContain("<auth ");
		bench.line.fails("closed");
		for (let i = 0; i < 3; i++) wait(bench);
		expect(bench.accounts.remembered?.refusals).toBe(3);
	});

	test("but once is chance where it takes it the next time", () => {
		const bench = known();
		next(bench);
		bench.line.fails("closed");
		wait(bench);
		const response = bench.say(OFFER + bench.challenge(authOf(next(bench))));
		const third = bench.say(success(bench.signature(response)));
		bench.say(HEADER + MANAGED);
		bench.bound(idOf(third.slice(third.indexOf("<iq "))));
		expect(bench.accounts.remembered?.refusals).toBe(0);
	});
});
