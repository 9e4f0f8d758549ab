// The box: Prosody, its certificates and the registry, started and ended together, all in one data folder.

import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { isIP } from "node:net";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { createAccount } from "./account.js";
import { prepareCertificates } from "./certificates.js";
import { RegistryComponent } from "./component.js";
import { type Federation, writeConfiguration } from "./configuration.js";
import { takeLock } from "./lock.js";
import { freePorts, lastPorts, type Ports, shiftedPorts } from "./ports.js";
import { endLeftover, findProsody, PortTaken, Prosody } from "./prosody.js";
import type { RegistryEvent } from "./registry.js";
import type { DialectName } from "./service.js";
import { SQLiteStore } from "./sqlite.js";

export type { Ports } from "./ports.js";

export interface BoxOptions {
	/** Folder of everything the box keeps; made if missing, private to the user. */
	readonly data: string;
	/** A name that resolves nowhere by default: clients are told the address (RFC 2606). */
	readonly domain?: string;
	/** Added to the usual ports 5222, 5223, 5280 and 5347; free ports that stay the same over restarts when absent. */
	readonly portOffset?: number;
	/** Address for clients; loopback when absent. */
	readonly listen?: string;
	/** No account without an API key, even while there is none; with the first key it is so anyhow. */
	readonly signedOnly?: boolean;
	/** The only generation of names that registry and provisioning service speak; both when absent. */
	readonly dialect?: DialectName;
	/** No other broker is talked to when absent. */
	readonly federation?: Federation;
	/** Another Prosody than the one that is found, modules of its own that are enabled beside ours, and global settings in its own words. */
	readonly prosody?: { readonly program?: string; readonly modules?: readonly string[]; readonly settings?: readonly string[] };
	log(line: string): void;
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
	/** Whether accounts are made by signed forms only. */
	readonly isSigned: boolean;
	/** The API key of this name, made for so many accounts when there is none. */
	apiKey(name: string, accounts: number): { readonly key: string; readonly secret: string };
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
const DOMAIN = /^(?=.{1,240}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

/** Compiled code lies in build/hosts/broker, Prosody's modules beside the sources. */
const modulesFolder = (): string => {
	const candidates = ["./modules", "../../../hosts/broker/modules"].map((path) => fileURLToPath(new URL(path, import.meta.url)));
	const found = candidates.find((path) => existsSync(path));
	if (found === undefined) throw new Error("The box does not find its Prosody modules: run it from a complete clone.");
	return found;
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

export const startBox = async (options: BoxOptions): Promise<Box> => {
	const { domain = "box.example", listen = "127.0.0.1", portOffset } = options;
	if (!DOMAIN.test(domain)) {
		throw new Error(`"${domain}" is not a domain name: use small letters, digits, hyphens and dots, as in box.example.`);
	}
	if (isIP(listen) === 0) throw new Error(`"${listen}" is not an address to listen on: name one of this machine's, or 0.0.0.0 for all.`);
	const given = portOffset === undefined ? undefined : shiftedPorts(portOffset);
	const data = resolve(options.data);
	const program = options.prosody?.program ?? (await findProsody());
	await mkdir(join(data, "prosody", "data"), { recursive: true, mode: 0o700 });
	const unlock = await takeLock(join(data, "box.pid"), data);
	try {
		return await start(options, { domain, listen, given, data, program, unlock });
	} catch (error) {
		await unlock();
		throw error;
	}
};

interface Settled {
	readonly domain: string;
	readonly listen: string;
	readonly given: Ports | undefined;
	readonly data: string;
	readonly program: string;
	unlock(): Promise<void>;
}

const start = async (options: BoxOptions, { domain, listen, given, data, program, unlock }: Settled): Promise<Box> => {
	const registry = `registry.${domain}`;
	const folder = join(data, "prosody");
	const configuration = join(folder, "prosody.cfg.lua");
	const certificates = await prepareCertificates(join(data, "certificates"), [domain, registry]);
	await endLeftover(join(folder, "prosody.pid"), configuration);
	const secret = randomBytes(16).toString("hex");
	const prosody = new Prosody({
		program,
		configuration,
		services: options.federation === undefined ? [] : ["s2s"],
		log: options.log,
		onEnd: (how) => {
			options.log(`prosody ended by itself (${how})`);
			options.onEnd?.(how);
		}
	});

	const portsFile = join(data, "ports.json");
	let ports = given ?? (await lastPorts(portsFile)) ?? (await freePorts(listen));
	for (let tries = 1; ; tries++) {
		const { served, certificate, key } = certificates;
		const { federation } = options;
		const text = {
			federation,
			domain,
			registry,
			secret,
			ports,
			listen: [listen],
			folder,
			modules: modulesFolder(),
			more: options.prosody?.modules ?? [],
			settings: options.prosody?.settings ?? [],
			served,
			certificate,
			key
		};
		await writePrivately(configuration, writeConfiguration(text));
		await rm(`${folder}/prosody.log`, { force: true });
		try {
			await prosody.start();
			break;
		} catch (error) {
			if (!(error instanceof PortTaken)) throw error;
			if (given !== undefined) throw new Error(`${error.message} Name another --port-offset, or none for free ports.`);
			if (tries === 5) throw error;
			ports = await freePorts(listen);
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
		const memory = new SQLiteStore(join(data, "registry.db"));
		store = memory;
		await chmod(join(data, "registry.db"), 0o600);
		const event = (event: RegistryEvent) => {
			options.log(`registry: ${event.event} ${event.thing}${event.by === undefined ? "" : ` by ${event.by}`}`);
			memory.audit(Date.now(), event);
		};
		const operator = `${OWNER}@${domain}`;
		const joined = new RegistryComponent({
			...{
				jid: registry,
				secret,
				port: ports.component,
				store,
				pepper: memory.pepper,
				audited: (page) => memory.audited(page),
				event,
				log: options.log
			},
			...{ domain, operator, signedOnly: options.signedOnly ?? false, dialect: options.dialect }
		});
		component.current = joined;
		joined.start();
		await joined.online();
		const create = (user: string, password: string) =>
			createAccount({
				host: listen === "0.0.0.0" || listen === "::" ? "127.0.0.1" : listen,
				port: ports.direct,
				domain,
				caFile: certificates.caFile,
				user,
				password,
				apiKey: joined.own
			});
		const owner = { jid: operator, password: await passwordOf(join(data, "owner.password")) };
		await create(OWNER, owner.password);
		let stopped: Promise<void> | undefined;
		return {
			get isSigned() {
				return joined.office.isSigned;
			},
			apiKey: (name, accounts) => joined.office.find(name, accounts),
			...{ domain, ports, caFile: certificates.caFile, owner, registry, prosody: prosody.version, createAccount: create },
			restart: async () => {
				await prosody.stop();
				await prosody.start();
				await joined.online();
			},
			disconnectRegistry: () => joined.stop(),
			connectRegistry: async () => {
				joined.start();
				await joined.online();
			},
			stop: () => (stopped ??= stop())
		};
	} catch (error) {
		await stop();
		throw error;
	}
};
