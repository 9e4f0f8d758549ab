// Clients that we did not write, in processes of their own: they log in and keep still.
import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { root } from "../../../hosts/simulator/root.js";
import { type FlightCounter, startFlightCounter, type Tally } from "../../support/flights.js";
import { quiet, waitFor } from "./living.js";

export interface Account {
	readonly domain: string;
	readonly username: string;
	readonly password: string;
	readonly caFile: string;
}

/** The same login by each, over STARTTLS on this port; what it came to when it was online and silent. */
export async function peerLogins(port: number, account: Account): Promise<ReadonlyMap<string, Tally>> {
	const { domain, username, password, caFile } = account;
	const env = { ...process.env, NODE_EXTRA_CA_CERTS: caFile, EXTASIS_PASSWORD: password };
	const tallies = new Map<string, Tally>();
	const login = async (name: string, start: (wire: FlightCounter) => ChildProcess): Promise<void> => {
		const wire = await startFlightCounter(port);
		const child = start(wire);
		try {
			await online(name, child);
			await quiet(wire);
			tallies.set(name, structuredClone(wire.tally));
		} finally {
			await end(child);
			await wire.close();
		}
	};
	await login("@xmpp/client", (wire) => {
		const options = { service: `xmpp://127.0.0.1:${wire.port}`, domain, username, password };
		return spawn(process.execPath, [join(root, "tests/bench/wire/xmpp_client.js"), JSON.stringify(options)], { env });
	});
	await login("slixmpp", (wire) => {
		const words = [`${username}@${domain}`, "127.0.0.1", String(wire.port), caFile];
		return spawn("/usr/bin/python3", [join(root, "tests/bench/wire/slixmpp_login.py"), ...words], { env });
	});
	return tallies;
}

async function online(name: string, child: ChildProcess): Promise<void> {
	let said = "";
	let error = "";
	let ended = false;
	child.stdout?.on("data", (data) => {
		said += data;
	});
	child.stderr?.on("data", (data) => {
		error += data;
	});
	child.once("error", (cause) => {
		error += cause;
		ended = true;
	});
	child.once("exit", () => {
		ended = true;
	});
	await waitFor(`login of ${name}`, () => {
		if (ended) throw new Error(`${name} ended with ${child.exitCode}: ${error}`);
		return said.includes("online");
	});
}

async function end(child: ChildProcess): Promise<void> {
	// One that was never started has no id, and one that has ended has no other end.
	if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
	const ended = once(child, "exit");
	child.kill();
	await ended;
}

/** What came to a person's client, as XML. */
export interface Person {
	readonly jid: string;
	readonly received: readonly string[];
	send(name: string, attrs: object, ...children: readonly object[]): void;
	end(): Promise<void>;
}

/** Available, by @xmpp/client. */
export async function person(port: number, account: Account): Promise<Person> {
	const { domain, username, password, caFile } = account;
	const login = { service: `xmpp://127.0.0.1:${port}`, domain, username, password };
	const env = { ...process.env, NODE_EXTRA_CA_CERTS: caFile };
	const child = fork(join(root, "tests/scenarios/client-process.js"), [JSON.stringify(login)], { env, execArgv: [] });
	const received: string[] = [];
	let jid = "";
	child.on("message", (message: { stanza?: string; ready?: string; error?: string }) => {
		if (message.stanza !== undefined) received.push(message.stanza);
		if (message.error !== undefined) process.stderr.write(`${username}: ${message.error}\n`);
		jid ||= message.ready ?? "";
	});
	await waitFor(`${username} is available`, () => {
		if (child.exitCode !== null) throw new Error(`${username} ended with ${child.exitCode}`);
		return jid !== "";
	});
	return {
		jid,
		received,
		send: (name, attrs, ...children) => child.send({ name, attrs, children }),
		end: () => end(child)
	};
}
