// Prosody missing, lying or left over; its configuration; and its installation with a package manager that is not real.

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach } from "@jest/globals";
import { startBox } from "../../../hosts/broker/box.js";
import { writeConfiguration } from "../../../hosts/broker/configuration.js";
import { takeLock } from "../../../hosts/broker/lock.js";
import { endLeftover, findProsody, Prosody } from "../../../hosts/broker/prosody.js";

let folder = "";

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "extasis-prosody-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const program = (name: string, text: string): string => {
	const path = join(folder, name);
	writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
	return path;
};

const pretended = (text: string) => {
	const lines: string[] = [];
	return new Prosody({ program: program("prosody", text), configuration: "x.cfg.lua", log: (line) => lines.push(line), onEnd: () => {} });
};

describe("finding it", () => {
	test("PROSODY names one, PATH holds one", async () => {
		const path = program("prosody", "");
		expect(await findProsody({ PROSODY: path, PATH: "" })).toBe(path);
		expect(await findProsody({ PATH: `/nowhere:${folder}` })).toBe(path);
	});

	test("missing, it names the command to type in one sentence", async () => {
		const message = await findProsody({ PATH: folder }, []).then(String, (error: Error) => error.message);
		expect(message).toMatch(/^The box needs Prosody, which is not installed: type `.*install prosody.*\.$/);
	});

	test("PROSODY that names nothing is said so", async () => {
		await expect(findProsody({ PROSODY: join(folder, "nothing"), PATH: folder })).rejects.toThrow(/PROSODY names .*nothing/);
	});
});

describe("starting it", () => {
	test("one that ends at once is quoted", async () => {
		await expect(pretended("echo no config >&2; exit 3").start()).rejects.toThrow(/ended at its start \(3\): no config/);
	});

	test("another version is refused, and ended", async () => {
		const prosody = pretended(
			[
				"printf 'startup\\tinfo\\tHello and welcome to Prosody version 0.11.9\\n'",
				...["c2s", "c2s_direct_tls", "http", "component"].map(
					(service) => `printf "portmanager\\tinfo\\tActivated service '${service}' on [127.0.0.1]:1\\n"`
				),
				"exec sleep 60"
			].join("\n")
		);
		await expect(prosody.start()).rejects.toThrow("This is Prosody 0.11.9; the box needs 0.12 or 13.");
		expect(() => process.kill(prosody.pid!, 0)).toThrow();
	});

	test("one that does not end when asked is killed", async () => {
		const prosody = pretended(
			"trap '' TERM\nprintf 'portmanager\\terror\\tFailed to open server port 1 on 127.0.0.1, taken\\n'\nwhile :; do sleep 1; done"
		);
		await expect(prosody.start()).rejects.toThrow("Failed to open server port 1");
		expect(() => process.kill(prosody.pid!, 0)).toThrow();
	}, 15_000);
});

describe("one that was left over", () => {
	test("is ended when its command line names this configuration", async () => {
		const configuration = join(folder, "prosody.cfg.lua");
		const child = spawn("sh", ["-c", "while :; do sleep 1; done", configuration]);
		await once(child, "spawn");
		writeFileSync(join(folder, "pid"), `${child.pid}`);
		await Promise.all([endLeftover(join(folder, "pid"), configuration), once(child, "exit")]);
		expect(existsSync(join(folder, "pid"))).toBe(false);
	});

	test("is left in peace when the number is another's by now", async () => {
		const child = spawn("sleep", ["60"]);
		await once(child, "spawn");
		writeFileSync(join(folder, "pid"), `${child.pid}`);
		await endLeftover(join(folder, "pid"), join(folder, "prosody.cfg.lua"));
		expect(child.exitCode ?? child.signalCode).toBeNull();
		child.kill();
		await once(child, "exit");
	});

	test.each(["", "nonsense", "-1", "0"])("%j in the file harms nobody", async (text) => {
		writeFileSync(join(folder, "pid"), text);
		await endLeftover(join(folder, "pid"), "x");
	});
});

describe("a box that is misused says what to do", () => {
	test.each([
		["a domain that is none", { domain: "Not A Domain" }, /is not a domain name/],
		["an address as a domain", { domain: "box.example:5222" }, /is not a domain name/],
		["an offset that is none", { portOffset: 0.5 }, /whole number/],
		["an offset past the last port", { portOffset: 65_000 }, /whole number/],
		["a name to listen on", { listen: "localhost" }, /is not an address to listen on/]
	])("%s", async (_, options, message) => {
		await expect(startBox({ data: join(folder, "box"), log: () => {}, ...options })).rejects.toThrow(message);
		expect(existsSync(join(folder, "box", "box.pid"))).toBe(false);
	});
});

describe("the lock of a folder", () => {
	const file = () => join(folder, "box.pid");

	test("is refused while its process lives, and left alone", async () => {
		const unlock = await takeLock(file(), "DATA");
		const held = readFileSync(file(), "utf8");
		await expect(takeLock(file(), "DATA")).rejects.toThrow(
			`A box already runs in DATA (process ${process.pid}): stop it, or name another folder with --data.`
		);
		expect(readFileSync(file(), "utf8")).toBe(held);
		await unlock();
		expect(readdirSync(folder)).toEqual([]);
	});

	test.each([
		["a process that is gone", () => `${spawnSync("true").pid} 1`],
		["a process whose number is another's by now", () => `${process.ppid} 1`],
		["nothing", () => ""],
		["nonsense", () => "what is this"]
	])("is void when it names %s", async (_, text) => {
		writeFileSync(file(), text());
		await takeLock(file(), "DATA");
		expect(readFileSync(file(), "utf8")).toMatch(new RegExp(`^${process.pid} `));
	});

	test("goes to one of two that want it at once", async () => {
		const outcomes = await Promise.allSettled([takeLock(file(), "DATA"), takeLock(file(), "DATA")]);
		expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
	});
});

test("the configuration is Lua whatever the names hold", () => {
	const text = writeConfiguration({
		...{ domain: "box.example", registry: "registry.box.example", secret: 'a"b\\c\u0001\n', listen: ["127.0.0.1"], folder: '/tmp/a "b"/ü' },
		...{
			ports: { starttls: 1, direct: 2, websocket: 3, component: 4 },
			modules: "m",
			more: ["sasl2"],
			settings: ["sasl2_fast_token_ttl = 1"],
			served: "s",
			certificate: "c",
			key: "k"
		}
	});
	expect(text).toContain('component_secret = "a\\"b\\\\c\\u{0001}\\n"');
	expect(text).toContain('data_path = "/tmp/a \\"b\\"/ü/data"');
	expect(text).toContain("c2s_ports = { 1 }");
	expect(text).toMatch(/^modules_enabled = .*"sasl2" }$/m);
	expect(text.indexOf("\nsasl2_fast_token_ttl = 1\n")).toBeLessThan(text.indexOf("VirtualHost"));
	expect(text).toContain("\nsasl2_fast_token_ttl = 1\n");
	expect(text.match(/^VirtualHost "box\.example"$/m)).not.toBeNull();
});

describe("installing it", () => {
	const script = fileURLToPath(new URL("../../../hosts/broker/install-prosody.sh", import.meta.url));

	/** Runs the script where only these programs are; a package manager that writes down what it saw. */
	const install = (options: { apt?: string; root?: boolean; sudo?: boolean; env?: Record<string, string> }) => {
		const bin = join(folder, "bin");
		mkdirSync(bin);
		for (const name of ["sh", "uname", "mv", "rm", "tee", "chmod", "cat", "grep", "env"]) {
			symlinkSync(
				spawnSync("sh", ["-c", `command -v ${name}`])
					.stdout.toString()
					.trim(),
				join(bin, name)
			);
		}
		program("bin/id", `echo ${options.root === false ? 1000 : 0}`);
		if (options.apt !== undefined) program("bin/apt-get", `echo "$@" >>"${folder}/apt"\n[ "$1" = update ] && exit 0\n${options.apt}`);
		if (options.sudo) program("bin/sudo", `echo sudo >>"${folder}/apt"\nexec "$@"`);
		const env = { PATH: bin, POLICY_RC_D: join(folder, "policy-rc.d"), ...options.env };
		const { status, stdout, stderr } = spawnSync(join(bin, "sh"), [script], { env });
		return { status, stdout: stdout.toString(), stderr: stderr.toString() };
	};
	const policy = () => join(folder, "policy-rc.d");
	/** What a package manager would do: look whether it may start a daemon, and put the program there. */
	const works = () =>
		`sh "$POLICY_RC_D"; echo "policy $?" >>"${folder}/apt"; printf '#!/bin/sh\\n' >"${folder}/bin/prosody"; chmod +x "${folder}/bin/prosody"`;

	test("nothing is done when it is there", () => {
		mkdirSync(join(folder, "other"));
		program("other/prosody", "");
		expect(install({ env: { PATH: `${join(folder, "other")}:${join(folder, "bin")}` } })).toEqual({ status: 0, stdout: "", stderr: "" });
	});

	test("it says so first, no daemon may start meanwhile, and nothing is left", () => {
		const { status, stdout } = install({ apt: works() });
		expect({ status, stdout }).toMatchObject({ status: 0, stdout: expect.stringMatching(/^Installing Prosody/) });
		expect(readFileSync(join(folder, "apt"), "utf8")).toMatch(/^update.*\ninstall .*prosody\npolicy 101\n$/);
		expect(existsSync(policy())).toBe(false);
	});

	test("a policy that was there is back afterwards, even when the installation fails", () => {
		writeFileSync(policy(), "#!/bin/sh\nexit 0 # the owner's\n");
		expect(install({ apt: "exit 100" }).status).not.toBe(0);
		expect(readFileSync(policy(), "utf8")).toContain("the owner's");
		expect(existsSync(`${policy()}.before-extasis`)).toBe(false);
	});

	test("a policy of ours that a killed run left is not taken for the owner's", () => {
		writeFileSync(policy(), "#!/bin/sh\n# Of Extasis, while it installs Prosody.\nexit 101\n");
		expect(install({ apt: works() }).status).toBe(0);
		expect(existsSync(policy())).toBe(false);
	});

	test("the owner's that a killed run had put aside is put back", () => {
		writeFileSync(policy(), "#!/bin/sh\n# Of Extasis, while it installs Prosody.\nexit 101\n");
		writeFileSync(`${policy()}.before-extasis`, "the owner's");
		expect(install({ apt: works() }).status).toBe(0);
		expect(readFileSync(policy(), "utf8")).toBe("the owner's");
	});

	test("as a user it goes by sudo, or says what to type", () => {
		expect(install({ apt: works(), root: false, sudo: true }).status).toBe(0);
		expect(readFileSync(join(folder, "apt"), "utf8")).toMatch(/^sudo\n/);
	});

	test("as a user without sudo it says what to type", () => {
		expect(install({ apt: works(), root: false })).toMatchObject({ status: 1, stderr: expect.stringContaining("apt-get install prosody") });
	});

	test("on another system it says what to type", () => {
		expect(install({})).toMatchObject({ status: 1, stderr: expect.stringContaining("The box needs Prosody") });
	});
});
