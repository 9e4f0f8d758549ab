// One XML stream over one socket at a time (RFC 6120 4, 5): header, TLS, stream errors, the queue to the wire.
import type { Host, Socket, SocketError } from "../host.js";
import { limits } from "../limits.js";
import { messageOf } from "../text/message.js";
import { encodeUTF8 } from "../text/utf8.js";
import type { Element } from "../xml/element.js";
import { XMLError } from "../xml/error.js";
import { type Parts, type XMLHandler, XMLParser } from "../xml/parser.js";
import { Writer } from "../xml/writer.js";
import type { Endpoint } from "./endpoint.js";
import type { Outbox } from "./outbox.js";
import type { Scheduler, Task } from "./scheduler.js";
import { SendQueue } from "./send-queue.js";

export const NAMESPACE_CLIENT = "jabber:client";
export const NAMESPACE_STREAM = "http://etherx.jabber.org/streams";
export const NAMESPACE_TLS = "urn:ietf:params:xml:ns:xmpp-tls";
const NAMESPACE_STREAM_ERRORS = "urn:ietf:params:xml:ns:xmpp-streams";
/** RFC 6120 4.9.3.19: its own text, which onEnd() gets as detail, says where. */
export const SEE_OTHER_HOST = "see-other-host";

/** Milliseconds the peer has for its half of the closing handshake (RFC 6120 4.4). */
const CLOSING = 1000;

export interface StreamTarget extends Endpoint {
	/** Domain part of the JID: header, SNI and certificate go by it. */
	readonly domain: string;
	readonly anchors?: string;
}

export interface StreamHandler {
	/** A connection in clear stands ("starttls" only). */
	onConnected(): void;
	/** TLS stands, the certificate is verified. */
	onSecure(): void;
	onPayload(stanza: Element, payload: Element): Parts | undefined;
	/** A child of the stream other than a stream error. */
	onElement(element: Element): void;
	onSkipped(head: Element): void;
	/** A stanza that open() began is complete; who carries it gives it to write(). */
	onStanza(bytes: Uint8Array): void;
	/** Once after each connect() that was not closed, then nothing. `orderly`: one side told the other that the stream is over. */
	onEnd(reason: string, detail: string, orderly: boolean): void;
}

/** What the connection is covered by, so what may be written. */
const enum Cover {
	none,
	clear,
	/** startTLS() was called. */
	between,
	tls
}

export class XMPPStream implements Outbox, XMLHandler {
	#host: Pick<Host, "network" | "clock">;
	#scheduler: Scheduler;
	#handler: StreamHandler;
	#writer = new Writer({ limit: limits.writtenBytes, namespace: NAMESPACE_CLIENT });
	#parser: XMLParser | undefined;
	#target: StreamTarget | undefined;
	#socket: Socket | undefined;
	/** Raised with each connection, so that a callback of an earlier one is known. */
	#life = 0;
	#cover = Cover.none;
	#headerSent = false;
	/** Between end and the peer's close: what comes is thrown away. */
	#closing: Task | undefined;
	#isStanza = false;
	#queue = new SendQueue();
	#reading = false;
	/** There is more to read, of which this came already, when what we said has left: who asks faster than he hears waits. */
	#unread: Uint8Array | undefined;
	#startingTLS = false;
	#receivedAt = 0;
	#receivedBytes = 0;

	constructor(options: { host: Pick<Host, "network" | "clock">; scheduler: Scheduler; handler: StreamHandler }) {
		this.#host = options.host;
		this.#scheduler = options.scheduler;
		this.#handler = options.handler;
	}

	/** Host time of the last bytes that came. */
	get receivedAt(): number {
		return this.#receivedAt;
	}

	get receivedBytes(): number {
		return this.#receivedBytes;
	}

	connect(target: StreamTarget): void {
		if (this.#parser) throw new Error("the stream is connected");
		this.release();
		const life = this.#life;
		this.#target = target;
		this.#parser = new XMLParser(this);
		this.#receivedAt = this.#host.clock.now();
		let socket: Socket;
		try {
			socket = this.#host.network.connect({
				host: target.host,
				address: target.address,
				port: target.port,
				tls: target.tls,
				serverName: target.domain,
				// XEP-0368 section 4: of direct TLS alone.
				alpn: target.tls === "direct" ? "xmpp-client" : undefined,
				anchors: target.anchors,
				onReadable: () => this.guard(life, this.readable),
				onWritable: (count) => {
					if (life === this.#life) this.#queue.room = count;
					this.guard(life, this.writable);
				},
				onSecure: () => this.guard(life, this.secured),
				onError: (error) => this.lost(life, error)
			});
		} catch (error) {
			if (life === this.#life) this.finish("internal", messageOf(error), false);
			return;
		}
		// It may have failed or been closed from within.
		if (life !== this.#life) {
			socket.close();
			return;
		}
		this.#socket = socket;
		this.flush();
	}

	/** Sends our header; `from` only under TLS, where nobody else reads it. */
	header(from?: string): void {
		const to = this.#target?.domain;
		if (to == null || !this.#parser) return;
		const sender = from != null && this.#cover === Cover.tls ? ` from='${escapeValue(from)}'` : "";
		this.#headerSent = true;
		this.put(
			encodeUTF8(
				`<?xml version='1.0'?><stream:stream xmlns='${NAMESPACE_CLIENT}' xmlns:stream='${NAMESPACE_STREAM}' to='${escapeValue(to)}'${sender} version='1.0' xml:lang='en'>`
			),
			true
		);
	}

	/** A new stream on the same connection, as after SASL: what the server sends from here on begins with its header. */
	restart(from?: string): void {
		this.#parser?.restart();
		this.header(from);
	}

	channelBinding(type: string): Uint8Array | undefined {
		return this.#cover === Cover.tls ? this.#socket?.channelBinding?.(type) : undefined;
	}

	requestTLS(): void {
		this.put(encodeUTF8(`<starttls xmlns='${NAMESPACE_TLS}'/>`), true);
	}

	/** On <proceed/>. Clear text behind it ends the connection: it would be an attacker's (RFC 6120 5.4.3.3). */
	startTLS(): void {
		if (this.#cover !== Cover.clear) throw new Error("TLS stands or begins already");
		this.#parser?.stop();
		this.#cover = Cover.between;
		this.#startingTLS = true;
	}

	open(name: "iq" | "message" | "presence", to?: string): Writer {
		this.#isStanza = true;
		this.#writer.reset();
		return this.#writer.open(name).attribute("to", to);
	}

	/** As open(), for what is said before stanzas may be. */
	openElement(name: string, namespace: string): Writer {
		this.#isStanza = false;
		this.#writer.reset();
		return this.#writer.open(name, namespace);
	}

	send(): void {
		const bytes = this.#writer.closeAll().take();
		if (this.#isStanza) this.#handler.onStanza(bytes);
		else this.write(bytes);
	}

	/** XML that is whole; nothing where no stream stands. */
	write(bytes: Uint8Array): void {
		if (this.#parser) this.put(bytes, false);
	}

	/** Ends the stream and tells the handler; `condition` is told to the peer, with `application` as it is (RFC 6120 4.9). */
	end(reason: string, detail: string, condition?: string, application = ""): void {
		const parser = this.#parser;
		if (!parser) return;
		this.#parser = undefined;
		this.finish(reason, detail, this.goodbye(parser, condition, application));
	}

	/** Gives up a connection that is as good as broken: the peer is told nothing, so that the session can be resumed (XEP-0198). */
	abandon(reason: string, detail: string): void {
		this.#headerSent = false;
		this.end(reason, detail);
	}

	/** Ends the stream in order; the handler hears nothing more. */
	close(): void {
		const parser = this.#parser;
		if (!parser) return;
		this.#parser = undefined;
		this.goodbye(parser);
		this.drop();
	}

	private guard(life: number, step: () => void): void {
		if (life !== this.#life) return;
		try {
			step.call(this);
		} catch (error) {
			this.end("internal", messageOf(error));
		}
	}

	private writable(): void {
		if (this.#cover === Cover.none && this.#target?.tls === "starttls") {
			this.#cover = Cover.clear;
			if (this.#parser) this.#handler.onConnected();
		}
		this.flush();
		if (this.#unread) this.readable();
	}

	private secured(): void {
		if (!this.#parser || this.#cover !== (this.#target?.tls === "direct" ? Cover.none : Cover.between)) return;
		this.#cover = Cover.tls;
		this.#parser = new XMLParser(this);
		this.#handler.onSecure();
	}

	private readable(): void {
		// A socket that calls back from within read() is served by the loop that runs already.
		if (this.#reading) return;
		this.#reading = true;
		try {
			const life = this.#life;
			if (this.#queue.full) this.#unread ??= new Uint8Array(0);
			while (life === this.#life && !this.#queue.full && (this.#cover === Cover.clear || this.#cover === Cover.tls)) {
				const all = this.#unread?.length ? this.#unread : this.#socket?.read();
				const bytes = this.#cover === Cover.clear ? all : all?.subarray(0, limits.readBytes);
				this.#unread = bytes?.length ? all?.subarray(bytes.length) : undefined;
				if (!bytes?.length) break;
				if (this.#parser) this.parse(this.#parser, bytes);
			}
		} finally {
			this.#reading = false;
		}
	}

	private parse(parser: XMLParser, bytes: Uint8Array): void {
		this.#receivedAt = this.#host.clock.now();
		this.#receivedBytes += bytes.length;
		let consumed: number;
		try {
			consumed = parser.write(bytes);
		} catch (error) {
			if (!(error instanceof XMLError)) throw error;
			this.end(`xml:${error.condition}`, error.message, error.condition);
			return;
		}
		if (!this.#startingTLS || !this.#parser) return;
		this.#startingTLS = false;
		const more = consumed < bytes.length ? bytes : this.#socket?.read();
		if (more?.length) this.end("tls", "clear text after <proceed/>");
		else this.#socket?.startTLS();
	}

	private lost(life: number, error: SocketError): void {
		if (life !== this.#life) return;
		// The host has closed it already.
		this.#socket = undefined;
		const ended = !this.#parser;
		this.release();
		if (!ended) this.finish(error.reason, error.detail, false);
	}

	/** Called by the parser, as the next four are. */
	onOpen(root: Element): void {
		if (root.name !== "stream" || root.namespace !== NAMESPACE_STREAM)
			this.end("xml:invalid-namespace", "the root is not a stream", "invalid-namespace");
		// RFC 6120 4.7.5: the major number counts.
		else if (root.attribute("version")?.startsWith("1.") !== true)
			this.end("stream-error:unsupported-version", "the server speaks no XMPP 1.0");
	}

	onPayload(stanza: Element, payload: Element): Parts | undefined {
		return this.#parser && this.#handler.onPayload(stanza, payload);
	}

	onElement(element: Element): void {
		if (!this.#parser) return;
		if (element.name === "error" && element.namespace === NAMESPACE_STREAM) this.streamError(element);
		else this.#handler.onElement(element);
	}

	onSkipped(head: Element): void {
		if (this.#parser) this.#handler.onSkipped(head);
	}

	onClose(): void {
		this.end("closed", "the server closed the stream");
	}

	/** RFC 6120 4.9.2; a stream error is always the last of a stream. */
	private streamError(error: Element): void {
		let condition = "undefined-condition";
		let detail = error.child("text", NAMESPACE_STREAM_ERRORS)?.text;
		const children = error.children;
		for (let i = 0; i < children.length; i++) {
			const child = children[i]!;
			if (child.namespace !== NAMESPACE_STREAM_ERRORS || child.name === "text") continue;
			condition = child.name;
			if (condition === SEE_OTHER_HOST) detail = child.text.trim();
			break;
		}
		// Another connection took our place.
		const reason = condition === "conflict" ? condition : `stream-error:${condition}`;
		this.end(reason, detail ?? condition);
	}

	private put(bytes: Uint8Array, inClear: boolean): void {
		if (this.#cover !== Cover.tls && !(inClear && this.#cover === Cover.clear)) throw new Error("nothing of this kind leaves in clear");
		if (this.#queue.push(bytes)) {
			this.flush();
			return;
		}
		this.abandon("overflow", `more than ${limits.queuedBytes} bytes wait for the server`);
	}

	private flush(): void {
		const life = this.#life;
		try {
			this.#queue.flush(this.#socket);
		} catch (error) {
			if (life !== this.#life) return;
			if (!this.#parser) this.release();
			else this.abandon("closed", messageOf(error));
		}
	}

	/** Says what is left to say and waits a moment for the peer to close; false when nothing can be said. */
	private goodbye(parser: XMLParser, condition?: string, application = ""): boolean {
		parser.stop();
		if (!this.#socket || !this.#headerSent || this.#cover === Cover.none || this.#cover === Cover.between) return false;
		const error = condition == null ? "" : `<stream:error><${condition} xmlns='${NAMESPACE_STREAM_ERRORS}'/>${application}</stream:error>`;
		if (!this.#queue.push(encodeUTF8(`${error}</stream:stream>`))) return false;
		this.#closing = this.#scheduler.set(CLOSING, this.release, this);
		this.flush();
		return true;
	}

	private finish(reason: string, detail: string, orderly: boolean): void {
		this.drop();
		this.#handler.onEnd(reason, detail, orderly);
	}

	/** The stream is over; the socket lives on only for the closing handshake. */
	private drop(): void {
		this.#parser = undefined;
		if (!this.#closing) this.release();
	}

	private release(): void {
		const socket = this.#socket;
		this.#life++;
		this.#scheduler.clear(this.#closing);
		this.#closing = undefined;
		this.#socket = undefined;
		this.#cover = Cover.none;
		this.#headerSent = false;
		this.#startingTLS = false;
		this.#unread = undefined;
		// Also where it is being emptied just now.
		this.#queue.clear();
		this.#queue = new SendQueue();
		try {
			socket?.close();
		} catch {
			// It is given up anyway.
		}
	}
}

function escapeValue(text: string): string {
	return text.split("&").join("&amp;").split("<").join("&lt;").split("'").join("&apos;");
}
