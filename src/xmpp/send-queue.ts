// Bytes on their way into a socket that says how much it takes.
import type { Socket } from "../host.js";
import { limits } from "../limits.js";

export class SendQueue {
	#chunks: Uint8Array[] = [];
	#length = 0;
	#room = 0;
	#busy = false;

	/** What the socket takes now. */
	set room(count: number) {
		this.#room = count;
	}

	/** Time to listen no more until some of it has left. */
	get full(): boolean {
		return this.#length > limits.unsentBytes;
	}

	/** False when there is no room: whoever reads so little is given up. */
	push(bytes: Uint8Array): boolean {
		if (this.#length + bytes.length > limits.queuedBytes) return false;
		this.#chunks.push(bytes);
		this.#length += bytes.length;
		return true;
	}

	clear(): void {
		this.#chunks = [];
		this.#length = 0;
	}

	/** Never more than there is room for: a socket throws on that. */
	flush(socket: Socket | undefined): void {
		if (this.#busy) return;
		this.#busy = true;
		try {
			while (socket && this.#room > 0) {
				const bytes = this.#chunks[0];
				if (!bytes) break;
				const part = bytes.length <= this.#room ? bytes : bytes.subarray(0, this.#room);
				if (part === bytes) this.#chunks.shift();
				else this.#chunks[0] = bytes.subarray(this.#room);
				this.#length -= part.length;
				this.#room = socket.write(part);
			}
		} finally {
			this.#busy = false;
		}
	}
}
