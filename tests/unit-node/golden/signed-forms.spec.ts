// Signed forms by golden stanzas: the form got and the form submitted, as thing and box read, sign and check them.
import { createHmac } from "node:crypto";
import { isSame, parseSignedForm, signatureOf, writeRegistrationForm } from "../../../hosts/broker/signature.js";
import { type Form, missingField, parseForm, writeSubmit } from "../../../src/xmpp/forms.js";
import { parseRegistration, whyNot, writeRegistration } from "../../../src/xmpp/registration.js";
import { canSign, type Signing, signForm, signingProfiles, wantsSignature } from "../../../src/xmpp/signed-form.js";
import { TestCrypto } from "../../support/crypto.js";
import { asHeard, canonical, type Golden, goldens, parse, written } from "./golden.js";

interface Means {
	/** Which form it is, or answers. */
	readonly form: string;
	/** What is to be filled in. */
	readonly fields: readonly string[];
	readonly to: string;
	readonly key: string;
	readonly secret: string;
	readonly nonce: string;
	readonly at: number;
	readonly values: Readonly<Record<string, string>>;
}

const all = goldens<Means>("signed-forms");
const named = (wanted: (golden: Golden<Means>) => boolean) => all.filter(wanted).map((golden) => [golden.title, golden] as const);
const formOf = (name: string): Golden<Means> => all.find((golden) => golden.name === "form" && golden.means.form === name)!;
const formGot = (name: string): Form => parseForm(asHeard(formOf(name).payload))!;

const signing = ({ at, key, nonce, secret, to }: Means): Signing => ({
	...{ apiKey: { key, secret }, crypto: new TestCrypto(), now: at * 1000 + 999, nonce, to, order: "ordinal" }
});
const hmac = (key: string, text: string): string => createHmac("sha1", key).update(text).digest("base64");
/** Whether the box finds it signed by who has this secret. */
const isSigned = ({ payload, means }: Golden<Means>, secret: string, change = (text: string) => text): boolean => {
	const form = parseSignedForm(parse(change(`${payload}`)))!;
	return isSame(form.signature, signatureOf(secret, form.baseFor(means.to), hmac));
};

test("the form of the box is written just so", () => {
	expect(canonical(writeRegistrationForm())).toBe(canonical(formOf("box").payload));
});

test.each(named(({ name }) => name === "form"))("%s: it wants a signature, and these fields", (_title, { means, payload }) => {
	const form = parseForm(asHeard(payload))!;
	expect([wantsSignature(form), canSign(form), form.purpose]).toEqual([true, true, "urn:xmpp:xdata:signature:oauth1"]);
	expect(form.fields.filter(({ required }) => required).map((field) => field.name)).toEqual(means.fields);
	expect(missingField(form, new Map())).toBe(means.fields[0]);
	expect(missingField(form, new Map(means.fields.map((field) => [field, "x"])))).toBeUndefined();
	const registration = parseRegistration(asHeard(parse(`<query xmlns='jabber:iq:register'>${payload}</query>`)))!;
	expect(whyNot(registration, false)).toContain("API key");
	// A thing has a name and a password, and no mail.
	expect(whyNot(registration, true) === undefined).toBe(means.fields[0] === "username");
});

const submitted = named(({ name }) => name === "submitted");

test.each(submitted)("%s: the thing signs just so", (_title, { means, payload }) => {
	const form = formGot(means.form);
	const values = signForm(form, new Map(Object.entries(means.values)), signing(means));
	expect(written((writer) => writeSubmit(writer, form, values))).toBe(canonical(payload));
});

test.each(named(({ name, means }) => name === "submitted" && means.values.username !== undefined))(
	"R-348-2 %s: so does the registration, which tries this address",
	(_title, { means, payload }) => {
		const registration = parseRegistration(asHeard(parse(`<query xmlns='jabber:iq:register'>${formOf(means.form).payload}</query>`)))!;
		const { username, password } = means.values as { username: string; password: string };
		const account = { username, password } as Parameters<typeof writeRegistration>[2];
		const query = written((writer) => writeRegistration(writer, registration, account, signing(means)));
		expect(query).toBe(canonical(parse(`<query xmlns='jabber:iq:register'>${payload}</query>`)));
		const profiles = signingProfiles(registration.form!, undefined, "example.org");
		expect(profiles).toContainEqual({ to: means.to, order: "ordinal" });
	}
);

test.each(named(({ name, attrs }) => name === "submitted" && attrs.token === undefined))(
	"%s: the box finds it signed, and signed by nobody else, and with nothing changed",
	(_title, golden) => {
		const { means, payload } = golden;
		const form = parseSignedForm(payload)!;
		expect({ key: form.key, nonce: form.nonce, at: form.at }).toEqual({ key: means.key, nonce: means.nonce, at: means.at * 1000 });
		expect(isSigned(golden, means.secret)).toBe(true);
		expect(isSigned(golden, `${means.secret}x`)).toBe(false);
		for (const value of Object.values(means.values))
			expect(isSigned(golden, means.secret, (text) => text.replace(value, "other"))).toBe(false);
		expect(isSigned(golden, means.secret, (text) => text.replace(`${means.at}`, `${means.at + 1}`))).toBe(false);
	}
);

test.each(named(({ attrs }) => attrs.token !== undefined))("%s: the box gives no tokens and takes none", (_title, { payload }) => {
	expect(() => parseSignedForm(payload)).toThrow("no tokens");
});
