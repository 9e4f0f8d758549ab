// TLS by mbedTLS between memory buffers, for sockets of the chip and of the Moddable simulator; tls.h says what each call does.
import type { SocketFailure } from "../../../src/host.js";

/** XS turns these two into functions of tlsXS.c when it compiles this file. */
declare function Native(name: string): new () => object;
declare function native<Result>(name: string): (...values: unknown[]) => Result;

export const handshaking = 0;
export const open = 1;
/** Orderly: the other side ended it and all it sent was read, or close() was called. */
export const closed = 2;
/** `reason` and `detail` say why. */
export const failed = 3;

/** Trust anchors and, optionally, a client's certificate with its key: PEM or DER, parsed once for all connections. */
export class Trust extends Native("xs_tls_trust_destructor") {
	constructor(anchors: Uint8Array, certificate?: Uint8Array, key?: Uint8Array) {
		super();
		native("xs_tls_trust").call(this, anchors, certificate, key);
	}
	/** Keeps the newest session of an open connection, for the next one to the same server. */
	keep(connection: TLS): void {
		native("xs_tls_trust_keep").call(this, connection);
	}
}

/** One connection: bytes of the socket go in by receive() and out by send(), clear ones in by write() and out by read(). */
export class TLS extends Native("xs_tls_destructor") {
	/** `seconds` since 1970 by the clock that certificates are judged by. Offers the session that `trust` keeps, which then has it no more. */
	constructor(trust: Trust, serverName: string, alpn: string | undefined, seconds: number) {
		super();
		native("xs_tls").call(this, trust, serverName, alpn, seconds);
	}
	/** Frees all of it; every other call throws afterwards. Not an orderly end: that is end(). */
	free(): void {
		native("xs_tls_free").call(this);
	}
	/** How many of the socket's bytes were taken, from `start` on; fewer than there are: read() and send() first. */
	receive(bytes: Uint8Array, start: number): number {
		return native<number>("xs_tls_receive").call(this, bytes, start);
	}
	/** Fills `bytes` for the socket: how many it gave, at most `most`. */
	send(bytes: Uint8Array, most: number): number {
		return native<number>("xs_tls_send").call(this, bytes, most);
	}
	/** The socket has ended. */
	ended(): void {
		native("xs_tls_ended").call(this);
	}
	/** Fills `bytes` with clear text: how many, 0 when there is none now. */
	read(bytes: Uint8Array): number {
		return native<number>("xs_tls_read").call(this, bytes);
	}
	/** Takes clear text from `start` on: how many, at most `room`. */
	write(bytes: Uint8Array, start: number): number {
		return native<number>("xs_tls_write").call(this, bytes, start);
	}
	/** Says close_notify; what it takes is in send(). */
	end(): void {
		native("xs_tls_end").call(this);
	}
	channelBinding(type: string): ArrayBuffer | undefined {
		return native<ArrayBuffer | undefined>("xs_tls_channelBinding").call(this, type);
	}
	get state(): number {
		return native<number>("xs_tls_get_state").call(this);
	}
	/** How many bytes write() takes now. */
	get room(): number {
		return native<number>("xs_tls_get_room").call(this);
	}
	/** How often there was a session worth keeping. */
	get sessions(): number {
		return native<number>("xs_tls_get_sessions").call(this);
	}
	get reason(): SocketFailure {
		return native<SocketFailure>("xs_tls_get_reason").call(this);
	}
	/** For a person's log; holds no secret. */
	get detail(): string {
		return native<string>("xs_tls_get_detail").call(this);
	}
}
