// Signed forms (XEP-0348) as the one who checks them sees them: the form that is offered, and whether a submitted one is signed by whom it says.

import { type Element, xml } from "@xmpp/xml";
import { BadRequest } from "./tags.js";

export const SIGNATURE = "urn:xmpp:xdata:signature:oauth1";
const NS_FORMS = "jabber:x:data";
/** The only method: PLAINTEXT would send the secret, and for RSA there are no keys. */
const METHOD = "HMAC-SHA1";

const FIELDS = 32;
/** Characters of one value: RFC 7622 gives a name 1,023 bytes, RFC 5802 a password no end. */
const VALUE = 1023;

/** What a thing fills in and signs. */
export const writeRegistrationForm = (): Element => {
	const hidden = (name: string, value = "") => xml("field", { type: "hidden", var: name }, xml("value", {}, value));
	const text = (type: string, name: string, label: string) => xml("field", { type, var: name, label }, xml("required"));
	return xml("x", { xmlns: NS_FORMS, type: "form" }, [
		hidden("FORM_TYPE", SIGNATURE),
		hidden("oauth_version", "1.0"),
		hidden("oauth_signature_method", METHOD),
		...["token", "token_secret", "nonce", "timestamp", "consumer_key", "signature"].map((name) => hidden(`oauth_${name}`)),
		text("text-single", "username", "User name"),
		text("text-private", "password", "Password")
	]);
};

export interface SignedForm {
	readonly key: string;
	readonly nonce: string;
	/** Milliseconds since 1970. */
	readonly at: number;
	readonly signature: string;
	/** The text that was signed when the form was sent to `to`, "" for an address left out. */
	baseFor(to: string): string;
}

/** undefined when the form carries no signature at all. Throws BadRequest. */
export const parseSignedForm = (x: Element): SignedForm | undefined => {
	const values = valuesOf(x);
	if (!values.get("oauth_signature")) return undefined;
	const given = (name: string): string => values.get(name) ?? "";
	const timestamp = given("oauth_timestamp");
	const [key, nonce] = [given("oauth_consumer_key"), given("oauth_nonce")];
	if (x.attrs.type !== "submit" || given("FORM_TYPE") !== SIGNATURE) throw new BadRequest("This is no signed form of ours.");
	if (given("oauth_version") !== "1.0" || given("oauth_signature_method") !== METHOD) {
		throw new BadRequest(`A form is signed by ${METHOD}, as OAuth 1.0.`);
	}
	// No token was given: whatever stands there is not of us.
	if (given("oauth_token") !== "" || given("oauth_token_secret") !== "") throw new BadRequest("There are no tokens here.");
	if (key === "" || nonce === "" || nonce.length > 128 || !/^\d{1,12}$/.test(timestamp)) {
		throw new BadRequest("A signed form has a key, a nonce and a time.");
	}
	const pairs = [...values]
		.filter(([name]) => name !== "oauth_signature" && name !== "oauth_token_secret")
		.sort(([a], [b]) => (a < b ? -1 : 1))
		.map(([name, value]) => `${escaped(name)}=${escaped(value)}`);
	return {
		...{ key, nonce, at: Number(timestamp) * 1000, signature: given("oauth_signature") },
		baseFor: (to) => ["submit", to, pairs.join("&")].map(escaped).join("&")
	};
};

/** Each name once, and with one value: two could be read as two forms, one signed and one obeyed. */
const valuesOf = (x: Element): ReadonlyMap<string, string> => {
	const values = new Map<string, string>();
	for (const field of x.getChildElements()) {
		if (!field.is("field", NS_FORMS)) continue;
		const name = field.attrs.var ?? "";
		const [value, ...more] = field.getChildElements();
		const text = value === undefined ? "" : textOf(value);
		if (name === "" || more.length > 0 || values.has(name)) throw new BadRequest("Each field of a signed form has one name and one value.");
		if (text.length > VALUE || name.length > VALUE || values.size === FIELDS) throw new BadRequest("This form is too large.");
		values.set(name, text);
	}
	return values;
};

const textOf = (element: Element): string => element.children.filter((child) => typeof child === "string").join("");

/** XEP-0348 section 3: of the UTF-8 of NFC, all but the unreserved, in capitals. Throws BadRequest. */
const escaped = (text: string): string => {
	try {
		return encodeURIComponent(text.normalize("NFC")).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
	} catch {
		throw new BadRequest("This form holds half a character.");
	}
};

/** The value of oauth_signature; `hmac` is SHA-1's in base64, of the UTF-8 of both texts. */
export const signatureOf = (secret: string, base: string, hmac: (key: string, text: string) => string): string =>
	escaped(hmac(`${escaped(secret)}&`, base));

/** Takes as long whatever differs. */
export const isSame = (a: string, b: string): boolean => {
	let difference = a.length ^ b.length;
	for (let at = 0; at < b.length; at++) difference |= a.charCodeAt(at % (a.length || 1)) ^ b.charCodeAt(at);
	return difference === 0;
};
