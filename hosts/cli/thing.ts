// `extasis thing`: one thing in the foreground. Its life as JSON lines on standard output, for a person on standard error.
import { createPrivateKey, X509Certificate } from "node:crypto";
import { join } from "node:path";
import { InvalidArgumentError, Option } from "commander";
import type { ThingEvent } from "../../src/host.js";
import { isJID } from "../../src/xmpp/jid.js";
import type { NodeHostOptions } from "../node/index.js";
import { defaultHeap } from "../simulator/index.js";
import { describeReport, type Report } from "../simulator/report.js";
import {
	type Address,
	parseAddress,
	parseCount,
	parseDomain,
	parseServiceJID,
	readAnchors,
	readTextFile,
	type TLSKind,
	writeAddress
} from "./arguments.js";
import { loadDefinition } from "./definitions.js";
import { untilAsked } from "./ending.js";
import { Misuse, prepareFolder, printable } from "./errors.js";
import { describeEvent } from "./log.js";
import type { AddCommand } from "./program.js";
import { type HostKind, hostKinds, runThing } from "./running.js";

interface ThingCommandOptions {
	readonly domain: string;
	readonly address?: Address;
	readonly discover?: boolean;
	readonly tls?: TLSKind;
	readonly ca?: string;
	readonly store?: string;
	readonly definition: string;
	readonly serial?: string;
	readonly key?: string;
	readonly nodeKey?: Readonly<Record<string, string>>;
	readonly registry?: string;
	readonly showSticker?: boolean;
	readonly host: HostKind;
	readonly heap?: number;
	readonly restart?: boolean;
	readonly report?: boolean;
	readonly quiet?: boolean;
	readonly provisioning?: string;
	readonly apiKey?: string;
	readonly apiSecret?: string;
	readonly factoryReset?: boolean;
	readonly account?: string;
	readonly certificate?: string;
	readonly certificateKey?: string;
}

export const addThing: AddCommand = (program, start) => {
	program
		.command("thing")
		.description("run one thing in the foreground")
		.requiredOption("--domain <name>", "the broker's domain", parseDomain)
		.option("--address <host:port>", "where the broker is (default: what the domain's SRV records say, else the domain)", parseAddress)
		.option("--discover", "when nothing else leads to the broker, look for it on this network (multicast DNS)")
		.addOption(
			new Option("--tls <kind>", "TLS from the first byte, or after STARTTLS (default: as the records say, else starttls)").choices([
				"direct",
				"starttls"
			])
		)
		.option("--ca <file>", "the CAs to trust instead of the usual ones (PEM)")
		.option("--store <dir>", "what the thing keeps (default: data/things/SERIAL, or data/things/MODEL without --serial)")
		.option("--definition <name|file>", "what the thing is: an example's name, or a .ts, .js or .mjs file", "weather-station")
		.option("--serial <sn>", "serial number (default: made once and kept)")
		.addOption(new Option("--key <key>", "claim KEY (default: made once and kept)").env("EXTASIS_KEY"))
		.option("--node-key <id=key>", "claim KEY of a node of it; once for each (default: made once and kept)", parseNodeKey)
		.option("--registry <jid>", "the Thing Registry (default: the broker's)", parseServiceJID)
		.option("--show-sticker", "tell the sticker, KEY included, in the registered event")
		.addOption(new Option("--host <kind>", "what the thing runs on").choices(hostKinds).default("node"))
		.option("--heap <bytes>", `of the simulator (default: ${defaultHeap})`, parseCount(24_576, 16_777_216))
		.option("--restart", "start again when the simulator's engine dies, as a chip does")
		.option("--report", "measure on the simulator: heap, collections, time and instructions of every step, told at the end")
		.option("--quiet", "no log on standard error")
		.option("--provisioning <jid>", "the provisioning service that decides for the owner (default: the broker's)", parseServiceJID)
		.option("--factory-reset", "begin as from the factory: nothing of an owner stays, the registry is told, the password is changed")
		.addOption(new Option("--api-key <key>", "for a broker that wants signed registrations; needs the secret too").env("EXTASIS_API_KEY"))
		.addOption(new Option("--api-secret <secret>", "of the API key; better by the environment").env("EXTASIS_API_SECRET"))
		.option("--account <name>", "user name of the account that a client certificate is for; the thing makes none then")
		.option("--certificate <file>", "that certificate, shown in place of a password (PEM, its chain after it)")
		.option("--certificate-key <file>", "the certificate's key (PEM)")
		.action((options: ThingCommandOptions) => start(() => run(options)));
};

function parseNodeKey(text: string, others: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
	const at = text.lastIndexOf("=");
	if (at < 1 || at === text.length - 1) throw new InvalidArgumentError("ID=KEY is wanted: the node's id and its KEY.");
	return { ...others, [text.slice(0, at)]: text.slice(at + 1) };
}

async function run(options: ThingCommandOptions): Promise<number> {
	const { address, ca, domain, host: kind, quiet = false, showSticker = false } = options;
	const anchors = ca === undefined ? undefined : readAnchors(ca);
	const definition = await loadDefinition(options.definition);
	const store = options.store ?? join("data", "things", folderName(options.serial ?? definition.model));
	const place = { domain, address: address === undefined ? domain : writeAddress(address) };
	const note = (text: string): void => {
		process.stderr.write(`${text}\n`);
	};
	const log = (text: string): void => {
		if (!quiet) note(`${new Date().toTimeString().slice(0, 8)} ${printable(text)}`);
	};
	const apiKey = readAPIKey(options);
	const certificate = readCertificate(options);
	if (options.discover && address !== undefined) throw new Misuse("--discover looks for what --address says: give one of them.");
	const misplaced = kind === "simulator" ? undefined : (["heap", "restart", "report"] as const).find((name) => options[name] !== undefined);
	if (misplaced !== undefined) throw new Misuse(`--${misplaced} is for --host simulator.`);

	let sticker: string | undefined;
	const onEvent = (event: ThingEvent): void => {
		const told = showSticker && event.event === "registered" ? { ...event, sticker } : event;
		process.stdout.write(`${JSON.stringify(told)}\n`);
		log(describeEvent(event, place));
	};
	const onSticker = (uri: string): void => {
		sticker = uri;
	};
	const onReport = (report: Report): void => {
		process.stdout.write(`${JSON.stringify({ event: "report", ...report })}\n`);
		if (!quiet) note(describeReport(report));
	};
	const strange = Object.keys(options.nodeKey ?? {}).find((id) => !definition.nodes?.some((node) => node.id === id));
	if (strange !== undefined) throw new Misuse(`The thing has no node ${strange}.`);
	prepareFolder(store, "--store");
	const asked = untilAsked();
	const { tls, provisioning, registry, serial, key, nodeKey: nodeKeys, heap, restart, factoryReset } = options;
	const thing = await runThing({
		discovery: options.discover ? {} : undefined,
		...{ kind, heap, restart, store, certificate, onEvent, onSticker, log },
		...{ definition, domain, address, tls, anchors, provisioning, registry, apiKey, serial, key, nodeKeys, factoryReset },
		onNote: note,
		onReport: options.report ? onReport : undefined
	});
	const code = await Promise.race([asked.then(() => 0), thing.ended]);
	await thing.stop();
	return code;
}

function readAPIKey({ apiKey: key, apiSecret: secret }: ThingCommandOptions): { key: string; secret: string } | undefined {
	if (key === undefined && secret === undefined) return undefined;
	if (!key || !secret) throw new Misuse("--api-key and --api-secret belong together: give both or neither.");
	return { key, secret };
}

function readCertificate({ account, certificate, certificateKey }: ThingCommandOptions): NodeHostOptions["certificate"] {
	if (account === undefined && certificate === undefined && certificateKey === undefined) return undefined;
	if (!account || !certificate || !certificateKey)
		throw new Misuse("--account, --certificate and --certificate-key belong together: give all or none.");
	if (!isJID(`${account}@a.example`)) throw new Misuse(`"${account}" is no user name.`);
	const chain = readAnchors(certificate);
	const key = readTextFile(certificateKey);
	let fits = false;
	try {
		fits = new X509Certificate(chain).checkPrivateKey(createPrivateKey(key));
	} catch {
		// Said below.
	}
	if (!fits) throw new Misuse(`The file ${certificateKey} holds no key in PEM form that the certificate is for.`);
	return { account, chain, key };
}

/** A serial number may hold what a file name may not. */
function folderName(text: string): string {
	const name = text.replace(/[^A-Za-z0-9._-]/g, "_");
	return /^\.+$/.test(name) ? "_" : name;
}
