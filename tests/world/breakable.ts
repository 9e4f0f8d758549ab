// The wire of a thing on any stage: what is said on it can be lost before it is cut, as with a router that dies.
import type { ConnectOptions, Network, Socket } from "../../src/host.js";

/** More than a thing writes at once. */
const ROOM = 16_384;

export class BreakableWire {
	#muted = false;
	#deaf = false;
	#break: () => void = () => {};

	/** What the thing says reaches nobody any more, until the cut. */
	mute(): void {
		this.#muted = true;
	}

	/** What is said to the thing does not arrive any more, until the cut. */
	deafen(): void {
		this.#deaf = true;
	}

	/** The wire is torn: the socket goes, the firmware hears of it. */
	cut(): void {
		this.#break();
	}

	wrap(network: Network): Network {
		return Object.freeze({
			connect: (options: ConnectOptions): Socket => {
				this.#muted = false;
				this.#deaf = false;
				const socket = network.connect({
					...options,
					onReadable: (count) => {
						if (!this.#deaf) options.onReadable(count);
					},
					onWritable: (count) => {
						if (!this.#muted) options.onWritable(count);
					}
				});
				this.#break = () => {
					this.#break = () => {};
					socket.close();
					options.onError({ reason: "closed", detail: "the stage cut the connection" });
				};
				return {
					read: () => (this.#deaf ? undefined : socket.read()),
					write: (bytes) => (this.#muted ? ROOM : socket.write(bytes)),
					startTLS: () => socket.startTLS(),
					channelBinding: (type) => socket.channelBinding?.(type),
					close: () => {
						this.#break = () => {};
						socket.close();
					}
				};
			}
		});
	}
}
