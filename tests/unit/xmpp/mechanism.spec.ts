// How a login is bound to its TLS connection (RFC 5802 section 6, XEP-0440): announced by the server, or not at all.
import { decodeBase64, encodeBase64 } from "../../../src/text/base64.js";
import { decodeUTF8, encodeUTF8 } from "../../../src/text/utf8.js";
import { chooseMechanism, headerOf, nameOf } from "../../../src/xmpp/mechanism.js";
import { ACCOUNT, BIND, between, failure, HEADER, idOf, mechanisms, SessionBench, success } from "../../support/session-bench.js";

const EXPORTER = new Uint8Array(32).fill(0x45);
const END_POINT = new Uint8Array(32).fill(0x50);
const both: Readonly<Record<string, Uint8Array>> = { "tls-exporter": EXPORTER, "tls-server-end-point": END_POINT };

function choose(offered: readonly string[], bindings: readonly string[], own: Readonly<Record<string, Uint8Array>> = both) {
	const choice = chooseMechanism({ mechanisms: offered, mechanisms2: [], inline: 0, bindings }, (type) => own[type]);
	return choice && `${nameOf(choice)} ${headerOf(choice)}`;
}

describe("choosing", () => {
	test("R-CORE-4 bound by what both know, the stronger hash first", () => {
		const all = ["SCRAM-SHA-1", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"];
		expect(choose(all, ["tls-server-end-point", "tls-exporter"])).toBe("SCRAM-SHA-256-PLUS p=tls-exporter,,");
		expect(choose(all, ["tls-unique", "tls-server-end-point"])).toBe("SCRAM-SHA-256-PLUS p=tls-server-end-point,,");
		expect(choose(["SCRAM-SHA-1", "SCRAM-SHA-1-PLUS"], ["tls-exporter"])).toBe("SCRAM-SHA-1-PLUS p=tls-exporter,,");
		expect(choose(["SCRAM-SHA-256", "SCRAM-SHA-1-PLUS"], ["tls-exporter"])).toBe("SCRAM-SHA-256 n,,");
	});

	test("R-CORE-4 never by a guess: ejabberd 23 offers -PLUS under TLS 1.3 and takes no type there", () => {
		const offered = ["PLAIN", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-1"];
		expect(choose(offered, [])).toBe("SCRAM-SHA-1 n,,");
		expect(choose(offered, ["tls-unique"])).toBe("SCRAM-SHA-1 n,,");
		expect(choose(["SCRAM-SHA-1-PLUS"], [])).toBeUndefined();
	});

	test('R-CORE-4 "y" where we could and no -PLUS is offered, whatever types are; "n" where we could not', () => {
		expect(choose(["SCRAM-SHA-256"], [])).toBe("SCRAM-SHA-256 y,,");
		expect(choose(["SCRAM-SHA-256"], ["tls-exporter"])).toBe("SCRAM-SHA-256 y,,");
		expect(choose(["SCRAM-SHA-256"], [], {})).toBe("SCRAM-SHA-256 n,,");
		expect(choose(["SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"], ["tls-exporter"], {})).toBe("SCRAM-SHA-256 n,,");
	});
});

describe("a host that has a client certificate", () => {
	const CERTIFIED = Object.freeze({ username: "t0", password: "", registered: true });
	const AUTH = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>";

	test("logs in by it and by nothing else (XEP-0178)", () => {
		const bench = new SessionBench(CERTIFIED);
		expect(bench.secure()).toContain("from='t0@a.example'");
		expect(bench.say(HEADER + mechanisms("SCRAM-SHA-256", "EXTERNAL", "PLAIN"))).toBe(AUTH);
		bench.say(success());
		bench.bind();
		expect(bench.session.jid).toBe("t0@a.example/r");
	});

	test("says so where it is not taken, and makes no account, however often", () => {
		const bench = new SessionBench(CERTIFIED);
		bench.secure();
		expect(bench.say(HEADER + mechanisms("SCRAM-SHA-256"))).toBe("</stream:stream>");
		expect(bench.happened).toEqual(["offline no-mechanism"]);
		const other = new SessionBench(CERTIFIED);
		other.secure();
		for (let i = 0; i < 8; i++) {
			other.say(HEADER + mechanisms("EXTERNAL"));
			expect(other.say(failure("not-authorized"))).toBe("</stream:stream>");
			other.time.pass(other.pauses[i]!);
			other.line.writable();
			other.say(`${HEADER}<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>`);
			other.say("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
			other.line.secures();
			other.line.take();
		}
		expect(new Set(other.happened)).toEqual(new Set(["offline not-authorized"]));
	});

	test("is not another's thing", () => {
		const bench = new SessionBench(CERTIFIED);
		bench.secure();
		bench.say(HEADER + mechanisms("EXTERNAL"));
		bench.say(success());
		bench.bind("t1@a.example/r");
		expect(bench.happened).toEqual(["offline bind:other-account"]);
	});

	test("uses nothing that it learned with a password, and the other way round", () => {
		const bench = new SessionBench(CERTIFIED);
		bench.accounts.remembers = true;
		bench.accounts.remembered = { mechanism: "SCRAM-SHA-1", binding: "n", inline: 0, sm: true, refusals: 0 };
		expect(bench.secure().includes("<auth ")).toBe(false);
		const other = new SessionBench(ACCOUNT);
		other.accounts.remembers = true;
		other.accounts.remembered = { mechanism: "EXTERNAL", binding: "n", inline: 0, sm: true, refusals: 0 };
		expect(other.secure().includes("<auth ")).toBe(false);
	});

	test("without one EXTERNAL is none of ours", () => {
		expect(choose(["EXTERNAL"], [])).toBeUndefined();
	});

	test("SASL2 takes it in one flight, and a token after it", () => {
		const bench = new SessionBench(CERTIFIED);
		bench.accounts.remembers = true;
		bench.secure();
		const inline = "<inline><bind xmlns='urn:xmpp:bind:0'><inline><feature var='urn:xmpp:sm:3'/></inline></bind></inline>";
		const offer = `<stream:features><authentication xmlns='urn:xmpp:sasl:2'><mechanism>EXTERNAL</mechanism>${inline}</authentication></stream:features>`;
		const said = bench.say(HEADER + offer);
		expect(said).toContain("mechanism='EXTERNAL'><initial-response/>");
		const bound = "<bound xmlns='urn:xmpp:bind:0'><enabled xmlns='urn:xmpp:sm:3' id='s' resume='1'/></bound>";
		bench.say(`<success xmlns='urn:xmpp:sasl:2'>${bound}<authorization-identifier>t0@a.example/r</authorization-identifier></success>`);
		expect(bench.happened).toEqual(["online t0@a.example/r"]);
		expect(bench.accounts.remembered?.mechanism).toBe("EXTERNAL");
	});
});

describe("tls-unique", () => {
	const unique = new Uint8Array(12).fill(0x55);

	/** The <auth/> to such an offer, on a connection that has it. */
	function auth(offer: string, asked: boolean, bindings: Readonly<Record<string, Uint8Array>> = { "tls-unique": unique }): string {
		const bench = new SessionBench(ACCOUNT, { tlsUnique: asked });
		bench.session.start();
		bench.line.writable();
		bench.say(`${HEADER}<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>`);
		bench.say("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
		Object.assign(bench.line.bindings, bindings);
		bench.line.secures();
		bench.line.take();
		return decodeUTF8(decodeBase64(between(bench.say(HEADER + offer), ">", "</"))!).split(",,")[0]!;
	}

	const PLUS = mechanisms("SCRAM-SHA-1", "SCRAM-SHA-1-PLUS");
	const listing = (type: string): string =>
		PLUS.replace(
			"<mechanisms",
			`<sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'><channel-binding type='${type}'/></sasl-channel-binding><mechanisms`
		);

	test("R-CORE-4 is for who asks for it: of a server that lists it, or that lists nothing", () => {
		expect(auth(PLUS, true)).toBe("p=tls-unique");
		expect(auth(listing("tls-unique"), true)).toBe("p=tls-unique");
		expect(auth(PLUS, false)).toBe("n");
		expect(auth(listing("tls-unique"), false)).toBe("n");
	});

	test("R-CORE-4 never where the server lists others, where there is something better, or where the connection has none", () => {
		expect(auth(listing("tls-exporter"), true)).toBe("n");
		expect(auth(listing("tls-server-end-point"), true, both)).toBe("p=tls-server-end-point");
		// ejabberd 23 on TLS 1.3.
		expect(auth(PLUS, true, both)).toBe("n");
		expect(auth(PLUS, true, {})).toBe("n");
	});
});

describe("a bound login", () => {
	const OFFER = `${HEADER}<stream:features><sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'><channel-binding type='tls-exporter'/></sasl-channel-binding>${between(mechanisms("SCRAM-SHA-1", "SCRAM-SHA-1-PLUS"), "<stream:features>", "</stream:features>")}</stream:features>`;

	/** The connection stands under TLS that has this binding; what is said there first. */
	function secured(bench: SessionBench, binding: Uint8Array | undefined): string {
		bench.line.writable();
		bench.line.take();
		bench.say(`${HEADER}<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>`);
		bench.say("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
		if (binding !== undefined) bench.line.bindings["tls-exporter"] = binding;
		bench.line.secures();
		return bench.line.take();
	}

	const textOf = (element: string): string => decodeUTF8(decodeBase64(between(element, ">", "</"))!);

	/** The answer to the challenge without what binds it, as the bench reads it; and what binds it. */
	function boundTo(response: string): string {
		return between(textOf(response), "c=", ",");
	}

	test("R-CORE-4 says by what it is bound, and proves it", () => {
		const bench = new SessionBench(ACCOUNT);
		bench.session.start();
		secured(bench, EXPORTER);
		const auth = bench.say(OFFER);
		expect(auth).toContain("mechanism='SCRAM-SHA-1-PLUS'");
		expect(textOf(auth).startsWith("p=tls-exporter,,n=t0,r=")).toBe(true);
		// The bench takes the first message without its header "n,,": the longer one is cut here.
		const bare = `<auth>${encodeBase64(encodeUTF8(`n,,${textOf(auth).slice("p=tls-exporter,,".length)}`))}</auth>`;
		const response = bench.say(bench.challenge(bare));
		const header = encodeUTF8("p=tls-exporter,,");
		expect(boundTo(response)).toBe(encodeBase64(new Uint8Array([...header, ...EXPORTER])));
		bench.say(success(bench.signature(response)));
		bench.bind();
		expect(bench.session.jid).toBe("t0@a.example/r");
	});

	test("R-CORE-4 is bound anew on the next connection, and waits where that has nothing to be bound by", () => {
		const bench = new SessionBench(ACCOUNT);
		bench.accounts.remembers = true;
		bench.accounts.remembered = { mechanism: "SCRAM-SHA-1", binding: "tls-exporter", inline: 0, sm: false, refusals: 0 };
		bench.session.start();
		expect(secured(bench, END_POINT)).toContain("mechanism='SCRAM-SHA-1-PLUS'");
		bench.line.fails("closed");
		bench.accounts.remembered = { mechanism: "SCRAM-SHA-1", binding: "tls-exporter", inline: 0, sm: false, refusals: 0 };
		bench.time.pass(bench.pauses[0]!);
		expect(secured(bench, undefined).includes("<auth ")).toBe(false);
		expect(textOf(bench.say(OFFER)).startsWith("n,,")).toBe(true);
	});

	test('R-CORE-4 "y" of last time, where -PLUS is offered now, is refused by the server and mended on the same stream', () => {
		const bench = new SessionBench(ACCOUNT);
		bench.accounts.remembers = true;
		bench.accounts.remembered = { mechanism: "SCRAM-SHA-1", binding: "y", inline: 0, sm: false, refusals: 0 };
		bench.session.start();
		const said = secured(bench, EXPORTER);
		expect(textOf(said.slice(said.indexOf("<auth "))).startsWith("y,,")).toBe(true);
		const auth = bench.say(OFFER + failure("malformed-request"));
		expect(textOf(auth).startsWith("p=tls-exporter,,")).toBe(true);
		expect(bench.happened).toEqual([]);
	});

	test("R-CORE-4 a login that could be bound and is not says so", () => {
		const bench = new SessionBench(ACCOUNT);
		bench.session.start();
		secured(bench, EXPORTER);
		const auth = bench.say(HEADER + mechanisms("SCRAM-SHA-1"));
		expect(textOf(auth).startsWith("y,,")).toBe(true);
		const response = bench.say(bench.challenge(auth));
		expect(boundTo(response)).toBe(encodeBase64(encodeUTF8("y,,")));
		bench.say(success(bench.signature(response)));
		expect(bench.bound(idOf(bench.say(HEADER + BIND)))).toBe("");
		expect(bench.session.jid).toBeDefined();
	});
});

describe("XEP-0474 what the server says that it offered", () => {
	/** A challenge that ends with the hash of this. */
	function challenged(bench: SessionBench, auth: string, text: string): string {
		const plain = textIn(bench.challenge(auth));
		const hash = encodeBase64(bench.crypto.digest("SHA-1", encodeUTF8(text)));
		return bench.say(`<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>${encodeBase64(encodeUTF8(`${plain},h=${hash}`))}</challenge>`);
	}

	const textIn = (element: string): string => decodeUTF8(decodeBase64(between(element, ">", "</"))!);
	const BINDINGS =
		"<sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'><channel-binding type='tls-unique'/><channel-binding type='tls-exporter'/></sasl-channel-binding>";

	test("is what reached us: the login goes on", () => {
		const bench = new SessionBench(ACCOUNT);
		bench.secure();
		const auth = bench.say(HEADER + mechanisms("SCRAM-SHA-1", "PLAIN"));
		expect(challenged(bench, auth, "PLAIN\x1eSCRAM-SHA-1")).toContain("<response ");
		const other = new SessionBench(ACCOUNT);
		other.secure();
		const bound = other.say(HEADER + mechanisms("SCRAM-SHA-1").replace("<mechanisms", `${BINDINGS}<mechanisms`));
		expect(challenged(other, bound, "SCRAM-SHA-1\x1ftls-exporter\x1etls-unique")).toContain("<response ");
	});

	test.each(["PLAIN\x1eSCRAM-SHA-1\x1eSCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN\x1eSCRAM-SHA-1\x1ftls-exporter", ""])(
		"is another: nothing that proves a password leaves",
		(text) => {
			const bench = new SessionBench(ACCOUNT);
			bench.secure();
			const auth = bench.say(HEADER + mechanisms("PLAIN", "SCRAM-SHA-1"));
			expect(challenged(bench, auth, text).includes("<response ")).toBe(false);
			expect(bench.happened).toEqual(["offline sasl:malformed-challenge"]);
		}
	);

	test("counts for a login that did not wait too", () => {
		const bench = new SessionBench(ACCOUNT);
		bench.accounts.remembers = true;
		bench.accounts.remembered = { mechanism: "SCRAM-SHA-1", binding: "n", inline: 0, sm: false, refusals: 0 };
		const said = bench.secure();
		const auth = said.slice(said.indexOf("<auth "));
		bench.say(HEADER + mechanisms("SCRAM-SHA-1"));
		expect(challenged(bench, auth, "SCRAM-SHA-1\x1eSCRAM-SHA-256").includes("<response ")).toBe(false);
	});
});
