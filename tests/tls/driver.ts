// Compiles driver.c with the TLS module of the chip against libmbedtls-dev and runs it, one command a line, with one of two tools that look
// for errors of memory: valgrind sees into the library too, AddressSanitizer with UndefinedBehaviorSanitizer is tens of times as fast.
//
// MBEDTLS_CFLAGS and MBEDTLS_LIBS compile it against another mbedTLS than the system's 2.28 (the chip has 4, with TLS 1.3):
//   MBEDTLS_CFLAGS="-I…/include -I…/tf-psa-crypto/include -I…/tf-psa-crypto/drivers/builtin/include" \
//   MBEDTLS_LIBS="-L…/library -l:libmbedtls.a -l:libmbedx509.a -l:libtfpsacrypto.a"
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { root } from "../../hosts/simulator/root.js";

/** Only what a test looks at; the driver tells more. */
export interface Outcome {
	readonly state: string;
	readonly failure: string;
	readonly reason: string;
	readonly detail: string;
	readonly version: string;
	readonly resumed: number;
	readonly alpn: number;
	readonly sessions: number;
	readonly session: number;
	readonly read: string;
	readonly readBytes: number;
	readonly serverRead: string;
	readonly written: number;
	readonly received: number;
	readonly late: number;
	readonly wrong: string;
	readonly heapTrust: number;
	readonly heapRest: number;
	readonly heapPeak: number;
	readonly heapLeft: number;
	readonly [name: string]: string | number;
}

export type Tool = "valgrind" | "sanitizers";

const words = (text: string): string[] => text.split(/\s+/).filter((word) => word !== "");
const libraries = words(process.env.MBEDTLS_LIBS ?? "-l:libmbedtls.a -l:libmbedx509.a -l:libmbedcrypto.a");
const includes = words(process.env.MBEDTLS_CFLAGS ?? "").map((word) => word.replace(/^-I/, "-isystem"));
/** Heap of the module and the library is counted by the driver itself. */
const wraps = ["malloc", "calloc", "realloc", "free"].map((name) => `-Wl,--wrap=${name}`);
/** The module is C99; the driver asks for sockets too. */
const strict = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-g", "-O1"];
const sanitizers = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"];

async function compile(tool: Tool): Promise<string> {
	const folder = join(root, "build/tls");
	const module = join(root, "hosts/moddable/tls");
	const here = join(root, "tests/tls");
	await mkdir(folder, { recursive: true });
	const making = await mkdtemp(join(folder, "making-"));
	const program = join(folder, `driver-${process.pid}-${tool}`);
	const units = [
		...(await readdir(module)).filter((name) => name.endsWith(".c") && name !== "tlsXS.c").map((name) => join(module, name)),
		...["driver.c", "heap.c", "memory.c"].map((name) => join(here, name))
	];
	try {
		await promisify(execFile)("gcc", [
			...strict,
			...(tool === "sanitizers" ? sanitizers : []),
			...includes,
			...wraps,
			...units,
			"-o",
			join(making, "driver"),
			...libraries
		]);
		await rename(join(making, "driver"), program);
	} catch (error) {
		const { stderr = "", code } = error as { stderr?: string; code?: string };
		throw new Error(code === "ENOENT" ? "The TLS tests need gcc and libmbedtls-dev: type `make peers`." : stderr);
	} finally {
		await rm(making, { recursive: true, force: true });
	}
	return program;
}

export class Driver {
	readonly #program: string;
	readonly #child: ChildProcess;
	readonly #lines: AsyncIterator<string>;
	#errors = "";
	/** 4 or 2. */
	library = 0;

	private constructor(program: string, tool: Tool) {
		this.#program = program;
		const valgrind = ["--quiet", "--leak-check=full", "--show-leak-kinds=all", "--errors-for-leak-kinds=all", "--error-exitcode=99"];
		const [command, ...rest] = tool === "sanitizers" ? [program] : ["valgrind", ...valgrind, program];
		this.#child = spawn(command!, rest, { stdio: ["pipe", "pipe", "pipe"] });
		this.#child.stderr!.on("data", (chunk) => {
			this.#errors += chunk;
		});
		this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
	}

	static async start(tool: Tool): Promise<Driver> {
		const driver = new Driver(await compile(tool), tool);
		driver.library = Number((await driver.run("library")).version);
		return driver;
	}

	/** Values hold no spaces. */
	async run(command: string, values: Readonly<Record<string, string | number | undefined>> = {}): Promise<Outcome> {
		const given = Object.entries(values).filter(([, value]) => value !== undefined);
		this.#child.stdin!.write(`${[command, ...given.map(([name, value]) => `${name}=${value}`)].join(" ")}\n`);
		const { value, done } = await this.#lines.next();
		if (done) throw new Error(`The driver ended: ${this.#errors}`);
		return JSON.parse(value) as Outcome;
	}

	/** Its exit code and what the tool found. */
	async end(): Promise<{ readonly code: number | null; readonly errors: string }> {
		this.#child.stdin!.end();
		const [code] = this.#child.exitCode === null ? await once(this.#child, "exit") : [this.#child.exitCode];
		await rm(this.#program, { force: true });
		return { code, errors: this.#errors };
	}
}
