// A broker that wants to be waited for: it stands before a real one, ends TLS with a certificate of its own, and does not take what came before it had said its features.
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer, type TLSSocket } from "node:tls";

/** So that what was said without waiting is there before the features have left. */
const DELAY = 40;
const ERROR =
	"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'><stream:error><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>";

export interface StrictOptions {
	/** Direct TLS of the real broker. */
	readonly port: number;
	readonly domain: string;
	readonly ca: string;
	readonly pair: { readonly key: string; readonly cert: string };
	/** Numbers of the streams on which it is so: 0 before SASL, 1 after it. */
	readonly streams: readonly number[];
	/** Ends the stream, or loses what it does not take, as one does that throws its buffer away with the old stream. */
	readonly how: "ends" | "loses";
}

export interface StrictFront {
	readonly port: number;
	close(): Promise<void>;
}

export async function startStrictFront({ port, domain, ca, pair, streams, how }: StrictOptions): Promise<StrictFront> {
	const open = new Set<TLSSocket>();
	const server = createServer({ ...pair, ALPNProtocols: ["xmpp-client"] }, (near) => {
		const far = connect({ host: "127.0.0.1", port, servername: domain, ca, ALPNProtocols: ["xmpp-client"] });
		let stream = -1;
		let waits = false;
		const header = (text: string): number => (text.includes("<stream:stream") ? text.indexOf(">", text.indexOf("<stream:stream")) + 1 : 0);
		near.on("data", (data: Buffer) => {
			const text = data.toString();
			const end = header(text);
			if (end > 0) {
				stream++;
				waits = streams.includes(stream);
			}
			if (waits) {
				far.write(text.slice(0, end));
				if (end < text.length && how === "ends") near.end(ERROR);
			} else far.write(data);
		});
		far.on("data", (data: Buffer) => {
			setTimeout(() => {
				if (data.includes("</stream:features>")) waits = false;
				if (near.writable) near.write(data);
			}, DELAY);
		});
		for (const [one, other] of [
			[near, far],
			[far, near]
		] as const) {
			open.add(one);
			one.on("error", () => {});
			one.on("close", () => {
				open.delete(one);
				other.destroy();
			});
		}
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	return {
		port: (server.address() as AddressInfo).port,
		async close() {
			for (const socket of open) socket.destroy();
			server.close();
			await once(server, "close");
		}
	};
}
