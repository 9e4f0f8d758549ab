// A box on ejabberd: the broker of Debian's package, unpacked beside the system by tests/install-peers.sh, with our registry as its component.
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createAccount } from "../../hosts/broker/account.js";
import type { Box } from "../../hosts/broker/box.js";
import { prepareCertificates } from "../../hosts/broker/certificates.js";
import { RegistryComponent } from "../../hosts/broker/component.js";
import { freePorts } from "../../hosts/broker/ports.js";
import { MemoryStore } from "../../hosts/broker/store.js";

const START_SECONDS = 60;
const UNPACKED = fileURLToPath(new URL("../../build/peers/ejabberd", import.meta.url));

/** What a stage needs of a box. */
export type EjabberdBox = Omit<Box, "owner" | "prosody" | "restart" | "isSigned" | "apiKey"> & {
	readonly version: string;
	readonly process: ChildProcess;
};

/** The one entry that begins so. */
function entry(folder: string, start: string): string {
	const name = readdirSync(folder).find((each) => each.startsWith(start));
	if (name === undefined) throw new Error(`${folder} holds no ${start}…`);
	return join(folder, name);
}

/** It ends with the pipe that is its standard input, as Prosody does by mod_extasis_leash: an aborted test leaves none running. */
const LEASH = "spawn(fun() -> io:get_line([]), erlang:halt(0, [{flush, false}]) end).";

/** Without its script, which wants a user of its own and a name server for nodes. */
function launch(folder: string): ChildProcess {
	const root = existsSync(join(UNPACKED, "usr")) ? UNPACKED : "/";
	const erlang = join(root, "usr/lib/erlang");
	const programs = join(entry(erlang, "erts-"), "bin");
	const libraries = entry(join(root, "usr/lib"), `${process.arch === "x64" ? "x86_64" : "aarch64"}-linux-gnu`);
	return spawn(
		join(programs, "erlexec"),
		["+K", "true", "+S", "1:1", "-noshell", "-eval", LEASH, "-mnesia", "dir", JSON.stringify(join(folder, "spool")), "-s", "ejabberd"],
		{
			cwd: folder,
			env: {
				...process.env,
				...{ ROOTDIR: erlang, BINDIR: programs, EMU: "beam", PROGNAME: "erl", HOME: folder, ERL_LIBS: libraries },
				...(root === "/" ? {} : { LD_LIBRARY_PATH: libraries }),
				...{ EJABBERD_CONFIG_PATH: join(folder, "ejabberd.yml"), EJABBERD_LOG_PATH: join(folder, "ejabberd.log"), NODE_OPTIONS: "" }
			},
			stdio: ["pipe", "pipe", "pipe"],
			detached: true
		}
	);
}

/** JSON is YAML. */
const yaml = (value: unknown): string => JSON.stringify(value, undefined, "\t");

/** `more`: protocol options of OpenSSL beside ours, such as "no_tlsv1_3". */
export async function startEjabberd(folder: string, more: readonly string[] = []): Promise<EjabberdBox> {
	const domain = "box.example";
	const registry = `registry.${domain}`;
	const secret = randomBytes(16).toString("hex");
	await mkdir(join(folder, "spool"), { recursive: true });
	const certificates = await prepareCertificates(join(folder, "certificates"), [domain, registry]);
	const pair = join(folder, "pair.pem");
	await writeFile(pair, (await readFile(certificates.certificate, "utf8")) + (await readFile(certificates.key, "utf8")), { mode: 0o600 });
	const ports = await freePorts("127.0.0.1");
	const here = { ip: "127.0.0.1" };
	const protocols = ["no_tlsv1", "no_tlsv1_1", ...more];
	const client = { ...here, module: "ejabberd_c2s", access: "all", max_stanza_size: 262_144, protocol_options: protocols };
	await writeFile(
		join(folder, "ejabberd.yml"),
		yaml({
			hosts: [domain],
			loglevel: "info",
			certfiles: [pair],
			auth_method: "internal",
			auth_password_format: "plain",
			registration_timeout: "infinity",
			listen: [
				{ ...client, port: ports.starttls, starttls_required: true },
				{ ...client, port: ports.direct, tls: true },
				{ ...here, port: ports.component, module: "ejabberd_service", access: "all", hosts: { [registry]: { password: secret } } }
			],
			access_rules: { anybody: { allow: "all" } },
			modules: {
				mod_blocking: {},
				mod_disco: {},
				mod_ping: {},
				mod_privacy: {},
				mod_register: { access: "anybody", ip_access: "anybody" },
				mod_roster: {},
				mod_stream_mgmt: {},
				mod_time: {},
				mod_version: {}
			}
		})
	);
	const child = launch(folder);
	child.stdin?.on("error", () => {});
	const kill = (): void => void child.kill("SIGKILL");
	process.once("exit", kill);
	let said = "";
	for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", (text: string) => (said += text));
	const end = Date.now() + START_SECONDS * 1000;
	let version = "";
	while (version === "" || (said.match(/Start accepting/g)?.length ?? 0) < 3) {
		version = /ejabberd (\S+) is started in the node/.exec(said)?.[1] ?? "";
		if (child.exitCode !== null || Date.now() > end) {
			child.kill("SIGKILL");
			throw new Error(`ejabberd does not start: ${said.slice(-3000)}`);
		}
		await pause(50);
	}

	const component = new RegistryComponent({
		...{ jid: registry, secret, port: ports.component, store: new MemoryStore(), pepper: randomBytes(32).toString("hex") },
		...{ domain, operator: `owner@${domain}`, signedOnly: false, event: () => {}, log: () => {} }
	});
	const connectRegistry = async (): Promise<void> => {
		component.start();
		await component.online();
	};
	await connectRegistry();
	const { caFile } = certificates;
	return {
		...{ domain, registry, ports, caFile, version, process: child, connectRegistry },
		createAccount: (user, password) =>
			createAccount({ host: "127.0.0.1", port: ports.direct, domain, caFile, user, password, apiKey: component.own }),
		disconnectRegistry: () => component.stop(),
		async stop() {
			await component.stop();
			process.off("exit", kill);
			if (child.exitCode !== null || child.signalCode !== null) return;
			const ended = once(child, "exit");
			child.kill("SIGTERM");
			const timer = setTimeout(() => child.kill("SIGKILL"), 5000);
			await ended;
			clearTimeout(timer);
		}
	};
}
