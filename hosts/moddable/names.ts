// Addresses and servers of names: each question by UDP to one name server after the other, by TCP where the answer is too long for that (RFC 7766).
import TCP from "embedded:io/socket/tcp";
import UDP from "embedded:io/socket/udp";
import Timer from "timer";
import type { Host, Network, SocketError } from "../../src/host.js";
import { messageOf } from "../../src/text/message.js";
import { type Answer, codeFine, codeNoName, packetBytes, readAnswer, streamBytes, typeA, typeSRV, writeQuestion } from "./dns.js";

/** Those of the system, or that DHCP named: IPv4, in digits. */
const systemServers = native("xs_extasis_nameServers") as () => string[];

export interface NameServer {
	/** IPv4, in digits. */
	readonly host: string;
	readonly port: number;
}

export interface NamesOptions {
	readonly random: Host["random"];
	/** Asked instead of the system's. */
	readonly nameServer: NameServer | undefined;
	/** What the firmware's callback threw. */
	readonly onError: (error: unknown) => void;
}

/** Of each try, milliseconds: together less than the firmware waits (limits.stepSeconds). */
const waits: readonly number[] = Object.freeze([1000, 2000, 3000, 4000]);
/** Packets of one try that are no answer: whoever sends more of them guesses. */
const strays = 16;
const usualPort = 53;

/** The SDK's typing forgets it. */
type Datagrams = UDP & { close(): void };
type OnAnswer = (failure: SocketError | undefined, answer: Answer | undefined) => void;

/** Its timer and its sockets hold it until it ends: the engine collects what nobody holds. */
class Question {
	readonly #options: NamesOptions;
	readonly #name: string;
	readonly #message: Uint8Array;
	readonly #onAnswer: OnAnswer;
	#tries = 0;
	/** Of the last try, for a person. */
	#failure = "no name server answers";
	#timer: Timer | undefined;
	#host = "";
	#port = usualPort;
	#udp: Datagrams | undefined;
	#strays = 0;
	#tcp: TCP | undefined;
	#stream: Uint8Array | undefined;
	#streamed = 0;

	constructor(options: NamesOptions, name: string, message: Uint8Array, onAnswer: OnAnswer) {
		this.#options = options;
		this.#name = name;
		this.#message = message;
		this.#onAnswer = onAnswer;
		this.#try();
	}

	/** Asks with an id and a port that nobody can know (RFC 5452 9.2), each time others. A try that fails waits for its end. */
	#try(): void {
		this.#close();
		// It has fired.
		this.#timer = undefined;
		const tries = this.#tries++;
		const wait = waits[tries];
		if (wait === undefined) {
			this.#end({ reason: "dns", detail: `${this.#name}: ${this.#failure}` }, undefined);
			return;
		}
		this.#timer = Timer.set(() => this.#run(() => this.#try()), wait);
		this.#run(() => this.#ask(tries));
	}

	#ask(tries: number): void {
		const { nameServer, random } = this.#options;
		const servers = nameServer === undefined ? systemServers() : [nameServer.host];
		const host = servers[tries % servers.length];
		if (host === undefined) throw new Error("there is no name server");
		this.#host = host;
		this.#port = nameServer?.port ?? usualPort;
		const dice = random(4);
		this.#message.set(dice.subarray(0, 2));
		this.#strays = 0;
		const port = 0x8000 | (dice[2]! << 8) | dice[3]!;
		this.#udp = new UDP({ port, onReadable: () => this.#run(() => this.#received()) }) as Datagrams;
		this.#udp.write(this.#message, host, this.#port);
	}

	#received(): void {
		for (let packet = this.#udp?.read(); packet !== undefined; packet = this.#udp?.read()) {
			const ours = packet.address === this.#host && packet.port === this.#port && packet.byteLength <= packetBytes;
			const answer = ours ? readAnswer(new Uint8Array(packet), this.#message) : undefined;
			if (answer?.truncated) {
				this.#close();
				this.#askStream();
			} else if (answer !== undefined) this.#hear(answer);
			else if (++this.#strays > strays) this.#close();
		}
	}

	#askStream(): void {
		this.#stream = new Uint8Array(2 + streamBytes);
		this.#streamed = 0;
		let asked = false;
		this.#tcp = new TCP({
			address: this.#host,
			port: this.#port,
			onWritable: () =>
				this.#run(() => {
					if (asked || this.#tcp === undefined) return;
					asked = true;
					const message = this.#message;
					const bytes = new Uint8Array(2 + message.length);
					bytes[1] = message.length;
					bytes[0] = message.length >> 8;
					bytes.set(message, 2);
					this.#tcp.write(bytes);
				}),
			onReadable: (count) => this.#run(() => this.#receivedStream(count)),
			onError: () => this.#run(() => this.#close())
		});
	}

	#receivedStream(count: number): void {
		const stream = this.#stream;
		const bytes = this.#tcp?.read(Math.min(count, 2 + streamBytes - this.#streamed));
		if (stream === undefined || bytes === undefined) return;
		stream.set(new Uint8Array(bytes as ArrayBuffer), this.#streamed);
		this.#streamed += (bytes as ArrayBuffer).byteLength;
		const end = 2 + ((stream[0]! << 8) | stream[1]!);
		if (this.#streamed < 2 || (this.#streamed < end && end <= stream.length)) return;
		const answer = end > stream.length ? undefined : readAnswer(stream.subarray(2, end), this.#message);
		this.#close();
		if (answer !== undefined) this.#hear(answer);
	}

	#hear(answer: Answer): void {
		const { code, truncated } = answer;
		if (!truncated && (code === codeFine || code === codeNoName)) this.#end(undefined, answer);
		else {
			// Another server, or this one later, may know more.
			this.#failure = `the name server answers with code ${code}`;
			this.#close();
		}
	}

	/** Every entry from the engine: what is thrown there would end the machine. */
	#run(step: () => void): void {
		try {
			step();
		} catch (error) {
			this.#failure = messageOf(error);
			this.#close();
		}
	}

	#close(): void {
		this.#udp?.close();
		this.#udp = undefined;
		this.#tcp?.close();
		this.#tcp = undefined;
		this.#stream = undefined;
	}

	#end(failure: SocketError | undefined, answer: Answer | undefined): void {
		this.#close();
		Timer.clear(this.#timer);
		this.#timer = undefined;
		try {
			this.#onAnswer(failure, answer);
		} catch (error) {
			this.#options.onError(error);
		}
	}
}

/** IPv4 alone: the SDK's sockets open nothing else. */
export function createNames(options: NamesOptions): Required<Pick<Network, "resolve" | "services">> {
	function ask(name: string, type: number, onAnswer: OnAnswer): void {
		const message = writeQuestion(name, type);
		if (message !== undefined) new Question(options, name, message, onAnswer);
		else onAnswer({ reason: "dns", detail: `"${name}" is not a name in ASCII that DNS can hold` }, undefined);
	}

	return Object.freeze({
		resolve(name: string, onAddresses: Parameters<NonNullable<Network["resolve"]>>[1]): void {
			// RFC 6761 6.3: the loopback address, whatever a name server says.
			if (name === "localhost") onAddresses(undefined, ["127.0.0.1"]);
			else ask(name, typeA, (failure, answer) => onAddresses(failure, answer?.addresses ?? []));
		},
		services(name: string, onRecords: Parameters<NonNullable<Network["services"]>>[1]): void {
			ask(name, typeSRV, (failure, answer) => onRecords(failure, answer?.services ?? []));
		}
	});
}
