// The options that every command of a person shares, and the login that they make.
import { type Command, Option } from "commander";
import { bareJID, domainOf } from "../../src/xmpp/jid.js";
import { type Address, parseAccountJID, parseAddress, type TLSKind, writeAddress } from "./arguments.js";
import { type BoxFile, readBoxFile } from "./box-file.js";
import { Consumer } from "./consumer.js";
import { findPassword } from "./password.js";
import { respawnTrusting } from "./respawn.js";

/** Where `extasis start` and `extasis broker` keep what they keep. */
export const defaultData = "data";

export interface PersonOptions {
	readonly as: string;
	readonly address?: Address;
	readonly tls?: TLSKind;
	readonly ca?: string;
	readonly passwordFile?: string;
	readonly data: string;
}

export function addPersonOptions(command: Command, me = required()): Command {
	return command
		.addOption(me)
		.option("--address <host:port>", "where the broker is (default: the domain of your address, port 5222 or 5223)", parseAddress)
		.addOption(new Option("--tls <kind>", "TLS from the first byte, or after STARTTLS (default)").choices(["direct", "starttls"]))
		.option("--ca <file>", "trust this CA too (PEM)")
		.option("--password-file <file>", "your password, in its first line (else EXTASIS_PASSWORD, else asked for)")
		.option("--data <dir>", "a box started here tells its address, CA and owner's password there", defaultData);
}

function required(): Option {
	return new Option("--as <jid>", "your own address").argParser(parseAccountJID).makeOptionMandatory();
}

/** The same options once more, for a command that a person may type next. */
export function repeatOptions({ as, address, tls, ca, passwordFile, data }: PersonOptions): string {
	const words = ["--as", as];
	if (address !== undefined) words.push("--address", writeAddress(address));
	if (tls !== undefined) words.push("--tls", tls);
	if (ca !== undefined) words.push("--ca", ca);
	if (passwordFile !== undefined) words.push("--password-file", passwordFile);
	if (data !== defaultData) words.push("--data", data);
	return words.map(quote).join(" ");
}

/** For a shell, where it needs it. */
export function quote(word: string): string {
	return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** Runs `work` logged in; gives the exit code. The box of the person's domain fills in what was not said. */
export async function asPerson(options: PersonOptions, work: (consumer: Consumer) => Promise<number>): Promise<number> {
	const jid = bareJID(options.as);
	const domain = domainOf(jid);
	// A person who names an address or a CA means that broker, not the one in the folder.
	const box = options.address === undefined && options.ca === undefined ? readBoxFile(options.data, domain) : undefined;
	const elsewhere = await respawnTrusting(options.ca ?? box?.caFile);
	if (elsewhere !== undefined) return elsewhere;
	const tls = options.tls ?? "starttls";
	const address = options.address ?? boxAddress(box, tls) ?? { host: domain, port: tls === "direct" ? 5223 : 5222 };
	const password = await findPassword(jid, options.passwordFile, box?.owner === jid ? box.passwordFile : undefined);
	const consumer = await Consumer.login({ jid, password, address, tls });
	try {
		return await work(consumer);
	} finally {
		await consumer.close();
	}
}

function boxAddress(box: BoxFile | undefined, tls: TLSKind): Address | undefined {
	return box === undefined ? undefined : { host: box.host, port: box.ports[tls] };
}
