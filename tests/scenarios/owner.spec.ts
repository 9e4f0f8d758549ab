// An owner at the command line, a stranger at another, and a thing on the simulator between them: who may read what, decided and taken back.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "@jest/globals";
import { type Box, startBox } from "../../hosts/broker/box.js";
import { extasis, type Outcome, ThingProcess } from "./extasis-process.js";

const sticker = "iotdisco:SN=0007;MAN=extasis.example;MODEL=WeatherStation;#V=1;CLASS=Weather;KEY=a-key-of-the-owners-test";

let folder: string;
let box: Box;
let thing: ThingProcess;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "extasis-owner-"));
	box = await startBox({ data: join(folder, "box"), log: () => {} });
	await box.createAccount("stranger", "password of the stranger");
}, 60_000);

afterAll(async () => {
	await thing?.stop();
	await box?.stop();
	await rm(folder, { recursive: true, force: true });
});

const place = (): string[] => ["--address", `127.0.0.1:${box.ports.starttls}`, "--ca", box.caFile];
const asOwner = async (...words: string[]): Promise<Outcome> =>
	await extasis([...words, "--as", box.owner.jid, ...place()], { EXTASIS_PASSWORD: box.owner.password });
const asStranger = async (...words: string[]): Promise<Outcome> =>
	await extasis([...words, "--as", `stranger@${box.domain}`, ...place()], { EXTASIS_PASSWORD: "password of the stranger" });
const done = (stdout: unknown): object => ({ code: 0, stderr: "", stdout });
const failed = (stderr: unknown): object => ({ code: 1, stdout: "", stderr });

test("R-324-2 R-324-4 R-324-6 R-324-10 R-324-13 R-324-14 the owner lets a stranger in for one field, by words, and puts him out again", async () => {
	const stranger = `stranger@${box.domain}`;
	thing = new ThingProcess([
		...["--domain", box.domain, ...place(), "--store", join(folder, "thing")],
		...["--serial", "0007", "--key", "a-key-of-the-owners-test"]
	]);
	await thing.until("registered");
	expect(await asOwner("owner", "things")).toEqual(done("Nothing is yours yet.\n"));
	const claimed = await asOwner("claim", sticker);
	expect(claimed.code).toBe(0);
	const jid = /^\S+/.exec(claimed.stdout)![0];
	expect(await asOwner("owner", "things")).toEqual(done(`0007 extasis.example WeatherStation – ${jid} (online, public)\n`));
	expect(await asOwner("owner", "allow", stranger)).toEqual(failed("extasis: There is no such question: say `questions`.\n"));

	// A friend first: how else would he know where it is.
	expect(await asStranger("read", jid, "Temperature", "Humidity")).toEqual(
		failed(expect.stringContaining("its owner decides who may be one"))
	);
	expect(await asOwner("owner", "questions")).toEqual(done(`1: ${stranger} wants to be a friend of 0007\n`));
	// What is not his he cannot allow.
	expect(await asStranger("owner", "allow", "1")).toEqual(failed("extasis: There is no such question: say `questions`.\n"));
	expect(await asOwner("owner", "allow", stranger)).toEqual(done(`Question 1 is allowed for ${stranger}.\n`));

	const refused = await asStranger("read", jid, "Temperature", "Humidity");
	expect(refused).toEqual(failed(expect.stringMatching(/^extasis: [^\n]+\n$/)));
	expect((await asOwner("owner", "questions")).stdout).toMatch(
		/^3: \S+ wants to read Temperature, Humidity \(all values, past ones too\) of 0007\n$/
	);
	expect((await asOwner("owner", "allow", stranger, "temperature")).stdout).toBe(
		`Question 3 is allowed for ${stranger}: Temperature, and nothing else of it.\n`
	);
	const allowed = await asStranger("read", jid, "Temperature", "Humidity");
	expect(allowed.stdout).toMatch(/^Temperature +-?\d+\.\d °C\n$/);
	expect(allowed.stderr).toContain("no field Humidity");

	const rules = (await asOwner("owner", "rules")).stdout;
	expect(rules.split("\n")).toEqual([
		`2: ${stranger} may be a friend of 0007`,
		`4: ${stranger} may not read Humidity (all values, past ones too) of 0007`,
		`5: ${stranger} may read Temperature (all values, past ones too) of 0007`,
		""
	]);
	// Found by everybody, since it was claimed for all to see; never by what nobody is told.
	const found = await asStranger(
		"owner",
		"search",
		"MAN=extasis.example",
		"SN~*00*",
		"#V>=1",
		"MODEL<>Toaster",
		"#V=[1..2)",
		"SN=[0001..0010]"
	);
	expect(found).toEqual(done(expect.stringMatching(new RegExp(`^${jid}  of ${box.owner.jid}  .*SN=0007.*V=1`))));
	expect(found.stdout).not.toContain("KEY");
	for (const none of ["#V=(1..2]", "#V<>[0..1]", "SN<>(0001..0010)"]) expect((await asStranger("owner", "search", none)).code).toBe(1);
	expect(await asStranger("owner", "search", "MAN=extasis.example", "#V>1")).toEqual(
		failed("extasis: Nothing that everybody may find is like that.\n")
	);

	expect(await asOwner("owner", "hide", "0007")).toEqual(done("0007 is private: no search finds it.\n"));
	expect((await asStranger("owner", "search", "MAN=extasis.example")).code).toBe(1);

	expect((await asOwner("owner", "forget", "5")).stdout).toMatch(/^Rule 5 is forgotten/);
	expect((await asStranger("read", jid, "Temperature", "Humidity")).code).toBe(1);
	expect((await asOwner("owner", "deny", stranger, "--domain", "--until", "12h")).stdout).toMatch(
		/is denied for everyone of that domain until \S+Z\.\n$/
	);
	// No friend any more: he does not even see where it is.
	expect((await asOwner("owner", "forget", "2")).code).toBe(0);
	expect(await asStranger("read", jid, "Temperature")).toEqual(failed(expect.stringContaining("its owner decides who may be one")));

	expect(await asOwner("owner", "disown", "0007")).toEqual(done("0007 is no longer yours.\n"));
	expect(await asOwner("owner", "rules")).toEqual(done("You have not decided anything yet.\n"));

	// The box's owner is its operator; a stranger sees what he did himself, and that is nothing.
	const audit = (await asOwner("owner", "audit")).stdout.trim().split("\n");
	expect(audit[0]).toMatch(new RegExp(`^\\d{4}-\\d\\d-\\d\\dT\\S+Z  disowned ${jid} by ${box.owner.jid}$`));
	const events = audit.map((line) => line.split(/ +/)[1]);
	for (const event of ["claimed", "allowed", "denied", "forgotten", "removed", "disowned"]) expect(events).toContain(event);
	const [last] = (await asOwner("owner", "audit", "--most", "1", "--json")).stdout.trim().split("\n");
	expect(JSON.parse(last!)).toEqual({ at: expect.any(String), event: "disowned", thing: jid, by: box.owner.jid });
	expect(await asStranger("owner", "audit")).toEqual(done(""));
}, 240_000);
