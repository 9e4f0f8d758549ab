// A client of the box by plain sockets, that shares nothing with the thing or the box: TLS both ways, both SCRAMs, stanzas as text.

import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectTLS } from "node:tls";
import { type Element, Parser, xml } from "@xmpp/xml";
import type { Box } from "../../hosts/broker/box.js";

export class BrokerClient {
	readonly #box: Box;
	#socket: Socket;
	#parser = new Parser();
	#received: Element[] = [];
	#wake: (() => void) | undefined;
	#ended = false;
	#counter = 0;
	/** Features of the stream as it stands. */
	features: Element | undefined;
	/** The server's first SCRAM message of the last login. */
	challenge = "";
	jid = "";

	private constructor(box: Box, socket: Socket) {
		this.#box = box;
		this.#socket = this.#watched(socket);
	}

	#watched(socket: Socket): Socket {
		for (const event of ["close", "error"]) {
			socket.on(event, () => {
				this.#ended = true;
				this.#wake?.();
			});
		}
		return socket;
	}

	static async connect(box: Box, tls: "direct" | "starttls", host = "127.0.0.1"): Promise<BrokerClient> {
		const port = box.ports[tls];
		const secure = { servername: box.domain, ca: readFileSync(box.caFile), ALPNProtocols: ["xmpp-client"] };
		if (tls === "direct") {
			const socket = connectTLS({ host, port, ...secure });
			await once(socket, "secureConnect");
			const client = new BrokerClient(box, socket);
			await client.#open();
			return client;
		}
		const socket = connectPlain({ host, port });
		await once(socket, "connect");
		const client = new BrokerClient(box, socket);
		await client.#open();
		const starttls = client.features?.getChild("starttls", "urn:ietf:params:xml:ns:xmpp-tls");
		if (starttls?.getChild("required") === undefined) throw new Error("TLS is not required");
		if (client.features?.getChild("mechanisms") !== undefined) throw new Error("login is offered in clear");
		socket.write("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
		await client.next((element) => element.is("proceed"));
		socket.removeAllListeners("data");
		client.#socket = client.#watched(connectTLS({ socket, ...secure }));
		await once(client.#socket, "secureConnect");
		await client.#open();
		return client;
	}

	/** Connected, logged in, bound. */
	static async login(box: Box, user: string, password: string, resource: string, host?: string): Promise<BrokerClient> {
		const client = await BrokerClient.connect(box, "direct", host);
		await client.authenticate(user, password, "sha256");
		await client.bind(resource);
		return client;
	}

	async #open(): Promise<void> {
		this.#parser = new Parser();
		this.#received = [];
		this.#parser.on("element", (element) => {
			this.#received.push(element);
			this.#wake?.();
		});
		this.#socket.setEncoding("utf8");
		this.#socket.removeAllListeners("data");
		this.#socket.on("data", (text) => this.#parser.write(`${text}`));
		this.#socket.write(
			`<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='${this.#box.domain}' version='1.0'>`
		);
		this.features = await this.next((element) => element.is("features"));
	}

	/** The first that arrived, or will, and fits; what came before it stays for others. */
	async next(fits: (element: Element) => boolean): Promise<Element> {
		for (;;) {
			const at = this.#received.findIndex(fits);
			if (at >= 0) return this.#received.splice(at, 1)[0]!;
			if (this.#ended) throw new Error(`the connection ended; left over: ${this.#received.join("")}`);
			await new Promise<void>((resolve) => {
				this.#wake = resolve;
			});
		}
	}

	send(text: string): void {
		this.#socket.write(text);
	}

	/** Sends a request and waits for its answer. */
	async ask(type: "get" | "set", payload: string, to?: string): Promise<Element> {
		const id = `c${++this.#counter}`;
		this.send(`<iq type='${type}' id='${id}'${to === undefined ? "" : ` to='${to}'`}>${payload}</iq>`);
		return await this.next((element) => element.is("iq") && element.attrs.id === id && element.attrs.type !== type);
	}

	/** The answer to a chat message, of which nothing but words is expected. */
	async say(to: string, words: string): Promise<string> {
		this.send(`<message type='chat' to='${to}'><body>${words}</body></message>`);
		return (await this.next((stanza) => stanza.is("message") && stanza.getChildElements().length === 1)).getChildText("body") ?? "";
	}

	request(name: string): Promise<Element> {
		return this.next((element) => element.is("iq") && element.attrs.type === "set" && element.getChild(name) !== undefined);
	}

	acknowledge(request: Element): void {
		this.send(`<iq type='result' id='${request.attrs.id}' to='${request.attrs.from}'/>`);
	}

	mechanisms(): string[] {
		const offered = this.features?.getChild("mechanisms", "urn:ietf:params:xml:ns:xmpp-sasl")?.getChildElements() ?? [];
		return offered.map((element) => element.children.join("")).sort();
	}

	async authenticate(user: string, password: string, hash: "sha1" | "sha256"): Promise<void> {
		const mechanism = hash === "sha1" ? "SCRAM-SHA-1" : "SCRAM-SHA-256";
		const first = `n=${user},r=${randomBytes(18).toString("base64")}`;
		const sasl = (name: string, text: string, attributes = {}) => {
			this.send(`${xml(name, { xmlns: "urn:ietf:params:xml:ns:xmpp-sasl", ...attributes }, Buffer.from(text).toString("base64"))}`);
			return this.next((element) => element.getNS() === "urn:ietf:params:xml:ns:xmpp-sasl");
		};
		const challenge = await sasl("auth", `n,,${first}`, { mechanism });
		this.challenge = Buffer.from(challenge.children.join(""), "base64").toString();
		const [, r, s, i] = /^r=([^,]+),s=([^,]+),i=(\d+)$/.exec(this.challenge) ?? [];
		if (r === undefined || s === undefined) throw new Error(`refused: ${challenge}`);
		const hmac = (key: Buffer, text: string) => createHmac(hash, key).update(text).digest();
		const salted = pbkdf2Sync(password, Buffer.from(s, "base64"), Number(i), hash === "sha1" ? 20 : 32, hash);
		const clientKey = hmac(salted, "Client Key");
		const message = `${first},${this.challenge},c=biws,r=${r}`;
		const signature = hmac(createHash(hash).update(clientKey).digest(), message);
		const proof = Buffer.from(clientKey.map((byte, at) => byte ^ signature[at]!)).toString("base64");
		const success = await sasl("response", `c=biws,r=${r},p=${proof}`);
		if (!success.is("success")) throw new Error(`refused: ${success}`);
		const verifier = Buffer.from(success.children.join(""), "base64").toString();
		if (verifier !== `v=${hmac(hmac(salted, "Server Key"), message).toString("base64")}`)
			throw new Error("the server does not know the password");
		await this.#open();
	}

	async bind(resource: string): Promise<void> {
		const bound = await this.ask("set", `<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>${resource}</resource></bind>`);
		this.jid = bound.getChild("bind")?.getChildText("jid") ?? "";
	}

	async end(): Promise<void> {
		if (this.#socket.destroyed) return;
		const closed = new Promise((resolve) => this.#socket.once("close", resolve));
		this.#socket.end("</stream:stream>");
		await closed;
	}
}
