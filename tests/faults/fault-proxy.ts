// A wire that fails as it is told: forwards TCP, and resets, holds or slows a connection at a given byte.
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** What happens to the next connection; those after it are whole. */
export type Fault =
	| { readonly kind: "reset" /** Bytes of both directions that pass first. */; readonly at: number }
	/** Nothing passes any more, and nobody is told. */
	| { readonly kind: "hold"; readonly at: number }
	| { readonly kind: "refuse" }
	/** Each piece waits. */
	| { readonly kind: "delay"; readonly milliseconds: number }
	/** In pieces of so many bytes. */
	| { readonly kind: "chop"; readonly bytes: number };

export interface FaultProxy {
	readonly port: number;
	/** For the next connection. */
	fault: Fault | undefined;
	/** Of the last connection that ended or stands: bytes of both directions. */
	passed: number;
	close(): Promise<void>;
}

export async function startFaultProxy(target: number): Promise<FaultProxy> {
	const open = new Set<Socket>();
	const server = createServer((near) => {
		const { fault } = proxy;
		proxy.fault = undefined;
		if (fault?.kind === "refuse") {
			near.resetAndDestroy();
			return;
		}
		const far = connect(target, "127.0.0.1");
		let passed = 0;
		proxy.passed = 0;
		const left = fault?.kind === "reset" || fault?.kind === "hold" ? () => fault.at - passed : () => Number.POSITIVE_INFINITY;
		let held = false;
		for (const [from, to] of [
			[near, far],
			[far, near]
		] as const) {
			open.add(from);
			from.on("data", (data) => {
				if (held) return;
				const part = data.subarray(0, Math.max(0, left()));
				passed += part.length;
				proxy.passed = passed;
				const size = fault?.kind === "chop" ? fault.bytes : part.length;
				const send = (): void => {
					for (let at = 0; at < part.length && to.writable; at += size) to.write(part.subarray(at, at + size));
				};
				if (fault?.kind === "delay") setTimeout(send, fault.milliseconds);
				else send();
				if (left() > 0) return;
				held = true;
				if (fault?.kind !== "reset") return;
				near.resetAndDestroy();
				far.resetAndDestroy();
			});
			from.on("error", () => to.destroy());
			from.on("close", () => {
				open.delete(from);
				if (!held || fault?.kind === "reset") to.destroy();
			});
		}
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	const proxy: FaultProxy = {
		port: (server.address() as AddressInfo).port,
		fault: undefined,
		passed: 0,
		async close() {
			for (const socket of open) socket.destroy();
			server.close();
			await once(server, "close");
		}
	};
	return proxy;
}
