// A name server of loopback that does what a test wants with each question, over UDP and TCP, and can lie under other addresses.
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";

export interface Asked {
	/** The question as it came. */
	readonly message: Buffer;
	readonly name: string;
	/** 1 for addresses, 33 for services. */
	readonly type: number;
	readonly from: RemoteInfo;
	/** How often this name was asked for so far. */
	readonly times: number;
}

export type Answer = (asked: Asked, send: (answer: Uint8Array, from?: "other port" | "other address") => void) => void;
export type StreamAnswer = (message: Buffer) => Uint8Array;

/** One record of the name that was asked for. */
export function answerOf(message: Uint8Array, data: readonly number[], flags = 0x8180): Buffer {
	const type = message[message.length - 3]!;
	const answer = Buffer.from([...message, 0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, data.length, ...data]);
	answer.writeUInt16BE(flags, 2);
	answer.writeUInt16BE(1, 6);
	return answer;
}

export function serviceAt(port: number, target: string): number[] {
	return [0, 0, 0, 0, port >> 8, port & 255, ...target.split(".").flatMap((label) => [label.length, ...Buffer.from(label)]), 0];
}

/** An answer without records. */
export function nothingFor(message: Uint8Array, code: number, flags = 0x8180): Buffer {
	const answer = Buffer.from(message);
	answer.writeUInt16BE(flags | code, 2);
	return answer;
}

export class HostileNames {
	readonly asked: Asked[] = [];
	/** Of each question that came over TCP. */
	readonly streamed: string[] = [];
	/** Gives the real answers, in order; each is sent from where it says. */
	readonly #answer: Answer;
	readonly #stream: StreamAnswer | undefined;
	#sockets: Socket[] = [];
	#server: Server | undefined;
	port = 0;

	constructor(answer: Answer, stream?: StreamAnswer) {
		this.#answer = answer;
		this.#stream = stream;
	}

	get address(): string {
		return `127.0.0.1:${this.port}`;
	}

	async start(): Promise<void> {
		const server = createServer((socket) => {
			socket.on("error", () => {});
			socket.once("data", (bytes: Buffer) => {
				const message = bytes.subarray(2);
				this.streamed.push(nameIn(message));
				const answer = this.#stream?.(message);
				if (answer === undefined) socket.destroy();
				// In pieces, as TCP may.
				else for (const piece of [Buffer.from([answer.length >> 8]), Buffer.from([answer.length & 255, ...answer])]) socket.write(piece);
			});
		});
		server.listen(0, "127.0.0.1");
		await once(server, "listening");
		this.#server = server;
		this.port = (server.address() as AddressInfo).port;
		const own = await open("127.0.0.1", this.port);
		const elsewhere = { "other port": await open("127.0.0.1", 0), "other address": await open("127.0.0.2", this.port) };
		this.#sockets = [own, ...Object.values(elsewhere)];
		own.on("message", (message, from) => {
			const name = nameIn(message);
			const asked = {
				message,
				name,
				type: message[message.length - 3]!,
				from,
				times: this.asked.filter((other) => other.name === name).length
			};
			this.asked.push(asked);
			this.#answer(asked, (answer, where) => (where === undefined ? own : elsewhere[where]).send(answer, from.port, from.address));
		});
	}

	async stop(): Promise<void> {
		for (const socket of this.#sockets) socket.close();
		await new Promise((resolve) => this.#server?.close(resolve));
	}
}

async function open(address: string, port: number): Promise<Socket> {
	const socket = createSocket("udp4");
	socket.bind(port, address);
	await once(socket, "listening");
	return socket;
}

function nameIn(message: Buffer): string {
	const labels: string[] = [];
	for (let at = 12; message[at]! > 0; at += message[at]! + 1) labels.push(message.toString("latin1", at + 1, at + 1 + message[at]!));
	return labels.join(".");
}
