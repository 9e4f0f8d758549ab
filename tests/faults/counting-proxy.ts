// A wire that counts: forwards one TCP connection at a time and tells of every piece before it passes it on.

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface CountingProxy {
	readonly port: number;
	/** Called with the running number of each piece, of either direction, before it is forwarded. */
	onPiece: (count: number) => void;
	close(): Promise<void>;
}

export async function startCountingProxy(target: number): Promise<CountingProxy> {
	let count = 0;
	const open = new Set<Socket>();
	const server = createServer((near) => {
		const far = connect(target, "127.0.0.1");
		for (const [from, to] of [
			[near, far],
			[far, near]
		] as const) {
			open.add(from);
			from.on("data", (data) => {
				proxy.onPiece(++count);
				to.write(data);
			});
			from.on("error", () => to.destroy());
			from.on("close", () => {
				open.delete(from);
				to.destroy();
			});
		}
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	const proxy: CountingProxy = {
		port: (server.address() as AddressInfo).port,
		onPiece: () => {},
		async close() {
			for (const socket of open) socket.destroy();
			server.close();
			await once(server, "close");
		}
	};
	return proxy;
}
