// Tokens as things, owners and holders of certificates meet them at the box: golden stanzas by hand after XEP-0324 and the ieee dialect, real keys.

import { execFileSync } from "node:child_process";
import { constants, privateDecrypt, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "@jest/globals";
import type { Element } from "@xmpp/xml";
import { Bench, expectSame, REGISTRY } from "./bench.js";

const OWNER = "owner@example.org/phone";
const THING = "thing@example.org/x";
const STRANGER = "stranger@example.com";
const HOLDER = `${STRANGER}/app`;
const PROVISIONING = { xep: "urn:xmpp:iot:provisioning", ieee: "urn:ieee:iot:prov:d:1.0" };
const TOKENS = { xep: "urn:xmpp:iot:provisioning", ieee: "urn:ieee:iot:prov:t:1.0" };
const OWNERS = { xep: "urn:xmpp:iot:provisioning", ieee: "urn:ieee:iot:prov:o:1.0" };
const ATTRIBUTES = { xep: ["deviceToken", "serviceToken", "userToken"], ieee: ["dt", "st", "ut"] };
type Name = keyof typeof TOKENS;
const both: Name[] = ["xep", "ieee"];

const folder = mkdtempSync(join(tmpdir(), "extasis-tokens-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A certificate that signs itself, and its key. */
class Identity {
	readonly der: string;
	readonly #key: string;

	constructor(name: string, kind = ["rsa:2048"]) {
		const [key, certificate] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)];
		const words = [
			"req",
			"-x509",
			"-newkey",
			...kind,
			"-nodes",
			"-days",
			"36500",
			"-subj",
			`/CN=${name}`,
			"-keyout",
			key,
			"-out",
			certificate
		];
		execFileSync("openssl", words, { stdio: "ignore" });
		this.der = new X509Certificate(readFileSync(certificate)).raw.toString("base64");
		this.#key = readFileSync(key, "utf8");
	}

	/** What it makes of a challenge: OAEP, as the specification's author has it. */
	open(challenge: string): string {
		const how = { key: this.#key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha1" };
		return privateDecrypt(how, Buffer.from(challenge, "base64")).toString("base64");
	}
}

const alice = new Identity("alice");
const mallory = new Identity("mallory");

const owned = (): Bench => {
	const bench = new Bench();
	bench.presence(THING);
	bench.ask(THING, "set", "<register xmlns='urn:xmpp:iot:discovery'><str name='NAME' value='Cellar'/></register>");
	const [claimed] = bench.receive(`<message from='${OWNER}' to='${REGISTRY}' type='chat'><body>iotdisco:NAME=Cellar</body></message>`);
	bench.answer(claimed!);
	return bench;
};

const payloadOf = (stanzas: readonly Element[]): Element => stanzas[0]!.getChildElements()[0]!;

/** All the way to a token. */
const get = (bench: Bench, from = HOLDER, identity = alice, name: Name = "xep"): string => {
	const asked = payloadOf(bench.ask(from, "get", `<getToken xmlns='${TOKENS[name]}'>${identity.der}</getToken>`));
	const said = `<getTokenChallengeResponse xmlns='${TOKENS[name]}' seqnr='${asked.attrs.seqnr}'>${identity.open(asked.getText())}</getTokenChallengeResponse>`;
	return payloadOf(bench.ask(from, "get", said)).attrs.token!;
};

/** A thing's question of who shows that, up to what is challenged. */
const read = (bench: Bench, tokens: string, who = STRANGER, name: Name = "xep"): Element[] =>
	bench.ask(THING, "get", `<canRead xmlns='${PROVISIONING[name]}' jid='${who}' ${tokens} ${name === "xep" ? "momentary" : "m"}='true'/>`);

const respond = (bench: Bench, challenge: Element, identity = alice, name: Name = "xep"): Element[] => {
	const asked = challenge.getChildElements()[0]!;
	return bench.answer(
		challenge,
		"result",
		`<tokenChallengeResponse xmlns='${TOKENS[name]}'>${identity.open(asked.getText())}</tokenChallengeResponse>`
	);
};

const isAllowed = (stanzas: readonly Element[]): boolean => {
	const answer = stanzas.find((stanza) => stanza.is("iq") && stanza.attrs.to === THING && stanza.attrs.id === "q1");
	return answer!.getChildElements()[0]!.attrs.result === "true";
};

/** The owner lets in whoever shows the token. */
const rule = (bench: Bench, key: string, by: string, result = true, name: Name = "xep", kind = "canRead"): string =>
	bench
		.ask(
			OWNER,
			"set",
			`<${kind}Rule xmlns='${OWNERS[name]}' jid='thing@example.org' remoteJid='${STRANGER}' key='${key}' result='${result}'>${by}</${kind}Rule>`
		)
		.filter((stanza) => stanza.attrs.to === OWNER)
		.map((stanza) => stanza.getChild("error")?.getChildElements()[0]?.getName() ?? "")
		.join();

describe.each(both)("in %s", (name) => {
	const xmlns = TOKENS[name];

	test("who has the certificate's key gets a token for it, and everybody the certificate", () => {
		const bench = new Bench();
		const [challenge] = bench.ask(HOLDER, "get", `<getToken xmlns='${xmlns}'>\n${alice.der.replace(/(.{64})/g, "$1\n")}\n</getToken>`);
		const asked = challenge!.getChild("getTokenChallenge", xmlns)!;
		expect(asked.attrs.seqnr).toBe("1");
		expectSame(
			bench.ask(
				HOLDER,
				"get",
				`<getTokenChallengeResponse xmlns='${xmlns}' seqnr='1'>${alice.open(asked.getText())}</getTokenChallengeResponse>`
			),
			`<iq type='result' id='q1' from='${REGISTRY}' to='${HOLDER}'><getTokenResponse xmlns='${xmlns}' token='${REGISTRY}:secret1'/></iq>`
		);
		const certificate = `<iq type='result' id='q1' from='${REGISTRY}' to='other@example.com/x'><certificate xmlns='${xmlns}'>${alice.der}</certificate></iq>`;
		for (const said of [`token='${REGISTRY}:secret1'>`, `> ${REGISTRY}:secret1 `]) {
			expectSame(bench.ask("other@example.com/x", "get", `<getCertificate xmlns='${xmlns}' ${said}</getCertificate>`), certificate);
		}
		expect(bench.outcome(HOLDER, "get", `<getCertificate xmlns='${xmlns}' token='${REGISTRY}:secret2'/>`)).toBe("item-not-found");
	});

	test("a rule lets in whoever shows the token of a user and proves it; R-324-19 challenged by way of the thing", () => {
		const bench = owned();
		const [device, , user] = ATTRIBUTES[name];
		const token = get(bench, HOLDER, alice, name);
		// Its holder has just proved it. The owner is told, and decides.
		const asked = read(bench, `${user}='${token}'`, STRANGER, name);
		expect(isAllowed(asked)).toBe(false);
		const [question] = asked.filter((stanza) => stanza.is("message"));
		expect(question!.getChildText("body")).toMatch(
			/^stranger@example\.com, who has proved user token registry\.example\.org:secret1, wants to read /
		);
		for (const each of both) {
			expect(question!.getChild("canRead", OWNERS[each])!.attrs).toMatchObject({ [ATTRIBUTES[each][2]!]: token, key: "secret2" });
		}
		expect(rule(bench, "secret2", `<fromUser token='${token}'/>`, true, name)).toBe("");
		expect(isAllowed(read(bench, `${user}='${token}'`, STRANGER, name))).toBe(true);
		expect(isAllowed(read(bench, "", STRANGER, name))).toBe(false);
		// The device's is another rule.
		expect(isAllowed(read(bench, `${device}='${token}'`, STRANGER, name))).toBe(false);

		// From elsewhere it has to be proved again.
		const other = "other@example.net";
		const [challenge, ...more] = read(bench, `${user}='x:y ${token}'`, other, name);
		expect(more).toEqual([]);
		expect(challenge!.attrs).toMatchObject({ to: THING, from: REGISTRY, type: "get" });
		expect(challenge!.getChild("tokenChallenge", xmlns)!.attrs.token).toBe(token);
		expect(isAllowed(respond(bench, challenge!, alice, name))).toBe(true);
		expect(isAllowed(read(bench, `${user}='${token}'`, other, name))).toBe(true);
	});
});

test("who has not the key gets no token, nor who answers for another, late, or twice", () => {
	const bench = new Bench();
	const begin = (from = HOLDER, identity = alice) =>
		payloadOf(bench.ask(from, "get", `<getToken xmlns='${TOKENS.xep}'>${identity.der}</getToken>`));
	const finish = (seqnr: string, answer: string, from = HOLDER) =>
		bench.outcome(from, "get", `<getTokenChallengeResponse xmlns='${TOKENS.xep}' seqnr='${seqnr}'>${answer}</getTokenChallengeResponse>`);
	const first = begin();
	expect(finish("1", "")).toBe("bad-request");
	// One try each.
	expect(finish("1", alice.open(first.getText()))).toBe("item-not-found");
	const second = alice.open(begin().getText());
	expect(finish("2", second, "thief@example.com/x")).toBe("item-not-found");
	expect(finish("7", second)).toBe("item-not-found");
	bench.pass(119);
	expect(finish("2", second)).toBe("");
	const third = alice.open(begin().getText());
	bench.pass(120);
	expect(finish("3", third)).toBe("item-not-found");
});

test("what is no certificate, or one that cannot be challenged or does not hold, is refused", () => {
	const elliptic = new Identity("elliptic", ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]);
	const weak = new Identity("weak", ["rsa:1024"]);
	for (const said of ["", "x", "AAAA", "<a/>", elliptic.der, weak.der, alice.der.slice(4), "A".repeat(8193)]) {
		expect(new Bench().outcome(HOLDER, "get", `<getToken xmlns='${TOKENS.xep}'>${said}</getToken>`)).toBe("bad-request");
	}
	const bench = new Bench();
	bench.pass(101 * 366 * 24 * 3600);
	expect(bench.outcome(HOLDER, "get", `<getToken xmlns='${TOKENS.xep}'>${alice.der}</getToken>`)).toBe("bad-request");
	bench.pass(-202 * 366 * 24 * 3600);
	expect(bench.outcome(HOLDER, "get", `<getToken xmlns='${TOKENS.xep}'>${alice.der}</getToken>`)).toBe("bad-request");
});

test("one certificate has one token, whoever has the key", () => {
	const bench = new Bench();
	const token = get(bench);
	expect(get(bench)).toBe(token);
	expect(get(bench, "colleague@example.com/x")).toBe(token);
	expect(get(bench, HOLDER, mallory)).not.toBe(token);
});

test("a token that is not proved counts as none: another's answer, an error, silence, and one that nobody here gave", () => {
	const bench = owned();
	const token = get(bench);
	read(bench, `userToken='${token}'`);
	expect(rule(bench, "secret2", `<fromUser token='${token}'/>`)).toBe("");
	const thief = "thief@example.net";
	const shown = (): Element => read(bench, `userToken='${token}'`, thief)[0]!;
	expect(isAllowed(bench.answer(shown(), "result", `<tokenChallengeResponse xmlns='${TOKENS.xep}'>AAAA</tokenChallengeResponse>`))).toBe(
		false
	);
	// Who says nothing to it gets no decision, which a thing would keep.
	const undecided = (stanzas: readonly Element[]): boolean => {
		const answer = stanzas.find((stanza) => stanza.attrs.to === THING && stanza.attrs.id === "q1");
		return answer!.toString().includes('<error type="wait"><resource-constraint');
	};
	expect(undecided(bench.answer(shown(), "result"))).toBe(true);
	expect(
		undecided(bench.answer(shown(), "error", `<error type='cancel'><forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>`))
	).toBe(true);
	const challenge = shown();
	// Before the thing gives up by itself, which it does after half a minute.
	bench.pass(15);
	expect(undecided(bench.take())).toBe(true);
	expect(respond(bench, challenge)).toEqual([]);
	expect(read(bench, "userToken='registry.example.org:secret99 other:1'", thief).filter((stanza) => stanza.attrs.type === "get")).toEqual(
		[]
	);
	// His question says nothing of it.
	expect(bench.say(OWNER, "questions").join()).not.toContain("who has proved");
});

test("R-324-29 of what is nobody's, no token is challenged", () => {
	const bench = new Bench();
	const token = get(bench, HOLDER);
	const [answer, ...more] = read(bench, `userToken='${token}'`, "other@example.net");
	expect(more).toEqual([]);
	expect(answer!.toString()).toContain('result="false"');
});

test("a rule by token is for one that was shown and proved with the question, by its kind, and not for friends", () => {
	const bench = owned();
	const token = get(bench);
	const other = get(bench, HOLDER, mallory);
	read(bench, `userToken='${token}'`);
	for (const by of [`<fromUser token='${other}'/>`, `<fromService token='${token}'/>`, "<fromUser/>", "<fromUser token=''/>"]) {
		expect(rule(bench, "secret3", by)).toBe("bad-request");
	}
	for (const by of [`<fromUser token='${token}'/><fromDomain/>`, "<fromEverywhere/>"])
		expect(rule(bench, "secret3", by)).toBe("bad-request");
	bench.ask(THING, "get", `<isFriend xmlns='${PROVISIONING.xep}' jid='${STRANGER}'/>`);
	expect(rule(bench, "secret4", `<fromUser token='${token}'/>`, true, "xep", "isFriend")).toBe("bad-request");
	expect(rule(bench, "secret3", `<fromUser token='${token}'/>`)).toBe("");
});

test("in words: for user is whoever has the user's token; the rule is listed, taken back at once, and a closer one goes first", () => {
	const bench = owned();
	const token = get(bench);
	const say = (words: string): { answer: string; told: number } => {
		const sent = bench.receive(`<message from='${OWNER}' to='${REGISTRY}' type='chat'><body>${words}</body></message>`);
		const clears = sent.filter((stanza) => stanza.getChild("clearCache") !== undefined);
		for (const clear of clears) bench.answer(clear);
		return { answer: sent.at(-1)!.getChildText("body")!, told: clears.length };
	};
	const mayRead = (tokens = `userToken='${token}'`) => isAllowed(read(bench, tokens));
	expect(mayRead()).toBe(false);
	expect(say("allow 1 for service").answer).toBe("Who asks has proved no service token.");
	expect(say("allow 1 for user")).toEqual({
		answer: "Question 1 is allowed for whoever has user token registry.example.org:secret1.",
		told: 1
	});
	expect(mayRead()).toBe(true);
	expect(say("rules").answer).toMatch(/^2: whoever has user token registry\.example\.org:secret1 may read all fields of Cellar until /);
	// His own no counts before it.
	expect(mayRead("")).toBe(false);
	say("deny 3");
	expect(mayRead()).toBe(false);
	say("forget 4");
	expect(mayRead()).toBe(true);
	expect(say("forget 2").told).toBe(1);
	expect(mayRead()).toBe(false);
});

test("a rule by token ends with the certificate, and the thing is told", () => {
	const bench = owned();
	const token = get(bench);
	read(bench, `userToken='${token}'`);
	expect(rule(bench, "secret2", `<fromUser token='${token}'/>`)).toBe("");
	const until = bench.store.decisions.rulesOf("owner@example.org")[0]!.until!;
	expect(until).toBe(Date.parse(new X509Certificate(Buffer.from(alice.der, "base64")).validTo));
	bench.pass((until - bench.now) / 1000);
	expect(isAllowed(read(bench, `userToken='${token}'`))).toBe(false);
});

test("what was proved by way of one thing counts for no other: a thing could hand the challenge to whom it likes", () => {
	const bench = owned();
	const token = get(bench);
	read(bench, `userToken='${token}'`);
	expect(rule(bench, "secret2", `<fromUser token='${token}'/>`)).toBe("");
	const evil = "evil@example.net/x";
	bench.ask(evil, "set", "<register xmlns='urn:xmpp:iot:discovery'><str name='NAME' value='Trap'/></register>");
	bench.ask("mallory@example.net/x", "set", "<mine xmlns='urn:xmpp:iot:discovery'><str name='NAME' value='Trap'/></mine>");
	// It says that Mallory has shown what Alice did, and lets Alice answer.
	const asked = `<canRead xmlns='${PROVISIONING.xep}' jid='mallory@example.net' userToken='${token}' momentary='true'/>`;
	const [challenge] = bench.ask(evil, "get", asked);
	expect(challenge!.attrs.to).toBe(evil);
	respond(bench, challenge!);
	const [again, ...more] = read(bench, `userToken='${token}'`, "mallory@example.net");
	expect([again!.attrs.to, again!.attrs.type, more.length]).toEqual([THING, "get", 0]);
	// Alice has proved it to the box itself, which counts for all.
	expect(isAllowed(read(bench, `userToken='${token}'`))).toBe(true);
});

test("of a question that shows tokens without end the first are looked at", () => {
	const bench = owned();
	const token = get(bench);
	const first = read(bench, `userToken='${"x ".repeat(15)}${token}'`, "other@example.net");
	expect(first.map(({ attrs }) => attrs.type)).toEqual(["get"]);
	const late = read(bench, `userToken='${"x ".repeat(10_000)}${token}'`, "else@example.net");
	expect(isAllowed(late)).toBe(false);
	// Of those that were given here, four are challenged; what the others would allow nobody knows.
	for (let at = 0; at < 6; at++) bench.store.tokens.put({ token: `r:${at}`, jid: STRANGER, der: alice.der, since: 0, until: 4e12 });
	const challenges = read(bench, "userToken='r:0 r:1 r:2 r:3 r:4 r:5'", "more@example.net");
	expect(challenges.map((stanza) => stanza.getChild("tokenChallenge")?.attrs.token)).toEqual(["r:0", "r:1", "r:2", "r:3"]);
	const answers = challenges.flatMap((challenge) => respond(bench, challenge));
	expect(answers.find(({ attrs }) => attrs.to === THING)!.toString()).toContain("<resource-constraint");
});

test("an account has so many tokens and no more", () => {
	const bench = new Bench();
	for (let i = 0; i < 20; i++) bench.store.tokens.put({ token: `t${i}`, jid: STRANGER, der: `${i}`, since: 0, until: 4e12 });
	const asked = payloadOf(bench.ask(HOLDER, "get", `<getToken xmlns='${TOKENS.xep}'>${alice.der}</getToken>`));
	const said = `<getTokenChallengeResponse xmlns='${TOKENS.xep}' seqnr='1'>${alice.open(asked.getText())}</getTokenChallengeResponse>`;
	expect(bench.outcome(HOLDER, "get", said)).toBe("resource-constraint");
});
