// What a thing says and hears inside TLS, byte for byte, and the bars that one readout is held to.
import type { Network } from "../../src/host.js";

/** docs/DESIGN.md, section 8: bytes of one momentary readout of one numeric field, both ways, without acknowledgements. */
export const readoutBars = Object.freeze({ xep: 650, ieee: 400 });
/** Characters of the two full JIDs for which the bars are set: who asks, and who is asked. */
export const jidLengths = Object.freeze({ reader: 29, thing: 43 });

/** Each dialect's namespace, request, and the words that its last answer must have. */
export const readouts = Object.freeze({
	xep: Object.freeze({
		namespace: "urn:xmpp:iot:sensordata",
		request: Object.freeze({ seqnr: "1", momentary: "true" }),
		field: "field",
		name: "name",
		done: "done='true'"
	}),
	ieee: Object.freeze({
		namespace: "urn:ieee:iot:sd:1.0",
		request: Object.freeze({ id: "1", m: "true" }),
		field: "f",
		name: "n",
		done: "<resp "
	})
});

export type ReadoutDialect = keyof typeof readouts;

/** A character for each byte: its length is that on the wire, whatever the text. */
interface Talk {
	readonly said: string;
	readonly heard: string;
}

export class Ledger {
	/** In all. */
	saidBytes = 0;
	heardBytes = 0;
	#said = "";
	#heard = "";

	/** Since the last take(). */
	get said(): string {
		return this.#said;
	}

	take(): Talk {
		const talk = { said: this.#said, heard: this.#heard };
		this.#said = "";
		this.#heard = "";
		return talk;
	}

	wrap(network: Network): Network {
		return Object.freeze({
			...network,
			connect: (options: Parameters<Network["connect"]>[0]) => {
				const socket = network.connect(options);
				return {
					read: () => {
						const bytes = socket.read();
						this.heardBytes += bytes?.length ?? 0;
						if (bytes !== undefined) this.#heard += characters(bytes);
						return bytes;
					},
					write: (bytes: Uint8Array) => {
						this.saidBytes += bytes.length;
						this.#said += characters(bytes);
						return socket.write(bytes);
					},
					startTLS: () => socket.startTLS(),
					channelBinding: (type: string) => socket.channelBinding?.(type),
					close: () => socket.close()
				};
			}
		});
	}
}

function characters(bytes: Uint8Array): string {
	let text = "";
	for (const byte of bytes) text += String.fromCharCode(byte);
	return text;
}

/** The namespaces of things that are spoken in it, each once; what is only named as a feature is not. */
export function iotNamespaces({ said, heard }: Talk): string[] {
	const found = [...(said + heard).matchAll(/xmlns=["'](urn:[a-z]+:iot:[^"']*)["']/g)].map(([, namespace]) => namespace!);
	return [...new Set(found)].sort();
}

/** Without <r/> and <a/> of XEP-0198: how often they come is no affair of the readout's. */
export function withoutAcknowledgements(text: string): string {
	return text.replace(/<[ar] [^>]*urn:xmpp:sm:3[^>]*\/>/g, "");
}
