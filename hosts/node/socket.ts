// One connection on node:net and node:tls. The server is always verified; nothing turns that off.
import { connect as connectTCP, isIP, type Socket as TCPSocket } from "node:net";
import { checkServerIdentity, connect as connectTLS, DEFAULT_CIPHERS, type PeerCertificate, TLSSocket } from "node:tls";
import { domainToASCII } from "node:url";
import type { ConnectOptions, Socket, SocketError } from "../../src/host.js";
import { channelBinding } from "./binding.js";
import { socketError } from "./failure.js";
import { maySign } from "./usage.js";

/** Bytes that may wait in either direction. */
const windowBytes = 16_384;
/** For TCP and TLS each; with direct TLS for both together. */
const connectMilliseconds = 15_000;
/** How long what was written may take to leave after close(). */
const lingerMilliseconds = 2000;

const ended: SocketError = Object.freeze({ reason: "closed", detail: "the server ended the connection" });

/** PEM; the leaf first in the chain. */
export interface ClientCertificate {
	readonly chain: string;
	readonly key: string;
}

type State = "connecting" | "clear" | "securing" | "secure" | "closed";

/** What Node does not look at by itself; its name check would fall back to the subject's common name, where only subjectAltName counts (RFC 9525 6.3). */
function verify(serverName: string, certificate: PeerCertificate): Error | undefined {
	if (!maySign(certificate.raw)) return new Error("the certificate's key usage does not include a server's signatures");
	return checkServerIdentity(serverName, { ...certificate, subject: {} as PeerCertificate["subject"] });
}

export class NodeSocket implements Socket {
	readonly #options: ConnectOptions;
	readonly #serverName: string;
	readonly #onClosed: () => void;
	readonly #certificate: ClientCertificate | undefined;
	#state: State = "connecting";
	#socket: TCPSocket | TLSSocket | undefined;
	#chunks: Uint8Array[] = [];
	#unread = 0;
	#ended = false;
	#timer: NodeJS.Timeout | undefined;

	/** onClosed: the descriptor is gone, whoever ended it. `certificate`: shown to a server that asks for one. */
	constructor(options: ConnectOptions, onClosed: () => void, certificate?: ClientCertificate) {
		if (options.host === "" || options.serverName === "") throw new Error("connect needs a host and a server name");
		if (!Number.isInteger(options.port) || options.port < 1 || options.port > 65_535) throw new RangeError("port out of range");
		this.#options = options;
		this.#onClosed = onClosed;
		this.#certificate = certificate;
		this.#serverName = isIP(options.serverName) ? options.serverName : domainToASCII(options.serverName);
		// An empty list of anchors would make Node fall back to its own list.
		if (options.anchors !== undefined && !options.anchors.includes("-----BEGIN CERTIFICATE-----")) {
			this.#failSoon({ reason: "unknown-ca", detail: "the trust anchors hold no certificate" });
		} else if (this.#serverName === "") {
			this.#failSoon({ reason: "dns", detail: `${options.serverName} is not a host name` });
		} else {
			this.#startTimer("no connection");
			const socket = connectTCP({ host: options.address ?? options.host, port: options.port });
			socket.setNoDelay(true);
			socket.setKeepAlive(true, 60_000);
			// TLS on top of it ends with it, and it with TLS.
			socket.once("close", onClosed);
			this.#listen(socket);
			socket.once("connect", () => this.#onConnect());
		}
	}

	read(): Uint8Array | undefined {
		if (this.#unread === 0 || this.#state === "closed") return undefined;
		const only = this.#chunks.length === 1 ? this.#chunks[0] : undefined;
		const bytes = only ?? new Uint8Array(this.#unread);
		if (only === undefined) {
			let at = 0;
			for (const chunk of this.#chunks) {
				bytes.set(chunk, at);
				at += chunk.length;
			}
		}
		this.#chunks = [];
		this.#unread = 0;
		if (this.#ended) this.#failSoon(ended);
		else this.#socket?.resume();
		return bytes;
	}

	write(bytes: Uint8Array): number {
		if (bytes.length > this.#room) throw new RangeError(`no room for ${bytes.length} bytes: ${this.#room} left`);
		const socket = this.#socket;
		if (bytes.length > 0) {
			// A copy: Node holds what it was given until it has left, and the buffer is the caller's.
			socket?.write(Uint8Array.from(bytes), (error) => {
				if (!error && socket === this.#socket && socket.writableLength === 0 && this.#room > 0) this.#options.onWritable(this.#room);
			});
		}
		return this.#room;
	}

	startTLS(): void {
		const tcp = this.#socket;
		if (this.#state !== "clear" || tcp === undefined) throw new Error("startTLS needs a clear connection");
		this.#secure(tcp, "no TLS");
	}

	channelBinding(type: string): Uint8Array | undefined {
		const socket = this.#socket;
		return this.#state === "secure" && socket instanceof TLSSocket ? channelBinding(socket, type) : undefined;
	}

	close(): void {
		if (this.#state === "closed") return;
		const stood = this.#state === "clear" || this.#state === "secure";
		this.#state = "closed";
		clearTimeout(this.#timer);
		this.#chunks = [];
		this.#unread = 0;
		const socket = this.#socket;
		if (socket === undefined) this.#onClosed();
		if (!stood || socket === undefined) {
			socket?.destroy();
			return;
		}
		socket.resume();
		socket.end();
		const timer = setTimeout(() => socket.destroy(), lingerMilliseconds);
		socket.once("close", () => clearTimeout(timer));
	}

	get #room(): number {
		if ((this.#state !== "clear" && this.#state !== "secure") || this.#socket === undefined) return 0;
		return Math.max(0, windowBytes - this.#socket.writableLength);
	}

	#onConnect(): void {
		const tcp = this.#socket;
		if (this.#state !== "connecting" || tcp === undefined) return;
		if (this.#options.tls === "direct") {
			this.#secure(tcp, undefined);
			return;
		}
		clearTimeout(this.#timer);
		this.#state = "clear";
		this.#options.onWritable(this.#room);
	}

	#secure(tcp: TCPSocket, timeout: string | undefined): void {
		if (timeout !== undefined) this.#startTimer(timeout);
		this.#state = "securing";
		// RFC 6120 5.3.4: what came in clear is not carried over.
		this.#detach(tcp);
		tcp.pause();
		while (tcp.read() !== null);
		this.#chunks = [];
		this.#unread = 0;
		const { alpn, anchors } = this.#options;
		const serverName = this.#serverName;
		const certificate = this.#certificate;
		try {
			const socket = connectTLS({
				socket: tcp,
				// SNI carries no addresses (RFC 6066 3).
				servername: isIP(serverName) ? "" : serverName,
				checkServerIdentity: (_host, certificate) => verify(serverName, certificate),
				rejectUnauthorized: true,
				minVersion: "TLSv1.2",
				// No chain with RSA below 2048 bits, curves below 224 or SHA-1 (OpenSSL's 112 bits).
				ciphers: `${DEFAULT_CIPHERS}:@SECLEVEL=2`,
				...(anchors === undefined ? {} : { ca: anchors }),
				...(certificate === undefined ? {} : { cert: certificate.chain, key: certificate.key }),
				...(alpn === undefined ? {} : { ALPNProtocols: [alpn] })
			});
			this.#listen(socket);
			socket.once("secureConnect", () => this.#onSecure(socket));
		} catch (error) {
			this.#failSoon(socketError(error, true));
		}
	}

	#onSecure(socket: TLSSocket): void {
		if (this.#state !== "securing") return;
		if (!socket.authorized) {
			this.#fail({ reason: "tls", detail: "the server is not verified" });
			return;
		}
		clearTimeout(this.#timer);
		this.#state = "secure";
		this.#options.onSecure();
		if (this.#room > 0) this.#options.onWritable(this.#room);
	}

	#listen(socket: TCPSocket): void {
		this.#socket = socket;
		socket.on("data", this.#onData);
		socket.on("end", this.#onEnd);
		socket.on("error", this.#onFailure);
		socket.on("close", this.#onEnd);
	}

	/** TLS takes the socket over; its failures arrive through TLS from now on. */
	#detach(socket: TCPSocket): void {
		socket.off("data", this.#onData);
		socket.off("end", this.#onEnd);
		socket.off("error", this.#onFailure);
		socket.off("close", this.#onEnd);
		socket.on("error", () => {});
	}

	readonly #onData = (chunk: Buffer): void => {
		if (this.#state === "closed") return;
		this.#chunks.push(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length));
		this.#unread += chunk.length;
		if (this.#unread >= windowBytes) this.#socket?.pause();
		this.#options.onReadable(this.#unread);
	};

	readonly #onEnd = (): void => {
		this.#ended = true;
		if (this.#unread === 0) this.#fail(ended);
	};

	readonly #onFailure = (error: unknown): void => {
		this.#fail(socketError(error, this.#state === "securing" || this.#state === "secure"));
	};

	#startTimer(what: string): void {
		clearTimeout(this.#timer);
		const seconds = connectMilliseconds / 1000;
		this.#timer = setTimeout(() => this.#fail({ reason: "timeout", detail: `${what} within ${seconds} seconds` }), connectMilliseconds);
	}

	#failSoon(error: SocketError): void {
		setImmediate(() => this.#fail(error));
	}

	#fail(error: SocketError): void {
		if (this.#state === "closed") return;
		this.#state = "closed";
		clearTimeout(this.#timer);
		this.#chunks = [];
		this.#unread = 0;
		if (this.#socket === undefined) this.#onClosed();
		else this.#socket.destroy();
		this.#options.onError(error);
	}
}
