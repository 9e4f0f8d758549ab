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

/** The next connection up to the header after SASL and what comes with it. */
function authenticated(bench: SessionBench, waits: boolean): string {
	const first = next(bench);
	expect(first.includes("<auth ")).toBe(!waits);
	const auth = waits ? bench.offer() : authOf(first);
	return bench.say(success(bench.signature(bench.say((waits ? "" : OFFER) + bench.challenge(auth)))));
}

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
		const after = authenticated(bench, broken >= 4 && broken <= 6);
		const request = broken <= 7 ? "<resume " : "<bind ";
		expect(after.includes(request)).toBe(broken <= 6);
		const said = bench.say(HEADER + MANAGED);
		expect(said.includes(request)).toBe(broken > 6);
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
	/** A login that waits before, after, or both, and goes well; the connection breaks at last. */
	function wait(bench: SessionBench, before: boolean, after: boolean): void {
		let said = authenticated(bench, before);
		expect(said.includes("<bind ")).toBe(!after);
		expect(said.includes("<enable ")).toBe(!after);
		said += bench.say(HEADER + MANAGED);
		bench.bound(idOf(said.slice(said.indexOf("<iq "))));
		expect(bench.session.jid).toBeDefined();
		bench.line.fails("closed");
	}

	test("for its features before <auth/> gets a second chance to be taken by chance, then is waited for, and for nothing else: four flights", () => {
		const bench = known();
		expect(next(bench)).toContain("<auth ");
		bench.say(ENDED);
		wait(bench, true, false);
		expect(next(bench)).toContain("<auth ");
		bench.line.fails("closed");
		for (let i = 0; i < 3; i++) wait(bench, true, false);
		expect(bench.accounts.remembered?.refusals).toBe(3);
	});

	test("for its features after SASL is waited for there alone: four flights", () => {
		const bench = known();
		for (let i = 0; i < 2; i++) {
			expect(authenticated(bench, false)).toContain("<bind ");
			if (i === 0) bench.say(ENDED);
			// Nor does silence fool it.
			else bench.time.pass(15_000);
			wait(bench, false, true);
		}
		wait(bench, false, true);
		expect(bench.accounts.remembered?.refusals).toBe(12);
	});

	test("for both is waited for everywhere in the end", () => {
		const bench = known();
		for (let i = 0; i < 2; i++) {
			expect(next(bench)).toContain("<auth ");
			bench.line.fails("closed");
			expect(authenticated(bench, true)).toContain("<bind ");
			bench.say(ENDED);
			wait(bench, true, true);
		}
		for (let i = 0; i < 2; i++) wait(bench, true, true);
		expect(bench.accounts.remembered?.refusals).toBe(15);
	});

	test("but once is chance where it takes it the next time", () => {
		const bench = known();
		next(bench);
		bench.line.fails("closed");
		wait(bench, true, false);
		expect(bench.accounts.remembered?.refusals).toBe(2);
		wait(bench, false, false);
		expect(bench.accounts.remembered?.refusals).toBe(0);
	});
});
