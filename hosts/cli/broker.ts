// `extasis broker`: the box alone, in the foreground.
import { resolve } from "node:path";
import { InvalidArgumentError, Option } from "commander";
import type { Box } from "../broker/box.js";
import { parseCount, parseDomain, readAnchors } from "./arguments.js";
import { type BoxFile, boxFolder, writeBoxFile } from "./box-file.js";
import { untilAsked } from "./ending.js";
import { Failure, Misuse, messageOf, prepareFolder } from "./errors.js";
import { defaultData } from "./login.js";
import type { AddCommand } from "./program.js";

export interface BoxOptions {
	readonly data: string;
	readonly domain?: string;
	readonly portOffset?: number;
	readonly listen?: string;
	readonly signedOnly?: boolean;
	readonly dialect?: "xep" | "ieee";
	readonly federate?: number;
	readonly federateCa?: string;
}

export const addBroker: AddCommand = (program, run) => {
	program
		.command("broker")
		.description("run the box alone in the foreground: broker, Thing Registry, an owner's account")
		.option("--data <dir>", "what the box keeps", defaultData)
		.option("--domain <name>", "the domain that it serves", parseDomain)
		.option("--port-offset <n>", "ports 5222, 5223, … moved by so many (default: free ports)", parseCount(0, 50_000))
		.option("--listen <address>", "where to listen (default: this machine only)", parseListen)
		.option("--signed-only", "no account without an API key, even while there is none (with the first key it is so anyhow)")
		.addOption(new Option("--dialect <name>", "speak these words only to things and owners (default: both)").choices(["xep", "ieee"]))
		.option("--federate <port>", "talk to other brokers, and listen for them there", parseCount(1, 65_535))
		.option("--federate-ca <file>", "the CAs of the brokers to believe, instead of the system's (PEM)")
		.action((options: BoxOptions) => run(() => runBroker(options)));
};

function parseListen(text: string): string {
	if (!/^[0-9A-Fa-f:.]+$/.test(text)) throw new InvalidArgumentError("an IP address is wanted, such as 0.0.0.0.");
	return text;
}

/** The box in DATA/box, and DATA/box.json for the other commands. Throws a Failure. */
export async function openBox({ data, federate, federateCa, ...options }: BoxOptions, log: (text: string) => void) {
	if (federateCa !== undefined) {
		if (federate === undefined) throw new Misuse("--federate-ca is for --federate.");
		readAnchors(federateCa);
	}
	const trust = federateCa === undefined ? undefined : resolve(federateCa);
	const federation = federate === undefined ? undefined : { port: federate, trust };
	try {
		// Only who needs the box loads it.
		const { startBox } = await import("../broker/box.js");
		let lost = (_error: Failure): void => {};
		/** Never settles well: rejects when the box ends although nobody ended it. */
		const end = new Promise<never>((_resolve, reject) => {
			lost = reject;
		});
		end.catch(() => {});
		const onEnd = (how: string): void => lost(new Failure(`The broker ended by itself (${how}); its log is in ${boxFolder(data)}.`));
		const box = await startBox({ data: boxFolder(data), ...options, federation, log, onEnd });
		return { box, file: writeBoxFile(data, box, options.listen), end };
	} catch (error) {
		throw new Failure(messageOf(error));
	}
}

async function runBroker(options: BoxOptions): Promise<number> {
	prepareFolder(options.data, "--data");
	const asked = untilAsked();
	const { box, file, end } = await openBox(options, (text) => process.stderr.write(`${text}\n`));
	try {
		process.stdout.write(describeBox(file, box, options.listen ?? file.host));
		await Promise.race([asked, end]);
	} finally {
		await box.stop();
	}
	return 0;
}

function describeBox({ domain, ports, caFile, owner, passwordFile }: BoxFile, box: Box, listen: string): string {
	const place = listen.includes(":") ? `[${listen}]` : listen;
	const rows = [
		["domain", domain],
		["STARTTLS", `${place}:${ports.starttls}`],
		["direct TLS", `${place}:${ports.direct}`],
		["WebSocket", `${place}:${box.ports.websocket}`],
		["registry", box.registry],
		["accounts", box.isSigned ? "by API key only" : "for whoever reaches it; from the first API key on (extasis keys add) by key only"],
		["CA file", caFile],
		["owner", owner],
		["password in", passwordFile]
	];
	return `The box runs; Ctrl-C ends it.\n${rows.map(([name = "", value]) => `  ${name.padEnd(11)}  ${value}\n`).join("")}`;
}
