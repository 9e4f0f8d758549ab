// The box: Prosody, its certificates and the registry, started and ended together, all in one data folder.

import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdir, open, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { createAccount } from "./account.js";
import { prepareCertificates } from "./certificates.js";
import { RegistryComponent } from "./component.js";
import { type Ports, writeConfiguration } from "./configuration.js";
import { endLeftover, findProsody, PortTaken, Prosody } from "./prosody.js";
import type { RegistryEvent } from "./registry.js";
import { SQLiteStore } from "./sqlite.js";

export type { Ports } from "./configuration.js";

export interface BoxOptions {
	/** Folder of everything the box keeps; made if missing, private to the user. */
	readonly data: string;
	/** A name that resolves nowhere by default: clients are told the address (RFC 2606). */
	readonly domain?: string;
	/** Added to the usual ports 5222, 5223, 5280 and 5347; free ports that stay the same over restarts when absent. */
	readonly portOffset?: number;
	/** Address for clients; loopback when absent. */
	readonly listen?: string;
	log(line: string): void;
	/** What happens in the registry; never holds a KEY. */
	onEvent?(event: RegistryEvent): void;
	/** Prosody ended although nobody stopped it. */
	onEnd?(how: string): void;
}

export interface Box {
	readonly domain: string;
	readonly ports: Ports;
	readonly caFile: string;
	readonly owner: { readonly jid: string; readonly password: string };
	readonly registry: string;
	/** "0.12.3" */
	readonly prosody: string;
	/** Makes an account, or does nothing if it stands with this password. */
	createAccount(user: string, password: string): Promise<void>;
	/** Ends Prosody and starts it again on the same ports; settles when the registry is back. */
	restart(): Promise<void>;
	/** The registry leaves its broker, and comes back with all it knew. */
	disconnectRegistry(): Promise<void>;
	connectRegistry(): Promise<void>;
	stop(): Promise<void>;
}

const OWNER = "owner";
const USUAL: Ports = { starttls: 5222, direct: 5223, websocket: 5280, component: 5347 };
const DOMAIN = /^(?=.{1,240}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

/** Compiled code lies in build/hosts/broker, Prosody's modules beside the sources. */
const modulesFolder = (): string => {
	const candidates = ["./modules", "../../../hosts/broker/modules"].map((path) => fileURLToPath(new URL(path, import.meta.url)));
	const found = candidates.find((path) => existsSync(path));
	if (found === undefined) throw new Error("The box does not find its Prosody modules: run it from a complete clone.");
	return found;
};

const freePorts = async (): Promise<Ports> => {
	// All held at once, so that no two are the same.
	const servers = Object.keys(USUAL).map(() => createServer());
	const ports = await Promise.all(
		servers.map(
			(server) =>
				new Promise<number>((resolve, reject) => {
					server.once("error", reject);
					server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port));
				})
		)
	);
	await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
	const [starttls, direct, websocket, component] = ports as [number, number, number, number];
	return { starttls, direct, websocket, component };
};

/** The ports of the last run, if it left any. */
const lastPorts = async (file: string): Promise<Ports | undefined> => {
	try {
		const ports = JSON.parse(await readFile(file, "utf8")) as Record<string, unknown>;
		return Object.keys(USUAL).every((name) => Number.isInteger(ports[name])) ? (ports as unknown as Ports) : undefined;
	} catch {
		return undefined;
	}
};

const writePrivately = async (file: string, text: string): Promise<void> => {
	await writeFile(`${file}.new`, text, { mode: 0o600 });
	await chmod(`${file}.new`, 0o600);
	await rename(`${file}.new`, file);
};

const passwordOf = async (file: string): Promise<string> => {
	const kept = (await readFile(file, "utf8").catch(() => "")).trim();
	if (kept !== "") return kept;
	const password = randomBytes(15).toString("base64url");
	await writePrivately(file, `${password}\n`);
	return password;
};

const isAlive = (pid: number): boolean => {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === "EPERM";
	}
};

/** One box per folder. A lock whose process is gone is void. */
const lock = async (file: string, data: string): Promise<void> => {
	for (;;) {
		try {
			const handle = await open(file, "wx", 0o600);
			await handle.writeFile(`${process.pid}`);
			return handle.close();
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
		}
		const pid = Number(await readFile(file, "utf8").catch(() => ""));
		if (pid > 0 && isAlive(pid))
			throw new Error(`A box already runs in ${data} (process ${pid}): stop it, or name another folder with --data.`);
		await rm(file, { force: true });
	}
};

export const startBox = async (options: BoxOptions): Promise<Box> => {
	const domain = options.domain ?? "box.example";
	if (!DOMAIN.test(domain))
		throw new Error(`"${domain}" is not a domain name: use small letters, digits, hyphens and dots, as in box.example.`);
	const data = resolve(options.data);
	const program = await findProsody();
	await mkdir(join(data, "prosody", "data"), { recursive: true, mode: 0o700 });
	const lockFile = join(data, "box.pid");
	await lock(lockFile, data);
	try {
		return await start(options, { domain, data, program, unlock: () => rm(lockFile, { force: true }) });
	} catch (error) {
		await rm(lockFile, { force: true });
		throw error;
	}
};

const start = async (
	options: BoxOptions,
	{ domain, data, program, unlock }: { domain: string; data: string; program: string; unlock(): Promise<void> }
): Promise<Box> => {
	const registry = `registry.${domain}`;
	const folder = join(data, "prosody");
	const configuration = join(folder, "prosody.cfg.lua");
	const certificates = await prepareCertificates(join(data, "certificates"), [domain, registry]);
	await endLeftover(join(folder, "prosody.pid"), configuration);
	const secret = randomBytes(16).toString("hex");
	const listen = options.listen ?? "127.0.0.1";
	const prosody = new Prosody({
		program,
		configuration,
		log: options.log,
		onEnd: (how) => {
			options.log(`prosody ended by itself (${how})`);
			options.onEnd?.(how);
		}
	});

	const given = options.portOffset;
	const portsFile = join(data, "ports.json");
	let ports = given === undefined ? ((await lastPorts(portsFile)) ?? (await freePorts())) : shifted(given);
	for (let tries = 1; ; tries++) {
		const { served, certificate, key } = certificates;
		const text = { domain, registry, secret, ports, listen: [listen], folder, modules: modulesFolder(), served, certificate, key };
		await writePrivately(configuration, writeConfiguration(text));
		await rm(`${folder}/prosody.log`, { force: true });
		try {
			await prosody.start();
			break;
		} catch (error) {
			if (!(error instanceof PortTaken)) throw error;
			if (given !== undefined) throw new Error(`${error.message} Name another --port-offset, or none for free ports.`);
			if (tries === 5) throw error;
			ports = await freePorts();
		}
	}
	const component = { current: undefined as RegistryComponent | undefined };
	let store: SQLiteStore | undefined;
	const stop = async () => {
		await component.current?.stop();
		await prosody.stop();
		store?.close();
		await unlock();
	};
	try {
		await writePrivately(portsFile, `${JSON.stringify(ports)}\n`);
		store = new SQLiteStore(join(data, "registry.db"));
		await chmod(join(data, "registry.db"), 0o600);
		const event = (event: RegistryEvent) => {
			options.log(`registry: ${event.event} ${event.thing}${event.by === undefined ? "" : ` by ${event.by}`}`);
			options.onEvent?.(event);
		};
		component.current = new RegistryComponent({ jid: registry, secret, port: ports.component, store, event, log: options.log });
		component.current.start();
		await component.current.online();
		const create = (user: string, password: string) =>
			createAccount({
				host: listen === "0.0.0.0" || listen === "::" ? "127.0.0.1" : listen,
				port: ports.direct,
				domain,
				caFile: certificates.caFile,
				user,
				password
			});
		const owner = { jid: `${OWNER}@${domain}`, password: await passwordOf(join(data, "owner.password")) };
		await create(OWNER, owner.password);
		let stopped: Promise<void> | undefined;
		return {
			...{ domain, ports, caFile: certificates.caFile, owner, registry, prosody: prosody.version, createAccount: create },
			restart: async () => {
				await prosody.stop();
				await prosody.start();
				await component.current?.online();
			},
			disconnectRegistry: async () => component.current?.stop(),
			connectRegistry: async () => {
				component.current?.start();
				await component.current?.online();
			},
			stop: () => (stopped ??= stop())
		};
	} catch (error) {
		await stop();
		throw error;
	}
};

const shifted = (offset: number): Ports => {
	const { starttls, direct, websocket, component } = USUAL;
	if (!Number.isInteger(offset) || offset < -5000 || offset > 60_000)
		throw new Error("A port offset is a whole number, as in --port-offset 1000.");
	return { starttls: starttls + offset, direct: direct + offset, websocket: websocket + offset, component: component + offset };
};
