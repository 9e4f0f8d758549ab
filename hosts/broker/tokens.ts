// Tokens (XEP-0324): short names of certificates. One is given to who proves that he has the key, and whoever shows one proves it again.
// Pure logic over a store.

import { type Element, xml } from "@xmpp/xml";
import type { ShownToken } from "./decision-store.js";
import { bare } from "./jid.js";
import type { Outcome, Reaction } from "./registry.js";
import { BadRequest } from "./tags.js";
import type { Certificate, TokenStore } from "./token-store.js";

/** Namespaces of tokens, by those in which things ask. */
const NAMESPACES: Readonly<Record<string, string>> = {
	"urn:xmpp:iot:provisioning": "urn:xmpp:iot:provisioning",
	"urn:ieee:iot:prov:d:1.0": "urn:ieee:iot:prov:t:1.0"
};
export const tokenNamespaces: readonly string[] = Object.values(NAMESPACES);

/** Milliseconds to answer who wants a token, at least a minute, and who shows one: the thing that asks on his behalf waits for half a minute. */
const TO_GET = 120_000;
const TO_SHOW = 15_000;
/** Challenges that wait, of everybody together; certificates of one account, and of all. */
const WAITING = 1000;
const OWN = 20;
const ALL = 10_000;
/** Challenges of one question. */
const CHALLENGES = 4;
/** Proofs that are remembered. */
const PROOFS = 10_000;

export interface X509 {
	/** In base64 of its DER; undefined when it is no certificate with a key that can be challenged. */
	parse(text: string): Certificate | undefined;
	/** Random, readable for who has the certificate's key alone; and what he then says. Both in base64. */
	challenge(der: string): { readonly question: string; readonly answer: string };
}

export interface TokenOfficeOptions {
	readonly jid: string;
	readonly store: { readonly tokens: TokenStore };
	readonly x509: X509;
	now(): number;
	secret(): string;
	later(milliseconds: number, callback: () => void): () => void;
	ask(to: string, payload: Element, onReaction: (reaction: Reaction, answer?: Element) => void, type: "get"): void;
}

interface Waiting {
	readonly from: string;
	readonly certificate: Certificate;
	readonly answer: string;
	readonly until: number;
}

export class TokenOffice {
	readonly #options: TokenOfficeOptions;
	readonly #tokens: TokenStore;
	/** Who wants a token and has not proved yet that the key is his, by the number he was given. */
	readonly #waiting = new Map<string, Waiting>();
	/** Which token was proved by which account: here, or by way of which thing, for a thing could hand the challenge to whom it likes. */
	readonly #proofs = new Set<string>();
	#count = 0;

	constructor(options: TokenOfficeOptions) {
		this.#options = options;
		this.#tokens = options.store.tokens;
	}

	/** False when this is nothing about tokens; else it is answered at once. */
	handle(type: "get" | "set", from: string, payload: Element, answer: (outcome: Outcome) => void): boolean {
		const namespace = payload.getNS() ?? "";
		if (!tokenNamespaces.includes(namespace)) return false;
		let outcome: Outcome | undefined;
		try {
			outcome = this.#outcome(`${type} ${payload.getName()}`, from, payload, namespace);
		} catch (error) {
			if (!(error instanceof BadRequest)) throw error;
			outcome = { condition: "bad-request", text: error.message };
		}
		if (outcome === undefined) return false;
		answer(outcome);
		return true;
	}

	/** When the certificate ends that the token stands for; undefined when it is none of ours that holds. */
	endOf(token: string): number | undefined {
		const end = this.#tokens.token(token)?.until;
		return end !== undefined && end > this.#options.now() ? end : undefined;
	}

	/** Once, perhaps later: those that `who` has proved to be his, asked by way of the thing, which he has shown them to; and whether he said something to each. */
	verify(
		thing: string,
		who: string,
		namespace: string,
		shown: readonly ShownToken[],
		onVerified: (proved: readonly ShownToken[], complete: boolean) => void
	): void {
		const known = shown.filter(({ token }) => this.endOf(token) !== undefined);
		const way = bare(thing);
		const isProved = (token: string) => this.#proofs.has(proofOf(token, who)) || this.#proofs.has(proofOf(token, who, way));
		const open = new Set(known.map(({ token }) => token).filter((token) => !isProved(token)));
		const asked = [...open].slice(0, CHALLENGES);
		let left = asked.length;
		let silent = open.size;
		const finish = () => {
			cancel?.();
			left = 0;
			onVerified(
				known.filter(({ token }) => isProved(token)),
				silent === 0
			);
		};
		const cancel = left > 0 ? this.#options.later(TO_SHOW, finish) : undefined;
		if (left === 0) finish();
		for (const token of asked) {
			const { question, answer } = this.#options.x509.challenge(this.#tokens.token(token)!.der);
			const xmlns = NAMESPACES[namespace]!;
			const onReaction = (_: Reaction, payload?: Element) => {
				if (left === 0) return;
				if (payload?.is("tokenChallengeResponse", xmlns)) {
					silent--;
					if (payload.getText().trim() === answer) this.#remember(proofOf(token, who, way));
				}
				if (left === 1) finish();
				else left--;
			};
			this.#options.ask(thing, xml("tokenChallenge", { xmlns, token }, question), onReaction, "get");
		}
	}

	#outcome(what: string, from: string, payload: Element, xmlns: string): Outcome | undefined {
		const said = payload.getText().replace(/\s/g, "");
		switch (what) {
			case "get getToken":
				return { payload: this.#begin(from, said, xmlns) };
			case "get getTokenChallengeResponse":
				return this.#finish(from, payload.attrs.seqnr ?? "", said, xmlns);
			case "get getCertificate": {
				// A schema has it in an attribute, programs in the text.
				const found = this.#tokens.token(payload.attrs.token ?? said);
				return found === undefined ? { condition: "item-not-found" } : { payload: xml("certificate", { xmlns }, found.der) };
			}
			default:
				return undefined;
		}
	}

	#begin(from: string, said: string, xmlns: string): Element {
		const certificate = this.#options.x509.parse(said);
		const now = this.#options.now();
		if (certificate === undefined) throw new BadRequest("A certificate is wanted, DER in base64, with an RSA key of 2048 to 4096 bits.");
		if (certificate.since > now || certificate.until <= now) throw new BadRequest("This certificate does not hold now.");
		const { question, answer } = this.#options.x509.challenge(certificate.der);
		const seqnr = `${++this.#count}`;
		this.#waiting.set(seqnr, { from, certificate, answer, until: now + TO_GET });
		if (this.#waiting.size > WAITING) this.#waiting.delete(this.#waiting.keys().next().value!);
		return xml("getTokenChallenge", { xmlns, seqnr }, question);
	}

	#finish(from: string, seqnr: string, said: string, xmlns: string): Outcome {
		const waiting = this.#waiting.get(seqnr);
		const now = this.#options.now();
		if (waiting === undefined || waiting.from !== from || waiting.until <= now) return { condition: "item-not-found" };
		this.#waiting.delete(seqnr);
		if (said !== waiting.answer) throw new BadRequest("Who has the key of this certificate reads something else.");
		const jid = bare(from);
		const { certificate } = waiting;
		let token = this.#tokens.ofCertificate(certificate.der)?.token;
		if (token === undefined) {
			this.#tokens.forget(now);
			if (this.#tokens.count(jid) >= OWN || this.#tokens.count() >= ALL) {
				return { condition: "resource-constraint", text: "There are too many tokens." };
			}
			token = `${this.#options.jid}:${this.#options.secret()}`;
			this.#tokens.put({ ...certificate, token, jid });
		}
		this.#remember(proofOf(token, jid));
		return { payload: xml("getTokenResponse", { xmlns, token }) };
	}

	#remember(proof: string): void {
		this.#proofs.add(proof);
		if (this.#proofs.size > PROOFS) this.#proofs.delete(this.#proofs.values().next().value!);
	}
}

const proofOf = (token: string, who: string, thing = ""): string => `${token} ${who} ${thing}`;
