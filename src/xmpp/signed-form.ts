// Signing a form that asks for it (XEP-0348): who has an API key proves it without showing its secret.
import type { Crypto } from "../host.js";
import { encodeBase64 } from "../text/base64.js";
import { encodePercent } from "../text/percent.js";
import { encodeUTF8 } from "../text/utf8.js";
import { type Form, submittedValues } from "./forms.js";

export const SIGNATURE = "urn:xmpp:xdata:signature:oauth1";
/** All that makes a form one to be signed: some servers name it by FORM_TYPE, some by its fields alone. */
const FIELDS: readonly string[] = Object.freeze([
	"oauth_version",
	"oauth_signature_method",
	"oauth_token",
	"oauth_token_secret",
	"oauth_nonce",
	"oauth_timestamp",
	"oauth_consumer_key",
	"oauth_signature"
]);
/** The only method that is used: PLAINTEXT would send the secret. */
const METHOD = "HMAC-SHA1";

/** Of a production batch: treat the secret as one that somebody has read out of a chip. */
export interface APIKey {
	readonly key: string;
	readonly secret: string;
}

/** How the text that is signed is made: servers differ where the specification is silent, or not followed. */
export interface SigningProfile {
	/** Address of the submit; "" where it is left out. */
	readonly to: string;
	/** Fields by their names as they stand, or as if in small letters. */
	readonly order: "ordinal" | "folded";
}

/**
 * In the order in which they are tried, each with a fresh form (R-348-11, 13): `from` is who sent the form, if it said so. Where
 * no name has capitals but FORM_TYPE, which comes first both ways, the order is no question.
 */
export function signingProfiles(form: Form, from: string | undefined, domain: string): readonly SigningProfile[] {
	const addresses = from == null ? ["", domain] : [from, ""];
	const orders: SigningProfile["order"][] = isOrderClear(form) ? ["ordinal"] : ["ordinal", "folded"];
	return orders.flatMap((order) => addresses.map((to) => ({ to, order })));
}

function isOrderClear(form: Form): boolean {
	const names = form.fields.map((field) => field.name).filter((name) => name !== "");
	const folded = (name: string): string => name.toLowerCase();
	const sorted = [...names].sort();
	return sorted.every((name, index) => index === 0 || folded(sorted[index - 1]!) <= folded(name));
}

export interface Signing extends SigningProfile {
	readonly apiKey: APIKey;
	readonly crypto: Pick<Crypto, "hmac">;
	/** ms since 1970. */
	readonly now: number;
	/** Never used twice. */
	readonly nonce: string;
}

export function wantsSignature(form: Form): boolean {
	return form.purpose === SIGNATURE || FIELDS.every((name) => form.fields.some((field) => field.name === name));
}

/** Another method cannot be meant well: the server would learn the secret, or we have no key for it. */
export function canSign(form: Form): boolean {
	const given = form.fields.find((field) => field.name === "oauth_signature_method")?.values[0];
	return given == null || given === "" || given === METHOD;
}

/** The answer to the form: `values` and the signature over all that will be submitted (section 3). */
export function signForm(form: Form, values: ReadonlyMap<string, string>, signing: Signing): ReadonlyMap<string, string> {
	const { apiKey, crypto, nonce, now } = signing;
	const signed = new Map(values);
	signed.set("oauth_consumer_key", apiKey.key);
	signed.set("oauth_timestamp", String(Math.floor(now / 1000)));
	signed.set("oauth_nonce", nonce);
	signed.set("oauth_version", givenOr(form, "oauth_version", "1.0"));
	signed.set("oauth_signature_method", METHOD);
	const key = `${encodePercent(apiKey.secret)}&${encodePercent(givenOr(form, "oauth_token_secret", ""))}`;
	const base = `submit&${encodePercent(signing.to)}&${encodePercent(parameters(form, signed, signing.order))}`;
	const signature = crypto.hmac("SHA-1", encodeUTF8(key), encodeUTF8(base));
	signed.set("oauth_signature", encodePercent(encodeBase64(signature)));
	return signed;
}

/** Every field that goes out but the two that cannot be signed, sorted by name. */
function parameters(form: Form, values: ReadonlyMap<string, string>, order: SigningProfile["order"]): string {
	const pairs: { readonly sort: string; readonly text: string }[] = [];
	const fields = form.fields;
	for (let i = 0; i < fields.length; i++) {
		const field = fields[i]!;
		if (field.name === "oauth_token_secret" || field.name === "oauth_signature") continue;
		const answered = submittedValues(field, values);
		if (!answered) continue;
		const sort = order === "ordinal" ? field.name : field.name.toLowerCase();
		pairs.push({ sort, text: `${encodePercent(field.name)}=${encodePercent(answered.join("\n"))}` });
	}
	pairs.sort((a, b) => (a.sort < b.sort ? -1 : a.sort > b.sort ? 1 : 0));
	return pairs.map((pair) => pair.text).join("&");
}

/** What the server gave goes back unchanged. */
function givenOr(form: Form, name: string, otherwise: string): string {
	return form.fields.find((field) => field.name === name)?.values[0] || otherwise;
}
