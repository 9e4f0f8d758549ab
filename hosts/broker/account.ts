// Makes an account the way a thing would: in-band, over TLS that is verified (XEP-0077); an account that stands is logged into once.

import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from "node:crypto";
import { readFile } from "node:fs/promises";
import { connect } from "node:tls";
import { type Element, Parser, xml } from "@xmpp/xml";
import { parseSignedForm, SIGNATURE, signatureOf } from "./signature.js";

const NS_SASL = "urn:ietf:params:xml:ns:xmpp-sasl";
const NS_REGISTER = "jabber:iq:register";
const SECONDS = 15;

export interface AccountOptions {
	readonly host: string;
	readonly port: number;
	readonly domain: string;
	readonly caFile: string;
	readonly user: string;
	readonly password: string;
	/** Signs the form, if the broker asks for that. */
	readonly apiKey: { readonly key: string; readonly secret: string };
}

const base64 = (text: string | Buffer): string => Buffer.from(text as string).toString("base64");

/** Proof and expected server signature of SCRAM-SHA-256 (RFC 7677), for ASCII passwords without channel binding. */
const scram = (password: string, first: string, challenge: string): { final: string; signature: Buffer } => {
	const fields = new Map(challenge.split(",").map((field) => [field.slice(0, 1), field.slice(2)]));
	const hmac = (key: Buffer, text: string) => createHmac("sha256", key).update(text).digest();
	const salted = pbkdf2Sync(password, Buffer.from(fields.get("s")!, "base64"), Number(fields.get("i")), 32, "sha256");
	const clientKey = hmac(salted, "Client Key");
	const bare = `c=biws,r=${fields.get("r")}`;
	const message = `${first},${challenge},${bare}`;
	const proof = hmac(createHash("sha256").update(clientKey).digest(), message).map((byte, at) => byte ^ clientKey[at]!);
	return { final: `${bare},p=${base64(Buffer.from(proof))}`, signature: hmac(hmac(salted, "Server Key"), message) };
};

/** The submit of the form that is signed, to the broker's domain (XEP-0348). */
const signedForm = ({ domain, user, password, apiKey }: AccountOptions): Element => {
	const values = new Map([
		["FORM_TYPE", SIGNATURE],
		["oauth_version", "1.0"],
		["oauth_signature_method", "HMAC-SHA1"],
		["oauth_token", ""],
		["oauth_token_secret", ""],
		["oauth_nonce", randomBytes(16).toString("hex")],
		["oauth_timestamp", `${Math.floor(Date.now() / 1000)}`],
		["oauth_consumer_key", apiKey.key],
		["oauth_signature", "unsigned"],
		["username", user],
		["password", password]
	]);
	const write = () => {
		const fields = [...values].map(([name, value]) => xml("field", { var: name }, xml("value", {}, value)));
		return xml("x", { xmlns: "jabber:x:data", type: "submit" }, fields);
	};
	const hmac = (key: string, text: string) => createHmac("sha1", key).update(text).digest("base64");
	values.set("oauth_signature", signatureOf(apiKey.secret, parseSignedForm(write())!.baseFor(domain), hmac));
	return write();
};

export const createAccount = async (options: AccountOptions): Promise<void> => {
	const { domain, user, password } = options;
	const ca = await readFile(options.caFile);
	const socket = connect({ host: options.host, port: options.port, servername: domain, ca, ALPNProtocols: ["xmpp-client"] });
	socket.setEncoding("utf8");
	socket.setTimeout(SECONDS * 1000, () => socket.destroy(new Error("the broker does not answer")));
	const waiting: { resolve(element: Element): void; reject(error: Error): void }[] = [];
	const received: Element[] = [];
	let failure: Error | undefined;
	const fail = (error: Error) => {
		failure ??= error;
		for (const { reject } of waiting.splice(0)) reject(failure);
	};
	const parser = new Parser();
	parser.on("element", (element) => {
		const next = waiting.shift();
		if (next === undefined) received.push(element);
		else next.resolve(element);
	});
	parser.on("error", fail);
	socket.on("data", (text) => parser.write(`${text}`));
	socket.on("error", fail);
	socket.on("close", () => fail(new Error("the broker closed the connection")));
	const next = () =>
		new Promise<Element>((resolve, reject) => {
			const element = received.shift();
			if (element !== undefined) resolve(element);
			else if (failure !== undefined) reject(failure);
			else waiting.push({ resolve, reject });
		});
	const ask = (element: Element) => {
		socket.write(element.toString());
		return next();
	};
	const refused = (why: string) => new Error(`The account ${user}@${domain} could not be made: ${why}.`);
	try {
		socket.write(
			`<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='${domain}' version='1.0'>`
		);
		await next();
		const offered = await ask(xml("iq", { type: "get", id: "form", to: domain }, xml("query", { xmlns: NS_REGISTER })));
		const form = offered.getChild("query", NS_REGISTER)?.getChild("x", "jabber:x:data");
		const names = (form?.getChildElements() ?? []).map(({ attrs }) => attrs.var);
		const submit = names.includes("oauth_signature") ? [signedForm(options)] : [xml("username", {}, user), xml("password", {}, password)];
		const answer = await ask(xml("iq", { type: "set", id: "register", to: domain }, xml("query", { xmlns: NS_REGISTER }, submit)));
		if (answer.attrs.type === "result") return;
		if (answer.getChild("error")?.getChild("conflict") === undefined)
			throw new Error(answer.getChild("error")?.getChildElements()[0]?.getName() ?? "no reason given");
		const first = `n=${user},r=${base64(randomBytes(18))}`;
		const challenge = await ask(xml("auth", { xmlns: NS_SASL, mechanism: "SCRAM-SHA-256" }, base64(`n,,${first}`)));
		if (!challenge.is("challenge")) throw new Error("it stands already, and login is refused");
		const { final, signature } = scram(password, first, Buffer.from(challenge.children.join(""), "base64").toString());
		const outcome = await ask(xml("response", { xmlns: NS_SASL }, base64(final)));
		if (!outcome.is("success")) throw new Error("it stands already with another password");
		const verifier = Buffer.from(Buffer.from(outcome.children.join(""), "base64").toString().replace(/^v=/, ""), "base64");
		if (verifier.length !== signature.length || !timingSafeEqual(verifier, signature))
			throw new Error("the broker does not know its password");
	} catch (error) {
		throw refused(error instanceof Error ? error.message : `${error}`);
	} finally {
		socket.off("error", fail);
		socket.on("error", () => {});
		socket.end("</stream:stream>");
		socket.destroySoon();
	}
};
