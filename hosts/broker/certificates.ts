// A private certificate authority for one box and the server certificate it signs, made by openssl.

import { execFile } from "node:child_process";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const DAY = 86_400_000;
/** Ten years: people and things are handed this CA once. */
const CA_DAYS = 3652;
/** What today's browsers and systems accept at most from a server. */
const SERVER_DAYS = 397;
/** A certificate that ends within this many days is remade at start. */
const SPARE_DAYS = 30;

export interface Certificates {
	/** PEM of the CA: what clients and things trust. */
	readonly caFile: string;
	/** The folder that holds the server's pair and nothing else, for Prosody finds pairs by indexing a folder. */
	readonly served: string;
	readonly certificate: string;
	readonly key: string;
}

const openssl = async (...args: string[]): Promise<void> => {
	try {
		await promisify(execFile)("openssl", args);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") {
			throw new Error(
				"The box needs openssl to make its certificates: type `sudo apt-get install openssl` (or your system's way) and start again."
			);
		}
		throw new Error(`openssl could not make a certificate: ${(error as { stderr?: string }).stderr?.trim() || (error as Error).message}`);
	}
};

/** The certificate, when it and its key are there, belong together and last. */
const read = async (certificate: string, key: string, now: number): Promise<X509Certificate | undefined> => {
	try {
		const found = new X509Certificate(await readFile(certificate));
		const lasts = Date.parse(found.validFrom) <= now && Date.parse(found.validTo) > now + SPARE_DAYS * DAY;
		return lasts && found.checkPrivateKey(createPrivateKey(await readFile(key))) ? found : undefined;
	} catch {
		return undefined;
	}
};

const request = (name: string, extensions: readonly string[]): string =>
	["[req]", "prompt=no", "distinguished_name=name", "x509_extensions=ext", "[name]", `CN=${name}`, "[ext]", ...extensions, ""].join("\n");

const EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-pkeyopt", "ec_param_enc:named_curve", "-nodes", "-sha256"];

/** Finds or makes the CA and the server's certificate for these names; what is expired, broken or for other names is remade. */
export const prepareCertificates = async (folder: string, names: readonly string[], now = Date.now()): Promise<Certificates> => {
	const served = join(folder, "served");
	await mkdir(served, { recursive: true, mode: 0o700 });
	const name = names[0]!;
	const paths = {
		...{ caFile: join(folder, "ca.pem"), caKey: join(folder, "ca.key") },
		...{ served, certificate: join(served, `${name}.crt`), key: join(served, `${name}.key`) }
	};
	const work = await mkdtemp(join(folder, "new-"));
	const config = join(work, "request.cnf");
	try {
		let ca = await read(paths.caFile, paths.caKey, now);
		if (ca === undefined) {
			// A serial in the name keeps a trust store that holds an older CA from mistaking one for the other.
			await writeFile(
				config,
				request(`Extasis box ${new Date(now).toISOString()}`, [
					"basicConstraints=critical,CA:TRUE,pathlen:0",
					"keyUsage=critical,keyCertSign,cRLSign",
					"subjectKeyIdentifier=hash"
				])
			);
			await openssl("req", "-x509", ...EC, "-config", config, "-days", `${CA_DAYS}`, "-keyout", `${work}/ca.key`, "-out", `${work}/ca.pem`);
			await chmod(`${work}/ca.key`, 0o600);
			await rename(`${work}/ca.key`, paths.caKey);
			await rename(`${work}/ca.pem`, paths.caFile);
			ca = new X509Certificate(await readFile(paths.caFile));
		}
		const server = await read(paths.certificate, paths.key, now);
		if (server === undefined || !server.verify(ca.publicKey) || !names.every((each) => server.checkHost(each) !== undefined)) {
			for (const file of await readdir(served)) await rm(join(served, file));
			await writeFile(
				config,
				request(name, [
					"basicConstraints=critical,CA:FALSE",
					"keyUsage=critical,digitalSignature",
					"extendedKeyUsage=serverAuth",
					`subjectAltName=${names.map((each) => `DNS:${each}`).join(",")}`
				])
			);
			await openssl("req", "-new", ...EC, "-config", config, "-keyout", `${work}/server.key`, "-out", `${work}/server.csr`);
			await openssl(
				...["x509", "-req", "-sha256", "-in", `${work}/server.csr`, "-CA", paths.caFile, "-CAkey", paths.caKey],
				...["-CAcreateserial", "-CAserial", `${work}/serial`, "-extfile", config, "-extensions", "ext"],
				...["-days", `${SERVER_DAYS}`, "-out", `${work}/server.crt`]
			);
			await chmod(`${work}/server.key`, 0o600);
			await rename(`${work}/server.key`, paths.key);
			await rename(`${work}/server.crt`, paths.certificate);
		}
	} finally {
		await rm(work, { recursive: true, force: true });
	}
	return { caFile: paths.caFile, served, certificate: paths.certificate, key: paths.key };
};
