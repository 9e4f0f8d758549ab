// What is typed wrongly: one sentence on standard error, exit 2, nothing on standard output.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "@jest/globals";
import { extasis } from "./command.js";

const folder = mkdtempSync(join(tmpdir(), "extasis-words-"));
const sticker = "iotdisco:SN=1;MAN=example.org;KEY=abc";

beforeAll(() => {
	const files = {
		"no-ca.pem": "nothing",
		empty: "\n",
		"bad.js":
			"export const thing = { manufacturer: 'a.example', model: 'M', version: 1, fields: { F: { type: 'colour', category: 'status' } } };",
		"none.js": "export const nothing = 1;",
		"broken.js": "export const",
		"broken.ts": "export const x: = 1;",
		"data.json": "{}",
		"list.json": "[]",
		"text.json": "{",
		"more.json": JSON.stringify({ manufacturer: "a.example", model: "M", version: 1, serial: "1", key: "k", colour: "red" }),
		"keyless.json": JSON.stringify({ manufacturer: "a.example", model: "M", version: 1, serial: "1" })
	};
	for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
});
afterAll(() => rmSync(folder, { recursive: true }));

test.each<[string[], string]>([
	[["dance"], "unknown command 'dance'"],
	[["--dance"], "unknown option '--dance'"],
	[["thing"], "--domain"],
	[["thing", "--domain"], "argument missing"],
	[["thing", "--domain", "a@b.example"], "domain name is wanted"],
	[["thing", "--domain", "127.0.0.1"], "not an IP address"],
	[["broker", "--domain", "::1"], "not an IP address"],
	[["broker", "--dialect", "nf"], "xep, ieee"],
	[["thing", "--domain", "a.example", "--ca", ""], "name of a file is wanted"],
	[["thing", "--domain", "a.example", "more"], "too many arguments"],
	[["read", "t@a.example", "--as", "o@a.example", "--dialect", "nf"], "xep, ieee"],
	[["watch", "t@a.example", "A", "--as", "o@a.example", "--dialect", ""], "xep, ieee"],
	[["thing", "--domain", "a.example", "--tls", "none"], "direct, starttls"],
	[["thing", "--domain", "a.example", "--host", "toaster"], "simulator, node"],
	[["thing", "--domain", "a.example", "--heap", "65536"], "--heap is for --host simulator"],
	[["thing", "--domain", "a.example", "--host", "simulator", "--heap", "12"], "from 24576 to"],
	[["start", "--host", "toaster"], "simulator, node"],
	[["thing", "--domain", "a.example", "--address", "a.example"], "HOST:PORT"],
	[["thing", "--domain", "a.example", "--address", "a.example:70000"], "HOST:PORT"],
	[["thing", "--domain", "a.example", "--address", "a.example:5222", "--discover"], "give one of them"],
	[["thing", "--domain", "a.example", "--registry", "a b"], "address is wanted"],
	[["thing", "--domain", "a.example", "--provisioning", "a b"], "address is wanted"],
	[["thing", "--domain", "a.example", "--api-key", "k"], "belong together"],
	[["thing", "--domain", "a.example", "--ca", "missing.pem"], "no file missing.pem"],
	[["thing", "--domain", "a.example", "--ca", "."], "folder"],
	[["thing", "--domain", "a.example", "--store", ""], "--store must not be empty"],
	[["start", "--data", ""], "--data must not be empty"],
	[["thing", "--domain", "a.example", "--ca", "no-ca.pem"], "no certificate"],
	[["thing", "--domain", "a.example", "--definition", "toaster"], "weather-station"],
	[["thing", "--domain", "a.example", "--definition", "./data.json"], ".ts, .js or .mjs"],
	[["thing", "--domain", "a.example", "--definition", "./bad.js"], "Field F: type"],
	[["thing", "--domain", "a.example", "--definition", "./none.js"], "no definition"],
	[["thing", "--domain", "a.example", "--definition", "./broken.js"], "cannot be loaded"],
	[["thing", "--domain", "a.example", "--definition", "./broken.ts"], "cannot be loaded"],
	[["thing", "--domain", "a.example", "--store", "s", "--serial", "\u0001"], "SN"],
	[["thing", "--domain", "a.example", "--node-key", "bed="], "ID=KEY is wanted"],
	[["thing", "--domain", "a.example", "--node-key", "bed=k"], "The thing has no node bed"],
	[["sticker"], "missing required argument"],
	[["sticker", sticker, "--node", "bed"], "--node chooses"],
	[["sticker", "missing.json"], "neither a sticker"],
	[["sticker", "iotdisco:"], "no sticker"],
	[["sticker", "text.json"], "no JSON"],
	[["sticker", "list.json"], "must"],
	[["sticker", "data.json"], "serial and key"],
	[["sticker", "keyless.json"], "serial and key"],
	[["sticker", "more.json"], "colour"],
	[["sticker", sticker, "--png", "no/such/folder.png"], "no/such/folder.png"],
	[["claim", "--as", "a@b.example"], "missing required argument"],
	[["claim", sticker], "--as"],
	[["claim", sticker, "--as", "b.example"], "'b.example' is invalid: an address is wanted"],
	[["claim", "http://b.example", "--as", "a@b.example"], "no sticker"],
	[["claim", "iotdisco:SN=1", "--as", "a@b.example"], "no KEY"],
	[["claim", sticker, "--as", "a@b.example"], "EXTASIS_PASSWORD"],
	[["claim", sticker, "--as", "a@b.example", "--password-file", "missing"], "no file missing"],
	[["claim", sticker, "--as", "a@b.example", "--password-file", "empty"], "no password"],
	[["claim", sticker, "--as", "a@b.example", "--ca", "missing.pem"], "no file missing.pem"],
	[["owner", "dance"], "unknown command 'dance'"],
	[["owner", "things"], "--as"],
	[["owner", "things", "more", "--as", "a@b.example"], "too many arguments"],
	[["owner", "things", "--as", "a@b.example"], "EXTASIS_PASSWORD"],
	[["owner", "allow", "--as", "a@b.example"], "missing required argument"],
	[["owner", "allow", "stranger", "--as", "a@b.example"], "address is wanted"],
	[["owner", "allow", "s@c.example", "", "--as", "a@b.example"], "a field has a name"],
	[["owner", "allow", "s@c.example", "a,b", "--as", "a@b.example"], "not the name of a field"],
	[["owner", "allow", "3", "--domain", "--everyone", "--as", "a@b.example"], "not both"],
	[["owner", "deny", "3", "--token", "user", "--everyone", "--as", "a@b.example"], "not both"],
	[["owner", "deny", "3", "--token", "cat", "--as", "a@b.example"], "device, service, user"],
	[["owner", "deny", "3", "Temperature", "--as", "a@b.example"], "too many arguments"],
	[["owner", "forget", "s@c.example", "--as", "a@b.example"], "number of a rule"],
	[["owner", "allow", "3", "--until", "tomorrow", "--as", "a@b.example"], "90m, 12h, 7d"],
	[["owner", "allow", "3", "--until", "2001-01-01T00:00Z", "--as", "a@b.example"], "that time is past"],
	[["owner", "search", "#V=[1..x]", "--as", "a@b.example"], '"x" is not a number'],
	[["owner", "audit", "--most", "0", "--as", "a@b.example"], "a whole number from 1"],
	[["owner", "search", "--as", "a@b.example"], "missing required argument"],
	[["owner", "search", "MAN", "--as", "a@b.example"], '"MAN" is no test'],
	[["owner", "search", "MAN=", "--as", "a@b.example"], '"MAN=" is no test'],
	[["owner", "search", "#V=one", "--as", "a@b.example"], '"one" is not a number'],
	[["owner", "search", "SN~*", "--as", "a@b.example"], "is no mask"],
	[["owner", "search", "key=abc", "--as", "a@b.example"], "Nobody finds a thing by its KEY"],
	[["keys", "dance"], "unknown command 'dance'"],
	[["keys", "list"], "No box has run in data"],
	[["keys", "add", "a b"], "letters, digits, dots and hyphens"],
	[["keys", "add", "a", "--accounts", "0"], "from 1 to 1000000"],
	[["owner", "disown", " ", "--as", "a@b.example"], "name of a thing"],
	[["read", "--as", "a@b.example"], "missing required argument"],
	[["set", "t@b.example", "--as", "a@b.example"], "missing required argument"],
	[["set", "t@b.example", "Relay", "--as", "a@b.example"], "PARAMETER=VALUE"],
	[["set", "t@b.example", "Relay:colour=red", "--as", "a@b.example"], "a type is one of boolean"],
	[["read", "b.example", "--as", "a@b.example"], "address is wanted"],
	[["read", "@", "--as", "a@b.example"], "'@' is no good as <jid>: an address is wanted"],
	[["read", "t@b.example", "", "--as", "a@b.example"], "field"],
	[["read", "t@b.example", "--as", "a@b.example", "--password", "p"], "--password"],
	[["watch", "t@b.example", "--as", "a@b.example"], "missing required argument"],
	[["watch", "t@b.example", "F", "--every", "0", "--as", "a@b.example"], "1 to 86400"],
	[["start", "--things", "none"], "1 to 50"],
	[["broker", "--port-offset", "1.5"], "whole number"],
	[["broker", "--listen", "everywhere"], "IP address"],
	[["broker", "--domain", "a@b"], "domain name"]
])("extasis %j", async (words, said) => {
	const { code, stdout, stderr } = await extasis(words, { cwd: folder });
	expect(stderr).toContain(said);
	expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
	expect(stderr).toMatch(/^extasis: [^\n]+[.?)]\n$/);
	expect(stderr).not.toMatch(/unforeseen|\n {4}at /);
});

test("nothing typed shows what there is", async () => {
	const nothing = await extasis([]);
	expect(nothing.code).toBe(2);
	expect(await extasis(["owner"])).toMatchObject({ code: 2, stdout: "" });
	const owner = await extasis(["owner", "--help"]);
	for (const name of ["things", "questions", "allow", "deny", "rules", "forget", "disown", "hide", "search"])
		expect(owner.stdout).toContain(`\n  ${name} `);
	const help = await extasis(["--help"]);
	expect(help).toMatchObject({ code: 0, stderr: "" });
	for (const name of ["start", "broker", "thing", "sticker", "claim", "keys", "owner", "read", "watch"])
		expect(help.stdout).toContain(`\n  ${name} `);
	expect((await extasis(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test("each command explains itself", async () => {
	for (const name of ["start", "broker", "thing", "sticker", "claim", "keys", "owner", "read", "watch"]) {
		const { code, stdout } = await extasis([name, "--help"]);
		expect(code).toBe(0);
		expect(stdout).toContain(`Usage: extasis ${name}`);
	}
});
