// A person's side over @xmpp/client: login, friends, requests. It says what it says without the firmware's code.
import { randomUUID } from "node:crypto";
import { isIP } from "node:net";
import { checkServerIdentity, type PeerCertificate } from "node:tls";
import { type Client, client, type Element, type Transport, xml } from "@xmpp/client";
import { reasonOf, socketError } from "../node/failure.js";
import { type Address, type TLSKind, writeAddress } from "./arguments.js";
import { within } from "./ending.js";
import { Failure, messageOf } from "./errors.js";
import { explainOffline, type Place } from "./reasons.js";

const loginMilliseconds = 15_000;

export interface Login {
	/** The account, bare. */
	readonly jid: string;
	readonly password: string;
	readonly address: Address;
	readonly tls: TLSKind;
}

/** What a stanza error said. */
export interface Refusal {
	readonly condition: string;
	readonly text: string;
}

export interface Answer {
	readonly payload?: Element;
	readonly refusal?: Refusal;
}

type Listener = (stanza: Element) => void;

export class Consumer {
	readonly jid: string;
	readonly #xmpp: Client;
	readonly #place: Place;
	readonly #listeners = new Set<Listener>();
	/** Full JIDs that are available, the latest last. */
	readonly #available = new Set<string>();
	/** Those that may see us, and we them. */
	readonly #roster = new Map<string, string>();
	#closing = false;

	private constructor(xmpp: Client, login: Login, place: Place) {
		this.jid = login.jid;
		this.#xmpp = xmpp;
		this.#place = place;
		xmpp.on("stanza", (stanza: Element) => {
			if (stanza.name === "presence") this.#note(stanza);
			for (const listener of [...this.#listeners]) listener(stanza);
		});
		// A resumed session goes on where it was (XEP-0198); a new one hears of everybody anew.
		xmpp.on("online", () => this.#available.clear());
		xmpp.iqCallee.set("jabber:iq:roster", "query", ({ stanza }) => {
			const { from } = stanza.attrs;
			if (from === undefined || from === this.jid) this.#readRoster(stanza);
			return true;
		});
	}

	/** Throws a Failure with a sentence. Nothing but the stream header leaves before TLS stands. */
	static async login(login: Login): Promise<Consumer> {
		const [username = "", domain = ""] = login.jid.split("@");
		const place = { domain, address: writeAddress(login.address) };
		const service = `${login.tls === "direct" ? "xmpps" : "xmpp"}://${place.address}`;
		const xmpp: Client = client({
			service,
			domain,
			username,
			resource: `extasis-${randomUUID().slice(0, 8)}`,
			timeout: 10_000,
			credentials: async (authenticate, mechanisms) => {
				// The library itself would log in by SCRAM over clear text where a server offers no TLS.
				if (!xmpp.isSecure()) throw new Failure(explainOffline("no-starttls", "", place));
				const mechanism = mechanisms[0];
				if (mechanism === undefined) throw new Failure(explainOffline("no-mechanism", "", place));
				await authenticate({ username, password: login.password }, mechanism);
			}
		});
		if (login.tls === "direct") useDirectTLS(xmpp, service, login.address, domain);
		xmpp.reconnect.stop();
		let failure: unknown;
		const failed = new Promise<never>((_resolve, reject) => {
			const fail = (error: unknown): void => {
				failure ??= error;
				reject(failure);
			};
			xmpp.on("error", fail);
			xmpp.once("disconnect", () => fail(Object.assign(new Error("the server ended the connection"), { code: "ECONNRESET" })));
		});
		failed.catch(() => {});
		const consumer = new Consumer(xmpp, login, place);
		try {
			if (!(await within(loginMilliseconds, Promise.race([begin(xmpp, service, domain), failed]))))
				throw new Failure(explainOffline("timeout", "", place));
		} catch (error) {
			// A server that did not let us in is not waited for.
			void consumer.close();
			throw new Failure(explainLogin(failure ?? error, login, place));
		}
		await consumer.#appear();
		return consumer;
	}

	/** Comes back after a cut: resumed, or logged in anew with friends' presence arriving again. Each is told once. */
	keepTrying(onLost: () => void, onBack: () => void): void {
		let lost = false;
		const back = (): void => {
			if (lost) onBack();
			lost = false;
		};
		this.#xmpp.on("disconnect", () => {
			if (!lost && !this.#closing) onLost();
			lost = true;
		});
		this.#xmpp.on("online", () => {
			this.#appear().then(back, () => {});
		});
		this.#xmpp.streamManagement.on("resumed", back);
		this.#xmpp.reconnect.start();
	}

	get online(): boolean {
		return this.#xmpp.status === "online";
	}

	/** To, from or both, as the roster has it; "none" without an entry. */
	subscription(bare: string): string {
		return this.#roster.get(bare) ?? "none";
	}

	/** The full JIDs under which a friend is available, the latest first. */
	resources(bare: string): string[] {
		return [...this.#available].filter((jid) => jid.startsWith(`${bare}/`)).reverse();
	}

	/** Hears every stanza until the function that is given back is called. */
	listen(listener: Listener): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	/** Resolves with the first stanza that `pick` wants, or undefined after so long. */
	async wait(milliseconds: number, pick: (stanza: Element) => boolean): Promise<Element | undefined> {
		let stop = (): void => {};
		let found: Element | undefined;
		const coming = new Promise<void>((resolve) => {
			stop = this.listen((stanza) => {
				if (!pick(stanza)) return;
				found = stanza;
				resolve();
			});
		});
		await within(milliseconds, coming);
		stop();
		return found;
	}

	async send(stanza: Element): Promise<void> {
		try {
			await this.#xmpp.send(stanza);
		} catch {
			throw new Failure(explainOffline("closed", "", this.#place));
		}
	}

	/** One question and its answer. Throws a Failure when none comes. */
	async ask(type: "get" | "set", to: string | undefined, payload: Element, milliseconds = 15_000): Promise<Answer> {
		try {
			const answer = await this.#xmpp.iqCaller.request(xml("iq", { type, to }, payload), milliseconds);
			return { payload: answer.getChildElements()[0] };
		} catch (error) {
			const { condition, text, name } = error as { condition?: string; text?: string; name?: string };
			if (name === "StanzaError" && condition !== undefined) return { refusal: { condition, text: text ?? "" } };
			if (name === "TimeoutError") throw new Failure(`${to ?? this.#place.domain} does not answer.`);
			throw new Failure(explainOffline("closed", "", this.#place));
		}
	}

	async close(): Promise<void> {
		this.#closing = true;
		this.#xmpp.reconnect.stop();
		this.#xmpp.on("error", () => {});
		if (this.#xmpp.status === "offline") return;
		await within(
			2000,
			this.#xmpp.stop().catch(() => {})
		);
	}

	/** The roster first: only who asked for it hears of subscriptions (RFC 6121 2.1.6). */
	async #appear(): Promise<void> {
		const answer = await this.ask("get", undefined, xml("query", { xmlns: "jabber:iq:roster" }));
		if (answer.payload !== undefined) this.#readRoster(answer.payload);
		// Below zero: no messages meant for the person's own client come here (RFC 6121 8.5).
		await this.send(xml("presence", {}, xml("priority", {}, "-1")));
	}

	#readRoster(holder: Element): void {
		const query = holder.is("query", "jabber:iq:roster") ? holder : holder.getChild("query", "jabber:iq:roster");
		for (const { attrs } of query?.getChildren("item") ?? [])
			if (attrs.jid !== undefined) this.#roster.set(attrs.jid, attrs.subscription ?? "none");
	}

	#note(presence: Element): void {
		const { from, type } = presence.attrs;
		if (from === undefined || !from.includes("/")) return;
		this.#available.delete(from);
		if (type === undefined) this.#available.add(from);
	}
}

/** Not the library's start(): it misses the stream header of a quick server, and leaves a rejection that nobody can handle. */
async function begin(xmpp: Client, service: string, domain: string): Promise<void> {
	const online = new Promise<void>((resolve) => xmpp.once("online", () => resolve()));
	await xmpp.connect(service);
	// What fails here comes as an error event, too.
	xmpp.open({ domain }).catch(() => {});
	await online;
}

/** As XEP-0368 wants it: the address may be anything, the certificate is the domain's. The library would check it for the address. */
function useDirectTLS(xmpp: Client, service: string, { host, port }: Address, domain: string): void {
	const base = xmpp.transports.find((transport) => {
		try {
			return transport.prototype.socketParameters("xmpps://localhost") !== undefined;
		} catch {
			return false;
		}
	});
	if (base === undefined) throw new Error("@xmpp/client has no TLS transport");
	class DirectTLS extends (base as new () => object) {
		socketParameters(wanted: string): object | undefined {
			if (wanted !== service) return undefined;
			return {
				host,
				port,
				servername: isIP(domain) ? "" : domain,
				ALPNProtocols: ["xmpp-client"],
				minVersion: "TLSv1.2",
				rejectUnauthorized: true,
				checkServerIdentity: (_host: string, certificate: PeerCertificate) => checkServerIdentity(domain, certificate)
			};
		}
	}
	xmpp.transports.unshift(DirectTLS as unknown as Transport);
}

function explainLogin(error: unknown, login: Login, place: Place): string {
	if (error instanceof Failure) return error.message;
	const { name, condition } = error as { name?: string; condition?: string };
	if (name === "SASLError") {
		if (condition === "not-authorized") return `The broker does not accept the password of ${login.jid}.`;
		return explainOffline("no-mechanism", messageOf(error), place);
	}
	if (name === "TimeoutError") return explainOffline("timeout", "", place);
	if (name === "StreamError") return explainOffline(`stream-error:${condition}`, "", place);
	if (reasonOf(error) === undefined) return explainOffline(messageOf(error), "", place);
	const { reason, detail } = socketError(error, true);
	return explainOffline(reason, detail, place);
}
