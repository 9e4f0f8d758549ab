// A wire that fails as it is told: forwards TCP, and resets, holds, slows, chops or refuses a connection, from its first byte or from the middle of its life.
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** What happens to a connection. Bytes are those of both directions together. */
export type Fault =
	| { readonly kind: "reset" /** So many pass first. */; readonly at: number }
	/** Nothing passes any more, and nobody is told: the peer is as good as dead. */
	| { readonly kind: "hold"; readonly at: number }
	| { readonly kind: "refuse" }
	/** Each piece waits. */
	| { readonly kind: "delay"; readonly milliseconds: number }
	/** In pieces of so many bytes. */
	| { readonly kind: "chop"; readonly bytes: number }
	/** So many bytes pass, and then so many at a time to the thing, each after a wait. */
	| { readonly kind: "drip"; readonly at: number; readonly bytes: number; readonly milliseconds: number };

class Wire {
	passed = 0;
	#fault: Fault | undefined;
	#since = 0;
	#held = false;
	readonly #near: Socket;
	readonly #far: Socket;
	#drops: Buffer[] = [];
	#timer: NodeJS.Timeout | undefined;

	constructor(near: Socket, target: number, fault: Fault | undefined, onEnd: () => void) {
		this.#near = near;
		this.#far = connect(target, "127.0.0.1");
		this.#fault = fault;
		for (const [from, to] of [
			[near, this.#far],
			[this.#far, near]
		] as const) {
			from.setNoDelay(true);
			from.on("data", (data) => this.#pass(data, to));
			from.on("error", () => {});
			from.on("close", () => {
				if (to.destroyed) onEnd();
				clearInterval(this.#timer);
				// Of a wire that is held nobody hears that it ended.
				if (!this.#held || this.#fault?.kind === "reset") to.destroySoon();
			});
		}
	}

	get open(): boolean {
		return !this.#far.destroyed;
	}

	strike(fault: Fault): void {
		this.#fault = fault;
		this.#since = this.passed;
		if (fault.kind === "hold" && fault.at === 0) this.#held = true;
		if (fault.kind === "reset" && fault.at === 0) this.#reset();
	}

	/** Both ends hear of it. */
	destroy(): void {
		clearInterval(this.#timer);
		this.#near.destroy();
		this.#far.destroy();
	}

	#pass(data: Buffer, to: Socket): void {
		const fault = this.#fault;
		if (this.#held) return;
		const left = fault?.kind === "reset" || fault?.kind === "hold" ? this.#since + fault.at - this.passed : Number.POSITIVE_INFINITY;
		const part = data.subarray(0, Math.max(0, left));
		this.passed += part.length;
		if (fault?.kind === "delay") setTimeout(() => to.write(part), fault.milliseconds);
		else if (fault?.kind === "chop") for (let at = 0; at < part.length; at += fault.bytes) to.write(part.subarray(at, at + fault.bytes));
		else if (fault?.kind === "drip" && to === this.#near) this.#drip(part, fault);
		else if (part.length > 0) to.write(part);
		if (left > part.length || left > data.length) return;
		this.#held = true;
		if (fault?.kind === "reset") this.#reset();
	}

	#drip(part: Buffer, { at, bytes, milliseconds }: Extract<Fault, { kind: "drip" }>): void {
		const whole = this.#timer === undefined ? Math.max(0, Math.min(part.length, this.#since + at - (this.passed - part.length))) : 0;
		if (whole > 0) this.#near.write(part.subarray(0, whole));
		if (whole === part.length) return;
		this.#drops.push(part.subarray(whole));
		this.#timer ??= setInterval(() => {
			const drops = Buffer.concat(this.#drops);
			this.#drops = [drops.subarray(bytes)];
			if (drops.length > 0 && this.#near.writable) this.#near.write(drops.subarray(0, bytes));
		}, milliseconds);
	}

	#reset(): void {
		this.#near.resetAndDestroy();
		this.#far.resetAndDestroy();
	}
}

export interface FaultProxy {
	readonly port: number;
	/** For the next connections, one after the other; those after them are whole. */
	readonly faults: Fault[];
	/** Of the last connection that ended or stands. */
	readonly passed: number;
	/** Connections that stand at the broker's end. */
	readonly open: number;
	/** To the one that stands, from here on. */
	strike(fault: Fault): void;
	/** Nobody listens any more: the kernel refuses. What stands, stands. */
	deafen(): Promise<void>;
	listen(): Promise<void>;
	/** Where new connections lead. */
	target: number;
	close(): Promise<void>;
}

export async function startFaultProxy(target: number): Promise<FaultProxy> {
	const wires = new Set<Wire>();
	let last: Wire | undefined;
	let server: Server | undefined;
	let port = 0;

	function accept(near: Socket): void {
		const fault = proxy.faults.shift();
		if (fault?.kind === "refuse") {
			near.on("error", () => {});
			near.resetAndDestroy();
			return;
		}
		const wire: Wire = new Wire(near, proxy.target, fault, () => wires.delete(wire));
		wires.add(wire);
		last = wire;
	}

	const proxy: FaultProxy = {
		faults: [],
		target,
		get port() {
			return port;
		},
		get passed() {
			return last?.passed ?? 0;
		},
		get open() {
			return [...wires].filter((wire) => wire.open).length;
		},
		strike: (fault) => last?.strike(fault),
		async deafen() {
			const old = server;
			server = undefined;
			if (old === undefined) return;
			// It waits for its connections to end, which nobody here does.
			old.close();
		},
		async listen() {
			if (server !== undefined) return;
			server = createServer(accept);
			server.listen(port, "127.0.0.1");
			await once(server, "listening");
			port = (server.address() as AddressInfo).port;
		},
		async close() {
			await proxy.deafen();
			for (const wire of wires) wire.destroy();
		}
	};
	await proxy.listen();
	return proxy;
}
