// The way to a bound address, and every server that would lead a thing astray on it.
import {
	ACCOUNT,
	BIND,
	CLOSE,
	challenge,
	DOMAIN,
	failure,
	HEADER,
	idOf,
	mechanisms,
	PROCEED,
	SessionBench,
	STARTTLS,
	success
} from "../../support/session-bench.js";

const BIND_NS = "urn:ietf:params:xml:ns:xmpp-bind";

/** Until the first features are due. */
function connected(bench: SessionBench): string {
	bench.session.start();
	bench.line.writable();
	return bench.line.take();
}

describe("login", () => {
	test("the whole way over STARTTLS", () => {
		const bench = new SessionBench(ACCOUNT);
		expect(connected(bench)).toBe(
			"<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='a.example' version='1.0' xml:lang='en'>"
		);
		expect(bench.line.options.tls).toBe("starttls");
		expect(bench.line.options.host).toBe(DOMAIN);
		expect(bench.line.options.port).toBe(5222);
		expect(bench.line.options.serverName).toBe(DOMAIN);
		expect(bench.line.options.alpn).toBeUndefined();
		expect(bench.say(HEADER + STARTTLS)).toBe("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
		expect(bench.say(PROCEED)).toBe("");
		expect(bench.line.startedTLS).toBe(true);
		bench.line.secures();
		expect(bench.line.take()).toContain(" to='a.example' from='t0@a.example' version='1.0'");
		const auth = bench.offer();
		expect(auth).toContain("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='SCRAM-SHA-1'>");
		expect(bench.authenticate(auth)).toContain(" from='t0@a.example'");
		const bind = bench.say(HEADER + BIND);
		expect(bind).toContain("<iq type='set' id='");
		expect(bind).toContain(`><bind xmlns='${BIND_NS}'/></iq>`);
		expect(bench.happened).toEqual([]);
		bench.say(`<iq type='result' id='${idOf(bind)}'><bind xmlns='${BIND_NS}'><jid>t0@a.example/made-by-server</jid></bind></iq>`);
		expect(bench.happened).toEqual(["online t0@a.example/made-by-server"]);
		expect(bench.session.jid).toBe("t0@a.example/made-by-server");
	});

	test("R-CORE-1 direct TLS asks for the domain and for xmpp-client, and never for STARTTLS inside", () => {
		const bench = new SessionBench(ACCOUNT, { tls: "direct", address: { host: "xmpp.hosting.example", port: 443 } });
		bench.session.start();
		const { options } = bench.line;
		expect(options.tls).toBe("direct");
		expect(options.alpn).toBe("xmpp-client");
		expect(options.serverName).toBe(DOMAIN);
		expect(options.host).toBe("xmpp.hosting.example");
		expect(options.port).toBe(443);
		bench.line.secures();
		bench.line.writable();
		expect(bench.line.take()).toContain("<stream:stream ");
		const features = `${HEADER}<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>SCRAM-SHA-1</mechanism></mechanisms></stream:features>`;
		bench.authenticate(bench.say(features));
		bench.bind();
		expect(bench.line.startedTLS).toBe(false);
		expect(bench.happened).toEqual(["online t0@a.example/r"]);
	});

	test("direct TLS goes to port 5223 and says nothing before TLS stands", () => {
		const bench = new SessionBench(ACCOUNT, { tls: "direct" });
		bench.session.start();
		expect(bench.line.options.port).toBe(5223);
		bench.line.writable();
		expect(bench.line.take()).toBe("");
		bench.say(HEADER + mechanisms("SCRAM-SHA-1"));
		expect(bench.line.take()).toBe("");
	});

	test("the address is taken as the server wrote it, also a byte at a time", () => {
		const bench = new SessionBench(ACCOUNT);
		bench.secure();
		bench.authenticate(bench.offer());
		const id = idOf(bench.say(HEADER + BIND));
		for (const byte of `<iq type='result' id='${id}' to='t0@A.example/x'><bind xmlns='${BIND_NS}'><jid>t0@A.example/Ω~1</jid></bind></iq>`)
			bench.say(byte);
		expect(bench.session.jid).toBe("t0@A.example/Ω~1");
	});

	test("nothing of ours is in the clear part but the domain", () => {
		const bench = new SessionBench(ACCOUNT);
		const clear = connected(bench) + bench.say(HEADER + STARTTLS) + bench.say(PROCEED);
		expect(clear).not.toContain("t0");
		expect(clear).not.toContain("from=");
	});
});

describe("a server before TLS", () => {
	test.each([
		["nothing", "<stream:features/>"],
		["a login", mechanisms("SCRAM-SHA-1", "PLAIN")],
		["registration", "<stream:features><register xmlns='http://jabber.org/features/iq-register'/></stream:features>"],
		["starttls of another namespace", "<stream:features><starttls xmlns='urn:other'/></stream:features>"]
	])("R-CORE-2 that offers %s gets no word more", (_, features) => {
		const bench = new SessionBench(ACCOUNT);
		connected(bench);
		expect(bench.say(HEADER + features)).toBe(CLOSE);
		expect(bench.happened).toEqual(["offline no-starttls"]);
	});

	test("that answers <failure/> is left", () => {
		const bench = new SessionBench(ACCOUNT);
		connected(bench);
		bench.say(HEADER + STARTTLS);
		expect(bench.say("<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:stream>")).toBe(CLOSE);
		expect(bench.happened).toEqual(["offline no-starttls"]);
	});

	test.each([
		["in the same piece", (bench: SessionBench) => bench.say(`${PROCEED}<stream:features/>`)],
		["as white space", (bench: SessionBench) => bench.say(`${PROCEED}\n`)],
		[
			"in a piece that waits already",
			(bench: SessionBench) => {
				bench.line.arrives(PROCEED);
				bench.line.arrives("x");
				bench.line.options.onReadable(1);
			}
		]
	])("R-CORE-2 data after <proceed/> ends the connection: %s", (_, inject) => {
		const bench = new SessionBench(ACCOUNT);
		connected(bench);
		bench.say(HEADER + STARTTLS);
		inject(bench);
		expect(bench.line.startedTLS).toBe(false);
		expect(bench.line.isClosed).toBe(true);
		expect(bench.happened).toEqual(["offline tls"]);
	});

	test("that sends <proceed/> unasked is not believed", () => {
		const bench = new SessionBench(ACCOUNT);
		connected(bench);
		expect(bench.say(HEADER + PROCEED)).toBe("");
		expect(bench.line.startedTLS).toBe(false);
	});

	test("cannot have what it said in clear taken for what it says under TLS", () => {
		const bench = new SessionBench(ACCOUNT);
		connected(bench);
		bench.say(HEADER + STARTTLS);
		bench.say(PROCEED);
		bench.say(`${HEADER}${mechanisms("SCRAM-SHA-1")}`);
		bench.line.secures();
		expect(bench.line.take()).toContain("<stream:stream");
		expect(bench.happened).toEqual([]);
	});

	test("never hears SASL, whatever it sends", () => {
		const bench = new SessionBench(ACCOUNT);
		connected(bench);
		expect(bench.say(HEADER + challenge("r=x,s=QSXCR+Q6sek8bf92,i=4096") + success())).toBe("");
		expect(bench.session.jid).toBeUndefined();
	});
});

describe("a server under TLS", () => {
	test.each([
		["PLAIN alone", ["PLAIN"]],
		["what is older", ["DIGEST-MD5", "CRAM-MD5", "X-OAUTH2", "LOGIN", "ANONYMOUS"]],
		["SCRAM with channel binding alone", ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS"]],
		["nothing", []]
	])("that offers %s is left without a login", (_, names) => {
		const bench = new SessionBench(ACCOUNT);
		bench.secure();
		expect(bench.say(HEADER + mechanisms(...names))).toBe(CLOSE);
		expect(bench.happened).toEqual(["offline no-mechanism"]);
	});

	test("that offers nothing we speak gets no account made at it either", () => {
		const bench = new SessionBench();
		bench.secure();
		expect(bench.say(HEADER + mechanisms("PLAIN"))).toBe(CLOSE);
		expect(bench.happened).toEqual(["offline no-mechanism"]);
	});

	test("R-CORE-4 hears SCRAM-SHA-256 where it can, and never of channel binding", () => {
		const bench = new SessionBench(ACCOUNT);
		bench.secure();
		const auth = bench.say(HEADER + mechanisms("PLAIN", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-1", "SCRAM-SHA-256"));
		expect(auth).toContain("mechanism='SCRAM-SHA-256'>biws"); // "n,,"
	});

	test.each([
		["a wrong signature in <success/>", (bench: SessionBench) => success(`${bench.signature(bench.line.take()).slice(0, -4)}AAA=`)],
		["an empty <success/>", () => success()],
		["a <success/> of =", () => success("").replace("></", ">=</")],
		["a <success/> that is not base64", () => success("").replace("></", ">?</")],
		["an error in <success/>", () => success("e=other-error")],
		["a wrong signature in a last challenge", () => challenge("v=AAAA")]
	])("R-CORE-3 %s: the stream is dropped", (_, last) => {
		const bench = new SessionBench(ACCOUNT);
		bench.secure();
		bench.line.receives(bench.challenge(bench.offer()));
		const text = last(bench);
		bench.line.take();
		expect(bench.say(text)).toBe(CLOSE);
		expect(bench.happened).toEqual(["offline server-signature"]);
		expect(bench.accounts.kept.size).toBe(0);
	});

	test("R-CORE-3 that says <success/> before any challenge has proved nothing", () => {
		const bench = new SessionBench(ACCOUNT);
		bench.secure();
		bench.offer();
		expect(bench.say(success("v=AAAA"))).toBe(CLOSE);
		expect(bench.happened).toEqual(["offline server-signature"]);
	});

	test("may sign in a last challenge instead of <success/>", () => {
		const bench = new SessionBench(ACCOUNT);
		bench.secure();
		const signature = bench.signature(bench.say(bench.challenge(bench.offer())));
		expect(bench.say(challenge(signature))).toBe("<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
		expect(bench.say(success())).toContain("<stream:stream");
		bench.bind();
		expect(bench.happened).toEqual(["online t0@a.example/r"]);
	});

	test("that says e= in a challenge may still say why in <failure/>", () => {
		const bench = new SessionBench(ACCOUNT);
		bench.secure();
		bench.say(bench.challenge(bench.offer()));
		expect(bench.say(challenge("e=invalid-proof"))).toBe("<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
		expect(bench.say(failure("not-authorized"))).toBe(CLOSE);
		expect(bench.happened).toEqual(["offline not-authorized"]);
	});

	test.each([
		["too few iterations", (bench: SessionBench, auth: string) => bench.challenge(auth, undefined, 1)],
		["too many iterations", (bench: SessionBench, auth: string) => bench.challenge(auth, undefined, 10_000_000)],
		["a nonce of its own", () => challenge("r=mine,s=QSXCR+Q6sek8bf92,i=4096")],
		["no base64", () => challenge("").replace("></", ">????</")],
		["bytes that are no UTF-8", () => challenge("").replace("></", ">/w==</")]
	])("that challenges with %s is left", (_, make) => {
		const bench = new SessionBench(ACCOUNT);
		bench.secure();
		const before = bench.crypto.derivations;
		expect(bench.say(make(bench, bench.offer()))).toBe(CLOSE);
		expect(bench.happened).toEqual(["offline sasl:malformed-challenge"]);
		expect(bench.crypto.derivations).toBe(before);
	});

	test.each([
		["not-authorized", "offline not-authorized"],
		["temporary-auth-failure", "offline sasl:temporary-auth-failure"],
		["account-disabled", "offline sasl:account-disabled"]
	])("that refuses with %s is told apart, and no account is made for it", (condition, told) => {
		const bench = new SessionBench(ACCOUNT);
		bench.secure();
		bench.offer();
		expect(bench.say(failure(condition))).toBe(CLOSE);
		expect(bench.happened).toEqual([told]);
		expect(bench.accounts.proposals).toBe(0);
	});

	test("R-077-6 a password that is refused while another may hold: that is tried on the same connection, once", () => {
		const bench = new SessionBench(ACCOUNT);
		bench.accounts.next = "pen";
		bench.secure();
		bench.say(bench.challenge(bench.offer()));
		const auth = bench.say(failure("not-authorized"));
		expect(auth).toContain("<auth xmlns=");
		const signature = bench.signature(bench.say(bench.challenge(auth)), "pen");
		expect(bench.say(success(signature))).toContain("<stream:stream");
		bench.bind();
		expect(bench.happened).toEqual(["online t0@a.example/r"]);

		const other = new SessionBench(ACCOUNT);
		other.accounts.next = "pen";
		other.secure();
		other.offer();
		expect(other.say(failure("not-authorized"))).toContain("<auth xmlns=");
		expect(other.say(failure("not-authorized"))).toBe(CLOSE);
		expect(other.happened).toEqual(["offline not-authorized"]);
		expect(other.accounts.proposals).toBe(0);
	});

	test("kept keys: the second login derives nothing", () => {
		const bench = new SessionBench(ACCOUNT);
		bench.login();
		expect(bench.accounts.kept.size).toBe(1);
		bench.session.stop();
		const derivations: number[] = [];
		bench.secure();
		const auth = bench.offer();
		derivations.push(bench.crypto.derivations);
		const response = bench.say(bench.challenge(auth));
		derivations.push(bench.crypto.derivations);
		expect(derivations[0]).toBe(derivations[1]);
		expect(bench.say(success(bench.signature(response)))).toContain("<stream:stream");
	});

	test("features larger than what is built end the connection", () => {
		const bench = new SessionBench(ACCOUNT);
		bench.secure();
		const many = Array.from({ length: 200 }, (_, index) => `MECHANISM-NUMBER-${index}`);
		const answer = bench.say(HEADER + mechanisms("SCRAM-SHA-1", ...many));
		expect(answer).toBe(`<stream:error><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>${CLOSE}`);
		expect(bench.happened).toEqual(["offline xml:policy-violation"]);
	});

	test("that offers no bind after login is left", () => {
		const bench = new SessionBench(ACCOUNT);
		bench.secure();
		bench.authenticate(bench.offer());
		expect(bench.say(`${HEADER}<stream:features/>`)).toBe(CLOSE);
		expect(bench.happened).toEqual(["offline no-bind"]);
	});

	test.each([
		["of another account", "<jid>root@a.example/r</jid>"],
		["of another domain", "<jid>t0@b.example/r</jid>"],
		["without a resource", "<jid>t0@a.example</jid>"],
		["that is none", "<jid>t0@a.example/</jid>"],
		["that is missing", ""]
	])("that binds an address %s is left", (_, jid) => {
		const bench = new SessionBench(ACCOUNT);
		bench.secure();
		bench.authenticate(bench.offer());
		const id = idOf(bench.say(HEADER + BIND));
		expect(bench.say(`<iq type='result' id='${id}'><bind xmlns='${BIND_NS}'>${jid}</bind></iq>`)).toBe(CLOSE);
		expect(bench.happened).toEqual(["offline bind:other-account"]);
	});

	test("that refuses to bind is reported with its reason", () => {
		const bench = new SessionBench(ACCOUNT);
		bench.secure();
		bench.authenticate(bench.offer());
		const id = idOf(bench.say(HEADER + BIND));
		bench.say(
			`<iq type='error' id='${id}'><error type='wait'><resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>`
		);
		expect(bench.happened).toEqual(["offline bind:resource-constraint"]);
	});

	test("stanzas before the address are ignored, requests included", () => {
		const bench = new SessionBench(ACCOUNT);
		bench.secure();
		bench.authenticate(bench.offer());
		bench.say(HEADER + BIND);
		expect(
			bench.say(
				"<iq type='get' id='x' from='a.example'><ping xmlns='urn:xmpp:ping'/></iq><message from='a.example'><body>x</body></message><presence from='a.example'/><iq type='result' id='x'/>"
			)
		).toBe("");
		expect(bench.happened).toEqual([]);
	});

	test("R-CORE-10 a bind result of a stranger or with another id is ignored", () => {
		const bench = new SessionBench(ACCOUNT);
		bench.secure();
		bench.authenticate(bench.offer());
		const id = idOf(bench.say(HEADER + BIND));
		const bind = `<bind xmlns='${BIND_NS}'><jid>t0@a.example/r</jid></bind>`;
		bench.say(`<iq type='result' id='${id}' from='eve@a.example'>${bind}</iq><iq type='result' id='other'>${bind}</iq>`);
		expect(bench.happened).toEqual([]);
		bench.say(`<iq type='result' id='${id}' from='A.example'>${bind}</iq>`);
		expect(bench.happened).toEqual(["online t0@a.example/r"]);
	});

	test.each([
		["not XMPP", "<html>", "xml:invalid-namespace"],
		["of an older XMPP", HEADER.replace(" version='1.0'>", ">"), "stream-error:unsupported-version"],
		["not XML", "SSH-2.0-OpenSSH", "xml:not-well-formed"],
		["a document type", "<!DOCTYPE a>", "xml:restricted-xml"]
	])("that sends what is %s is left", (_, text, reason) => {
		const bench = new SessionBench(ACCOUNT);
		bench.secure();
		expect(bench.say(text)).toContain(CLOSE);
		expect(bench.happened).toEqual([`offline ${reason}`]);
	});
});

describe("a server that stops talking", () => {
	const steps: [string, (bench: SessionBench) => void][] = [
		["while we connect", (bench) => bench.session.start()],
		["before the features in clear", (bench) => void connected(bench)],
		[
			"before <proceed/>",
			(bench) => {
				connected(bench);
				bench.say(HEADER + STARTTLS);
			}
		],
		[
			"during the handshake of TLS",
			(bench) => {
				connected(bench);
				bench.say(HEADER + STARTTLS);
				bench.say(PROCEED);
			}
		],
		["before the features under TLS", (bench) => void bench.secure()],
		[
			"before the challenge",
			(bench) => {
				bench.secure();
				bench.offer();
			}
		],
		[
			"before <success/>",
			(bench) => {
				bench.secure();
				bench.say(bench.challenge(bench.offer()));
			}
		],
		[
			"before the features after SASL",
			(bench) => {
				bench.secure();
				bench.authenticate(bench.offer());
			}
		],
		[
			"before it binds",
			(bench) => {
				bench.secure();
				bench.authenticate(bench.offer());
				bench.say(HEADER + BIND);
			}
		]
	];

	test.each(steps)("R-CORE-12 %s is given up after 15 seconds", (_, until) => {
		const bench = new SessionBench(ACCOUNT);
		until(bench);
		bench.time.pass(14_999);
		expect(bench.happened).toEqual([]);
		bench.time.pass(1);
		expect(bench.happened).toEqual(["offline timeout"]);
		bench.time.pass(1000);
		expect(bench.network.connections[0]?.isClosed).toBe(true);
	});

	test.each(steps)("%s and cuts the connection is tried again", (_, until) => {
		const bench = new SessionBench(ACCOUNT);
		until(bench);
		bench.line.fails("closed");
		expect(bench.happened).toEqual(["offline closed"]);
		expect(bench.errors).toEqual([]);
		bench.time.pass(1000);
		expect(bench.network.connections).toHaveLength(2);
	});

	test.each([
		["before the features in clear", (bench: SessionBench) => void connected(bench)],
		["before the features under TLS", (bench: SessionBench) => void bench.secure()]
	])("%s and ends with a stream error is heard", (_, until) => {
		const bench = new SessionBench(ACCOUNT);
		until(bench);
		const error =
			"<stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>who?</text></stream:error>";
		expect(bench.say(HEADER + error + CLOSE)).toBe(CLOSE);
		expect(bench.happened).toEqual(["offline stream-error:host-unknown"]);
	});
});
