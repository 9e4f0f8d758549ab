// A wire that counts flights and bytes: it forwards TCP with a delay, and knows of TLS no more than where records begin and what kind they are (RFC 8446 5.1).
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** Every byte waits so long on its way to the client, so that what the client says at once is told from what it says upon an answer. */
const DELAY = 60;

const HEADER = 5;
const HANDSHAKE = 22;
const APPLICATION = 23;

/** Bytes of one direction. */
export interface Bytes {
	clear: number;
	/** Of records until both sides can send what they like, their headers included. */
	handshake: number;
	application: number;
}

/** What the last connection came to. */
export interface Tally {
	/** "TLSv1.2" or "TLSv1.3", as the server chose. */
	version: string;
	readonly up: Bytes;
	readonly down: Bytes;
	/** Times that the client began to speak after it had heard something, or for the first time: in clear, and inside TLS. */
	clearFlights: number;
	flights: number;
}

export interface FlightCounter {
	readonly port: number;
	readonly tally: Tally;
	close(): Promise<void>;
}

function emptyTally(): Tally {
	const bytes = (): Bytes => ({ clear: 0, handshake: 0, application: 0 });
	return { version: "", up: bytes(), down: bytes(), clearFlights: 0, flights: 0 };
}

/** Cuts a direction into records; what does not begin like one is clear text. */
class Records {
	#rest = Buffer.alloc(0);
	#begun = false;
	readonly #onRecord: (type: number, record: Buffer) => void;
	readonly #onClear: (length: number) => void;

	constructor(onRecord: (type: number, record: Buffer) => void, onClear: (length: number) => void) {
		this.#onRecord = onRecord;
		this.#onClear = onClear;
	}

	feed(data: Buffer): void {
		// XML begins with "<" and no record does; nobody sends both in one piece.
		if (!this.#begun && data[0] !== HANDSHAKE) {
			this.#onClear(data.length);
			return;
		}
		this.#begun = true;
		let rest = Buffer.concat([this.#rest, data]);
		while (rest.length >= HEADER && rest.length >= HEADER + rest.readUInt16BE(3)) {
			const length = HEADER + rest.readUInt16BE(3);
			this.#onRecord(rest[0]!, rest.subarray(0, length));
			rest = rest.subarray(length);
		}
		this.#rest = rest;
	}
}

/** The version in a ServerHello (RFC 8446 4.1.3): that of the extension, else the old field. */
function versionOf(record: Buffer): string {
	let at = HEADER + 4;
	let version = record.readUInt16BE(at);
	at += 2 + 32;
	at += 1 + record[at]! + 2 + 1 + 2;
	while (at + 4 <= record.length) {
		if (record.readUInt16BE(at) === 0x2b) version = record.readUInt16BE(at + 4);
		at += 4 + record.readUInt16BE(at + 2);
	}
	return `TLSv1.${version - 0x0301}`;
}

/** Without a delay flights are not told apart, and bytes are. */
export async function startFlightCounter(target: number, delay = DELAY): Promise<FlightCounter> {
	const open = new Set<Socket>();
	const server = createServer((near) => {
		const far = connect(target, "127.0.0.1");
		const tally = emptyTally();
		counter.tally = tally;
		/** The client has heard something since it spoke last. */
		let heard = true;
		let heardInClear = true;
		let established = false;
		const up = new Records(
			(type, record) => {
				if (type !== APPLICATION) {
					tally.up.handshake += record.length;
					return;
				}
				if (heard) tally.flights++;
				heard = false;
				// Under TLS 1.3 the first is the end of the handshake, and travels with what follows it.
				const finished = !established && tally.version === "TLSv1.3";
				established = true;
				if (finished) tally.up.handshake += record.length;
				else tally.up.application += record.length;
			},
			(length) => {
				tally.up.clear += length;
				if (heardInClear) tally.clearFlights++;
				heardInClear = false;
			}
		);
		const down = new Records(
			(type, record) => {
				if (tally.version === "" && type === HANDSHAKE) tally.version = versionOf(record);
				if (type === APPLICATION && established) tally.down.application += record.length;
				else tally.down.handshake += record.length;
			},
			(length) => {
				tally.down.clear += length;
			}
		);
		near.on("data", (data) => {
			up.feed(data);
			far.write(data);
		});
		far.on("data", (data) => {
			down.feed(data);
			setTimeout(() => {
				heard = true;
				heardInClear = true;
				near.write(data);
			}, delay);
		});
		for (const [one, other] of [
			[near, far],
			[far, near]
		] as const) {
			open.add(one);
			one.setNoDelay(true);
			one.on("error", () => {});
			one.on("close", () => {
				open.delete(one);
				setTimeout(() => other.destroy(), 2 * delay);
			});
		}
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	const counter = {
		port: (server.address() as AddressInfo).port,
		tally: emptyTally(),
		async close() {
			for (const socket of open) socket.destroy();
			server.close();
			await once(server, "close");
		}
	};
	return counter;
}
