// Servers for the TLS tests that remember what they were sent: node:tls over a socket of ours, and raw ones.
import { createServer as createTCP, type Server, type Socket } from "node:net";
import { createSecureContext, type SecureContextOptions, TLSSocket, type TLSSocketOptions } from "node:tls";
import type { Pair } from "./pki.js";

export interface Seen {
	/** Clear text the client sent inside TLS. */
	data: string;
	/** The client said close_notify. */
	orderly: boolean;
	/** TLS stood. */
	secure: boolean;
	error: string | undefined;
}

export interface TestServer {
	readonly port: number;
	/** Of each connection, in order. */
	readonly seen: readonly Seen[];
	/** The connection of this number is over. */
	over(index: number): Promise<Seen>;
	close(): Promise<void>;
}

async function listen(onSocket: (socket: Socket, seen: Seen) => void): Promise<TestServer> {
	const seen: Seen[] = [];
	const overs: Promise<void>[] = [];
	const sockets = new Set<Socket>();
	const server: Server = createTCP((socket) => {
		const one: Seen = { data: "", orderly: false, secure: false, error: undefined };
		seen.push(one);
		sockets.add(socket);
		socket.on("error", () => {});
		overs.push(
			new Promise((resolve) => {
				socket.once("close", () => {
					sockets.delete(socket);
					resolve();
				});
			})
		);
		onSocket(socket, one);
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	return {
		port: (server.address() as { port: number }).port,
		seen,
		over: async (index) => {
			await overs[index];
			return seen[index]!;
		},
		close: async () => {
			for (const socket of sockets) socket.destroy();
			await new Promise((resolve) => server.close(resolve));
		}
	};
}

export interface TLSOptions {
	readonly pair: Pair;
	/** PEM sent behind the pair's own certificate. */
	readonly chain?: string;
	readonly context?: SecureContextOptions;
	readonly socket?: TLSSocketOptions;
	readonly startTLS?: boolean;
	readonly fragment?: number;
	/** Once TLS stands; default writes "hello". */
	readonly onSecure?: (secure: TLSSocket, raw: Socket) => void;
	readonly onData?: (secure: TLSSocket, raw: Socket, data: string) => void;
}

/** Sends "hello", reads, and answers close_notify by its own. */
export function startTLSServer(options: TLSOptions): Promise<TestServer> {
	const secureContext = createSecureContext({
		cert: options.pair.certificate + (options.chain ?? ""),
		key: options.pair.key,
		...options.context
	});
	const secure = (raw: Socket, seen: Seen): void => {
		const tls = new TLSSocket(raw, { isServer: true, ...options.socket, secureContext });
		if (options.fragment !== undefined) tls.setMaxSendFragment(options.fragment);
		const onError = (error: Error): void => {
			seen.error ??= error.message;
		};
		// Node's public events are the server's; a bare TLSSocket tells by these.
		tls.on("error", onError);
		tls.on("_tlsError", onError);
		tls.once("secure", () => {
			seen.secure = true;
			if (options.onSecure) options.onSecure(tls, raw);
			else tls.write("hello");
		});
		tls.on("data", (chunk) => {
			seen.data += chunk;
			options.onData?.(tls, raw, `${chunk}`);
		});
		tls.once("end", () => {
			seen.orderly = true;
			tls.end();
		});
		tls.once("close", () => raw.destroy());
	};
	return listen((socket, seen) => {
		if (!options.startTLS) {
			secure(socket, seen);
			return;
		}
		let text = "";
		const onData = (chunk: Buffer): void => {
			text += chunk;
			if (text !== "<starttls/>") return;
			socket.off("data", onData);
			socket.pause();
			socket.write("<proceed/>", () => secure(socket, seen));
		};
		socket.on("data", onData);
	});
}

/** Sends these bytes when the first ones came, then ends; what it is sent is in `data`. */
export function startRawServer(answer: Buffer, end = true): Promise<TestServer> {
	return listen((socket, seen) => {
		socket.once("data", () => {
			socket.write(answer);
			if (end) socket.end();
		});
		socket.on("data", (chunk) => {
			seen.data += chunk.toString("latin1");
		});
	});
}
