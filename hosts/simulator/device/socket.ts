// A connection whose other half is in the program that started the simulator: what was received waits there.
import type { ConnectOptions, Socket, SocketError } from "../../../src/host.js";
import { Op, type Simulator } from "./native.js";

export class SimulatorSocket implements Socket {
	readonly id: number;
	#simulator: Simulator;
	#options: ConnectOptions;
	#onEnd: (socket: SimulatorSocket) => void;
	#written = 0;
	/** Bytes that may be written in all, as the other side last said. */
	#allowed = 0;

	/** onEnd: nothing more comes for it. */
	constructor(id: number, options: ConnectOptions, simulator: Simulator, onEnd: (socket: SimulatorSocket) => void) {
		this.id = id;
		this.#simulator = simulator;
		this.#options = options;
		this.#onEnd = onEnd;
		// No anchors: they are the other side's, as on the chip they lie in flash.
		const { host, address, port, tls, serverName, alpn } = options;
		simulator.send(Op.connect, id, JSON.stringify({ host, address, port, tls, serverName, alpn }));
	}

	/** A part of what waits, as a chip's network stack gives it; undefined when that was all. */
	read(): Uint8Array | undefined {
		const bytes = this.#simulator.ask(Op.read, this.id) as ArrayBuffer | undefined;
		return bytes === undefined ? undefined : new Uint8Array(bytes);
	}

	write(bytes: Uint8Array): number {
		const room = this.#allowed - this.#written;
		if (bytes.length > room) throw new RangeError(`no room for ${bytes.length} bytes: ${room} left`);
		this.#written += bytes.length;
		this.#simulator.send(Op.write, this.id, bytes);
		return this.#allowed - this.#written;
	}

	channelBinding(type: string): Uint8Array | undefined {
		const bytes = this.#simulator.ask(Op.channelBinding, this.id, type) as ArrayBuffer | undefined;
		return bytes === undefined ? undefined : new Uint8Array(bytes);
	}

	startTLS(): void {
		this.#allowed = this.#written;
		this.#simulator.send(Op.startTLS, this.id);
	}

	close(): void {
		this.#simulator.send(Op.close, this.id);
		this.#onEnd(this);
	}

	/** What comes for it: a number for readable, writable and secure, an error as JSON for failed. */
	receive(op: Op, value: ArrayBuffer | string | undefined): void {
		switch (op) {
			case Op.readable:
				this.#options.onReadable(Number(value));
				break;
			case Op.writable:
				this.#allowed = Number(value);
				if (this.#allowed > this.#written) this.#options.onWritable(this.#allowed - this.#written);
				break;
			case Op.secure:
				this.#allowed = Number(value);
				this.#options.onSecure();
				break;
			case Op.failed:
				this.#onEnd(this);
				this.#options.onError(JSON.parse(value as string) as SocketError);
		}
	}
}
