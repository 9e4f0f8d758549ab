// A network whose every event a test causes by hand.
import type { ConnectOptions, Network, Socket, SocketFailure } from "../../src/host.js";
import { decodeUTF8, encodeUTF8 } from "../../src/text/utf8.js";

export class FakeNetwork implements Network {
	readonly connections: FakeConnection[] = [];
	/** What connect() throws. */
	fault: Error | undefined;

	connect(options: ConnectOptions): Socket {
		if (this.fault !== undefined) throw this.fault;
		const connection = new FakeConnection(options);
		this.connections.push(connection);
		return connection;
	}

	/** The write of that number throws, both counted from 1, on the connection of that number. Returns how many were tried there. */
	breakAt(connection: number, broken: number): () => number {
		let writes = 0;
		const connect = this.connect.bind(this);
		this.connect = (options) => {
			const socket = connect(options);
			const write = socket.write.bind(socket);
			socket.write = (bytes) => {
				if (this.connections.length === connection && ++writes === broken) throw new Error("reset by peer");
				return write(bytes);
			};
			return socket;
		};
		return () => writes;
	}

	get last(): FakeConnection {
		const last = this.connections[this.connections.length - 1];
		if (last === undefined) throw new Error("nobody connected");
		return last;
	}
}

/** One connection: the Socket for the firmware, the other end for the test. */
export class FakeConnection implements Socket {
	readonly options: ConnectOptions;
	isClosed = false;
	startedTLS = false;
	/** Bytes taken until drain(); undefined takes any number. */
	room: number | undefined;
	/** What only this connection has, by type. */
	readonly bindings: Record<string, Uint8Array> = {};
	#incoming: Uint8Array[] = [];
	#sent: Uint8Array[] = [];

	constructor(options: ConnectOptions) {
		this.options = options;
	}

	read(): Uint8Array | undefined {
		return this.#incoming.shift();
	}

	write(bytes: Uint8Array): number {
		if (this.isClosed) throw new Error("written after close()");
		if (this.room !== undefined) {
			if (bytes.length > this.room) throw new RangeError("no room");
			this.room -= bytes.length;
		}
		this.#sent.push(bytes.slice());
		return this.room ?? 65_536;
	}

	channelBinding(type: string): Uint8Array | undefined {
		return this.bindings[type];
	}

	startTLS(): void {
		this.startedTLS = true;
		this.#incoming = [];
	}

	close(): void {
		if (this.isClosed) throw new Error("closed twice");
		this.isClosed = true;
	}

	/** The connection stands, or there is room again. */
	writable(count = 65_536): void {
		if (this.room !== undefined) this.room = count;
		this.options.onWritable(count);
	}

	secures(): void {
		this.options.onSecure();
	}

	/** Bytes are there, whether anybody reads them or not. */
	arrives(text: string): void {
		this.#incoming.push(encodeUTF8(text));
	}

	receives(text: string): void {
		this.arrives(text);
		this.options.onReadable(text.length);
	}

	fails(reason: SocketFailure, detail = "broken"): void {
		this.options.onError({ reason, detail });
	}

	/** What was sent since the last time. */
	take(): string {
		const text = this.#sent.map((bytes) => decodeUTF8(bytes)).join("");
		this.#sent = [];
		return text;
	}
}
