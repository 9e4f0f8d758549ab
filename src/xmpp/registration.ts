// In-band registration (XEP-0077): what the server asks for a new account, and the request that gives it.
import type { Element } from "../xml/element.js";
import type { Writer } from "../xml/writer.js";
import type { Account } from "./account.js";
import { type Form, missingField, NAMESPACE_FORMS, parseForm, writeSubmit } from "./forms.js";
import { canSign, type Signing, signForm, wantsSignature } from "./signed-form.js";

export const NAMESPACE_REGISTER = "jabber:iq:register";

export interface Registration {
	/** Asked first if it is there (XEP-0077 section 3.1.1: the fields are for those who know no forms). */
	readonly form: Form | undefined;
	/** Names of the plain fields, all required. */
	readonly fields: readonly string[];
}

/** Undefined when `query` is something else. */
export function parseRegistration(query: Element | undefined): Registration | undefined {
	if (query?.name !== "query" || query.namespace !== NAMESPACE_REGISTER) return;
	const x = query.child("x", NAMESPACE_FORMS);
	const fields: string[] = [];
	const children = query.children;
	for (let i = 0; i < children.length; i++) {
		const child = children[i]!;
		if (child.namespace === NAMESPACE_REGISTER && child.name !== "instructions" && child.name !== "registered") fields.push(child.name);
	}
	return { form: x && parseForm(x), fields };
}

/** Why a thing cannot register here, as a sentence for a person; undefined when it can. */
export function whyNot(registration: Registration, hasKey: boolean): string | undefined {
	const { form, fields } = registration;
	if (form && wantsSignature(form)) {
		if (!hasKey) return "the server wants its registration form signed with an API key (XEP-0348)";
		if (!canSign(form)) return "the server wants its registration form signed by another method than HMAC-SHA1";
	}
	const asked = form ? form.fields.map((field) => field.name) : fields;
	if (!asked.includes("username") || !asked.includes("password")) return "the server offers no account by name and password";
	const missing = form ? missingField(form, credentials("", "")) : fields.find((name) => name !== "username" && name !== "password");
	return missing == null ? undefined : `the server asks for "${missing}", which a thing cannot give`;
}

/** Into an iq of type "get". */
export function writeRegistrationGet(iq: Writer): void {
	iq.open("query", NAMESPACE_REGISTER).close();
}

/** Into an iq of type "set": just what was asked (R-077-2), signed where that is asked too (R-348-2). */
export function writeRegistration(iq: Writer, registration: Registration, account: Account, signing: Signing | undefined): void {
	const form = registration.form;
	iq.open("query", NAMESPACE_REGISTER);
	if (form) {
		const values = credentials(account.username, account.password);
		writeSubmit(iq, form, signing ? signForm(form, values, signing) : values);
	} else writeAccount(iq, account);
	iq.close();
}

/** Into a query; in one to the own server, of an account that stands: its password from here on (section 3.3). */
export function writeAccount(query: Writer, { username, password }: Account): void {
	query.open("username").text(username).close().open("password").text(password).close();
}

function credentials(username: string, password: string): ReadonlyMap<string, string> {
	return new Map([
		["username", username],
		["password", password]
	]);
}
