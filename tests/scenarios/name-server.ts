// A real name server for one test: dnsmasq on a free port of loopback, knowing the records it is given and no others.
import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createInterface } from "node:readline";

export interface NameServer {
	/** "127.0.0.1:PORT" */
	readonly address: string;
	stop(): Promise<void>;
}

export async function freeUDPPort(): Promise<number> {
	const socket = createSocket("udp4");
	socket.bind(0, "127.0.0.1");
	await once(socket, "listening");
	const { port } = socket.address();
	await new Promise<void>((resolve) => socket.close(() => resolve()));
	return port;
}

/** `records` in dnsmasq's words, such as "srv-host=_xmpp-client._tcp.a.example,b.example,5222,0,0". `again`: one that was stopped, at its address. */
export async function startNameServer(records: readonly string[], again?: NameServer): Promise<NameServer> {
	const port = again === undefined ? await freeUDPPort() : Number(again.address.split(":")[1]);
	const child = spawn(
		"/usr/sbin/dnsmasq",
		[
			...["--keep-in-foreground", "--conf-file=/dev/null", "--pid-file=", "--log-facility=-", "--no-resolv", "--no-hosts", "--no-poll"],
			// What it does not know is not there.
			...["--local=/example/", `--port=${port}`, "--listen-address=127.0.0.1", "--bind-interfaces", `--user=${process.env.USER ?? "root"}`],
			...records.map((record) => `--${record}`)
		],
		{ stdio: ["ignore", "ignore", "pipe"] }
	);
	const kill = (): void => void child.kill("SIGKILL");
	process.once("exit", kill);
	const said: string[] = [];
	await new Promise<void>((resolve, reject) => {
		createInterface({ input: child.stderr }).on("line", (line) => {
			said.push(line);
			if (line.includes("started")) resolve();
		});
		child.once("error", reject);
		child.once("exit", (code) => reject(new Error(`dnsmasq ended (${code}): ${said.join(" | ")}`)));
	});
	return {
		address: `127.0.0.1:${port}`,
		async stop() {
			process.off("exit", kill);
			if (child.exitCode !== null || child.signalCode !== null) return;
			const ended = once(child, "exit");
			child.kill("SIGTERM");
			await ended;
		}
	};
}
