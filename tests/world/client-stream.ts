// A client's stream at the model broker: header, features, STARTTLS, in-band registration, SASL, bind or resume, then stanzas (RFC 6120, XEP-0077).
import type { TestCrypto } from "../support/crypto.js";
import { type Broker, bareOf, type Habits } from "./broker.js";
import { base64, bytesOf } from "./bytes.js";
import { type Carrier, ManagedSession, SM } from "./managed-session.js";
import type { Line } from "./network.js";
import { BIND2, SASL, SASL2, SaslServer } from "./sasl-server.js";
import { type Element, StreamReader, xml } from "./xml.js";

const TLS = "urn:ietf:params:xml:ns:xmpp-tls";
const BIND = "urn:ietf:params:xml:ns:xmpp-bind";
const STREAMS = "urn:ietf:params:xml:ns:xmpp-streams";
const STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas";
const REGISTER = "jabber:iq:register";
const DATA = "jabber:x:data";

export class ClientStream {
	#broker: Broker;
	#line: Line;
	#direct: boolean;
	#onGone: () => void;
	#reader: StreamReader;
	#sasl: SaslServer;
	#username: string | undefined;
	#session: ManagedSession | undefined;
	readonly #carrier: Carrier;
	#from: string | undefined;
	#language: string | undefined;
	#begun = false;
	#over = false;

	constructor(broker: Broker, line: Line, direct: boolean, onGone: () => void) {
		this.#broker = broker;
		this.#line = line;
		this.#direct = direct;
		this.#onGone = onGone;
		this.#carrier = {
			send: (element) => {
				if (!this.#over) this.#send(element);
			},
			end: (condition) => this.end(condition)
		};
		this.#sasl = new SaslServer({
			broker,
			line,
			send: (element) => this.#send(element),
			succeed: (username, success, request) => this.#succeed(username, success, request)
		});
		this.#reader = this.#newReader();
		line.onBytes = (bytes) => this.#reader.write(bytes);
		line.onClose = () => this.#gone(false);
	}

	/** The broker ends it with a stream error (RFC 6120 4.9). */
	end(condition: string): void {
		if (this.#over) return;
		if (!this.#begun) this.#say(this.#header(this.#broker.domain));
		this.#say(`<stream:error><${condition} xmlns='${STREAMS}'/></stream:error></stream:stream>`);
		this.#close();
	}

	#newReader(): StreamReader {
		return new StreamReader({
			onStream: (root) => this.#open(root),
			onStanza: (element) => this.#receive(element),
			onEnd: () => {
				this.#say("</stream:stream>");
				this.#close();
			},
			onError: () => this.end("not-well-formed")
		});
	}

	/** What comes next is a new stream (RFC 6120 4.3.3). */
	#restart(): void {
		this.#reader.stop();
		this.#reader = this.#newReader();
		this.#begun = false;
	}

	#say(text: string): void {
		this.#line.send(bytesOf(text));
	}

	#send(element: Element): void {
		this.#say(element.toString());
	}

	#close(): void {
		this.#reader.stop();
		this.#line.close();
		this.#gone(true);
	}

	/** In order, the session is over; else it may be resumed. */
	#gone(orderly: boolean): void {
		if (this.#over) return;
		this.#over = true;
		this.#reader.stop();
		if (orderly) this.#session?.leave(this.#carrier);
		else this.#session?.broken(this.#carrier);
		this.#onGone();
	}

	#header(from: string): string {
		return `<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0' xml:lang='en' id='${this.#broker.dice.word(12)}' from='${from}'>`;
	}

	#open(root: Element): void {
		if (root.name !== "stream" || root.attrs.xmlns !== "http://etherx.jabber.org/streams") {
			this.end("invalid-namespace");
			return;
		}
		this.#begun = true;
		this.#language = root.attrs["xml:lang"];
		this.#from = root.attrs.from;
		this.#say(this.#header(this.#broker.domain));
		if (root.attrs.to !== this.#broker.domain) this.end("host-unknown");
		else if (root.attrs.version !== "1.0") this.end("unsupported-version");
		else this.#features();
	}

	#features(): void {
		const { habits } = this.#broker;
		const features: Element[] = [];
		if (!this.#line.secure) {
			if (habits.offersTLS) features.push(xml("starttls", { xmlns: TLS }, xml("required")));
		} else if (this.#username === undefined) {
			features.push(...this.#sasl.features(this.#from));
			if (habits.registration !== "none") features.push(xml("register", { xmlns: "http://jabber.org/features/iq-register" }));
		} else {
			if (!this.#session) features.push(xml("bind", { xmlns: BIND }, xml("required")));
			if (!this.#session && habits.streamManagement) features.push(xml("sm", { xmlns: SM }));
		}
		this.#say(`<stream:features>${features.join("")}</stream:features>`);
	}

	#receive(element: Element): void {
		const space = element.getNS() ?? "jabber:client";
		if (!this.#line.secure && !this.#direct && space === TLS && element.is("starttls")) {
			this.#say(`<proceed xmlns='${TLS}'/>`);
			this.#restart();
			this.#line.startTLS();
		} else if (!this.#line.secure) this.end("policy-violation");
		else if (this.#username === undefined) this.#beforeLogin(element, space);
		else if (space === SM && this.#broker.habits.streamManagement) this.#manage(element);
		else if (space !== "jabber:client") this.end("unsupported-stanza-type");
		else if (this.#session) {
			this.#session.received();
			this.#broker.fromClient(this.#session, element, this.#language);
		} else if (element.getChild("bind", BIND)) this.#bind(element);
		else this.end("not-authorized");
	}

	#beforeLogin(element: Element, space: string): void {
		if (space === SASL || (space === SASL2 && this.#broker.habits.sasl2)) this.#sasl.receive(element, space);
		else if (element.getChild("query", REGISTER)) this.#register(element);
		else this.end("not-authorized");
	}

	/** After SASL a new stream begins, after SASL2 the features of the same one come. */
	#succeed(username: string, success: Element, request: Element | undefined): void {
		this.#username = username;
		if (request === undefined) {
			this.#restart();
			this.#send(success);
			return;
		}
		// Resumption goes first, and binding after it where that failed (XEP-0386 section 3.2).
		const resume = request.getChild("resume", SM);
		const bind = request.getChild("bind", BIND2);
		const held = resume && this.#held(resume.attrs.previd ?? "");
		if (resume && !held) success.append(refusal("item-not-found"));
		if (held) this.#session = held;
		else if (bind) {
			const session = this.#broker.bind(username, undefined, (jid) => new ManagedSession(this.#broker, jid, this.#carrier));
			this.#session = session;
			const bound = xml("bound", { xmlns: BIND2 });
			if (bind.getChild("enable", SM)) {
				bound.append(session.begin());
				this.#broker.manage(session);
			}
			success.append(bound);
		}
		const jid = this.#session?.jid ?? `${username}@${this.#broker.domain}`;
		success.append(xml("authorization-identifier", {}, jid));
		const resumed = held?.takeOver(this.#carrier, Number(resume!.attrs.h));
		if (held && resumed === undefined) {
			this.end("undefined-condition");
			return;
		}
		if (resumed) success.append(resumed);
		this.#send(success);
		this.#features();
		if (held) held.catchUp();
	}

	/** What the client that has logged in may resume. */
	#held(id: string): ManagedSession | undefined {
		const held = this.#broker.managedSession(id);
		return held && bareOf(held.jid) === `${this.#username}@${this.#broker.domain}` && !this.#session ? held : undefined;
	}

	/** XEP-0077 3.1, before login. */
	#register(request: Element): void {
		const { habits, domain } = this.#broker;
		const query = request.getChild("query")!;
		if (habits.registration === "none") this.#fail(request, "service-unavailable", "cancel");
		else if (request.attrs.type === "get")
			this.#send(xml("iq", { type: "result", id: request.attrs.id, from: domain }, registrationForm(habits)));
		else if (habits.refuseRegistration !== undefined) this.#fail(request, habits.refuseRegistration, "cancel");
		else {
			const form = query.getChild("x", DATA);
			const value = (name: string) => (form ? formValue(form, name) : query.getChildText(name)) ?? "";
			if (form && (form.attrs.type !== "submit" || habits.registration === "fields")) this.#fail(request, "bad-request", "modify");
			else if (habits.apiKey && !(form && isSigned(form, request.attrs.to ?? "", habits.apiKey, this.#broker.crypto)))
				this.#fail(request, "bad-request", "modify");
			else if (value("username") === "" || value("password") === "") this.#fail(request, "not-acceptable", "modify");
			else if (!this.#broker.createAccount(value("username"), value("password"))) this.#fail(request, "conflict", "cancel");
			else {
				this.#broker.registrations.push(value("username"));
				this.#send(xml("iq", { type: "result", id: request.attrs.id, from: domain }));
			}
		}
	}

	#fail(request: Element, condition: string, type: string): void {
		this.#send(
			xml(
				"iq",
				{ type: "error", id: request.attrs.id, from: this.#broker.domain },
				xml("error", { type }, xml(condition, { xmlns: STANZAS }))
			)
		);
	}

	/** XEP-0198. */
	#manage(element: Element): void {
		const session = this.#session;
		const h = Number(element.attrs.h);
		if (element.is("resume")) {
			const held = this.#held(element.attrs.previd ?? "");
			if (!held) this.#send(refusal("item-not-found"));
			else {
				this.#session = held;
				if (!held.resume(this.#carrier, h)) this.end("undefined-condition");
			}
		} else if (!session || (element.is("enable") && session.managed)) this.#send(refusal("unexpected-request"));
		else if (element.is("enable")) {
			session.enable();
			this.#broker.manage(session);
		} else if (!session.managed) this.end("policy-violation");
		else if (element.is("r")) this.#send(xml("a", { xmlns: SM, h: `${session.handled}` }));
		else if (element.is("a") && !session.acknowledge(h)) this.end("undefined-condition");
	}

	#bind(request: Element): void {
		const resource = request.getChild("bind")!.getChildText("resource") ?? undefined;
		this.#session = this.#broker.bind(this.#username!, resource, (jid) => new ManagedSession(this.#broker, jid, this.#carrier));
		this.#send(xml("iq", { type: "result", id: request.attrs.id }, xml("bind", { xmlns: BIND }, xml("jid", {}, this.#session.jid))));
	}
}

function refusal(condition: string): Element {
	return xml("failed", { xmlns: SM }, xml(condition, { xmlns: STANZAS }));
}

function registrationForm({ registration: kind, apiKey }: Habits): Element {
	const query = xml("query", { xmlns: REGISTER }, xml("instructions", {}, "Choose a username and password."));
	if (kind !== "form") query.append(xml("username"), xml("password"));
	if (kind !== "fields") {
		const field = (name: string, type: string, ...children: Element[]) => xml("field", { var: name, type }, ...children);
		query.append(
			xml(
				"x",
				{ xmlns: DATA, type: "form" },
				xml("title", {}, "Creating a new account"),
				field("FORM_TYPE", "hidden", xml("value", {}, apiKey ? SIGNATURE : REGISTER)),
				apiKey ? Object.entries(oauth).map(([name, value]) => field(name, "hidden", xml("value", {}, value))) : [],
				field("username", "text-single", xml("required")),
				field("password", "text-private", xml("required"))
			)
		);
	}
	return query;
}

const SIGNATURE = "urn:xmpp:xdata:signature:oauth1";
const oauth = {
	oauth_version: "1.0",
	oauth_signature_method: "HMAC-SHA1",
	oauth_token: "tok-1",
	oauth_token_secret: "ts/+1",
	oauth_nonce: "",
	oauth_timestamp: "",
	oauth_consumer_key: "",
	oauth_signature: ""
};
/** RFC 3986: all but the unreserved. */
const escaped = (text: string): string =>
	encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

/** XEP-0348 section 3: by who knows the secret of this key. */
function isSigned(form: Element, to: string, apiKey: { readonly key: string; readonly secret: string }, crypto: TestCrypto): boolean {
	const values = new Map(form.getChildElements().map((field) => [field.attrs.var ?? "", field.getChildText("value") ?? ""]));
	const signed = [...values.keys()].filter((name) => name !== "oauth_signature" && name !== "oauth_token_secret").sort();
	const text = signed.map((name) => `${escaped(name)}=${escaped(values.get(name)!)}`).join("&");
	const key = `${escaped(apiKey.secret)}&${escaped(oauth.oauth_token_secret)}`;
	const sum = crypto.hmac("SHA-1", bytesOf(key), bytesOf(`submit&${escaped(to)}&${escaped(text)}`));
	return values.get("oauth_consumer_key") === apiKey.key && values.get("oauth_signature") === escaped(base64(sum));
}

function formValue(form: Element, name: string): string | null {
	for (const field of form.getChildElements()) if (field.attrs.var === name) return field.getChildText("value");
	return null;
}
