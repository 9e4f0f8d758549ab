// A network in virtual time: latency, pieces, refusals, cuts at byte n. TLS is a flag; no byte is encrypted.
import type { ConnectOptions, Network, Socket, SocketError, SocketFailure } from "../../src/host.js";
import type { VirtualClock } from "./clock.js";
import type { Dice } from "./dice.js";

/** A connection as the server sees it. */
export interface Line {
	readonly options: ConnectOptions;
	/** True once TLS stands. */
	readonly secure: boolean;
	/** What only this connection has (RFC 9266), the same at both ends. */
	readonly exporter: Uint8Array;
	onBytes: (bytes: Uint8Array) => void;
	onClose: () => void;
	send(bytes: Uint8Array): void;
	/** The server is ready for TLS: what it sends from now on goes inside. */
	startTLS(): void;
	close(): void;
}

/** What goes wrong on one thing's way to the world. */
export class Faults {
	/** So many of the next connections fail, in this way. */
	refuse = 0;
	refusal: SocketFailure = "refused";
	/** TLS fails in this way. */
	tls: SocketFailure | undefined;
	/** How the certificate is judged, when there is a reason to refuse it. */
	judge: () => SocketFailure | undefined = () => undefined;
	/** Cut when so many bytes have left the thing, or reached it, over all its connections. */
	cutAfterSent = Number.POSITIVE_INFINITY;
	cutAfterReceived = Number.POSITIVE_INFINITY;
	sent = 0;
	received = 0;
	/** Largest piece in which bytes reach the thing. */
	piece = 1460;
}

const windowBytes = 16_384;
const ended: SocketError = Object.freeze({ reason: "closed", detail: "the server ended the connection" });

export class VirtualNetwork {
	#clock: VirtualClock;
	#dice: Dice;
	#listeners = new Map<string, (line: Line) => void>();
	/** One way, milliseconds; up to half as much again is added at random. */
	latency = 20;

	constructor(clock: VirtualClock, dice: Dice) {
		this.#clock = clock;
		this.#dice = dice;
	}

	listen(host: string, port: number, accept: (line: Line) => void): void {
		this.#listeners.set(`${host}:${port}`, accept);
	}

	close(host: string, port: number): void {
		this.#listeners.delete(`${host}:${port}`);
	}

	/** A thing's own way into it. */
	attach(faults = new Faults()): Attachment {
		return new Attachment(this.#clock, this.#dice, faults, () => this.latency, this.#listeners);
	}
}

export class Attachment implements Network {
	readonly faults: Faults;
	#clock: VirtualClock;
	#dice: Dice;
	#latency: () => number;
	#listeners: ReadonlyMap<string, (line: Line) => void>;
	#connections = new Set<Connection>();
	/** Every connection ever asked for. */
	readonly connects: ConnectOptions[] = [];

	constructor(
		clock: VirtualClock,
		dice: Dice,
		faults: Faults,
		latency: () => number,
		listeners: ReadonlyMap<string, (line: Line) => void>
	) {
		this.#clock = clock;
		this.#dice = dice;
		this.faults = faults;
		this.#latency = latency;
		this.#listeners = listeners;
	}

	connect(options: ConnectOptions): Socket {
		this.connects.push(options);
		const delay = () => this.#latency() + this.#dice.below(1 + this.#latency() / 2);
		const exporter = new Uint8Array(32).fill(this.connects.length);
		const connection = new Connection(this.#clock, delay, options, this.faults, exporter, () => this.#connections.delete(connection));
		this.#connections.add(connection);
		const accept = this.#listeners.get(`${options.host}:${options.port}`);
		if (this.faults.refuse > 0 || accept === undefined) {
			const reason = this.faults.refuse > 0 ? this.faults.refusal : "refused";
			if (this.faults.refuse > 0) this.faults.refuse--;
			connection.refuse({ reason, detail: `the world says ${reason}` });
		} else connection.open(accept);
		return connection.socket;
	}

	get open(): number {
		return this.#connections.size;
	}

	/** Cuts what stands now: both ends hear it. */
	cut(): void {
		for (const connection of [...this.#connections]) connection.cut();
	}

	/** The thing's power is gone: it hears nothing more, its peers see the connections end. */
	drop(): void {
		for (const connection of [...this.#connections]) connection.socket.close();
	}
}

class Connection {
	readonly socket: Socket;
	readonly #clock: VirtualClock;
	readonly #delay: () => number;
	readonly #options: ConnectOptions;
	readonly #faults: Faults;
	readonly #onGone: () => void;
	#line: Line;
	/** As the thing sees it. */
	#state: "connecting" | "clear" | "securing" | "secure" | "closed" = "connecting";
	#serverSecure = false;
	#serverOpen = false;
	#thingAsksTLS = false;
	#serverAsksTLS = false;
	#unread: Uint8Array[] = [];
	/** Bytes written by the thing that have not arrived. */
	#flying = 0;
	/** Nothing overtakes: the moments at which what was last sent each way arrives. */
	#arrivals = { up: 0, down: 0 };

	constructor(clock: VirtualClock, delay: () => number, options: ConnectOptions, faults: Faults, exporter: Uint8Array, onGone: () => void) {
		this.#clock = clock;
		this.#delay = delay;
		this.#options = options;
		this.#faults = faults;
		this.#onGone = onGone;
		const connection = this;
		this.socket = Object.freeze<Socket>({
			read: () => this.#read(),
			write: (bytes: Uint8Array) => this.#write(bytes),
			startTLS: () => this.#startTLS(),
			channelBinding: (type) => (type === "tls-exporter" && this.#state === "secure" ? exporter.slice() : undefined),
			close: () => this.#close()
		});
		this.#line = {
			options,
			exporter,
			get secure() {
				return connection.#serverSecure;
			},
			onBytes: () => {},
			onClose: () => {},
			send: (bytes) => this.#deliver(bytes),
			startTLS: () => {
				this.#serverAsksTLS = true;
				this.#shake();
			},
			close: () => {
				this.#serverOpen = false;
				this.#travel("down", () => this.#fail(ended));
			}
		};
	}

	refuse(error: SocketError): void {
		this.#travel("up", () => this.#travel("down", () => this.#fail(error)));
	}

	open(accept: (line: Line) => void): void {
		this.#travel("up", () => {
			if (this.#state === "closed") return;
			this.#serverOpen = true;
			this.#travel("down", () => {
				if (this.#state !== "connecting") return;
				if (this.#options.tls === "direct") {
					this.#thingAsksTLS = true;
					this.#serverAsksTLS = true;
					this.#state = "securing";
					this.#shake();
				} else {
					this.#state = "clear";
					this.#options.onWritable(this.#room);
				}
			});
			accept(this.#line);
		});
	}

	cut(): void {
		this.#hangUp();
		this.#fail({ reason: "closed", detail: "the world cut the connection" });
	}

	/** Bytes and news arrive after the latency, in order. */
	#travel(way: "up" | "down", arrive: () => void): void {
		const at = Math.max(this.#arrivals[way], this.#clock.now() + this.#delay());
		this.#arrivals[way] = at;
		this.#clock.after(at - this.#clock.now(), arrive);
	}

	get #room(): number {
		return this.#state === "clear" || this.#state === "secure" ? windowBytes - this.#flying : 0;
	}

	#read(): Uint8Array | undefined {
		if (this.#unread.length === 0) return undefined;
		const bytes = new Uint8Array(this.#unread.reduce((sum, { length }) => sum + length, 0));
		let at = 0;
		for (const piece of this.#unread) {
			bytes.set(piece, at);
			at += piece.length;
		}
		this.#unread = [];
		return bytes;
	}

	#write(bytes: Uint8Array): number {
		if (bytes.length > this.#room) throw new RangeError(`no room for ${bytes.length} bytes: ${this.#room} left`);
		if (bytes.length === 0) return this.#room;
		const faults = this.#faults;
		const left = faults.cutAfterSent - faults.sent;
		const sent = left < bytes.length ? bytes.slice(0, left) : bytes.slice();
		faults.sent += sent.length;
		this.#flying += sent.length;
		this.#travel("up", () => {
			this.#flying -= sent.length;
			if (this.#serverOpen) this.#line.onBytes(sent);
			if (this.#flying === 0 && this.#room > 0) this.#clock.after(0, () => this.#room > 0 && this.#options.onWritable(this.#room));
		});
		if (left <= bytes.length) {
			faults.cutAfterSent = Number.POSITIVE_INFINITY;
			this.#travel("up", () => this.cut());
		}
		return this.#room;
	}

	#deliver(bytes: Uint8Array): void {
		if (!this.#serverOpen) return;
		const secure = this.#serverSecure;
		for (let at = 0; at < bytes.length; at += this.#faults.piece) {
			const piece = bytes.slice(at, at + this.#faults.piece);
			this.#travel("down", () => this.#arrive(piece, secure));
		}
	}

	#arrive(piece: Uint8Array, secure: boolean): void {
		// What was sent in clear does not enter TLS (RFC 6120 5.3.4).
		if (this.#state === "closed" || this.#state === "securing" || secure !== (this.#state === "secure")) return;
		const faults = this.#faults;
		const left = faults.cutAfterReceived - faults.received;
		const kept = left < piece.length ? piece.slice(0, left) : piece;
		faults.received += kept.length;
		if (kept.length > 0) {
			this.#unread.push(kept);
			this.#options.onReadable(this.#unread.reduce((sum, { length }) => sum + length, 0));
		}
		if (left <= piece.length) {
			faults.cutAfterReceived = Number.POSITIVE_INFINITY;
			this.cut();
		}
	}

	#startTLS(): void {
		if (this.#state !== "clear") throw new Error("startTLS needs a clear connection");
		this.#state = "securing";
		this.#unread = [];
		this.#thingAsksTLS = true;
		this.#shake();
	}

	/** Two round trips, once both sides want it. */
	#shake(): void {
		if (!this.#thingAsksTLS || !this.#serverAsksTLS) return;
		const failure = this.#faults.tls ?? this.#faults.judge();
		this.#travel("up", () => {
			if (failure === undefined) this.#serverSecure = true;
			this.#travel("down", () => {
				if (this.#state !== "securing") return;
				if (failure !== undefined) {
					this.#hangUp();
					this.#fail({ reason: failure, detail: `the world says ${failure}` });
					return;
				}
				this.#state = "secure";
				this.#options.onSecure();
				if (this.#room > 0) this.#options.onWritable(this.#room);
			});
		});
	}

	#close(): void {
		if (this.#state === "closed") return;
		this.#state = "closed";
		this.#unread = [];
		this.#onGone();
		this.#travel("up", () => this.#hangUp());
	}

	/** The server sees the end. */
	#hangUp(): void {
		if (!this.#serverOpen) return;
		this.#serverOpen = false;
		this.#line.onClose();
	}

	#fail(error: SocketError): void {
		if (this.#state === "closed") return;
		this.#state = "closed";
		this.#unread = [];
		this.#onGone();
		this.#options.onError(error);
	}
}
