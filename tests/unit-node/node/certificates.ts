// Certificates of every kind that must be refused, and one that must not, made by openssl in a folder.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Pair {
	readonly key: string;
	readonly cert: string;
}

export interface LeafOptions {
	/** subjectAltName in openssl's words; "" for a certificate without one. */
	readonly names: string;
	/** YYYYMMDDHHMMSSZ */
	readonly from?: string;
	readonly until?: string;
	readonly usage?: string;
}

export class Authority {
	readonly folder = mkdtempSync(join(tmpdir(), "extasis-ca-"));
	readonly anchors: string;
	#count = 0;

	constructor(name = "CA of the test") {
		this.#openssl("req", "-x509", ...this.#newKey("ca"), "-out", "ca.pem", "-days", "30", "-subj", `/CN=${name}`);
		this.anchors = this.#read("ca.pem");
		mkdirSync(join(this.folder, "new"));
		writeFileSync(join(this.folder, "index.txt"), "");
		writeFileSync(join(this.folder, "index.txt.attr"), "unique_subject = no\n");
		writeFileSync(join(this.folder, "serial"), "01\n");
	}

	get anchorsFile(): string {
		return join(this.folder, "ca.pem");
	}

	leaf({ names, from = "20240101000000Z", until = "20990101000000Z", usage = "serverAuth" }: LeafOptions): Pair {
		const leaf = `leaf${++this.#count}`;
		this.#openssl("req", "-new", ...this.#newKey(leaf), "-out", `${leaf}.csr`, "-subj", "/CN=a.example");
		const config = `[ca]\ndefault_ca = it\n[it]\ndatabase = index.txt\nserial = serial\nnew_certs_dir = new\ndefault_md = sha256\npolicy = any
[any]\ncommonName = supplied\n[leaf]\nbasicConstraints = CA:FALSE\nextendedKeyUsage = ${usage}\n${names ? `subjectAltName = ${names}\n` : ""}`;
		writeFileSync(join(this.folder, "ca.cnf"), config);
		const dates = ["-startdate", from, "-enddate", until];
		const signer = ["-cert", "ca.pem", "-keyfile", "ca.key", "-extensions", "leaf"];
		this.#openssl("ca", "-batch", "-notext", "-config", "ca.cnf", ...signer, ...dates, "-in", `${leaf}.csr`, "-out", `${leaf}.pem`);
		return { key: this.#read(`${leaf}.key`), cert: this.#read(`${leaf}.pem`) };
	}

	remove(): void {
		rmSync(this.folder, { recursive: true, force: true });
	}

	#newKey(name: string): string[] {
		return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", `${name}.key`];
	}

	#openssl(...args: string[]): void {
		execFileSync("openssl", args, { cwd: this.folder, stdio: ["ignore", "ignore", "pipe"] });
	}

	#read(name: string): string {
		return readFileSync(join(this.folder, name), "utf8");
	}
}
