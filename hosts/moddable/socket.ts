// One connection: the SDK's TCP below, mbedTLS above it. The server is always verified; nothing turns that off.
import TCP from "embedded:io/socket/tcp";
import Timer from "timer";
import type { ConnectOptions, Socket, SocketError } from "../../src/host.js";
import { messageOf } from "../../src/text/message.js";
import { isIPv4, isName } from "./address.js";
import { closed, failed, open, TLS, type Trust } from "./tls/tls.js";

/** Bytes moved at once, in either direction. */
const pieceBytes = 1024;
/** For TCP, and for TLS. */
const connectMilliseconds = 15_000;

const ended: SocketError = Object.freeze({ reason: "closed", detail: "the server ended the connection" });

const enum State {
	connecting,
	clear,
	securing,
	secure,
	closed
}

export interface SocketOptions extends ConnectOptions {
	/** Throws where the anchors hold no certificate. */
	readonly trust: (anchors: string | undefined) => Trust;
	/** Milliseconds since 1970: what certificates are judged by. */
	readonly now: () => number;
	/** It is gone, whoever ended it. */
	readonly onClosed: () => void;
}

export class ModdableSocket implements Socket {
	readonly #options: SocketOptions;
	readonly #piece = new Uint8Array(pieceBytes);
	#state = State.connecting;
	#tcp: TCP | undefined;
	#tls: TLS | undefined;
	#trust: Trust | undefined;
	/** Of the sessions of TLS, those that were seen. */
	#sessions = 0;
	/** Bytes that TCP has for us, and those that it takes. */
	#available = 0;
	#room = 0;
	/** Taken from TCP, not yet all taken by TLS. */
	#pending: Uint8Array | undefined;
	#pendingAt = 0;
	/** TCP has ended; what it brought is still read. */
	#ended = false;
	/** Within one of our callbacks, which looks after TLS when it is done. */
	#running = false;
	#timer: Timer | undefined;

	constructor(options: SocketOptions) {
		const { host, address = host, port, serverName } = options;
		if (host === "" || serverName === "") throw new Error("connect needs a host and a server name");
		if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new RangeError("port out of range");
		this.#options = options;
		if (!isName(serverName)) this.#failSoon({ reason: "dns", detail: `"${serverName}" is not a host name in ASCII` });
		else if (!isIPv4(address)) this.#failSoon({ reason: "dns", detail: `${address} is no IPv4 address` });
		else this.#connect(address);
	}

	read(): Uint8Array | undefined {
		if (this.#state === State.clear) return this.#fromTCP();
		if (this.#state !== State.secure) return undefined;
		const connection = this.#tls!;
		for (;;) {
			const count = connection.read(this.#piece);
			if (count > 0) return this.#piece.slice(0, count);
			if (!this.#feed()) break;
		}
		if (!this.#running) this.#soon(() => this.#settle());
		return undefined;
	}

	write(bytes: Uint8Array): number {
		const room = this.#roomNow();
		if (bytes.length > room) throw new RangeError(`no room for ${bytes.length} bytes: ${room} left`);
		if (bytes.length === 0) return room;
		const connection = this.#tls;
		if (connection === undefined) {
			this.#toTCP(bytes);
			return this.#room;
		}
		for (let at = 0; at < bytes.length; ) {
			const count = connection.write(bytes, at);
			// TLS has failed since: #settle says so.
			if (count === 0) break;
			at += count;
			this.#flush();
		}
		return this.#roomNow();
	}

	startTLS(): void {
		if (this.#state !== State.clear) throw new Error("startTLS needs a clear connection");
		// RFC 6120 5.3.4: what came in clear is not carried over.
		while (this.#fromTCP() !== undefined);
		this.#startTimer("no TLS");
		this.#soon(() => this.#secure());
		this.#state = State.securing;
	}

	channelBinding(type: string): Uint8Array | undefined {
		const bytes = this.#state === State.secure ? this.#tls!.channelBinding(type) : undefined;
		return bytes === undefined ? undefined : new Uint8Array(bytes);
	}

	close(): void {
		if (this.#state === State.secure) {
			this.#tls?.end();
			this.#flush();
		}
		this.#end();
	}

	#roomNow(): number {
		if (this.#state === State.clear) return this.#room;
		return this.#state === State.secure ? this.#tls!.room : 0;
	}

	#connect(address: string): void {
		this.#startTimer("no connection");
		try {
			this.#tcp = new TCP({
				address,
				port: this.#options.port,
				nodelay: true,
				onReadable: this.#onReadable,
				onWritable: this.#onWritable,
				onError: this.#onError
			});
		} catch (error) {
			this.#failSoon({ reason: "refused", detail: messageOf(error) });
		}
	}

	// Fields, so that they live as long as this: the SDK may call them once more after close().
	readonly #onReadable = (count: number): void => {
		this.#available = count;
		this.#run(() => this.#received());
	};

	readonly #onWritable = (count: number): void => {
		this.#room = count;
		this.#run(() => this.#writable());
	};

	readonly #onError = (): void => {
		this.#ended = true;
		this.#run(() => {
			if (this.#state === State.connecting) this.#fail({ reason: "refused", detail: `nobody answers at port ${this.#options.port}` });
			else this.#received();
		});
	};

	#writable(): void {
		if (this.#state === State.connecting) {
			if (this.#options.tls === "direct") {
				this.#state = State.securing;
				this.#secure();
				return;
			}
			this.#clearTimer();
			this.#state = State.clear;
		} else this.#flush();
		const room = this.#roomNow();
		if (room > 0) this.#options.onWritable(room);
	}

	/** Something came, or the end. */
	#received(): void {
		while (this.#state === State.securing && this.#feed()) this.#shake();
		if (this.#state === State.clear || this.#state === State.secure) {
			const count = this.#available + (this.#pending === undefined ? 0 : this.#pending.length - this.#pendingAt);
			if (count > 0) this.#options.onReadable(count);
		}
	}

	#secure(): void {
		if (this.#state !== State.securing || this.#tls !== undefined) return;
		const { anchors, trust, serverName, tls: kind, alpn, now } = this.#options;
		try {
			this.#trust = trust(anchors);
		} catch (error) {
			this.#fail({ reason: "unknown-ca", detail: `trust anchors: ${messageOf(error)}` });
			return;
		}
		// XEP-0368 4: ALPN is of direct TLS; who asks for it gets it.
		this.#tls = new TLS(this.#trust, serverName, kind === "direct" ? alpn : undefined, Math.floor(now() / 1000));
		this.#shake();
		// What came before TLS was there is judged by it too.
		this.#received();
	}

	/** A step of the handshake. */
	#shake(): void {
		this.#flush();
		if (this.#state !== State.securing || this.#tls?.state !== open) return;
		this.#clearTimer();
		this.#state = State.secure;
		this.#options.onSecure();
		const room = this.#roomNow();
		if (room > 0) this.#options.onWritable(room);
	}

	/** Moves bytes from TCP to TLS; false when none could be. */
	#feed(): boolean {
		const connection = this.#tls;
		if (connection === undefined) return false;
		if (this.#pending === undefined) {
			this.#pending = this.#fromTCP();
			this.#pendingAt = 0;
			if (this.#pending === undefined) return false;
		}
		const count = connection.receive(this.#pending, this.#pendingAt);
		this.#pendingAt += count;
		if (this.#pendingAt === this.#pending.length) this.#pending = undefined;
		this.#flush();
		return count > 0;
	}

	#fromTCP(): Uint8Array | undefined {
		if (this.#available === 0) return undefined;
		const count = Math.min(this.#available, pieceBytes);
		this.#available -= count;
		return new Uint8Array(this.#tcp!.read(count) as ArrayBuffer);
	}

	#toTCP(bytes: Uint8Array): void {
		this.#room -= bytes.length;
		this.#tcp!.write(bytes);
	}

	/** What TLS has to say, as far as TCP takes it. */
	#flush(): void {
		const connection = this.#tls;
		while (connection !== undefined && this.#room > 0 && !this.#ended) {
			const count = connection.send(this.#piece, Math.min(pieceBytes, this.#room));
			if (count === 0) break;
			this.#toTCP(this.#piece.subarray(0, count));
		}
	}

	/** Looks whether it has ended, once everything that came was read. */
	#settle(): void {
		if (this.#state === State.closed || this.#state === State.connecting) return;
		const connection = this.#tls;
		if (connection !== undefined && connection.sessions !== this.#sessions) {
			this.#sessions = connection.sessions;
			this.#trust?.keep(connection);
		}
		if (this.#ended && this.#available === 0 && this.#pending === undefined) {
			if (connection === undefined) this.#fail(ended);
			else connection.ended();
		}
		if (connection === undefined || this.#tls === undefined) return;
		if (connection.state === failed) {
			this.#flush();
			this.#fail({ reason: connection.reason, detail: connection.detail });
		} else if (connection.state === closed) this.#fail(ended);
	}

	/** Every entry from the engine: what is thrown here would end the machine. */
	#run(step: () => void): void {
		if (this.#state === State.closed) return;
		const outer = this.#running;
		this.#running = true;
		try {
			step();
			if (!outer) this.#settle();
		} catch (error) {
			this.#broken(error);
		} finally {
			this.#running = outer;
		}
	}

	#broken(error: unknown): void {
		try {
			this.#fail({ reason: this.#tls === undefined ? "closed" : "tls", detail: messageOf(error) });
		} catch {
			// Nobody is left to tell.
		}
	}

	#startTimer(what: string): void {
		this.#clearTimer();
		this.#timer = Timer.set(() => {
			this.#timer = undefined;
			const detail = `${what} within ${connectMilliseconds / 1000} seconds`;
			this.#run(() => this.#fail({ reason: "timeout", detail }));
		}, connectMilliseconds);
	}

	#clearTimer(): void {
		Timer.clear(this.#timer);
		this.#timer = undefined;
	}

	#soon(step: () => void): void {
		Timer.set(() => this.#run(step), 0);
	}

	#failSoon(error: SocketError): void {
		this.#soon(() => this.#fail(error));
	}

	#fail(error: SocketError): void {
		if (this.#state === State.closed) return;
		this.#end();
		this.#options.onError(error);
	}

	#end(): void {
		if (this.#state === State.closed) return;
		this.#state = State.closed;
		this.#clearTimer();
		this.#pending = undefined;
		this.#tls?.free();
		this.#tls = undefined;
		this.#tcp?.close();
		this.#options.onClosed();
	}
}
