// The API-key office: who may make accounts (XEP-0348), decided for the broker that asks. Pure logic over a store.
//
// The broker's module asks from the bare domain, in "urn:extasis:keys:0":
//   get <registration/>
//     answered with <registration signed='true'> around the form to offer, or <registration signed='false'/> for the broker's own;
//   set <registration user='NAME' taken='true|false' [to='…']>[<x xmlns='jabber:x:data' type='submit'/>]</registration>
//     the form as it was submitted, without one when plain fields were; `to` as its iq had it, `user` as the broker will have it;
//     answered empty when the account may be made, and else with the error that the thing is to get.
//   set <removal user='NAME'/>
//     the account is gone: its place in the quota is free again, its thing and nodes are forgotten; answered empty.
// The operator adds, lists and revokes keys: set <add name accounts/>, get <keys/>, set <revoke name/>.

import { type Element, xml } from "@xmpp/xml";
import { bare } from "./jid.js";
import type { APIKey, KeyStore } from "./key-store.js";
import { shown } from "./names.js";
import type { Outcome, RegistryEvent } from "./registry.js";
import { parseBoolean } from "./search.js";
import { isSame, parseSignedForm, type SignedForm, signatureOf, writeRegistrationForm } from "./signature.js";
import type { Store } from "./store.js";
import { BadRequest } from "./tags.js";

export const NS_KEYS = "urn:extasis:keys:0";

/** A signature is good for so long around its time (R-348-9: things sign within a minute of it). */
const WINDOW = 300_000;
/** Answered forms that are remembered: only a holder of a key can add one. */
const NONCES = 10_000;
const KEYS = 1000;
const MOST = 1_000_000;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export interface KeyOfficeOptions {
	/** The broker's: from it the module asks. */
	readonly domain: string;
	/** Bare JID of who adds and revokes keys. */
	readonly operator: string;
	/** No account without a key, even while there is none. */
	readonly signedOnly: boolean;
	/** A key for the box's own accounts: kept nowhere, counted nowhere. */
	readonly own: Pick<APIKey, "key" | "secret">;
	/** HMAC-SHA-1 in base64, of the UTF-8 of both texts. */
	hmac(key: string, text: string): string;
	/** Nobody can guess it: 128 bits at least. */
	secret(): string;
}

interface Surroundings {
	readonly store: Store;
	now(): number;
	event(event: RegistryEvent): void;
	/** Whoever gets this bare JID next is somebody else. */
	gone(jid: string): void;
}

export class KeyOffice {
	readonly #options: KeyOfficeOptions;
	readonly #around: Surroundings;
	readonly #keys: KeyStore;

	constructor(options: KeyOfficeOptions, around: Surroundings) {
		this.#options = options;
		this.#around = around;
		this.#keys = around.store.keys;
	}

	/** False when this is nothing of ours; else it is answered at once. */
	handle(type: "get" | "set", from: string, payload: Element, answer: (outcome: Outcome) => void): boolean {
		if (payload.getNS() !== NS_KEYS) return false;
		let outcome: Outcome;
		try {
			outcome = this.#outcome(`${type} ${payload.getName()}`, from, payload);
		} catch (error) {
			if (!(error instanceof BadRequest)) throw error;
			outcome = { condition: "bad-request", text: error.message };
		}
		answer(outcome);
		return true;
	}

	#outcome(what: string, from: string, payload: Element): Outcome {
		if (what === "get registration" || what === "set registration" || what === "set removal") {
			// The bare domain can be said by the broker alone: it stamps what its users send.
			if (from !== this.#options.domain) return { condition: "forbidden" };
			return what === "get registration" ? this.#form() : what === "set removal" ? this.#removed(payload) : this.#submitted(payload);
		}
		if (bare(from) !== this.#options.operator) return { condition: "forbidden" };
		const { name = "", accounts = "" } = payload.attrs;
		switch (what) {
			case "get keys":
				return {
					payload: xml(
						"keys",
						{ xmlns: NS_KEYS },
						this.#keys.keys().map((key) => this.#describe(key))
					)
				};
			case "set add": {
				if (!/^\d{1,9}$/.test(accounts)) throw new BadRequest("A key is for a number of accounts.");
				const key = this.add(name, Number(accounts));
				return { payload: xml("added", { xmlns: NS_KEYS, name, key: key.key, secret: key.secret, accounts: `${key.accounts}` }) };
			}
			case "set revoke":
				return this.revoke(name) ? {} : { condition: "item-not-found" };
			default:
				return { condition: "service-unavailable" };
		}
	}

	/** Makes a key. Throws BadRequest. */
	add(name: string, accounts: number): APIKey {
		if (!NAME.test(name)) throw new BadRequest("A key's name is letters, digits, dots and hyphens, 64 at most.");
		if (!(accounts >= 1 && accounts <= MOST)) throw new BadRequest(`A key is for 1 to ${MOST} accounts.`);
		if (this.#valid(name) !== undefined) throw new BadRequest("There is a key of this name: revoke it first, or take another name.");
		const keys = this.#keys.keys();
		const [oldest] = keys.filter(({ revokedAt }) => revokedAt !== undefined);
		if (keys.length >= KEYS && oldest === undefined) throw new BadRequest(`There are ${KEYS} keys: revoke one first.`);
		const key = { name, key: this.#options.secret(), secret: this.#options.secret(), accounts, at: this.#around.now() };
		this.#around.store.transaction(() => {
			// One that nobody knows any more makes no accounts either.
			if (keys.length >= KEYS && oldest !== undefined) this.#keys.deleteKey(oldest.key);
			this.#keys.putKey(key);
		});
		this.#around.event({ event: "key-added", thing: key.key, by: name, detail: JSON.stringify({ accounts }) });
		return key;
	}

	/** The valid key of this name, made when there is none. Throws BadRequest. */
	find(name: string, accounts: number): APIKey {
		return this.#valid(name) ?? this.add(name, accounts);
	}

	/** False when there is no such key, or it was revoked before. Accounts that were made with it stay. */
	revoke(name: string): boolean {
		const key = this.#valid(name);
		if (key === undefined) return false;
		this.#keys.putKey({ ...key, revokedAt: this.#around.now() });
		this.#around.event({ event: "key-revoked", thing: key.key, by: name });
		return true;
	}

	/** Also where all keys were revoked: that must not open the door. */
	get isSigned(): boolean {
		return this.#options.signedOnly || this.#keys.keys().length > 0;
	}

	#valid(name: string): APIKey | undefined {
		return this.#keys.keys().find((key) => key.name === name && key.revokedAt === undefined);
	}

	#describe({ name, key, accounts, at, revokedAt }: APIKey): Element {
		const time = (at: number | undefined) => at && new Date(at).toISOString();
		const made = `${this.#keys.made(key)}`;
		return xml("key", { name, key, accounts: `${accounts}`, made, at: time(at) || undefined, revoked: time(revokedAt) || undefined });
	}

	#form(): Outcome {
		const attributes = { xmlns: NS_KEYS, signed: `${this.isSigned}` };
		return { payload: xml("registration", attributes, this.isSigned ? writeRegistrationForm() : undefined) };
	}

	#submitted(payload: Element): Outcome {
		const { user = "", to = "" } = payload.attrs;
		if (user === "") throw new BadRequest("Who wants an account has a name.");
		const taken = parseBoolean(payload.attrs.taken, false);
		const x = payload.getChild("x", "jabber:x:data");
		const form = x && parseSignedForm(x);
		if (form === undefined) {
			return this.isSigned ? { condition: "not-acceptable", text: "Accounts are made by signed forms here (XEP-0348)." } : {};
		}
		return this.#judge(form, to, user, taken);
	}

	#removed(payload: Element): Outcome {
		const { user = "" } = payload.attrs;
		const { domain } = this.#options;
		if (this.#keys.deleteMade(user)) this.#around.event({ event: "account-gone", thing: `${shown(user)}@${domain}` });
		this.#around.gone(`${user}@${domain}`);
		return {};
	}

	/** In this order, so that only who has the secret learns anything. */
	#judge(form: SignedForm, to: string, user: string, taken: boolean): Outcome {
		const { own } = this.#options;
		const stored = this.#keys.keys().find(({ key }) => key === form.key);
		const isOwn = isSame(form.key, own.key);
		const secret = isOwn ? own.secret : stored?.secret;
		// Without such a key the work is done all the same: the time that it takes tells nothing.
		const isSigned = this.#isSignedBy(secret ?? own.secret, form, to);
		if (secret === undefined || !isSigned) throw new BadRequest("The form is not signed by a key that is known here.");
		const now = this.#around.now();
		const refuse = (condition: "bad-request" | "forbidden" | "not-allowed" | "resource-constraint", text: string): Outcome => {
			this.#around.event({ event: "account-refused", thing: shown(user), by: stored?.name ?? "box", detail: text });
			return { condition, text };
		};
		if (stored?.revokedAt !== undefined) return refuse("forbidden", "This API key was revoked.");
		if (Math.abs(now - form.at) > WINDOW) return refuse("bad-request", "The form was signed at another time than now.");
		const remembered = this.#keys.nonces(now);
		if (this.#keys.hasNonce(form.key, form.nonce)) return refuse("bad-request", "This form was answered before.");
		if (remembered >= NONCES) return refuse("resource-constraint", "Too many accounts are made at once.");
		// Who has it already costs nothing: the broker will say that the name is taken, or a lost answer is asked for again.
		const counts = stored !== undefined && !taken && !this.#keys.hasMade(form.key, user);
		if (counts && this.#keys.made(form.key) >= stored.accounts) return refuse("not-allowed", "This API key has made all its accounts.");
		this.#around.store.transaction(() => {
			// Until no copy of it can be in the window any more.
			this.#keys.addNonce(form.key, form.nonce, form.at + WINDOW);
			if (counts) this.#keys.addMade(form.key, user, now);
		});
		if (counts) this.#around.event({ event: "account", thing: `${shown(user)}@${this.#options.domain}`, by: stored.name });
		return {};
	}

	/** Its address is that of the submit; gateways of the specification's author leave it out always. */
	#isSignedBy(secret: string, form: SignedForm, to: string): boolean {
		const { hmac } = this.#options;
		const [sent, none] = [to, ""].map((address) => isSame(form.signature, signatureOf(secret, form.baseFor(address), hmac)));
		return sent === true || none === true;
	}
}
