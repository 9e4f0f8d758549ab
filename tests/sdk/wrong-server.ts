// A server that shows a certificate of its own for whatever name it is asked by, with TLS from the first byte or after STARTTLS, or somebody before it who harms that.
import { readFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { Certificates } from "../../hosts/broker/certificates.js";

const HEADER =
	"<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='1' version='1.0'>";
const STARTTLS = "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>";
const LOGIN =
	"<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>SCRAM-SHA-1</mechanism></mechanisms></stream:features>";
const PROCEED = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";

export class WrongServer {
	/** Bytes of clear text that came through TLS, or in place of it: none, if everybody is careful. */
	trusting = 0;
	readonly #server: Server;
	readonly #sockets = new Set<Socket>();

	constructor({ certificate, key }: Certificates, tls: "direct" | "starttls", harm?: "stripped" | "injected") {
		const identity = { cert: readFileSync(certificate), key: readFileSync(key) };
		const secure = (socket: Socket): void => {
			const secured = new TLSSocket(socket, { ...identity, isServer: true });
			secured.on("data", (bytes: Buffer) => {
				this.trusting += bytes.length;
			});
			secured.on("error", () => {});
		};
		this.#server = createServer((socket) => {
			this.#sockets.add(socket);
			socket.on("error", () => {});
			if (tls === "direct") {
				secure(socket);
				return;
			}
			socket.once("data", () => {
				socket.write(HEADER + (harm === "stripped" ? LOGIN : STARTTLS));
				socket.once("data", (bytes: Buffer) => {
					if (harm === "stripped") {
						if (bytes.toString() !== "</stream:stream>") this.trusting += bytes.length;
						return;
					}
					socket.write(PROCEED + (harm === "injected" ? HEADER + LOGIN : ""));
					secure(socket);
				});
			});
		});
	}

	async start(): Promise<number> {
		await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
		return (this.#server.address() as AddressInfo).port;
	}

	async stop(): Promise<void> {
		for (const socket of this.#sockets) socket.destroy();
		await new Promise((resolve) => this.#server.close(resolve));
	}
}
