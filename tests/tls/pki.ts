// Certificates for the TLS tests, good and bad, made by openssl; hosts/broker/certificates.ts makes those that people use.
import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const DAY = 86_400_000;

export interface Pair {
	/** PEM: the certificate alone. */
	readonly certificate: string;
	readonly key: string;
	readonly certificateFile: string;
	readonly keyFile: string;
}

export interface Wish {
	/** Of its files and its subject. */
	readonly name: string;
	/** subjectAltName; default is a.test, and an empty list leaves the extension out. */
	readonly names?: readonly string[];
	/** As openssl's -newkey has it; default is an EC key on P-256. */
	readonly key?: readonly string[];
	/** Who signs; default is itself. */
	readonly by?: Pair;
	readonly ca?: boolean;
	/** null leaves the extension out. */
	readonly usage?: string | null;
	/** null leaves the extension out. */
	readonly extendedUsage?: string | null;
	readonly hash?: string;
	/** Days from now. */
	readonly from?: number;
	readonly to?: number;
}

export const EC: readonly string[] = ["ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-pkeyopt", "ec_param_enc:named_curve"];
export const RSA: readonly string[] = ["rsa:2048"];

const asn1Time = (days: number): string => new Date(Date.now() + days * DAY).toISOString().replace(/\.\d+/, "").replace(/[-:T]/g, "");

/** A folder that openssl keeps its index in. */
export class Certificates {
	readonly #folder: string;

	constructor(folder: string) {
		this.#folder = folder;
	}

	async make(wish: Wish): Promise<Pair> {
		const folder = join(this.#folder, wish.name);
		await mkdir(folder);
		const at = (file: string): string => join(folder, file);
		const ca = wish.ca === true;
		const names = wish.names ?? (ca ? [] : ["a.test"]);
		const extended = wish.extendedUsage === undefined ? (ca ? null : "serverAuth") : wish.extendedUsage;
		await writeFile(at("index.txt"), "");
		await writeFile(
			at("ca.cnf"),
			[
				...["[ca]", "default_ca=it", "[it]", `database=${at("index.txt")}`, `new_certs_dir=${folder}`, "policy=any", "unique_subject=no"],
				...["rand_serial=yes", "[any]", "commonName=supplied", "[ext]", `basicConstraints=critical,CA:${ca ? "TRUE" : "FALSE"}`],
				...(wish.usage === null ? [] : [`keyUsage=critical,${wish.usage ?? (ca ? "keyCertSign,cRLSign" : "digitalSignature")}`]),
				...(extended === null ? [] : [`extendedKeyUsage=${extended}`]),
				...(names.length === 0 ? [] : [`subjectAltName=${names.map((each) => `DNS:${each}`).join(",")}`]),
				""
			].join("\n")
		);
		await run("openssl", [
			...["req", "-new", "-nodes", "-newkey", ...(wish.key ?? EC), "-subj", `/CN=${wish.name}`],
			...["-keyout", at("key.pem"), "-out", at("request.pem")]
		]);
		await run("openssl", [
			...["ca", "-batch", "-notext", "-config", at("ca.cnf"), "-extensions", "ext", "-md", wish.hash ?? "sha256"],
			...["-startdate", asn1Time(wish.from ?? -1), "-enddate", asn1Time(wish.to ?? 100), "-in", at("request.pem"), "-out", at("cert.pem")],
			...(wish.by === undefined
				? ["-selfsign", "-keyfile", at("key.pem")]
				: ["-cert", wish.by.certificateFile, "-keyfile", wish.by.keyFile])
		]);
		return {
			certificate: await readFile(at("cert.pem"), "utf8"),
			key: await readFile(at("key.pem"), "utf8"),
			certificateFile: at("cert.pem"),
			keyFile: at("key.pem")
		};
	}

	/** A file of these texts, one behind the other. */
	async file(name: string, ...texts: readonly (string | Buffer)[]): Promise<string> {
		const path = join(this.#folder, name);
		await writeFile(path, Buffer.concat(texts.map((text) => Buffer.from(text))));
		return path;
	}

	path(name: string): string {
		return join(this.#folder, name);
	}
}
