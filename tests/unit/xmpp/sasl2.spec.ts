// Login in one exchange (XEP-0388, 0386, 0484, inline 0198), and servers that stop offering it, refuse tokens, or cheat.
import { decodeBase64, encodeBase64 } from "../../../src/text/base64.js";
import { decodeUTF8, encodeUTF8 } from "../../../src/text/utf8.js";
import { TestCrypto } from "../../support/crypto.js";
import { ACCOUNT, between, CLOSE, HEADER, idOf, MANAGED, mechanisms, SessionBench } from "../../support/session-bench.js";

const SASL2 = "xmlns='urn:xmpp:sasl:2'";
const SM = "xmlns='urn:xmpp:sm:3'";
const FAST = "xmlns='urn:xmpp:fast:0'";
const SASL = "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'";
const ENABLED = `<enabled ${SM} id='s1' resume='1' max='300'/>`;
const BOUND = `<bound xmlns='urn:xmpp:bind:0'>${ENABLED}</bound>`;
const ENABLE = `<bind xmlns='urn:xmpp:bind:0'><enable ${SM} resume='true'/></bind>`;
const ANYONE: string[] = ["HT-SHA-256-NONE"];
const AGENT = "<user-agent id='";
/** What follows <success/> at once. */
const AFTER = "<stream:features><sub xmlns='urn:xmpp:features:pre-approval'/></stream:features>";

interface Offer {
	readonly mechanisms?: readonly string[];
	readonly sm?: boolean;
	readonly bind?: boolean;
	/** Bind without stream management in it. */
	readonly bare?: boolean;
	readonly tokens?: readonly string[];
}

const list = (names: readonly string[]): string => names.map((name) => `<mechanism>${name}</mechanism>`).join("");

/** Features that offer both kinds of SASL. */
function both({ mechanisms: names = ["SCRAM-SHA-1"], sm = true, bind = true, bare = false, tokens = ANYONE }: Offer = {}): string {
	const feature = bare ? "<feature var='urn:xmpp:carbons:2'/>" : "<feature var='urn:xmpp:carbons:2'/><feature var='urn:xmpp:sm:3'/>";
	const inline = [
		bind ? `<bind xmlns='urn:xmpp:bind:0'><inline>${feature}</inline></bind>` : "",
		sm ? `<sm ${SM}/>` : "",
		tokens.length > 0 ? `<fast ${FAST}>${list(tokens)}</fast>` : ""
	].join("");
	const sasl2 = `<authentication ${SASL2}>${list(names)}<inline>${inline}</inline></authentication>`;
	return HEADER + mechanisms("SCRAM-SHA-1").replace("</stream:features>", `${sasl2}</stream:features>`);
}

const initialOf = (said: string): string => between(said, "<initial-response>", "</initial-response>");

/** The server's challenge to what was said. */
function challenge(bench: SessionBench, said: string): string {
	return bench.challenge(`<auth>${initialOf(said)}</auth>`).replace(SASL, SASL2);
}

function success(last: string, more = BOUND, jid = "t0@a.example/r", after = AFTER): string {
	return `<success ${SASL2}><additional-data>${last}</additional-data>${more}<authorization-identifier>${jid}</authorization-identifier></success>${after}`;
}

const base64 = (text: string): string => encodeBase64(encodeUTF8(text));
const token = (secret: string): string => `<token ${FAST} token='${secret}' expiry='2026-12-16T16:56:33Z'/>`;

/** Answers a SCRAM login that was begun with `said`; returns what follows. */
function password(bench: SessionBench, said: string, more = BOUND, jid?: string, after?: string): string {
	return bench.say(success(base64(bench.signature(bench.say(challenge(bench, said)))), more, jid, after));
}

const crypto = new TestCrypto();

/** What a server that has the token says last. */
function proof(secret: string, binding = new Uint8Array(0)): string {
	return encodeBase64(crypto.hmac("SHA-256", encodeUTF8(secret), new Uint8Array([...encodeUTF8("Responder"), ...binding])));
}

function initiator(secret: string, binding = new Uint8Array(0)): string {
	const hash = crypto.hmac("SHA-256", encodeUTF8(secret), new Uint8Array([...encodeUTF8("Initiator"), ...binding]));
	return encodeBase64(new Uint8Array([...encodeUTF8("t0\0"), ...hash]));
}

/** The next connection, up to what is said under TLS before the server says anything. */
function next(bench: SessionBench, bindings: Readonly<Record<string, Uint8Array>> = {}): string {
	bench.time.pass(bench.pauses[bench.pauses.length - 1] ?? 0);
	bench.line.writable();
	expect(bench.line.take().includes("authenticate")).toBe(false);
	bench.say(`${HEADER}<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>`);
	bench.say("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
	Object.assign(bench.line.bindings, bindings);
	bench.line.secures();
	return bench.line.take();
}

function started(): SessionBench {
	const bench = new SessionBench(ACCOUNT);
	bench.accounts.remembers = true;
	return bench;
}

/** Has logged in once by its password, was given a token, and its connection has broken. */
function known(offer = both(), given = token("one")): SessionBench {
	const bench = started();
	bench.secure();
	password(bench, bench.say(offer), BOUND + given);
	bench.line.fails("closed");
	bench.happened.length = 0;
	return bench;
}

const secrets = (bench: SessionBench): string[] => bench.accounts.keptTokens.map((token) => token.split(" ")[1]!);

describe("by password", () => {
	test("SASL2, bind and stream management are one exchange, without another header", () => {
		const bench = started();
		expect(bench.secure()).toContain("from='t0@a.example'");
		const said = bench.say(both({ tokens: [] }));
		expect(said.startsWith(`<authenticate ${SASL2} mechanism='SCRAM-SHA-1'><initial-response>`)).toBe(true);
		expect(said.endsWith(`'/>${ENABLE}</authenticate>`)).toBe(true);
		expect(password(bench, said)).toBe("");
		expect(bench.happened).toEqual(["online t0@a.example/r"]);
		// Counted from here on.
		expect(bench.say(`<message><body>in</body></message><r ${SM}/>`)).toBe(`<a ${SM} h='1'/>`);
	});

	test("the server knows the client by a UUID that is the same each time and says nothing of the password", () => {
		const agents = [started(), started()].map((bench) => {
			bench.secure();
			return between(bench.say(both()), AGENT, "'");
		});
		expect(agents[0]).toBe(agents[1]);
		expect(agents[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
	});

	test("R-CORE-3 the server's signature counts here too", () => {
		const bench = started();
		bench.secure();
		bench.say(challenge(bench, bench.say(both())));
		expect(bench.say(success(base64("v=AAAAAAAAAAAAAAAAAAAAAAAAAAA="), BOUND + token("theirs")))).toBe(CLOSE);
		expect(bench.happened).toEqual(["offline server-signature"]);
		expect(secrets(bench)).toEqual([]);
	});

	test("success without a word of the server's own is none", () => {
		const bench = started();
		bench.secure();
		bench.say(challenge(bench, bench.say(both())));
		bench.say(`<success ${SASL2}><authorization-identifier>t0@a.example/r</authorization-identifier>${BOUND}</success>`);
		expect(bench.happened).toEqual(["offline server-signature"]);
	});

	test("R-CORE-4 what SASL2 offered is held against what the server says that it offered (XEP-0474)", () => {
		for (const [text, goes] of [
			["PLAIN\x1eSCRAM-SHA-1", true],
			["SCRAM-SHA-1", false]
		] as const) {
			const bench = started();
			bench.secure();
			const said = bench.say(both({ mechanisms: ["SCRAM-SHA-1", "PLAIN"] }));
			const first = challenge(bench, said);
			const plain = bench.challenge(`<auth>${initialOf(said)}</auth>`);
			expect(first.length).toBe(plain.length - SASL.length + SASL2.length);
			const hash = encodeBase64(crypto.digest("SHA-1", encodeUTF8(text)));
			const nonce = between(`${decode(initialOf(said))},`, "r=", ",");
			const challenged = `<challenge ${SASL2}>${base64(`r=${nonce}server,s=QSXCR+Q6sek8bf92,i=4096,h=${hash}`)}</challenge>`;
			expect(bench.say(challenged).includes("<response ")).toBe(goes);
		}
	});

	test("an address that is not of our account is not taken", () => {
		const bench = started();
		bench.secure();
		password(bench, bench.say(both()), BOUND, "t1@a.example/r");
		expect(bench.happened).toEqual(["offline bind:other-account"]);
	});

	test("more than a password is not given", () => {
		const bench = started();
		bench.secure();
		bench.say(both());
		expect(bench.say(`<continue ${SASL2}><tasks><task>TOTP</task></tasks></continue>`)).toBe(CLOSE);
		expect(bench.happened).toEqual(["offline sasl:tasks"]);
	});

	test("what does not bind so is bound as ever, on the same stream", () => {
		for (const offer of [both({ bind: false }), both({ bare: true })]) {
			const bench = started();
			bench.secure();
			const said = bench.say(offer);
			expect(said).not.toContain("<bind ");
			const bind = password(bench, said, "", "t0@a.example", MANAGED);
			expect(bind.startsWith("<iq ")).toBe(true);
			expect(bench.bound(idOf(bind))).toBe(`<enable ${SM} resume='true'/>`);
		}
	});

	test("R-CORE-7 what does not resume so is resumed as ever", () => {
		const offer = both({ sm: false, tokens: [] });
		const bench = known(offer, "");
		const said = next(bench);
		expect(said.includes("<resume ") || said.includes("<bind ")).toBe(false);
		const response = bench.say(offer + challenge(bench, said));
		expect(bench.say(success(base64(bench.signature(response)), "", "t0@a.example", MANAGED))).toBe(`<resume ${SM} h='0' previd='s1'/>`);
		bench.say(`<resumed ${SM} previd='s1' h='0'/>`);
		expect(bench.happened).toEqual(["resumed t0@a.example/r"]);
	});

	test("without SASL2's mechanisms that we speak the other SASL's serve", () => {
		const bench = started();
		bench.secure();
		expect(bench.say(both({ mechanisms: ["OAUTHBEARER"] }))).toContain("<auth ");
	});

	test("a refused password is told as ever", () => {
		const bench = started();
		bench.secure();
		bench.say(challenge(bench, bench.say(both())));
		bench.say(`<failure ${SASL2}><not-authorized ${SASL}/><text>No.</text></failure>`);
		expect(bench.happened).toEqual(["offline not-authorized"]);
	});

	test("a server that did not count answers so within, and nothing is counted", () => {
		const bench = started();
		bench.secure();
		password(bench, bench.say(both()), `<bound xmlns='urn:xmpp:bind:0'><failed ${SM}/></bound>`);
		expect(bench.happened).toEqual(["online t0@a.example/r"]);
		expect(bench.say(`<r ${SM}/>`)).toBe("");
	});
});

describe("by token", () => {
	test("the next login is one flight, and resumes", () => {
		const bench = known();
		bench.session.open("message").open("body").text("kept");
		bench.session.send();
		const said = next(bench);
		expect(said.startsWith("<?xml")).toBe(true);
		expect(said).toContain(`<authenticate ${SASL2} mechanism='HT-SHA-256-NONE'><initial-response>${initiator("one")}<`);
		expect(said.endsWith(`<fast ${FAST}/><resume ${SM} h='0' previd='s1'/>${ENABLE}</authenticate>`)).toBe(true);
		const resumed = `<resumed ${SM} previd='s1' h='0'/>`;
		// What the broken connection left is said once more, and once.
		expect(bench.say(both() + success(proof("one"), resumed))).toBe(`<message><body>kept</body></message><r ${SM}/>`);
		expect(bench.happened).toEqual(["resumed t0@a.example/r"]);
		expect(bench.say(success(proof("one"), resumed))).toBe("");
		expect(bench.happened).toEqual(["resumed t0@a.example/r"]);
	});

	test("R-CORE-7 or binds in the same flight where the session is forgotten", () => {
		const bench = known();
		bench.session.open("message").open("body").text("lost");
		bench.session.send();
		next(bench);
		const failed = `<failed ${SM} h='0'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>`;
		expect(bench.say(both() + success(proof("one"), failed + BOUND, "t0@a.example/r2"))).toBe("");
		expect(bench.happened).toEqual(["lost", "online t0@a.example/r2"]);
	});

	test("a session that ended while its resumption was on the way is not resumed", () => {
		const bench = known();
		next(bench);
		// More was sent than is kept: it can be held no longer.
		for (let i = 0; i < 17; i++) {
			bench.session.open("message").open("body").text(`${i}`);
			bench.session.send();
		}
		bench.say(both() + success(proof("one"), `<resumed ${SM} previd='s1' h='0'/>`));
		expect(bench.happened).toEqual(["lost", "offline sm:forgotten"]);
	});

	test("R-CORE-3 a server that does not have it is not believed, and the token is kept", () => {
		const bench = known();
		next(bench);
		expect(bench.say(both() + success(proof("two"), BOUND + token("theirs")))).toBe(CLOSE);
		expect(bench.happened).toEqual(["held server-signature"]);
		expect(secrets(bench)).toEqual(["one"]);
	});

	test("a challenge is none of its business", () => {
		const bench = known();
		next(bench);
		bench.say(`${both()}<challenge ${SASL2}>${base64("r=x,s=QSXCR+Q6sek8bf92,i=4096")}</challenge>`);
		expect(bench.happened).toEqual(["held sasl:malformed-challenge"]);
	});

	test.each(["not-authorized", "credentials-expired", "malformed-request", "invalid-mechanism"])(
		"refused as %s, it is forgotten and the password is used on the same stream",
		(condition) => {
			const bench = known();
			next(bench);
			const said = bench.say(`${both()}<failure ${SASL2}><${condition} ${SASL}/></failure>`);
			expect(said).toContain("mechanism='SCRAM-SHA-1'");
			expect(said).toContain(`<request-token ${FAST} mechanism='HT-SHA-256-NONE'/><resume ${SM} h='0' previd='s1'/>`);
			expect(said.includes("<fast ")).toBe(false);
			expect(secrets(bench)).toEqual([]);
			password(bench, said, `<resumed ${SM} previd='s1' h='0'/>${token("two")}`);
			expect(bench.happened).toEqual(["resumed t0@a.example/r"]);
			expect(secrets(bench)).toEqual(["two"]);
		}
	);

	test("refused it says nothing of the account; the password that is refused after it does", () => {
		const bench = known();
		next(bench);
		const said = bench.say(`${both()}<failure ${SASL2}><not-authorized ${SASL}/></failure>`);
		bench.say(challenge(bench, said));
		expect(bench.say(`<failure ${SASL2}><not-authorized ${SASL}/></failure>`)).toBe(CLOSE);
		expect(bench.happened).toEqual(["held not-authorized"]);
	});

	test("a new one is used next, and the old one goes when that has worked", () => {
		const bench = known();
		next(bench);
		bench.say(both() + success(proof("one"), BOUND + token("two")));
		expect(secrets(bench)).toEqual(["two", "one"]);
		bench.line.fails("closed");
		expect(initialOf(next(bench))).toBe(initiator("two"));
		bench.say(both() + success(proof("two")));
		expect(secrets(bench)).toEqual(["two"]);
	});

	test("a new one that is refused leaves the old one", () => {
		const bench = known();
		next(bench);
		bench.say(both() + success(proof("one"), BOUND + token("two")));
		bench.line.fails("closed");
		next(bench);
		const said = bench.say(`${both()}<failure ${SASL2}><not-authorized ${SASL}/></failure>`);
		password(bench, said);
		expect(secrets(bench)).toEqual(["one"]);
		bench.line.fails("closed");
		expect(initialOf(next(bench))).toBe(initiator("one"));
	});

	test("what nobody asked for, is empty or too long is no token", () => {
		for (const [offer, given] of [
			[both({ tokens: [] }), token("unasked")],
			[both(), token("")],
			[both(), token("x".repeat(513))],
			[both({ tokens: ["HT-SHA-512-NONE"] }), token("unknown")]
		] as const) {
			expect(secrets(known(offer, given))).toEqual([]);
		}
	});

	test("is bound to the connection by the best that both have, and used by nothing less", () => {
		const exporter = new Uint8Array(32).fill(0x45);
		const tokens = ["HT-SHA-256-NONE", "HT-SHA-256-ENDP", "HT-SHA-256-EXPR", "HT-SHA-256-UNIQ"];
		const bench = started();
		bench.session.start();
		next(bench, { "tls-exporter": exporter });
		const said = bench.say(both({ tokens }));
		expect(said).toContain("<request-token xmlns='urn:xmpp:fast:0' mechanism='HT-SHA-256-EXPR'/>");
		// Nothing of SCRAM is bound here, but "y" says that it could be.
		const bare = `<auth>${base64(`n,,${decode(initialOf(said)).slice(3)}`)}</auth>`;
		const response = bench.say(bench.challenge(bare).replace(SASL, SASL2));
		bench.say(success(base64(bench.signature(response)), BOUND + token("bound")));
		expect(bench.accounts.keptTokens).toEqual(["HT-SHA-256-EXPR bound"]);
		bench.line.fails("closed");
		const other = new Uint8Array(32).fill(0x46);
		expect(initialOf(next(bench, { "tls-exporter": other }))).toBe(initiator("bound", other));
		bench.say(both({ tokens }) + success(proof("bound", other)));
		bench.line.fails("closed");
		// A connection that cannot be bound: the password.
		const unbound = next(bench);
		expect(unbound).toContain("mechanism='SCRAM-SHA-1'");
		expect(unbound).toContain("mechanism='HT-SHA-256-NONE'/>");
		expect(secrets(bench)).toEqual(["bound"]);
		const answer = bench.say(both({ tokens }) + challenge(bench, unbound));
		bench.say(success(base64(bench.signature(answer)), BOUND + token("loose")));
		expect(secrets(bench)).toEqual(["loose", "bound"]);
		bench.line.fails("closed");
		// It can be bound again: one that is not is used to get one that is.
		const loose = next(bench, { "tls-exporter": other });
		expect(loose).toContain(`<fast ${FAST}/><request-token ${FAST} mechanism='HT-SHA-256-EXPR'/>`);
		bench.say(both({ tokens }) + success(proof("loose"), BOUND + token("tied")));
		expect(bench.accounts.keptTokens).toEqual(["HT-SHA-256-EXPR tied", "HT-SHA-256-NONE loose"]);
		bench.line.fails("closed");
		// And where none can be, the one that needs nothing serves.
		expect(initialOf(next(bench))).toBe(initiator("loose"));
	});
});

describe("a server that has changed", () => {
	test("and offers no SASL2 now gets the other SASL on the same stream, and is waited for next", () => {
		const bench = known();
		next(bench);
		const auth = bench.say(HEADER + mechanisms("SCRAM-SHA-1"));
		expect(auth.startsWith("<auth ")).toBe(true);
		expect(bench.accounts.remembered?.refusals).toBe(1);
		// Whatever it says to what it did not understand is not about this.
		bench.say(`<failure ${SASL2}><invalid-mechanism ${SASL}/></failure>`);
		bench.authenticate(auth);
		expect(bench.say(HEADER + MANAGED)).toBe(`<resume ${SM} h='0' previd='s1'/>`);
		bench.say(`<resumed ${SM} previd='s1' h='0'/>`);
		expect(bench.happened).toEqual(["resumed t0@a.example/r"]);
		expect(bench.accounts.remembered).toEqual({ mechanism: "SCRAM-SHA-1", binding: "n", inline: 0, sm: true, refusals: 0 });
		expect(secrets(bench)).toEqual(["one"]);
	});

	test("and ends the stream at what it does not know is asked first the next time", () => {
		const bench = known();
		next(bench);
		bench.say(
			`${HEADER}${mechanisms("SCRAM-SHA-1")}<stream:error><unsupported-stanza-type xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>`
		);
		expect(bench.happened).toEqual(["held stream-error:unsupported-stanza-type"]);
		const said = next(bench);
		expect(said.includes("<auth")).toBe(false);
		bench.authenticate(bench.say(HEADER + mechanisms("SCRAM-SHA-1")));
		expect(bench.say(HEADER + MANAGED)).toContain("<resume ");
	});

	test("and takes no tokens now gets the password", () => {
		const bench = known();
		next(bench);
		const said = bench.say(`${both({ tokens: [] })}<failure ${SASL2}><invalid-mechanism ${SASL}/></failure>`);
		expect(said).toContain("mechanism='SCRAM-SHA-1'");
		expect(said.includes("<request-token ")).toBe(false);
		password(bench, said, `<resumed ${SM} previd='s1' h='0'/>`);
		bench.line.fails("closed");
		// It is known for the next time.
		expect(next(bench)).toContain("mechanism='SCRAM-SHA-1'");
	});

	test("and offers SASL2 now is spoken to by it the next time", () => {
		const bench = started();
		bench.accounts.remembered = { mechanism: "SCRAM-SHA-1", binding: "n", inline: 0, sm: true, refusals: 0 };
		const said = bench.secure();
		const response = bench.say(both() + bench.challenge(said.slice(said.indexOf("<auth "))));
		const third = bench.say(`<success ${SASL}>${base64(bench.signature(response))}</success>`);
		bench.say(HEADER + MANAGED);
		bench.bound(idOf(third.slice(third.indexOf("<iq "))));
		bench.line.fails("closed");
		expect(next(bench)).toContain(`<request-token ${FAST} mechanism='HT-SHA-256-NONE'/>`);
	});

	test("R-CORE-12 and says nothing at all is given up in its time", () => {
		const bench = known();
		next(bench);
		bench.time.pass(15_000);
		expect(bench.happened).toEqual(["held timeout"]);
		expect(next(bench).includes("<authenticate")).toBe(false);
	});
});

test.each([1, 2, 3, 4, 5])("broken in write %i, it leaves no half of itself to the next", (broken) => {
	const bench = known();
	const writes = bench.network.breakAt(2, broken);
	try {
		next(bench);
		const said = bench.say(`${both()}<failure ${SASL2}><not-authorized ${SASL}/></failure>`);
		password(bench, said, `<resumed ${SM} previd='s1' h='0'/>${token("two")}`);
	} catch {
		// Its line is dead.
	}
	expect(bench.session.jid === undefined).toBe(writes() >= broken);
	if (writes() < broken) return;
	expect(bench.happened).toEqual(["held closed"]);
	// What had been hurried is waited for.
	const first = next(bench);
	const hurried = first.includes("<authenticate");
	expect(hurried).toBe(broken <= 3);
	const said = hurried ? first : bench.say(both());
	const resumed = `<resumed ${SM} previd='s1' h='0'/>`;
	if (broken <= 4) bench.say((hurried ? both() : "") + success(proof("one"), resumed));
	else password(bench, said, resumed);
	expect(bench.happened).toEqual(["held closed", "resumed t0@a.example/r"]);
});

test("the stream on which an account is made names it already, so that a token is asked for there, and the next start is fast", () => {
	const bench = new SessionBench();
	bench.accounts.remembers = true;
	expect(bench.secure()).toContain("from='t1@a.example'");
	const form = bench.say(both());
	const query = "<query xmlns='jabber:iq:register'><username/><password/></query>";
	const set = bench.say(`<iq type='result' id='${idOf(form)}'>${query}</iq>`);
	const said = bench.say(`<iq type='result' id='${idOf(set)}'/>`);
	expect(said).toContain("<request-token ");
	password(bench, said, BOUND + token("one"), "t1@a.example/r");
	expect(bench.session.jid).toBe("t1@a.example/r");
	expect(secrets(bench)).toEqual(["one"]);
	bench.line.fails("closed");
	expect(next(bench)).toContain("mechanism='HT-SHA-256-NONE'");
});

function decode(text: string): string {
	return decodeUTF8(decodeBase64(text)!);
}
