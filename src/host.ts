// What stands under the firmware: sockets, clock, storage, sensors. Types only; hosts/* implement them.

/** Why a connection ended or never stood; the session picks its pause and its log line by it. */
export type SocketFailure =
	| "dns" // the name did not resolve
	| "refused" // nobody listens there, or no route
	| "closed" // the peer closed, orderly or not
	| "timeout"
	| "unknown-ca" // the chain does not end in one of our anchors
	| "wrong-name" // the certificate is for another host
	| "expired"
	| "not-yet-valid"
	| "tls"; // anything else TLS refused

/** Thrown and reported by sockets. `detail` is for a person's log and never holds a secret. */
export interface SocketError {
	readonly reason: SocketFailure;
	readonly detail: string;
}

export interface ConnectOptions {
	/** Name or address to open. */
	readonly host: string;
	/** What resolve() said of `host`: opened in its place. */
	readonly address?: string;
	readonly port: number;
	/** "direct": TLS from byte 0 (XEP-0368); "starttls": clear until startTLS(). */
	readonly tls: "direct" | "starttls";
	/** SNI and the name that the certificate must carry: the domain part of the JID, never the SRV target. */
	readonly serverName: string;
	readonly alpn?: string;
	/** PEM text of the trust anchors; undefined takes the host's own. Verification has no off switch. */
	readonly anchors?: string;
	/** Bytes are there to read(). */
	readonly onReadable: (count: number) => void;
	/** There is room to write; `count` bytes of it. First called when the connection stands (TLS too, if direct). */
	readonly onWritable: (count: number) => void;
	/** TLS stands, certificate verified. */
	readonly onSecure: () => void;
	/** Once, then nothing. */
	readonly onError: (error: SocketError) => void;
}

export interface Socket {
	/** Bytes received, or undefined when there are none. */
	read(): Uint8Array | undefined;
	/** Takes all of `bytes` and keeps none of the buffer; returns the room left. Throws when more is written than there was room for. */
	write(bytes: Uint8Array): number;
	/**
	 * What only this TLS connection has: of type "tls-exporter" (RFC 9266), "tls-server-end-point" or "tls-unique" (RFC 5929, not of TLS 1.3);
	 * undefined where there is none or the host cannot tell.
	 */
	channelBinding?(type: string): Uint8Array | undefined;
	/** Begins TLS; unread clear text is dropped (RFC 6120 5.3.4). onSecure follows. */
	startTLS(): void;
	/** Ends it; no callback follows. */
	close(): void;
}

/** One SRV record (RFC 2782). */
export interface ServiceRecord {
	/** Host name without the last dot; "." where the service is decidedly not available. */
	readonly target: string;
	readonly port: number;
	/** 0 to 65,535; the lowest is tried first. */
	readonly priority: number;
	/** 0 to 65,535; share among those of one priority. */
	readonly weight: number;
}

/** Look-ups call back once, now or later: with an error where nobody answered, with an empty list where there is nothing. */
export interface Network {
	connect(options: ConnectOptions): Socket;
	/** Addresses of a name, IPv4 and IPv6, best first. Without it connect() resolves, and which addresses it takes is the host's affair. */
	resolve?(name: string, onAddresses: (error: SocketError | undefined, addresses: readonly string[]) => void): void;
	/** SRV records of a name such as _xmpp-client._tcp.example.org, in any order. */
	services?(name: string, onRecords: (error: SocketError | undefined, records: readonly ServiceRecord[]) => void): void;
	/** What says by multicast (RFC 6763) that it serves _xmpp-client._tcp.local, say; targets are addresses. Only hosts that were told to look have it. */
	discover?(service: string, onRecords: (error: SocketError | undefined, records: readonly ServiceRecord[]) => void): void;
	/**
	 * User name of the account that the host's own client certificate is for, which it shows in TLS to who asks (XEP-0178). Its key is the
	 * host's, as in a secure element: the firmware logs in by it (EXTERNAL) and has no password.
	 */
	readonly account?: string;
	/** Calls back whenever the link (a cable, Wi-Fi) is gone or is there again, so that nobody waits to find out; a later listener replaces this one. */
	onLink?(callback: (up: boolean) => void): void;
}

/** Synchronous, atomic per key. Keys of at most 15 characters of [a-z0-9._-] (NVS). */
export interface Storage {
	/** Largest value in bytes. */
	readonly valueLimit: number;
	read(key: string): Uint8Array | undefined;
	/** Throws when the value cannot be stored; the old value stands then. */
	write(key: string, bytes: Uint8Array): void;
	delete(key: string): void;
	list(prefix: string): string[];
}

export interface Clock {
	/** Milliseconds since 1970 UTC. */
	now(): number;
	/** `trusted`: somebody who knows said so; else it is the best guess. A host without it keeps its own time. */
	set?(milliseconds: number, trusted: boolean): void;
	/** False while the time is a guess (no RTC, no SNTP yet). */
	readonly trusted: boolean;
}

export type HashName = "SHA-1" | "SHA-256";

/** Synchronous, native. */
export interface Crypto {
	digest(hash: HashName, data: Uint8Array): Uint8Array;
	hmac(hash: HashName, key: Uint8Array, data: Uint8Array): Uint8Array;
	pbkdf2(hash: HashName, password: Uint8Array, salt: Uint8Array, iterations: number): Uint8Array;
	/** Constant time for equal lengths. */
	equal(a: Uint8Array, b: Uint8Array): boolean;
}

/** What a sensor gives: a number is rounded to the field's decimals by the firmware. */
export type SensorValue = number | string | boolean;

export interface Sensors {
	/** Always answers by callback, exactly once: a reading can take a second or fail. */
	sample(name: string, callback: (error: string | undefined, value?: SensorValue) => void): void;
}

export interface Actuators {
	set(name: string, value: SensorValue, callback: (error: string | undefined) => void): void;
}

/** One step of the thing's life, for a log or a test. Never holds a secret; the sticker carries no KEY. */
export interface ThingEvent {
	readonly event: string;
	readonly [detail: string]: unknown;
}

/** One frozen object. What a host lacks it leaves undefined. */
export interface Host {
	readonly network: Network;
	readonly storage: Storage;
	/** What is kept while the board sleeps and is lost with its power: as secret as what is said. */
	readonly memory?: Storage;
	readonly clock: Clock;
	/** The one timer: calls back once after `milliseconds`; a second set() replaces the first. */
	readonly timer: { set(milliseconds: number, callback: () => void): void; clear(): void };
	/** Cryptographically strong. A plain function, which is handed on. */
	readonly random: (count: number) => Uint8Array;
	readonly crypto: Crypto;
	readonly sensors: Sensors;
	readonly actuators?: Actuators;
	/** Shows the sticker, KEY included: only to a person in front of the thing. */
	readonly display?: { sticker(uri: string): void };
	/** Within reach of who stands in front of the thing. Each press and release is told. */
	readonly button?: { watch(onChange: (pressed: boolean) => void): void };
	/** For his eyes. */
	readonly light?: { set(on: boolean): void };
	event(event: ThingEvent): void;
	log?(text: string): void;
}
