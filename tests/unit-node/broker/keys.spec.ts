// The API-key office as the broker's module and the operator meet it: forms by hand after XEP-0348, signed by the tests' own code.

import { createHmac } from "node:crypto";
import { MemoryStore } from "../../../hosts/broker/store.js";
import { Bench, expectSame, OPERATOR, OWN, REGISTRY } from "./bench.js";

const KEYS = "urn:extasis:keys:0";
const BROKER = "example.org";
const SIGNATURE = "urn:xmpp:xdata:signature:oauth1";
const operator = `${OPERATOR}/desk`;

const ask = (bench: Bench, type: "get" | "set", payload: string, from = operator): string => bench.outcome(from, type, payload);
const add = (bench: Bench, name = "batch", accounts = "3"): { key: string; secret: string } => {
	const [answer] = bench.ask(operator, "set", `<add xmlns='${KEYS}' name='${name}' accounts='${accounts}'/>`);
	const { key = "", secret = "" } = answer!.getChild("added", KEYS)!.attrs;
	return { key, secret };
};

const write = (values: Readonly<Record<string, string>>, type = "submit"): string => {
	const fields = Object.entries(values).map(
		([name, value]) => `<field var='${name}'><value>${value.replaceAll("&", "&amp;")}</value></field>`
	);
	return `<x xmlns='jabber:x:data' type='${type}'>${fields.join("")}</x>`;
};
const wrap = (x: string, user = "thing", more = ""): string => `<registration xmlns='${KEYS}' user='${user}'${more}>${x}</registration>`;

/** Values that need no escapes, so that nothing of ours is needed to sign them; the base string is XEP-0348 section 3's. */
const form = (bench: Bench, { key, secret }: { key: string; secret: string }, changes: Readonly<Record<string, string>> = {}, to = "") => {
	const values: Record<string, string> = {
		...{ FORM_TYPE: SIGNATURE, oauth_consumer_key: key, oauth_nonce: `n${Math.random()}`, oauth_signature_method: "HMAC-SHA1" },
		...{ oauth_timestamp: `${bench.now / 1000}`, oauth_token: "", oauth_version: "1.0", password: "p", username: "thing" },
		...changes
	};
	const names = Object.keys(values).sort();
	const pairs = names.map((name) => `${name}%3D${values[name]!.replaceAll(":", "%253A").replaceAll(" ", "%2520")}`).join("%26");
	const signature = createHmac("sha1", `${secret.replaceAll(" ", "%20")}&`)
		.update(`submit&${to}&${pairs}`)
		.digest("base64");
	return { ...values, oauth_signature: signature.replaceAll("+", "%2B").replaceAll("/", "%2F").replaceAll("=", "%3D") };
};
const submit = (bench: Bench, values: Readonly<Record<string, string>>, more = ""): string =>
	bench.outcome(BROKER, "set", wrap(write(values), values.username, more));

test("R-348-3 R-348-4 R-348-5 R-348-7 vector V4: other signs, other names, other letters", () => {
	const store = new MemoryStore();
	store.keys.putKey({ name: "vector", key: "k", secret: "s", accounts: 9, at: 0 });
	const bench = new Bench(store);
	bench.pass(1_767_225_600 - bench.now / 1000);
	const values = {
		...{
			FORM_TYPE: SIGNATURE,
			email: "a@b.c",
			UserName: "å-1",
			oauth_version: "1.0",
			oauth_signature_method: "HMAC-SHA1",
			oauth_token: ""
		},
		...{ oauth_token_secret: "", oauth_consumer_key: "k", oauth_nonce: "n", oauth_timestamp: "1767225600" }
	};
	const sent = (signature: string, user = "å-1") => wrap(write({ ...values, UserName: user, oauth_signature: signature }));
	expect(bench.outcome(BROKER, "set", sent("K%2FYbd2jTTUKgRO3vPNYU6gDcXRE%3D", "å-2"))).toBe("bad-request");
	// Not escaped, it is another.
	expect(bench.outcome(BROKER, "set", sent("K/Ybd2jTTUKgRO3vPNYU6gDcXRE="))).toBe("bad-request");
	// NFC is what is signed, whatever arrives.
	expect(bench.outcome(BROKER, "set", sent("K%2FYbd2jTTUKgRO3vPNYU6gDcXRE%3D", "a\u030a-1"))).toBe("");
});

describe("the broker asks", () => {
	test("while there is no key: its own form, and whoever wants it has an account", () => {
		const bench = new Bench();
		expectSame(
			bench.ask(BROKER, "get", `<registration xmlns='${KEYS}'/>`),
			`<iq type='result' from='${REGISTRY}' to='${BROKER}' id='q1'><registration xmlns='${KEYS}' signed='false'/></iq>`
		);
		expect(bench.outcome(BROKER, "set", wrap(""))).toBe("");
		expect(bench.outcome(BROKER, "set", wrap("<x xmlns='jabber:x:data' type='submit'/>"))).toBe("");
		expect(submit(bench, form(bench, { key: "k", secret: "s" }))).toBe("bad-request");
	});

	test.each(["signedOnly", "a key", "a revoked key"])("with %s: a form to sign, and nothing without a signature", (how) => {
		const bench = new Bench(undefined, undefined, how === "signedOnly");
		if (how !== "signedOnly") add(bench);
		if (how === "a revoked key") expect(ask(bench, "set", `<revoke xmlns='${KEYS}' name='batch'/>`)).toBe("");
		const hidden = (name: string, value = "") => `<field type='hidden' var='${name}'><value>${value}</value></field>`;
		expectSame(
			bench.ask(BROKER, "get", `<registration xmlns='${KEYS}'/>`),
			`<iq type='result' from='${REGISTRY}' to='${BROKER}' id='q1'><registration xmlns='${KEYS}' signed='true'><x xmlns='jabber:x:data' type='form'>${[
				hidden("FORM_TYPE", SIGNATURE),
				hidden("oauth_version", "1.0"),
				hidden("oauth_signature_method", "HMAC-SHA1"),
				...["token", "token_secret", "nonce", "timestamp", "consumer_key", "signature"].map((name) => hidden(`oauth_${name}`)),
				"<field type='text-single' var='username' label='User name'><required/></field>",
				"<field type='text-private' var='password' label='Password'><required/></field>"
			].join("")}</x></registration></iq>`
		);
		expect(bench.outcome(BROKER, "set", wrap(""))).toBe("not-acceptable");
		expect(bench.outcome(BROKER, "set", wrap(write({ username: "thing", password: "p" })))).toBe("not-acceptable");
		expect(submit(bench, form(bench, OWN))).toBe("");
	});
});

describe("a submitted form", () => {
	test("is counted once for each name, in the key's own count", () => {
		const bench = new Bench();
		const [key, other] = [add(bench, "batch", "2"), add(bench, "other", "1")];
		for (const username of ["a", "b", "a"]) expect(submit(bench, form(bench, key, { username }))).toBe("");
		expect(submit(bench, form(bench, key, { username: "c" }))).toBe("not-allowed");
		expect(submit(bench, form(bench, key, { username: "c" }), " taken='true'")).toBe("");
		expect(submit(bench, form(bench, other, { username: "c" }))).toBe("");
		expect(bench.events.filter(({ event }) => event === "account").map(({ thing, by }) => `${thing} ${by}`)).toEqual([
			"a@example.org batch",
			"b@example.org batch",
			"c@example.org other"
		]);
	});

	test("is good five minutes around its time, and once", () => {
		const bench = new Bench();
		const key = add(bench, "batch", "9");
		const old = form(bench, key);
		bench.pass(299);
		expect(submit(bench, old)).toBe("");
		expect(submit(bench, old)).toBe("bad-request");
		bench.pass(2);
		expect(submit(bench, old)).toBe("bad-request");
		expect(submit(bench, form(bench, key, { oauth_timestamp: `${bench.now / 1000 + 301}` }))).toBe("bad-request");
		// A nonce is the key's, and forgotten when no form with it can come any more.
		const nonce = { oauth_nonce: "same" };
		expect(submit(bench, form(bench, key, nonce))).toBe("");
		expect(submit(bench, form(bench, add(bench, "other"), nonce))).toBe("");
		expect(submit(bench, form(bench, key, { ...nonce, username: "x" }))).toBe("bad-request");
		bench.pass(601);
		expect(submit(bench, form(bench, key, { ...nonce, username: "x" }))).toBe("");
	});

	test("is signed for its own address or for none", () => {
		const bench = new Bench();
		const key = add(bench);
		expect(submit(bench, form(bench, key, {}, "example.org"), " to='example.org'")).toBe("");
		expect(submit(bench, form(bench, key), " to='example.org'")).toBe("");
		expect(submit(bench, form(bench, key, {}, "example.org"))).toBe("bad-request");
		expect(submit(bench, form(bench, key, {}, "example.com"), " to='example.org'")).toBe("bad-request");
	});

	test.each([
		["another method", { oauth_signature_method: "PLAINTEXT" }],
		["another version", { oauth_version: "2.0" }],
		["a token that nobody gave", { oauth_token: "t" }],
		["another purpose", { FORM_TYPE: "jabber:iq:register" }],
		["no nonce", { oauth_nonce: "" }],
		["a nonce without end", { oauth_nonce: "n".repeat(129) }],
		["a time that is none", { oauth_timestamp: "soon" }],
		["a value without end", { username: "u".repeat(1024) }]
	])("with %s is refused, however well it is signed", (_, changes) => {
		const bench = new Bench();
		const key = add(bench);
		expect(bench.outcome(BROKER, "set", wrap(write(form(bench, key, changes))))).toBe("bad-request");
		expect(submit(bench, form(bench, key))).toBe("");
	});

	test("of a hundred fields, of none with a name, with two values, or of another type is refused", () => {
		const bench = new Bench();
		const values = form(bench, add(bench));
		const many = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`f${at}`, "x"]));
		const whole = write(values);
		for (const x of [
			write({ ...values, ...many }),
			write(values, "form"),
			whole.replace("</x>", "<field><value>x</value></field></x>"),
			whole.replace("</x>", "<field var='oauth_nonce'><value>x</value></field></x>"),
			whole.replace("<value>p</value>", "<value>p</value><value>q</value>")
		]) {
			expect(bench.outcome(BROKER, "set", wrap(x))).toBe("bad-request");
		}
		expect(bench.outcome(BROKER, "set", wrap(whole, ""))).toBe("bad-request");
		expect(bench.outcome(BROKER, "set", wrap(whole))).toBe("");
	});

	test("tells nothing to who has not the secret: no such key, a revoked key and a used-up key look alike", () => {
		const bench = new Bench();
		const [revoked, used] = [add(bench, "revoked"), add(bench, "used", "1")];
		ask(bench, "set", `<revoke xmlns='${KEYS}' name='revoked'/>`);
		submit(bench, form(bench, used));
		const answers = [revoked.key, used.key, "nobody's", OWN.key].map((key) =>
			bench.ask(BROKER, "set", wrap(write(form(bench, { key, secret: "guess" })))).map((answer) => answer.toString())
		);
		expect(new Set(answers.map((answer) => answer.join(""))).size).toBe(1);
		expect(submit(bench, form(bench, revoked))).toBe("forbidden");
		expect(submit(bench, form(bench, used, { username: "second" }))).toBe("not-allowed");
	});

	test("can be remembered by thousands and not without end", () => {
		const store = new MemoryStore();
		const bench = new Bench(store);
		const key = add(bench, "batch", "20");
		for (let at = 0; at < 10_000; at++) store.keys.addNonce(key.key, `${at}`, bench.now + 60_000);
		expect(submit(bench, form(bench, key))).toBe("resource-constraint");
		bench.pass(61);
		expect(submit(bench, form(bench, key))).toBe("");
	});
});

describe("the operator", () => {
	test("adds, lists and revokes; the secret is said once", () => {
		const bench = new Bench();
		const first = add(bench, "batch-1", "100");
		const second = add(bench, "batch-2", "1");
		expect(new Set([first.key, first.secret, second.key, second.secret]).size).toBe(4);
		submit(bench, form(bench, second));
		bench.pass(60);
		expect(ask(bench, "set", `<revoke xmlns='${KEYS}' name='batch-1'/>`)).toBe("");
		const [list] = bench.ask(operator, "get", `<keys xmlns='${KEYS}'/>`);
		expectSame(
			[list!],
			`<iq type='result' from='${REGISTRY}' to='${operator}' id='q1'><keys xmlns='${KEYS}'>
				<key name='batch-1' key='${first.key}' accounts='100' made='0' at='2027-01-15T08:00:00.000Z' revoked='2027-01-15T08:01:00.000Z'/>
				<key name='batch-2' key='${second.key}' accounts='1' made='1' at='2027-01-15T08:00:00.000Z'/>
			</keys></iq>`
		);
		for (const { secret } of [first, second]) expect(`${list}${JSON.stringify(bench.events)}`).not.toContain(secret);
	});

	test.each([
		["<add NS name='batch' accounts='3'/>", "bad-request"],
		["<add NS name='' accounts='3'/>", "bad-request"],
		["<add NS name='a b' accounts='3'/>", "bad-request"],
		[`<add NS name='${"n".repeat(65)}' accounts='3'/>`, "bad-request"],
		["<add NS name=\"x'; DROP TABLE api_key; --\" accounts='3'/>", "bad-request"],
		["<add NS name='n'/>", "bad-request"],
		["<add NS name='n' accounts='0'/>", "bad-request"],
		["<add NS name='n' accounts='1e3'/>", "bad-request"],
		["<add NS name='n' accounts='1000001'/>", "bad-request"],
		["<revoke NS name='nobody'/>", "item-not-found"],
		["<revoke NS/>", "item-not-found"],
		["<other NS/>", "service-unavailable"]
	])("says %s and is answered %s", (payload, expected) => {
		const bench = new Bench();
		add(bench);
		expect(ask(bench, "set", payload.replace("NS", `xmlns='${KEYS}'`))).toBe(expected);
	});

	test("an account that is gone gives its place back, as the broker says and nobody else, once", () => {
		const bench = new Bench();
		const key = add(bench, "batch", "1");
		expect(submit(bench, form(bench, key, { username: "first" }))).toBe("");
		expect(submit(bench, form(bench, key, { username: "second" }))).toBe("not-allowed");
		const gone = (user: string, from = BROKER) => ask(bench, "set", `<removal xmlns='${KEYS}' user='${user}'/>`, from);
		for (const from of [operator, `first@${BROKER}/x`, `${BROKER}/x`, REGISTRY]) expect(gone("first", from)).toBe("forbidden");
		expect(gone("other")).toBe("");
		expect(submit(bench, form(bench, key, { username: "second" }))).toBe("not-allowed");
		expect([gone("first"), gone("first")]).toEqual(["", ""]);
		expect(bench.events.filter(({ event }) => event === "account-gone")).toEqual([{ event: "account-gone", thing: "first@example.org" }]);
		expect(submit(bench, form(bench, key, { username: "second" }))).toBe("");
		expect(submit(bench, form(bench, key, { username: "third" }))).toBe("not-allowed");
	});

	test("whoever makes an account of the name that a thing had inherits nothing of it", () => {
		const bench = new Bench();
		const id = { jid: `thing@${BROKER}`, node: ["", "", ""] } as const;
		const node = { ...id, node: ["one", "", ""] } as const;
		const rest = { namespace: "urn:xmpp:iot:discovery", tags: [], selfOwned: false, listed: true, told: true, registeredAt: 1 };
		for (const each of [id, node, { ...id, jid: `other@${BROKER}` }]) bench.store.put({ ...each, ...rest, owner: "owner@example.org" });
		expect(ask(bench, "set", `<removal xmlns='${KEYS}' user='thing'/>`, operator)).toBe("forbidden");
		expect(bench.store.jids()).toHaveLength(2);
		expect(ask(bench, "set", `<removal xmlns='${KEYS}' user='thing'/>`, BROKER)).toBe("");
		expect(bench.store.jids()).toEqual([`other@${BROKER}`]);
	});

	test("a thousand keys are enough, and of the revoked ones the oldest makes room", () => {
		const bench = new Bench();
		for (let at = 0; at < 1000; at++) expect(add(bench, `k${at}`).key).not.toBe("");
		expect(ask(bench, "set", `<add xmlns='${KEYS}' name='more' accounts='1'/>`)).toBe("bad-request");
		for (const name of ["k5", "k3"]) expect(ask(bench, "set", `<revoke xmlns='${KEYS}' name='${name}'/>`)).toBe("");
		const fresh = add(bench, "more");
		expect(submit(bench, form(bench, fresh))).toBe("");
		const left = bench.store.keys.keys();
		expect([left.length, left.some(({ name }) => name === "k3"), left.some(({ name }) => name === "k5")]).toEqual([1000, false, true]);
	});

	test("a name is free again after its key was revoked, and the old key stays dead", () => {
		const bench = new Bench();
		const old = add(bench);
		ask(bench, "set", `<revoke xmlns='${KEYS}' name='batch'/>`);
		const fresh = add(bench);
		expect(submit(bench, form(bench, old))).toBe("forbidden");
		expect(submit(bench, form(bench, fresh))).toBe("");
		expect(ask(bench, "set", `<revoke xmlns='${KEYS}' name='batch'/>`)).toBe("");
		expect(ask(bench, "set", `<revoke xmlns='${KEYS}' name='batch'/>`)).toBe("item-not-found");
	});
});
