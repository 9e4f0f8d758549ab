// Making an account: forms and plain fields, refusals, and power cuts between the submit and its answer.
import type { SessionOptions } from "../../../src/xmpp/session.js";
import { ACCOUNT, between, CLOSE, failure, HEADER, idOf, mechanisms, SessionBench } from "../../support/session-bench.js";

const QUERY = "<query xmlns='jabber:iq:register'>";
const PLAIN = `${QUERY}<instructions>Choose</instructions><username/><password/></query>`;
const FORM = `${QUERY}<username/><password/><email/><x xmlns='jabber:x:data' type='form'><title>T</title><field type='hidden' var='FORM_TYPE'><value>jabber:iq:register</value></field><field type='hidden' var='token'><value>a&amp;b</value><value>c</value></field><field type='fixed'><value>Hello</value></field><field type='text-single' var='username'><required/></field><field type='text-private' var='password'><required/></field><field type='text-single' var='email'/><field type='list-single' var='lang'><value>en</value><required/></field></x></query>`;
const GET = "><query xmlns='jabber:iq:register'/></iq>";

function form(...fields: string[]): string {
	return `${QUERY}<x xmlns='jabber:x:data' type='form'>${fields.join("")}</x></query>`;
}
const field = (name: string, inner = "<required/>", type = "text-single"): string => `<field var='${name}' type='${type}'>${inner}</field>`;

function result(request: string, payload = ""): string {
	return `<iq type='result' id='${idOf(request)}'>${payload}</iq>`;
}

function error(request: string, condition: string, type: string, text = ""): string {
	const said = text === "" ? "" : `<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>${text}</text>`;
	return `<iq type='error' id='${idOf(request)}' from='a.example'><error type='${type}'><${condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>${said}</error></iq>`;
}

/** Without an account: until the request for the form, which is returned. */
function fresh(): { bench: SessionBench; get: string } {
	const bench = new SessionBench();
	bench.secure();
	return { bench, get: bench.offer() };
}

/** With a pair that was stored once and may or may not be an account. */
function unconfirmed(): { bench: SessionBench; auth: string } {
	const bench = new SessionBench({ username: "t9", password: "pencil", registered: false });
	bench.secure();
	return { bench, auth: bench.offer() };
}

describe("registration", () => {
	test("R-077-1 R-077-5 asks for the form, stores the pair, submits, logs in on the same stream", () => {
		const { bench, get } = fresh();
		expect(get).toContain("<iq type='get' id='");
		expect(get).toContain(GET);
		expect(bench.happened).toEqual([]);
		const set = bench.say(result(get, PLAIN));
		expect(bench.happened).toEqual(["proposed t1"]);
		expect(set).toContain("<iq type='set' id='");
		expect(set).toContain(`>${QUERY}<username>t1</username><password>pencil</password></query></iq>`);
		const auth = bench.say(result(set));
		expect(bench.happened).toEqual(["proposed t1", "confirmed", "account t1@a.example"]);
		expect(auth).toContain("<auth ");
		expect(bench.authenticate(auth)).toContain(" from='t1@a.example'");
		bench.bind();
		expect(bench.happened).toEqual(["proposed t1", "confirmed", "account t1@a.example", "online t1@a.example/r"]);
		expect(bench.network.connections).toHaveLength(1);
	});

	test("the header under TLS names the account that is to be made, which is stored no sooner than it is submitted", () => {
		const bench = new SessionBench();
		expect(bench.secure()).toContain("from='t1@a.example'");
		expect(bench.accounts.current).toBeUndefined();
		const get = bench.offer();
		expect(bench.accounts.current).toBeUndefined();
		expect(bench.say(result(get, PLAIN))).toContain("<username>t1</username>");
		expect(bench.happened).toEqual(["proposed t1"]);
	});

	test("R-077-2 a form is preferred: hidden fields go back as they came, required ones filled, the rest left", () => {
		const { bench, get } = fresh();
		const set = bench.say(result(get, FORM));
		expect(between(set, QUERY, "</query>")).toBe(
			"<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>jabber:iq:register</value></field><field var='token'><value>a&amp;b</value><value>c</value></field><field var='username'><value>t1</value></field><field var='password'><value>pencil</value></field><field var='lang'><value>en</value></field></x>"
		);
	});

	test("a form whose FORM_TYPE says no type of field is echoed too", () => {
		const { bench, get } = fresh();
		const set = bench.say(
			result(get, form("<field var='FORM_TYPE'><value>jabber:iq:register</value></field>", field("username"), field("password")))
		);
		expect(set).toContain("<field var='FORM_TYPE'><value>jabber:iq:register</value></field>");
	});

	test.each([
		["an e-mail address", `${QUERY}<username/><password/><email/></query>`],
		["a key", `${QUERY}<username/><password/><key>x</key></query>`],
		["no name", `${QUERY}<password/></query>`],
		["a web page instead", `${QUERY}<instructions>Go</instructions><x xmlns='jabber:x:oob'><url>https://a.example/</url></x></query>`],
		["nothing", `${QUERY}</query>`],
		["something else", "<query xmlns='jabber:iq:auth'><username/><password/></query>"],
		["no query at all", ""],
		["a picture to be read", form(field("username"), field("password"), field("ocr"))],
		["a form without a password", form(field("username"))],
		[
			"a signature",
			form(field("FORM_TYPE", "<value>urn:xmpp:xdata:signature:oauth1</value>", "hidden"), field("username"), field("password"))
		]
	])("a server that asks for %s is told of, not guessed at", (_, payload) => {
		const { bench, get } = fresh();
		expect(bench.say(result(get, payload))).toBe(CLOSE);
		expect(bench.happened).toEqual(["offline refused-account"]);
		expect(bench.accounts.proposals).toBe(0);
	});

	test("the reason is a sentence for a person", () => {
		const details: string[] = [];
		const bench = new SessionBench(undefined, { onOffline: (_reason, detail) => details.push(detail) });
		bench.secure();
		bench.say(result(bench.offer(), form(field("username"), field("password"), field("ocr"))));
		expect(details).toEqual(['the server asks for "ocr", which a thing cannot give']);
	});

	test("a form larger than what is built ends the try", () => {
		const { bench, get } = fresh();
		bench.say(result(get, form(field("username"), ...Array.from({ length: 200 }, (_, index) => field(`f${index}`)))));
		expect(bench.happened).toEqual(["offline xml:policy-violation"]);
	});

	test.each([
		["service-unavailable", "cancel", "refused-account"],
		["not-allowed", "cancel", "refused-account"],
		["resource-constraint", "wait", "account-throttled"]
	])("a form refused with %s is told as it is", (condition, type, reason) => {
		const { bench, get } = fresh();
		expect(bench.say(error(get, condition, type, "no"))).toBe(CLOSE);
		expect(bench.happened).toEqual([`offline ${reason}`]);
	});

	test("R-077-3 a taken name is answered with another, from a form asked for anew", () => {
		const { bench, get } = fresh();
		let set = bench.say(result(get, PLAIN));
		for (let tries = 2; tries <= 5; tries++) {
			const again = bench.say(error(set, "conflict", "cancel"));
			expect(again).toContain(GET);
			set = bench.say(result(again, PLAIN));
			expect(set).toContain(`<username>t${tries}</username>`);
		}
		expect(bench.say(error(set, "conflict", "cancel"))).toBe(CLOSE);
		expect(bench.accounts.proposals).toBe(5);
		expect(bench.happened.slice(5)).toEqual(["offline refused-account"]);
	});

	test("R-077-3 not-acceptable is no reason to try at once again", () => {
		const { bench, get } = fresh();
		const set = bench.say(result(get, PLAIN));
		expect(bench.say(error(set, "not-acceptable", "modify"))).toBe(CLOSE);
		expect(bench.happened).toEqual(["proposed t1", "offline refused-account"]);
		expect(bench.pauses[0]).toBeGreaterThanOrEqual(150_000);
	});

	test("R-077-3 a throttled submit is waited out and the pair kept", () => {
		const { bench, get } = fresh();
		const set = bench.say(result(get, PLAIN));
		bench.say(error(set, "resource-constraint", "wait"));
		expect(bench.happened).toEqual(["proposed t1", "offline account-throttled"]);
		expect(bench.pauses[0]).toBeGreaterThanOrEqual(150_000);
		expect(bench.accounts.current?.username).toBe("t1");
	});

	test("R-077-5 a cut before the answer: the next connection tries SASL with the stored pair", () => {
		const { bench, get } = fresh();
		bench.say(result(get, PLAIN));
		bench.line.fails("closed");
		bench.time.pass(1000);
		bench.secure();
		const auth = bench.offer();
		expect(auth).toContain("<auth ");
		bench.authenticate(auth);
		bench.bind();
		expect(bench.happened).toEqual(["proposed t1", "offline closed", "confirmed", "account t1@a.example", "online t1@a.example/r"]);
	});

	test("R-077-5 a stored pair that SASL does not know is registered as it is, on the same stream", () => {
		const { bench, auth } = unconfirmed();
		expect(auth).toContain("<auth ");
		const get = bench.say(failure("not-authorized"));
		expect(get).toContain(GET);
		const set = bench.say(result(get, PLAIN));
		expect(set).toContain("<username>t9</username>");
		const second = bench.say(result(set));
		bench.authenticate(second);
		bench.bind();
		expect(bench.happened).toEqual(["confirmed", "account t9@a.example", "online t9@a.example/r"]);
		expect(bench.accounts.proposals).toBe(0);
	});

	test("a stored pair that SASL does not know and that is taken belongs to another password: told, no other name", () => {
		const { bench } = unconfirmed();
		const set = bench.say(result(bench.say(failure("not-authorized")), PLAIN));
		expect(bench.say(error(set, "conflict", "cancel"))).toBe(CLOSE);
		expect(bench.happened).toEqual(["offline refused-account"]);
		expect(bench.accounts.proposals).toBe(0);
	});

	test.each(["temporary-auth-failure", "account-disabled", "aborted"])("%s for a stored pair registers nothing", (condition) => {
		const { bench } = unconfirmed();
		expect(bench.say(failure(condition))).toBe(CLOSE);
		expect(bench.happened).toEqual([`offline sasl:${condition}`]);
	});

	test("an account just made that cannot log in is told of, not made again", () => {
		const { bench, get } = fresh();
		const set = bench.say(result(get, PLAIN));
		bench.say(result(set));
		expect(bench.say(failure("not-authorized"))).toBe(CLOSE);
		expect(bench.happened.slice(3)).toEqual(["offline not-authorized"]);
	});

	test("R-077-4 no form is asked for and none submitted before TLS", () => {
		const bench = new SessionBench();
		bench.session.start();
		bench.line.writable();
		bench.line.take();
		expect(bench.say(`${HEADER}<stream:features><register xmlns='http://jabber.org/features/iq-register'/></stream:features>`)).toBe(CLOSE);
		expect(bench.happened).toEqual(["offline no-starttls"]);
	});

	test("a store that fails ends the try before anything is submitted", () => {
		const { bench, get } = fresh();
		bench.accounts.propose = () => {
			throw new Error("the flash is full");
		};
		expect(bench.say(result(get, PLAIN))).toBe(CLOSE);
		expect(bench.happened).toEqual(["offline internal"]);
	});

	test("an existing account is never registered, announced or not", () => {
		const bench = new SessionBench(ACCOUNT);
		bench.secure();
		const features = mechanisms("SCRAM-SHA-1").replace(
			"</stream:features>",
			"<register xmlns='http://jabber.org/features/iq-register'/></stream:features>"
		);
		bench.say(HEADER + features);
		expect(bench.say(failure("not-authorized"))).toBe(CLOSE);
	});

	describe("a form that is to be signed", () => {
		const apiKey = { key: "api-key-0001", secret: "s3cret&key" };
		const hidden = (name: string, value = ""): string => field(name, `<value>${value}</value>`, "hidden");
		const names = ["oauth_nonce", "oauth_timestamp", "oauth_consumer_key", "oauth_signature"];
		const FIELDS = [
			hidden("FORM_TYPE", "urn:xmpp:xdata:signature:oauth1"),
			hidden("oauth_version", "1.0"),
			hidden("oauth_signature_method", "HMAC-SHA1"),
			hidden("oauth_token", "tok"),
			hidden("oauth_token_secret", "tsec"),
			...names.map((name) => hidden(name))
		];
		const SIGNED = form(...FIELDS, field("username"), field("password"));
		const fieldOf = (set: string, name: string): string => between(set, `<field var='${name}'><value>`, "</value>");

		function asked(options: Partial<SessionOptions> = { apiKey }): { bench: SessionBench; get: string } {
			const bench = new SessionBench(undefined, options);
			bench.secure();
			return { bench, get: bench.offer() };
		}

		test("R-348-2 R-348-8 R-348-12 is signed: hidden values go back as they came, the secret does not go", () => {
			const { bench, get } = asked();
			const set = bench.say(result(get, SIGNED));
			expect(fieldOf(set, "FORM_TYPE")).toBe("urn:xmpp:xdata:signature:oauth1");
			expect(fieldOf(set, "oauth_token")).toBe("tok");
			expect(fieldOf(set, "oauth_token_secret")).toBe("tsec");
			expect(fieldOf(set, "oauth_consumer_key")).toBe("api-key-0001");
			expect(fieldOf(set, "username")).toBe("t1");
			expect(fieldOf(set, "oauth_signature")).toMatch(/^[A-Za-z0-9%]+%3D$/);
			expect(fieldOf(set, "oauth_timestamp")).toMatch(/^\d+$/);
			expect(set).not.toContain("s3cret");
			bench.authenticate(bench.say(result(set)));
			bench.bind();
			expect(bench.happened).toEqual(["proposed t1", "confirmed", "account t1@a.example", "online t1@a.example/r"]);
		});

		test("R-348-9 R-348-11 R-348-13 a signature that is not taken is made anew otherwise, for a fresh form and the same name, and then not for an hour", () => {
			const { bench, get } = asked();
			const seen = new Set<string>();
			let set = bench.say(result(get, SIGNED));
			for (let tries = 1; tries < 2; tries++) {
				seen.add(fieldOf(set, "oauth_nonce"));
				const again = bench.say(error(set, "bad-request", "modify"));
				expect(again).toContain(GET);
				set = bench.say(result(again, SIGNED));
				expect(set).toContain("<value>t1</value>");
			}
			// Addressed this time.
			expect(set).toContain("<iq to='a.example' type='set'");
			seen.add(fieldOf(set, "oauth_nonce"));
			expect(seen.size).toBe(2);
			expect(bench.say(error(set, "bad-request", "modify"))).toBe(CLOSE);
			expect(bench.happened.slice(-1)).toEqual(["offline refused-signature"]);
			expect(bench.pauses[0]).toBeGreaterThanOrEqual(3_600_000);
		});

		test("R-348-11 R-348-13 where the order of names is no clear matter, both are tried: four in all", () => {
			const { bench, get } = asked();
			const unclear = form(...FIELDS, field("username"), field("password"), hidden("Zone", "x"), hidden("Form", "y"));
			let set = bench.say(result(get, unclear));
			for (let tries = 1; tries < 4; tries++) set = bench.say(result(bench.say(error(set, "bad-request", "modify")), unclear));
			expect(bench.say(error(set, "bad-request", "modify"))).toBe(CLOSE);
		});

		test.each<[string, Partial<SessionOptions>, string, string]>([
			["no API key", {}, SIGNED, "refused-account"],
			["another method", { apiKey }, SIGNED.replace("HMAC-SHA1", "PLAINTEXT"), "refused-account"]
		])("R-348-10 with %s nothing is submitted", (_what, options, query, reason) => {
			const { bench, get } = asked(options);
			expect(bench.say(result(get, query))).toBe(CLOSE);
			expect(bench.happened).toEqual([`offline ${reason}`]);
		});

		test("R-348-9 a time that is a guess signs nothing", () => {
			const { bench, get } = asked();
			bench.time.clock.trusted = false;
			expect(bench.say(result(get, SIGNED))).toBe(CLOSE);
			expect(bench.happened).toEqual(["offline no-time"]);
		});

		test("R-348-2 with an API key at hand, a form that asks for no signature gets none", () => {
			const { bench, get } = asked();
			expect(bench.say(result(get, FORM))).not.toContain("oauth");
		});
	});
});
