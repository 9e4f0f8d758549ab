// The ports of a box: the usual ones shifted, those of the last run, or free ones.

import { readFile } from "node:fs/promises";
import { createServer } from "node:net";

export interface Ports {
	readonly starttls: number;
	readonly direct: number;
	readonly websocket: number;
	readonly component: number;
}

const USUAL: Ports = { starttls: 5222, direct: 5223, websocket: 5280, component: 5347 };

const portsOf = (portOf: (name: keyof Ports) => number): Ports => ({
	starttls: portOf("starttls"),
	direct: portOf("direct"),
	websocket: portOf("websocket"),
	component: portOf("component")
});

export const shiftedPorts = (offset: number): Ports => {
	const ports = portsOf((name) => USUAL[name] + offset);
	if (Object.values(ports).every((port) => Number.isInteger(port) && port > 0 && port < 65_536)) return ports;
	throw new Error("A port offset is a whole number from -5221 to 60188, as in --port-offset 1000.");
};

/** Free ones on this address, all held at once so that no two are the same. */
export const freePorts = async (address: string): Promise<Ports> => {
	const free = new Map<keyof Ports, number>();
	const servers = Object.keys(USUAL).map(async (name) => {
		const server = createServer();
		await new Promise<void>((resolve, reject) => {
			server.once("error", (error: NodeJS.ErrnoException) =>
				reject(error.code === "EADDRNOTAVAIL" ? new Error(`${address} is no address of this machine: listen on another.`) : error)
			);
			server.listen(0, address, resolve);
		});
		free.set(name as keyof Ports, (server.address() as { port: number }).port);
		return server;
	});
	for (const server of await Promise.all(servers)) await new Promise((resolve) => server.close(resolve));
	return portsOf((name) => free.get(name)!);
};

/** Those of the last run, if it left any. */
export const lastPorts = async (file: string): Promise<Ports | undefined> => {
	try {
		const kept = JSON.parse(await readFile(file, "utf8")) as Record<string, unknown>;
		const ports = portsOf((name) => Number(kept[name]));
		return Object.values(ports).every((port) => Number.isInteger(port) && port > 0 && port < 65_536) ? ports : undefined;
	} catch {
		return undefined;
	}
};
