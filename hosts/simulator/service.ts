// What the device asks for by frames, done by a host: sockets, storage, crypto, randomness, sensors.
import type { ConnectOptions, HashName, Host, SensorValue, Socket, SocketError } from "../../src/host.js";
import { Op, Store } from "./device/native.js";
import { type FrameWriter, readParts, type Value } from "./frames.js";

/** Bytes of one read(): as many as a chip's network stack hands over at once (a segment of TCP). */
const segmentBytes = 1024;
const askBytesMost = 65_536;
/** Of one name: more is not worth a chip's heap. */
const foundMost = 32;
const nothing = new Uint8Array(0);

/** What the device can ask about names, where its host here can. */
export const lookUpKinds = Object.freeze(["resolve", "services", "discover"] as const);

/** One connection: what was received waits here and in the host's socket, whose window is bounded. */
class Connection {
	readonly #writer: FrameWriter;
	readonly #id: number;
	readonly #socket: Socket;
	readonly #onFailed: () => void;
	#unread: Uint8Array = nothing;
	#told = false;
	#received = 0;
	#closed = false;

	constructor(host: Host, id: number, wanted: ConnectOptions, writer: FrameWriter, onFailed: () => void) {
		this.#writer = writer;
		this.#id = id;
		this.#onFailed = onFailed;
		this.#socket = host.network.connect({
			...wanted,
			onReadable: (count) => {
				// One notice until the device has read: it would pile up in front of one that is busy.
				if (!this.#told) writer.send(Op.readable, id, String(count));
				this.#told = true;
			},
			onWritable: (count) => writer.send(Op.writable, id, String(this.#received + count)),
			// With the room that there is now: the device may write at once.
			onSecure: () => writer.send(Op.secure, id, String(this.#received + this.#socket.write(nothing))),
			onError: (error) => this.fail(error.reason, error.detail)
		});
	}

	read(): Uint8Array | undefined {
		if (this.#unread.length === 0) {
			this.#told = false;
			this.#unread = (this.#closed ? undefined : this.#socket.read()) ?? this.#unread;
		}
		if (this.#unread.length === 0) return undefined;
		const part = this.#unread.subarray(0, segmentBytes);
		this.#unread = this.#unread.subarray(part.length);
		return part;
	}

	write(bytes: Uint8Array): void {
		this.#received += bytes.length;
		if (!this.#closed) this.#socket.write(bytes);
	}

	channelBinding(type: string): Uint8Array | undefined {
		return this.#closed ? undefined : this.#socket.channelBinding?.(type);
	}

	startTLS(): void {
		this.#unread = nothing;
		this.#told = false;
		if (!this.#closed) this.#socket.startTLS();
	}

	close(): void {
		if (!this.#closed) this.#socket.close();
		this.#closed = true;
	}

	fail(reason: string, detail: string): void {
		if (this.#closed) return;
		this.#closed = true;
		this.#writer.send(Op.failed, this.#id, JSON.stringify({ reason, detail }));
		this.#onFailed();
	}
}

export class Service {
	readonly #host: Host;
	readonly #writer: FrameWriter;
	readonly #anchors: string | undefined;
	readonly #connections = new Map<number, Connection>();

	constructor(host: Host, writer: FrameWriter, anchors: string | undefined) {
		this.#host = host;
		this.#writer = writer;
		this.#anchors = anchors;
	}

	/** Throws when the device says what it cannot mean. */
	receive(op: Op, id: number, body: Buffer): void {
		const writer = this.#writer;
		switch (op) {
			case Op.connect:
				this.#connect(id, JSON.parse(body.toString()) as ConnectOptions);
				break;
			case Op.write:
				this.#connections.get(id)?.write(body);
				break;
			case Op.startTLS:
				this.#connections.get(id)?.startTLS();
				break;
			case Op.close:
				this.#connections.get(id)?.close();
				this.#connections.delete(id);
				break;
			case Op.sample:
				this.#host.sensors.sample(body.toString(), (error, value) => writer.send(Op.sampled, id, JSON.stringify({ error, value })));
				break;
			case Op.actuate: {
				const { name, value } = JSON.parse(body.toString()) as { name: string; value: SensorValue };
				const done = (error: string | undefined): void => writer.send(Op.actuated, id, JSON.stringify({ error }));
				if (this.#host.actuators === undefined) done("there are no actuators");
				else this.#host.actuators.set(name, value, done);
				break;
			}
			case Op.sticker:
				this.#host.display?.sticker(body.toString());
				break;
			case Op.log:
				this.#host.log?.(body.toString());
				break;
			case Op.lookUp:
				this.#lookUp(id, JSON.parse(body.toString()) as { kind: string; name: string });
				break;
			default:
				writer.send(Op.answer, id, this.#answer(op, body));
		}
	}

	close(): void {
		for (const connection of this.#connections.values()) connection.close();
		this.#connections.clear();
	}

	#connect(id: number, { host, address, port, tls, serverName, alpn }: ConnectOptions): void {
		try {
			const wanted = { host, address, port, tls, serverName, alpn, anchors: this.#anchors } as ConnectOptions;
			const forget = (): void => {
				// What it received can still be read: the device closes nothing that failed.
				setImmediate(() => this.#connections.delete(id));
			};
			this.#connections.set(id, new Connection(this.#host, id, wanted, this.#writer, forget));
		} catch (error) {
			this.#writer.send(Op.failed, id, JSON.stringify({ reason: "refused", detail: (error as Error).message }));
		}
	}

	#lookUp(id: number, { kind: wanted, name }: { kind: string; name: string }): void {
		const found = (error: SocketError | undefined, list: readonly unknown[]): void =>
			this.#writer.send(Op.found, id, JSON.stringify({ error, list: list.slice(0, foundMost) }));
		const { network } = this.#host;
		try {
			const kind = lookUpKinds.find((each) => each === wanted);
			if (kind === undefined || network[kind] === undefined) throw new Error(`nobody looks up ${wanted}`);
			network[kind](name, found);
		} catch (error) {
			found({ reason: "dns", detail: (error as Error).message }, []);
		}
	}

	#answer(op: Op, body: Buffer): Value {
		const { crypto, memory } = this.#host;
		const { number, parts } = readParts(body);
		const storage = number === Store.memory && memory !== undefined ? memory : this.#host.storage;
		const [first = Buffer.alloc(0), second = Buffer.alloc(0), third] = parts;
		const hash: HashName = number === 1 ? "SHA-1" : "SHA-256";
		try {
			switch (op) {
				case Op.read:
					return this.#connections.get(number)?.read();
				case Op.channelBinding:
					return this.#connections.get(number)?.channelBinding(first.toString());
				case Op.storageRead:
					return storage.read(first.toString());
				case Op.storageWrite:
					storage.write(first.toString(), second);
					return undefined;
				case Op.storageDelete:
					storage.delete(first.toString());
					return undefined;
				case Op.storageList:
					return storage.list(first.toString()).join("\n");
				case Op.digest:
					return crypto.digest(hash, first);
				case Op.hmac:
					return crypto.hmac(hash, first, second);
				case Op.pbkdf2:
					return crypto.pbkdf2(hash, first, second, Number(third));
				case Op.random:
					return this.#host.random(Math.min(number, askBytesMost));
				default:
					return new Error(`nobody knows what ${op} is`);
			}
		} catch (error) {
			return error as Error;
		}
	}
}
